/** A WAV file of 16-bit mono samples, which says of itself that a machine has spoken, where one has. */

const ABOUT = { ISFT: "Makima", ICMT: "Synthetic speech, made by a machine" };

export function wav(pcm, sampleRate, { synthetic = true } = {}) {
  const about = Object.entries(ABOUT).map(([kind, text]) => chunk(kind, ascii(`${text}\0`)));
  const body = [
    ascii("WAVE"),
    chunk("fmt ", format(sampleRate)),
    ...(synthetic ? [chunk("LIST", join([ascii("INFO"), ...about]))] : []),
    chunk("data", littleEndian(pcm)),
  ];
  return new Blob([chunk("RIFF", join(body))], { type: "audio/wav" });
}

/** A name of four letters, a length, and bytes, made even. */
function chunk(name, bytes) {
  const head = new Uint8Array(8);
  head.set(ascii(name));
  new DataView(head.buffer).setUint32(4, bytes.length, true);
  return join([head, bytes, new Uint8Array(bytes.length % 2)]);
}

function format(sampleRate) {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, 1, true); // PCM
  view.setUint16(2, 1, true); // mono
  view.setUint32(4, sampleRate, true);
  view.setUint32(8, 2 * sampleRate, true);
  view.setUint16(12, 2, true); // bytes a sample
  view.setUint16(14, 16, true); // bits a sample
  return new Uint8Array(view.buffer);
}

function littleEndian(pcm) {
  const view = new DataView(new ArrayBuffer(2 * pcm.length));
  for (let i = 0; i < pcm.length; i++) view.setInt16(2 * i, pcm[i], true);
  return new Uint8Array(view.buffer);
}

const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A file name that says what is in it, in any script. */
export function nameOf(text, extension = "wav") {
  const words = text.normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? ["speech"];
  return `${[...words.slice(0, 6).join("-")].slice(0, 48).join("")}.${extension}`;
}

/** Hand `blob` to the person as a file. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the address after the click has returned.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

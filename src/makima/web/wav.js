/** A WAV file of 16-bit mono samples. */

const HEADER_BYTES = 44;

export function wav(pcm, sampleRate) {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + 2 * pcm.length));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of the format chunk
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true); // bytes a sample
  view.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  view.setUint32(40, 2 * pcm.length, true);
  for (let i = 0; i < pcm.length; i++) view.setInt16(HEADER_BYTES + 2 * i, pcm[i], true);
  return new Blob([view.buffer], { type: "audio/wav" });
}

/** A file name that says what is in it, in any script. */
export function wavName(text) {
  const words = text.normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? ["speech"];
  return `${[...words.slice(0, 6).join("-")].slice(0, 48).join("")}.wav`;
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

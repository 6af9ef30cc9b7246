/** Samples, as 16-bit whole numbers (the wire, the history, WAV) and as floats (the audio context). */

export function floats(pcm) {
  const samples = new Float32Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) samples[i] = pcm[i] / 32768;
  return samples;
}

export function pcm16(samples) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) pcm[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i] * 32768)));
  return pcm;
}

/** Little-endian bytes of the wire as samples. */
export function fromBytes(buffer) {
  const length = buffer.byteLength >> 1;
  if (LITTLE_ENDIAN) return new Int16Array(buffer, 0, length);
  const view = new DataView(buffer);
  return Int16Array.from({ length }, (_, i) => view.getInt16(2 * i, true));
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

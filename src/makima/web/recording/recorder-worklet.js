/** Hands what the microphone hears to the page, a twentieth of a second at a time. */

const PIECE_S = 0.05;

class Recorder extends AudioWorkletProcessor {
  #piece = new Float32Array(Math.round(PIECE_S * sampleRate));
  #filled = 0;

  process([input]) {
    const heard = input[0];
    if (heard === undefined) return true;
    let from = 0;
    while (from < heard.length) {
      const count = Math.min(heard.length - from, this.#piece.length - this.#filled);
      this.#piece.set(heard.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
      if (this.#filled === this.#piece.length) {
        this.port.postMessage(this.#piece, [this.#piece.buffer]);
        this.#piece = new Float32Array(Math.round(PIECE_S * sampleRate));
        this.#filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("makima-recorder", Recorder);

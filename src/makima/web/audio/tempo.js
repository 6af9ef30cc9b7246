/**
 * Faster or slower speech at the same pitch, as a stream: overlapping pieces of the sound are laid closer together or
 * further apart, each shifted by up to 10 ms so that it goes on as the one before would have (WSOLA).
 */

const OVERLAP_S = 0.02;
const SEARCH_S = 0.01;
const STRIDE = 8; // of the samples that are compared: pitch is far below what that leaves out

export class Tempo {
  #hop;
  #search;
  #speed;
  #input = new Float32Array(0);
  #start = 0; // of #input, in the whole
  #target = 0; // where the next piece would begin if it were not shifted
  #tail = null; // how the last piece goes on
  #taken = 0;
  #given = 0;

  constructor(sampleRate, speed) {
    this.#hop = Math.round(OVERLAP_S * sampleRate);
    this.#search = Math.round(SEARCH_S * sampleRate);
    this.#speed = speed;
  }

  /** What can be given out once `samples` have come. */
  push(samples) {
    this.#taken += samples.length;
    return this.#feed(samples);
  }

  /** The rest. All that was given is then as long as what was taken, divided by the speed. */
  flush() {
    const length = Math.round(this.#taken / this.#speed) - this.#given;
    const rest = this.#feed(new Float32Array(2 * this.#hop + 2 * this.#search + Math.ceil(this.#hop * this.#speed)));
    return rest.subarray(0, Math.max(0, length));
  }

  #feed(samples) {
    const input = new Float32Array(this.#input.length + samples.length);
    input.set(this.#input);
    input.set(samples, this.#input.length);
    this.#input = input;
    const pieces = [];
    while (Math.round(this.#target) - this.#start + this.#search + 2 * this.#hop <= this.#input.length) {
      pieces.push(this.#piece());
    }
    const spare = Math.min(this.#input.length, Math.max(0, Math.round(this.#target) - this.#start - this.#search));
    this.#input = this.#input.slice(spare);
    this.#start += spare;
    return joined(pieces, (length) => (this.#given += length));
  }

  #piece() {
    const hop = this.#hop;
    const at = this.#tail === null ? 0 : this.#best(Math.round(this.#target) - this.#start);
    const piece = this.#input.slice(at, at + hop);
    if (this.#tail !== null) {
      for (let i = 0; i < hop; i++) piece[i] = this.#tail[i] + (piece[i] - this.#tail[i]) * (i / hop);
    }
    this.#tail = this.#input.slice(at + hop, at + 2 * hop);
    this.#target += hop * this.#speed;
    return piece;
  }

  /** The beginning, near `target`, that is most like how the last piece goes on. */
  #best(target) {
    const { first, last } = { first: Math.max(0, target - this.#search), last: target + this.#search };
    let best = target;
    let most = -Infinity;
    for (let at = first; at <= last; at += 2) {
      let alike = 0;
      let power = 1e-9;
      for (let i = 0; i < this.#hop; i += STRIDE) {
        alike += this.#tail[i] * this.#input[at + i];
        power += this.#input[at + i] ** 2;
      }
      if (alike / Math.sqrt(power) > most) [most, best] = [alike / Math.sqrt(power), at];
    }
    return best;
  }
}

function joined(pieces, count) {
  const whole = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  count(whole.length);
  return whole;
}

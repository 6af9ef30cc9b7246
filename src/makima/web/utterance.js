/** One text and the audio that has come of it so far. */

const BUCKETS_A_SECOND = 100;

let made = 0;

export class Utterance {
  #pcm = new Int16Array(0);
  #length = 0;
  #peaks = [];

  /** `stored` is what `record` gave. */
  constructor({ text, voice, language, sampleRate, typed = false }, stored = null) {
    // Not crypto.randomUUID: browsers offer that to https and localhost alone.
    this.id = stored?.id ?? `${Date.now().toString(36)}-${(made++).toString(36)}`;
    this.at = stored?.at ?? Date.now();
    this.text = text;
    this.voice = voice;
    this.language = language;
    this.sampleRate = sampleRate;
    this.typed = typed;
    /** `asked`, `speaking`, then `complete`, `cancelled` or `failed`. */
    this.state = stored?.state ?? "asked";
    /** No more audio will come. */
    this.ended = stored !== null;
    this.figures = stored?.figures ?? { firstAudioMs: null, audibleMs: null, realTimeFactor: null, underruns: null };
    this.askedAt = performance.now();
    if (stored !== null) this.append(new Int16Array(stored.pcm));
  }

  get samples() {
    return this.#pcm.subarray(0, this.#length);
  }

  /** Units: seconds of audio that have come. */
  get duration() {
    return this.#length / this.sampleRate;
  }

  /** The loudest sample of each hundredth of a second, 0 to 1. */
  get peaks() {
    return this.#peaks;
  }

  append(pcm) {
    if (this.#length + pcm.length > this.#pcm.length) {
      const grown = new Int16Array(Math.max(2 * this.#pcm.length, this.#length + pcm.length, this.sampleRate));
      grown.set(this.samples);
      this.#pcm = grown;
    }
    this.#pcm.set(pcm, this.#length);
    const bucket = this.sampleRate / BUCKETS_A_SECOND;
    for (let i = 0; i < pcm.length; i++) {
      const at = Math.floor((this.#length + i) / bucket);
      const peak = Math.abs(pcm[i]) / 32768;
      if (!(this.#peaks[at] >= peak)) this.#peaks[at] = peak;
    }
    this.#length += pcm.length;
  }

  /** `count` peaks that stand for the whole. */
  outline(count) {
    const peaks = this.#peaks;
    return Array.from({ length: count }, (_, i) => {
      const from = Math.floor((i * peaks.length) / count);
      const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / count));
      let most = 0;
      for (let j = from; j < to && j < peaks.length; j++) most = Math.max(most, peaks[j]);
      return most;
    });
  }

  /** What the history keeps. */
  record() {
    const { id, at, text, voice, language, sampleRate, state, figures } = this;
    return { id, at, text, voice, language, sampleRate, state, figures, pcm: this.samples.slice().buffer };
  }

  static restore(record) {
    return new Utterance(record, record);
  }
}

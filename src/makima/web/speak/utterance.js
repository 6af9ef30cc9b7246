/** One text and the audio that has come of it so far. */

const BUCKETS_A_SECOND = 100;

let made = 0;

export class Utterance {
  #pcm = new Int16Array(0);
  #length = 0;
  #peaks = []; // the loudest sample of each hundredth of a second, 0 to 1

  /** `stored` is what `record` gave. */
  constructor({ text, voice, language, speed, sampleRate, typed = false, kind = "text" }, stored = null) {
    // Not crypto.randomUUID: browsers offer that to https and localhost alone.
    this.id = stored?.id ?? `${Date.now().toString(36)}-${(made++).toString(36)}`;
    this.at = stored?.at ?? Date.now();
    this.text = text;
    this.voice = voice;
    this.language = language;
    /** Times the usual pace; undefined is left to the session. */
    this.speed = speed;
    this.sampleRate = sampleRate;
    this.typed = typed;
    /** `text`, or what the history does not keep: `sample`, `passage`, `silence`. */
    this.kind = kind;
    /** [{text, startMs, endMs}]: when its words are heard, as far as is known. */
    this.words = stored?.words ?? [];
    /** The language it is spoken in, where the server was to find that out. */
    this.found = null;
    /** `asked`, `speaking`, then `complete`, `cancelled` or `failed`. */
    this.state = stored?.state ?? "asked";
    /** No more audio will come. */
    this.ended = stored !== null;
    this.figures = stored?.figures ?? { firstAudioMs: null, audibleMs: null, realTimeFactor: null, underruns: null };
    this.askedAt = performance.now();
    if (stored === null) return;
    this.#pcm = new Int16Array(stored.pcm);
    this.#length = this.#pcm.length;
    this.#measure(0);
  }

  get samples() {
    return this.#pcm.subarray(0, this.#length);
  }

  /** Units: seconds of audio that have come. */
  get duration() {
    return this.#length / this.sampleRate;
  }

  append(pcm) {
    if (this.#length + pcm.length > this.#pcm.length) {
      const grown = new Int16Array(Math.max(2 * this.#pcm.length, this.#length + pcm.length, this.sampleRate));
      grown.set(this.samples);
      this.#pcm = grown;
    }
    this.#pcm.set(pcm, this.#length);
    this.#length += pcm.length;
    this.#measure(this.#length - pcm.length);
  }

  /** Take the samples from `from` on into the peaks. */
  #measure(from) {
    const bucket = this.sampleRate / BUCKETS_A_SECOND;
    for (let at = Math.floor(from / bucket); at * bucket < this.#length; at++) {
      const end = Math.min(this.#length, Math.ceil((at + 1) * bucket));
      let most = (this.#peaks[at] ?? 0) * 32768;
      for (let i = Math.max(from, Math.ceil(at * bucket)); i < end; i++) most = Math.max(most, Math.abs(this.#pcm[i]));
      this.#peaks[at] = most / 32768;
    }
  }

  /** `count` heights, 0 to 1, that stand for the whole: means of peaks, as peaks of peaks would all be alike. */
  outline(count) {
    const peaks = this.#peaks;
    return Array.from({ length: count }, (_, i) => {
      const from = Math.floor((i * peaks.length) / count);
      const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / count));
      let sum = 0;
      for (let j = from; j < to; j++) sum += peaks[j] ?? 0;
      return sum / (to - from);
    });
  }

  /** What the history keeps. */
  record() {
    const { id, at, text, voice, language, sampleRate, state, figures, words } = this;
    return { id, at, text, voice, language, sampleRate, state, figures, words, pcm: this.samples.slice().buffer };
  }

  static restore(record) {
    return new Utterance(record, record);
  }
}

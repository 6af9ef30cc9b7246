/**
 * The rules of playback, free of the browser: a ring buffer that decides sample by sample what is heard.
 *
 * It waits until `target` samples are there, plays, and where the audio runs dry it fades out over the last 5 ms it
 * has, waits again and fades in. Samples of an utterance that never starves come out exactly as they went in.
 */

export const FADE_S = 0.005;
export const CAPACITY_S = 10;
export const TARGET_S = { first: 0.06, least: 0.02, most: 0.5 };
export const QUIET_S = 10;
const MORE = 1.5;
const LESS = 0.8;

export class PlaybackBuffer {
  #ring;
  #start = 0;
  #buffered = 0;
  #fade;
  #level; // gain in steps of the fade, 0 to #fade: whole numbers, so a fade ends at exactly nothing
  #tail; // what fades out after a release, apart from the ring, so that the next playback can fill it meanwhile
  #tailAt;
  #target;
  #least;
  #most;
  #quiet;
  #quietPlayed = 0;
  #ended = false;
  #starved = false;
  #typed = false;

  constructor(sampleRate, capacity = Math.round(CAPACITY_S * sampleRate)) {
    const samples = (seconds) => Math.round(seconds * sampleRate);
    this.#ring = new Float32Array(capacity);
    this.#fade = samples(FADE_S);
    this.#level = this.#fade;
    this.#tail = new Float32Array(this.#fade);
    this.#tailAt = this.#fade;
    this.#target = samples(TARGET_S.first);
    this.#least = samples(TARGET_S.least);
    this.#most = samples(TARGET_S.most);
    this.#quiet = samples(QUIET_S);

    /** `idle`, `filling` (waits for the target) or `playing`. */
    this.state = "idle";
    /** Samples of this playback that have left the ring. */
    this.position = 0;
    // Over the buffer's whole life: received = played + dropped + buffered.
    this.received = 0;
    this.played = 0;
    this.dropped = 0;
    this.underruns = 0;
    this.waits = 0;
  }

  get buffered() {
    return this.#buffered;
  }

  get target() {
    return this.#target;
  }

  /** The tail of what was cut off is still to be heard. */
  get fading() {
    return this.#tailAt < this.#fade;
  }

  /**
   * Begin a playback, cutting off the one before it.
   * `fadeIn`: it starts in the middle of something. `typed`: its text is still being written, so that running dry is
   * waiting for the writer, not the network's fault.
   */
  begin({ fadeIn = false, typed = false } = {}) {
    this.release();
    this.state = "filling";
    this.position = 0;
    this.#level = fadeIn ? 0 : this.#fade;
    this.#ended = false;
    this.#starved = false;
    this.#typed = typed;
  }

  /** Add samples; those that do not fit are dropped. */
  write(samples) {
    this.received += samples.length;
    const fit = Math.min(samples.length, this.#ring.length - this.#buffered);
    this.dropped += samples.length - fit;
    const at = (this.#start + this.#buffered) % this.#ring.length;
    const first = Math.min(fit, this.#ring.length - at);
    this.#ring.set(samples.subarray(0, first), at);
    this.#ring.set(samples.subarray(first, fit), 0);
    this.#buffered += fit;
    // Only audio that comes after a silence makes that silence a gap: at the end of an utterance there was none.
    if (this.#starved && fit > 0) this.#gap();
  }

  /** All samples of this playback have been written. */
  end() {
    this.#ended = true;
  }

  /** Stop within the fade and drop the rest. */
  release() {
    const length = Math.min(this.#fade, this.#buffered);
    const tail = new Float32Array(this.#fade);
    if (this.state === "playing") {
      const gain = this.#level / this.#fade;
      for (let i = 0; i < length; i++) tail[i] = this.#take() * gain * (1 - (i + 1) / length);
    }
    for (let i = this.#tailAt; i < this.#fade; i++) tail[i - this.#tailAt] += this.#tail[i];
    this.#tail = tail;
    this.#tailAt = 0;
    this.dropped += this.#buffered;
    this.#buffered = 0;
    this.#starved = false;
    this.state = "idle";
  }

  /** Fill `output` with what is to be heard next. */
  read(output) {
    for (let i = 0; i < output.length; i++) {
      output[i] = this.#next();
      if (this.#tailAt < this.#fade) output[i] += this.#tail[this.#tailAt++];
    }
  }

  #next() {
    if (this.state === "filling") {
      if (!this.#ended && this.#buffered < this.#target) return 0;
      this.state = "playing";
    }
    if (this.state === "idle") return 0;
    if (this.#buffered === 0) {
      this.#starved = !this.#ended;
      this.state = this.#ended ? "idle" : "filling";
      return 0;
    }
    const starving = !this.#ended && this.#buffered <= this.#level;
    if (starving) this.#level--;
    else if (this.#level < this.#fade) this.#level++;
    const sample = this.#take();
    return this.#level === this.#fade ? sample : (sample * this.#level) / this.#fade;
  }

  #take() {
    const sample = this.#ring[this.#start];
    this.#start = (this.#start + 1) % this.#ring.length;
    this.#buffered--;
    this.position++;
    this.played++;
    if (++this.#quietPlayed >= this.#quiet) {
      this.#quietPlayed = 0;
      this.#target = Math.max(this.#least, Math.round(this.#target * LESS));
    }
    return sample;
  }

  #gap() {
    this.#starved = false;
    if (this.#typed) {
      this.waits++;
      return;
    }
    this.underruns++;
    this.#quietPlayed = 0;
    this.#target = Math.min(this.#most, Math.round(this.#target * MORE));
  }
}

/** Saves what is on the deck, or a whole reading, of which what is missing is spoken first. */

import { t } from "../words/language.js";

/** Events: `change`: it waits for more of the reading, or no longer. */
export class Saver extends EventTarget {
  #reading;
  #tuning;
  #waiting = null; // the format that the rest of the reading is waited for

  constructor(reading, tuning) {
    super();
    this.#reading = reading;
    this.#tuning = tuning;
    tuning.addEventListener("save", ({ detail }) => this.#asked(detail));
    reading.addEventListener("over", () => this.#waiting !== null && this.#filled());
  }

  /** What is on the deck; null where nothing is. */
  utterance = null;

  /** Give up waiting. */
  stop() {
    this.#wait(null);
    this.#tuning.problem(null);
  }

  /** Show what there is to save. */
  show(ready) {
    const { passages, long } = this.#reading;
    const done = passages.filter(({ state }) => state === "done").length;
    const progress = this.#waiting && t("{done} of {all}", { done, all: passages.length });
    const there = this.utterance !== null && this.utterance.ended && this.utterance.duration > 0;
    this.#tuning.saveable(there || (long && ready), progress);
  }

  get #whole() {
    return this.#reading.long && (this.utterance === null || this.utterance.kind !== "text");
  }

  #asked(format) {
    this.#tuning.problem(null);
    if (!this.#whole || this.#reading.complete) return this.#save(format);
    this.#wait(format);
    this.#reading.fill();
  }

  #filled() {
    const format = this.#waiting;
    this.#wait(null);
    // What failed has been told, and would fail again.
    if (this.#reading.complete) this.#save(format);
  }

  async #save(format) {
    const utterances = this.#whole ? this.#reading.passages.map(({ utterance }) => utterance) : [this.utterance];
    try {
      const { saveAs } = await import("./sound-files.js");
      await saveAs(format, utterances, { pause: this.#tuning.pauseS, rate: this.#tuning.rate });
    } catch (error) {
      this.#tuning.problem(error);
    }
  }

  #wait(format) {
    this.#waiting = format;
    this.dispatchEvent(new Event("change"));
  }
}

/** How loud the microphone is, and a warning where it is too loud. */

import { t } from "../words/language.js";

const QUIETEST_DB = -60;
const SAY_EVERY_MS = 2000; // a screen reader is to have time for it
const WARNS_MS = 3000;

export class LevelMeter {
  #meter;
  #bar;
  #warning;
  #saidAt = 0;
  #warnedAt = -Infinity;

  constructor(meter, warning) {
    this.#meter = meter;
    this.#bar = meter.firstElementChild;
    this.#warning = warning;
  }

  /** Take the warning back: it was of an earlier recording. */
  calm() {
    this.#warning.textContent = "";
  }

  /** `level` is the highest peak, 0 to 1. */
  show(level, clipped) {
    this.#meter.hidden = false;
    const db = Math.max(QUIETEST_DB, 20 * Math.log10(level || 1e-6));
    this.#bar.style.width = `${100 * (1 - db / QUIETEST_DB)}%`;
    this.#meter.dataset.at = db > -1 ? "clipped" : db > -30 ? "good" : "quiet";
    const now = performance.now();
    if (now - this.#saidAt > SAY_EVERY_MS) {
      this.#saidAt = now;
      this.#meter.setAttribute("aria-valuenow", Math.round(db));
      this.#meter.setAttribute("aria-valuetext", t("{decibels} decibels", { decibels: Math.round(db) }));
    }
    if (clipped) {
      this.#warnedAt = now;
      this.#warning.textContent = t("Too loud: it is clipped. Move back a little, or speak more softly.");
    } else if (now - this.#warnedAt > WARNS_MS && this.#warning.textContent) this.#warning.textContent = "";
  }

  stop() {
    this.#meter.hidden = true;
  }
}

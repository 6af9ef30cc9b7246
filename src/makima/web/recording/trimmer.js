/** A recording as a picture, with a handle at either end of what is kept. */

import { Waveform } from "../audio/waveform.js";
import { t } from "../words/language.js";

const LEAST_S = 0.5;
const MOVES_S = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -1, PageUp: 1 };

/** Events: `change`; `seek` and `toggle` of the waveform. */
export class Trimmer extends EventTarget {
  #frame;
  #waveform;
  #handles;
  #shades;
  #utterance = null;
  #kept = { from: 0, to: 0 };

  constructor(frame) {
    super();
    this.#frame = frame;
    this.#waveform = new Waveform(frame.querySelector("canvas"));
    for (const name of ["seek", "toggle"]) {
      this.#waveform.addEventListener(name, ({ detail }) => this.dispatchEvent(new CustomEvent(name, { detail })));
    }
    this.#handles = { from: frame.querySelector("[data-edge=from]"), to: frame.querySelector("[data-edge=to]") };
    this.#shades = { from: frame.querySelector(".shade.from"), to: frame.querySelector(".shade.to") };
    for (const [edge, handle] of Object.entries(this.#handles)) {
      handle.addEventListener("pointerdown", (event) => this.#grab(event, edge));
      handle.addEventListener("keydown", (event) => this.#key(event, edge));
    }
  }

  /** Seconds of the recording that are kept. */
  get kept() {
    return { ...this.#kept };
  }

  /** Whether anything is cut away. */
  get trimmed() {
    return this.#utterance !== null && (this.#kept.from > 0 || this.#kept.to < this.#utterance.duration);
  }

  load(utterance) {
    this.#utterance = utterance;
    this.#kept = { from: 0, to: utterance.duration };
    this.#show();
  }

  /** Draw the sound at `position`, in seconds. */
  draw(position) {
    if (this.#utterance) this.#waveform.show(this.#utterance, position);
  }

  #grab(event, edge) {
    if (event.button !== 0) return;
    const handle = this.#handles[edge];
    handle.setPointerCapture(event.pointerId);
    const move = (moved) => {
      const box = this.#frame.getBoundingClientRect();
      this.#move(edge, ((moved.clientX - box.left) / box.width) * this.#utterance.duration);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
  }

  #key(event, edge) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.#kept[edge];
    if (event.key in MOVES_S) this.#move(edge, at + MOVES_S[event.key]);
    else if (event.key === "Home") this.#move(edge, 0);
    else if (event.key === "End") this.#move(edge, Infinity);
    else return;
    event.preventDefault();
  }

  #move(edge, seconds) {
    const { duration } = this.#utterance;
    const { from, to } = this.#kept;
    const [low, high] = edge === "from" ? [0, to - LEAST_S] : [from + LEAST_S, duration];
    this.#kept[edge] = Math.max(Math.min(seconds, high), Math.min(low, high));
    this.#show();
    this.dispatchEvent(new Event("change"));
  }

  #show() {
    const { duration } = this.#utterance;
    for (const [edge, handle] of Object.entries(this.#handles)) {
      const seconds = this.#kept[edge];
      const share = duration > 0 ? seconds / duration : 0;
      handle.style.left = `${100 * share}%`;
      handle.setAttribute("aria-valuemax", duration.toFixed(1));
      handle.setAttribute("aria-valuenow", seconds.toFixed(1));
      handle.setAttribute("aria-valuetext", t("{seconds} seconds", { seconds: seconds.toFixed(1) }));
      this.#shades[edge].style.width = `${100 * (edge === "from" ? share : 1 - share)}%`;
    }
    this.draw(0);
  }
}

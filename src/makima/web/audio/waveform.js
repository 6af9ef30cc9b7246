/** Draws an utterance as bars, what was heard in the accent colour; a slider to seek with. */

import { cleared, watchCanvas } from "../parts/canvas.js";
import { t } from "../words/language.js";

const BAR_PX = 2;
const PITCH_PX = 4;
// An utterance that is still growing does not fill the width at once: the picture would shrink at every chunk.
const LEAST_S = 3;
const CURVE = 0.7;
const MOVES_S = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };

/** Events: `seek` (detail: seconds), `toggle` (the person asked to play or stop). */
export class Waveform extends EventTarget {
  #canvas;
  #context;
  #colours = {};
  #utterance = null;
  #position = 0;
  #hover = null;
  #resting = [];

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    watchCanvas(canvas, () => this.#resize());
    canvas.addEventListener("pointerdown", (event) => event.button === 0 && this.#seek(this.#at(event)));
    canvas.addEventListener("pointermove", (event) => this.#point(this.#at(event)));
    canvas.addEventListener("pointerleave", () => this.#point(null));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Draw `utterance` with the sound at `position`, in seconds. */
  show(utterance, position) {
    this.#utterance = utterance;
    this.#position = position;
    const { duration } = utterance;
    const canvas = this.#canvas;
    // Whole seconds: a screen reader says every change of the control it stands on.
    const [now, most] = [Math.floor(position), Math.ceil(duration)];
    const words = t("{now} of {most} seconds", { now, most });
    if (canvas.getAttribute("aria-valuetext") !== words) {
      canvas.setAttribute("aria-disabled", String(duration === 0));
      canvas.setAttribute("aria-valuemax", most);
      canvas.setAttribute("aria-valuenow", now);
      canvas.setAttribute("aria-valuetext", words);
    }
    this.#draw();
  }

  /** Nothing was spoken yet: draw heights from 0 to 1, faintly, as a phrase that swells and ends. */
  rest(heights) {
    this.#resting = heights;
    if (this.#utterance === null) this.#draw();
  }

  get #span() {
    const utterance = this.#utterance;
    if (utterance === null) return LEAST_S;
    return utterance.ended ? utterance.duration : Math.max(LEAST_S, utterance.duration * 1.1);
  }

  #at(event) {
    return (event.offsetX / this.#canvas.clientWidth) * this.#span;
  }

  #seek(seconds) {
    const duration = this.#utterance?.duration ?? 0;
    if (duration === 0) return;
    // At once, not with the next picture: the next key may come before it.
    this.#position = Math.max(0, Math.min(seconds, duration - 0.01));
    this.dispatchEvent(new CustomEvent("seek", { detail: this.#position }));
  }

  #point(seconds) {
    this.#hover = seconds;
    this.#draw();
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in MOVES_S) this.#seek(this.#position + MOVES_S[event.key]);
    else if (event.key === "Home") this.#seek(0);
    else if (event.key === "End") this.#seek(Infinity);
    else if (event.key === " " || event.key === "Enter") this.dispatchEvent(new Event("toggle"));
    else return;
    event.preventDefault();
  }

  #resize() {
    const { colour } = cleared(this.#canvas);
    this.#colours = {
      heard: colour("--accent"),
      coming: colour("--wave"),
      line: colour("--line"),
      head: colour("--text"),
    };
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const context = this.#context;
    const middle = height / 2;
    context.clearRect(0, 0, width, height);
    context.fillStyle = this.#colours.line;
    context.fillRect(0, Math.round(middle), width, 1);
    const utterance = this.#utterance;
    if (utterance === null) this.#drawResting(width, middle);
    if (utterance === null || utterance.duration === 0) return;

    const span = this.#span;
    const bars = Math.max(1, Math.floor((width * utterance.duration) / span / PITCH_PX));
    const outline = utterance.outline(bars);
    const heard = (this.#position / span) * width;
    for (let i = 0; i < bars; i++) {
      const x = i * PITCH_PX;
      const tall = Math.max(1, Math.round(outline[i] ** CURVE * (middle - 2)));
      context.fillStyle = x < heard ? this.#colours.heard : this.#colours.coming;
      context.fillRect(x, Math.round(middle) - tall, BAR_PX, 2 * tall + 1);
    }
    context.fillStyle = this.#colours.head;
    if (this.#position > 0 && heard < width - 1) context.fillRect(Math.round(heard), 0, 1, height);
    if (this.#hover !== null) {
      context.globalAlpha = 0.4;
      context.fillRect(Math.round((this.#hover / span) * width), 0, 1, height);
      context.globalAlpha = 1;
    }
  }

  #drawResting(width, middle) {
    const bars = Math.floor(width / PITCH_PX);
    this.#context.fillStyle = this.#colours.coming;
    for (let i = 0; i < bars && this.#resting.length > 0; i++) {
      const at = i / bars;
      const phrase = Math.sin(Math.PI * at) ** 0.6 * (0.35 + 0.65 * Math.abs(Math.sin(at * 17 + Math.sin(at * 41))));
      const height = this.#resting[(i * 7) % this.#resting.length] * phrase;
      const tall = Math.max(1, Math.round(height ** CURVE * (middle - 2)));
      this.#context.globalAlpha = 0.55;
      this.#context.fillRect(i * PITCH_PX, Math.round(middle) - tall, BAR_PX, 2 * tall + 1);
    }
    this.#context.globalAlpha = 1;
  }
}

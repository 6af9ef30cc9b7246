/** The microphone's level: the last seconds as bars, and as a meter for those who do not see them. */

import { cleared, watchCanvas } from "../parts/canvas.js";

const BAR_PX = 3;
const GAP_PX = 2;
const PIECES_A_BAR = 2; // of 20 ms
const FLOOR_DB = -60;
const SAY_EVERY_MS = 500;

export class Level {
  #canvas;
  #bars = []; // {height, speech}, the newest last
  #pieces = 0;
  #peak = 0;
  #saidAt = 0;
  #frame = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(canvas) {
    this.#canvas = canvas;
    watchCanvas(canvas, () => this.#redraw());
    this.#say(0);
  }

  /** 20 ms, the loudest sample of which is `peak`; `speech` says whether someone is known to speak. */
  add(peak, speech) {
    this.#peak = Math.max(this.#peak, peak);
    if (++this.#pieces < PIECES_A_BAR) return;
    const height = heightOf(this.#peak);
    this.#pieces = this.#peak = 0;
    // Without motion one bar stands for the present.
    if (this.#still.matches) this.#bars = [];
    this.#bars.push({ height, speech });
    if (this.#bars.length > this.#room) this.#bars.shift();
    this.#redraw();
    this.#say(height);
  }

  clear() {
    this.#bars = [];
    this.#redraw();
    this.#say(0);
  }

  get #room() {
    return Math.ceil(this.#canvas.clientWidth / (BAR_PX + GAP_PX));
  }

  #say(height) {
    const now = performance.now();
    if (height > 0 && now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    const percent = Math.round(100 * height);
    this.#canvas.setAttribute("aria-valuenow", percent);
    this.#canvas.setAttribute("aria-valuetext", `${percent} %`);
  }

  #redraw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { paint, width, height, colour } = cleared(this.#canvas);
    const colours = { true: colour("--accent"), false: colour("--wave") };
    paint.fillStyle = colour("--line");
    paint.fillRect(0, Math.floor(height / 2), width, 1);
    if (this.#still.matches) {
      const [bar] = this.#bars;
      if (!bar) return;
      paint.fillStyle = colours[bar.speech];
      paint.fillRect(0, height / 4, width * bar.height, height / 2);
      return;
    }
    this.#bars.forEach((bar, i) => {
      const tall = Math.max(1, bar.height * height);
      const x = width - (this.#bars.length - i) * (BAR_PX + GAP_PX);
      paint.fillStyle = colours[bar.speech];
      paint.fillRect(x, (height - tall) / 2, BAR_PX, tall);
    });
  }
}

/** 0 to 1, by decibels: ears hear ratios. */
function heightOf(peak) {
  const db = 20 * Math.log10(Math.max(peak, 1e-6));
  return Math.max(0, Math.min(1, 1 - db / FLOOR_DB));
}

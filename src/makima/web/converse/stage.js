/** Who speaks: the voice's face as large as the place allows, moved by what it says, in a ring moved by what you say. */

import { cleared, watchCanvas } from "../parts/canvas.js";
import { heights } from "../parts/face.js";

const BARS = 96;
const DECAY = 0.86;
const SMOOTH = 0.35;

export class Stage {
  #canvas;
  #mine = 0;
  #theirs = 0;
  #history = new Array(BARS).fill(0); // how loud you were, the newest first
  #voice = "makima";
  #state = "connecting";
  #level = () => 0;
  #frame = 0;
  #turn = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  /** `level()` says how loud the reply is that is heard now, 0 to 1. */
  constructor(canvas, level) {
    this.#canvas = canvas;
    this.#level = level;
    watchCanvas(canvas, () => this.draw());
  }

  /** What is said into the microphone: the loudest sample of 20 ms, 0 to 1. */
  hear(peak) {
    this.#mine = Math.max(loudness(peak), this.#mine * DECAY);
    this.#history.pop();
    this.#history.unshift(this.#mine);
    this.draw();
  }

  show(state, voice) {
    this.#state = state;
    this.#voice = voice ?? "makima";
    this.draw();
  }

  silence() {
    this.#mine = 0;
    this.#history.fill(0);
    this.draw();
  }

  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    const { paint, width, height, colour } = cleared(this.#canvas);
    const now = loudness(this.#level());
    this.#theirs += (now - this.#theirs) * SMOOTH;
    if (!this.#still.matches) this.#turn += 0.002 + 0.01 * this.#theirs;
    const size = Math.min(width, height) / 2;
    paint.translate(width / 2, height / 2);
    paint.lineCap = "round";
    this.#disc(paint, size, colour);
    this.#voiceBars(paint, size, colour);
    this.#ring(paint, size, colour);
    const moves = this.#theirs > 0.005 || this.#state === "thinking" || this.#state === "speaking";
    if (moves && !this.#still.matches) this.draw();
  }

  #disc(paint, size, colour) {
    const thinks = this.#state === "thinking" ? 0.06 * Math.sin(performance.now() / 260) : 0;
    paint.beginPath();
    paint.arc(0, 0, size * (0.3 + 0.05 * this.#theirs + thinks * 0.3), 0, 2 * Math.PI);
    paint.fillStyle = colour("--tint");
    paint.globalAlpha = 0.75 + thinks;
    paint.fill();
    paint.globalAlpha = 1;
  }

  #voiceBars(paint, size, colour) {
    const face = heights(this.#voice, BARS);
    paint.strokeStyle = colour(this.#theirs > 0.02 ? "--accent" : "--wave");
    paint.lineWidth = Math.max(2, size / 90);
    paint.beginPath();
    face.forEach((height, i) => {
      const angle = (2 * Math.PI * i) / BARS + this.#turn;
      const wobble = 0.5 + 0.5 * Math.sin(i * 1.7 + this.#turn * 90);
      const far = size * (0.37 + height * (0.09 + 0.26 * this.#theirs * wobble));
      paint.moveTo(Math.cos(angle) * size * 0.36, Math.sin(angle) * size * 0.36);
      paint.lineTo(Math.cos(angle) * far, Math.sin(angle) * far);
    });
    paint.stroke();
  }

  #smooth(at) {
    let sum = 0;
    for (let i = at - 4; i <= at + 4; i++) sum += this.#history[Math.min(BARS - 1, Math.abs(i))] / 9;
    return sum;
  }

  #ring(paint, size, colour) {
    const hears = this.#state === "hearing you";
    paint.strokeStyle = colour(hears ? "--accent-strong" : "--line-strong");
    paint.lineWidth = hears ? 3 : 1.5;
    paint.beginPath();
    for (let i = 0; i <= 2 * BARS; i++) {
      // Both sides alike: what you said runs down from the top.
      const back = i <= BARS ? i : 2 * BARS - i;
      const far = size * (0.8 + 0.18 * this.#smooth(Math.min(BARS - 1, back)));
      const angle = (Math.PI * i) / BARS - Math.PI / 2;
      paint[i === 0 ? "moveTo" : "lineTo"](Math.cos(angle) * far, Math.sin(angle) * far);
    }
    paint.stroke();
  }
}

/** 0 to 1 by decibels from -50 up: ears hear ratios. */
function loudness(peak) {
  return Math.max(0, Math.min(1, 1 + (20 * Math.log10(Math.max(peak, 1e-6))) / 50));
}

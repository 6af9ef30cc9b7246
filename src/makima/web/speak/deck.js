/** Shows one utterance: its waveform, the word that is heard, its figures; plays it again, faster, in a loop. */

import { Caption } from "../reading/caption.js";
import { Waveform } from "../audio/waveform.js";
import { t } from "../words/language.js";

const STILL_MS = 250;

/** Events: `word` (detail: {utterance, word}: the word that is heard, {start, end} in its text, or null). */
export class Deck extends EventTarget {
  #player;
  #waveform;
  #caption;
  #parts;
  #utterance = null;
  #position = 0;
  #frame = 0;
  #drawnAt = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(root, player) {
    super();
    this.#player = player;
    this.#parts = {};
    for (const id of ["deck", "play", "time", "first-audio", "audible", "factor", "underruns", "underruns-name"]) {
      this.#parts[id] = root.querySelector(`#${id}`);
    }
    this.#waveform = new Waveform(root.querySelector("#waveform"));
    this.#caption = new Caption(root.querySelector("#caption"));
    this.#waveform.addEventListener("seek", (event) => this.#player.play(this.#utterance, event.detail));
    this.#waveform.addEventListener("toggle", () => this.toggle());
    this.#parts.play.addEventListener("click", () => this.toggle());
    // What has no sound yet may fail; until it sounds, the last one stays.
    player.addEventListener("play", ({ detail }) => detail.duration > 0 && detail.kind !== "silence" && this.show(detail));
    player.addEventListener("idle", () => this.update());
  }

  get utterance() {
    return this.#utterance;
  }

  /** Nothing was spoken yet: the sentence that would be, and a likeness of the voice that would say it. */
  rest(sentence, outline) {
    if (this.#utterance !== null) return;
    this.#caption.rest(sentence);
    this.#waveform.rest(outline);
  }

  /** Put `utterance` on the deck. */
  show(utterance) {
    if (utterance !== this.#utterance) this.#position = 0;
    this.#utterance = utterance;
    this.#parts.deck.dataset.empty = "no";
    this.update();
  }

  toggle() {
    if (this.#utterance === null || this.#utterance.duration === 0) return;
    if (this.#playing) this.#player.stop();
    else this.#player.play(this.#utterance, this.#position < this.#utterance.duration - 0.05 ? this.#position : 0);
  }

  /** The utterance has grown, or its figures are known. */
  update() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  get #playing() {
    return this.#utterance !== null && this.#player.source === this.#utterance;
  }

  #draw() {
    const utterance = this.#utterance;
    if (utterance === null) return;
    const playing = this.#playing;
    const now = performance.now();
    if (playing) {
      this.update();
      this.#position = Math.min(this.#player.position, utterance.duration);
      if (this.#still.matches && now - this.#drawnAt < STILL_MS) return;
    } else if (utterance.duration - this.#position < 0.05) this.#position = utterance.duration;
    this.#drawnAt = now;
    this.#waveform.show(utterance, this.#position);
    const word = this.#caption.show(utterance, this.#position);
    this.dispatchEvent(new CustomEvent("word", { detail: { utterance, word: playing ? word : null } }));

    const { play, time } = this.#parts;
    const { firstAudioMs, audibleMs, realTimeFactor, underruns } = utterance.figures;
    write(play, playing ? t("Pause") : t("Play"));
    play.disabled = utterance.duration === 0;
    write(time, `${clock(this.#position)} / ${clock(utterance.duration)}`);
    write(this.#parts["first-audio"], inMs(firstAudioMs));
    write(this.#parts.audible, inMs(audibleMs));
    write(this.#parts.factor, realTimeFactor === null ? "–" : String(Number(realTimeFactor.toPrecision(2))));
    write(this.#parts.underruns, underruns === null ? "–" : String(underruns));
    write(this.#parts["underruns-name"], utterance.typed ? t("waits for text") : t("underruns"));
  }
}

/** "1:02.3". */
export function clock(seconds) {
  const tenths = Math.floor(seconds * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

const inMs = (milliseconds) => (milliseconds === null ? "–" : `${Math.round(milliseconds)} ms`);

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

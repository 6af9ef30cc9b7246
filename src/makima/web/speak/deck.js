/** Shows one utterance: its waveform, its figures, where the sound is; plays it again, and gives it away as WAV. */

import { Waveform } from "../audio/waveform.js";
import { download, wav, wavName } from "../audio/wav.js";

const STILL_MS = 250;

export class Deck {
  #player;
  #waveform;
  #parts;
  #utterance = null;
  #position = 0;
  #frame = 0;
  #drawnAt = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(root, player) {
    this.#player = player;
    this.#parts = {};
    for (const id of ["play", "time", "download", "first-audio", "audible", "factor", "underruns", "underruns-name"]) {
      this.#parts[id] = root.querySelector(`#${id}`);
    }
    this.#waveform = new Waveform(root.querySelector("#waveform"));
    this.#waveform.addEventListener("seek", (event) => this.#player.play(this.#utterance, event.detail));
    this.#waveform.addEventListener("toggle", () => this.toggle());
    this.#parts.play.addEventListener("click", () => this.toggle());
    this.#parts.download.addEventListener("click", () => save(this.#utterance));
    // What has no sound yet may fail; until it sounds, the last one stays.
    player.addEventListener("play", (event) => event.detail.duration > 0 && this.show(event.detail));
    player.addEventListener("idle", () => this.update());
  }

  get utterance() {
    return this.#utterance;
  }

  /** Put `utterance` on the deck. */
  show(utterance) {
    if (utterance !== this.#utterance) this.#position = 0;
    this.#utterance = utterance;
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
      if (this.#still.matches && now - this.#drawnAt < STILL_MS) return;
      this.#position = Math.min(this.#player.position, utterance.duration);
    } else if (utterance.duration - this.#position < 0.05) this.#position = utterance.duration;
    this.#drawnAt = now;
    this.#waveform.show(utterance, this.#position);

    const { play, time, download } = this.#parts;
    const { firstAudioMs, audibleMs, realTimeFactor, underruns } = utterance.figures;
    write(play, playing ? "Pause" : "Play");
    play.disabled = utterance.duration === 0;
    download.disabled = utterance.duration === 0 || !utterance.ended;
    write(time, `${clock(this.#position)} / ${clock(utterance.duration)}`);
    write(this.#parts["first-audio"], inMs(firstAudioMs));
    write(this.#parts.audible, inMs(audibleMs));
    write(this.#parts.factor, realTimeFactor === null ? "–" : String(Number(realTimeFactor.toPrecision(2))));
    write(this.#parts.underruns, underruns === null ? "–" : String(underruns));
    write(this.#parts["underruns-name"], utterance.typed ? "waits for text" : "underruns");
  }
}

export function save(utterance) {
  download(wav(utterance.samples, utterance.sampleRate), wavName(utterance.text));
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

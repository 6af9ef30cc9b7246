/** Has texts spoken and heard: asks the server, lets the player play what comes, and measures how that went. */

import { spokenHere } from "../parts/samples.js";
import { Utterance } from "./utterance.js";

// The server would wait for a minute and then call it an error; what is written later is spoken as a text of its own.
const PAUSE_MS = 20_000;

/** Events, with the utterance as their detail: `audio`, `over` (no more will come), `heard` (to its end, or cut off). */
export class Speaker extends EventTarget {
  #session;
  #player;
  #chosen;
  #typed = null; // the utterance that is being written
  #pause = 0; // ends it when nothing is written for a while
  #live = new Set(); // utterances that are heard for the first time, or will be
  #before = new WeakMap(); // the player's counters when each of them began

  /** `chosen()` gives {voice, language, speed}. */
  constructor(session, player, chosen) {
    super();
    this.#session = session;
    this.#player = player;
    this.#chosen = chosen;
    session.addEventListener("audio", ({ detail: { utterance } }) => {
      player.pump();
      this.#tell("audio", utterance);
    });
    session.addEventListener("ended", ({ detail: { utterance } }) => this.#over(utterance));
    session.addEventListener("failed", ({ detail: { utterance } }) => utterance && this.#over(utterance));
    player.addEventListener("play", ({ detail: utterance }) => {
      if (!this.#before.has(utterance)) this.#before.set(utterance, player.counters());
    });
    player.addEventListener("change", () => this.#measure());
    player.addEventListener("idle", () => this.#heard());
  }

  get speaking() {
    return this.#session.busy || this.#live.has(this.#player.source);
  }

  /** A text that is being written has begun to go out. */
  get typing() {
    return this.#typed !== null;
  }

  /** Speak `text`, in place of whatever is being spoken; `other` is taken for the choices of the page. */
  speak(text, other = {}) {
    this.cancel();
    const utterance = this.#begin(text, other);
    this.#player.play(utterance);
    this.#session.speak(utterance);
  }

  /** Speak the next piece of a text that is being written; one text is heard after the other. */
  append(piece) {
    if (this.#typed === null) {
      const follows = this.speaking;
      // To find out its language the server would wait for a whole sentence.
      const { language } = this.#chosen();
      this.#typed = this.#begin("", { typed: true, language: language === "Auto" ? spokenHere() : language });
      if (follows) this.#player.enqueue(this.#typed);
      else this.#player.play(this.#typed);
    }
    this.#typed.text += piece;
    this.#session.append(this.#typed, piece);
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.finish(), PAUSE_MS);
  }

  /** The text that was being written is complete. */
  finish() {
    clearTimeout(this.#pause);
    if (this.#typed === null) return;
    this.#session.end(this.#typed);
    this.#typed = null;
  }

  /** Be silent. */
  cancel() {
    clearTimeout(this.#pause);
    this.#typed = null;
    this.#session.cancel();
    this.#player.stop();
  }

  #begin(text, other) {
    const utterance = new Utterance({ text, ...this.#chosen(), sampleRate: this.#player.sampleRate, ...other });
    this.#live.add(utterance);
    return utterance;
  }

  #over(utterance) {
    if (utterance === this.#typed) {
      clearTimeout(this.#pause);
      this.#typed = null;
    }
    this.#player.pump();
    this.#tell("over", utterance);
  }

  #heard() {
    for (const utterance of [...this.#live].filter(({ ended }) => ended)) {
      this.#live.delete(utterance);
      this.#tell("heard", utterance);
    }
  }

  #measure() {
    const utterance = this.#player.source;
    if (!this.#live.has(utterance)) return;
    const { figures } = utterance;
    const before = this.#before.get(utterance);
    const now = this.#player.counters();
    figures.underruns = utterance.typed ? now.waits - before.waits : now.underruns - before.underruns;
    const audibleAt = this.#player.audibleAt;
    if (audibleAt !== null) figures.audibleMs ??= audibleAt - utterance.askedAt;
  }

  #tell(type, utterance) {
    this.dispatchEvent(new CustomEvent(type, { detail: utterance }));
  }
}

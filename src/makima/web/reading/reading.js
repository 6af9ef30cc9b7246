/** A text that is spoken passage by passage, in turn: each can be heard again, changed, and spoken anew. */

import { Utterance } from "../speak/utterance.js";
import { passagesOf } from "./passages.js";

const AHEAD = 2; // passages that the server is asked for before the one that is heard is over

/**
 * Passages are {text, start, utterance, state}; `state` is `new`, `coming`, `done` or `failed`.
 * Events: `change` (a passage), `list` (there are others), `over` (all that was asked for is there, or has failed).
 */
export class Reading extends EventTarget {
  #session;
  #player;
  #chosen;
  #passages = [];
  #queue = []; // those to be asked for, in order
  #coming = new Map(); // by utterance
  #heard = true; // whether what comes is played
  #pauseS;

  /** `chosen()` gives {voice, language, speed}; `pauseS()` the silence between two passages. */
  constructor(session, player, chosen, pauseS) {
    super();
    this.#session = session;
    this.#player = player;
    this.#chosen = chosen;
    this.#pauseS = pauseS;
    for (const type of ["ended", "failed"]) {
      session.addEventListener(type, ({ detail: { utterance } }) => this.#over(this.#coming.get(utterance)));
    }
  }

  get passages() {
    return this.#passages;
  }

  /** More than one passage: otherwise the page speaks it as it is. */
  get long() {
    return this.#passages.length > 1;
  }

  get busy() {
    return this.#coming.size > 0 || this.#queue.length > 0;
  }

  get complete() {
    return this.#passages.every(({ state }) => state === "done");
  }

  /** Take up a text. Passages that are in it as before keep their sound. */
  load(text) {
    const known = this.#passages;
    const kept = new Set();
    this.#passages = passagesOf(text).map(({ text: words, start }) => {
      const before = known.find((passage) => passage.text === words && !kept.has(passage));
      if (before === undefined) return { text: words, start, utterance: null, state: "new" };
      kept.add(before);
      return Object.assign(before, { start });
    });
    const same = this.#passages.length === known.length && this.#passages.every((passage, i) => passage === known[i]);
    if (!same) this.dispatchEvent(new Event("list"));
  }

  /** The choices have changed: what was spoken was spoken otherwise. */
  forget() {
    for (const passage of this.#passages) this.#become(passage, "new", null);
  }

  /** Speak from the passage `from` on, in place of whatever is being spoken. */
  play(from = 0) {
    this.stop();
    this.#heard = true;
    this.#queue = this.#passages.slice(from);
    this.#advance();
  }

  /** Have one passage spoken anew. */
  again(passage) {
    this.stop();
    this.#become(passage, "new", null);
    this.#heard = true;
    this.#queue = [passage];
    this.#advance();
  }

  /** Have spoken what is not spoken yet, without a sound. */
  fill() {
    this.#heard = false;
    this.#queue = this.#passages.filter((passage) => passage.state !== "done" && !this.#coming.has(passage.utterance));
    this.#advance();
    if (!this.busy) this.dispatchEvent(new Event("over"));
  }

  /** Ask for no more. The session and the player are stopped by whoever stops this. */
  stop() {
    this.#queue = [];
    this.#session.cancel();
    this.#player.stop();
  }

  /** The passage of an utterance. */
  of(utterance) {
    return this.#passages.find((passage) => passage.utterance === utterance) ?? null;
  }

  #advance() {
    while (this.#queue.length > 0 && this.#coming.size < AHEAD) {
      const passage = this.#queue.shift();
      if (passage.state === "done") {
        if (this.#heard) this.#enqueue(passage);
        continue;
      }
      const sampleRate = this.#player.sampleRate;
      const utterance = new Utterance({ text: passage.text, ...this.#chosen(), sampleRate, kind: "passage" });
      this.#become(passage, "coming", utterance);
      this.#coming.set(utterance, passage);
      if (this.#heard) this.#enqueue(passage);
      this.#session.speak(utterance);
    }
  }

  #enqueue({ utterance }) {
    const pauseS = this.#pauseS();
    if (pauseS > 0 && this.#player.source !== null) this.#player.enqueue(silence(pauseS, utterance.sampleRate));
    this.#player.enqueue(utterance);
  }

  #over(passage) {
    if (passage === undefined) return;
    const { utterance } = passage;
    this.#coming.delete(utterance);
    const done = utterance.state === "complete";
    const state = done ? "done" : utterance.state === "failed" ? "failed" : "new";
    this.#become(passage, state, done ? utterance : null);
    this.#player.pump();
    if (done) this.#advance();
    else this.#queue = [];
    if (!this.busy) this.dispatchEvent(new Event("over"));
  }

  #become(passage, state, utterance) {
    Object.assign(passage, { state, utterance });
    this.dispatchEvent(new CustomEvent("change", { detail: passage }));
  }
}

function silence(seconds, sampleRate) {
  const utterance = new Utterance({ text: "", sampleRate, kind: "silence" });
  utterance.append(new Int16Array(Math.round(seconds * sampleRate)));
  utterance.ended = true;
  utterance.state = "complete";
  return utterance;
}

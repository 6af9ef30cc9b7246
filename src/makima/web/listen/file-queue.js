/** Recordings that are transcribed one after the other; what is understood comes while the rest is being heard. */

import { asked, lines } from "../shell/api.js";

const PATH = "/v1/audio/transcriptions";

/**
 * Items are {id, name, file, state, durationS, entries, error}; `state` is `waiting`, `hearing`, `done` or `failed`,
 * and `entries` are those of a transcript. Events: `added`, `changed`, `removed` (detail: the item).
 */
export class FileQueue extends EventTarget {
  #items = [];
  #made = 0;
  #running = null; // {item, abort}
  #language;

  /** `language()` is the one that is spoken in the recordings, or undefined. */
  constructor(language) {
    super();
    this.#language = language;
  }

  get items() {
    return this.#items;
  }

  add(file) {
    const id = `file-${++this.#made}`;
    const item = { id, name: file.name, file, state: "waiting", durationS: null, entries: [], error: null };
    this.#items.push(item);
    this.#tell("added", item);
    this.#next();
  }

  /** Take it out; what is being heard is given up. */
  remove(item) {
    this.#items = this.#items.filter((other) => other !== item);
    if (this.#running?.item === item) this.#running.abort.abort();
    this.#tell("removed", item);
  }

  /** Once more. */
  again(item) {
    this.#change(item, { state: "waiting", entries: [], error: null });
    this.#next();
  }

  async #next() {
    const item = this.#items.find(({ state }) => state === "waiting");
    if (this.#running !== null || item === undefined) return;
    const abort = new AbortController();
    this.#running = { item, abort };
    this.#change(item, { state: "hearing" });
    try {
      this.#change(item, { durationS: await durationOf(item.file) });
      await this.#transcribe(item, abort.signal);
      this.#change(item, { state: "done" });
    } catch (error) {
      if (error.name !== "AbortError") this.#change(item, { state: "failed", error });
    }
    this.#running = null;
    this.#next();
  }

  async #transcribe(item, signal) {
    const form = new FormData();
    form.append("file", item.file, item.name);
    form.append("stream", "true");
    const language = this.#language();
    if (language) form.append("language", language);
    const answer = await asked(PATH, { method: "POST", body: form, signal });
    for await (const line of lines(answer.body)) {
      if (!line.startsWith("data: ")) continue;
      const event = JSON.parse(line.slice(6));
      if (event.type === "error") throw event.error;
      if (event.type !== "transcript.text.delta") continue;
      const [startMs, endMs] = [event.start, event.end].map((seconds) => Math.round(1000 * seconds));
      const entry = { kind: "heard", speaker: null, text: event.delta.trim(), kept: null, startMs, endMs };
      this.#change(item, { entries: [...item.entries, entry] });
    }
  }

  #change(item, changes) {
    Object.assign(item, changes);
    if (this.#items.includes(item)) this.#tell("changed", item);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Units: seconds; null where this browser cannot tell. */
function durationOf(file) {
  return new Promise((resolve) => {
    const sound = new Audio();
    const url = URL.createObjectURL(file);
    const done = (seconds) => {
      clearTimeout(timer);
      URL.revokeObjectURL(url);
      resolve(Number.isFinite(seconds) && seconds > 0 ? seconds : null);
    };
    const timer = setTimeout(() => done(null), 2000);
    sound.onloadedmetadata = () => done(sound.duration);
    sound.onerror = () => done(null);
    sound.preload = "metadata";
    sound.src = url;
  });
}

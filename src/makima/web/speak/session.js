/** The speaking half of the protocol: utterances go out as text and fill up with audio (docs/protocol.md). */

import { fromBytes } from "../audio/pcm.js";

/** What the server says last of an utterance. */
const LAST = new Set(["complete", "cancelled", "interrupted", "error"]);

/**
 * Events: `state`, `ready`, `started`, `audio`, `ended` and `failed` (detail: {utterance, error}), `loading`, `warning`
 * (detail: a sentence), `refused` (no token, or a wrong one).
 */
export class Session extends EventTarget {
  #connection;
  #choices;
  #started = "";
  #utterances = new Map(); // those not over yet, by id, in the order asked for
  #leaving = new Set(); // ids cancelled here, of which the server still speaks
  #current = null; // the one whose audio is coming
  #unsent = [];

  /** `choices()` gives {sampleRate, voice, language, speed, authToken} as they are now; undefined is left to the server. */
  constructor(connection, choices) {
    super();
    this.#connection = connection;
    this.#choices = choices;
    this.ready = false;
    this.capabilities = null;
    /** {what, progress} while a model is being loaded. */
    this.loading = null;
    connection.addEventListener("message", (event) => this.#receive(event.detail));
    connection.addEventListener("audio", (event) => this.#hear(event.detail));
    connection.addEventListener("state", () => this.#moved());
  }

  get busy() {
    return this.#utterances.size > 0;
  }

  /** Tell the server the choices, where they have changed and it is not speaking. */
  start() {
    if (this.ready && !this.busy && this.#leaving.size === 0) this.#start();
  }

  speak(utterance) {
    this.#ask(utterance, { type: "speak", text: utterance.text });
  }

  /** The next piece of an utterance whose text is still being written. */
  append(utterance, text) {
    if (!this.#utterances.has(utterance.id)) this.#ask(utterance, { type: "append", text });
    else this.#send({ type: "append", text, requestId: utterance.id });
  }

  end(utterance) {
    this.#send({ type: "end", requestId: utterance.id });
  }

  /** Cancel one utterance, or all that has been asked for. */
  cancel(only = null) {
    this.#unsent = only === null ? [] : this.#unsent.filter(({ requestId }) => requestId !== only.id);
    this.#connection.urgent = this.#unsent.length > 0;
    const cancelled = [...this.#utterances.values()].filter((each) => only === null || each === only);
    for (const utterance of cancelled) {
      this.#leave(utterance);
      this.#over(utterance, "cancelled", "ended");
    }
  }

  #leave(utterance) {
    if (!this.ready) return;
    this.#leaving.add(utterance.id);
    this.#connection.send({ type: "cancel", requestId: utterance.id });
  }

  #ask(utterance, message) {
    this.start();
    this.#utterances.set(utterance.id, utterance);
    const { voice, language, speed } = utterance;
    this.#send({ ...message, voice, language, speed, requestId: utterance.id });
  }

  #send(message) {
    if (this.ready) this.#goes(message);
    else this.#unsent.push(message);
    // Someone waits: a server that comes back is to be found soon.
    this.#connection.urgent = !this.ready;
  }

  /** It is measured from here on, and not from when the person pressed while the server was away, or began to write. */
  #goes(message) {
    const utterance = this.#utterances.get(message.requestId);
    if (utterance && utterance.duration === 0 && message.text) utterance.askedAt = performance.now();
    this.#connection.send(message);
  }

  #hear(buffer) {
    const utterance = this.#current;
    // What was on its way when the person cancelled.
    if (utterance === null || !this.#utterances.has(utterance.id)) return;
    utterance.figures.firstAudioMs ??= performance.now() - utterance.askedAt;
    utterance.append(fromBytes(buffer));
    this.#tell("audio", { utterance });
  }

  #receive(message) {
    const utterance = this.#utterances.get(message.requestId ?? message.refusedId);
    if (LAST.has(message.type)) this.#leaving.delete(message.requestId);
    switch (message.type) {
      case "ready":
        this.capabilities = message.capabilities;
        this.ready = true;
        this.#begin();
        break;
      case "started":
        this.loading = null;
        this.#tell("started");
        if (message.warning) this.#tell("warning", message.warning);
        break;
      case "loading":
        this.loading = { what: message.what, progress: message.progress ?? null };
        this.#tell("loading");
        return;
      case "speaking":
        this.loading = null;
        this.#current = utterance ?? null;
        if (utterance) Object.assign(utterance, { state: "speaking", found: message.language ?? null });
        break;
      case "words":
        utterance?.words.push(...message.words);
        return;
      case "audio_end":
        if (this.#current !== null) this.#current.ended = true;
        break;
      case "complete":
        if (!utterance) return;
        // Of a text that was being written it would time the writer.
        if (!utterance.typed) utterance.figures.realTimeFactor = message.realTimeFactor ?? null;
        this.#over(utterance, "complete", "ended");
        return;
      case "cancelled":
      case "interrupted":
        if (utterance) this.#over(utterance, "cancelled", "ended");
        return;
      case "error":
        this.#fail(message, utterance);
        return;
    }
    this.#tell("state");
  }

  #begin() {
    this.#started = "";
    this.#start();
    this.#connection.urgent = false;
    for (const unsent of this.#unsent.splice(0)) this.#goes(unsent);
    this.#tell("ready");
  }

  #start() {
    const message = { type: "start", encoding: "pcm16", transport: "binary", wordTimes: true, ...this.#choices() };
    const text = JSON.stringify(message);
    if (text === this.#started) return;
    this.#started = text;
    this.#connection.send(message);
  }

  #fail(error, utterance) {
    this.loading = null;
    if (error.code === "UNAUTHORIZED") return; // the connection closes now, and says so
    if (error.code === "RATE_LIMITED" && !utterance) this.#connection.holdOff(error.retryAfterMs ?? 0);
    // An answer to what was over here already, such as a cancel that crossed its `complete`, is no news.
    if ((error.requestId ?? error.refusedId) && !utterance) return;
    if (!utterance) {
      this.#tell("failed", { utterance: null, error });
      return;
    }
    // A piece of text was refused; the pieces before it would be spoken on.
    if (utterance.typed) this.#leave(utterance);
    this.#over(utterance, "failed", "failed", error);
  }

  #moved() {
    const { state } = this.#connection;
    if (state !== "open" && this.ready) {
      this.ready = false;
      this.loading = null;
      this.#leaving.clear();
      for (const utterance of [...this.#utterances.values()]) {
        this.#over(utterance, "failed", "failed", { code: state === "refused" ? "UNAUTHORIZED" : "CONNECTION_LOST" });
      }
    }
    if (state === "refused") this.#tell("refused");
    this.#tell("state");
  }

  #over(utterance, state, event, error = null) {
    utterance.state = state;
    utterance.ended = true;
    this.#utterances.delete(utterance.id);
    if (this.#current === utterance) this.#current = null;
    this.#tell(event, { utterance, error });
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

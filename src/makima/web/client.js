/**
 * Makima's JavaScript client: text in and speech out, speech in and words out, over the two sockets of docs/protocol.md.
 * It needs nothing but a browser. `docs/integrations/javascript.md` shows it in use, and the pages are built on it.
 */

import { pcm16 } from "./audio/pcm.js";
import { Listening } from "./listen/listening.js";
import { Connection } from "./shell/connection.js";
import { Session } from "./speak/session.js";
import { Utterance } from "./speak/utterance.js";

/** What the pages use: a socket that comes back, and the two halves of the protocol over it, with events. */
export { Connection, Listening, Session, Utterance };

/** What the server, or the loss of the connection to it, has ended an utterance or a session with. */
export class MakimaError extends Error {
  /** @param {{code: string, message?: string}} error as the server sends it */
  constructor({ code, message }) {
    super(message ?? code);
    this.name = "MakimaError";
    /** One of the codes in docs/protocol.md, or `CONNECTION_LOST`. */
    this.code = code;
  }
}

/** One server. Its sockets are opened when they are first needed, and come back after a loss. */
export class Client {
  #url;
  #chosen;
  #connection = null;
  #session = null;

  /**
   * @param {object} [options]
   * @param {string} [options.url] the server's address; the page's own unless told otherwise
   * @param {string} [options.token] a key or token, where the server asks for one
   * @param {string} [options.voice] a voice's id
   * @param {string} [options.language] a language by name or ISO code
   * @param {number} [options.speed] times the usual pace, 0.25 to 4
   * @param {number} [options.sampleRate] of all audio, 8,000 to 48,000 Hz
   */
  constructor({ url = location.href, token, voice, language, speed, sampleRate = 24_000 } = {}) {
    this.#url = url;
    this.#chosen = { authToken: token, voice, language, speed, sampleRate };
  }

  /**
   * Have a whole text spoken.
   * @param {string} text
   * @param {{voice?: string, language?: string, speed?: number}} [options] in place of the client's own, for this text
   * @returns {Speech}
   */
  speak(text, options = {}) {
    const utterance = this.#utterance(text, options, false);
    const speech = new Speech(this.#speaking(), utterance);
    this.#session.speak(utterance);
    return speech;
  }

  /**
   * Begin a text that is still being written: `append` its pieces to what this returns, then `end` it.
   * @param {{voice?: string, language?: string, speed?: number}} [options] as of `speak`
   * @returns {Speech}
   */
  begin(options = {}) {
    return new Speech(this.#speaking(), this.#utterance("", options, true));
  }

  /**
   * Have speech written down: give audio to `hear` of what this returns, then `stop` it.
   * @param {{language?: string, diarize?: boolean}} [options] `diarize` tells speakers apart
   * @returns {Hearing}
   */
  listen(options = {}) {
    const { authToken, sampleRate } = this.#chosen;
    return new Hearing(new Connection("/api/v1/listen", this.#url), { authToken, sampleRate, ...options });
  }

  /** Hang up. What is still being spoken ends with `CONNECTION_LOST`. */
  close() {
    this.#connection?.leave();
    this.#connection = this.#session = null;
  }

  #speaking() {
    if (this.#session === null) {
      this.#connection = new Connection("/api/v1/speak", this.#url);
      this.#session = new Session(this.#connection, () => this.#chosen);
      this.#connection.retry();
    }
    return this.#session;
  }

  #utterance(text, { voice, language, speed }, typed) {
    return new Utterance({ text, voice, language, speed, sampleRate: this.#chosen.sampleRate, typed });
  }
}

/** Values that come one after the other, with an end or an error: what `for await` goes through. */
class Stream {
  #values = [];
  #ended = false;
  #error = null;
  #wake = () => {};

  _put(value) {
    this.#values.push(value);
    this.#wake();
  }

  _end(error = null) {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error === null ? null : new MakimaError(error);
    this.#wake();
  }

  /** Values as they come. Throws a `MakimaError` where it ends with one. */
  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#values.length > 0) yield this.#values.shift();
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }
}

/** One utterance. `for await (const samples of speech)` gives its audio as `Int16Array`s, mono, as it is made. */
export class Speech extends Stream {
  #session;
  #utterance;
  #given = 0;

  constructor(session, utterance) {
    super();
    this.#session = session;
    this.#utterance = utterance;
    const mine = (event, act) =>
      session.addEventListener(event, ({ detail }) => detail.utterance === utterance && act(detail.error));
    mine("audio", () => {
      const { samples } = utterance;
      this._put(samples.slice(this.#given));
      this.#given = samples.length;
    });
    mine("ended", () => this._end());
    mine("failed", (error) => this._end(error));
  }

  /** Units: Hz. */
  get sampleRate() {
    return this.#utterance.sampleRate;
  }

  /** The next piece of a text begun with `Client.begin`. @param {string} text */
  append(text) {
    this.#utterance.text += text;
    this.#session.append(this.#utterance, text);
  }

  /** The text is complete. */
  end() {
    this.#session.end(this.#utterance);
  }

  /** Be silent: the audio ends here, and on the server too. */
  cancel() {
    this.#session.cancel(this.#utterance);
  }
}

/**
 * One stretch of listening. `for await (const words of hearing)` gives `{type, text, startMs, endMs, speaker}`: `partial`
 * while someone speaks, `final` once the words are settled.
 */
export class Hearing extends Stream {
  #connection;
  #listening;

  constructor(connection, choices) {
    super();
    this.#connection = connection;
    this.#listening = new Listening(connection, () => choices);
    for (const kind of ["partial", "final"]) {
      this.#listening.addEventListener(kind, ({ detail }) => this._put(detail));
    }
    this.#listening.addEventListener("failed", ({ detail }) => this.#over(detail));
    this.#listening.addEventListener("refused", () => this.#over({ code: "UNAUTHORIZED" }));
    connection.addEventListener("message", ({ detail }) => detail.type === "stopped" && this.#over());
    this.#listening.start();
    connection.retry();
  }

  /** Give audio, mono, at the client's rate. @param {Int16Array|Float32Array} samples floats from -1 to 1 */
  hear(samples) {
    this.#listening.hear(samples instanceof Int16Array ? samples.slice().buffer : pcm16(samples).buffer);
  }

  /** No more audio comes. The words of what was heard still do, then the iteration ends. */
  stop() {
    const stop = () => this.#listening.stop();
    if (this.#listening.started) stop();
    // Audio that came before the server was ready is sent once it is, and stopping earlier would drop it.
    else this.#listening.addEventListener("started", () => queueMicrotask(stop), { once: true });
  }

  #over(error = null) {
    this._end(error);
    this.#connection.leave();
  }
}

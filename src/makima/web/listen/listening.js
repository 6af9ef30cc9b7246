/** The listening half of the protocol: audio goes out, words come in (docs/protocol.md). */

const MOST_WAITING_BYTES = 1_000_000; // about ten seconds; what is more is a gap, not a growing delay

/**
 * Events: `state`, `ready`, `started` (detail: the message, and `earlyMs`: how much was heard before), `loading`;
 * `speech` (detail: whether someone speaks), `partial` and `final` (detail: {text, startMs, endMs, speaker}), `failed`
 * (detail: the error), `refused` (no token, or a wrong one).
 */
export class Listening extends EventTarget {
  #connection;
  #choices;
  #wanted = false;
  #asked = false; // this connection's one session has been begun
  #started = false;
  #early = []; // what was heard before the server was ready for it, or while it was away
  #earlyBytes = 0;

  /** `choices()` gives the fields of `start` as they are now. */
  constructor(connection, choices) {
    super();
    this.#connection = connection;
    this.#choices = choices;
    this.ready = false;
    this.capabilities = null;
    /** {what, progress} while a model is being loaded. */
    this.loading = null;
    connection.addEventListener("message", (event) => this.#receive(event.detail));
    connection.addEventListener("state", () => this.#moved());
  }

  /** Audio that is sent now is heard. */
  get started() {
    return this.#started;
  }

  /** Listen, and after a lost connection listen on, until `stop`. */
  start() {
    this.#wanted = true;
    if (this.ready && !this.#asked) this.#start();
    else if (this.#connection.state === "waiting") this.#connection.retry();
  }

  /** Listen no more. What was heard is still written out. */
  stop() {
    this.#wanted = false;
    if (this.#started) this.#finish();
    this.#forgetEarly();
  }

  /** `pcm` is an ArrayBuffer of 16-bit samples. */
  hear(pcm) {
    if (this.#started) {
      if (this.#connection.backlogBytes < MOST_WAITING_BYTES) this.#connection.sendAudio(pcm);
      return;
    }
    if (!this.#wanted) return;
    this.#early.push(pcm);
    this.#earlyBytes += pcm.byteLength;
    while (this.#earlyBytes > MOST_WAITING_BYTES) this.#earlyBytes -= this.#early.shift().byteLength;
  }

  /** What someone typed, in place of speaking. */
  type(text) {
    this.#connection.send({ type: "text", text });
  }

  /** What was said is written out, then the server hangs up, and the next session is made ready. */
  #finish() {
    this.#connection.send({ type: "stop" });
    this.ready = this.#started = false;
  }

  #forgetEarly() {
    this.#early = [];
    this.#earlyBytes = 0;
  }

  #start() {
    this.#asked = true;
    this.#connection.send({ type: "start", encoding: "pcm16", ...this.#choices() });
  }

  #receive(message) {
    switch (message.type) {
      case "ready":
        this.capabilities = message.capabilities ?? {};
        this.ready = true;
        this.#asked = false;
        if (this.#wanted) this.#start();
        this.#tell("ready");
        break;
      case "started":
        this.loading = null;
        if (!this.#wanted) {
          this.#finish();
          break;
        }
        this.#started = true;
        this.#tell("started", { ...message, earlyMs: (this.#earlyBytes / 2 / message.sampleRate) * 1000 });
        for (const pcm of this.#early) this.#connection.sendAudio(pcm);
        this.#forgetEarly();
        break;
      case "loading":
        this.loading = { what: message.what, progress: message.progress ?? null };
        this.#tell("loading");
        break;
      case "speechStarted":
      case "speechEnded":
        this.#tell("speech", message.type === "speechStarted");
        break;
      case "partial":
      case "final":
        this.loading = null;
        this.#tell(message.type, message);
        break;
      case "replaced":
      case "restored":
        this.#tell("replaced", message.type === "replaced");
        break;
      case "error":
        this.loading = null;
        if (!this.#started) this.#asked = false;
        if (message.code === "RATE_LIMITED") this.#connection.holdOff(message.retryAfterMs ?? 0);
        if (message.code !== "UNAUTHORIZED") this.#tell("failed", message);
        break;
      case "stopped":
        this.#connection.retry();
        return;
    }
    this.#tell("state");
  }

  #moved() {
    const { state } = this.#connection;
    if (state !== "open") {
      this.ready = this.#started = false;
      this.loading = null;
    }
    if (state === "refused") this.#tell("refused");
    this.#tell("state");
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

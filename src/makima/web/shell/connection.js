/** A WebSocket that comes back: reconnects with growing pauses, and says how long it will wait. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const URGENT_PAUSE_MS = 700;
const OPENING_MS = 10_000;
const REFUSED = 4401;

/**
 * Events: `state`, `message` (detail: the decoded JSON), `audio` (detail: an ArrayBuffer).
 * `state` is `connecting`, `open`, `waiting` (until `retryAt`, on the clock of `Date.now()`), `refused` (no token, or a
 * wrong one: it waits for `retry`) or `left`.
 */
export class Connection extends EventTarget {
  #url;
  #socket = null;
  #pause = FIRST_PAUSE_MS;
  #least = 0;
  #timer = 0;

  /** `base` is the server's address. */
  constructor(path, base = location.href) {
    super();
    const url = new URL(path, base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url;
    this.state = "connecting";
    this.retryAt = 0;
    /** Someone waits for it: call again soon. */
    this.urgent = false;
    addEventListener("online", () => this.state === "waiting" && this.retry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.state === "waiting") this.retry();
    });
  }

  /** Connect now, whatever was waited for. */
  retry() {
    clearTimeout(this.#timer);
    this.#drop();
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#become("open");
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#closed(event.code);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#closed(0), OPENING_MS);
    this.#become("connecting");
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** An ArrayBuffer of samples. */
  sendAudio(buffer) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(buffer);
  }

  /** What has been sent and not yet gone out. */
  get backlogBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Hang up, until `retry`. */
  leave() {
    clearTimeout(this.#timer);
    this.#drop();
    this.#become("left");
  }

  /** The server asked not to be called again before this long. */
  holdOff(milliseconds) {
    this.#least = milliseconds;
  }

  #receive(data) {
    this.#pause = FIRST_PAUSE_MS;
    if (typeof data === "string") this.dispatchEvent(new CustomEvent("message", { detail: JSON.parse(data) }));
    else this.dispatchEvent(new CustomEvent("audio", { detail: data }));
  }

  #closed(code) {
    clearTimeout(this.#timer);
    this.#drop();
    if (code === REFUSED) {
      this.#become("refused");
      return;
    }
    // Spread out, so that a server that comes back is not called by all its pages at once.
    const spread = (this.urgent ? URGENT_PAUSE_MS : this.#pause) * (0.8 + 0.4 * Math.random());
    const pause = Math.max(this.#least, spread);
    this.#least = 0;
    this.#pause = Math.min(LONGEST_PAUSE_MS, 2 * this.#pause);
    this.retryAt = Date.now() + pause;
    this.#timer = setTimeout(() => this.retry(), pause);
    this.#become("waiting");
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

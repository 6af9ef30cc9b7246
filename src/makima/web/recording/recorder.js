/** The microphone: asks for it, counts down, records, and says how loud it is on the way. */

import { pcm16 } from "../audio/pcm.js";

export const MOST_S = 30;
const COUNT_FROM = 3;
const CLIPPED = 0.985;

// What makes calls clearer takes away what a voice is known by.
const WANTED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

/**
 * Events: `count` (detail: seconds until it begins), `start`, `level` (detail: {level 0 to 1, clipped}), `time` (detail:
 * seconds so far), `stop` (detail: {pcm, sampleRate}), `problem` (detail: an error in our shape).
 */
export class Recorder extends EventTarget {
  #context = null;
  #stream = null;
  #node = null;
  #timer = 0;
  #pieces = [];
  #length = 0;
  #state = "idle"; // or `asking`, `counting`, `recording`

  get state() {
    return this.#state;
  }

  /** To be called inside a gesture. */
  async start() {
    if (this.#state !== "idle") return;
    this.#state = "asking";
    this.#pieces = [];
    this.#length = 0;
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      this.#context = new AudioContext();
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: WANTED });
      await this.#context.resume();
      await this.#context.audioWorklet.addModule(new URL("./recorder-worklet.js", import.meta.url));
    } catch (error) {
      this.#end();
      this.#tell("problem", problemOf(error));
      return;
    }
    if (this.#state !== "asking") return this.#end(); // given up meanwhile
    const source = this.#context.createMediaStreamSource(this.#stream);
    this.#node = new AudioWorkletNode(this.#context, "makima-recorder", { numberOfOutputs: 0 });
    this.#node.port.onmessage = ({ data }) => this.#hear(data);
    source.connect(this.#node);
    this.#count(COUNT_FROM);
  }

  /** Keep what was recorded; while still counting, give up. */
  stop() {
    if (this.#state !== "recording") return this.#end();
    const { sampleRate } = this.#context;
    const samples = new Float32Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    this.#end();
    this.#tell("stop", { pcm: pcm16(samples), sampleRate });
  }

  #count(left) {
    this.#state = left > 0 ? "counting" : "recording";
    if (left === 0) return this.#tell("start");
    this.#tell("count", left);
    this.#timer = setTimeout(() => this.#count(left - 1), 1000);
  }

  #hear(samples) {
    if (this.#state === "idle") return;
    let most = 0;
    for (const sample of samples) most = Math.max(most, Math.abs(sample));
    this.#tell("level", { level: most, clipped: most >= CLIPPED });
    if (this.#state !== "recording") return;
    this.#pieces.push(samples);
    this.#length += samples.length;
    const seconds = this.#length / this.#context.sampleRate;
    this.#tell("time", seconds);
    if (seconds >= MOST_S) this.stop();
  }

  #end() {
    clearTimeout(this.#timer);
    this.#stream?.getTracks().forEach((track) => track.stop()); // the browser's sign that it listens goes out
    this.#context?.close().catch(() => {});
    this.#context = this.#stream = this.#node = null;
    const was = this.#state;
    this.#state = "idle";
    if (was !== "idle") this.#tell("idle");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const CODES = {
  NotAllowedError: "MICROPHONE_DENIED",
  NotFoundError: "NO_MICROPHONE",
  NotReadableError: "MICROPHONE_BUSY",
  SecurityError: "MICROPHONE_INSECURE",
};

function problemOf({ name, message }) {
  return { code: CODES[name] ?? "NO_MICROPHONE", message: name in CODES ? "" : message };
}

/** A playback buffer that is driven by messages and reports by messages. */

import { PlaybackBuffer } from "./playback-buffer.js";

const REPORT_EVERY_S = 0.02;
const CAPTURE_S = 120;

/**
 * Runs inside the AudioWorklet (player-worklet.js), or on the page where there is none (audio-output.js); player.js
 * holds the other end.
 * In: `begin` {epoch, fadeIn, typed}, `samples` {samples}, `end`, `release`, `capture`, `captured`.
 * Out: `report` (see `#report`), `captured` {samples, from}.
 */
export class Playback {
  #buffer;
  #sampleRate;
  #post;
  #epoch = 0;
  #startedFrame = null;
  #lastSoundFrame = null;
  #reportedFrame = 0;
  #reportedState = "idle"; // null: report at the next chance
  #capture = null;
  #captured = 0;
  #capturedFrom = null;

  constructor(sampleRate, post) {
    this.#buffer = new PlaybackBuffer(sampleRate);
    this.#sampleRate = sampleRate;
    this.#post = post;
  }

  handle(message) {
    if (message.type === "begin") {
      this.#epoch = message.epoch;
      this.#startedFrame = null;
      this.#reportedState = null;
      this.#buffer.begin(message);
    } else if (message.type === "samples") this.#buffer.write(message.samples);
    else if (message.type === "end") this.#buffer.end();
    else if (message.type === "release") {
      this.#epoch = message.epoch;
      this.#reportedState = null;
      this.#buffer.release();
    } else if (message.type === "capture") this.#startCapture();
    else if (message.type === "captured") this.#sendCapture();
  }

  /** Fill `output`, whose first sample is frame `frame` of the audio clock. */
  render(output, frame) {
    const buffer = this.#buffer;
    const before = buffer.position;
    const sounding = buffer.state !== "idle" || buffer.fading;
    buffer.read(output);
    if (this.#startedFrame === null && buffer.position > 0 && before === 0) this.#startedFrame = frame;
    if (sounding) {
      for (let i = 0; i < output.length; i++) if (output[i] !== 0) this.#lastSoundFrame = frame + i;
      this.#record(output, frame);
    }
    const due = sounding && frame - this.#reportedFrame >= REPORT_EVERY_S * this.#sampleRate;
    if (due || buffer.state !== this.#reportedState) this.#report(frame + output.length);
  }

  #report(frame) {
    const { state, position, received, played, dropped, underruns, waits, buffered, target } = this.#buffer;
    this.#reportedFrame = frame;
    this.#reportedState = state;
    this.#post({
      type: "report",
      epoch: this.#epoch,
      frame,
      startedFrame: this.#startedFrame,
      lastSoundFrame: this.#lastSoundFrame,
      ...{ state, position, received, played, dropped, underruns, waits, buffered, target },
    });
  }

  #startCapture() {
    this.#capture = new Float32Array(CAPTURE_S * this.#sampleRate);
    this.#captured = 0;
    this.#capturedFrom = null;
  }

  /** Keep what is heard, from the first sample on, silences inside it included. */
  #record(output, frame) {
    if (this.#capture === null || (this.#capturedFrom === null && this.#startedFrame === null)) return;
    if (this.#capturedFrom === null) this.#capturedFrom = frame;
    const fit = Math.min(output.length, this.#capture.length - this.#captured);
    this.#capture.set(output.subarray(0, fit), this.#captured);
    this.#captured += fit;
  }

  #sendCapture() {
    const samples = this.#capture === null ? new Float32Array(0) : this.#capture.slice(0, this.#captured);
    this.#post({ type: "captured", samples, from: this.#capturedFrom });
  }
}

/**
 * Plays utterances: holds the audio context, feeds the worklet's ring from the utterance as it empties, and knows where
 * the sound is. An utterance may still be growing while it plays.
 */

import { makeContext, makeOutput } from "./audio-output.js";
import { floats, pcm16 } from "./pcm.js";
import { CAPACITY_S } from "./playback-buffer.js";
import { Tempo } from "./tempo.js";

const FALLBACK_HZ = 24000;
const PIECE_S = 1;
const REST_AFTER_MS = 20_000;

/** Events: `change` (a report came), `play` (detail: the utterance that is up now), `idle`. */
export class Player extends EventTarget {
  #context = null;
  #output = null; // { post(message, transfer) }, once the worklet is loaded
  #capture;
  #waiting = []; // messages from before the worklet was loaded
  #queue = [];
  #source = null;
  #track = null; // its samples at the context's rate: the utterance itself, or a resampled copy
  #epoch = 0;
  #from = 0;
  #fed = 0;
  #endSent = false;
  #report = null;
  #captures = [];
  #rest = 0;
  #rate = 1; // seconds of the utterance in a second
  #tempo = null; // makes it so, where it is not 1
  /** Begin again at the end. */
  loop = false;

  constructor({ capture = false } = {}) {
    super();
    this.#capture = capture;
  }

  /** The rate to ask the server for: the context's own, so that nothing has to be resampled. */
  get sampleRate() {
    return this.#context?.sampleRate ?? FALLBACK_HZ;
  }

  get rate() {
    return this.#rate;
  }

  /** How fast to play, at the same pitch. What is playing goes on from where it is. */
  set rate(rate) {
    const position = this.position;
    this.#rate = rate;
    if (this.#source !== null) this.#begin(this.#source, Math.min(position, this.#source.duration));
  }

  /** The utterance that is playing, or null. */
  get source() {
    return this.#source;
  }

  /**
   * Make the audio context, or wake it. To be called from inside a gesture: browsers let sound begin only there.
   * Returns false where there is no audio at all.
   */
  open() {
    clearTimeout(this.#rest);
    if (this.#context === null) {
      try {
        this.#context = makeContext();
      } catch {
        return false;
      }
      makeOutput(this.#context, (message) => this.#receive(message)).then((output) => {
        this.#output = output;
        if (this.#capture) output.post({ type: "capture" });
        for (const [message, transfer] of this.#waiting.splice(0)) output.post(message, transfer);
        this.pump();
      });
    }
    // `interrupted` is Safari's: a call came in.
    if (this.#context.state !== "running") this.#context.resume().catch(() => {});
    if (this.#source === null) this.#restLater();
    return true;
  }

  /** Play `utterance` from `fromSeconds`, in place of whatever is playing. */
  play(utterance, fromSeconds = 0) {
    this.#queue = [];
    this.#begin(utterance, fromSeconds);
  }

  /** Play `utterance` after what is playing and what waits. */
  enqueue(utterance) {
    if (this.#source === null) this.#begin(utterance, 0);
    else this.#queue.push(utterance);
  }

  /** Stop at once, and forget what waits. */
  stop() {
    this.#queue = [];
    if (this.#source === null) return;
    this.#post({ type: "release", epoch: ++this.#epoch });
    this.#finish();
  }

  /** Give the ring what it has room for. To be called when an utterance has grown or ended. */
  pump() {
    const track = this.#track;
    if (track === null) return;
    if (track.ended && track.samples.length === 0) {
      this.#post({ type: "release", epoch: ++this.#epoch });
      this.#finish();
      return;
    }
    if (this.#output === null) return;
    const position = this.#report?.epoch === this.#epoch ? this.#report.position : 0;
    const room = Math.floor((position + CAPACITY_S * this.sampleRate) * this.#rate);
    const until = Math.min(track.samples.length, this.#from + room);
    while (this.#fed < until) {
      const end = Math.min(until, this.#fed + PIECE_S * this.sampleRate);
      this.#give(floats(track.samples.subarray(this.#fed, end)));
      this.#fed = end;
    }
    if (track.ended && this.#fed === track.samples.length && !this.#endSent) {
      this.#endSent = true;
      if (this.#tempo !== null) this.#give(this.#tempo.flush(), null);
      this.#post({ type: "end" });
    }
  }

  #give(heard, tempo = this.#tempo) {
    const samples = tempo === null ? heard : tempo.push(heard);
    if (samples.length === 0) return;
    const own = samples.byteLength === samples.buffer.byteLength ? samples : samples.slice();
    this.#post({ type: "samples", samples: own }, [own.buffer]);
  }

  /** Where in the playing utterance the sound is, in seconds. */
  get position() {
    const report = this.#report?.epoch === this.#epoch ? this.#report : null;
    if (report === null) return this.#from / this.sampleRate;
    // Reports come 50 times a second; in between the clock goes on.
    const since = report.state === "playing" ? this.#context.currentTime * this.sampleRate - report.frame : 0;
    const ahead = Math.max(0, Math.min(since, report.buffered));
    return (this.#from + (report.position + ahead) * this.#rate) / this.sampleRate;
  }

  /** When the playing utterance's first sample was or will be heard, on the clock of `performance.now()`, or null. */
  get audibleAt() {
    const report = this.#report;
    if (report === null || report.epoch !== this.#epoch || report.startedFrame === null) return null;
    const started = report.startedFrame / this.sampleRate;
    const heard = this.#context.getOutputTimestamp?.();
    if (heard?.performanceTime > 0 && heard.contextTime > 0) {
      return heard.performanceTime + (started - heard.contextTime) * 1000;
    }
    const { outputLatency, baseLatency, currentTime } = this.#context;
    return performance.now() + (started - currentTime + (outputLatency || baseLatency || 0)) * 1000;
  }

  counters() {
    const report = this.#report;
    return {
      state: report?.state ?? "idle",
      samplesReceived: report?.received ?? 0,
      samplesPlayed: report?.played ?? 0,
      samplesDropped: report?.dropped ?? 0,
      samplesBuffered: report?.buffered ?? 0,
      underruns: report?.underruns ?? 0,
      waits: report?.waits ?? 0,
      targetMs: report ? (report.target / this.sampleRate) * 1000 : null,
      lastSoundFrame: report?.lastSoundFrame ?? null,
      frame: this.#context ? this.#context.currentTime * this.sampleRate : 0,
      sampleRate: this.sampleRate,
    };
  }

  /** What the output has been since the page opened with `?capture=1`: {samples, from}. */
  captured() {
    return new Promise((resolve) => {
      this.#captures.push(resolve);
      this.#post({ type: "captured" });
    });
  }

  async #begin(utterance, fromSeconds) {
    const epoch = ++this.#epoch;
    this.#source = utterance;
    this.#track = null;
    this.#endSent = false;
    this.#tempo = this.#rate === 1 ? null : new Tempo(this.sampleRate, this.#rate);
    const audio = this.open();
    this.dispatchEvent(new CustomEvent("play", { detail: utterance }));
    if (!audio) {
      this.#finish();
      return;
    }
    this.#from = Math.round(fromSeconds * this.sampleRate);
    this.#fed = this.#from;
    this.#post({ type: "begin", epoch, fadeIn: this.#from > 0, typed: utterance.typed });
    const track = utterance.sampleRate === this.sampleRate ? utterance : await resampled(utterance, this.sampleRate);
    if (epoch !== this.#epoch) return;
    this.#track = track;
    this.pump();
  }

  #receive(message) {
    if (message.type === "captured") {
      this.#captures.shift()?.({ samples: message.samples, from: message.from });
      return;
    }
    this.#report = message;
    if (message.epoch === this.#epoch && this.#source !== null) {
      this.pump();
      this.dispatchEvent(new Event("change"));
      if (message.state === "idle" && this.#endSent) this.#finish(true);
    }
  }

  /** `played`: to its end, and not cut off. */
  #finish(played = false) {
    const next = this.#queue.shift() ?? (played && this.loop ? this.#source : undefined);
    this.#source = null;
    this.#track = null;
    if (next !== undefined) {
      this.#begin(next, 0);
      return;
    }
    this.#restLater();
    this.dispatchEvent(new Event("idle"));
  }

  /** A running context keeps the machine from sleeping. */
  #restLater() {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#context?.suspend().catch(() => {}), REST_AFTER_MS);
  }

  #post(message, transfer = []) {
    if (this.#output === null) this.#waiting.push([message, transfer]);
    else this.#output.post(message, transfer);
  }
}

/** A finished utterance at another rate: one of the history, from before the person changed the sound device. */
async function resampled(utterance, sampleRate) {
  const length = Math.max(1, Math.ceil((utterance.samples.length * sampleRate) / utterance.sampleRate));
  const offline = new OfflineAudioContext(1, length, sampleRate);
  const buffer = offline.createBuffer(1, Math.max(1, utterance.samples.length), utterance.sampleRate);
  buffer.copyToChannel(floats(utterance.samples), 0);
  const source = offline.createBufferSource();
  source.buffer = buffer;
  source.connect(offline.destination);
  source.start();
  const samples = pcm16((await offline.startRendering()).getChannelData(0));
  return { samples, ended: true };
}

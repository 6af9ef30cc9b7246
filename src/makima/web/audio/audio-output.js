/** The audio context, and in it the node that plays. */

import { Playback } from "./playback.js";

const LEAST_HZ = 8000;
const MOST_HZ = 48000;
const PAGE_BLOCK_SAMPLES = 1024;

/** At a rate that the server can speak at. */
export function makeContext() {
  // On iPhones, without this, the ringer's switch mutes the page too.
  if (navigator.audioSession) navigator.audioSession.type = "playback";
  const context = new AudioContext({ latencyHint: "interactive" });
  if (context.sampleRate >= LEAST_HZ && context.sampleRate <= MOST_HZ) return context;
  const sampleRate = Math.min(MOST_HZ, Math.max(LEAST_HZ, context.sampleRate));
  context.close();
  return new AudioContext({ latencyHint: "interactive", sampleRate });
}

/** {post(message, transfer)} to a playback whose messages go to `receive`. */
export async function makeOutput(context, receive) {
  // Browsers offer worklets to https and localhost alone; a phone on the same network still gets sound.
  if (!context.audioWorklet) return makeOutputOnPage(context, receive);
  try {
    await context.audioWorklet.addModule(new URL("./player-worklet.js", import.meta.url));
  } catch {
    return makeOutputOnPage(context, receive); // a browser whose worklets cannot import
  }
  const node = new AudioWorkletNode(context, "makima-player", { numberOfInputs: 0, outputChannelCount: [1] });
  node.port.onmessage = (event) => receive(event.data);
  node.connect(context.destination);
  return { post: (message, transfer) => node.port.postMessage(message, transfer), node };
}

function makeOutputOnPage(context, receive) {
  const node = context.createScriptProcessor(PAGE_BLOCK_SAMPLES, 0, 1);
  const playback = new Playback(context.sampleRate, (message) => queueMicrotask(() => receive(message)));
  node.onaudioprocess = (event) => {
    playback.render(event.outputBuffer.getChannelData(0), Math.round(event.playbackTime * context.sampleRate));
  };
  node.connect(context.destination);
  return { post: (message) => playback.handle(message), node };
}

/** The replies of a conversation in its transcript: they come as text, and of one that is cut short stays what was heard. */

import { replyNote, whereItWent } from "./reply-note.js";

const WINDOW_S = 0.03;

export class Answers {
  #transcript;
  #entries = new Map(); // by reply id

  constructor(replies, transcript) {
    this.#transcript = transcript;
    replies.addEventListener("begun", ({ detail: reply }) => this.#entries.set(reply.id, transcript.reply()));
    replies.addEventListener("text", ({ detail: reply }) => this.#show(reply));
    replies.addEventListener("over", ({ detail: reply }) => {
      // One that was given up before it sounded is answered by the next.
      if (reply.kept === "" && this.#entries.has(reply.id)) transcript.remove(this.#entries.get(reply.id));
      else this.#show(reply);
      this.#entries.delete(reply.id);
    });
  }

  #show(reply) {
    const entry = this.#entries.get(reply.id);
    if (!entry) return;
    const { text, kept, state } = reply;
    this.#transcript.update(entry, { text, kept, state, note: replyNote(reply), more: whereItWent(reply) });
  }
}

/** How loud what `player` plays is now, 0 to 1. */
export function loudnessOf(player) {
  const utterance = player.source;
  if (utterance === null) return 0;
  const at = Math.floor(player.position * utterance.sampleRate);
  let peak = 0;
  for (const sample of utterance.samples.subarray(at, at + Math.round(WINDOW_S * utterance.sampleRate))) {
    peak = Math.max(peak, Math.abs(sample));
  }
  return peak / 32768;
}

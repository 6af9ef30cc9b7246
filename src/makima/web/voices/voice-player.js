/** Plays one thing at a time: a voice that speaks, streamed; a recording. */

import { fromBytes } from "../audio/pcm.js";
import { Utterance } from "../speak/utterance.js";
import { t } from "../words/language.js";
import { isLoaded, preview } from "./voices-api.js";

const ASK_EVERY_MS = 500;

/** Events: `change`: what is played is another, or nothing; `whole`: a voice has said all of it ({id, utterance}). */
export class VoicePlayer extends EventTarget {
  #player;
  #abort = null;
  #now = null;

  constructor(player) {
    super();
    this.#player = player;
    player.addEventListener("idle", () => this.#abort === null && this.#become(null));
  }

  /** The key of what is played, or null. */
  get now() {
    return this.#now;
  }

  stop() {
    this.#abort?.abort();
    this.#abort = null;
    this.#player.stop();
    this.#become(null);
  }

  play(key, utterance, fromSeconds = 0) {
    this.stop();
    this.#player.play(utterance, fromSeconds);
    this.#become(key);
  }

  /**
   * Have the voice `id` speak. `onWait` is told, while nothing is heard yet, what is waited for; null at the end.
   * Resolves once all has come; rejects with the server's error.
   */
  async speak(key, id, text, onWait) {
    this.stop();
    this.#player.open(); // inside the gesture
    const abort = (this.#abort = new AbortController());
    const sampleRate = this.#player.sampleRate;
    const utterance = new Utterance({ text: text ?? "", voice: id, language: "", sampleRate });
    this.#become(key);
    let waiting = true;
    const asking = setInterval(async () => {
      const loaded = await isLoaded();
      // The sound may have come before this answer.
      if (waiting) onWait(loaded ? t("The voice is being prepared …") : t("The model is being loaded …"));
    }, ASK_EVERY_MS);
    const waited = () => {
      waiting = false;
      clearInterval(asking);
      onWait(null);
    };
    try {
      await preview(
        id,
        text,
        sampleRate,
        (bytes) => {
          const first = utterance.duration === 0;
          if (first) waited();
          utterance.append(fromBytes(bytes));
          if (first) this.#player.play(utterance);
          else this.#player.pump();
        },
        abort.signal,
      );
      if (!id.includes("+")) this.dispatchEvent(new CustomEvent("whole", { detail: { id, utterance } }));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (this.#abort === abort) this.stop();
      throw error;
    } finally {
      waited();
      utterance.ended = true;
      if (this.#abort === abort) {
        this.#abort = null;
        this.#player.pump();
      }
    }
  }

  #become(key) {
    this.#now = key;
    this.dispatchEvent(new Event("change"));
  }
}

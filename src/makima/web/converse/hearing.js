/** What a call hears: the microphone, what a recogniser makes of it, and what goes wrong on the way. */

import { OwnVoice } from "./own-voice.js";
import { loudnessOf } from "./answers.js";
import { t } from "../words/language.js";

export class Hearing {
  #connection;
  #listening;
  #microphone;
  #player;
  #stage;
  #controls;
  #transcript;
  #notice;
  #page;
  #ownVoice = new OwnVoice();
  #speech = false;

  /**
   * `page`: `render()`, `works()` where the server answers, `understood()` at words, `started()` at the start of
   * listening, `hangUp()`, `failed(error, stays)`, and `ask()` where a token is needed.
   */
  constructor({ connection, listening, microphone, player }, { stage, controls, transcript, notice }, page) {
    this.#connection = connection;
    this.#listening = listening;
    this.#microphone = microphone;
    this.#player = player;
    this.#stage = stage;
    this.#controls = controls;
    this.#transcript = transcript;
    this.#notice = notice;
    this.#page = page;
    this.#listenToMicrophone();
    this.#listenToServer();
  }

  /** Someone speaks. */
  get speech() {
    return this.#speech;
  }

  /** The call is over. */
  quiet() {
    this.#speech = false;
  }

  #listenToMicrophone() {
    this.#microphone.addEventListener("audio", ({ detail: { pcm, peak } }) => {
      const own = this.#ownVoice.hears(peak, loudnessOf(this.#player));
      const silent = this.#controls.silent || own;
      // Silence and not nothing: what was said before the button was let go is to come to its end.
      this.#listening.hear(silent ? new ArrayBuffer(pcm.byteLength) : pcm);
      this.#stage.hear(silent ? 0 : peak);
    });
    this.#microphone.addEventListener("lost", () => {
      this.#stage.silence();
      this.#controls.problem({ code: "MICROPHONE_LOST" });
      this.#page.render();
    });
  }

  #listenToServer() {
    const listening = this.#listening;
    listening.addEventListener("ready", () => {
      this.#page.works();
      this.#notice.hide("away");
      this.#controls.offerLanguages(listening.capabilities.languages ?? []);
    });
    listening.addEventListener("started", ({ detail }) => {
      this.#transcript.begin(detail.earlyMs);
      if (detail.warning) this.#notice.warning(detail.warning);
      this.#page.started();
    });
    listening.addEventListener("speech", ({ detail }) => (this.#speech = detail));
    listening.addEventListener("partial", ({ detail }) => this.#transcript.partial({ ...detail, speaker: t("You") }));
    listening.addEventListener("final", ({ detail }) => {
      this.#page.understood();
      this.#transcript.final({ ...detail, speaker: t("You") });
    });
    listening.addEventListener("failed", ({ detail }) => {
      if (detail.utterance !== undefined) this.#transcript.drop(detail.utterance);
      else if (!listening.started) this.#page.hangUp();
      this.#page.failed(detail, detail.utterance === undefined && !detail.refused);
    });
    listening.addEventListener("refused", () => this.#page.ask());
    this.#connection.addEventListener("state", () => {
      if (this.#connection.state !== "open") {
        this.#speech = false;
        this.#transcript.drop();
      }
      if (this.#connection.state === "waiting") this.#notice.away(this.#connection.retryAt);
    });
    listening.addEventListener("replaced", ({ detail }) => {
      tellReplaced(this.#notice, detail, t("Another page is heard in this conversation now. What is said here is still written out."));
    });
    for (const type of ["state", "speech"]) listening.addEventListener(type, () => this.#page.render());
  }
}

/** Whether another page has taken a side of the conversation. */
export function tellReplaced(notice, on, sentence) {
  if (on) notice.warning(sentence);
  else notice.hide("warning");
}

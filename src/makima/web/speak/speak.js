/** The Speak page: puts the parts together. */

import { Access } from "../shell/access.js";
import { Casting } from "./casting.js";
import { Choices } from "../shell/choices.js";
import { Composer } from "./composer.js";
import { Connection } from "../shell/connection.js";
import { Deck } from "./deck.js";
import { Heard } from "./heard.js";
import { Notice } from "../shell/notice.js";
import { Player } from "../audio/player.js";
import { Pronunciations } from "../reading/pronunciations.js";
import { Reading } from "../reading/reading.js";
import { Session } from "./session.js";
import { Speaker } from "./speaker.js";
import { SpeakControls } from "./speak-controls.js";
import { Status } from "../shell/status.js";
import { Tuning } from "../reading/tuning.js";
import { authToken } from "../shell/settings.js";
import { sample } from "../parts/samples.js";
import { Saver } from "../reading/saver.js";
import { showEngine } from "../shell/footer.js";

const ADDRESS = "/api/v1/speak";

export function mount(root) {
  const player = new Player({ capture: new URLSearchParams(location.search).has("capture") });
  const page = new SpeakPage(root, player);
  return { player: { counters: () => player.counters(), captured: () => player.captured() }, state: () => page.state };
}

class SpeakPage {
  #access;
  #player;
  #connection = new Connection(ADDRESS);
  #session;
  #speaker;
  #reading;
  #choices;
  #casting;
  #composer;
  #controls;
  #deck;
  #tuning;
  #pronunciations;
  #saver;
  #status;
  #notice;
  #failed = false;

  constructor(root, player) {
    this.#player = player;
    this.#access = new Access(root, () => this.#connection.retry());
    this.#status = new Status(root);
    this.#notice = new Notice(root, () => this.#connection.retry());
    this.#choices = new Choices(root);
    this.#pronunciations = new Pronunciations(root);
    this.#composer = new Composer(root);
    this.#deck = new Deck(root, player);
    this.#casting = new Casting(root, this.#choices, this.#composer, this.#deck);
    const chosen = () => ({ voice: this.#choices.voice, language: this.#choices.language, speed: this.#tuning.speed });
    const written = () => ({ ...chosen(), pronunciations: this.#pronunciations.words });
    this.#session = new Session(this.#connection, () => ({ sampleRate: player.sampleRate, authToken: authToken(), ...written() }));
    this.#speaker = new Speaker(this.#session, player, chosen);
    this.#tuning = new Tuning(root, () => ({ ...written(), text: this.#text }));
    this.#reading = new Reading(this.#session, player, chosen, () => this.#tuning.pauseS);
    this.#saver = new Saver(this.#reading, this.#tuning);
    this.#controls = new SpeakControls(root);
    player.rate = this.#tuning.rate;
    this.#listenToPerson();
    this.#listenToText();
    this.#listenToChoices();
    this.#listenToServer();
    const page = { cancel: () => this.#cancel(), prepare: () => this.#prepare(), render: () => this.#render() };
    const parts = { speaker: this.#speaker, reading: this.#reading, composer: this.#composer, deck: this.#deck, casting: this.#casting };
    new Heard(root, player, parts, page);
    this.#reading.load(this.#composer.written);
    this.#render();
    this.#connection.retry();
  }

  /** One of: disconnected, connecting, connected, loading model, speaking, error. */
  get state() {
    const { state } = this.#connection;
    if (state === "waiting") return "disconnected";
    if (this.#failed || state === "refused") return "error";
    if (!this.#session.ready) return "connecting";
    if (this.#session.loading !== null) return "loading model";
    return this.#speaking ? "speaking" : "connected";
  }

  get #speaking() {
    return this.#speaker.speaking || ["passage", "silence"].includes(this.#player.source?.kind);
  }

  /** A text is being written that Speak or Enter ends. */
  get #writing() {
    return this.#speaker.typing || (this.#composer.typing && this.#composer.text !== "");
  }

  get #text() {
    return this.#composer.text || sample(this.#choices.language);
  }

  #listenToPerson() {
    this.#controls.addEventListener("speak", () => {
      if (this.#writing) this.#composer.finish();
      else if (this.#speaking) this.#cancel();
      else this.#speak();
    });
    this.#controls.addEventListener("cancel", () => this.#cancel());
    this.#controls.addEventListener("enter", () => (this.#writing ? this.#composer.finish() : this.#speak()));
    // Sound may begin only in a gesture; the first one, whatever it is, also settles the sample rate.
    this.#controls.addEventListener("gesture", () => this.#wake());
    this.#tuning.addEventListener("rate", () => (this.#player.rate = this.#tuning.rate));
    this.#tuning.addEventListener("speed", () => this.#chooseAnew());
    this.#tuning.addEventListener("loop", () => (this.#player.loop = this.#tuning.loop));
    this.#saver.addEventListener("change", () => this.#render());
  }

  #listenToText() {
    const composer = this.#composer;
    composer.addEventListener("change", () => {
      this.#reading.load(composer.typing ? "" : composer.written);
      this.#tuning.refresh();
      this.#render();
    });
    composer.addEventListener("edit", () => {
      this.#failed = false;
      this.#notice.hide("error");
    });
    composer.addEventListener("select", () => this.#pronunciations.offer(composer.marked));
    composer.addEventListener("piece", (event) => this.#append(event.detail));
    composer.addEventListener("finish", (event) => {
      this.#append(event.detail);
      this.#speaker.finish();
      this.#render();
    });
    this.#controls.addEventListener("pronounce", () => {
      this.#tuning.panel.toggle(true);
      this.#pronunciations.begin();
    });
    this.#pronunciations.addEventListener("change", () => this.#chooseAnew());
  }

  #listenToChoices() {
    this.#choices.addEventListener("change", () => this.#chooseAnew());
    this.#casting.addEventListener("audition", ({ detail: { text, other } }) => {
      this.#prepare();
      this.#reading.stop();
      this.#speaker.speak(text, other);
      this.#render();
    });
  }

  /** What was spoken was spoken otherwise. */
  #chooseAnew() {
    this.#reading.forget();
    this.#session.start();
    this.#tuning.refresh();
  }

  #listenToServer() {
    const session = this.#session;
    session.addEventListener("ready", () => {
      this.#failed = false;
      this.#notice.hide("away");
      this.#choices.languages(session.capabilities?.languages ?? []);
      showEngine(session.capabilities);
      // A server that asks for tokens tells its voices only to those who have one.
      session.addEventListener("started", () => this.#admitted(), { once: true });
    });
    session.addEventListener("failed", (event) => this.#fail(event.detail.error));
    session.addEventListener("warning", (event) => this.#notice.warning(event.detail));
    session.addEventListener("refused", () => this.#access.ask());
    for (const type of ["state", "ready", "loading", "audio", "ended", "failed"]) {
      session.addEventListener(type, () => this.#render());
    }
    this.#connection.addEventListener("state", () => {
      if (this.#connection.state === "waiting") this.#notice.away(this.#connection.retryAt);
    });
  }

  async #admitted() {
    this.#access.hide();
    await this.#choices.refresh();
    this.#session.start();
  }

  #speak() {
    this.#prepare();
    if (this.#reading.long) {
      this.#speaker.cancel();
      this.#reading.play();
    } else this.#speaker.speak(this.#text);
    this.#render();
  }

  #append(piece) {
    if (!this.#speaker.typing) {
      if (piece.trim() === "") return;
      this.#prepare();
    }
    if (piece !== "") this.#speaker.append(piece);
    this.#render();
  }

  #prepare() {
    this.#failed = false;
    this.#saver.stop();
    this.#notice.hide("error");
    this.#notice.hide("warning");
    if (!this.#wake()) this.#notice.error({ code: "NO_AUDIO" });
    if (this.#connection.state === "waiting") this.#connection.retry();
  }

  #cancel() {
    this.#saver.stop();
    this.#reading.stop();
    this.#speaker.cancel();
    this.#render();
  }

  /** Returns false where there is no audio at all. */
  #wake() {
    const rate = this.#player.sampleRate;
    const audio = this.#player.open();
    if (this.#player.sampleRate !== rate) this.#session.start();
    return audio;
  }

  #fail(error) {
    this.#failed = true;
    this.#notice.error(error);
    this.#render();
  }

  #render() {
    this.#status.show(this.state, this.#session.loading);
    this.#deck.update();
    this.#controls.show(this.#speaking, this.#writing);
    const { utterance } = this.#deck;
    this.#controls.found(this.#choices.language === "Auto" ? (utterance?.found ?? null) : null);
    this.#casting.mark(this.#player.source?.voice ?? null);
    this.#saver.utterance = utterance;
    this.#saver.show(this.#session.ready);
  }
}

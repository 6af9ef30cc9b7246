/** The Speak page: puts the parts together. */

import { Access } from "../shell/access.js";
import { Connection, Session } from "../client.js";
import { Choices } from "../shell/choices.js";
import { Composer, figure, length, LIMIT } from "./composer.js";
import { Deck, save } from "./deck.js";
import { showEngine } from "../shell/footer.js";
import { History } from "./history.js";
import { Notice } from "../shell/notice.js";
import { Player } from "../audio/player.js";
import { Records } from "./records.js";
import { sample } from "./samples.js";
import { authToken } from "../shell/settings.js";
import { Speaker } from "./speaker.js";
import { Status } from "../shell/status.js";

const ADDRESS = "/api/v1/speak";

export function mount(root) {
  const player = new Player({ capture: new URLSearchParams(location.search).has("capture") });
  const page = new SpeakPage(root, player);
  return { player: { counters: () => player.counters(), captured: () => player.captured() }, state: () => page.state };
}

class SpeakPage {
  #speakButton;
  #cancelButton;
  #access;
  #player;
  #connection = new Connection(ADDRESS);
  #session;
  #speaker;
  #choices;
  #composer;
  #deck;
  #records;
  #history = new History();
  #status;
  #notice;
  #failed = false;

  constructor(root, player) {
    this.#speakButton = root.querySelector("#speak");
    this.#cancelButton = root.querySelector("#cancel");
    this.#player = player;
    this.#access = new Access(root, () => this.#connection.retry());
    this.#status = new Status(root);
    this.#notice = new Notice(root, () => this.#connection.retry());
    this.#choices = new Choices(root);
    this.#composer = new Composer(root);
    this.#deck = new Deck(root, player);
    this.#records = new Records(root);
    const chosen = () => ({ voice: this.#choices.voice, language: this.#choices.language });
    this.#session = new Session(this.#connection, () => ({
      sampleRate: player.sampleRate,
      authToken: authToken(),
      ...chosen(),
    }));
    this.#speaker = new Speaker(this.#session, player, chosen);
    this.#listenToPerson();
    this.#listenToHistory();
    this.#listenToServer();
    this.#listenToSpeaker();
    this.#composer.placeholder = sample(this.#choices.language);
    this.#render();
    this.#connection.retry();
    this.#history.open().then(() => this.#showHistory());
  }

  /** One of: disconnected, connecting, connected, loading model, speaking, error. */
  get state() {
    const { state } = this.#connection;
    if (state === "waiting") return "disconnected";
    if (this.#failed || state === "refused") return "error";
    if (!this.#session.ready) return "connecting";
    if (this.#session.loading !== null) return "loading model";
    return this.#speaker.speaking ? "speaking" : "connected";
  }

  /** A text is being written that Speak or Enter ends. */
  get #writing() {
    return this.#speaker.typing || (this.#composer.typing && this.#composer.text !== "");
  }

  #listenToPerson() {
    this.#speakButton.addEventListener("click", () => {
      if (this.#writing) this.#composer.finish();
      else if (this.#speaker.speaking) this.#cancel();
      else this.#speak();
    });
    this.#cancelButton.addEventListener("click", () => this.#cancel());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#cancel();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
        event.preventDefault();
        if (this.#writing) this.#composer.finish();
        else this.#speak();
      }
    });
    // Sound may begin only in a gesture; the first one, whatever it is, also settles the sample rate.
    for (const type of ["pointerdown", "keydown"]) {
      document.addEventListener(type, (event) => event.key !== "Escape" && this.#wake(), { capture: true });
    }
    this.#choices.addEventListener("change", () => {
      this.#composer.placeholder = sample(this.#choices.language);
      this.#session.start();
    });
    this.#composer.addEventListener("change", () => this.#render());
    this.#composer.addEventListener("piece", (event) => this.#append(event.detail));
    this.#composer.addEventListener("finish", (event) => {
      this.#append(event.detail);
      this.#speaker.finish();
      this.#render();
    });
  }

  #listenToHistory() {
    const records = this.#records;
    records.addEventListener("play", ({ detail: utterance }) => {
      const playing = this.#player.source?.id === utterance.id;
      this.#cancel();
      if (!playing) this.#player.play(utterance);
    });
    records.addEventListener("edit", (event) => (this.#composer.text = event.detail.text));
    records.addEventListener("download", (event) => save(event.detail));
    records.addEventListener("clear", () => this.#history.clear().then(() => this.#showHistory()));
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
    session.addEventListener("refused", () => {
      this.#access.ask();
      this.#notice.error({ code: "UNAUTHORIZED" });
    });
    for (const type of ["state", "ready", "loading", "audio", "ended", "failed"]) {
      session.addEventListener(type, () => this.#render());
    }
    this.#connection.addEventListener("state", () => {
      if (this.#connection.state === "waiting") this.#notice.away(this.#connection.retryAt);
    });
  }

  #listenToSpeaker() {
    this.#speaker.addEventListener("audio", ({ detail: utterance }) => {
      if ((this.#player.source ?? utterance) === utterance) this.#deck.show(utterance);
    });
    this.#speaker.addEventListener("over", ({ detail: utterance }) => {
      // What failed has not been said: it would go out again.
      if (utterance.typed && utterance.state === "failed") this.#composer.forget();
      this.#keep(utterance);
    });
    this.#speaker.addEventListener("heard", ({ detail: utterance }) => {
      // Once more, with its figures; unless the person has cleared it away since.
      if (this.#history.records.some(({ id }) => id === utterance.id)) this.#keep(utterance);
    });
    this.#player.addEventListener("play", (event) => {
      this.#records.mark(event.detail.id);
      this.#render();
    });
    this.#player.addEventListener("idle", () => {
      this.#records.mark(null);
      this.#render();
    });
  }

  async #admitted() {
    if (this.#access.asking) this.#notice.hide("error");
    this.#access.hide();
    await this.#choices.refresh();
    this.#session.start();
  }

  #speak() {
    const text = this.#composer.text || sample(this.#choices.language);
    if (length(text) > LIMIT) {
      const message = `It has ${figure(length(text))} characters; ${figure(LIMIT)} is the most. Speak it in parts.`;
      this.#fail({ code: "TOO_LONG", message });
      return;
    }
    this.#prepare();
    this.#speaker.speak(text);
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
    this.#notice.hide("error");
    this.#notice.hide("warning");
    if (!this.#wake()) this.#notice.error({ code: "NO_AUDIO" });
    if (this.#connection.state === "waiting") this.#connection.retry();
  }

  #cancel() {
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

  #keep(utterance) {
    if (utterance.duration === 0) return;
    this.#history.add(utterance.record());
    this.#showHistory();
  }

  #showHistory() {
    this.#records.show(this.#history.records, this.#player.source?.id ?? null);
  }

  #render() {
    const { speaking } = this.#speaker;
    const writing = this.#writing;
    const cancels = speaking && !writing;
    this.#status.show(this.state, this.#session.loading);
    this.#deck.update();
    this.#cancelButton.hidden = !(speaking && writing);
    const button = this.#speakButton;
    button.dataset.does = cancels ? "cancel" : "speak";
    const [label, key] = cancels ? ["Cancel", "Esc"] : ["Speak", writing ? "Enter" : "Ctrl Enter"];
    if (button.dataset.label === label + key) return;
    button.dataset.label = label + key;
    button.replaceChildren(label, " ", Object.assign(document.createElement("kbd"), { textContent: key }));
  }
}

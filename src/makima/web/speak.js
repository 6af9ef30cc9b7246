/** The Speak page: puts the parts together. */

import { Choices } from "./choices.js";
import { Composer, length, LIMIT } from "./composer.js";
import { Connection } from "./connection.js";
import { Deck, save } from "./deck.js";
import { showEngine } from "./footer.js";
import { History } from "./history.js";
import { Notice } from "./notice.js";
import { Player } from "./player.js";
import { Records } from "./records.js";
import { sample } from "./samples.js";
import { Session } from "./session.js";
import { authToken, setAuthToken } from "./settings.js";
import { Status } from "./status.js";
import { Utterance } from "./utterance.js";

const ADDRESS = "/api/v1/speak";
// The server would wait for a minute and then call it an error; what is written later is spoken as a text of its own.
const PAUSE_MS = 20_000;

export function mount(root) {
  const player = new Player({ capture: new URLSearchParams(location.search).has("capture") });
  const page = new SpeakPage(root, player);
  return { player: { counters: () => player.counters(), captured: () => player.captured() }, state: () => page.state };
}

class SpeakPage {
  #parts;
  #player;
  #connection = new Connection(ADDRESS);
  #session;
  #choices;
  #composer;
  #deck;
  #records;
  #history = new History();
  #status;
  #notice;
  #typed = null; // the utterance that is being written
  #pause = 0; // ends it when nothing is written for a while
  #live = new Set(); // utterances asked for on this visit that are heard for the first time
  #before = new WeakMap(); // the player's counters when each of them began
  #failed = false;

  constructor(root, player) {
    const part = (id) => root.querySelector(`#${id}`);
    this.#parts = { speak: part("speak"), cancel: part("cancel"), form: part("token-form"), token: part("token") };
    this.#player = player;
    this.#status = new Status(root);
    this.#notice = new Notice(root, () => this.#connection.retry());
    this.#choices = new Choices(root);
    this.#composer = new Composer(root);
    this.#deck = new Deck(root, player);
    this.#records = new Records(root);
    this.#session = new Session(this.#connection, () => ({
      sampleRate: player.sampleRate,
      voice: this.#choices.voice,
      language: this.#choices.language,
      authToken: authToken(),
    }));
    this.#listenToPerson();
    this.#listenToServer();
    this.#listenToPlayer();
    this.#composer.placeholder = sample(this.#choices.language);
    this.#render();
    this.#connection.retry();
    this.#choices.refresh().then(() => this.#session.start());
    this.#history.open().then(() => this.#showHistory());
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
    return this.#session.busy || this.#live.has(this.#player.source);
  }

  /** A text is being written that Speak or Enter ends. */
  get #writing() {
    return this.#typed !== null || (this.#composer.typing && this.#composer.text !== "");
  }

  #listenToPerson() {
    const { speak, cancel, form, token } = this.#parts;
    speak.addEventListener("click", () => {
      if (this.#writing) this.#composer.finish();
      else if (this.#speaking) this.#cancel();
      else this.#speak();
    });
    cancel.addEventListener("click", () => this.#cancel());
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
    this.#composer.addEventListener("finish", (event) => this.#finish(event.detail));
    this.#records.addEventListener("play", (event) => this.#replay(event.detail));
    this.#records.addEventListener("edit", (event) => (this.#composer.text = event.detail.text));
    this.#records.addEventListener("download", (event) => save(event.detail));
    this.#records.addEventListener("clear", () => this.#history.clear().then(() => this.#showHistory()));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      setAuthToken(token.value);
      token.value = "";
      this.#connection.retry();
    });
  }

  #listenToServer() {
    const session = this.#session;
    session.addEventListener("ready", () => {
      this.#failed = false;
      this.#notice.hide("away");
      this.#choices.languages(session.capabilities?.languages ?? []);
      this.#choices.refresh();
      showEngine(session.capabilities);
    });
    session.addEventListener("started", () => {
      if (this.#parts.form.hidden) return;
      this.#parts.form.hidden = true;
      this.#notice.hide("error");
      this.#choices.refresh();
    });
    session.addEventListener("audio", ({ detail: { utterance } }) => {
      this.#player.pump();
      if ((this.#player.source ?? utterance) === utterance) this.#deck.show(utterance);
    });
    session.addEventListener("ended", ({ detail: { utterance } }) => this.#over(utterance));
    session.addEventListener("failed", ({ detail: { utterance, error } }) => {
      if (utterance !== null) this.#over(utterance);
      this.#fail(error);
    });
    session.addEventListener("warning", (event) => this.#notice.warning(event.detail));
    session.addEventListener("refused", () => {
      this.#parts.form.hidden = false;
      this.#parts.token.focus();
      this.#notice.error({ code: "UNAUTHORIZED" });
    });
    for (const type of ["state", "ready", "loading", "audio", "ended", "failed"]) {
      session.addEventListener(type, () => this.#render());
    }
    this.#connection.addEventListener("state", () => {
      if (this.#connection.state === "waiting") this.#notice.away(this.#connection.retryAt);
    });
  }

  #listenToPlayer() {
    const player = this.#player;
    player.addEventListener("play", ({ detail: utterance }) => {
      if (!this.#before.has(utterance)) this.#before.set(utterance, player.counters());
      this.#records.mark(utterance.id);
      this.#render();
    });
    player.addEventListener("change", () => this.#measure());
    player.addEventListener("idle", () => {
      const heard = [...this.#live].filter((utterance) => utterance.ended);
      for (const utterance of heard) {
        this.#live.delete(utterance);
        // Once more, with its figures; unless the person has cleared it away since.
        if (this.#history.records.some(({ id }) => id === utterance.id)) this.#keep(utterance);
      }
      this.#records.mark(null);
      this.#render();
    });
  }

  #speak() {
    const text = this.#composer.text || sample(this.#choices.language);
    const over = length(text) - LIMIT;
    if (over > 0) {
      this.#fail({ code: "TOO_LONG", message: `It has ${over} characters too many. Speak it in two parts.` });
      return;
    }
    this.#cancel();
    const utterance = this.#ask(text, false);
    this.#session.speak(utterance);
    this.#render();
  }

  #append(piece) {
    if (this.#typed === null && piece.trim() === "") return;
    this.#typed ??= this.#ask("", true);
    this.#typed.text += piece;
    this.#session.append(this.#typed, piece);
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#finish(""), PAUSE_MS);
    this.#render();
  }

  #finish(rest) {
    if (rest !== "") this.#append(rest);
    const utterance = this.#typed;
    if (utterance === null) return;
    this.#typed = null;
    this.#session.end(utterance);
    this.#render();
  }

  #ask(text, typed) {
    this.#failed = false;
    this.#notice.hide("error");
    this.#notice.hide("warning");
    if (!this.#wake()) this.#notice.error({ code: "NO_AUDIO" });
    if (this.#connection.state === "waiting") this.#connection.retry();
    const { voice, language } = this.#choices;
    const utterance = new Utterance({ text, voice, language, sampleRate: this.#player.sampleRate, typed });
    this.#live.add(utterance);
    if (typed && this.#speaking) this.#player.enqueue(utterance);
    else this.#player.play(utterance);
    return utterance;
  }

  #cancel() {
    this.#typed = null;
    this.#session.cancel();
    this.#player.stop();
    this.#render();
  }

  #replay(utterance) {
    const playing = this.#player.source?.id === utterance.id;
    this.#cancel();
    if (!playing) this.#player.play(utterance);
  }

  #wake() {
    const rate = this.#player.sampleRate;
    const audio = this.#player.open();
    if (this.#player.sampleRate !== rate) this.#session.start();
    return audio;
  }

  /** No more audio will come of `utterance`. */
  #over(utterance) {
    if (utterance === this.#typed) {
      this.#typed = null;
      this.#composer.forget();
    }
    this.#player.pump();
    this.#deck.update();
    this.#keep(utterance);
  }

  #measure() {
    const utterance = this.#player.source;
    if (!this.#live.has(utterance)) return;
    const { figures } = utterance;
    const before = this.#before.get(utterance);
    const now = this.#player.counters();
    figures.underruns = utterance.typed ? now.waits - before.waits : now.underruns - before.underruns;
    const audibleAt = this.#player.audibleAt;
    if (audibleAt !== null) figures.audibleMs ??= audibleAt - utterance.askedAt;
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
    this.#status.show(this.state, this.#session.loading);
    this.#deck.update();
    const { speak, cancel } = this.#parts;
    const writing = this.#writing;
    const cancels = this.#speaking && !writing;
    cancel.hidden = !(this.#speaking && writing);
    speak.dataset.does = cancels ? "cancel" : "speak";
    const [label, key] = cancels ? ["Cancel", "Esc"] : ["Speak", writing ? "Enter" : "Ctrl Enter"];
    if (speak.dataset.label === label + key) return;
    speak.dataset.label = label + key;
    speak.replaceChildren(label, " ", Object.assign(document.createElement("kbd"), { textContent: key }));
  }
}

/** The Converse page: a call. What you say, or type, is answered aloud; talking over an answer stops it. */

import { Access } from "../shell/access.js";
import { Answers, loudnessOf } from "./answers.js";
import { ChatSettings } from "./chat-settings.js";
import { Choices } from "../shell/choices.js";
import { Connection, Listening } from "../client.js";
import { Controls } from "./call-controls.js";
import { FORMATS } from "../listen/transcript-files.js";
import { Hearing, tellReplaced } from "./hearing.js";
import { Microphone } from "../audio/microphone.js";
import { Notice } from "../shell/notice.js";
import { Player } from "../audio/player.js";
import { Replies } from "./replies.js";
import { Stage } from "./stage.js";
import { Status } from "../shell/status.js";
import { Transcript } from "../listen/transcript.js";
import { TranscriptView } from "../listen/transcript-view.js";
import { authToken } from "../shell/settings.js";
import { randomId } from "../parts/random-id.js";
import { download } from "../audio/wav.js";
import { showEngine } from "../shell/footer.js";
import { t } from "../words/language.js";

const ADDRESS = "/api/v1/listen";

export function mount(root) {
  const player = new Player({ capture: new URLSearchParams(location.search).has("capture") });
  const page = new ConversePage(root, player);
  return {
    player: { counters: () => player.counters(), captured: () => player.captured() },
    state: () => page.state,
    entries: () => page.entries,
  };
}

class ConversePage {
  #player;
  #microphone = new Microphone();
  #hearing;
  #connection = new Connection(ADDRESS);
  #listening;
  #replies;
  #transcript = new Transcript();
  #stage;
  #status;
  #notice;
  #access;
  #chat;
  #voices;
  #controls;
  #contractId = randomId(); // what ties the two sockets together
  #on = false; // a call is under way
  #failed = false;
  #unsent = []; // typed before the call had begun

  constructor(root, player) {
    this.#player = player;
    this.#stage = new Stage(root.querySelector("#stage"), () => loudnessOf(player));
    this.#status = new Status(root);
    this.#notice = new Notice(root, () => this.#connection.retry());
    this.#access = new Access(root, () => this.#unlock());
    this.#chat = new ChatSettings(root);
    this.#voices = new Choices(root);
    this.#controls = new Controls(root);
    new TranscriptView(root, this.#transcript);
    const shared = () => ({ contractId: this.#contractId, language: this.#controls.language, authToken: authToken() });
    this.#listening = new Listening(this.#connection, () => ({ ...shared(), sampleRate: this.#microphone.sampleRate ?? 16000 }));
    this.#replies = new Replies(player, () => ({ ...shared(), sampleRate: player.sampleRate, voice: this.#voices.voice }));
    new Answers(this.#replies, this.#transcript);
    this.#listenToPerson();
    this.#hearing = new Hearing(
      { connection: this.#connection, listening: this.#listening, microphone: this.#microphone, player },
      { stage: this.#stage, controls: this.#controls, transcript: this.#transcript, notice: this.#notice },
      {
        render: () => this.#render(),
        works: () => (this.#failed = false),
        understood: () => !this.#failed && this.#notice.hide("error"),
        started: () => this.#sendTyped(),
        hangUp: () => this.#hangUp(),
        failed: (error, stays) => this.#fail(error, stays),
        ask: () => this.#access.ask(),
      },
    );
    this.#listenToReplies();
    this.#listenToTranscript();
    this.#tellStory();
    this.#render();
    this.#connection.retry();
    this.#enter();
  }

  /** One of: disconnected, connecting, connected, loading model, listening, hearing you, muted, thinking, speaking, error. */
  get state() {
    const { state } = this.#connection;
    if (state === "waiting") return "disconnected";
    if (this.#failed || state === "refused") return "error";
    if (!this.#listening.ready) return "connecting";
    if (this.#listening.loading !== null) return "loading model";
    if (this.#hearing.speech && this.#microphone.open) return "hearing you";
    if (this.#replies.speaking) return "speaking";
    if (this.#replies.thinking) return "thinking";
    if (!this.#on || !this.#listening.started) return "connected";
    return this.#microphone.open && !this.#controls.silent ? "listening" : "muted";
  }

  get entries() {
    return this.#transcript.entries;
  }

  #enter() {
    this.#chat.load();
    this.#voices.refresh().then(() => this.#render());
  }

  #listenToPerson() {
    const controls = this.#controls;
    controls.addEventListener("call", () => (this.#on ? this.#hangUp() : this.#call()));
    controls.addEventListener("hush", () => this.#replies.cancel());
    controls.addEventListener("silent", () => this.#render());
    controls.addEventListener("type", ({ detail }) => this.#type(detail));
    controls.addEventListener("language", () => this.#on && this.#again());
    controls.addEventListener("save", ({ detail }) => {
      const { extension, type, write } = FORMATS[detail];
      download(new Blob([write(this.#transcript.entries)], { type }), `conversation.${extension}`);
    });
    controls.addEventListener("forget", () => this.#transcript.clear());
    this.#voices.addEventListener("change", () => {
      if (this.#on) this.#restartReplies();
      this.#render();
    });
    this.#chat.addEventListener("change", () => {
      // A conversation keeps the model it began with.
      this.#contractId = randomId();
      if (this.#on) this.#again();
    });
  }

  #listenToReplies() {
    const replies = this.#replies;
    replies.addEventListener("ready", ({ detail }) => showEngine(detail));
    replies.addEventListener("joined", () => this.#sendTyped());
    replies.addEventListener("begun", () => !this.#failed && this.#notice.hide("error"));
    replies.addEventListener("failed", ({ detail }) => this.#fail(detail, false));
    replies.addEventListener("replaced", ({ detail }) => {
      tellReplaced(this.#notice, detail, t("Another page speaks the replies of this conversation now. They come back here when it is closed."));
    });
    replies.addEventListener("state", () => this.#render());
    this.#player.addEventListener("change", () => this.#stage.draw());
  }

  #listenToTranscript() {
    const update = () => this.#controls.saveable(this.#transcript.entries.length > 0);
    for (const type of ["added", "removed", "cleared"]) this.#transcript.addEventListener(type, update);
  }

  /** `listens`: with the microphone; without it one can type and hear. */
  async #call(listens = true) {
    this.#failed = false;
    this.#notice.hide("error");
    this.#notice.hide("warning");
    this.#controls.problem(null);
    // In the gesture: browsers let sound begin only there. And what plays must not keep an iPhone from listening.
    if (!this.#player.open()) this.#notice.error({ code: "NO_AUDIO" });
    if (navigator.audioSession) navigator.audioSession.type = "play-and-record";
    this.#on = true;
    this.#render();
    if (listens) {
      try {
        await this.#microphone.start();
      } catch (error) {
        this.#controls.problem(error);
        this.#hangUp();
        return;
      }
    }
    if (!this.#on) return this.#microphone.stop();
    this.#tellStory();
    this.#replies.start();
    this.#listening.start();
    this.#render();
  }

  #hangUp() {
    this.#on = false;
    this.#microphone.stop();
    this.#listening.stop();
    this.#replies.stop();
    this.#stage.silence();
    this.#hearing.quiet();
    this.#tellStory();
    this.#render();
  }

  /** With other choices. */
  #again() {
    this.#listening.stop();
    this.#listening.start();
    this.#restartReplies();
  }

  #restartReplies() {
    this.#replies.stop();
    this.#replies.start();
  }

  #type(text) {
    this.#transcript.typed(text, t("You"));
    this.#unsent.push(text);
    if (this.#on) this.#sendTyped();
    else this.#call(false);
  }

  /** Once both sides are there: what came before the one that speaks would be kept, and not answered. */
  #sendTyped() {
    if (!this.#listening.started || !this.#replies.joined) return;
    for (const text of this.#unsent.splice(0)) this.#listening.type(text);
  }

  #unlock() {
    this.#connection.retry();
    this.#enter();
  }

  async #tellStory() {
    const permission = this.#on ? "granted" : await Microphone.permission();
    this.#controls.tell(permission, this.#on);
  }

  /** `stays`: until something succeeds, the page's state is that it failed. */
  #fail(error, stays) {
    this.#failed = stays;
    this.#notice.error(error);
    this.#render();
  }

  #render() {
    const { state } = this;
    this.#status.show(state, this.#listening.loading);
    const id = this.#voices.voice;
    const voice = this.#voices.known.find((each) => each.id === id) ?? this.#voices.known.find(({ isDefault }) => isDefault);
    this.#stage.show(state, voice?.id);
    this.#controls.show({
      on: this.#on,
      listens: this.#microphone.open,
      replying: this.#replies.speaking || this.#replies.thinking,
      who: state === "hearing you" ? t("You") : (voice?.name ?? "Makima"),
    });
  }
}

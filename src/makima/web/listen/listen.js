/** The Listen page: puts the parts together. */

import { Access } from "../shell/access.js";
import { Connection, Listening } from "../client.js";
import { showEngine } from "../shell/footer.js";
import { Level } from "../audio/level.js";
import { Limits } from "./listen-limits.js";
import { Microphone } from "../audio/microphone.js";
import { Notice } from "../shell/notice.js";
import { Player } from "../audio/player.js";
import { Replies } from "./replies.js";
import { replyNote } from "./reply-note.js";
import { authToken, remember, remembered } from "../shell/settings.js";
import { Status } from "../shell/status.js";
import { Transcript } from "./transcript.js";
import { FORMATS } from "./transcript-files.js";
import { TranscriptView } from "./transcript-view.js";
import { download } from "../audio/wav.js";

const ADDRESS = "/api/v1/listen";

const REPLACED = {
  heard: "Another page is heard in this conversation now. What is said here is still written out.",
  answers: "Another page speaks the replies of this conversation now. They come back here when it is closed.",
};

export function mount(root) {
  const player = new Player({ capture: new URLSearchParams(location.search).has("capture") });
  const page = new ListenPage(root, player);
  return {
    player: { counters: () => player.counters(), captured: () => player.captured() },
    state: () => page.state,
    entries: () => page.entries,
  };
}

class ListenPage {
  #parts = {};
  #player;
  #microphone = new Microphone();
  #connection = new Connection(ADDRESS);
  #listening;
  #replies;
  #transcript = new Transcript();
  #level;
  #limits;
  #status;
  #notice;
  #access;
  #contractId = randomId(); // what ties the two sockets together
  #speech = false;
  #failed = false;
  #said = new Map(); // transcript entries of replies, by reply id

  constructor(root, player) {
    for (const id of ["listen", "hush", "converse", "converse-help", "diarize", "listen-language", "forget", "state"]) {
      this.#parts[id] = root.querySelector(`#${id}`);
    }
    this.#parts.exports = [...root.querySelectorAll("[data-format]")];
    this.#player = player;
    this.#level = new Level(root.querySelector("#level"));
    this.#limits = new Limits(root);
    this.#status = new Status(root);
    this.#notice = new Notice(root, () => this.#connection.retry());
    this.#access = new Access(root, () => this.#unlock());
    new TranscriptView(root, this.#transcript);
    this.#listening = new Listening(this.#connection, () => ({
      sampleRate: this.#microphone.sampleRate,
      contractId: this.#contractId,
      diarize: this.#parts.diarize.checked,
      language: this.#parts["listen-language"].value || undefined,
      authToken: authToken(),
    }));
    this.#replies = new Replies(player, () => ({
      sampleRate: player.sampleRate,
      contractId: this.#contractId,
      voice: remembered("voice") ?? undefined,
      language: this.#parts["listen-language"].value || undefined,
      authToken: authToken(),
    }));
    this.#parts.diarize.checked = remembered("diarize") === "on";
    this.#listenToPerson();
    this.#listenToMicrophone();
    this.#listenToServer();
    this.#listenToReplies();
    this.#listenToTranscript();
    this.#limits.tellStory();
    this.#render();
    this.#connection.retry();
  }

  /** One of: disconnected, connecting, connected, loading model, listening, hearing you, thinking, speaking, error. */
  get state() {
    const { state } = this.#connection;
    if (state === "waiting") return "disconnected";
    if (this.#failed || state === "refused") return "error";
    if (!this.#listening.ready) return "connecting";
    if (this.#listening.loading !== null) return "loading model";
    if (this.#speech && this.#microphone.open) return "hearing you";
    if (this.#replies.speaking) return "speaking";
    if (this.#replies.thinking) return "thinking";
    return this.#microphone.open && this.#listening.started ? "listening" : "connected";
  }

  get entries() {
    return this.#transcript.entries;
  }

  #listenToPerson() {
    const { listen, hush, converse, diarize, forget } = this.#parts;
    listen.addEventListener("click", () => (this.#microphone.open ? this.#stop() : this.#start()));
    hush.addEventListener("click", () => this.#replies.cancel());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#replies.cancel());
    converse.addEventListener("change", () => this.#converse(converse.checked));
    diarize.addEventListener("change", () => {
      remember("diarize", diarize.checked ? "on" : "off");
      if (this.#listening.started) this.#again();
    });
    this.#parts["listen-language"].addEventListener("change", (event) => {
      remember("listen-language", event.target.value);
      if (this.#listening.started) this.#again();
    });
    forget.addEventListener("click", () => this.#transcript.clear());
    for (const button of this.#parts.exports) button.addEventListener("click", () => this.#save(button.dataset.format));
  }

  #listenToMicrophone() {
    this.#microphone.addEventListener("audio", ({ detail: { pcm, peak } }) => {
      this.#level.add(peak, this.#speech);
      this.#listening.hear(pcm);
    });
    this.#microphone.addEventListener("lost", () => {
      this.#stop();
      this.#fail({ code: "MICROPHONE_LOST" });
    });
  }

  #listenToServer() {
    const listening = this.#listening;
    listening.addEventListener("ready", () => {
      this.#failed = false;
      this.#notice.hide("away");
      if (this.#access.asking) this.#notice.hide("error");
      this.#access.hide();
      this.#offerLanguages(listening.capabilities.languages ?? []);
      this.#limits.show(listening.capabilities);
    });
    listening.addEventListener("started", ({ detail }) => {
      this.#transcript.begin(detail.earlyMs);
      if (detail.warning) this.#notice.warning(detail.warning);
    });
    listening.addEventListener("speech", ({ detail }) => (this.#speech = detail));
    listening.addEventListener("partial", ({ detail }) => this.#transcript.partial(detail));
    listening.addEventListener("final", ({ detail }) => {
      this.#recover();
      this.#transcript.final(detail);
    });
    listening.addEventListener("failed", ({ detail }) => {
      if (detail.utterance !== undefined) this.#transcript.drop(detail.utterance);
      else if (!listening.started) this.#stop();
      this.#fail(detail, detail.utterance === undefined);
    });
    listening.addEventListener("refused", () => {
      this.#access.ask();
      this.#notice.error({ code: "UNAUTHORIZED" });
    });
    this.#connection.addEventListener("state", () => {
      if (this.#connection.state !== "open") {
        this.#speech = false;
        this.#transcript.drop();
      }
      if (this.#connection.state === "waiting") this.#notice.away(this.#connection.retryAt);
    });
    listening.addEventListener("replaced", ({ detail }) => this.#tellReplaced(detail, REPLACED.heard));
    for (const type of ["state", "speech"]) listening.addEventListener(type, () => this.#render());
  }

  #listenToReplies() {
    const replies = this.#replies;
    replies.addEventListener("ready", ({ detail }) => {
      showEngine(detail);
      this.#limits.showChat(detail);
    });
    replies.addEventListener("begun", ({ detail: reply }) => {
      this.#recover();
      this.#said.set(reply.id, this.#transcript.reply());
    });
    replies.addEventListener("text", ({ detail: reply }) => this.#showReply(reply));
    replies.addEventListener("over", ({ detail: reply }) => {
      // One that was given up before it sounded is answered by the next.
      if (reply.kept === "" && this.#said.has(reply.id)) this.#transcript.remove(this.#said.get(reply.id));
      else this.#showReply(reply);
      this.#said.delete(reply.id);
    });
    replies.addEventListener("failed", ({ detail }) => this.#fail(detail, false));
    replies.addEventListener("replaced", ({ detail }) => this.#tellReplaced(detail, REPLACED.answers));
    replies.addEventListener("state", () => this.#render());
  }

  #tellReplaced(on, sentence) {
    if (on) this.#notice.warning(sentence);
    else this.#notice.hide("warning");
  }

  #listenToTranscript() {
    const update = () => {
      const empty = this.#transcript.entries.length === 0;
      for (const button of [...this.#parts.exports, this.#parts.forget]) button.disabled = empty;
    };
    for (const type of ["added", "removed", "cleared"]) this.#transcript.addEventListener(type, update);
  }

  #showReply(reply) {
    const entry = this.#said.get(reply.id);
    if (entry) this.#transcript.update(entry, { text: reply.text, kept: reply.kept, state: reply.state, note: replyNote(reply) });
  }

  async #start() {
    this.#failed = false;
    this.#notice.hide("error");
    this.#notice.hide("warning");
    if (this.#parts.converse.checked) this.#player.open();
    try {
      await this.#microphone.start();
    } catch (error) {
      this.#fail(error);
      this.#limits.tellStory();
      return;
    }
    this.#limits.tellStory();
    this.#listening.start();
    this.#render();
  }

  #stop() {
    this.#microphone.stop();
    this.#listening.stop();
    this.#speech = false;
    this.#level.clear();
    this.#render();
  }

  /** With other choices. */
  #again() {
    this.#listening.stop();
    this.#listening.start();
  }

  #unlock() {
    this.#connection.retry();
    if (this.#replies.on) this.#converse(true);
  }

  #converse(on) {
    this.#replies.stop();
    if (!on) {
      this.#render();
      return;
    }
    // In the gesture: browsers let sound begin only there. And what plays must not keep an iPhone from listening.
    if (!this.#player.open()) this.#notice.error({ code: "NO_AUDIO" });
    if (navigator.audioSession) navigator.audioSession.type = "play-and-record";
    this.#replies.start();
    this.#render();
  }

  #save(format) {
    const { extension, type, write } = FORMATS[format];
    download(new Blob([write(this.#transcript.entries)], { type }), `transcript.${extension}`);
  }

  #offerLanguages(names) {
    const select = this.#parts["listen-language"];
    const chosen = select.value || remembered("listen-language");
    select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
    select.disabled = names.length < 2;
  }

  /** `stays`: until something succeeds, the page's state is that it failed. */
  #fail(error, stays = true) {
    this.#failed = stays;
    this.#notice.error(error);
    this.#render();
  }

  /** What failed before is being tried again. */
  #recover() {
    if (!this.#failed) this.#notice.hide("error");
  }

  #render() {
    const { listen, hush, state } = this.#parts;
    const open = this.#microphone.open;
    // Whose turn it is can be heard; saying it as well would talk over what is said.
    state.setAttribute("aria-live", open ? "off" : "polite");
    this.#status.show(this.state, this.#listening.loading);
    this.#limits.explain(this.#parts.converse.checked);
    hush.hidden = !(this.#replies.speaking || this.#replies.thinking);
    listen.dataset.does = open ? "cancel" : "listen";
    const label = open ? "Stop" : "Listen";
    if (listen.textContent !== label) listen.textContent = label;
  }
}

/** Not crypto.randomUUID: browsers offer that to https and localhost alone. */
function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

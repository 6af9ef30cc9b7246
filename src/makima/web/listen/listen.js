/** The Listen page: recordings, the microphone and the sound of a tab become text. */

import { Access } from "../shell/access.js";
import { Connection, Listening } from "../client.js";
import { FileQueue } from "./file-queue.js";
import { Level } from "../audio/level.js";
import { Limits } from "./listen-limits.js";
import { Microphone } from "../audio/microphone.js";
import { Notice } from "../shell/notice.js";
import { QueueView } from "./queue-view.js";
import { authToken, remember, remembered } from "../shell/settings.js";
import { Status } from "../shell/status.js";
import { Transcript } from "./transcript.js";
import { FORMATS } from "./transcript-files.js";
import { TranscriptView } from "./transcript-view.js";
import { download } from "../audio/wav.js";
import { inOneLine } from "../words/errors.js";
import { t } from "../words/language.js";

const ADDRESS = "/api/v1/listen";

export function mount(root) {
  const page = new ListenPage(root);
  return { player: { counters: () => ({}) }, state: () => page.state, entries: () => page.entries };
}

class ListenPage {
  #parts = {};
  #microphone = new Microphone();
  #connection = new Connection(ADDRESS);
  #listening;
  #queue;
  #transcript = new Transcript();
  #level;
  #limits;
  #status;
  #notice;
  #access;
  #source = null; // `listen` or `tab`: the button that what is heard was begun with
  #speech = false;
  #failed = false;

  constructor(root) {
    for (const id of ["hearing", "choose", "files", "listen", "tab", "level", "listen-problem", "diarize", "listen-language", "forget", "state", "transcript"]) {
      this.#parts[id] = root.querySelector(`#${id}`);
    }
    this.#parts.exports = [...root.querySelectorAll(".exports [data-format]")];
    this.#level = new Level(root.querySelector("#level"));
    this.#limits = new Limits(root);
    this.#status = new Status(root);
    this.#notice = new Notice(root, () => this.#connection.retry());
    this.#access = new Access(root, () => this.#connection.retry());
    const language = () => this.#parts["listen-language"].value || undefined;
    this.#queue = new FileQueue(language);
    new QueueView(root, this.#queue);
    new TranscriptView(root, this.#transcript);
    this.#listening = new Listening(this.#connection, () => ({
      sampleRate: this.#microphone.sampleRate,
      diarize: this.#parts.diarize.checked,
      language: language(),
      authToken: authToken(),
    }));
    this.#parts.diarize.checked = remembered("diarize") === "on";
    this.#listenToPerson();
    this.#listenToFiles();
    this.#listenToMicrophone();
    this.#listenToServer();
    this.#listenToTranscript();
    this.#limits.tellStory();
    this.#render();
    this.#connection.retry();
  }

  /** One of: disconnected, connecting, connected, loading model, listening, hearing you, error. */
  get state() {
    const { state } = this.#connection;
    if (state === "waiting") return "disconnected";
    if (this.#failed || state === "refused") return "error";
    if (!this.#listening.ready) return "connecting";
    if (this.#listening.loading !== null) return "loading model";
    if (this.#speech && this.#microphone.open) return "hearing you";
    return this.#microphone.open && this.#listening.started ? "listening" : "connected";
  }

  get entries() {
    return this.#transcript.entries;
  }

  #listenToPerson() {
    const { listen, tab, diarize, forget } = this.#parts;
    listen.addEventListener("click", () => this.#toggle("listen"));
    tab.addEventListener("click", () => this.#toggle("tab"));
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

  #listenToFiles() {
    const { choose, files, hearing } = this.#parts;
    const add = (list) => {
      for (const file of list) this.#queue.add(file);
    };
    choose.addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      add(files.files);
      files.value = ""; // so that the same file may be chosen again
    });
    for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
      // Anywhere on the page: a file that misses the place would else be opened by the browser.
      document.addEventListener(type, (event) => {
        if (![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        hearing.classList.toggle("over", type === "dragenter" || type === "dragover");
        if (type === "drop") add(event.dataTransfer.files);
      });
    }
  }

  #listenToMicrophone() {
    this.#microphone.addEventListener("audio", ({ detail: { pcm, peak } }) => {
      this.#level.add(peak, this.#speech);
      this.#listening.hear(pcm);
    });
    this.#microphone.addEventListener("lost", () => {
      const { code } = { listen: { code: "MICROPHONE_LOST" }, tab: { code: null } }[this.#source];
      this.#stop();
      if (code) this.#problem({ code });
    });
  }

  #listenToServer() {
    const listening = this.#listening;
    listening.addEventListener("ready", () => {
      this.#failed = false;
      this.#notice.hide("away");
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
    listening.addEventListener("refused", () => this.#access.ask());
    this.#connection.addEventListener("state", () => {
      if (this.#connection.state !== "open") {
        this.#speech = false;
        this.#transcript.drop();
      }
      if (this.#connection.state === "waiting") this.#notice.away(this.#connection.retryAt);
    });
    for (const type of ["state", "speech"]) listening.addEventListener(type, () => this.#render());
  }

  #listenToTranscript() {
    const update = () => {
      const empty = this.#transcript.entries.length === 0;
      for (const button of [...this.#parts.exports, this.#parts.forget]) button.disabled = empty;
    };
    for (const type of ["added", "removed", "cleared"]) this.#transcript.addEventListener(type, update);
  }

  async #toggle(source) {
    if (this.#microphone.open) {
      const same = this.#source === source;
      this.#stop();
      if (same) return;
    }
    this.#failed = false;
    this.#notice.hide("error");
    this.#notice.hide("warning");
    this.#problem(null);
    try {
      await (source === "tab" ? this.#microphone.startTab() : this.#microphone.start());
    } catch (error) {
      // Who closes the browser's choice of tabs has been asked and has answered.
      this.#problem(source === "tab" && error.code === "MICROPHONE_DENIED" ? null : error);
      this.#limits.tellStory();
      return;
    }
    this.#source = source;
    this.#parts.transcript.hidden = false;
    this.#limits.tellStory();
    this.#listening.start();
    this.#render();
  }

  #stop() {
    this.#microphone.stop();
    this.#listening.stop();
    this.#source = null;
    this.#speech = false;
    this.#level.clear();
    this.#render();
  }

  /** What went wrong, beside the buttons. */
  #problem(error) {
    this.#parts["listen-problem"].hidden = error === null;
    this.#parts["listen-problem"].textContent = error === null ? "" : inOneLine(error);
  }

  /** With other choices. */
  #again() {
    this.#listening.stop();
    this.#listening.start();
  }

  #save(format) {
    const { extension, type, write } = FORMATS[format];
    download(new Blob([write(this.#transcript.entries)], { type }), `transcript.${extension}`);
  }

  #offerLanguages(names) {
    const select = this.#parts["listen-language"];
    const chosen = select.value || remembered("listen-language");
    const all = names.length > 1 ? ["Auto", ...names.filter((name) => name !== "Auto")] : names;
    select.replaceChildren(...all.map((name) => new Option(t(name), name, false, name === chosen)));
    select.disabled = all.length < 2;
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
    const { listen, tab, level, state } = this.#parts;
    const open = this.#microphone.open;
    state.setAttribute("aria-live", open ? "off" : "polite");
    this.#status.show(this.state, this.#listening.loading);
    level.hidden = !open;
    const labels = { listen: t("Microphone"), tab: t("Sound of a tab") };
    for (const [source, button] of Object.entries({ listen, tab })) {
      const on = open && this.#source === source;
      button.dataset.does = on ? "cancel" : "listen";
      const label = on ? t("Stop") : labels[source];
      if (button.textContent !== label) button.textContent = label;
    }
  }
}

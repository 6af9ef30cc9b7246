/** *New voice*: record or choose a file, trim, describe, agree, send. */

import { LevelMeter } from "../recording/level-meter.js";
import { CODES, READ_ALOUD } from "../recording/read-aloud.js";
import { MOST_S, Recorder } from "../recording/recorder.js";
import { Take } from "../recording/take.js";
import { Trimmer } from "../recording/trimmer.js";
import { ReadBack } from "./read-back-view.js";
import { inOneLine } from "../words/errors.js";
import { t } from "../words/language.js";
import { make } from "./voices-api.js";
import { spokenHere } from "../parts/samples.js";

const PART = "part"; // the key under which the player plays what is kept

/** Events: `made` (detail: the server's answer). */
export class VoiceMaker extends EventTarget {
  #parts = {};
  #player;
  #recorder = new Recorder();
  #meter;
  #trimmer;
  #take = null;
  #readBack;
  #readAloud = ""; // what the person was shown when the recording began
  #sending = false;

  constructor(root, player) {
    super();
    this.#player = player;
    const ids =
      "maker maker-form source-language aloud record-voice choose-file file countdown take take-name trim keep-length play-part " +
      "voice-name transcript transcript-help consent consent-words consent-by make progress progress-words progress-bar " +
      "record-problem make-problem";
    for (const id of ids.split(" ")) this.#parts[id] = root.querySelector(`#${id}`);
    this.#meter = new LevelMeter(root.querySelector("#voice-level"), root.querySelector("#clipped"));
    this.#trimmer = new Trimmer(this.#parts.trim);
    this.#readBack = new ReadBack(root);
    const here = spokenHere();
    this.#parts["source-language"].append(...Object.keys(READ_ALOUD).map((name) => new Option(t(name), name, name === here, name === here)));
    this.#showText();
    this.#listenToPerson();
    this.#listenToRecorder();
    player.addEventListener("change", () => this.#showPart());
  }

  get open() {
    return !this.#parts.maker.hidden;
  }

  get state() {
    if (this.#sending) return "sending";
    if (this.#recorder.state !== "idle") return this.#recorder.state;
    return this.#take === null ? "empty" : "ready";
  }

  show(consentStatement) {
    this.#parts["consent-words"].textContent = t(consentStatement);
    this.#parts.maker.hidden = false;
    this.#parts.maker.scrollIntoView({ block: "start" });
    this.#parts["record-voice"].focus();
  }

  hide() {
    this.#recorder.stop();
    this.#parts.maker.hidden = true;
  }

  /** Where the sound is, for the picture. */
  draw(position) {
    if (this.#take?.utterance && this.#player.now === PART) this.#trimmer.draw(this.#trimmer.kept.from + position);
  }

  #listenToPerson() {
    const parts = this.#parts;
    parts["source-language"].addEventListener("change", () => this.#showText());
    parts["record-voice"].addEventListener("click", () => {
      if (this.#recorder.state !== "idle") return this.#recorder.stop();
      this.#player.stop();
      this.#fine();
      this.#recorder.start();
    });
    parts["choose-file"].addEventListener("click", () => parts.file.click());
    parts.file.addEventListener("change", () => parts.file.files[0] && this.#choose(parts.file.files[0]));
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      parts.maker.addEventListener(name, (event) => this.#drag(event));
    }
    parts["play-part"].addEventListener("click", () => this.#playPart());
    this.#trimmer.addEventListener("toggle", () => this.#playPart());
    this.#trimmer.addEventListener("seek", ({ detail }) => this.#playPart(detail));
    this.#trimmer.addEventListener("change", () => {
      if (this.#player.now === PART) this.#player.stop();
      this.#showLength();
      this.#readBack.keep(this.#trimmer.kept);
    });
    parts["maker-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  #listenToRecorder() {
    const { "record-voice": record, countdown } = this.#parts;
    const on = (name, listen) => this.#recorder.addEventListener(name, ({ detail }) => listen(detail));
    on("count", (left) => {
      record.textContent = t("Cancel");
      countdown.textContent = t("Recording in {left}", { left });
    });
    on("start", () => {
      record.textContent = t("Stop");
      countdown.textContent = t("Read it aloud now");
      this.#readAloud = this.#parts.aloud.textContent;
      this.#meter.calm();
    });
    on("level", ({ level, clipped }) => this.#meter.show(level, clipped && this.#recorder.state === "recording"));
    on("time", (seconds) => {
      const left = Math.ceil(MOST_S - seconds);
      const values = { seconds: seconds.toFixed(1), left };
      countdown.textContent = seconds < 5 ? t("{seconds} s, read on", values) : t("{seconds} s, {left} left", values);
    });
    on("stop", (recorded) => {
      if (!this.#parts.transcript.value.trim()) this.#parts.transcript.value = this.#readAloud;
      this.#put(Take.recorded(recorded));
    });
    on("idle", () => {
      record.textContent = this.#take === null ? t("Record") : t("Record again");
      countdown.textContent = "";
      this.#meter.stop();
    });
    on("problem", (problem) => this.#problem("record-problem", problem));
  }

  #showText() {
    const language = this.#parts["source-language"].value;
    this.#parts.aloud.textContent = READ_ALOUD[language];
    this.#parts.aloud.lang = CODES[language];
    this.#parts.transcript.lang = CODES[language];
  }

  #drag(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    this.#parts.maker.classList.toggle("over", event.type === "dragenter" || event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files[0]) this.#choose(event.dataTransfer.files[0]);
  }

  async #choose(file) {
    this.#fine();
    this.#recorder.stop();
    this.#meter.calm();
    this.#player.stop();
    this.#parts.file.value = ""; // so that the same file may be chosen again
    try {
      this.#put(await Take.of(file));
    } catch (problem) {
      this.#problem("record-problem", problem);
    }
  }

  #put(take) {
    this.#take = take;
    const { utterance } = take;
    this.#parts.take.hidden = false;
    this.#parts["take-name"].textContent = take.name;
    this.#parts.trim.hidden = this.#parts["play-part"].hidden = utterance === null;
    this.#parts["record-voice"].textContent = t("Record again");
    if (utterance !== null) this.#trimmer.load(utterance);
    this.#showLength();
    this.#showPart();
    this.#fine();
    if (utterance !== null) this.#readBack.listen(take.blob(this.#trimmer.kept, false), this.#parts["source-language"].value);
  }

  #showLength() {
    const { from, to } = this.#trimmer.kept;
    const words = (seconds) => {
      if (seconds < 3) return t("3 s at least are needed");
      if (seconds > MOST_S) return t("{most} s are kept", { most: MOST_S });
      return seconds >= 5 && seconds <= 15 ? t("a good length") : t("5 to 15 s are best");
    };
    this.#parts["keep-length"].textContent =
      this.#take.utterance === null
        ? t("This browser cannot show it; the server can read it.")
        : `${(to - from).toFixed(1)} s, ${words(to - from)}`;
  }

  #showPart() {
    const on = this.#player.now === PART;
    this.#parts["play-part"].textContent = on ? t("Stop") : t("Hear it");
    if (!on && this.#take?.utterance) this.#trimmer.draw(0);
  }

  #playPart(at = null) {
    if (at === null && this.#player.now === PART) return this.#player.stop();
    const kept = this.#trimmer.kept;
    const from = at === null ? 0 : Math.max(0, Math.min(at - kept.from, kept.to - kept.from - 0.05));
    this.#player.play(PART, this.#take.part(kept), from);
  }

  async #send() {
    if (this.#sending) return;
    const parts = this.#parts;
    this.#fine();
    const missing = this.#missing();
    if (missing !== null) {
      this.#problem("make-problem", missing.problem);
      missing.place.focus();
      return;
    }
    this.#player.stop();
    const form = new FormData();
    const fields = {
      name: parts["voice-name"].value,
      language: parts["source-language"].value,
      transcript: parts.transcript.value,
      consent: parts.consent.checked ? parts["consent-words"].textContent : "",
      consentBy: parts["consent-by"].value,
    };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("audio", this.#take.blob(this.#trimmer.kept, this.#trimmer.trimmed), this.#take.name);
    this.#busy(true);
    try {
      const made = await make(form, (share) => this.#progress(share));
      this.#reset();
      this.dispatchEvent(new CustomEvent("made", { detail: made }));
    } catch (problem) {
      this.#problem("make-problem", problem);
    } finally {
      this.#busy(false);
    }
  }

  /** What is not there yet, from the top of the form down; null where all is. */
  #missing() {
    const { "voice-name": name, consent, "consent-by": by, "record-voice": record } = this.#parts;
    const said = (message) => ({ code: "INCOMPLETE", message });
    if (this.#take === null) return { problem: { code: "NO_RECORDING", message: "" }, place: record };
    if (!name.value.trim()) return { problem: said(t("Give the voice a name.")), place: name };
    if (!consent.checked) return { problem: said(t("Agree to the statement: without consent no voice is made.")), place: consent };
    if (!by.value.trim()) return { problem: said(t("Enter your name: it is kept with the statement.")), place: by };
    return null;
  }

  #busy(sending) {
    this.#sending = sending;
    this.#parts.make.disabled = sending;
    this.#parts.progress.hidden = !sending;
    if (sending) this.#progress(0);
  }

  #progress(share) {
    const bar = this.#parts["progress-bar"];
    // Once all of it is there, the server listens to it; how long that takes it cannot say.
    this.#parts["progress-words"].textContent = share < 1 ? t("Sending, {percent} %", { percent: Math.floor(100 * share) }) : t("The server listens to it");
    if (share < 1) bar.value = share;
    else bar.removeAttribute("value");
  }

  #reset() {
    this.#take = null;
    this.#parts["maker-form"].reset();
    this.#parts.take.hidden = true;
    this.#parts["record-voice"].textContent = t("Record");
    this.#readBack.forget();
    this.#showText();
  }

  /** Told beside the button that was pressed. */
  #problem(place, problem) {
    this.#parts[place].hidden = false;
    this.#parts[place].textContent = problem.code === "INCOMPLETE" ? problem.message : inOneLine(problem);
  }

  #fine() {
    for (const place of ["record-problem", "make-problem"]) this.#parts[place].hidden = true;
  }
}

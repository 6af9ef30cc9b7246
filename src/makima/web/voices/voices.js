/** The Voices page: what there is, what is new, and what went wrong. */

import { Access } from "../shell/access.js";
import { BARS, rememberFace } from "../parts/face.js";
import { Mixer } from "./mixer.js";
import { Player } from "../audio/player.js";
import { decoded } from "../recording/take.js";
import { VoiceCards } from "./voice-cards.js";
import { VoiceMaker } from "./voice-maker.js";
import { VoicePlayer } from "./voice-player.js";
import { library, recording, remove, setUpDefault } from "./voices-api.js";
import { remember } from "../shell/settings.js";
import { inWords } from "../words/errors.js";
import { t } from "../words/language.js";

/** @param {HTMLElement} root */
export function mount(root) {
  const player = new Player({ capture: new URLSearchParams(location.search).has("capture") });
  const page = new VoicesPage(root, player);
  return { player: { counters: () => player.counters(), captured: () => player.captured() }, state: () => page.state };
}

class VoicesPage {
  #parts = {};
  #player;
  #sound;
  #cards;
  #maker;
  #mixer;
  #access;
  #consent = "";
  #made = null;
  #state = "loading";
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(root, player) {
    const ids =
      "voices-notice voices-problem new-voice close-maker no-cloning waiting default-offer setup-default default-progress " +
      "default-words default-bar made made-name checks made-note preview-form preview-text preview";
    for (const id of ids.split(" ")) this.#parts[id] = root.querySelector(`#${id}`);
    this.#player = player;
    this.#sound = new VoicePlayer(player);
    this.#cards = new VoiceCards(root);
    this.#maker = new VoiceMaker(root, this.#sound);
    this.#mixer = new Mixer(root, this.#sound);
    this.#access = new Access(root, () => this.#refresh());
    this.#listen();
    this.#refresh();
  }

  /** `loading`, `ready`, `error`, or what the maker does while it is open. */
  get state() {
    return this.#state === "ready" && this.#maker.open ? this.#maker.state : this.#state;
  }

  #listen() {
    const parts = this.#parts;
    this.#sound.addEventListener("change", () => this.#cards.mark(this.#sound.now));
    this.#sound.addEventListener("change", () => this.#showHearing());
    this.#player.addEventListener("change", () => !this.#still.matches && this.#maker.draw(this.#player.position));
    this.#cards.addEventListener("hear", ({ detail }) => this.#hear(`hear ${detail.id}`, detail.id));
    this.#cards.addEventListener("recording", ({ detail }) => this.#hearRecording(detail.id));
    this.#cards.addEventListener("delete", ({ detail }) => this.#delete(detail));
    parts["new-voice"].addEventListener("click", () => this.#open());
    parts["close-maker"].addEventListener("click", () => this.#close());
    this.#sound.addEventListener("whole", ({ detail: { id, utterance } }) => {
      rememberFace(id, utterance.outline(BARS));
      this.#cards.redraw(id);
    });
    this.#mixer.addEventListener("kept", ({ detail }) => this.#refresh().then(() => this.#cards.reveal(detail.id)));
    this.#maker.addEventListener("made", ({ detail }) => this.#show(detail));
    parts["preview-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      this.#hear(`made ${this.#made.id}`, this.#made.id, parts["preview-text"].value.trim());
    });
    parts["setup-default"].addEventListener("click", () => this.#setUpDefault());
  }

  async #refresh() {
    try {
      const { voices, cloning, consentStatement, canSetUpDefault } = await library();
      this.#access.hide();
      this.#fine();
      this.#consent = consentStatement;
      this.#cards.show(voices);
      this.#mixer.show(voices);
      this.#parts["new-voice"].hidden = !cloning || this.#maker.open;
      this.#parts["no-cloning"].hidden = cloning;
      this.#parts["default-offer"].hidden = !canSetUpDefault;
      this.#state = "ready";
    } catch (error) {
      this.#state = "error";
      this.#problem(error);
    }
  }

  #open() {
    this.#parts.made.hidden = true;
    this.#parts["new-voice"].hidden = true;
    this.#maker.show(this.#consent);
  }

  #close() {
    this.#maker.hide();
    this.#sound.stop();
    this.#fine();
    this.#parts["new-voice"].hidden = false;
    this.#parts["new-voice"].focus();
  }

  /** A voice was made: what was found in its recording, and how it sounds. */
  async #show(made) {
    this.#made = made;
    this.#maker.hide();
    const parts = this.#parts;
    parts["new-voice"].hidden = false;
    parts.made.hidden = false;
    parts["made-name"].textContent = t("{name} is ready.", { name: made.name });
    parts.checks.replaceChildren(
      ...made.checks.map(({ level, message }) => {
        const item = Object.assign(document.createElement("li"), { textContent: message });
        item.dataset.level = level;
        return item;
      }),
    );
    parts["made-note"].textContent = made.note ?? "";
    remember("voice", made.id); // whoever makes a voice wants to hear it
    await this.#refresh();
    parts["preview-text"].focus();
  }

  async #hear(key, id, text) {
    if (this.#sound.now === key) return this.#sound.stop();
    this.#fine();
    try {
      await this.#sound.speak(key, id, text, (doing) => this.#wait(doing));
    } catch (error) {
      if (key.startsWith("hear ")) this.#cards.problem(id, error);
      else this.#problem(error);
    }
  }

  async #hearRecording(id) {
    const key = `recording ${id}`;
    if (this.#sound.now === key) return this.#sound.stop();
    this.#fine();
    this.#player.open(); // inside the gesture
    try {
      this.#sound.play(key, await decoded(await recording(id)));
    } catch (error) {
      this.#cards.problem(id, error);
    }
  }

  async #delete(voice) {
    this.#fine();
    this.#sound.stop();
    try {
      await remove(voice.id);
      if (this.#made?.id === voice.id) this.#parts.made.hidden = true;
      await this.#refresh();
      this.#parts["new-voice"].focus();
    } catch (error) {
      this.#cards.problem(voice.id, error);
    }
  }

  async #setUpDefault() {
    this.#fine();
    this.#parts["setup-default"].disabled = true;
    this.#parts["default-progress"].hidden = false;
    try {
      await setUpDefault(({ what, progress }) => {
        this.#parts["default-words"].textContent = progress === null ? what : `${what}, ${Math.floor(100 * progress)} %`;
        if (progress === null) this.#parts["default-bar"].removeAttribute("value");
        else this.#parts["default-bar"].value = progress;
      });
      await this.#refresh();
      this.#cards.focus("makima");
    } catch (error) {
      this.#problem(error);
    }
    this.#parts["setup-default"].disabled = false;
    this.#parts["default-progress"].hidden = true;
  }

  #showHearing() {
    const on = this.#made !== null && this.#sound.now === `made ${this.#made.id}`;
    this.#parts.preview.textContent = on ? t("Stop") : t("Hear it");
  }

  #wait(doing) {
    this.#parts.waiting.hidden = doing === null;
    if (doing !== null) this.#parts.waiting.textContent = doing;
  }

  #problem(error) {
    if (error.code === "UNAUTHORIZED") return this.#access.ask();
    const { title, detail, remedy } = inWords(error);
    const heading = Object.assign(document.createElement("strong"), { textContent: title });
    this.#parts["voices-problem"].replaceChildren(heading, " ", [detail, remedy].filter(Boolean).join(" "));
    this.#parts["voices-notice"].hidden = false;
    this.#parts["voices-notice"].scrollIntoView({ block: "nearest" });
  }

  #fine() {
    this.#parts["voices-notice"].hidden = true;
    this.#parts["voices-problem"].replaceChildren();
    this.#cards.problem(null, null);
  }
}

/** Two voices of Kokoro mixed to a third: heard at once, and kept among the voices by a name. */

import { inOneLine } from "../words/errors.js";
import { t } from "../words/language.js";
import { keepMix } from "./voices-api.js";

const ENGINE = "kokoro";
const DEFAULT = "makima";
const HEAR_AFTER_MS = 350;

/** Events: `kept` (detail: the server's answer): there is a new voice. */
export class Mixer extends EventTarget {
  #parts = {};
  #player;
  #voices = [];
  #timer = 0;

  constructor(root, player) {
    super();
    this.#player = player;
    for (const id of ["mixer", "mix-voices", "mix-one", "mix-other", "mix-share", "mix-words", "mix-hear", "mix-form", "mix-name", "mix-done", "mix-problem"]) {
      this.#parts[id] = root.querySelector(`#${id}`);
    }
    const { mixer, "mix-voices": open, "mix-one": one, "mix-other": other, "mix-share": share } = this.#parts;
    open.setAttribute("aria-expanded", "false");
    open.addEventListener("click", () => {
      mixer.hidden = !mixer.hidden;
      open.setAttribute("aria-expanded", String(!mixer.hidden));
      if (!mixer.hidden) one.focus();
    });
    share.addEventListener("input", () => this.#show());
    for (const each of [one, other, share]) each.addEventListener("change", () => this.#changed());
    this.#parts["mix-hear"].addEventListener("click", () => this.#hear());
    this.#parts["mix-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep();
    });
    player.addEventListener("change", () => this.#label());
  }

  /** Offer those of `voices` that can be mixed. */
  show(voices) {
    this.#voices = voices.filter(({ engine, id }) => engine === ENGINE && (id === DEFAULT || /^[a-z]{2}_/.test(id)));
    const { "mix-voices": open, "mix-one": one, "mix-other": other } = this.#parts;
    open.hidden = this.#voices.length < 2;
    for (const [select, at] of [[one, 0], [other, 1]]) {
      const kept = select.value || this.#voices[at]?.id;
      select.replaceChildren(...this.#voices.map(({ id, name }) => new Option(name, id, false, id === kept)));
    }
    this.#show();
  }

  /** As Kokoro's engine reads it, in the protocol's notation. */
  get #id() {
    const [one, other] = [this.#parts["mix-one"].value, this.#parts["mix-other"].value];
    const share = Number(this.#parts["mix-share"].value) / 100;
    if (one === other || share === 0) return one;
    return share === 1 ? other : `${one}:${(1 - share).toFixed(2)}+${other}:${share.toFixed(2)}`;
  }

  #changed() {
    this.#parts["mix-done"].textContent = "";
    this.#show();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hear(true), HEAR_AFTER_MS);
  }

  #show() {
    const share = Number(this.#parts["mix-share"].value);
    const [one, other] = ["mix-one", "mix-other"].map((id) => this.#parts[id].selectedOptions[0]?.text ?? "");
    this.#parts["mix-words"].textContent = `${100 - share} % ${one} · ${share} % ${other}`;
  }

  async #hear(again = false) {
    const key = "mix";
    if (!again && this.#player.now === key) return this.#player.stop();
    this.#problem("");
    try {
      await this.#player.speak(key, this.#id, undefined, (doing) => (this.#parts["mix-done"].textContent = doing ?? ""));
    } catch (error) {
      this.#problem(inOneLine(error));
    }
  }

  async #keep() {
    const name = this.#parts["mix-name"];
    this.#problem("");
    if (!name.value.trim()) {
      this.#problem(t("Give the voice a name."));
      return name.focus();
    }
    if (!this.#id.includes("+")) return this.#problem(t("That is one voice alone: move the slider, or choose another."));
    try {
      const kept = await keepMix(this.#id, name.value.trim());
      this.#parts["mix-done"].textContent = t("{name} is one of the voices now.", { name: kept.name });
      name.value = "";
      this.dispatchEvent(new CustomEvent("kept", { detail: kept }));
    } catch (error) {
      this.#problem(inOneLine(error));
    }
  }

  #problem(words) {
    this.#parts["mix-problem"].hidden = words === "";
    this.#parts["mix-problem"].textContent = words;
  }

  #label() {
    this.#parts["mix-hear"].textContent = this.#player.now === "mix" ? t("Stop") : t("Hear it");
  }
}

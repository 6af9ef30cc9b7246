/** Where the text is written: the text area, its count, and the switch that streams it while it is being written. */

import { length, passagesOf } from "../reading/passages.js";
import { remember, remembered } from "../shell/settings.js";
import { unspoken } from "../reading/unspoken.js";
import { interfaceLanguage, t } from "../words/language.js";
import { TypedText } from "./typed-text.js";

const DRAFT = "draft";
const MOST_DRAFT = 500_000; // characters: browsers keep about five million for a page
const SAVE_AFTER_MS = 300;
const KEYBOARD = matchMedia("(hover: hover) and (min-width: 641px)").matches;
const MAC = /Mac/.test(navigator.platform);

/**
 * Events: `change`, `edit` (the person has changed the text), `select`; and while the switch is on `piece` and `finish`
 * (detail: the text that may go out now).
 */
export class Composer extends EventTarget {
  #area;
  #switch;
  #said;
  #count;
  #help;
  #unspoken;
  #typed = new TypedText();
  #heard = null; // {start, end} of the word that is heard
  #saving = 0;

  constructor(root) {
    super();
    this.#area = root.querySelector("#text");
    this.#switch = root.querySelector("#typing");
    this.#said = root.querySelector("#said");
    this.#count = root.querySelector("#count");
    this.#help = root.querySelector("#typing-help");
    this.#unspoken = root.querySelector("#unspoken");
    this.#area.value = remembered(DRAFT) ?? "";
    this.#area.addEventListener("input", (event) => {
      this.dispatchEvent(new Event("edit"));
      this.#changed(event.isComposing);
    });
    this.#area.addEventListener("compositionend", () => this.#changed(false));
    this.#area.addEventListener("scroll", () => this.#mirror());
    this.#area.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.#area) this.dispatchEvent(new Event("select"));
    });
    addEventListener("pagehide", () => this.#save());
    this.#switch.addEventListener("change", () => this.#switched());
    this.#switched();
  }

  get text() {
    return this.#area.value.trim();
  }

  set text(value) {
    this.forget();
    this.#area.value = value;
    this.#area.focus();
    this.dispatchEvent(new Event("edit"));
    this.#changed(true);
  }

  /** The text as it is written, with the space around it. */
  get written() {
    return this.#area.value;
  }

  /** What the person has marked in it. */
  get marked() {
    return this.#area.value.slice(this.#area.selectionStart, this.#area.selectionEnd);
  }

  set placeholder(value) {
    this.#area.placeholder = value;
  }

  get typing() {
    return this.#switch.checked;
  }

  /** Put `text` in the place of what stands from `start` to `end`. */
  replace(start, end, text) {
    this.#area.setRangeText(text, start, end);
    this.#changed(true);
  }

  /** Mark the word that is heard, {start, end}, or none. */
  mark(word) {
    if (word?.start === this.#heard?.start && word?.end === this.#heard?.end) return;
    this.#heard = word;
    this.#mirror();
  }

  /** The text is complete: hand over what has not gone out, and begin an empty one. */
  finish() {
    const rest = this.#typed.finish(this.#area.value);
    this.#area.value = "";
    this.#render();
    this.dispatchEvent(new CustomEvent("finish", { detail: rest }));
  }

  /** What was sent is off; the text stays, to be sent anew. */
  forget() {
    this.#typed = new TypedText();
    this.#render();
  }

  #changed(composing) {
    this.#heard = null;
    if (this.typing && !composing) {
      const piece = this.#typed.update(this.#area.value);
      if (piece !== "") this.dispatchEvent(new CustomEvent("piece", { detail: piece }));
    }
    this.#render();
  }

  #key(event) {
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!this.typing || event.key !== "Enter" || !plain || event.isComposing) return;
    event.preventDefault();
    this.finish();
  }

  #switched() {
    const keys = KEYBOARD ? t("Press Speak, or {key} + Enter.", { key: MAC ? "⌘" : "Ctrl" }) : "";
    this.#help.textContent = this.typing
      ? t("Spoken while you write; sent text is highlighted. Enter or Speak ends the text.")
      : keys;
    this.#area.enterKeyHint = this.typing ? "done" : "enter";
    if (!this.typing) this.dispatchEvent(new CustomEvent("finish", { detail: "" }));
    this.forget();
  }

  #render() {
    const count = length(this.text).toLocaleString(interfaceLanguage());
    const passages = this.typing ? 1 : passagesOf(this.#area.value).length;
    this.#count.textContent = passages > 1 ? t("{count} characters, {passages} passages", { count, passages }) : count;
    const language = unspoken(this.text);
    this.#unspoken.hidden = language === null;
    if (language !== null) this.#unspoken.textContent = t("No voice here speaks {language}: what you would hear is not speech.", { language });
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_AFTER_MS);
    this.#mirror();
    this.dispatchEvent(new Event("change"));
  }

  #save() {
    if (this.#area.value.length <= MOST_DRAFT) remember(DRAFT, this.typing ? "" : this.#area.value);
  }

  /** Mark what has gone out, or the word that is heard: a copy of the text lies behind, and shows its colour through. */
  #mirror() {
    const { value, scrollTop } = this.#area;
    const { said } = this.#typed;
    const [start, end] = said > 0 ? [0, said] : [this.#heard?.start ?? 0, this.#heard?.end ?? 0];
    const mark = Object.assign(document.createElement("mark"), { textContent: value.slice(start, end) });
    this.#said.replaceChildren(...(end > start ? [value.slice(0, start), mark, value.slice(end), "\n"] : []));
    this.#said.scrollTop = scrollTop;
  }
}

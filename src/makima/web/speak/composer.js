/** Where the text is written: the text area, its count, and the switch that streams it while it is being written. */

import { TypedText } from "./typed-text.js";

export const LIMIT = 1000;
const FORMAT = new Intl.NumberFormat("en");
const KEYBOARD = matchMedia("(hover: hover) and (min-width: 641px)").matches;
const HELP = {
  off: KEYBOARD ? `Press Speak, or ${/Mac/.test(navigator.platform) ? "⌘" : "Ctrl"} + Enter.` : "",
  on: "Spoken while you write; sent text is highlighted. Enter or Speak ends the text.",
};

export const figure = (number) => FORMAT.format(number);

/** Characters as the server counts them. */
export const length = (text) => [...text].length;

/** Events: `change`; and while the switch is on `piece` and `finish` (detail: the text that may go out now). */
export class Composer extends EventTarget {
  #area;
  #switch;
  #said;
  #count;
  #limit;
  #help;
  #typed = new TypedText();
  #over = false;

  constructor(root) {
    super();
    this.#area = root.querySelector("#text");
    this.#switch = root.querySelector("#typing");
    this.#said = root.querySelector("#said");
    this.#count = root.querySelector("#count");
    this.#limit = root.querySelector("#limit");
    this.#help = root.querySelector("#typing-help");
    this.#area.addEventListener("input", (event) => this.#changed(event.isComposing));
    this.#area.addEventListener("compositionend", () => this.#changed(false));
    this.#area.addEventListener("scroll", () => this.#mirror());
    this.#area.addEventListener("keydown", (event) => this.#key(event));
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
    this.#changed(true);
  }

  set placeholder(value) {
    this.#area.placeholder = value;
  }

  get typing() {
    return this.#switch.checked;
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
    this.#help.textContent = this.typing ? HELP.on : HELP.off;
    this.#area.enterKeyHint = this.typing ? "done" : "enter";
    if (!this.typing) this.dispatchEvent(new CustomEvent("finish", { detail: "" }));
    this.forget();
  }

  #render() {
    const count = length(this.text);
    // Only what is sent in one message is bound to the limit.
    const over = count > LIMIT && !this.typing;
    this.#count.textContent = this.typing ? figure(count) : `${figure(count)} / ${figure(LIMIT)}`;
    this.#count.classList.toggle("over", over);
    if (over !== this.#over) this.#limit.textContent = over ? `Over ${figure(LIMIT)} characters.` : "";
    this.#over = over;
    this.#mirror();
    this.dispatchEvent(new Event("change"));
  }

  /** Mark what has gone out: a copy of the text lies behind the text area, and shows its colour through. */
  #mirror() {
    const { value, scrollTop } = this.#area;
    const { said } = this.#typed;
    const mark = Object.assign(document.createElement("mark"), { textContent: value.slice(0, said) });
    this.#said.replaceChildren(...(said > 0 ? [mark, value.slice(said), "\n"] : []));
    this.#said.scrollTop = scrollTop;
  }
}

/** The buttons and keys of the Speak page, and the button that speaks or cancels. */

import { t } from "../words/language.js";

/** Events: `speak`, `cancel`, `enter` (Ctrl or Cmd with it), `gesture`, `pronounce`. */
export class SpeakControls extends EventTarget {
  #speak;
  #cancel;
  #found;

  constructor(root) {
    super();
    this.#speak = root.querySelector("#speak");
    this.#cancel = root.querySelector("#cancel");
    this.#found = root.querySelector("#found");
    this.#speak.addEventListener("click", () => this.#tell("speak"));
    this.#cancel.addEventListener("click", () => this.#tell("cancel"));
    root.querySelector("#pronounce").addEventListener("click", () => this.#tell("pronounce"));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#tell("cancel");
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) {
        event.preventDefault();
        this.#tell("enter");
      }
    });
    for (const type of ["pointerdown", "keydown"]) {
      document.addEventListener(type, (event) => event.key !== "Escape" && this.#tell("gesture"), { capture: true });
    }
  }

  /** Say quietly which language was found in the text; null where none was looked for. */
  found(language) {
    const words = language === null ? "" : ` · ${t(language)}`;
    if (this.#found.textContent !== words) this.#found.textContent = words;
  }

  show(speaking, writing) {
    const cancels = speaking && !writing;
    this.#cancel.hidden = !(speaking && writing);
    const button = this.#speak;
    button.dataset.does = cancels ? "cancel" : "speak";
    const [label, key] = cancels ? [t("Cancel"), "Esc"] : [t("Speak"), writing ? "Enter" : "Ctrl Enter"];
    if (button.dataset.label === label + key) return;
    button.dataset.label = label + key;
    button.replaceChildren(label, " ", Object.assign(document.createElement("kbd"), { textContent: key }));
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

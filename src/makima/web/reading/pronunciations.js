/** Words that are to be said otherwise than they are written: kept in this browser, sent with every text. */

import { remember, remembered } from "../shell/settings.js";
import { t } from "../words/language.js";

const NAME = "pronunciations";
const LONGEST = 60;

/** Events: `change`. */
export class Pronunciations extends EventTarget {
  #form;
  #written;
  #spoken;
  #list;
  #offer;
  #words = read();

  constructor(root) {
    super();
    this.#form = root.querySelector("#pronounce-form");
    this.#written = root.querySelector("#pronounce-written");
    this.#spoken = root.querySelector("#pronounce-spoken");
    this.#list = root.querySelector("#pronunciations");
    this.#offer = root.querySelector("#pronounce");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#put(this.#written.value.trim(), this.#spoken.value.trim());
      this.#form.reset();
    });
    this.#show();
  }

  /** {written: spoken}; undefined where there are none. */
  get words() {
    return Object.keys(this.#words).length > 0 ? this.#words : undefined;
  }

  /** `marked` is what the person has marked in the text: it is offered to be pronounced otherwise. */
  offer(marked) {
    const word = marked.trim();
    this.#offer.hidden = word === "" || word.length > LONGEST || word.includes("\n");
    this.#offer.dataset.word = word;
    if (!this.#offer.hidden) this.#offer.textContent = t("Pronounce “{word}”", { word });
  }

  /** Take up what was offered. */
  begin() {
    this.#written.value = this.#offer.dataset.word;
    this.#spoken.value = this.#words[this.#written.value] ?? "";
    this.#spoken.focus();
  }

  #put(written, spoken) {
    if (written === "") return;
    if (spoken === "") delete this.#words[written];
    else this.#words[written] = spoken;
    remember(NAME, JSON.stringify(this.#words));
    this.#show();
    this.dispatchEvent(new Event("change"));
  }

  #show() {
    this.#list.replaceChildren(
      ...Object.entries(this.#words).map(([written, spoken]) => {
        const item = document.createElement("li");
        const words = Object.assign(document.createElement("span"), { textContent: `${written} → ${spoken}` });
        const away = Object.assign(document.createElement("button"), { type: "button", className: "plain" });
        away.textContent = t("Remove");
        away.setAttribute("aria-label", `${t("Remove")}: ${written}`);
        away.addEventListener("click", () => this.#put(written, ""));
        item.append(words, away);
        return item;
      }),
    );
  }
}

function read() {
  try {
    return JSON.parse(remembered(NAME) ?? "{}");
  } catch {
    return {};
  }
}

/** What the person should know and can do something about: an error, a lost connection. */

import { inSeconds, inWords } from "../words/errors.js";
import { t } from "../words/language.js";

const TICK_MS = 500;

export class Notice {
  #element;
  #words;
  #countdown;
  #retry;
  #timer = 0;

  constructor(root, retry) {
    this.#element = root.querySelector("#notice");
    this.#words = root.querySelector("#notice-words");
    this.#countdown = root.querySelector("#notice-countdown");
    this.#retry = root.querySelector("#notice-retry");
    this.#retry.addEventListener("click", retry);
  }

  error(error) {
    const { title, detail, remedy } = inWords(error);
    this.#show("error", title, [detail, remedy]);
    if (error.retryAfterMs) this.#countTo(Date.now() + error.retryAfterMs, (wait) => t("You can try again {wait}.", { wait }));
  }

  warning(sentence) {
    this.#show("warning", sentence, []);
  }

  /** The server is away until `retryAt`. */
  away(retryAt) {
    if (this.#element.dataset.kind !== "away") this.#show("away", t("Can't reach the server."), [t("Is it running?")]);
    this.#retry.hidden = false;
    this.#countTo(retryAt, (wait) => t("Trying again {wait}.", { wait }));
  }

  hide(kind = this.#element.dataset.kind) {
    if (this.#element.dataset.kind !== kind) return;
    clearInterval(this.#timer);
    this.#element.hidden = true;
    this.#element.dataset.kind = "";
    this.#words.replaceChildren();
  }

  #show(kind, title, sentences) {
    clearInterval(this.#timer);
    this.#element.hidden = false;
    this.#element.dataset.kind = kind;
    this.#countdown.hidden = true;
    this.#retry.hidden = true;
    const heading = Object.assign(document.createElement("strong"), { textContent: title });
    const rest = sentences.filter(Boolean).join(" ");
    this.#words.replaceChildren(heading, ...(rest ? [" ", rest] : []));
  }

  #countTo(moment, sentence) {
    clearInterval(this.#timer);
    const tick = () => {
      this.#countdown.textContent = sentence(inSeconds(moment - Date.now()));
      if (Date.now() >= moment) clearInterval(this.#timer);
    };
    this.#countdown.hidden = false;
    this.#timer = setInterval(tick, TICK_MS);
    tick();
  }
}

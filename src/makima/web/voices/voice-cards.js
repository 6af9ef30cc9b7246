/** The voices there are, each on a card. */

import { remember, remembered } from "../shell/settings.js";

const ASKS = "Delete for good?";

/** Events: `hear`, `recording`, `delete` (detail: the voice). */
export class VoiceCards extends EventTarget {
  #list;
  #template;
  #voices = [];
  #sounding = null;

  constructor(root) {
    super();
    this.#list = root.querySelector("#voice-cards");
    this.#template = document.getElementById("voice-card");
    this.#list.addEventListener("click", (event) => this.#click(event));
    this.#list.addEventListener("focusout", (event) => disarm(event.target));
  }

  show(voices) {
    this.#voices = voices;
    this.#list.replaceChildren(...voices.map((voice) => this.#card(voice)));
    this.mark(this.#sounding);
  }

  /** `key` is `hear` or `recording` and the id of what is heard now, or null. */
  mark(key) {
    this.#sounding = key;
    for (const button of this.#list.querySelectorAll("[data-do=hear], [data-do=recording]")) {
      const on = key !== null && key === `${button.dataset.do} ${button.closest("li").dataset.id}`;
      button.classList.toggle("on", on);
      button.textContent = on ? "Stop" : button.dataset.do === "hear" ? "Hear it" : "Recording";
      name(button, button.textContent);
    }
  }

  /** Put the focus on a voice's card. */
  focus(id) {
    this.#list.querySelector(`[data-id="${CSS.escape(id)}"] [data-do=hear]`)?.focus();
  }

  get #chosen() {
    const chosen = remembered("voice");
    const found = this.#voices.find((voice) => voice.id === chosen);
    return (found ?? this.#voices.find((voice) => voice.isDefault))?.id;
  }

  #card(voice) {
    const card = this.#template.content.firstElementChild.cloneNode(true);
    card.dataset.id = voice.id;
    card.querySelector("h3").textContent = voice.name;
    const length = voice.durationMs === null ? null : `${(voice.durationMs / 1000).toFixed(1)} s`;
    card.querySelector(".figures").textContent = [voice.language, length, voice.engine].filter(Boolean).join(" · ");
    card.querySelector(".about").textContent = voice.description;
    card.querySelector("[data-do=recording]").hidden = !voice.cloned;
    card.querySelector("[data-do=delete]").hidden = !voice.cloned || voice.isDefault;
    for (const button of card.querySelectorAll("button")) name(button, button.textContent, voice.name);
    this.#press(card, voice.id === this.#chosen);
    return card;
  }

  #press(card, chosen) {
    const button = card.querySelector("[data-do=default]");
    button.setAttribute("aria-pressed", String(chosen));
    button.textContent = chosen ? "Your default" : "Make default";
    name(button, button.textContent, card.querySelector("h3").textContent);
  }

  #click(event) {
    const button = event.target.closest("button");
    const card = button?.closest("li");
    const voice = this.#voices.find(({ id }) => id === card?.dataset.id);
    if (!voice) return;
    const what = button.dataset.do;
    if (what === "default") {
      remember("voice", voice.id);
      for (const each of this.#list.children) this.#press(each, each === card);
    } else if (what === "delete" && button.dataset.armed === undefined) {
      button.dataset.armed = "";
      button.textContent = ASKS;
      name(button, ASKS, voice.name);
    } else this.dispatchEvent(new CustomEvent(what, { detail: voice }));
  }
}

function disarm(button) {
  if (button.dataset.armed === undefined) return;
  delete button.dataset.armed;
  button.textContent = "Delete";
  name(button, "Delete", button.closest("li").querySelector("h3").textContent);
}

/** Every card has buttons of the same words: to those who cannot see which card, they are told apart. */
function name(button, words, voice = button.closest("li").querySelector("h3").textContent) {
  button.setAttribute("aria-label", `${words}: ${voice}`);
}

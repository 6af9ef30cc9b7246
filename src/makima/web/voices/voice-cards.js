/** The voices there are, each on a card. */

import { howMade } from "../parts/cast.js";
import { faceOf } from "../parts/face.js";
import { favourites, toggleFavourite } from "../parts/favourites.js";
import { remember, remembered } from "../shell/settings.js";
import { inOneLine } from "../words/errors.js";
import { msg, t } from "../words/language.js";

const ASKS = msg("Really delete?");

/** Events: `hear`, `recording`, `delete` (detail: the voice). */
export class VoiceCards extends EventTarget {
  #list;
  #template;
  #voices = [];
  #sounding = null;
  #finding;

  constructor(root) {
    super();
    const parts = ["find", "find-language", "find-liked", "none-found"].map((id) => [id, root.querySelector(`#${id}`)]);
    this.#finding = Object.fromEntries(parts);
    for (const id of ["find", "find-language", "find-liked"]) {
      this.#finding[id].addEventListener("input", () => this.#filter());
    }
    this.#list = root.querySelector("#voice-cards");
    this.#template = document.getElementById("voice-card");
    this.#list.addEventListener("click", (event) => this.#click(event));
    this.#list.addEventListener("focusout", (event) => disarm(event.target));
  }

  show(voices) {
    this.#voices = voices;
    this.#list.replaceChildren(...voices.map((voice) => this.#card(voice)));
    const languages = [...new Set(voices.map(({ language }) => language))].sort();
    const select = this.#finding["find-language"];
    const chosen = select.value;
    select.replaceChildren(new Option(t("All"), ""), ...languages.map((name) => new Option(t(name), name, false, name === chosen)));
    this.#filter();
    this.mark(this.#sounding);
  }

  /** `key` is `hear` or `recording` and the id of what is heard now, or null. */
  mark(key) {
    this.#sounding = key;
    for (const button of this.#list.querySelectorAll("[data-do=hear], [data-do=recording]")) {
      const on = key !== null && key === `${button.dataset.do} ${button.closest("li").dataset.id}`;
      button.classList.toggle("on", on);
      button.textContent = on ? t("Stop") : button.dataset.do === "hear" ? t("Hear it") : t("Recording");
      name(button, button.textContent);
    }
  }

  /** Put the focus on a voice's card. */
  focus(id) {
    this.#list.querySelector(`[data-id="${CSS.escape(id)}"] [data-do=hear]`)?.focus();
  }

  /** Show a voice's card, whatever is searched for. */
  reveal(id) {
    const { find, "find-language": language, "find-liked": liked } = this.#finding;
    find.value = language.value = "";
    liked.checked = false;
    this.#filter();
    this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
  }

  /** What came in the way of something with this voice: told on its card. */
  problem(id, error) {
    for (const card of this.#list.children) {
      const place = card.querySelector(".field-problem");
      place.hidden = error === null || card.dataset.id !== id;
      if (!place.hidden) place.textContent = inOneLine(error);
    }
  }

  /** A voice was heard whole: it has its own face now. */
  redraw(id) {
    this.#list.querySelector(`[data-id="${CSS.escape(id)}"] .holds-face`)?.replaceChildren(faceOf(id));
  }

  #filter() {
    const wanted = this.#finding.find.value.trim().toLowerCase();
    const language = this.#finding["find-language"].value;
    const liked = this.#finding["find-liked"].checked ? favourites() : null;
    let found = 0;
    for (const card of this.#list.children) {
      const voice = this.#voices.find(({ id }) => id === card.dataset.id);
      const text = `${voice.name} ${voice.id} ${voice.description} ${voice.language} ${t(voice.language)}`.toLowerCase();
      const shown = text.includes(wanted) && (!language || voice.language === language) && (liked === null || liked.has(voice.id));
      card.hidden = !shown;
      found += shown ? 1 : 0;
    }
    this.#finding["none-found"].hidden = found > 0 || this.#voices.length === 0;
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
    card.querySelector(".holds-face").append(faceOf(voice.id));
    card.querySelector(".about").textContent = described(voice);
    card.querySelector(".figures").textContent = voice.removable || voice.cloned ? howMade(voice) : "";
    card.querySelector("[data-do=recording]").hidden = !voice.cloned;
    card.querySelector("[data-do=delete]").hidden = !voice.removable;
    for (const button of card.querySelectorAll("button")) name(button, button.textContent, voice.name);
    card.querySelector("[data-do=like]").setAttribute("aria-pressed", String(favourites().has(voice.id)));
    card.querySelector("[data-do=like]").setAttribute("aria-label", `${t("Favourite")}: ${voice.name}`);
    this.#press(card, voice.id === this.#chosen);
    return card;
  }

  #press(card, chosen) {
    const button = card.querySelector("[data-do=default]");
    button.setAttribute("aria-pressed", String(chosen));
    button.textContent = chosen ? t("Chosen") : t("Choose");
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
    } else if (what === "like") {
      button.setAttribute("aria-pressed", String(toggleFavourite(voice.id)));
      if (this.#finding["find-liked"].checked) this.#filter();
    } else if (what === "delete" && button.dataset.armed === undefined) {
      button.dataset.armed = "";
      button.textContent = t(ASKS);
      name(button, t(ASKS), voice.name);
    } else this.dispatchEvent(new CustomEvent(what, { detail: voice }));
  }
}

/** What the server tells of a voice, in the words of the page where they are known: it is put together with commas. */
function described({ description, language }) {
  return description ? description.split(", ").map((part) => t(part)).join(", ") : t(language);
}

function disarm(button) {
  if (button.dataset.armed === undefined) return;
  delete button.dataset.armed;
  button.textContent = t("Delete");
  name(button, t("Delete"), button.closest("li").querySelector("h3").textContent);
}

/** Every card has buttons of the same words: to those who cannot see which card, they are told apart. */
function name(button, words, voice = button.closest("li").querySelector("h3").textContent) {
  button.setAttribute("aria-label", `${words}: ${voice}`);
}

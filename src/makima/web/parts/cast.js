/** The voices as people: a row of faces to choose from, each of which says a sentence when it is chosen. */

import { faceOf } from "./face.js";
import { favourites } from "./favourites.js";
import { t } from "../words/language.js";

const SHOWN = 14;

/** Events: `choose` (detail: the voice). */
export class Cast extends EventTarget {
  #list;
  #voices = [];
  #chosen = null;

  constructor(list) {
    super();
    this.#list = list;
    list.addEventListener("click", ({ target }) => this.#choose(target.closest("[role=radio]")));
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Show some of `voices`: the chosen one, favourites, and then those of `language`. */
  show(voices, chosen, language) {
    const liked = favourites();
    const rank = (voice) =>
      (voice.isDefault ? 0 : 4) + (liked.has(voice.id) ? 0 : 2) + (language === null || voice.language === language ? 0 : 1);
    const some = voices
      .map((voice, at) => ({ voice, at }))
      .sort((a, b) => rank(a.voice) - rank(b.voice) || a.at - b.at)
      .slice(0, SHOWN)
      .map(({ voice }) => voice);
    const absent = voices.find(({ id }) => id === chosen && !some.some((voice) => voice.id === id));
    this.#voices = absent ? [absent, ...some.slice(0, SHOWN - 1)] : some;
    const ids = this.#voices.map(({ id }) => id).join(" ");
    if (this.#list.dataset.ids !== ids) {
      this.#list.dataset.ids = ids;
      this.#list.replaceChildren(...this.#voices.map((voice) => person(voice)));
    }
    this.mark(chosen);
  }

  /** `chosen` is the id of the voice that is chosen, `sounding` of the one that is heard. */
  mark(chosen = this.#chosen, sounding = null) {
    this.#chosen = chosen;
    for (const each of this.#list.children) {
      const on = each.dataset.id === chosen;
      each.setAttribute("aria-checked", String(on));
      each.tabIndex = on || (chosen === null && each === this.#list.firstElementChild) ? 0 : -1;
      each.classList.toggle("sounding", each.dataset.id === sounding);
    }
    if (![...this.#list.children].some(({ tabIndex }) => tabIndex === 0)) {
      this.#list.firstElementChild?.setAttribute("tabindex", "0");
    }
  }

  /** A voice was heard whole: it has its own face now. */
  redraw(id) {
    this.#list.querySelector(`[data-id="${CSS.escape(id)}"] svg`)?.replaceWith(faceOf(id));
  }

  #choose(element) {
    const voice = this.#voices.find(({ id }) => id === element?.dataset.id);
    if (voice) this.dispatchEvent(new CustomEvent("choose", { detail: voice }));
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = [...this.#list.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next?.focus();
    this.#choose(next);
  }
}

function person(voice) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.id = voice.id;
  button.setAttribute("role", "radio");
  button.title = [voice.description, howMade(voice)].filter(Boolean).join(" · ");
  const name = Object.assign(document.createElement("span"), { className: "name", textContent: voice.name });
  const about = Object.assign(document.createElement("span"), { className: "about", textContent: t(voice.language) });
  button.append(faceOf(voice.id), name, about);
  return button;
}

/** How a voice came to be, in a word or two. */
export function howMade({ cloned, removable, engine, durationMs }) {
  if (removable && !cloned) return t("a mix of voices");
  if (!cloned) return t("a voice of {engine}", { engine });
  return durationMs === null ? t("made from a recording") : t("made from {seconds} s of recording", { seconds: (durationMs / 1000).toFixed(0) });
}

/** The voice and the language: what there is to choose from, and what was chosen last. */

import { voices } from "./api.js";
import { remember, remembered } from "./settings.js";
import { t } from "../words/language.js";

const AUTO = "Auto";

/** Events: `change`, `voices` (detail: those there are). */
export class Choices extends EventTarget {
  #voice;
  #language; // null on pages that have none to choose

  constructor(root) {
    super();
    this.#voice = root.querySelector("#voice");
    this.#language = root.querySelector("#language");
    this.languages([]);
    for (const [name, select] of [["voice", this.#voice], ["language", this.#language]]) {
      select?.addEventListener("change", () => {
        remember(name, select.value);
        this.dispatchEvent(new Event("change"));
      });
    }
  }

  /** Undefined where the server is to decide. */
  get voice() {
    return this.#voice.value || remembered("voice") || undefined;
  }

  get language() {
    return this.#language.value;
  }

  /** Offer `names` and Auto. */
  languages(names) {
    if (this.#language === null) return;
    const chosen = this.#language.value || remembered("language") || AUTO;
    const all = [AUTO, ...names.filter((name) => name !== AUTO)];
    if (names.length === 0 && chosen !== AUTO) all.push(chosen);
    fill(this.#language, all.map((name) => [name, t(name)]), all.includes(chosen) ? chosen : AUTO);
  }

  /** The voices that the server has told of. */
  known = [];

  /** Take this voice. */
  choose(id) {
    if (![...this.#voice.options].some(({ value }) => value === id)) return;
    this.#voice.value = id;
    remember("voice", id);
    this.dispatchEvent(new Event("change"));
  }

  /** Ask the server for its voices. */
  async refresh() {
    let known;
    try {
      known = await voices();
    } catch {
      return; // the connection's state says that the server is away, or that it asks for a token
    }
    const chosen = this.#voice.value || remembered("voice");
    // A mix of voices is in no list: its id describes it.
    if (/:[\d.]+\+/.test(chosen ?? "") && !known.some(({ id }) => id === chosen)) {
      known.push({ id: chosen, name: mixed(chosen, known), language: known[0]?.language, description: "" });
    }
    const standard = known.find((voice) => voice.isDefault) ?? known[0];
    const kept = known.find((voice) => voice.id === chosen) ?? standard;
    const ordered = [...known.filter((voice) => voice === standard), ...known.filter((voice) => voice !== standard)];
    this.#voice.replaceChildren(...grouped(ordered, kept?.id));
    this.known = known;
    this.dispatchEvent(new CustomEvent("voices", { detail: known }));
  }
}

/** "Heart 60 % + Emma 40 %". */
function mixed(id, known) {
  const parts = id.split("+").map((part) => {
    const [one, share = "1"] = part.split(":");
    return `${known.find((voice) => voice.id === one)?.name ?? one} ${Math.round(100 * Number(share))} %`;
  });
  return parts.join(" + ");
}

/** In groups by language where voices differ in it; where all can read all, it would only confuse. */
function grouped(voices, chosen) {
  const option = ({ id, name }) => new Option(name, id, false, id === chosen);
  const languages = [...new Set(voices.map(({ language }) => language))];
  if (languages.length === 1) return voices.map(option);
  return languages.map((language) => {
    const group = Object.assign(document.createElement("optgroup"), { label: t(language) });
    group.append(...voices.filter((voice) => voice.language === language).map(option));
    return group;
  });
}

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

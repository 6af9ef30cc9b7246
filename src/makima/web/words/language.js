/** The language of the interface: the browser's first that there is a table for, or the one that was chosen here. */

import { remember, remembered } from "../shell/settings.js";

/** By code, each by its own name. English needs no table: the pages are written in it. */
export const LANGUAGES = {
  en: "English",
  ja: "日本語",
  de: "Deutsch",
  es: "Español",
  fr: "Français",
  zh: "中文",
};
const CHOICE = "interface";
const ATTRIBUTES = ["aria-label", "placeholder", "title"];

let table = {};
let code = "en";

/** To be awaited before anything is shown. A table that cannot be loaded leaves the pages in English. */
export async function loadWords() {
  code = wanted();
  if (code !== "en") {
    try {
      table = (await import(`./${code}.js`)).WORDS;
    } catch {
      code = "en";
    }
  }
  document.documentElement.lang = code;
}

/** The code of the language that is shown. */
export const interfaceLanguage = () => code;

/** The sentence in the language of the interface, with `{name}` replaced by `values.name`. */
export function t(sentence, values = {}) {
  const words = table[sentence] ?? sentence;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Marks a sentence that `t` is given later. */
export const msg = (sentence) => sentence;

/** Put what is written in `root` into the language of the interface, but for what is `translate="no"`. */
export function translate(root) {
  if (code === "en") return;
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    const written = node.data.trim();
    if (written === "" || node.parentElement?.closest("pre, code, kbd, [translate=no]")) continue;
    node.data = node.data.replace(written, () => t(written.replace(/\s+/g, " ")));
  }
  for (const name of ATTRIBUTES) {
    for (const element of root.querySelectorAll(`[${name}]`)) {
      if (!element.closest("[translate=no]")) element.setAttribute(name, t(element.getAttribute(name)));
    }
  }
}

/** Fill `select` with the languages there are; a choice is kept, and shown at once. */
export function offerLanguages(select) {
  for (const [value, name] of Object.entries(LANGUAGES)) {
    const option = new Option(name, value, false, value === code);
    option.lang = value;
    select.append(option);
  }
  select.addEventListener("change", () => {
    remember(CHOICE, select.value);
    location.reload();
  });
}

function wanted() {
  const asked = [remembered(CHOICE), ...(navigator.languages ?? [navigator.language])];
  return asked.map((tag) => tag?.toLowerCase().split("-")[0]).find((tag) => tag in LANGUAGES) ?? "en";
}

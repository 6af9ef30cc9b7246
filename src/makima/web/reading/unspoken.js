/** Texts in scripts that no engine here reads: what would be heard of them is noise, which is better said before. */

import { interfaceLanguage } from "../words/language.js";

/** By script, a language that is written in it. Greek letters are left out: they stand in formulas. */
const UNSPOKEN = {
  Arabic: "ar",
  Hebrew: "he",
  Devanagari: "hi",
  Bengali: "bn",
  Tamil: "ta",
  Telugu: "te",
  Gujarati: "gu",
  Gurmukhi: "pa",
  Kannada: "kn",
  Malayalam: "ml",
  Sinhala: "si",
  Thai: "th",
  Lao: "lo",
  Khmer: "km",
  Myanmar: "my",
  Georgian: "ka",
  Armenian: "hy",
  Ethiopic: "am",
};
const MOST = 2000; // characters that are looked at
const LEAST = 0.3; // of the letters: a quoted word in another script is no reason to warn

const letters = (text, script = null) => text.match(script === null ? /\p{L}/gu : new RegExp(`\\p{Script=${script}}`, "gu"))?.length ?? 0;

/** The name of the language that `text` is in, where none of the engines speaks it; else null. */
export function unspoken(text) {
  const some = text.slice(0, MOST);
  const all = letters(some);
  if (all === 0) return null;
  const found = Object.entries(UNSPOKEN).find(([script]) => letters(some, script) / all > LEAST);
  return found ? new Intl.DisplayNames([interfaceLanguage()], { type: "language" }).of(found[1]) : null;
}

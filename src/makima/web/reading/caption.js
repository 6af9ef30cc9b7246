/** The sentence that is heard, with its word marked; before anything was heard, the sentence that would be. */

import { HeardWords } from "./heard-words.js";

const MOST = 160; // characters: three lines on a phone

export class Caption {
  #element;
  #heard = new HeardWords();
  #utterance = null;
  #sentences = [];
  #shown = "";

  constructor(element) {
    this.#element = element;
    element.lang = "";
  }

  /** What would be said. */
  rest(text) {
    this.#utterance = null;
    this.#write(text, null, "rest");
  }

  /** Show `utterance` with the sound at `seconds`. Returns the word that is heard, {start, end} in its text, or null. */
  show(utterance, seconds) {
    if (utterance !== this.#utterance) {
      this.#utterance = utterance;
      this.#heard = new HeardWords();
      this.#sentences = [];
    }
    if (this.#sentences.text !== utterance.text) {
      this.#sentences = Object.assign(sentencesOf(utterance.text), { text: utterance.text });
    }
    this.#heard.follow(utterance);
    const word = this.#heard.at(seconds);
    const { places } = this.#heard;
    const at = word?.start ?? places.findLast(({ startMs }) => startMs <= seconds * 1000)?.start ?? 0;
    const [from, to] = this.#sentences.find(([, end]) => at < end) ?? [0, utterance.text.length];
    this.#write(utterance.text.slice(from, to), word && { start: word.start - from, end: word.end - from }, "heard");
    return word;
  }

  #write(text, word, kind) {
    const key = `${kind} ${word?.start} ${text}`;
    if (key === this.#shown) return;
    this.#shown = key;
    this.#element.dataset.kind = kind;
    if (word === null) return this.#element.replaceChildren(text);
    const mark = Object.assign(document.createElement("mark"), { textContent: text.slice(word.start, word.end) });
    this.#element.replaceChildren(text.slice(0, word.start), mark, text.slice(word.end));
  }
}

/** [start, end] of sentences, long ones cut after a word. */
function sentencesOf(text) {
  if (!("Segmenter" in Intl)) return [[0, text.length]];
  const found = [];
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)) {
    let from = index;
    const end = index + segment.length;
    while (end - from > MOST) {
      const space = text.lastIndexOf(" ", from + MOST);
      const cut = space > from ? space + 1 : from + MOST;
      found.push([from, cut]);
      from = cut;
    }
    found.push([from, end]);
  }
  return found;
}

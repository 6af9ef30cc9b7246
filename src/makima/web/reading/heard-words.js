/** Which words of a text are heard when: the server's `words`, found again in the text as it was written. */

const FAR = 120; // characters: a word that is not found within them was said otherwise than it is written

/** Words with their places in the text: [{start, end, startMs, endMs}], in order. */
export class HeardWords {
  #text = "";
  #lower = "";
  #taken = 0;
  #cursor = 0;
  #places = [];

  /** Take in what is known of `utterance` by now. */
  follow(utterance) {
    if (utterance.text !== this.#text) {
      const grown = utterance.text.startsWith(this.#text) && this.#taken <= utterance.words.length;
      this.#text = utterance.text;
      this.#lower = utterance.text.toLowerCase();
      if (!grown) this.#taken = this.#cursor = this.#places.length = 0;
    }
    for (const word of utterance.words.slice(this.#taken)) this.#place(word);
    this.#taken = utterance.words.length;
  }

  /** The word that is heard at `seconds`, {start, end} in the text, or null. */
  at(seconds) {
    const ms = seconds * 1000;
    const found = this.#places.findLast(({ startMs }) => startMs <= ms);
    return found && ms < found.endMs + 400 ? found : null;
  }

  get places() {
    return this.#places;
  }

  #place({ text, startMs, endMs }) {
    const at = this.#lower.indexOf(text.toLowerCase(), this.#cursor);
    if (at < 0 || at > this.#cursor + FAR) return;
    this.#cursor = at + text.length;
    this.#places.push({ start: at, end: this.#cursor, startMs, endMs });
  }
}

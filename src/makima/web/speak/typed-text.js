/**
 * A text that is spoken while it is being written: says which piece of it may go out.
 *
 * Finished words go out; the word under the pen stays. What has gone out cannot be unsaid: a change before `said`
 * changes nothing, and where a change reaches across it, speech goes on with the word that was changed.
 */
export class TypedText {
  #value = "";
  #said = 0;

  /** How much of the text, from its start, has gone out. */
  get said() {
    return this.#said;
  }

  /** The text has become `value`. Returns the piece to send, empty where no word was finished. */
  update(value) {
    this.#follow(value);
    return this.#send(Math.max(this.#said, finishedEnd(value)));
  }

  /** The text is complete. Returns the rest of it, and begins anew. */
  finish(value) {
    this.#follow(value);
    const rest = this.#send(value.length);
    this.#value = "";
    this.#said = 0;
    return rest;
  }

  /** Find `said` again in the changed text. */
  #follow(value) {
    const old = this.#value;
    this.#value = value;
    const shorter = Math.min(old.length, value.length);
    let same = 0;
    while (same < shorter && old[same] === value[same]) same++;
    if (same >= this.#said) return;
    let tail = 0;
    while (tail < shorter - same && old[old.length - 1 - tail] === value[value.length - 1 - tail]) tail++;
    if (old.length - tail < this.#said) this.#said += value.length - old.length;
    else if (old.slice(same, this.#said).trim() === "") this.#said = same;
    else this.#said = wordStart(value, same);
  }

  #send(end) {
    const piece = this.#value.slice(this.#said, end);
    this.#said = Math.max(this.#said, end);
    return piece;
  }
}

// Scripts that put no space between words.
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/** Where the last finished word of `text` ends. */
function finishedEnd(text) {
  const spaced = text.search(/\S*$/u);
  const tail = text.slice(spaced);
  if (!UNSPACED.test(tail) || !("Segmenter" in Intl)) return spaced;
  const words = [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(tail)];
  return spaced + words.at(-1).index;
}

/** Where the word that holds position `at` begins. */
function wordStart(text, at) {
  const start = text.slice(0, at).search(/\S*$/u);
  const low = text.charCodeAt(at);
  if (!UNSPACED.test(text.slice(start, at))) return start;
  return low >= 0xdc00 && low <= 0xdfff ? at - 1 : at;
}

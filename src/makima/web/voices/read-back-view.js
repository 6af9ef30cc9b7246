/** What was heard in the recording: put into an empty transcript, compared with a written one, cut where it is trimmed. */

import { cutTo, differences, textOf, wordsIn } from "../recording/read-back.js";
import { t } from "../words/language.js";

const MOST_DIFFERENT = 0.15; // of the words: what a good recogniser mishears stays below
const CUT_AFTER_MS = 150;

export class ReadBack {
  #place;
  #words;
  #take;
  #transcript;
  #heard = null; // the words with their times
  #whole = ""; // the transcript of the whole recording
  #written = ""; // what was last put into the field here
  #asked = 0;
  #timer = 0;

  constructor(root) {
    this.#place = root.querySelector("#read-back");
    this.#words = root.querySelector("#read-back-words");
    this.#take = root.querySelector("#take-heard");
    this.#transcript = root.querySelector("#transcript");
    this.#take.addEventListener("click", () => {
      this.#whole = textOf(this.#heard);
      this.#write(this.#whole);
      this.#tell("");
    });
    this.#transcript.addEventListener("change", () => {
      if (this.#transcript.value !== this.#written) this.#compare();
    });
  }

  forget() {
    this.#asked++;
    this.#heard = null;
    this.#whole = this.#written = "";
    this.#tell("");
  }

  /** Listen to a new recording. */
  async listen(blob, language) {
    this.forget();
    const asked = this.#asked;
    this.#tell(t("It is being listened to …"));
    let heard = null;
    try {
      heard = await wordsIn(blob, language);
    } catch {
      // It can be made without: the transcript is then the person's own.
    }
    if (asked !== this.#asked) return;
    this.#tell("");
    if (heard === null || heard.length === 0) return;
    this.#heard = heard;
    if (!this.#transcript.value.trim()) {
      this.#whole = textOf(heard);
      this.#write(this.#whole);
      this.#tell(t("This was heard. Correct what is wrong."));
    } else {
      this.#whole = this.#transcript.value;
      this.#written = this.#whole;
      this.#compare();
    }
  }

  /** The recording was trimmed to {from, to} seconds. What was written by hand since stays as it is. */
  keep({ from, to }) {
    if (this.#heard === null || this.#transcript.value !== this.#written) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#write(cutTo(this.#whole, this.#heard, from, to)), CUT_AFTER_MS);
  }

  #compare() {
    if (this.#heard === null) return;
    const { share, words } = differences(this.#transcript.value, this.#heard);
    if (share <= MOST_DIFFERENT) return this.#tell("");
    const which = words.map((word) => `“${word}”`).join(", ");
    this.#tell(`${t("The recording sounds otherwise than this is written: {which}.", { which })} ${t("Heard was:")} ${textOf(this.#heard)}`, true);
  }

  #write(text) {
    this.#written = text;
    this.#transcript.value = text;
  }

  #tell(words, differs = false) {
    this.#place.hidden = words === "";
    this.#place.classList.toggle("differs", differs);
    this.#words.textContent = words;
    this.#take.hidden = !differs;
  }
}

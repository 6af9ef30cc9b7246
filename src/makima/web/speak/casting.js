/** Who speaks: the choices of voice and language, the row of faces, and what the deck offers before anything was spoken. */

import { Cast } from "../parts/cast.js";
import { BARS, heights, rememberFace } from "../parts/face.js";
import { sample } from "../parts/samples.js";
import { t } from "../words/language.js";

const LONGEST = 200; // characters of a text that a voice is tried with

/** Events: `audition` (detail: {text, other}, as `Speaker.speak` takes it): a voice was chosen and is to be heard. */
export class Casting extends EventTarget {
  #choices;
  #composer;
  #deck;
  #cast;

  constructor(root, choices, composer, deck) {
    super();
    this.#choices = choices;
    this.#composer = composer;
    this.#deck = deck;
    this.#cast = new Cast(root.querySelector("#cast"));
    for (const type of ["change", "voices"]) choices.addEventListener(type, () => this.invite());
    this.#cast.addEventListener("choose", ({ detail: voice }) => this.#choose(voice));
    this.invite();
  }

  /** What the page offers before anything was spoken. */
  invite() {
    const { known, language, voice } = this.#choices;
    this.#composer.placeholder = t("Write or paste a text of any length. Left empty, Speak says the sentence below.");
    const shown = known.find(({ id }) => id === voice) ?? known.find(({ isDefault }) => isDefault) ?? null;
    this.#cast.show(known, shown?.id ?? null, language === "Auto" ? null : language);
    this.#deck.rest(this.#composer.text ? "" : sample(language), heights(shown?.id ?? "makima"));
  }

  /** `voice` is the id of the one that is heard, or null. */
  mark(voice) {
    this.#cast.mark(undefined, voice);
  }

  /** A voice was heard whole: it has its own face now. */
  learn(utterance) {
    rememberFace(utterance.voice, utterance.outline(BARS));
    this.#cast.redraw(utterance.voice);
  }

  /** By the names that people know. */
  told({ voice, found, language }) {
    return { voice: this.#choices.known.find(({ id }) => id === voice)?.name, language: found ?? language };
  }

  #choose(voice) {
    this.#choices.choose(voice.id);
    // What is written is what one wants to hear; without a text the voice introduces itself in its own language.
    const { text } = this.#composer;
    const own = text.length > 0 && text.length < LONGEST;
    const other = { voice: voice.id, language: own ? this.#choices.language : voice.language, kind: "sample" };
    this.dispatchEvent(new CustomEvent("audition", { detail: { text: own ? text : sample(voice.language), other } }));
  }
}

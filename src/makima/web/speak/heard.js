/** What is heard on the Speak page: its words are marked in the text, it is heard again, spoken anew, and kept. */

import { PassagesView } from "../reading/passages-view.js";
import { Past } from "./past/past.js";

export class Heard {
  #speaker;
  #reading;
  #passages;
  #player;
  #composer;
  #deck;
  #casting;
  #past;
  #page;

  /** `page`: {`cancel`, `prepare`, `render`}, which are called before speech, and where something changed. */
  constructor(root, player, { speaker, reading, composer, deck, casting }, page) {
    this.#speaker = speaker;
    this.#reading = reading;
    this.#passages = new PassagesView(root, reading);
    this.#player = player;
    this.#composer = composer;
    this.#deck = deck;
    this.#casting = casting;
    this.#past = new Past(root, player, (utterance) => casting.told(utterance));
    this.#page = page;
    this.#listenToReading();
    this.#listenToPast();
    this.#listenToSpeaker();
  }

  #listenToReading() {
    const reading = this.#reading;
    this.#passages.addEventListener("play", ({ detail: passage }) => {
      const playing = this.#player.source !== null && this.#player.source === passage.utterance;
      this.#page.cancel();
      if (playing) return;
      this.#page.prepare();
      reading.play(reading.passages.indexOf(passage));
    });
    this.#passages.addEventListener("again", ({ detail: passage }) => {
      this.#page.cancel();
      this.#page.prepare();
      reading.again(passage);
    });
    this.#passages.addEventListener("change", ({ detail: { passage, text } }) => {
      this.#composer.replace(passage.start, passage.start + passage.text.length, text);
    });
    reading.addEventListener("change", () => this.#page.render());
  }

  #listenToPast() {
    this.#past.addEventListener("play", ({ detail: utterance }) => {
      const playing = this.#player.source?.id === utterance.id;
      this.#page.cancel();
      if (!playing) this.#player.play(utterance);
    });
    this.#past.addEventListener("edit", ({ detail }) => (this.#composer.text = detail.text));
  }

  #listenToSpeaker() {
    this.#speaker.addEventListener("audio", ({ detail: utterance }) => {
      if ((this.#player.source ?? utterance) === utterance) this.#deck.show(utterance);
    });
    this.#speaker.addEventListener("over", ({ detail: utterance }) => {
      // What failed has not been said: it would go out again.
      if (utterance.typed && utterance.state === "failed") this.#composer.forget();
      this.#keep(utterance);
    });
    this.#speaker.addEventListener("heard", ({ detail: utterance }) => {
      // Once more, with its figures; unless the person has cleared it away since.
      if (this.#past.has(utterance)) this.#keep(utterance);
    });
    this.#deck.addEventListener("word", ({ detail: { utterance, word } }) => this.#follow(utterance, word));
    this.#player.addEventListener("play", ({ detail: utterance }) => {
      if (utterance.kind !== "silence") this.#passages.mark(utterance);
      this.#page.render();
    });
    this.#player.addEventListener("idle", () => {
      this.#passages.mark(null);
      this.#composer.mark(null);
      this.#page.render();
    });
  }

  /** Mark the word that is heard in the text, where that is what is heard. */
  #follow(utterance, word) {
    const start = this.#reading.long ? this.#reading.of(utterance)?.start : this.#composer.written.indexOf(utterance.text);
    const there = word !== null && start >= 0 && this.#composer.written.startsWith(utterance.text, start);
    this.#composer.mark(there && utterance.text ? { start: start + word.start, end: start + word.end } : null);
  }

  #keep(utterance) {
    if (utterance.duration === 0) return;
    if (utterance.state === "complete" && utterance.voice) this.#casting.learn(utterance);
    if (utterance.kind === "text") this.#past.add(utterance);
  }
}

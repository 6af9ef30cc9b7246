/** The passages of a long text as a list: what is heard, what is there, what is to come. */

import { clock } from "../speak/deck.js";
import { t } from "../words/language.js";

/** Events, with the passage as their detail: `play`, `again`, `change` (detail: {passage, text}). */
export class PassagesView extends EventTarget {
  #section;
  #list;
  #template;
  #reading;
  #playing = null;

  constructor(root, reading) {
    super();
    this.#section = root.querySelector("#passages");
    this.#list = root.querySelector("#passage-list");
    this.#template = document.getElementById("passage");
    this.#reading = reading;
    reading.addEventListener("list", () => this.#fill());
    reading.addEventListener("change", ({ detail }) => this.#show(detail));
    this.#list.addEventListener("click", ({ target }) => this.#click(target.closest("button")));
    this.#list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.tagName !== "TEXTAREA") return;
      event.stopPropagation();
      this.#close(event.target.closest("li"));
    });
    this.#fill();
  }

  /** `utterance` is heard now, or none is. */
  mark(utterance) {
    this.#playing = utterance;
    for (const passage of this.#reading.passages) this.#show(passage);
  }

  #fill() {
    const { passages, long } = this.#reading;
    this.#section.hidden = !long;
    this.#list.replaceChildren(...(long ? passages.map(() => this.#template.content.firstElementChild.cloneNode(true)) : []));
    if (long) for (const passage of passages) this.#show(passage);
  }

  #item(passage) {
    return this.#list.children[this.#reading.passages.indexOf(passage)] ?? null;
  }

  #show(passage) {
    const item = this.#item(passage);
    if (item === null) return;
    const on = passage.utterance !== null && passage.utterance === this.#playing;
    item.dataset.state = passage.state;
    item.classList.toggle("on", on);
    const words = item.querySelector(".words");
    if (words.textContent !== passage.text) words.textContent = passage.text;
    const number = this.#reading.passages.indexOf(passage) + 1;
    const play = item.querySelector("[data-do=play]");
    play.classList.toggle("on", on);
    play.setAttribute("aria-label", on ? t("Stop passage {number}", { number }) : t("Play from passage {number}", { number }));
    item.querySelector("[data-do=edit]").setAttribute("aria-label", t("Edit passage {number}", { number }));
    item.querySelector("[data-do=again]").setAttribute("aria-label", t("Redo passage {number}", { number }));
    item.querySelector("[data-do=again]").disabled = passage.state === "coming";
    const state = { new: "", coming: on ? t("speaking") : t("preparing"), failed: t("failed") }[passage.state];
    item.querySelector(".figures").textContent = state ?? clock(passage.utterance.duration);
  }

  #click(button) {
    const item = button?.closest("li");
    const passage = this.#reading.passages[[...this.#list.children].indexOf(item)];
    if (!passage) return;
    const what = button.dataset.do;
    if (what === "edit") this.#edit(item, passage);
    else if (what === "keep") this.#keep(item, passage);
    else this.dispatchEvent(new CustomEvent(what, { detail: passage }));
  }

  #edit(item, passage) {
    const area = item.querySelector("textarea");
    if (!area.hidden) return this.#close(item);
    area.value = passage.text;
    area.hidden = item.querySelector("[data-do=keep]").hidden = false;
    item.querySelector(".words").hidden = true;
    area.focus();
  }

  #keep(item, passage) {
    const text = item.querySelector("textarea").value.trim();
    this.#close(item);
    if (text !== passage.text) this.dispatchEvent(new CustomEvent("change", { detail: { passage, text } }));
  }

  #close(item) {
    item.querySelector("textarea").hidden = item.querySelector("[data-do=keep]").hidden = true;
    item.querySelector(".words").hidden = false;
    item.querySelector("[data-do=edit]").focus();
  }
}

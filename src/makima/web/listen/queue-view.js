/** The recordings as a list, each with how far it is, its text, and files of that. */

import { download } from "../audio/wav.js";
import { copyOnPress } from "../parts/copy.js";
import { clock } from "../speak/deck.js";
import { inOneLine } from "../words/errors.js";
import { t } from "../words/language.js";
import { FORMATS, wordsOf } from "./transcript-files.js";

export class QueueView {
  #queue;
  #section;
  #list;
  #template = document.getElementById("queue-item");
  #elements = new Map(); // by item id

  constructor(root, queue) {
    this.#queue = queue;
    this.#section = root.querySelector("#queue");
    this.#list = root.querySelector("#queue-list");
    queue.addEventListener("added", ({ detail }) => this.#add(detail));
    queue.addEventListener("changed", ({ detail }) => this.#show(detail));
    queue.addEventListener("removed", ({ detail }) => {
      this.#elements.get(detail.id)?.remove();
      this.#elements.delete(detail.id);
      this.#section.hidden = this.#elements.size === 0;
    });
  }

  #add(item) {
    const element = this.#template.content.firstElementChild.cloneNode(true);
    element.querySelector(".item-name").textContent = item.name;
    for (const button of element.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.textContent}: ${item.name}`);
    }
    element.addEventListener("click", ({ target }) => this.#do(target.closest("button")?.dataset.do, item));
    copyOnPress(element.querySelector("[data-do=copy]"), () => textOf(item));
    this.#elements.set(item.id, element);
    this.#list.append(element);
    this.#section.hidden = false;
    this.#show(item);
  }

  #show(item) {
    const element = this.#elements.get(item.id);
    const { state, durationS, entries, error } = item;
    element.dataset.state = state;
    const heardS = (entries.at(-1)?.endMs ?? 0) / 1000;
    const bar = element.querySelector("progress");
    bar.hidden = state !== "hearing";
    if (durationS !== null && heardS > 0) bar.value = Math.min(1, heardS / durationS);
    else bar.removeAttribute("value");
    const far = durationS === null ? clock(heardS) : `${clock(heardS)} / ${clock(durationS)}`;
    const words = {
      waiting: t("waiting"),
      hearing: `${t("transcribing")} ${far}`,
      done: durationS === null ? t("done") : `${t("done")} · ${clock(durationS)}`,
      failed: t("failed"),
    }[state];
    const place = element.querySelector(".item-state");
    if (place.textContent !== words) place.textContent = words;
    const nothing = state === "done" && entries.length === 0 ? t("No words were understood in it.") : "";
    element.querySelector(".item-text").textContent = textOf(item) || nothing;
    const problem = element.querySelector(".field-problem");
    problem.hidden = error === null;
    problem.textContent = error === null ? "" : inOneLine(error);
    for (const button of element.querySelectorAll(".doings button")) {
      button.hidden = button.dataset.do === "again" ? state !== "failed" : entries.length === 0;
    }
  }

  #do(what, item) {
    if (what === "remove") this.#queue.remove(item);
    else if (what === "again") this.#queue.again(item);
    else if (what in FORMATS) {
      const { extension, type, write } = FORMATS[what];
      download(new Blob([write(item.entries)], { type }), `${item.name.replace(/\.[^.]+$/, "")}.${extension}`);
    }
  }
}

const textOf = ({ entries }) => entries.map(wordsOf).filter(Boolean).join(" ");

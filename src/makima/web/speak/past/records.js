/** The list of past utterances. */

import { clock } from "../deck.js";
import { interfaceLanguage, t } from "../../words/language.js";
import { Utterance } from "../utterance.js";

const BARS = 40;
const inWords = (at, parts) => new Intl.DateTimeFormat(interfaceLanguage(), parts).format(at);
const TIME = { hour: "numeric", minute: "2-digit" };
const DAY = { day: "numeric", month: "short" };

/** Events: `play`, `edit`, `download` (detail: the utterance), `clear`. */
export class Records extends EventTarget {
  #list;
  #section;
  #template;
  #clear;
  #items = new Map(); // by id: {element, utterance}, so that the focus stays where it is when the list changes

  constructor(root) {
    super();
    this.#section = root.querySelector(".history");
    this.#list = root.querySelector("#records");
    this.#clear = root.querySelector("#clear");
    this.#template = document.getElementById("record");
    this.#clear.addEventListener("click", () => this.#askedToClear());
    this.#clear.addEventListener("blur", () => this.#disarm());
  }

  /** `records` newest first; `playing` is the id of what is heard now. */
  show(records, playing) {
    const kept = new Set(records.map(({ id }) => id));
    for (const [id, { element }] of this.#items) {
      if (kept.has(id)) continue;
      element.remove();
      this.#items.delete(id);
    }
    records.forEach((record, at) => {
      const item = this.#items.get(record.id) ?? this.#add(record);
      const there = this.#list.children[at] ?? null;
      if (there !== item.element) this.#list.insertBefore(item.element, there);
    });
    this.#section.hidden = records.length === 0;
    this.mark(playing);
  }

  mark(playing) {
    for (const [id, { element, utterance }] of this.#items) {
      const button = element.querySelector(".play");
      button.classList.toggle("on", id === playing);
      button.setAttribute("aria-label", `${id === playing ? t("Stop") : t("Play")}: ${utterance.text}`);
    }
  }

  #add(record) {
    const element = this.#template.content.firstElementChild.cloneNode(true);
    const utterance = Utterance.restore(record);
    element.querySelector(".words").textContent = record.text;
    element.querySelector(".words").lang = "";
    const at = new Date(record.at);
    const when = at.toDateString() === new Date().toDateString() ? inWords(at, TIME) : inWords(at, DAY);
    const { voice = record.voice, language = record.language } = record.told ?? {};
    const facts = [when, voice, language && t(language), clock(utterance.duration)];
    if (record.state !== "complete") facts.push(t("cut short"));
    element.querySelector(".figures").textContent = facts.filter(Boolean).join(" · ");
    element.addEventListener("click", (event) => {
      const what = event.target.closest("button")?.dataset.do;
      if (what) this.dispatchEvent(new CustomEvent(what, { detail: utterance }));
    });
    this.#items.set(record.id, { element, utterance });
    drawOutline(element.querySelector("svg"), utterance);
    return this.#items.get(record.id);
  }

  #askedToClear() {
    if (this.#clear.dataset.armed === undefined) {
      this.#clear.dataset.armed = "";
      this.#clear.textContent = t("Clear all?");
      return;
    }
    this.#disarm();
    this.dispatchEvent(new Event("clear"));
  }

  #disarm() {
    delete this.#clear.dataset.armed;
    this.#clear.textContent = t("Clear");
  }
}

function drawOutline(svg, utterance) {
  const heights = utterance.outline(BARS);
  const most = Math.max(...heights, 0.01);
  const bars = heights.map((height, i) => {
    const tall = Math.max(1, Math.round((height / most) * 15));
    return `M${4 * i + 1} ${16 - tall}v${2 * tall}`;
  });
  svg.querySelector("path").setAttribute("d", bars.join(""));
}

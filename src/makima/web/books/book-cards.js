/** The books there are, each on a card. */

import { msg, t } from "../words/language.js";
import { address } from "./jobs-api.js";

const ASKS = msg("Really delete?");
const STATES = {
  queued: msg("Waits for its turn"),
  running: msg("Is being spoken"),
  encoding: msg("The file is being written"),
  paused: msg("Paused"),
  done: msg("Ready"),
  failed: msg("Stopped by an error"),
  cancelled: msg("Cancelled"),
};

/** Events: `pause`, `resume`, `delete`, `open` (detail: the job's id). */
export class BookCards extends EventTarget {
  #list;
  #none;
  #template;
  #jobs = new Map();
  #voices = new Map();

  constructor(root) {
    super();
    this.#list = root.querySelector("#book-list");
    this.#none = root.querySelector("#no-books");
    this.#template = document.getElementById("book-card");
    this.#list.addEventListener("click", (event) => this.#click(event));
    this.#list.addEventListener("focusout", (event) => disarm(event.target));
    this.#list.addEventListener("toggle", (event) => this.#toggled(event), true);
  }

  get jobs() {
    return [...this.#jobs.values()];
  }

  /** The names of voices, by their id. */
  set voices(names) {
    this.#voices = names;
  }

  /** Show these and no others, in this order. */
  show(jobs) {
    const ids = new Set(jobs.map(({ id }) => id));
    for (const id of this.#jobs.keys()) if (!ids.has(id)) this.drop(id);
    for (const job of jobs) this.update(job);
    const shown = [...this.#list.children].map(({ dataset }) => dataset.id);
    // Not every time, as a card that is moved loses the focus.
    if (jobs.some(({ id }, at) => id !== shown[at])) this.#list.append(...jobs.map(({ id }) => this.#card(id)));
    this.#none.hidden = this.#jobs.size > 0;
  }

  /** Show what a job has come to. One that is older than what is shown is left out. */
  update(job) {
    const known = this.#jobs.get(job.id);
    if (known && known.revision > job.revision) return;
    const chapters = job.chapters ?? known?.chapters;
    this.#jobs.set(job.id, { ...job, chapters });
    let card = this.#card(job.id);
    if (!card) {
      card = this.#template.content.firstElementChild.cloneNode(true);
      card.dataset.id = job.id;
      this.#list.prepend(card);
    }
    this.#none.hidden = true;
    fill(card, this.#jobs.get(job.id), this.#voices.get(job.voice) ?? job.voice);
  }

  drop(id) {
    this.#jobs.delete(id);
    this.#card(id)?.remove();
    this.#none.hidden = this.#jobs.size > 0;
  }

  /** Put the focus on a book's card. */
  focus(id) {
    this.#card(id)?.querySelector("h3")?.focus();
  }

  #card(id) {
    return this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  #toggled({ target }) {
    const id = target.closest("li").dataset.id;
    if (target.open) this.dispatchEvent(new CustomEvent("open", { detail: id }));
  }

  #click(event) {
    const button = event.target.closest("button");
    const card = button?.closest("li");
    if (!card) return;
    if (button.dataset.do === "delete" && button.dataset.armed === undefined) {
      button.dataset.armed = "";
      button.textContent = t(ASKS);
      name(button, card);
      return;
    }
    this.dispatchEvent(new CustomEvent(button.dataset.do, { detail: card.dataset.id }));
  }
}

function fill(card, job, voice) {
  const part = (selector) => card.querySelector(selector);
  const state = STATES[job.state] ? t(STATES[job.state]) : job.state;
  part("h3").textContent = job.title;
  const how = [job.author, voice, job.language && t(job.language), job.format.toUpperCase()];
  part(".by").textContent = how.filter(Boolean).join(" · ");
  part(".what").textContent = state;
  card.dataset.state = job.state;
  part(".left").textContent = figures(job);
  const bar = part("progress");
  bar.hidden = job.state === "done" || job.state === "cancelled";
  bar.value = job.state === "encoding" ? job.encoded : job.charactersDone / job.characters;
  bar.setAttribute("aria-label", `${job.title}: ${state}`);
  part(".field-problem").hidden = !job.reason;
  if (part(".field-problem").textContent !== (job.reason ?? "")) part(".field-problem").textContent = job.reason ?? "";
  const focused = document.activeElement;
  part("[data-do=pause]").hidden = !["queued", "running", "encoding"].includes(job.state);
  part("[data-do=resume]").hidden = !["paused", "failed"].includes(job.state);
  // What had the focus may have gone: the keyboard goes on with what took its place.
  if (focused.hidden && card.contains(focused)) part(".doings :is(a, button):not([hidden])").focus();
  for (const link of card.querySelectorAll("a")) offer(link, job);
  for (const button of card.querySelectorAll("button")) name(button, card);
  if (job.chapters) part(".book-chapters").replaceChildren(...job.chapters.map((each) => chapter(each)));
}

function offer(link, { files, format, title }) {
  const path = files[link.dataset.file === "book" ? `book.${format}` : link.dataset.file];
  link.hidden = !path;
  if (!path) return;
  link.href = address(path);
  link.download = "";
  link.setAttribute("aria-label", `${link.textContent}: ${title}`);
}

/** Every card has buttons of the same words: to those who cannot see which card, they are told apart. */
function name(button, card) {
  button.setAttribute("aria-label", `${button.textContent}: ${card.querySelector("h3").textContent}`);
}

function figures(job) {
  if (job.state === "done") return clock(job.audioSeconds);
  if (job.state === "cancelled") return "";
  if (job.state === "encoding") return `${Math.floor(100 * job.encoded)} %`;
  const percent = `${Math.floor((100 * job.charactersDone) / job.characters)} %`;
  const all = job.audioTotalSeconds;
  const sound = all ? t("{done} of about {all}", { done: clock(job.audioSeconds), all: clock(all) }) : "";
  const left = job.state === "running" && job.leftSeconds ? t("ready in {time}", { time: clock(job.leftSeconds) }) : "";
  return [percent, sound, left].filter(Boolean).join(" · ");
}

function chapter({ title, characters, charactersDone, startSeconds, audioSeconds }) {
  const item = document.createElement("li");
  const done = charactersDone === characters;
  item.dataset.done = done;
  const at = done && startSeconds !== null ? clock(startSeconds) : charactersDone ? t("now") : "";
  const time = Object.assign(document.createElement("span"), { className: "figures", textContent: at });
  const name = Object.assign(document.createElement("span"), { textContent: title });
  const length = Object.assign(document.createElement("span"), {
    className: "figures",
    textContent: audioSeconds ? clock(audioSeconds) : "",
  });
  item.append(time, name, length);
  return item;
}

/** 75 s as 1:15, and from an hour on with hours. */
function clock(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const [, minutes, rest] = parts.map((each) => String(each).padStart(2, "0"));
  return parts[0] ? `${parts[0]}:${minutes}:${rest}` : `${parts[1]}:${rest}`;
}

function disarm(button) {
  if (button.dataset?.armed === undefined) return;
  delete button.dataset.armed;
  button.textContent = t("Delete");
  name(button, button.closest("li"));
}

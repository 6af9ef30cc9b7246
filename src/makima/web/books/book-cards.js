/** The books there are, each on a card. */

import { address } from "./jobs-api.js";

const ASKS = "Delete for good?";
const STATES = {
  queued: "Waiting for its turn",
  running: "Speaking",
  encoding: "Writing the file",
  paused: "Paused",
  done: "Ready",
  failed: "Stopped by an error",
  cancelled: "Cancelled",
};

/** Events: `pause`, `resume`, `delete`, `open` (detail: the job's id). */
export class BookCards extends EventTarget {
  #list;
  #none;
  #template;
  #jobs = new Map();

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
    fill(card, this.#jobs.get(job.id));
  }

  drop(id) {
    this.#jobs.delete(id);
    this.#card(id)?.remove();
    this.#none.hidden = this.#jobs.size > 0;
  }

  /** Put the focus on a book's card. */
  focus(id) {
    this.#card(id)?.querySelector("summary")?.focus();
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
      button.textContent = ASKS;
      return;
    }
    this.dispatchEvent(new CustomEvent(button.dataset.do, { detail: card.dataset.id }));
  }
}

function fill(card, job) {
  const part = (selector) => card.querySelector(selector);
  part("h3").textContent = job.title;
  const how = [job.author, job.voice, job.language, job.format.toUpperCase()];
  part(".by").textContent = how.filter(Boolean).join(" · ");
  part(".what").textContent = STATES[job.state] ?? job.state;
  card.dataset.state = job.state;
  part(".left").textContent = figures(job);
  const over = job.state === "done" || job.state === "cancelled";
  const bar = part("progress");
  bar.hidden = over;
  bar.value = job.state === "encoding" ? job.encoded : job.charactersDone / job.characters;
  bar.setAttribute("aria-label", `${job.title}: ${STATES[job.state]}`);
  part(".problem").hidden = !job.reason;
  part(".problem").textContent = job.reason ?? "";
  part("[data-do=pause]").hidden = !["queued", "running", "encoding"].includes(job.state);
  part("[data-do=resume]").hidden = !["paused", "failed"].includes(job.state);
  for (const link of card.querySelectorAll("a")) {
    const name = link.dataset.file === "book" ? `book.${job.format}` : link.dataset.file;
    link.hidden = !job.files[name];
    if (job.files[name]) link.href = address(job.files[name]);
    link.setAttribute("aria-label", `${link.textContent}: ${job.title}`);
    link.download = "";
  }
  for (const button of card.querySelectorAll("button")) {
    if (button.dataset.armed === undefined) button.setAttribute("aria-label", `${button.textContent}: ${job.title}`);
  }
  if (job.chapters) part(".book-chapters").replaceChildren(...job.chapters.map((each) => chapter(each)));
}

function figures(job) {
  if (job.state === "done") return clock(job.audioSeconds);
  if (job.state === "cancelled") return "";
  if (job.state === "encoding") return `${Math.floor(100 * job.encoded)} %`;
  const percent = `${Math.floor((100 * job.charactersDone) / job.characters)} %`;
  const sound = job.audioTotalSeconds ? `${clock(job.audioSeconds)} of about ${clock(job.audioTotalSeconds)}` : "";
  const left = job.state === "running" && job.leftSeconds ? `${clock(job.leftSeconds)} left` : "";
  return [percent, sound, left].filter(Boolean).join(" · ");
}

function chapter({ title, characters, charactersDone, startSeconds, audioSeconds }) {
  const item = document.createElement("li");
  const done = charactersDone === characters;
  item.dataset.done = done;
  const at = done && startSeconds !== null ? clock(startSeconds) : charactersDone ? "now" : "";
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
  button.textContent = "Delete";
}

/** The Books page: a file goes in, and a book with chapters comes out, spoken in the background. */

import { Access } from "../shell/access.js";
import { voices } from "../shell/api.js";
import { remember, remembered } from "../shell/settings.js";
import { BookCards } from "./book-cards.js";
import { follow, job, jobs, make, move, remove } from "./jobs-api.js";

const FOLLOWED = 3; // browsers open six connections to a server, and the other pages need some
const REFRESH_MS = 10_000;
const ACTIVE = ["queued", "running", "encoding"];
const LANGUAGES = [
  "Chinese", "English", "French", "German", "Italian", "Japanese", "Korean", "Portuguese", "Russian", "Spanish",
];
const SUFFIXES = /\.(epub|pdf|md|markdown|mdown|txt|text|html?|xhtml)$/i;

/** @param {HTMLElement} root */
export function mount(root) {
  const page = new BooksPage(root);
  page.start();
  return { state: () => page.state };
}

class BooksPage {
  #parts;
  #cards;
  #access;
  #file = null;
  #sending = false;
  #followed = new Map();
  #state = "connecting";

  constructor(root) {
    const ids = [
      "books-notice", "books-problem", "book-form", "choose-book", "book-file", "book-name", "book-voice",
      "book-language", "book-format", "book-speed", "make-book", "book-upload", "book-upload-words", "book-upload-bar",
    ];
    this.#parts = Object.fromEntries(ids.map((id) => [id, root.querySelector(`#${id}`)]));
    this.#cards = new BookCards(root);
    this.#access = new Access(root, () => this.#unlocked());
    this.#listen();
  }

  get state() {
    return this.#state;
  }

  async start() {
    this.#offerLanguages();
    await this.#offerVoices();
    await this.#refresh();
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  #listen() {
    const parts = this.#parts;
    parts["choose-book"].addEventListener("click", () => parts["book-file"].click());
    parts["book-file"].addEventListener("change", () => this.#take(parts["book-file"].files[0]));
    parts["book-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    for (const name of ["voice", "format", "speed"]) {
      const select = parts[`book-${name}`];
      const before = remembered(`book-${name}`);
      if (before && [...select.options].some(({ value }) => value === before)) select.value = before;
      select.addEventListener("change", () => remember(`book-${name}`, select.value));
    }
    const form = parts["book-form"];
    // A file that misses the form must not replace the page.
    for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
    window.addEventListener("dragover", () => form.classList.add("over"));
    for (const name of ["dragleave", "drop"]) window.addEventListener(name, () => form.classList.remove("over"));
    window.addEventListener("drop", (event) => this.#take(event.dataTransfer.files[0]));
    this.#cards.addEventListener("pause", ({ detail }) => this.#move(detail, "pause"));
    this.#cards.addEventListener("resume", ({ detail }) => this.#move(detail, "resume"));
    this.#cards.addEventListener("delete", ({ detail }) => this.#delete(detail));
    this.#cards.addEventListener("open", ({ detail }) => this.#describe(detail));
  }

  #unlocked() {
    this.#access.hide();
    this.#fine();
    this.#offerVoices();
    this.#refresh();
  }

  #offerLanguages() {
    const options = [["", "The book's own"], ...LANGUAGES.map((name) => [name, name]), ["Auto", "Auto, by sentence"]];
    this.#parts["book-language"].replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  }

  async #offerVoices() {
    try {
      const known = await voices();
      const chosen = remembered("book-voice") ?? remembered("voice");
      const kept = known.find(({ id }) => id === chosen) ?? known.find(({ isDefault }) => isDefault) ?? known[0];
      const options = known.map(({ id, name }) => new Option(name, id, false, id === kept?.id));
      this.#parts["book-voice"].replaceChildren(...options);
    } catch {
      // The list of books, which is asked for next, says what is wrong.
    }
  }

  async #refresh() {
    try {
      this.#cards.show(await jobs());
      if (this.#state !== "ready") this.#fine();
      this.#state = "ready";
    } catch (error) {
      this.#state = "error";
      this.#problem(error);
      return;
    }
    this.#followSome();
  }

  /** Follow those that are worked on, first of all. */
  #followSome() {
    const active = this.#cards.jobs.filter(({ state }) => ACTIVE.includes(state));
    active.sort((a, b) => (a.state === "queued") - (b.state === "queued"));
    for (const { id } of active) {
      if (this.#followed.has(id) || this.#followed.size >= FOLLOWED) continue;
      const control = new AbortController();
      this.#followed.set(id, control);
      const news = (found) => (found === null ? this.#cards.drop(id) : this.#cards.update(found));
      follow(id, news, control.signal).finally(() => {
        this.#followed.delete(id);
        this.#followSome();
      });
    }
  }

  #take(file) {
    if (!file || this.#sending) return;
    this.#fine();
    const known = SUFFIXES.test(file.name);
    this.#file = known ? file : null;
    this.#parts["make-book"].disabled = !known;
    this.#parts["book-name"].textContent = known ? `${file.name}, ${size(file.size)}` : "";
    if (!known) this.#problem({ message: `${file.name} is none of EPUB, PDF, Markdown, text and HTML.` });
    else this.#parts["make-book"].focus();
  }

  async #send() {
    const parts = this.#parts;
    if (!this.#file || this.#sending) return;
    this.#fine();
    const form = new FormData();
    for (const name of ["voice", "language", "format", "speed"]) form.append(name, parts[`book-${name}`].value);
    form.append("file", this.#file);
    this.#sending = true;
    parts["make-book"].disabled = true;
    parts["book-upload"].hidden = false;
    try {
      const made = await make(form, (share) => this.#sent(share));
      this.#cards.update(made);
      this.#cards.focus(made.id);
      this.#file = null;
      parts["book-file"].value = "";
      parts["book-name"].textContent = "Or drop it here: EPUB, PDF, Markdown, text or HTML.";
      this.#followSome();
    } catch (error) {
      this.#problem(error);
      parts["make-book"].disabled = false;
    }
    this.#sending = false;
    parts["book-upload"].hidden = true;
  }

  #sent(share) {
    const whole = share >= 1;
    this.#parts["book-upload-words"].textContent = whole ? "Reading it" : `Sending, ${Math.floor(100 * share)} %`;
    if (whole) this.#parts["book-upload-bar"].removeAttribute("value");
    else this.#parts["book-upload-bar"].value = share;
  }

  async #move(id, what) {
    this.#fine();
    try {
      this.#cards.update(await move(id, what));
      this.#followSome();
    } catch (error) {
      this.#problem(error);
    }
  }

  async #delete(id) {
    this.#fine();
    try {
      await remove(id);
      this.#followed.get(id)?.abort();
      this.#cards.drop(id);
      this.#parts["choose-book"].focus();
    } catch (error) {
      this.#problem(error);
    }
  }

  async #describe(id) {
    try {
      this.#cards.update(await job(id));
    } catch (error) {
      this.#problem(error);
    }
  }

  #problem(error) {
    this.#parts["books-problem"].textContent = error.message || "The server cannot be reached.";
    this.#parts["books-notice"].dataset.kind = "error";
    this.#parts["books-notice"].hidden = false;
    if (error.code === "UNAUTHORIZED") this.#access.ask();
  }

  #fine() {
    this.#parts["books-notice"].hidden = true;
    this.#parts["books-problem"].replaceChildren();
  }
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

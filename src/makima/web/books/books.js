/** The Books page: a file goes in, and a book with chapters comes out, spoken in the background. */

import { Access } from "../shell/access.js";
import { asked } from "../shell/api.js";
import { remember, remembered } from "../shell/settings.js";
import { inWords } from "../words/errors.js";
import { msg, t } from "../words/language.js";
import { BookCards } from "./book-cards.js";
import { follow, job, jobs, make, move, remove } from "./jobs-api.js";

const FOLLOWED = 3; // browsers open six connections to a server, and the other pages need some
const REFRESH_MS = 10_000;
const ACTIVE = ["queued", "running", "encoding"];
const TAKEN = msg("EPUB, PDF, Markdown, text or HTML. It goes to this server and stays there until you delete it.");
const SUFFIXES = /\.(epub|pdf|md|markdown|mdown|txt|text|html?|xhtml)$/i;

/** @param {HTMLElement} root */
export function mount(root) {
  const page = new BooksPage(root);
  page.start();
  return { player: { counters: () => ({}) }, state: () => page.state };
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
      "books-notice", "books-problem", "book-form", "choose-book", "book-file", "book-name", "book-about", "book-voice",
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
    await this.#offerChoices();
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
    for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
      // Anywhere on the page: a file that misses the form would else be opened by the browser.
      document.addEventListener(type, (event) => {
        if (![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        parts["book-form"].classList.toggle("over", type === "dragenter" || type === "dragover");
        if (type === "drop") this.#take(event.dataTransfer.files[0]);
      });
    }
    this.#cards.addEventListener("pause", ({ detail }) => this.#move(detail, "pause"));
    this.#cards.addEventListener("resume", ({ detail }) => this.#move(detail, "resume"));
    this.#cards.addEventListener("delete", ({ detail }) => this.#delete(detail));
    this.#cards.addEventListener("open", ({ detail }) => this.#describe(detail));
  }

  #unlocked() {
    this.#access.hide();
    this.#fine();
    this.#offerChoices();
    this.#refresh();
  }

  /** The voices and languages that the engine has. */
  async #offerChoices() {
    try {
      const { voices } = await (await asked("/api/v1/voices")).json();
      const chosen = remembered("book-voice") ?? remembered("voice");
      const kept = voices.find(({ id }) => id === chosen) ?? voices.find(({ isDefault }) => isDefault) ?? voices[0];
      this.#cards.voices = new Map(voices.map(({ id, name }) => [id, name]));
      const options = voices.map(({ id, name }) => new Option(name, id, false, id === kept?.id));
      this.#parts["book-voice"].replaceChildren(...options);
      const spoken = new Set(voices.flatMap(({ languages }) => languages));
      spoken.delete("Auto");
      const named = [["", t("As the book says")], ...[...spoken].map((name) => [name, t(name)]), ["Auto", t("Auto, by sentence")]];
      this.#parts["book-language"].replaceChildren(...named.map(([value, text]) => new Option(text, value)));
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
    if (SUFFIXES.test(file.name)) {
      this.#choose(file);
      return this.#parts["make-book"].focus();
    }
    this.#choose(null);
    this.#problem({ code: "INVALID_DOCUMENT", message: t("{name} is of another kind.", { name: file.name }) });
  }

  /** Show which file is to be spoken, or that there is none. */
  #choose(file) {
    const parts = this.#parts;
    this.#file = file;
    parts["book-file"].value = ""; // so that the same file may be chosen again
    parts["book-name"].textContent = file?.name ?? t("Drop a book here");
    parts["book-about"].textContent = file ? size(file.size) : t(TAKEN);
    parts["choose-book"].textContent = file ? t("Choose another file") : t("Choose a file");
    parts["choose-book"].classList.toggle("primary", !file);
    parts["make-book"].classList.toggle("primary", Boolean(file));
    parts["make-book"].disabled = !file;
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
      this.#choose(null);
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
    this.#parts["book-upload-words"].textContent = whole
      ? t("The book is being read")
      : t("Sending, {percent} %", { percent: Math.floor(100 * share) });
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
    if (error.code === "UNAUTHORIZED") return this.#access.ask();
    const { title, detail, remedy } = inWords(error);
    const heading = Object.assign(document.createElement("strong"), { textContent: title });
    this.#parts["books-problem"].replaceChildren(heading, " ", [detail, detail ? "" : remedy].filter(Boolean).join(" "));
    this.#parts["books-notice"].hidden = false;
  }

  #fine() {
    this.#parts["books-notice"].hidden = true;
    this.#parts["books-problem"].replaceChildren();
  }
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

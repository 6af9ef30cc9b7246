/** Shows a transcript: what is settled firm, what is not quiet, each speaker in a colour, replies as they come. */

import { clock } from "../speak/deck.js";
import { nameOf } from "./transcript-files.js";

const COLOURS = 6;
const NEAR_END_PX = 80;

export class TranscriptView {
  #list;
  #partial;
  #empty;
  #template;
  #items = new Map(); // by entry id
  #colours = new Map(); // by speaker, in the order in which they first spoke
  #transcript;

  constructor(root, transcript) {
    this.#transcript = transcript;
    this.#list = root.querySelector("#said-list");
    this.#partial = root.querySelector("#partial");
    this.#empty = root.querySelector("#said-nothing");
    this.#template = document.getElementById("said-entry");
    transcript.addEventListener("added", ({ detail }) => this.#following(() => this.#add(detail)));
    transcript.addEventListener("changed", ({ detail }) => this.#following(() => this.#fill(detail)));
    transcript.addEventListener("removed", ({ detail }) => this.#remove(detail));
    transcript.addEventListener("partial", ({ detail }) => this.#following(() => this.#showPartial(detail)));
    transcript.addEventListener("cleared", () => this.#clear());
  }

  #add(entry) {
    const item = this.#template.content.cloneNode(true).firstElementChild;
    this.#items.set(entry.id, item);
    item.dataset.kind = entry.kind;
    // A reply can be heard: it need not be read out as well.
    if (entry.kind === "reply") item.setAttribute("aria-live", "off");
    this.#fill(entry);
    const next = this.#transcript.entries[this.#transcript.entries.indexOf(entry) + 1];
    this.#list.insertBefore(item, this.#items.get(next?.id) ?? null);
    this.#empty.hidden = true;
  }

  #fill(entry) {
    const item = this.#items.get(entry.id);
    if (!item) return; // cleared away while it was being said
    this.#head(item, entry);
    const words = item.querySelector(".words");
    if (entry.kept === null) {
      words.textContent = entry.text;
    } else {
      const rest = document.createElement("s");
      rest.textContent = entry.text.slice(entry.kept.length);
      words.replaceChildren(entry.kept, rest);
    }
    item.dataset.state = entry.state ?? "";
    const note = item.querySelector(".note");
    note.textContent = entry.note ?? "";
    note.title = entry.more ?? "";
    note.hidden = !entry.note;
  }

  #remove(entry) {
    this.#items.get(entry.id)?.remove();
    this.#items.delete(entry.id);
    this.#empty.hidden = this.#items.size > 0;
  }

  #showPartial(entry) {
    this.#partial.hidden = entry === null;
    if (entry === null) return;
    this.#empty.hidden = true;
    this.#head(this.#partial, entry);
    this.#partial.querySelector(".words").textContent = entry.text;
  }

  #head(element, entry) {
    const who = element.querySelector(".who");
    const name = nameOf(entry);
    who.textContent = name ?? "";
    who.hidden = name === null;
    element.querySelector(".at").textContent = clock(entry.startMs / 1000);
    if (entry.kind === "heard" && name !== null) element.dataset.colour = this.#colour(name);
    else delete element.dataset.colour;
  }

  #colour(speaker) {
    if (!this.#colours.has(speaker)) this.#colours.set(speaker, (this.#colours.size % COLOURS) + 1);
    return this.#colours.get(speaker);
  }

  #clear() {
    this.#items.clear();
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  /** Keep the end in view, unless the person has scrolled back to read. */
  #following(change) {
    const page = document.scrollingElement;
    const near = page.scrollHeight - page.clientHeight - page.scrollTop < NEAR_END_PX;
    change();
    if (near) page.scrollTop = page.scrollHeight;
  }
}

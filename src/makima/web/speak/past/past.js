/** What was spoken before: kept in this browser, shown as a list, heard and saved again. */

import { History } from "./history.js";
import { Records } from "./records.js";

/** Events: `play` and `edit` (detail: the utterance). */
export class Past extends EventTarget {
  #records;
  #history = new History();
  #player;
  #told;

  /** `told(utterance)` gives {voice, language}, by the names that people know. */
  constructor(root, player, told) {
    super();
    this.#records = new Records(root);
    this.#player = player;
    this.#told = told;
    for (const type of ["play", "edit"]) {
      this.#records.addEventListener(type, ({ detail }) => this.dispatchEvent(new CustomEvent(type, { detail })));
    }
    this.#records.addEventListener("download", async ({ detail }) => {
      const { saveAs } = await import("../../reading/sound-files.js");
      saveAs("wav", [detail]);
    });
    this.#records.addEventListener("clear", () => this.#history.clear().then(() => this.#show()));
    player.addEventListener("play", ({ detail: utterance }) => this.#records.mark(utterance.id));
    player.addEventListener("idle", () => this.#records.mark(null));
    this.#history.open().then(() => this.#show());
  }

  has({ id }) {
    return this.#history.records.some((record) => record.id === id);
  }

  add(utterance) {
    this.#history.add({ ...utterance.record(), told: this.#told(utterance) });
    this.#show();
  }

  #show() {
    this.#records.show(this.#history.records, this.#player.source?.id ?? null);
  }
}

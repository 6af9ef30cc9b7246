/** The last ten utterances, kept in this browser alone; in memory where it has no database to give. */

export const KEPT = 10;
const DATABASE = "makima";
const STORE = "utterances";

export class History {
  #database = null;
  #memory = [];

  async open() {
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("at", "at");
      };
      this.#database = await answered(request);
      this.#memory = await answered(this.#store("readonly").index("at").getAll());
      this.#memory.reverse();
    } catch {
      this.#database = null;
    }
  }

  /** Newest first. */
  get records() {
    return this.#memory;
  }

  async add(record) {
    this.#memory = [record, ...this.#memory.filter(({ id }) => id !== record.id)];
    const old = this.#memory.splice(KEPT);
    await this.#write((store) => {
      store.put(record);
      for (const { id } of old) store.delete(id);
    });
  }

  async clear() {
    this.#memory = [];
    await this.#write((store) => store.clear());
  }

  async #write(change) {
    if (this.#database === null) return;
    try {
      const store = this.#store("readwrite");
      change(store);
      await new Promise((resolve, reject) => {
        store.transaction.oncomplete = resolve;
        store.transaction.onabort = () => reject(store.transaction.error);
      });
    } catch {
      // No room, or storage was taken away: this visit still has them.
    }
  }

  #store(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked by another tab"));
  });
}

/** What was said, by whom and when; free of the page, so that it can be tested and exported. */

/**
 * Entries are {id, kind, speaker, text, kept, startMs, endMs}, in the order in which they began. `kind` is `heard` or
 * `reply`; `kept` is null, or what was heard of a reply that was interrupted. Times count from when listening first
 * began. Events: `added`, `changed`, `removed` (detail: the entry), `partial` (detail: an entry that is not settled, or null),
 * `cleared`.
 */
export class Transcript extends EventTarget {
  #entries = [];
  #made = 0;
  #partials = new Map(); // what is not settled yet, by utterance
  #origin = null; // on the clock of the page
  #session = 0; // when the session under way began, on that of the transcript
  #now;

  constructor(now = () => performance.now()) {
    super();
    this.#now = now;
  }

  get entries() {
    return this.#entries;
  }

  /** A listening session begins: its times count from `earlyMs` ago. */
  begin(earlyMs = 0) {
    const began = this.#now() - earlyMs;
    this.#origin ??= began;
    this.#session = began - this.#origin;
  }

  partial(message) {
    if (message.text) this.#partials.set(message.utterance, this.#heard(message));
    this.#tellPartial();
  }

  final(message) {
    this.drop(message.utterance);
    if (message.text) this.#add(this.#heard(message));
  }

  /** The words of this utterance, or of all, will not come to an end. */
  drop(utterance = null) {
    if (utterance === null) this.#partials.clear();
    else this.#partials.delete(utterance);
    this.#tellPartial();
  }

  /** A reply has begun; `update` it with what comes. */
  reply() {
    const startMs = Math.round(this.#now() - (this.#origin ??= this.#now()));
    return this.#add({ kind: "reply", speaker: null, text: "", kept: null, startMs, endMs: startMs });
  }

  /** `changes` are fields of the entry. */
  update(entry, changes) {
    Object.assign(entry, changes);
    if (entry.kind === "reply") entry.endMs = Math.round(this.#now() - this.#origin);
    this.#tell("changed", entry);
  }

  /** Something was typed, by `speaker`, and not said. */
  typed(text, speaker) {
    const atMs = Math.round(this.#now() - (this.#origin ??= this.#now()));
    return this.#add({ kind: "heard", speaker, text, kept: null, startMs: atMs, endMs: atMs });
  }

  /** It came to nothing. */
  remove(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#tell("removed", entry);
  }

  clear() {
    this.#entries = [];
    this.#tell("cleared");
  }

  #tellPartial() {
    this.#tell("partial", [...this.#partials.values()].at(-1) ?? null);
  }

  #heard({ text, startMs, endMs, speaker }) {
    const at = (ms) => Math.round(this.#session + ms);
    return { kind: "heard", speaker: speaker ?? null, text, kept: null, startMs: at(startMs), endMs: at(endMs) };
  }

  #add(fields) {
    const entry = { id: `said-${++this.#made}`, ...fields };
    // Words are known after they were said; a reply may have begun meanwhile.
    const after = this.#entries.findLastIndex((other) => other.startMs <= entry.startMs) + 1;
    this.#entries.splice(after, 0, entry);
    this.#tell("added", entry);
    return entry;
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

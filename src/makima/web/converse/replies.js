/** The speaking half of a conversation: replies come as text and sound, and stop when someone speaks over them. */

import { Connection } from "../client.js";
import { fromBytes } from "../audio/pcm.js";
import { Utterance } from "../speak/utterance.js";

const ADDRESS = "/api/v1/speak";
const LAST = new Set(["complete", "cancelled", "interrupted", "error"]);

/**
 * Events: `state`, `joined`, `ready` (detail: the server's capabilities), `failed` (detail: the error); and with a reply, {id, text,
 * state, kept, latencyMs}, as their detail: `begun`, `text`, `over`. A reply's `state` is `thinking`, `speaking`,
 * `complete`, `interrupted` (also by its listener's own hand) or `failed`; `kept` is what was heard of one that was cut short.
 */
export class Replies extends EventTarget {
  #connection = null;
  #player;
  #choices;
  #replies = new Map(); // those not over yet, by id
  #current = null; // the one whose audio is coming

  /** `choices()` gives the fields of `start` as they are now. */
  constructor(player, choices) {
    super();
    this.#player = player;
    this.#choices = choices;
    this.ready = false;
    /** It takes part: what is said now is answered. */
    this.joined = false;
    player.addEventListener("idle", () => this.#tell("state"));
  }

  get on() {
    return this.#connection !== null;
  }

  get thinking() {
    return [...this.#replies.values()].some(({ state }) => state === "thinking");
  }

  /** A reply can be heard. */
  get speaking() {
    return this.#player.source !== null;
  }

  /** Take part in the conversation. */
  start() {
    if (this.on) return;
    const connection = new Connection(ADDRESS);
    this.#connection = connection;
    connection.addEventListener("message", (event) => this.#receive(event.detail));
    connection.addEventListener("audio", (event) => this.#hear(event.detail));
    connection.addEventListener("state", () => {
      if (connection.state !== "open") this.#lose();
      this.#tell("state");
    });
    connection.retry();
  }

  /** Leave it. */
  stop() {
    // Before the connection says that it is lost: that would be a failure.
    for (const reply of [...this.#replies.values()]) {
      if (reply.text === "") reply.kept = "";
      this.#over(reply, "cancelled");
    }
    this.#connection?.leave();
    this.#connection = null;
    this.#player.stop();
    this.#lose();
  }

  /** Be silent; the conversation goes on. */
  cancel() {
    this.#connection?.send({ type: "cancel" });
    this.#player.stop();
  }

  #hear(buffer) {
    const reply = this.#current;
    if (reply === null) return;
    reply.audio.append(fromBytes(buffer));
    if (reply.state !== "thinking") {
      this.#player.pump();
      return;
    }
    reply.state = "speaking";
    this.#player.play(reply.audio);
    this.#tell("state");
  }

  #receive(message) {
    const reply = this.#replies.get(message.requestId);
    switch (message.type) {
      case "ready":
        this.ready = true;
        this.#connection.send({ type: "start", respond: true, encoding: "pcm16", ...this.#choices() });
        this.#tell("ready", message.capabilities);
        break;
      case "started":
        this.joined = true;
        this.#tell("joined");
        break;
      case "reply":
        this.#grow(message, reply ?? this.#begin(message));
        break;
      case "speaking":
        // It may be held back a while yet.
        this.#current = reply ?? null;
        break;
      case "audio_end":
        if (this.#current !== null) this.#current.audio.ended = true;
        this.#player.pump();
        break;
      case "interrupted":
      case "cancelled":
        if (reply) this.#cut(reply, message);
        break;
      case "replaced":
      case "restored":
        this.#tell("replaced", message.type === "replaced");
        break;
      case "error":
        if (message.code !== "UNAUTHORIZED") this.#tell("failed", message);
        break;
    }
    if (reply && LAST.has(message.type)) this.#over(reply, message.type);
    this.#tell("state");
  }

  #begin({ requestId }) {
    const audio = new Utterance({ text: "", sampleRate: this.#player.sampleRate, typed: true });
    const reply = { id: requestId, text: "", state: "thinking", kept: null, latencyMs: null, audio };
    this.#replies.set(requestId, reply);
    this.#tell("begun", reply);
    return reply;
  }

  #grow({ text, latencyMs }, reply) {
    reply.text += text;
    reply.latencyMs = latencyMs ?? reply.latencyMs;
    this.#tell("text", reply);
  }

  #cut(reply, message) {
    reply.kept = message.text ?? "";
    if (message.type === "cancelled" || this.#player.source !== reply.audio) return;
    // The page knows where its own sound is; the server goes by what it has sent.
    this.#connection.send({ type: "cancel", requestId: reply.id, playedMs: Math.round(this.#player.position * 1000) });
    this.#player.stop();
  }

  #over(reply, how) {
    reply.state = how === "error" ? "failed" : how === "cancelled" ? "interrupted" : how;
    reply.audio.ended = true;
    this.#replies.delete(reply.id);
    if (this.#current === reply) this.#current = null;
    this.#player.pump();
    this.#tell("over", reply);
  }

  #lose() {
    this.ready = this.joined = false;
    for (const reply of [...this.#replies.values()]) this.#over(reply, "error");
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** What the Voices page asks of the server. Failures are the server's `error` messages. */

import { AWAY, asked, json, lines, pieces } from "../shell/api.js";
import { authHeaders } from "../shell/settings.js";

const PATH = "/api/v1/voices";
const DATA = [...new TextEncoder().encode("data")];

const of = (id, what = "") => `${PATH}/${encodeURIComponent(id)}${what}`;

/** {voices, cloning, consentStatement, canSetUpDefault}. */
export const library = async () => (await asked(PATH)).json();

export const remove = (id) => asked(of(id), { method: "DELETE" });

/** The recording that a voice was made from, as a file's bytes. */
export const recording = async (id) => (await asked(of(id, "/reference.wav"))).arrayBuffer();

/** Keep a mix, in the protocol's notation, by a name. */
export const keepMix = async (mix, name) => (await asked(`${PATH}/mixes`, json("POST", { mix, name }))).json();

/** Make a voice. `form` is what goes out; `onProgress` is told the share that has, 0 to 1. */
export function make(form, onProgress) {
  // Not fetch: it does not say how far an upload is.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", PATH);
    for (const [name, value] of Object.entries(authHeaders())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else reject(request.response ?? { message: `The server answered ${request.status}.` });
    });
    request.addEventListener("error", () => reject(AWAY));
    request.send(form);
  });
}

/** Have a voice speak: samples at `sampleRate`, as they come, to `onSamples`. */
export async function preview(id, text, sampleRate, onSamples, signal) {
  const body = JSON.stringify({ sampleRate, ...(text ? { text } : {}) });
  const kind = { "Content-Type": "application/json" };
  const answer = await asked(of(id, "/preview"), { method: "POST", body, signal, headers: kind });
  let rest = new Uint8Array(0);
  let begun = false;
  for await (const piece of pieces(answer.body)) {
    let all = new Uint8Array(rest.length + piece.length);
    all.set(rest);
    all.set(piece, rest.length);
    if (!begun) {
      const at = all.findIndex((_, i) => DATA.every((letter, j) => all[i + j] === letter));
      begun = at >= 0 && all.length >= at + 8;
      if (begun) all = all.slice(at + 8); // behind the chunk's name and size
    }
    const whole = begun ? all.length & ~1 : 0;
    if (whole > 0) onSamples(all.slice(0, whole).buffer);
    rest = all.slice(whole);
  }
}

/** Give the default voice its recording; `onNews` is told {what, progress} on the way. */
export async function setUpDefault(onNews) {
  const answer = await asked(`${PATH}/setup-default`, { method: "POST" });
  for await (const line of lines(answer.body)) {
    const message = JSON.parse(line);
    if (message.type === "error") throw message;
    if (message.type === "complete") return message.voice;
    onNews(message);
  }
  throw AWAY;
}

/** Whether the server's model is loaded. */
export async function isLoaded() {
  const answer = await fetch("/ready").catch(() => null);
  return answer?.status !== 503;
}

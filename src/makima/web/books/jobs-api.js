/** What the Books page asks of the server. Failures are the server's `error` messages. */

import { authToken } from "../shell/settings.js";

const PATH = "/api/v1/jobs";
const AWAY = { code: "AWAY", message: "The server cannot be reached." };
const RETRY_MS = 2_000;

const headers = () => (authToken() ? { Authorization: `Bearer ${authToken()}` } : {});
const of = (id, what = "") => `${PATH}/${encodeURIComponent(id)}${what}`;

/** The jobs there are, the newest first. */
export const jobs = async () => (await (await asked(PATH)).json()).jobs;

/** One of them, with its chapters. */
export const job = async (id) => (await asked(of(id))).json();

/** `pause` or `resume` it; the job as it is then. */
export const move = async (id, what) => (await asked(of(id, `/${what}`), { method: "POST" })).json();

export const remove = (id) => asked(of(id), { method: "DELETE" });

/** The address of a file, with the token in it where there is one: a link cannot send it as a header. */
export function address(path) {
  return authToken() ? `${path}?access_token=${encodeURIComponent(authToken())}` : path;
}

/** Have a book spoken. `form` is what goes out; `onProgress` is told the share that has, 0 to 1. */
export function make(form, onProgress) {
  // Not fetch: it does not say how far an upload is.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", PATH);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
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

/**
 * Follow a job until it is over or `signal` aborts: `onJob` is told it whenever it has changed, and null once it is deleted.
 * Not EventSource, which cannot send a token as a header.
 */
export async function follow(id, onJob, signal) {
  let last = "";
  while (!signal.aborted) {
    try {
      const answer = await fetch(of(id, "/events"), {
        headers: { ...headers(), ...(last ? { "Last-Event-ID": last } : {}) },
        signal,
      });
      if (answer.status === 204) return;
      if (answer.status === 404) return onJob(null);
      if (!answer.ok) throw AWAY;
      for await (const event of events(answer.body)) {
        last = event.id;
        onJob(event.name === "deleted" ? null : event.data);
        if (["done", "cancelled", "deleted"].includes(event.name)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    await new Promise((resume) => setTimeout(resume, RETRY_MS));
  }
}

async function* events(stream) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of pieces(stream)) {
    text += decoder.decode(piece, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields.data) yield { name: fields.event, id: fields.id, data: JSON.parse(fields.data) };
    }
  }
}

async function asked(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { ...headers(), ...options.headers } });
  } catch {
    throw AWAY;
  }
  if (answer.ok) return answer;
  throw await answer.json().catch(() => ({ message: `${path} answered ${answer.status}.` }));
}

/** Not `for await` over the stream itself, which Safari lacks. */
async function* pieces(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

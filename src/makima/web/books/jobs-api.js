/** What the Books page asks of the server. Failures are the server's `error` messages. */

import { asked, AWAY, lines } from "../shell/api.js";
import { authHeaders, authToken } from "../shell/settings.js";

const PATH = "/api/v1/jobs";
const RETRY_MS = 2_000;
const ENDED = ["done", "cancelled", "deleted"];

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
    for (const [name, value] of Object.entries(authHeaders())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else reject({ ...request.response, ...(request.status === 401 ? { code: "UNAUTHORIZED" } : {}) });
    });
    request.addEventListener("error", () => reject(AWAY));
    request.send(form);
  });
}

/**
 * Follow a job until it has ended or `signal` aborts: `onJob` is told it whenever it has changed, and null once it is
 * deleted. Not EventSource, which cannot send a token as a header.
 */
export async function follow(id, onJob, signal) {
  let last = "";
  while (!signal.aborted) {
    try {
      const since = last ? { "Last-Event-ID": last } : {};
      const answer = await asked(of(id, "/events"), { headers: since, signal });
      if (answer.status === 204) return;
      for await (const { name, id: at, data } of events(answer.body)) {
        last = at;
        onJob(name === "deleted" ? null : data);
        if (ENDED.includes(name)) return;
      }
    } catch (error) {
      if (error.code === "NOT_FOUND") return onJob(null);
      if (signal.aborted) return;
    }
    await new Promise((resume) => setTimeout(resume, RETRY_MS));
  }
}

/** Server-sent events: fields on lines of their own, and an empty line after each event. */
async function* events(body) {
  let fields = {};
  for await (const line of lines(body)) {
    if (line !== "") {
      const [name, value] = line.split(/: (.*)/s);
      fields[name] = value;
      continue;
    }
    if (fields.data) yield { name: fields.event, id: fields.id, data: JSON.parse(fields.data) };
    fields = {};
  }
}

/** The server's HTTP answers that the pages read. */

import { authHeaders } from "./settings.js";

export const AWAY = { code: "AWAY", message: "" };

/** A successful answer. Throws the server's `error` message, in whatever envelope, or AWAY. */
export async function asked(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { ...authHeaders(), ...options.headers } });
  } catch (error) {
    throw error.name === "AbortError" ? error : AWAY;
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({ message: `${path} answered ${answer.status}.` }));
  throw answer.status === 401 ? { ...problemIn(said), code: "UNAUTHORIZED" } : problemIn(said);
}

/** OpenAI's routes put it into an envelope, and write its code small. */
const problemIn = ({ error, ...said }) => (error ? { ...error, code: String(error.code).toUpperCase() } : said);

export const json = (method, body) => ({
  method,
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});

export const voices = async () => (await (await asked("/api/v1/voices")).json()).voices;
export const health = async () => (await asked("/health")).json();

/** The lines of a body, decoded, as they come. Not `for await` over the stream itself, which Safari lacks. */
export async function* lines(body) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of pieces(body)) {
    text += decoder.decode(piece, { stream: true });
    const whole = text.split("\n");
    text = whole.pop();
    yield* whole;
  }
  if (text) yield text;
}

export async function* pieces(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

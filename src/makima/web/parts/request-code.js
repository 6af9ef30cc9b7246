/** A request of the page as code that runs as it is, in the tools people use. */

/**
 * The code that has `text` spoken into a file. `request` has text, voice, language and speed; `origin` is the server's
 * address, and `key` what it asks for, or undefined.
 */
export function requestCode(kind, request, origin, key) {
  return { curl, python, javascript, openai }[kind](request, origin, key);
}

function body({ text, voice, language, speed, pronunciations }) {
  const fields = { text, voice, language, speed: speed === 1 ? undefined : speed, pronunciations, format: "mp3" };
  return JSON.stringify(fields, null, 2);
}

function curl(request, origin, key) {
  const quoted = (words) => `'${words.replaceAll("'", `'\\''`)}'`;
  return [
    `curl -sSf ${origin}/api/v1/tts`,
    ...(key ? [`-H ${quoted(`Authorization: Bearer ${key}`)}`] : []),
    "-H 'Content-Type: application/json'",
    "-o speech.mp3",
    `-d ${quoted(body(request))}`,
  ].join(" \\\n  ");
}

function python(request, origin, key) {
  const headers = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  return `import json
import urllib.request

body = ${body(request)}
request = urllib.request.Request(
    "${origin}/api/v1/tts",
    data=json.dumps(body).encode(),
    headers=${JSON.stringify(headers)},
)
with urllib.request.urlopen(request) as answer, open("speech.mp3", "wb") as file:
    file.write(answer.read())
`;
}

function javascript(request, origin, key) {
  const headers = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  return `import { writeFile } from "node:fs/promises";

const body = ${body(request)};
const answer = await fetch("${origin}/api/v1/tts", {
  method: "POST",
  headers: ${JSON.stringify(headers)},
  body: JSON.stringify(body),
});
if (!answer.ok) throw new Error(await answer.text());
await writeFile("speech.mp3", Buffer.from(await answer.arrayBuffer()));
`;
}

function openai({ text, voice, language, speed }, origin, key) {
  return `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=${JSON.stringify(key ?? "none")})
with client.audio.speech.with_streaming_response.create(
    model="tts-1",
    voice=${JSON.stringify(voice ?? "makima")},
    input=${JSON.stringify(text)},
    speed=${speed},
    extra_body={"language": ${JSON.stringify(language)}},
) as answer:
    answer.stream_to_file("speech.mp3")
`;
}

/** What a recogniser hears in a recording, beside what is said to be in it; and which of it remains when it is trimmed. */

import { asked, health } from "../shell/api.js";

const MARGIN_S = 0.12; // a recogniser's times of words are a little off
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** [{text, start, end}] in seconds: the words in the file `blob`; null where the server has no good recogniser. */
export async function wordsIn(blob, language) {
  const { recognizer } = await health();
  if (recognizer === null || recognizer === "pocketsphinx") return null;
  const form = new FormData();
  form.append("file", blob, "recording.wav");
  form.append("language", language);
  form.append("response_format", "verbose_json");
  form.append("timestamp_granularities[]", "word");
  const answer = await (await asked("/v1/audio/transcriptions", { method: "POST", body: form })).json();
  return (answer.words ?? []).map(({ word, start, end }) => ({ text: word, start, end }));
}

/** The words heard, as a text. */
export function textOf(words) {
  return words
    .map(({ text }) => text.trim())
    .reduce((all, word) => (all === "" || UNSPACED.test(word) ? all + word : `${all} ${word}`), "");
}

/** How much of `transcript` was not heard so, 0 to 1, and the first words that differ: {share, words}. */
export function differences(transcript, words) {
  const said = tokens(transcript);
  const times = aligned(said, words);
  const missed = said.filter((_, i) => times[i] === null);
  const extra = Math.max(0, tokens(textOf(words)).length - (said.length - missed.length));
  return { share: Math.max(missed.length, extra) / Math.max(1, said.length), words: missed.slice(0, 5).map(({ text }) => text) };
}

/** The part of `transcript` that is heard from `from` to `to` seconds. */
export function cutTo(transcript, words, from, to) {
  const said = tokens(transcript);
  const times = filled(aligned(said, words), words);
  const inside = said.filter((_, i) => times[i].start >= from - MARGIN_S && times[i].end <= to + MARGIN_S);
  if (inside.length === 0) return "";
  const last = said.indexOf(inside.at(-1));
  const end = said[last + 1]?.at ?? transcript.length;
  const first = said.indexOf(inside[0]);
  return transcript.slice(first === 0 ? 0 : inside[0].at, end).trim();
}

function tokens(text) {
  if (UNSPACED.test(text)) {
    return [...text.matchAll(/[\p{L}\p{M}\p{N}]/gu)].map(({ 0: letter, index }) => ({ text: letter, at: index }));
  }
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ text: word, at: index }));
}

/** For each token the times of the word that it was heard as, or null: the longest common sequence. */
function aligned(said, words) {
  const heard = words.flatMap(({ text, start, end }) => tokens(text).map((token) => ({ text: token.text, start, end })));
  const alike = (a, b) => plain(a.text) === plain(b.text);
  const most = Array.from({ length: said.length + 1 }, () => new Uint16Array(heard.length + 1));
  for (let i = said.length - 1; i >= 0; i--) {
    for (let j = heard.length - 1; j >= 0; j--) {
      most[i][j] = alike(said[i], heard[j]) ? most[i + 1][j + 1] + 1 : Math.max(most[i + 1][j], most[i][j + 1]);
    }
  }
  const times = said.map(() => null);
  for (let i = 0, j = 0; i < said.length && j < heard.length; ) {
    if (alike(said[i], heard[j]) && most[i][j] === most[i + 1][j + 1] + 1) times[i++] = heard[j++];
    else if (most[i + 1][j] >= most[i][j + 1]) i++;
    else j++;
  }
  return times;
}

/** `times` with those of words that were heard otherwise put between their neighbours. */
function filled(times, words) {
  const whole = { start: 0, end: words.at(-1)?.end ?? 0 };
  return times.map((time, i) => {
    if (time !== null) return time;
    const before = times.slice(0, i).findLast((each) => each !== null);
    const after = times.slice(i).find((each) => each !== null);
    const [from, to] = [before?.end ?? whole.start, after?.start ?? whole.end];
    return { start: Math.min(from, to), end: Math.max(from, to) };
  });
}

const plain = (word) => word.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

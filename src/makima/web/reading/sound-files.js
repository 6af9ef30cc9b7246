/** What was spoken as a file: as it is heard, with the pauses and at the speed of the page; or its subtitles. */

import { floats, pcm16 } from "../audio/pcm.js";
import { Tempo } from "../audio/tempo.js";
import { download, nameOf, wav } from "../audio/wav.js";
import { asked } from "../shell/api.js";
import { HeardWords } from "./heard-words.js";
import { cuesOf, srt, vtt } from "./subtitles.js";

const SUBTITLES = { srt: { type: "application/x-subrip", write: srt }, vtt: { type: "text/vtt", write: vtt } };

/**
 * Save `utterances`, one after the other with `pause` seconds between them, at `rate` times their speed.
 * `format` is wav, mp3, m4a, srt or vtt. Throws the server's error where it cannot write the format.
 */
export async function saveAs(format, utterances, { pause = 0, rate = 1 } = {}) {
  const name = nameOf(utterances[0].text, format);
  if (format in SUBTITLES) {
    const { type, write } = SUBTITLES[format];
    download(new Blob([write(cuesOf(parts(utterances, pause, rate)))], { type: `${type};charset=utf-8` }), name);
    return;
  }
  const { sampleRate } = utterances[0];
  const file = wav(whole(utterances, pause, rate), sampleRate);
  if (format === "wav") return download(file, name);
  const answer = await asked(`/api/v1/convert?format=${format}`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": "audio/wav" },
  });
  download(await answer.blob(), name);
}

function whole(utterances, pause, rate) {
  const { sampleRate } = utterances[0];
  const silence = Math.round(pause * sampleRate);
  const pieces = utterances.map(({ samples }) => (rate === 1 ? samples : atRate(samples, sampleRate, rate)));
  const all = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length + silence, -silence));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length + silence;
  }
  return all;
}

function atRate(samples, sampleRate, rate) {
  const tempo = new Tempo(sampleRate, rate);
  const parts = [tempo.push(floats(samples)), tempo.flush()];
  const all = new Float32Array(parts[0].length + parts[1].length);
  all.set(parts[0]);
  all.set(parts[1], parts[0].length);
  return pcm16(all);
}

function parts(utterances, pause, rate) {
  let atMs = 0;
  return utterances.map((utterance) => {
    const heard = new HeardWords();
    heard.follow(utterance);
    const places = heard.places.map((word) => ({ ...word, startMs: word.startMs / rate, endMs: word.endMs / rate }));
    const startMs = atMs;
    const endMs = startMs + (1000 * utterance.duration) / rate;
    atMs = endMs + 1000 * pause;
    return { text: utterance.text, places, startMs, endMs };
  });
}

/** A transcript as a file: text, subtitles, JSON. */

import { srt, vtt } from "../reading/subtitles.js";
import { t } from "../words/language.js";

export const FORMATS = {
  text: { extension: "txt", type: "text/plain;charset=utf-8", write: asText },
  srt: { extension: "srt", type: "application/x-subrip;charset=utf-8", write: asSrt },
  vtt: { extension: "vtt", type: "text/vtt;charset=utf-8", write: asVtt },
  json: { extension: "json", type: "application/json", write: asJson },
};

/** Who said an entry, as it is written; null where there is no telling. */
export function nameOf({ kind, speaker }) {
  return kind === "reply" ? "Makima" : (speaker?.replace(/^S(\d+)$/, (_, number) => t("Speaker {number}", { number })) ?? null);
}

/** What was heard of an entry. */
export function wordsOf({ text, kept }) {
  return kept === null ? text.trim() : kept.trim();
}

function asText(entries) {
  return said(entries)
    .map((entry) => `${prefix(entry)}${wordsOf(entry)}${entry.kept === null ? "" : " [interrupted]"}\n`)
    .join("");
}

function asSrt(entries) {
  return srt(cuesOf(entries));
}

function asVtt(entries) {
  return vtt(cuesOf(entries));
}

function cuesOf(entries) {
  return said(entries).map((entry) => ({
    startMs: entry.startMs,
    endMs: Math.max(entry.endMs, entry.startMs + 1), // players skip what lasts no time at all
    text: `${prefix(entry)}${wordsOf(entry)}`,
  }));
}

function asJson(entries) {
  const written = said(entries).map((entry) => ({
    kind: entry.kind,
    speaker: nameOf(entry),
    startMs: entry.startMs,
    endMs: entry.endMs,
    text: wordsOf(entry),
    ...(entry.kept === null ? {} : { interrupted: true, unheard: entry.text.trim() }),
  }));
  return `${JSON.stringify({ version: 1, entries: written }, null, 2)}\n`;
}

const said = (entries) => entries.filter((entry) => wordsOf(entry) !== "");

const prefix = (entry) => (nameOf(entry) === null ? "" : `${nameOf(entry)}: `);

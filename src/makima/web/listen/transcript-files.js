/** A transcript as a file: text, SRT subtitles, JSON. */

export const FORMATS = {
  text: { extension: "txt", type: "text/plain;charset=utf-8", write: asText },
  srt: { extension: "srt", type: "application/x-subrip;charset=utf-8", write: asSrt },
  json: { extension: "json", type: "application/json", write: asJson },
};

/** Who said an entry, as it is written; null where there is no telling. */
export function nameOf({ kind, speaker }) {
  return kind === "reply" ? "Makima" : (speaker?.replace(/^S(\d+)$/, "Speaker $1") ?? null);
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
  return said(entries)
    .map((entry, i) => {
      // Players skip what lasts no time at all.
      const end = Math.max(entry.endMs, entry.startMs + 1);
      return `${i + 1}\n${stamp(entry.startMs)} --> ${stamp(end)}\n${prefix(entry)}${wordsOf(entry)}\n`;
    })
    .join("\n");
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

/** "00:01:02,345". */
function stamp(ms) {
  const whole = Math.max(0, Math.round(ms));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, seconds] = [whole / 3_600_000, (whole / 60_000) % 60, (whole / 1000) % 60].map(Math.floor);
  return `${two(hours)}:${two(minutes)}:${two(seconds)},${String(whole % 1000).padStart(3, "0")}`;
}

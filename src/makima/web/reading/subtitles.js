/** Subtitles of what was spoken: cues of a line or two, timed by the words. */

const CUE = { characters: 74, seconds: 6 };

/**
 * Cues {startMs, endMs, text}. `parts` are [{text, places, startMs, endMs}]: a passage, the places of its words with
 * times from its own start (see HeardWords), and when it is heard in the whole.
 */
export function cuesOf(parts) {
  return parts.flatMap(({ text, places, startMs, endMs }) => {
    if (places.length === 0) return [{ startMs, endMs, text }];
    const cues = [];
    let from = 0;
    let first = places[0];
    places.forEach((word, i) => {
      const next = places[i + 1];
      const end = next ? next.start : text.length;
      const full = next && (next.end - from > CUE.characters || next.endMs - first.startMs > 1000 * CUE.seconds);
      const over = /[.!?。！？…]["'”’»)\]]*\s*$/u.test(text.slice(from, end));
      if (next && !full && !over) return;
      const words = text.slice(from, end).trim();
      const until = next ? Math.min(next.startMs, word.endMs + 300) : Math.min(word.endMs + 300, endMs - startMs);
      cues.push({ startMs: startMs + first.startMs, endMs: startMs + Math.max(until, first.startMs + 1), text: words });
      from = end;
      first = next;
    });
    return cues;
  });
}

export const srt = (cues) =>
  cues.map(({ startMs, endMs, text }, i) => `${i + 1}\n${stamp(startMs, ",")} --> ${stamp(endMs, ",")}\n${text}\n`).join("\n");

export const vtt = (cues) =>
  `WEBVTT\n\n${cues.map(({ startMs, endMs, text }) => `${stamp(startMs, ".")} --> ${stamp(endMs, ".")}\n${text}\n`).join("\n")}`;

/** "00:01:02,345". */
export function stamp(ms, point = ",") {
  const whole = Math.max(0, Math.round(ms));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, seconds] = [whole / 3_600_000, (whole / 60_000) % 60, (whole / 1000) % 60].map(Math.floor);
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${point}${String(whole % 1000).padStart(3, "0")}`;
}

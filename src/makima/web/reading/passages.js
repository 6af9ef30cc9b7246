/** Cuts a text of any length into passages that the server takes whole: paragraphs, and of long ones some sentences. */

/** Units: characters, as the server counts them. */
export const MOST = 1000;

/** Characters as the server counts them. */
export const length = (text) => [...text].length;

/** [{text, start}]: each passage without the space around it, and where it begins in `text`. */
export function passagesOf(text) {
  const passages = [];
  for (const { 0: paragraph, index } of text.matchAll(/[^\n\r\u2029]+/g)) {
    for (const [from, to] of pieces(paragraph)) {
      const piece = paragraph.slice(from, to);
      const words = piece.trim();
      if (/[\p{L}\p{N}]/u.test(words)) passages.push({ text: words, start: index + from + piece.indexOf(words) });
    }
  }
  return passages;
}

/** [from, to] of pieces of at most `MOST` characters: sentences together, a longer sentence by words, a word by letters. */
function pieces(paragraph) {
  if (length(paragraph) <= MOST) return [[0, paragraph.length]];
  const found = [];
  let [from, to] = [0, 0];
  for (const end of cuts(paragraph)) {
    if (length(paragraph.slice(from, end)) > MOST && to > from) {
      found.push([from, to]);
      from = to;
    }
    to = end;
  }
  found.push([from, to]);
  return found;
}

/** Where the paragraph may be cut, in order: after sentences, and within those that are too long after words or letters. */
function cuts(paragraph) {
  return segments(paragraph, "sentence").flatMap(([from, to]) => {
    if (length(paragraph.slice(from, to)) <= MOST) return [to];
    return segments(paragraph.slice(from, to), "word").flatMap(([first, last]) => {
      const word = paragraph.slice(from + first, from + last);
      if (length(word) <= MOST) return [from + last];
      let at = from + first;
      return [...word].map((letter) => (at += letter.length));
    });
  });
}

function segments(text, granularity) {
  if ("Segmenter" in Intl) {
    const found = new Intl.Segmenter(undefined, { granularity }).segment(text);
    return [...found].map(({ index, segment }) => [index, index + segment.length]);
  }
  const ends = granularity === "sentence" ? /[^.!?。！？]*[.!?。！？]*\s*/gu : /\S*\s*/gu;
  return [...text.matchAll(ends)].filter(([found]) => found).map(({ 0: found, index }) => [index, index + found.length]);
}

/** Whether a model would run on this machine, in words. */

import { interfaceLanguage, t } from "../words/language.js";

/** What speaks at least as fast as it is heard can be talked with. */
const REAL_TIME = 1;
const DIGITS = { maximumSignificantDigits: 2 };

/** {`words`, `fits`}; null where nothing is known. */
export function fitness({ factor, memoryBytes, sizeBytes, hereBytes }, machine) {
  const short = machine.memoryBytes !== null && memoryBytes !== null && memoryBytes > machine.memoryBytes;
  if (short) return { words: t("Too large for this machine: it takes about {memory} of memory.", { memory: size(memoryBytes) }), fits: false };
  if (machine.freeBytes !== null && sizeBytes - hereBytes > machine.freeBytes) {
    return { words: t("Not enough room on the disk: {free} are free.", { free: size(machine.freeBytes) }), fits: false };
  }
  if (factor === null) return null;
  const memory = size(memoryBytes);
  if (factor === 0) return { words: t("Runs on the graphics card, in about {memory} of memory.", { memory }), fits: true };
  if (factor <= REAL_TIME) {
    const times = (1 / factor).toLocaleString(interfaceLanguage(), DIGITS);
    return { words: t("Runs here: about {times} times as fast as it is heard, in {memory} of memory.", { times, memory }), fits: true };
  }
  const seconds = factor.toLocaleString(interfaceLanguage(), DIGITS);
  return { words: t("Too slow here for a conversation: a second of speech takes about {seconds} s.", { seconds }), fits: false };
}

export function size(bytes) {
  const [value, unit] = bytes >= 1e9 ? [bytes / 1e9, "GB"] : [bytes / 1e6, "MB"];
  return `${value.toLocaleString(interfaceLanguage(), { maximumSignificantDigits: value < 10 ? 2 : 3 })} ${unit}`;
}

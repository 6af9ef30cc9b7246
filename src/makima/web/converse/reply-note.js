/** The line under a reply: how long it took to sound, or that it did not come to its end. */

import { interfaceLanguage, msg, t } from "../words/language.js";

const STAGES = { words: null, first_token: msg("chat model"), first_text: msg("first words"), first_audio: msg("voice") };

const inSeconds = (ms) => (ms / 1000).toLocaleString(interfaceLanguage(), { maximumFractionDigits: 1, minimumFractionDigits: 1 });

export function replyNote({ state, latencyMs }) {
  const notes = [];
  if (latencyMs) notes.push(t("{seconds} s after you", { seconds: inSeconds(latencyMs.total) }));
  if (state === "interrupted") notes.push(t("interrupted"));
  if (state === "failed") notes.push(t("failed"));
  return notes.join(" · ");
}

/** Where that time went, for those who point at the note. */
export function whereItWent({ latencyMs }) {
  if (!latencyMs) return "";
  return Object.entries(STAGES)
    .filter(([stage]) => latencyMs[stage] >= 1)
    .map(([stage, name]) => {
      const seconds = inSeconds(latencyMs[stage]);
      return name === null ? t("waited {seconds} s for you to finish", { seconds }) : `${t(name)} ${seconds} s`;
    })
    .join(", ");
}

/** The line under a reply: how long it took to sound, or that it did not come to its end. */

import { msg, t } from "../words/language.js";

const STAGES = { words: null, first_token: msg("chat model"), first_text: msg("first words"), first_audio: msg("voice") };

export function replyNote({ state, latencyMs }) {
  const notes = [];
  if (latencyMs) {
    const stages = Object.entries(STAGES)
      .filter(([stage]) => latencyMs[stage] >= 1)
      .map(([stage, name]) =>
        name === null
          ? t("waited {seconds} s for you to finish", { seconds: (latencyMs[stage] / 1000).toFixed(1) })
          : `${t(name)} ${Math.round(latencyMs[stage])}`,
      );
    notes.push(t("sounds {ms} ms after you: {stages}", { ms: Math.round(latencyMs.total), stages: stages.join(", ") }));
  }
  if (state === "interrupted") notes.push(t("interrupted"));
  if (state === "failed") notes.push(t("failed"));
  return notes.join(" · ");
}

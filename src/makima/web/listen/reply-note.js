/** The line under a reply: how long it took to sound, or that it did not come to its end. */

const STAGES = { words: null, first_token: "chat model", first_text: "first words", first_audio: "voice" };

export function replyNote({ state, latencyMs }) {
  const notes = [];
  if (latencyMs) {
    const stages = Object.entries(STAGES)
      .filter(([stage]) => latencyMs[stage] >= 1)
      .map(([stage, name]) =>
        name === null
          ? `waited ${(latencyMs[stage] / 1000).toFixed(1)} s for you to finish`
          : `${name} ${Math.round(latencyMs[stage])}`,
      );
    notes.push(`sounds ${Math.round(latencyMs.total)} ms after you: ${stages.join(", ")}`);
  }
  if (state === "interrupted") notes.push("interrupted");
  if (state === "failed") notes.push("failed");
  return notes.join(" · ");
}

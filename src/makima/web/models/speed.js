/** How fast the engine in use speaks on this machine. */

import { asked, json } from "../shell/api.js";
import { sample } from "../parts/samples.js";
import { t } from "../words/language.js";

const BYTES_A_SAMPLE = 2;
const RATE_HZ = 24000;

/** How many times as fast a sentence is spoken as it is heard; before it one is spoken that loads the engine. */
export async function timesAsFast() {
  await spoken(t("One, two, three."));
  const began = performance.now();
  const seconds = await spoken(sample("Auto"));
  return (1000 * seconds) / (performance.now() - began);
}

/** Have a text spoken: how many seconds of audio it is. */
async function spoken(text) {
  const answer = await asked("/api/v1/tts", json("POST", { text, language: "Auto", format: "pcm", stream: false, sampleRate: RATE_HZ }));
  return (await answer.arrayBuffer()).byteLength / BYTES_A_SAMPLE / RATE_HZ;
}

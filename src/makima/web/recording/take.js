/** A recording that a voice may be made from: a file as it is, or what the microphone heard. */

import { pcm16 } from "../audio/pcm.js";
import { Utterance } from "../speak/utterance.js";
import { t } from "../words/language.js";
import { wav } from "../audio/wav.js";

export const MAX_BYTES = 32 * 1024 * 1024;

/** Two minutes at most are looked at; of these the server keeps half a minute. */
const MOST_S = 120;

export class Take {
  #file;

  /** `utterance` is what is heard and seen of it; null where this browser cannot decode the file. */
  constructor(name, utterance, file = null) {
    this.name = name;
    this.utterance = utterance;
    this.#file = file;
  }

  static recorded({ pcm, sampleRate }) {
    return new Take("recording.wav", heard(pcm, sampleRate));
  }

  static async of(file) {
    if (file.size > MAX_BYTES) {
      const sizes = { size: Math.ceil(file.size / 2 ** 20), most: MAX_BYTES / 2 ** 20 };
      const message = t("It is {size} MB large, and {most} are taken.", sizes);
      throw { code: "INVALID_AUDIO", message };
    }
    const bytes = await file.arrayBuffer();
    const context = new OfflineAudioContext(1, 1, 48_000);
    let utterance = null;
    try {
      const buffer = await context.decodeAudioData(bytes);
      utterance = heard(mono(buffer), buffer.sampleRate);
    } catch {
      // AIFF, for one: the server reads it all the same, there is only nothing to see.
    }
    return new Take(file.name, utterance, file);
  }

  /** What is sent of it: the file itself where nothing is cut away, so that nothing is encoded twice. */
  blob({ from, to }, trimmed) {
    if (this.#file !== null && !trimmed) return this.#file;
    const { samples, sampleRate } = this.utterance;
    const kept = samples.subarray(Math.round(from * sampleRate), Math.round(to * sampleRate));
    return wav(kept, sampleRate, { synthetic: false });
  }

  /** The part that is kept, to be heard. */
  part({ from, to }) {
    const { samples, sampleRate } = this.utterance;
    return heard(samples.subarray(Math.round(from * sampleRate), Math.round(to * sampleRate)), sampleRate);
  }
}

/** Samples as an utterance that can be played and drawn. */
export function heard(pcm, sampleRate) {
  const utterance = new Utterance({ text: "", voice: "", language: "", sampleRate });
  utterance.append(pcm);
  utterance.ended = true;
  utterance.state = "complete";
  return utterance;
}

/** The samples of a 16-bit mono WAV file such as the server sends. */
export async function decoded(bytes) {
  const context = new OfflineAudioContext(1, 1, 48_000);
  const buffer = await context.decodeAudioData(bytes);
  return heard(mono(buffer), buffer.sampleRate);
}

function mono(buffer) {
  const length = Math.min(buffer.length, MOST_S * buffer.sampleRate);
  const mean = new Float32Array(length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < length; i++) mean[i] += samples[i] / buffer.numberOfChannels;
  }
  return pcm16(mean);
}

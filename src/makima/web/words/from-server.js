/** What the server tells in English, word for word, and the pages show in their own language: `t` is given it as it comes. */

import { msg } from "./language.js";

/** Of voices, between commas. */
export const VOICES = [
  msg("Female"),
  msg("Male"),
  msg("female"),
  msg("male"),
  msg("Bright"),
  msg("Low"),
  msg("High"),
  msg("Whispered"),
  msg("American English"),
  msg("British English"),
  msg("Brazilian Portuguese"),
  msg("Mandarin Chinese"),
  msg("Hindi"),
  msg("speaks all languages"),
  msg("Preset speaker"),
  msg("Cloned from the embedded voice"),
  msg("Has no recording to speak from yet"),
];

/** What is agreed to: it is kept in the words that were read. */
export const CONSENT = msg(
  "I am the person who speaks in this recording, or that person has agreed to this copy of their voice and to what it will be used for.",
);

/** Of models, by name: a title, and what it is for. */
export const MODELS = {
  kokoro: ["Kokoro", msg("Natural voices, in real time on any machine.")],
  "kokoro-languages": ["Kokoro", msg("Pronunciation of English, Spanish, French, Italian, Portuguese and Chinese.")],
  "kokoro-japanese": ["Kokoro", msg("Pronunciation of Japanese.")],
  "kokoro-voices": ["Kokoro", msg("Fifty more voices.")],
  "qwen3-tts-0.6b": ["Qwen3-TTS 0.6B", msg("Voices made from your own recordings, in ten languages.")],
  "qwen3-tts-0.6b-custom": ["Qwen3-TTS 0.6B", msg("Ready-made speakers, and a recording for the default voice.")],
  "qwen3-tts-1.7b": ["Qwen3-TTS 1.7B", msg("The larger one, for a graphics card.")],
  "qwen3-tts-1.7b-custom": ["Qwen3-TTS 1.7B", msg("Ready-made speakers, for a graphics card.")],
  "qwen3-tts-1.7b-design": ["Qwen3-TTS 1.7B", msg("Voices made from a description in words.")],
  "chatterbox-turbo": ["Chatterbox Turbo", msg("Voices made from a recording, in English.")],
  whisper: ["Whisper base", msg("Understands ten languages, with punctuation.")],
  parakeet: ["Parakeet 0.6B", msg("Understands 25 European languages.")],
  "smart-turn": ["Smart Turn", msg("Hears whether you have finished speaking.")],
};

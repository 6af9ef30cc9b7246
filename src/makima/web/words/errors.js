/** Errors in words, with what to do about them. */

import { msg, t } from "./language.js";

const WORDS = {
  INVALID_TEXT: [msg("This text cannot be spoken."), msg("Change it, then press Speak.")],
  INVALID_MESSAGE: [msg("The server did not understand this page."), msg("Reload the page; after an update they may differ.")],
  INVALID_DOCUMENT: [msg("This file cannot be read as a book."), msg("Choose an EPUB, PDF, Markdown, text or HTML file.")],
  NOT_FOUND: [msg("It is no longer there."), msg("Reload the page.")],
  WRONG_STATE: [msg("That cannot be done with it now."), ""],
  INVALID_AUDIO: [msg("This recording cannot be used."), ""],
  NO_RECORDING: [msg("There is no recording yet."), msg("Record one, or choose a file.")],
  AWAY: [msg("Can't reach the server."), msg("Is it running? Try again once it is.")],
  UNAUTHORIZED: [msg("This server asks for a key or token."), msg("Enter it at the top of the page.")],
  VOICE_NOT_FOUND: [msg("This voice no longer exists."), msg("Choose another one, then press Speak.")],
  TIMEOUT: [msg("Speaking took too long."), msg("Try again, or try a shorter text.")],
  RATE_LIMITED: [msg("That was too much at once."), ""],
  SYNTHESIS_ERROR: [msg("The engine failed on this text."), msg("Try again; if it fails again, change the text.")],
  MODEL_LOADING: [msg("The model is still being loaded."), msg("Press Speak again in a moment.")],
  TTS_LOAD_FAILED: [msg("The engine could not be loaded."), ""],
  GPU_OUT_OF_MEMORY: [msg("The graphics card has run out of memory."), msg("Try again, or try a shorter text.")],
  CONNECTION_LOST: [msg("The connection was lost while speaking."), msg("What had come is below. Press Speak to say it again.")],
  RECOGNITION_ERROR: [msg("Some words were lost: the recogniser failed."), msg("It goes on listening; say them again.")],
  UPSTREAM_ERROR: [msg("The chat model gave no answer."), ""],
  MICROPHONE_DENIED: [msg("The browser does not let this page use the microphone."), msg("Allow it beside the address, then try again.")],
  NO_MICROPHONE: [msg("No microphone was found."), msg("Plug one in, then try again.")],
  MICROPHONE_BUSY: [msg("The microphone is already in use."), msg("Close the program that uses it, then try again.")],
  MICROPHONE_LOST: [msg("The microphone was unplugged."), msg("Plug it in again, then try again.")],
  MICROPHONE_INSECURE: [msg("Browsers offer the microphone to secure pages only."), msg("Open this page as localhost, or by https.")],
  TAB_SILENT: [msg("No sound was shared."), msg("Choose a tab, and tick “Also share tab audio”.")],
  NO_AUDIO: [msg("The browser gives this page no sound."), msg("The audio still comes: save it as a file.")],
  FORBIDDEN: [msg("Only this machine may change that."), msg("Open the page on the machine that runs Makima, or sign in with an administrator's key.")],
};

/** {title, detail, remedy} of an `error` message. */
export function inWords(error) {
  const [title, remedy] = WORDS[error.code] ?? [msg("Something went wrong."), msg("Try again.")];
  return { title: t(title), detail: begun(error.message ?? ""), remedy: remedy && t(remedy) };
}

/** As a sentence begins: some messages of the server go on after a name. */
const begun = (words) => (/^[a-z]+ /.test(words) ? words[0].toUpperCase() + words.slice(1) : words);

/** One line of it, as it stands beside a button. */
export function inOneLine(error) {
  const { title, detail, remedy } = inWords(error);
  return [title, detail, detail ? "" : remedy].filter(Boolean).join(" ");
}

/** "in 3 s", "now". */
export function inSeconds(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds > 0 ? t("in {seconds} s", { seconds }) : t("now");
}

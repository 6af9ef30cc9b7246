/** Errors in words, with what to do about them. */

const WORDS = {
  INVALID_TEXT: ["This text cannot be spoken.", "Change it, then press Speak."],
  INVALID_MESSAGE: ["The server did not understand this page.", "Reload the page; after an update they may differ."],
  INVALID_AUDIO: ["This recording cannot be used.", ""],
  NO_RECORDING: ["There is no recording yet.", "Record one, or choose a file."],
  NO_MICROPHONE: ["The microphone is not to be had.", ""],
  AWAY: ["Can't reach the server.", "Is it running? Try again once it is."],
  UNAUTHORIZED: ["This server asks for a token.", "Enter it below; it is kept until you close this tab."],
  VOICE_NOT_FOUND: ["This voice is not there any more.", "Choose another one, then press Speak."],
  TIMEOUT: ["Speaking took too long.", "Try again, or try a shorter text."],
  RATE_LIMITED: ["That was too much at once.", ""],
  SYNTHESIS_ERROR: ["The engine stumbled over this text.", "Try again; if it stumbles again, change the text."],
  MODEL_LOADING: ["The model is still being loaded.", "Press Speak again in a moment."],
  TTS_LOAD_FAILED: ["The engine could not be loaded.", ""],
  GPU_OUT_OF_MEMORY: ["The graphics card has run out of memory.", "Try again, or try a shorter text."],
  CONNECTION_LOST: ["The connection was lost while speaking.", "What had come is below. Press Speak to say it again."],
  TOO_LONG: ["This text is too long.", ""],
  RECOGNITION_ERROR: ["Some words were lost: the recogniser stumbled.", "It listens on; say them again."],
  UPSTREAM_ERROR: ["The chat model gave no answer.", ""],
  MICROPHONE_DENIED: ["This browser keeps the microphone from this page.", "Allow it beside the address, then press Listen."],
  NO_MICROPHONE: ["There is no microphone.", "Plug one in, then press Listen."],
  MICROPHONE_BUSY: ["The microphone cannot be read.", "Another program may be using it; close that, then press Listen."],
  MICROPHONE_LOST: ["The microphone is gone.", "Plug it in again, then press Listen."],
  MICROPHONE_INSECURE: ["Browsers give the microphone to secure pages alone.", "Open this page as localhost, or by https."],
  NO_AUDIO: ["This browser gives the page no sound.", "The audio still comes: download it as WAV."],
};

/** {title, detail, remedy} of an `error` message. */
export function inWords(error) {
  const [title, remedy] = WORDS[error.code] ?? ["Something went wrong.", "Try again."];
  return { title, detail: error.message ?? "", remedy };
}

/** "in 3 s", "now". */
export function inSeconds(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds > 0 ? `in ${seconds} s` : "now";
}

/** The state as a dot with a word, and the bar while a model is being loaded. */

import { msg, t } from "../words/language.js";

/** Each state as it is shown; pages and tests know it by its English name. */
export const STATES = [
  msg("disconnected"),
  msg("connecting"),
  msg("connected"),
  msg("loading model"),
  msg("speaking"),
  msg("listening"),
  msg("hearing you"),
  msg("thinking"),
  msg("muted"),
  msg("error"),
];

export class Status {
  #state;
  #word;
  #loading;

  constructor(root) {
    this.#state = root.querySelector("#state");
    this.#word = root.querySelector("#state-word");
    this.#loading = {
      row: root.querySelector("#loading"),
      what: root.querySelector("#loading-what"),
      bar: root.querySelector("#loading-bar"),
      percent: root.querySelector("#loading-percent"),
    };
  }

  /** `state` is the word to show; `loading` is {what, progress} or null. */
  show(state, loading) {
    // Rewriting the same word would have a screen reader say it again.
    if (this.#word.textContent !== t(state)) this.#word.textContent = t(state);
    this.#state.dataset.state = state;
    const { row, what, bar, percent } = this.#loading;
    row.hidden = loading === null;
    if (loading === null) return;
    const label = t("Loading {what}", { what: loading.what });
    if (what.textContent !== label) what.textContent = label;
    if (loading.progress === null) bar.removeAttribute("value");
    else bar.value = loading.progress;
    percent.textContent = loading.progress === null ? "" : `${Math.floor(loading.progress * 100)} %`;
  }
}

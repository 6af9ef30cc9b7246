/** The token, where the server asks for one. */

import { setAuthToken } from "./settings.js";

export class Access {
  #form;
  #token;

  /** `unlock` is called once the person has entered a token. */
  constructor(root, unlock) {
    this.#form = root.querySelector("#token-form");
    this.#token = root.querySelector("#token");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      setAuthToken(this.#token.value);
      this.#token.value = "";
      unlock();
    });
  }

  get asking() {
    return !this.#form.hidden;
  }

  ask() {
    this.#form.hidden = false;
    this.#token.focus();
  }

  hide() {
    this.#form.hidden = true;
  }
}

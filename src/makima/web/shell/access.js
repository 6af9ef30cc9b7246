/** Signing in, where the server asks for a key or token: one form on every page, shown before anything is tried. */

import { asked } from "./api.js";
import { authToken, setAuthToken } from "./settings.js";
import { t } from "../words/language.js";

const PROOF = "/api/v1/usage"; // any route that asks who is there would do; this one costs nothing

let form = null;
let admitted = new Set();

/** Ask for a key if the server wants one and has none that is valid. */
export async function signIn() {
  try {
    await asked(PROOF);
    hide();
  } catch (error) {
    if (error.code === "UNAUTHORIZED") show(error);
  }
}

/** One page's share in it: `ask` and `hide` the form; `unlock` is called once a key was accepted. */
export class Access {
  constructor(root, unlock) {
    form ??= root.querySelector("#token-form");
    admitted.add(unlock);
  }

  get asking() {
    return !form.hidden;
  }

  ask() {
    if (form.hidden) signIn();
  }

  hide() {
    hide();
  }
}

function show(error) {
  form ??= document.querySelector("#token-form");
  if (form.hidden) {
    form.hidden = false;
    form.addEventListener("submit", submit);
    form.querySelector("#token").focus();
    form.querySelector("#token-story").textContent = t("This server asks for a key or token.");
  }
  // Without one there is nothing wrong yet.
  problem(authToken() ? `${t("That key or token was refused.")} ${error.message ?? ""}` : "");
}

function hide() {
  if (form === null || form.hidden) return;
  form.hidden = true;
  form.removeEventListener("submit", submit);
}

async function submit(event) {
  event.preventDefault();
  const field = form.querySelector("#token");
  problem("");
  setAuthToken(field.value.trim(), form.querySelector("#token-stays").checked);
  try {
    await asked(PROOF);
  } catch (error) {
    problem(error.code === "UNAUTHORIZED" ? `${t("That key or token was refused.")} ${error.message ?? ""}` : t("Can't reach the server."));
    field.select();
    return;
  }
  field.value = "";
  hide();
  for (const unlock of admitted) unlock();
}

function problem(words) {
  const place = form.querySelector("#token-problem");
  place.hidden = words === "";
  place.textContent = words;
}

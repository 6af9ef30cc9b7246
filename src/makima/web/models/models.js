/** The Models page: what this machine can run, what is installed, and fetching more of it. */

import { Access } from "../shell/access.js";
import { asked } from "../shell/api.js";
import { copyOnPress } from "../parts/copy.js";
import { fitness, size } from "./fitness.js";
import { timesAsFast } from "./speed.js";
import { inOneLine, inWords } from "../words/errors.js";
import { MODELS } from "../words/from-server.js";
import { interfaceLanguage, t } from "../words/language.js";

/** Engines and recognisers as they call themselves. */
const RUNNERS = {
  kokoro: "Kokoro",
  qwen3: "Qwen3-TTS",
  chatterbox: "Chatterbox Turbo",
  espeak: "espeak-ng",
  whisper: "Whisper",
  parakeet: "Parakeet",
  pocketsphinx: "PocketSphinx",
};

const PATH = "/api/v1/models";
const LOOK_EVERY_MS = 700;
const RESTART_MS = 90000;
const CHOSEN = "chosen-model";

export function mount(root) {
  const page = new ModelsPage(root);
  return { player: { counters: () => ({}) }, state: () => page.state };
}

class ModelsPage {
  #parts = {};
  #template = document.getElementById("model");
  #rows = new Map(); // by name
  #timer = 0;
  #wanted = location.hash.slice(1);
  #state = "loading";

  constructor(root) {
    const ids =
      "models-notice models-problem machine machine-system machine-cores machine-memory machine-gpu machine-disk machine-speed " +
      "measure measure-problem speaks listens speaks-now listens-now";
    for (const id of ids.split(" ")) this.#parts[id] = root.querySelector(`#${id}`);
    new Access(root, () => this.#look());
    this.#parts.measure.addEventListener("click", () => this.#measure());
    for (const list of [this.#parts.speaks, this.#parts.listens]) {
      list.addEventListener("click", ({ target }) => this.#click(target.closest("button")));
      list.addEventListener("focusout", ({ target }) => this.#disarm(target));
    }
    // Back from a terminal: packages may have been installed there.
    addEventListener("focus", () => this.#state === "ready" && this.#look());
    this.#look();
  }

  /** `loading`, `ready` or `error`. */
  get state() {
    return this.#state;
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      const { machine, runners, models } = await (await asked(PATH)).json();
      this.#parts["models-notice"].hidden = true;
      this.#state = "ready";
      this.#showMachine(machine);
      this.#showUse(runners);
      for (const model of models) this.#show(model, machine);
      this.#tellOfChoice(models);
      if (models.some(({ fetch }) => fetch !== null && fetch.problem === null)) {
        this.#timer = setTimeout(() => this.#look(), LOOK_EVERY_MS);
      }
    } catch (error) {
      this.#state = "error";
      if (error.code === "UNAUTHORIZED") return; // it is asked for at the top
      const { title, remedy, detail } = inWords(error);
      const words = error.code === "FORBIDDEN" ? remedy : [detail, remedy].filter(Boolean).join(" ");
      const heading = Object.assign(document.createElement("strong"), { textContent: title });
      this.#parts["models-problem"].replaceChildren(heading, " ", words);
      this.#parts["models-notice"].hidden = false;
    }
  }

  #showMachine({ system, cores, memoryBytes, gpu, freeBytes }) {
    this.#parts.machine.hidden = false;
    this.#parts["machine-system"].textContent = system;
    this.#parts["machine-cores"].textContent = String(cores);
    this.#parts["machine-memory"].textContent = memoryBytes === null ? "–" : size(memoryBytes);
    this.#parts["machine-gpu"].textContent = gpu ?? t("none");
    this.#parts["machine-disk"].textContent = freeBytes === null ? "–" : size(freeBytes);
  }

  #showUse(runners) {
    for (const kind of ["speaks", "listens"]) {
      const used = runners.find((runner) => runner.kind === kind && runner.inUse);
      this.#parts[`${kind}-now`].textContent = used ? t("In use: {summary}", { summary: RUNNERS[used.name] ?? used.name }) : "";
    }
  }

  #show(model, machine) {
    const row = this.#rows.get(model.name) ?? this.#add(model);
    const { sizeBytes, hereBytes, licence, inUse, needs, usable, fetch } = model;
    const whole = hereBytes >= sizeBytes;
    const busy = fetch !== null && fetch.problem === null;
    row.dataset.here = hereBytes > 0 ? "yes" : "no";
    row.dataset.use = inUse ? "yes" : "no";
    const state = inUse ? t("in use") : whole ? t("installed") : hereBytes > 0 ? t("in part") : null;
    row.querySelector(".model-what .figures").textContent = [state, size(sizeBytes), licence, model.name].filter(Boolean).join(" · ");
    const fit = inUse ? null : fitness(model, machine);
    row.querySelector(".fitness").hidden = fit === null;
    row.querySelector(".fitness").textContent = fit?.words ?? "";
    row.querySelector(".fitness").dataset.fits = fit?.fits ? "yes" : "no";
    row.querySelector(".needs").hidden = needs === null;
    row.querySelector(".needs code").textContent = needs ?? "";
    row.querySelector("[data-do=fetch]").hidden = busy || whole;
    row.querySelector("[data-do=fetch]").disabled = needs !== null;
    row.querySelector("[data-do=stop]").hidden = !busy;
    row.querySelector("[data-do=use]").hidden = busy || !usable;
    row.querySelector("[data-do=remove]").hidden = busy || inUse || hereBytes === 0;
    this.#problem(row, fetch?.problem ? { message: fetch.problem } : null);
    this.#showProgress(row, busy ? fetch : null);
  }

  #showProgress(row, fetch) {
    const loading = row.querySelector(".loading");
    loading.hidden = fetch === null;
    if (fetch === null) return;
    const bar = loading.querySelector("progress");
    const share = fetch.totalBytes ? fetch.doneBytes / fetch.totalBytes : null;
    loading.querySelector(".figures").textContent = share === null ? t("downloading") : size(fetch.doneBytes);
    loading.querySelector(".percent").textContent = share === null ? "" : `${Math.floor(100 * share)} %`;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  }

  #add(model) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.dataset.name = model.name;
    const [title, about] = MODELS[model.name] ?? [model.name, model.summary];
    row.querySelector("h3").textContent = title;
    row.querySelector(".about").textContent = t(about);
    copyOnPress(row.querySelector("[data-do=copy]"), () => row.querySelector(".needs code").textContent);
    for (const button of row.querySelectorAll(".model-doings button")) {
      button.setAttribute("aria-label", `${button.textContent}: ${title}, ${t(about)}`);
    }
    this.#rows.set(model.name, row);
    this.#parts[model.kind].append(row);
    return row;
  }

  async #click(button) {
    const row = button?.closest("li");
    if (!row || button.dataset.do === "copy") return;
    const path = `${PATH}/${encodeURIComponent(row.dataset.name)}`;
    const what = button.dataset.do;
    if (what === "remove" && button.dataset.armed === undefined) {
      button.dataset.armed = "";
      button.textContent = t("Really remove?");
      return;
    }
    this.#problem(row, null);
    try {
      if (what === "use") return await this.#use(row, path);
      if (what === "remove") await asked(path, { method: "DELETE" });
      else await asked(`${path}/${what}`, { method: "POST" });
      this.#disarm(button);
      await this.#look();
    } catch (error) {
      this.#problem(row, error);
    }
  }

  /** The server starts again, which closes its connections; then this page does. */
  async #use(row, path) {
    const { started } = await (await asked(`${path}/use`, { method: "POST" })).json();
    clearTimeout(this.#timer);
    for (const list of [this.#parts.speaks, this.#parts.listens]) list.inert = true;
    row.querySelector(".model-doings").hidden = true;
    const fitness = row.querySelector(".fitness");
    fitness.hidden = false;
    delete fitness.dataset.fits;
    fitness.textContent = t("The server starts again with it …");
    sessionStorage.setItem(CHOSEN, row.dataset.name);
    const until = performance.now() + RESTART_MS;
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const now = await asked(PATH)
        .then((answer) => answer.json())
        .catch(() => null); // it is away for some seconds
      if (now !== null && now.started !== started) break;
    }
    location.reload();
  }

  /** After a start with what was chosen here: whether it is in use. */
  #tellOfChoice(models) {
    const name = sessionStorage.getItem(CHOSEN);
    sessionStorage.removeItem(CHOSEN);
    this.#lead();
    const chosen = models.find((model) => model.name === name);
    if (!chosen) return;
    const row = this.#rows.get(name);
    row.scrollIntoView({ block: "center" });
    if (!chosen.inUse) this.#problem(row, { message: t("The server did not start with it. Its log says why.") });
  }

  /** To the model that a link of another page names, once. */
  #lead() {
    const row = this.#rows.get(decodeURIComponent(this.#wanted));
    this.#wanted = "";
    row?.scrollIntoView({ block: "center" });
  }

  #disarm(button) {
    if (button.dataset.armed === undefined) return;
    delete button.dataset.armed;
    button.textContent = t("Remove");
  }

  #problem(row, error) {
    const place = row.querySelector(".field-problem");
    place.hidden = error === null;
    place.textContent = error === null ? "" : error.code ? inOneLine(error) : error.message;
  }

  /** How fast the engine in use speaks: one sentence, after one that loads it. */
  async #measure() {
    const { measure, "machine-speed": place, "measure-problem": problem } = this.#parts;
    measure.disabled = true;
    problem.hidden = true;
    place.textContent = t("speaking");
    try {
      const times = (await timesAsFast()).toLocaleString(interfaceLanguage(), { maximumSignificantDigits: 2 });
      place.textContent = t("{times} times as fast as it is heard", { times });
    } catch (error) {
      place.textContent = "–";
      problem.hidden = false;
      problem.textContent = inOneLine(error);
    }
    measure.disabled = false;
  }
}

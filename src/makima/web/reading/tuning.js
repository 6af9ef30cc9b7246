/** How the page speaks and saves: speed, playback, loop, the pause between paragraphs, and the request as code. */

import { copyOnPress } from "../parts/copy.js";
import { Menu } from "../parts/menu.js";
import { authToken, remember, remembered } from "../shell/settings.js";
import { inOneLine } from "../words/errors.js";
import { interfaceLanguage, t } from "../words/language.js";

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];
const PAUSE_S = 0.6;
const SPEED = 1;
const KINDS = { curl: "curl", python: "Python", javascript: "JavaScript", openai: "OpenAI SDK" };

/** Events: `rate`, `loop`, `pause`, `speed`, `save` (detail: the format). */
export class Tuning extends EventTarget {
  #parts = {};
  #request;
  #kind = remembered("code") ?? "curl";

  /** `request()` is what would be asked of the server now, for the code. */
  constructor(root, request) {
    super();
    this.#request = request;
    const ids =
      "tune tuning pause pause-words speed speed-words rate loop save save-menu save-problem code code-panel code-kinds code-text code-key copy-code figures numbers";
    for (const id of ids.split(" ")) this.#parts[id] = root.querySelector(`#${id}`);
    this.panel = new Menu(this.#parts.tune, this.#parts.tuning);
    this.panel.closesOutside = false;
    this.#slider("pause", PAUSE_S, (seconds) => `${seconds.toLocaleString(interfaceLanguage(), { minimumFractionDigits: 1 })} s`);
    this.#slider("speed", SPEED, (times) => `${times.toLocaleString(interfaceLanguage())}×`);
    this.#playback();
    this.#saving();
    this.#code();
    const figures = new Menu(this.#parts.figures, this.#parts.numbers);
    figures.closesOutside = false;
    figures.toggle(remembered("figures") === "shown");
    for (const [event, value] of [["open", "shown"], ["close", ""]]) {
      figures.addEventListener(event, () => remember("figures", value));
    }
  }

  /** Of the voice, times its usual pace: the server speaks so. */
  get speed() {
    return Number(this.#parts.speed.value);
  }

  /** Of the playback. */
  get rate() {
    return Number(this.#parts.rate.value);
  }

  get loop() {
    return this.#parts.loop.getAttribute("aria-pressed") === "true";
  }

  /** Units: seconds. */
  get pauseS() {
    return Number(this.#parts.pause.value);
  }

  /** Whether there is something to save, and how far that is, or null. */
  saveable(there, progress = null) {
    this.#parts.save.disabled = !there || progress !== null;
    const words = progress ?? t("Save");
    if (this.#parts.save.textContent !== words) this.#parts.save.textContent = words;
  }

  /** `error` is what came in the way of saving, or null. */
  problem(error) {
    const place = this.#parts["save-problem"];
    place.hidden = error === null;
    place.textContent = error === null ? "" : inOneLine(error);
  }

  #slider(name, usual, inWords) {
    const { [name]: slider, [`${name}-words`]: words } = this.#parts;
    const show = () => (words.textContent = inWords(Number(slider.value)));
    slider.value = remembered(name) ?? usual;
    slider.addEventListener("input", show);
    // Not while it is drawn: each value would have the text spoken anew.
    slider.addEventListener("change", () => {
      remember(name, slider.value);
      this.refresh();
      this.#tell(name);
    });
    show();
  }

  #playback() {
    const { rate, loop } = this.#parts;
    const number = new Intl.NumberFormat(interfaceLanguage());
    rate.append(...RATES.map((value) => new Option(`${number.format(value)}×`, value, false, value === 1)));
    rate.value = RATES.includes(Number(remembered("rate"))) ? remembered("rate") : "1";
    rate.addEventListener("change", () => {
      remember("rate", rate.value);
      this.#tell("rate");
    });
    loop.addEventListener("click", () => {
      loop.setAttribute("aria-pressed", String(!this.loop));
      this.#tell("loop");
    });
  }

  #saving() {
    const menu = new Menu(this.#parts.save, this.#parts["save-menu"]);
    this.#parts["save-menu"].addEventListener("click", ({ target }) => {
      const { format } = target.closest("button")?.dataset ?? {};
      if (!format) return;
      menu.toggle(false);
      this.#parts.save.focus();
      this.dispatchEvent(new CustomEvent("save", { detail: format }));
    });
  }

  #code() {
    const menu = new Menu(this.#parts.code, this.#parts["code-panel"]);
    menu.closesOutside = false;
    menu.addEventListener("open", () => this.#showCode());
    this.#parts["code-kinds"].append(
      ...Object.entries(KINDS).map(([kind, name]) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
        button.className = "plain";
        button.dataset.kind = kind;
        button.addEventListener("click", () => {
          this.#kind = kind;
          remember("code", kind);
          this.#showCode();
        });
        return button;
      }),
    );
    copyOnPress(this.#parts["copy-code"], () => this.#parts["code-text"].textContent);
  }

  /** The text or a choice has changed. */
  refresh() {
    if (!this.#parts["code-panel"].hidden) this.#showCode();
  }

  async #showCode() {
    const { requestCode } = await import("../parts/request-code.js");
    const kind = this.#kind in KINDS ? this.#kind : "curl";
    for (const button of this.#parts["code-kinds"].children) {
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    }
    const request = this.#request();
    this.#parts["code-text"].textContent = requestCode(kind, request, location.origin, authToken());
    this.#parts["code-key"].hidden = authToken() === undefined;
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

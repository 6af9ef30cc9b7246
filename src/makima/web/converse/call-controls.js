/** The buttons of a call: begin and end, mute, hold to talk, stop the reply, type, save the transcript. */

import { remember, remembered } from "../shell/settings.js";
import { inOneLine } from "../words/errors.js";
import { t } from "../words/language.js";

/**
 * Events: `call`, `hush`, `silent` (what is said is heard no longer, or again), `type` (detail: the text), `language`,
 * `save` (detail: the format), `forget`.
 */
export class Controls extends EventTarget {
  #parts = {};
  #muted = false;
  #held = false;
  #on = false;

  constructor(root) {
    super();
    const ids = "call mute hold hush push listen-language typed type-form story call-problem forget who state";
    for (const id of ids.split(" ")) this.#parts[id] = root.querySelector(`#${id}`);
    this.#parts.frame = root.querySelector(".call");
    this.#parts.exports = [...root.querySelectorAll("[data-format]")];
    const { call, mute, hush, push, forget } = this.#parts;
    push.checked = remembered("push") === "on";
    call.addEventListener("click", () => this.#tell("call"));
    hush.addEventListener("click", () => this.#tell("hush"));
    forget.addEventListener("click", () => this.#tell("forget"));
    mute.addEventListener("click", () => this.#mute(!this.#muted));
    push.addEventListener("change", () => {
      remember("push", push.checked ? "on" : "off");
      this.#mute(false);
    });
    for (const button of this.#parts.exports) button.addEventListener("click", () => this.#tell("save", button.dataset.format));
    this.#parts["listen-language"].addEventListener("change", ({ target }) => {
      remember("listen-language", target.value);
      this.#tell("language");
    });
    this.#parts["type-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#parts.typed.value.trim();
      this.#parts.typed.value = "";
      if (text) this.#tell("type", text);
    });
    this.#holding();
  }

  /** Nothing of what is said is heard now. */
  get silent() {
    return this.#muted || (this.#parts.push.checked && !this.#held);
  }

  get language() {
    return this.#parts["listen-language"].value || undefined;
  }

  offerLanguages(names) {
    const select = this.#parts["listen-language"];
    const chosen = select.value || remembered("listen-language");
    const all = names.length > 1 ? ["Auto", ...names.filter((name) => name !== "Auto")] : names;
    select.replaceChildren(...all.map((name) => new Option(t(name), name, false, name === chosen)));
    select.disabled = all.length < 2;
  }

  saveable(there) {
    for (const button of [...this.#parts.exports, this.#parts.forget]) button.disabled = !there;
  }

  /** What went wrong, beside the button that was pressed. */
  problem(error) {
    this.#parts["call-problem"].hidden = error === null;
    this.#parts["call-problem"].textContent = error === null ? "" : inOneLine(error);
  }

  /** `permission` is the microphone's. */
  tell(permission, on) {
    const where = t("What you say goes to this server, {host}, is transcribed there, and is not kept.", { host: location.host });
    const story = {
      granted: where,
      prompt: `${t("When you start, the browser asks whether this page may use the microphone.")} ${where}`,
      denied: t("The browser does not let this page use the microphone. Allow it beside the address; or type."),
      impossible: t("Browsers offer the microphone to secure pages only: open this page as localhost, or by https. You can type."),
    };
    this.#parts.story.textContent = on ? t("Talk over an answer to stop it.") : (story[permission] ?? story.prompt);
  }

  show({ on, listens, replying, who }) {
    const { call, mute, hold, hush, push, frame, state } = this.#parts;
    this.#on = on;
    frame.dataset.call = on ? "on" : "off";
    // Whose turn it is can be heard; saying it as well would talk over what is said.
    state.setAttribute("aria-live", on ? "off" : "polite");
    call.dataset.does = on ? "cancel" : "call";
    const label = on ? t("End the call") : t("Start the call");
    if (call.textContent !== label) call.textContent = label;
    mute.hidden = !listens || push.checked;
    hold.hidden = !listens || !push.checked;
    hold.setAttribute("aria-pressed", String(this.#held));
    mute.setAttribute("aria-pressed", String(this.#muted));
    mute.textContent = this.#muted ? t("Unmute") : t("Mute");
    hush.hidden = !replying;
    if (this.#parts.who.textContent !== who) this.#parts.who.textContent = who;
  }

  #holding() {
    const { hold } = this.#parts;
    hold.addEventListener("pointerdown", (event) => {
      hold.setPointerCapture(event.pointerId);
      this.#hold(true);
    });
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
      hold.addEventListener(type, () => this.#hold(false));
    }
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#tell("hush");
      if (!this.#talks(event)) return;
      event.preventDefault();
      if (!event.repeat) this.#hold(true);
    });
    document.addEventListener("keyup", (event) => event.key === " " && this.#held && this.#hold(false));
    addEventListener("blur", () => this.#hold(false));
  }

  /** The space bar talks, but where it writes, or presses another button. */
  #talks({ key, target }) {
    if (key !== " " || !this.#on || !this.#parts.push.checked) return false;
    return target === this.#parts.hold || !target.closest?.("input, textarea, select, button, a");
  }

  #hold(held) {
    if (this.#held === held) return;
    this.#held = held;
    this.#tell("silent");
  }

  #mute(muted) {
    this.#muted = muted;
    this.#tell("silent");
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

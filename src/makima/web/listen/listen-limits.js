/** What a person should know before they speak: who hears it, and how well it is understood. */

import { Microphone } from "../audio/microphone.js";
import { msg, t } from "../words/language.js";

const LIMITS = {
  pocketsphinx: msg(
    "The embedded recogniser, PocketSphinx, knows English only, needs a quiet room, and gets many words wrong.",
  ),
};

export class Limits {
  #story;
  #limits;

  constructor(root) {
    this.#story = root.querySelector("#story");
    this.#limits = root.querySelector("#limits");
  }

  /** Before the browser asks, and after it has been answered. */
  async tellStory() {
    const permission = await Microphone.permission();
    const where = t("What is heard goes to this server, {host}, is transcribed there, and is not kept.", { host: location.host });
    const story = {
      granted: where,
      prompt: `${t("When you press Microphone, the browser asks whether this page may use it.")} ${where}`,
      denied: t("The browser does not let this page use the microphone. Allow it beside the address; or choose files."),
      impossible: t("Browsers offer the microphone to secure pages only: open this page as localhost, or by https. Files work."),
    };
    this.#story.textContent = story[permission] ?? story.prompt;
  }

  /** `capabilities` of the listen session. */
  show({ recognizer }) {
    const words = LIMITS[recognizer];
    this.#limits.hidden = words === undefined;
    if (words === undefined) return;
    const link = Object.assign(document.createElement("a"), { href: "/models", textContent: t("Get a better one") });
    this.#limits.replaceChildren(t(words), " ", link);
  }
}

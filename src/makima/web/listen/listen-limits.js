/** What a person should know before they speak: who hears it, what answers, and how well it understands. */

import { health } from "../shell/api.js";
import { asCode } from "../shell/footer.js";
import { Microphone } from "../audio/microphone.js";

const LIMITS = {
  pocketsphinx:
    "The embedded recogniser, PocketSphinx, knows English only, needs a quiet room, and gets many words wrong: " +
    "it is the one that needs no download. ",
};

export class Limits {
  #story;
  #help;
  #limits;
  #chat = null;

  constructor(root) {
    this.#story = root.querySelector("#story");
    this.#help = root.querySelector("#converse-help");
    this.#limits = root.querySelector("#limits");
  }

  /** Before the browser asks, and after it has been answered. */
  async tellStory() {
    const permission = await Microphone.permission();
    const where = `What it hears goes to this server, ${location.host}, is transcribed there, and is not kept.`;
    const story = {
      granted: where,
      prompt: `When you press Listen, your browser asks whether this page may use the microphone. ${where}`,
      denied: "Your browser keeps the microphone from this page. Allow it beside the address, then press Listen.",
      impossible: "Browsers give the microphone to secure pages alone: open this page as localhost, or by https.",
    };
    this.#story.textContent = story[permission] ?? story.prompt;
  }

  /** `capabilities` of the listen session. */
  async show({ recognizer }) {
    const words = LIMITS[recognizer];
    this.#limits.hidden = words === undefined;
    if (words === undefined) return;
    const commands = await health().then((server) => server.commands.parakeet, () => null);
    this.#limits.replaceChildren(words, ...(commands ? ["For a better one: ", ...asCode(commands), "."] : []));
  }

  /** `capabilities` of the speak session. */
  showChat({ chatModel, chatIsEcho }) {
    this.#chat = { name: chatModel, echo: chatIsEcho };
  }

  explain(conversing) {
    let words = "Spoken replies. Interrupt by talking.";
    if (conversing && this.#chat?.echo) words = "No chat model is set (MAKIMA_LLM_BASE_URL), so an echo answers.";
    else if (conversing && this.#chat) words = `${this.#chat.name} answers. Talk over it to stop it.`;
    if (this.#help.textContent !== words) this.#help.textContent = words;
  }
}

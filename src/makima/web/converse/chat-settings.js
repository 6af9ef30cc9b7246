/** Which chat model answers: said plainly, and changed here by those who may. */

import { Menu } from "../parts/menu.js";
import { asked, json } from "../shell/api.js";
import { inOneLine } from "../words/errors.js";
import { t } from "../words/language.js";

const PATH = "/api/v1/chat";

/** Events: `change`: another model answers from now on. */
export class ChatSettings extends EventTarget {
  #parts = {};
  #menu;
  #chat = null;

  constructor(root) {
    super();
    const ids = "chat-note chat-settings chat-form find-chat found-none chat-url chat-model chat-models chat-key chat-prompt chat-forget chat-problem";
    for (const id of ids.split(" ")) this.#parts[id] = root.querySelector(`#${id}`);
    this.#menu = new Menu(this.#parts["chat-settings"], this.#parts["chat-form"]);
    this.#menu.closesOutside = false;
    this.#parts["chat-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      this.#use();
    });
    this.#parts["find-chat"].addEventListener("click", () => this.#find());
    this.#parts["chat-forget"].addEventListener("click", () => this.#change(asked(PATH, { method: "DELETE" })));
  }

  async load() {
    try {
      this.#show(await (await asked(PATH)).json());
    } catch {
      // The connection says that the server is away, or who may come in.
    }
  }

  #show(chat) {
    this.#chat = chat;
    const parts = this.#parts;
    parts["chat-note"].textContent = chat.isEcho
      ? t("There is no chat model yet: an echo repeats what you say.")
      : t("{model} answers. Talk over it to stop it.", { model: chat.model });
    parts["chat-settings"].hidden = !chat.mayChange;
    if (!chat.mayChange) return;
    parts["chat-settings"].textContent = chat.isEcho ? t("Choose a chat model") : t("Chat model");
    parts["chat-url"].value = chat.baseUrl ?? "";
    parts["chat-model"].value = chat.isEcho ? "" : chat.model;
    parts["chat-key"].placeholder = chat.hasKey ? t("A key is kept; leave this empty to keep it") : "";
    parts["chat-prompt"].value = chat.systemPrompt;
    parts["chat-forget"].hidden = !chat.chosenHere;
  }

  async #find() {
    const { "find-chat": button, "found-none": none, "chat-models": models } = this.#parts;
    this.#problem(null);
    none.hidden = true;
    button.disabled = true;
    try {
      const { servers } = await (await asked(`${PATH}/find`, { method: "POST" })).json();
      none.hidden = servers.length > 0;
      for (const old of this.#parts["chat-form"].querySelectorAll("[data-server]")) old.remove();
      button.after(...servers.map((server) => this.#offer(server)));
      models.replaceChildren(...servers.flatMap((server) => server.models.map((name) => new Option(name, name))));
      if (servers.length > 0) this.#take(servers[0]);
    } catch (error) {
      this.#problem(error);
    }
    button.disabled = false;
  }

  #offer(server) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.dataset.server = server.baseUrl;
    button.textContent = t("{name}, {count} models", { name: server.name, count: server.models.length });
    button.addEventListener("click", () => this.#take(server));
    return button;
  }

  #take({ baseUrl, models }) {
    this.#parts["chat-url"].value = baseUrl;
    if (!models.includes(this.#parts["chat-model"].value)) this.#parts["chat-model"].value = models[0] ?? "";
  }

  #use() {
    const { "chat-url": url, "chat-model": model, "chat-key": key, "chat-prompt": prompt } = this.#parts;
    const body = { baseUrl: url.value.trim(), model: model.value.trim(), systemPrompt: prompt.value.trim() || null };
    this.#change(asked(PATH, json("PUT", key.value ? { ...body, apiKey: key.value } : body)));
  }

  async #change(answer) {
    this.#problem(null);
    try {
      this.#show(await (await answer).json());
      this.#parts["chat-key"].value = "";
      this.#menu.toggle(false);
      this.#parts["chat-settings"].focus();
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      this.#problem(error);
    }
  }

  #problem(error) {
    this.#parts["chat-problem"].hidden = error === null;
    this.#parts["chat-problem"].textContent = error === null ? "" : inOneLine(error);
  }
}

/** The API page: the socket's messages and the HTTP routes, as the running server describes them. */

import { copyOnPress } from "../parts/copy.js";
import { element, fieldTable, prose } from "./docs-parts.js";
import { t } from "../words/language.js";

/** @param {HTMLElement} root */
export function mount(root) {
  describe(root).catch((error) => {
    root.querySelector("#docs-problem").hidden = false;
    root.querySelector("#docs-problem").textContent = t("The server did not describe itself: {reason}", { reason: error.message });
  });
  for (const code of root.querySelectorAll("[data-origin]")) {
    code.textContent = code.textContent
      .replaceAll("http://SERVER", location.origin)
      .replaceAll("ws://SERVER", location.origin.replace(/^http/, "ws"));
  }
  for (const block of root.querySelectorAll("pre")) copyable(block);
  for (const paragraph of root.querySelectorAll("p")) {
    if (paragraph.textContent.includes("`")) paragraph.replaceChildren(...prose(paragraph.textContent).childNodes);
  }
  listContents(root);
  return { state: () => "ready" };
}

function copyable(block) {
  const button = Object.assign(element("button", t("Copy")), { type: "button", className: "plain copy" });
  const frame = element("div");
  frame.className = "block";
  block.replaceWith(frame);
  frame.append(block, button);
  copyOnPress(button, () => block.textContent);
}

function listContents(root) {
  const list = root.querySelector("#contents");
  for (const heading of root.querySelectorAll("h2")) {
    const link = Object.assign(element("a", heading.textContent), { href: `#${heading.id}` });
    list.append(element("li", link));
  }
}

async function describe(root) {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(response.statusText);
  const description = await response.json();
  root.querySelector("#messages").append(...description["x-websocket"].map(messageEntry));
  root.querySelector("#listen-messages").append(...description["x-websocket-listen"].map(messageEntry));
  const routes = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => routeEntry(path, method, route, description)),
  );
  root.querySelector("#routes").append(...routes);
}

function messageEntry({ type, description, schema }) {
  return entry(element("code", type), description, fieldTable(schema, schema));
}

function routeEntry(path, method, route, description) {
  const name = element("code", `${method.toUpperCase()} ${path}`);
  const { "application/json": json, "multipart/form-data": form } = route.requestBody?.content ?? {};
  const body = (json ?? form)?.schema;
  return entry(name, route.description ?? route.summary, body ? fieldTable(body, description) : null);
}

function entry(name, words, table) {
  const item = element("li");
  item.append(element("h3", name), prose(words ?? ""));
  if (table) item.append(table);
  return item;
}

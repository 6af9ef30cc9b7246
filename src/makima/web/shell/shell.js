/** What all pages share: the links between them, the language, who is signed in, and the page that is open. */

import { loadWords, offerLanguages, t, translate } from "../words/language.js";
import { offerPhone } from "../parts/phone.js";
import { signIn } from "./access.js";
import { showEngine } from "./footer.js";
import { PAGES } from "./pages.js";

await loadWords();

const path = location.pathname.replace(/(.)\/$/, "$1");
const open = PAGES.find((page) => page.path === path || page.also?.includes(path)) ?? PAGES[0];

document.title = `${t(open.name)} · Makima`;
document.getElementById("pages").append(
  ...PAGES.map((page) => {
    const link = document.createElement("a");
    link.href = page.path;
    link.textContent = t(page.name);
    if (page === open) link.setAttribute("aria-current", "page");
    const item = document.createElement("li");
    item.append(link);
    return item;
  }),
);
// On a phone the links may be wider than the screen.
document.querySelector("#pages [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
offerLanguages(document.getElementById("interface"));
offerPhone(document.getElementById("phone"), document.getElementById("phone-panel"));

for (const template of document.querySelectorAll("template")) translate(template.content);
translate(document.body);
const root = document.getElementById("page");
root.replaceChildren(
  document.getElementById("access-form").content.cloneNode(true),
  document.getElementById(open.template).content.cloneNode(true),
);
// Not `autofocus`, which browsers honour while they parse, but not all of them in what is added later.
root.querySelector("[data-focus]")?.focus({ preventScroll: true });

showEngine();
signIn();
const { mount } = await open.load();
// Read-only, for diagnosis and for the tests.
window.makima = Object.freeze(mount(root));

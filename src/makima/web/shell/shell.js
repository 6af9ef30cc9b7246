/** What all pages share: the links between them, and the page that is open. */

import { showEngine } from "./footer.js";
import { PAGES } from "./pages.js";

const path = location.pathname.replace(/(.)\/$/, "$1");
const open = PAGES.find((page) => page.path === path || page.also?.includes(path)) ?? PAGES[0];

document.title = `${open.name} · Makima`;
document.getElementById("pages").append(
  ...PAGES.map((page) => {
    const link = document.createElement("a");
    link.href = page.path;
    link.textContent = page.name;
    if (page === open) link.setAttribute("aria-current", "page");
    const item = document.createElement("li");
    item.append(link);
    return item;
  }),
);

const root = document.getElementById("page");
root.replaceChildren(document.getElementById(open.template).content.cloneNode(true));
// Not `autofocus`, which browsers honour while they parse, but not all of them in what is added later.
root.querySelector("[data-focus]")?.focus();

showEngine();
const { mount } = await open.load();
// Read-only, for diagnosis and for the tests.
window.makima = Object.freeze(mount(root));

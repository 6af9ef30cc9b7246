/** How another device opens these pages: addresses with QR codes, and https, without which phones give no microphone. */

import { Menu } from "./menu.js";
import { asked } from "../shell/api.js";
import { inOneLine } from "../words/errors.js";
import { t } from "../words/language.js";

const QUIET = 4; // modules of white around a QR code, as its standard asks
const HTTPS_PORT = 8443;
const SVG = "http://www.w3.org/2000/svg";

/** The button of the footer opens the panel; what is in it is asked for then. */
export function offerPhone(button, panel) {
  const menu = new Menu(button, panel);
  menu.closesOutside = false;
  menu.addEventListener("open", async () => {
    panel.replaceChildren(document.getElementById("phone-help").content.cloneNode(true));
    try {
      show(panel, await (await asked("/api/v1/addresses")).json());
    } catch (error) {
      panel.textContent = inOneLine(error);
    }
    panel.scrollIntoView({ block: "nearest" });
  });
}

function show(panel, { addresses, port, commands }) {
  const part = (id) => panel.querySelector(`#${id}`);
  const there = addresses.length > 0;
  part("phone-story").textContent = there
    ? t("Open one of these on the phone, in the same network:")
    : t("This server answers this machine alone. To reach it from a phone, stop it, then make a key and start it so:");
  part("phone-addresses").append(...addresses.map(entry));
  part("phone-start").hidden = there;
  part("phone-commands").textContent = commands.join("\n");
  const host = there ? new URL(addresses[0].url).hostname : "192.168.1.5";
  part("phone-caddy").textContent =
    `caddy reverse-proxy --from https://${host}:${HTTPS_PORT} --to 127.0.0.1:${port} --internal-certs`;
}

function entry({ url, qr }) {
  const item = document.createElement("li");
  item.append(drawn(qr, url), Object.assign(document.createElement("a"), { href: url, textContent: url }));
  return item;
}

function drawn(rows, label) {
  const svg = document.createElementNS(SVG, "svg");
  const side = rows.length + 2 * QUIET;
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", t("QR code of {address}", { address: label }));
  const path = document.createElementNS(SVG, "path");
  const dark = rows.flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  path.setAttribute("d", dark.join(""));
  svg.append(path);
  return svg;
}

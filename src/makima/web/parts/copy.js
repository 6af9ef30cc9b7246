/** Copies a text, and says so on the button for a moment. */

import { t } from "../words/language.js";

const SAID_MS = 2000;

export function copyOnPress(button, text) {
  button.addEventListener("click", async () => {
    const done = (await copied(text())) ? t("Copied") : t("Press Ctrl+C");
    const before = button.textContent;
    if (before === done) return;
    button.textContent = done;
    setTimeout(() => (button.textContent = before), SAID_MS);
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text); // browsers offer the clipboard to https and localhost alone
  }
}

function copiedBySelection(text) {
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

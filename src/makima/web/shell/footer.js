/** The engine and the model in use, and how to get a better one. */

import { health } from "./api.js";
import { t } from "../words/language.js";

export async function showEngine(capabilities = null) {
  let server = {};
  try {
    server = await health();
  } catch {
    // The page says elsewhere that the server is away.
    if (capabilities === null) return;
  }
  const engine = capabilities?.engine ?? server.engine;
  const facts = [
    [t("engine"), engine],
    [t("model"), server.model],
    [t("device"), server.device],
    ["makima", server.version],
  ];
  document.getElementById("engine").replaceChildren(
    ...facts
      .filter(([, value]) => value)
      .map(([name, value]) => {
        const fact = document.createElement("span");
        fact.append(`${name} `, Object.assign(document.createElement("b"), { textContent: value }));
        return fact;
      }),
  );
  const advice = document.getElementById("advice");
  advice.hidden = engine !== "espeak";
  if (!advice.hidden) {
    const link = Object.assign(document.createElement("a"), { href: "/models", textContent: t("Get a better one") });
    advice.replaceChildren(t("This is the embedded voice."), " ", link);
  }
  advice.title = server.engineReason ?? "";
}

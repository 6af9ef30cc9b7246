/** The engine and the model in use, and how to get a better one. */

import { health } from "./api.js";

/** Commands to be typed one after the other. */
export function asCode(commands) {
  return commands.flatMap((text, index) => [
    ...(index > 0 ? [", then "] : []),
    Object.assign(document.createElement("code"), { textContent: text }),
  ]);
}

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
    ["engine", engine],
    ["model", server.model],
    ["device", server.device],
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
  advice.hidden = engine !== "espeak" || !server.commands;
  if (!advice.hidden) {
    advice.replaceChildren("This is the embedded voice. For Qwen3-TTS: ", ...asCode(server.commands.qwen3), ".");
  }
  advice.title = server.engineReason ?? "";
}

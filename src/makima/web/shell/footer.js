/** The engine and the model in use, and how to get a better one. */

import { health } from "./api.js";

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
  advice.hidden = engine !== "espeak";
  const code = (text) => Object.assign(document.createElement("code"), { textContent: text });
  advice.replaceChildren(
    "This is the embedded voice. For Qwen3-TTS: ",
    code("make install"),
    ", then ",
    code("makima models pull qwen3-tts-0.6b"),
    ".",
  );
  advice.title = server.engineReason ?? "";
}

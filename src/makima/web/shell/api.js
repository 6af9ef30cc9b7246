/** The server's HTTP answers that the pages read. */

import { authToken } from "./settings.js";

export const voices = async () => (await get("/api/v1/voices")).voices;
export const health = () => get("/health");

async function get(path) {
  const token = authToken();
  const answer = await fetch(path, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

/** An id that no other page has. Not crypto.randomUUID: browsers offer that to https and localhost alone. */
export function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

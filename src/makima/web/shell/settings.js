/** What this browser remembers of the person's choices; nothing where it may not remember. */

const PREFIX = "makima.";
const TOKEN = `${PREFIX}token`;

export function remembered(name) {
  return read(localStorageOf, PREFIX + name);
}

export function remember(name, value) {
  write(localStorageOf, PREFIX + name, value);
}

let token = null;

/** The key or token: for this tab, or for as long as the person chose. */
export function authToken() {
  return token ?? read(sessionStorageOf, TOKEN) ?? read(localStorageOf, TOKEN) ?? undefined;
}

export function setAuthToken(value, stays = false) {
  token = value;
  write(sessionStorageOf, TOKEN, value);
  if (stays) write(localStorageOf, TOKEN, value);
}

/** What is sent along with a request. */
export const authHeaders = () => (authToken() ? { Authorization: `Bearer ${authToken()}` } : {});

// Reading the property already throws where storage is off.
const localStorageOf = () => localStorage;
const sessionStorageOf = () => sessionStorage;

function read(storage, name) {
  try {
    return storage().getItem(name);
  } catch {
    return null;
  }
}

function write(storage, name, value) {
  try {
    storage().setItem(name, value);
  } catch {
    // Storage is off or full: the choice holds for this visit.
  }
}

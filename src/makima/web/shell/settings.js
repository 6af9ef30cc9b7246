/** What this browser remembers of the person's choices; nothing where it may not remember. */

const PREFIX = "makima.";
const TOKEN = `${PREFIX}token`;

export function remembered(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is off or full: the choice holds for this visit.
  }
}

let token = null;

/** The token lives as long as the tab. */
export function authToken() {
  try {
    return token ?? sessionStorage.getItem(TOKEN) ?? undefined;
  } catch {
    return token ?? undefined;
  }
}

export function setAuthToken(value) {
  token = value;
  try {
    sessionStorage.setItem(TOKEN, value);
  } catch {
    // As above.
  }
}

// What the page shows, behind the # of its address, so that it can be kept and sent. The map keeps its view there too.

const NAMES = ["q", "at", "text"]; // a search, a point that was asked about, a position that was converted
const listeners = [];

// MapLibre writes its view decoded: what means something in an address would be lost at the next move of the map.
const SPECIAL = /[%&=+#?~\s\x22\x60<>]/g;

/** Called with {q}, {at} or {text} when the address is opened or changed by hand. */
export function onLink(listener) {
  listeners.push(listener);
}

/** Writes what is shown now; an empty value forgets it. The other names go: one thing is shown at a time. */
export function setLink(name, value) {
  const kept = location.hash.slice(1).split("&").filter((part) => part && !NAMES.includes(part.split("=")[0]));
  if (value) kept.push(`${name}=${escape(value)}`);
  history.replaceState(history.state, "", `#${kept.join("&")}`);
}

export function followLink() {
  window.addEventListener("hashchange", tell);
  tell();
}

function tell() {
  const parts = new URLSearchParams(location.hash.slice(1));
  for (const name of NAMES) {
    const value = parts.get(name);
    if (value) for (const listener of listeners) listener({ [name]: unescape(value) });
  }
}

const escape = (text) => text.replace(SPECIAL, (character) => `~${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

const unescape = (text) => text.replace(/~([0-9a-f]{4})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));

// Files for whoever sits here: what the page has, or what the server makes and only gives to the caller's key.

import { address, Problem } from "./api.js";
import { element } from "./dom.js";
import { keyHeaders } from "./key.js";

const HELD_MS = 60_000; // a browser may begin to write the file later

/** Saves a text as a file. */
export const saveText = (text, type, name) => saveBlob(new Blob([text], { type }), name);

/** Saves the answer to GET path?query under the name that the server gives it. Throws Problem. */
export async function saveAnswer(path, query, accept = "*/*") {
  const reply = await fetch(address(path, query), { headers: { Accept: accept, ...keyHeaders() } }).catch(() => {
    throw new Problem(0);
  });
  if (!reply.ok) throw new Problem(reply.status, await reply.json().catch(() => ({})));
  const [, name] = /filename="([^"]+)"/.exec(reply.headers.get("Content-Disposition") ?? "") ?? [];
  saveBlob(await reply.blob(), name ?? path.split("/").at(-1));
}

function saveBlob(blob, name) {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), HELD_MS);
}

// Asking the public API: one function, one kind of error.

import { askForKey, currentKey, keyHeaders } from "./key.js";

/** Why a question was not answered: the server's problem document, or the network's silence (status 0). */
export class Problem extends Error {
  constructor(status, document = {}) {
    super(document.detail ?? String(status));
    this.status = status;
    this.detail = document.detail ?? "";
    this.hint = document.hint ?? "";
    this.request = document.request_id ?? "";
    this.document = document;
  }
}

/**
 * The JSON answer to GET path?query. A 401 asks the person for a key and then asks again.
 * Throws Problem, or the AbortError of the signal.
 */
export async function ask(path, query = {}, { signal, accept = [200] } = {}) {
  for (;;) {
    const used = currentKey();
    const reply = await send(address(path, query), signal);
    if (accept.includes(reply.status)) return reply.json();
    const problem = new Problem(reply.status, await reply.json().catch(() => ({})));
    if (reply.status !== 401) throw problem;
    const changed = used !== currentKey() || (await askForKey(problem));
    if (!changed) throw problem;
  }
}

/**
 * The JSON answer to a POST, or another method, of a JSON body. version: that the change is made from.
 * request: a key of `newRequest`; what is sent twice under it is done once. Throws Problem.
 */
export async function tell(path, body, { method = "POST", version, request } = {}) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", ...keyHeaders() };
  if (version) headers["If-Match"] = `"${version}"`;
  if (request) headers["Idempotency-Key"] = request;
  const reply = await fetch(address(path), { method, headers, body: JSON.stringify(body) }).catch(() => {
    throw new Problem(0);
  });
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Problem(reply.status, answer);
  return answer;
}

/** A key that no other request has; crypto.randomUUID is missing where a page is served without TLS. */
export const newRequest = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Sends for somebody who may press again: what is sent a second time because the first gave no answer is the same
 * request, and done once. Gives send(path, body, options) as `tell`.
 */
export function makeOnce() {
  let text = "", request = "";
  return async function once(path, body, options = {}) {
    const now = JSON.stringify([path, body]);
    if (text !== now) [text, request] = [now, newRequest()];
    const answer = await tell(path, body, { ...options, request });
    text = "";
    return answer;
  };
}

export function address(path, query = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

async function send(url, signal) {
  try {
    return await fetch(url, { signal, headers: { Accept: "application/json", ...keyHeaders() } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0);
  }
}

/** Points in addresses are lon,lat; seven decimals are a centimetre. */
export const pointText = ([lon, lat]) => `${+lon.toFixed(7)},${+lat.toFixed(7)}`;

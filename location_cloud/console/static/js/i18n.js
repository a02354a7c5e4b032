// The page's words: one catalogue a language, chosen by ?lang=, then by the last choice, then Chinese.

import { byId } from "./dom.js";

export const LANGUAGES = ["zh-CN", "en"];
const REMEMBERED = "location-cloud.language";

const listeners = [];
let catalogue = {};
let current = LANGUAGES[0];

export const language = () => current;

/** The words for a key; {name} in them is filled from values. A missing key shows itself, so that a test sees it. */
export function t(key, values = {}) {
  const words = catalogue[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const has = (key) => key in catalogue;

/** Called after every change of language: redraw what was drawn from data. */
export function onLanguage(listener) {
  listeners.push(listener);
}

export async function startLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const wanted = [asked, remembered(), LANGUAGES[0]].find((candidate) => LANGUAGES.includes(candidate));
  await setLanguage(wanted);
  const chooser = byId("language");
  chooser.value = current;
  chooser.addEventListener("change", () => setLanguage(chooser.value));
}

async function setLanguage(wanted) {
  const reply = await fetch(`console/i18n/${wanted}.json`);
  if (!reply.ok) throw new Error(`${reply.status} ${reply.url}`);
  catalogue = await reply.json();
  current = wanted;
  document.documentElement.lang = wanted;
  remember(wanted);
  const address = new URL(location.href);
  if (address.searchParams.has("lang")) {
    address.searchParams.set("lang", wanted);
    history.replaceState(null, "", address);
  }
  translate(document);
  for (const listener of listeners) listener();
}

function translate(root) {
  for (const node of root.querySelectorAll("[data-i18n]")) node.textContent = t(node.dataset.i18n);
  for (const node of root.querySelectorAll("[data-i18n-attr]")) {
    for (const pair of node.dataset.i18nAttr.split(";")) {
      const [attribute, key] = pair.split(":");
      node.setAttribute(attribute, t(key));
    }
  }
}

// A browser may forbid storage (private windows); the page then simply forgets.
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(wanted) {
  try {
    localStorage.setItem(REMEMBERED, wanted);
  } catch {
    return;
  }
}

// The panel's pages as WAI-ARIA tabs: arrow keys, Home and End move, one page shows.

import { byId } from "./dom.js";

const NAMES = ["places", "route", "traffic", "here", "pois", "coords", "daqing", "data", "dispatch", "searches"];
const openers = {};
let open = NAMES[0];

export const openTab = () => open;

/** Called each time the page opens. */
export function onOpen(name, listener) {
  (openers[name] ??= []).push(listener);
}

export function showTab(name) {
  open = name;
  for (const each of NAMES) {
    const chosen = each === name;
    const tab = byId(`tab-${each}`);
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(`page-${each}`).hidden = !chosen;
  }
  for (const listener of openers[name] ?? []) listener();
  for (const listener of openers["*"] ?? []) listener();
}

export function startTabs() {
  for (const [position, name] of NAMES.entries()) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => showTab(name));
    tab.addEventListener("keydown", (event) => {
      const last = NAMES.length - 1;
      const target = { ArrowRight: (position + 1) % NAMES.length, ArrowLeft: (position + last) % NAMES.length, Home: 0, End: last }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      showTab(NAMES[target]);
      byId(`tab-${NAMES[target]}`).focus();
    });
  }
  showTab(open);
}

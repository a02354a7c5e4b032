// Pages as WAI-ARIA tabs: arrow keys, Home and End move, one page shows. The panel's own, and those within a page.

import { byId } from "./dom.js";

/** Tabs of pages that the document has: tab-NAME opens page-NAME. */
export function makeTabs(names) {
  const openers = {};
  let open = names[0];

  function show(name) {
    open = name;
    for (const each of names) {
      const chosen = each === name;
      const tab = byId(`tab-${each}`);
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(`page-${each}`).hidden = !chosen;
    }
    for (const listener of openers[name] ?? []) listener();
    for (const listener of openers["*"] ?? []) listener();
  }

  function start() {
    for (const [position, name] of names.entries()) {
      const tab = byId(`tab-${name}`);
      tab.addEventListener("click", () => show(name));
      tab.addEventListener("keydown", (event) => {
        const last = names.length - 1;
        const target = { ArrowRight: (position + 1) % names.length, ArrowLeft: (position + last) % names.length, Home: 0, End: last }[event.key];
        if (target === undefined) return;
        event.preventDefault();
        event.stopPropagation(); // tabs within a page are not the panel's
        show(names[target]);
        byId(`tab-${names[target]}`).focus();
      });
    }
    show(open);
  }

  return {
    open: () => open,
    /** Called each time the page opens; "*" = any. */
    onOpen: (name, listener) => (openers[name] ??= []).push(listener),
    show,
    start,
  };
}

const panel = makeTabs(["places", "route", "traffic", "here", "pois", "coords", "daqing", "data", "dispatch", "searches", "cases", "grids"]);

export const openTab = panel.open;

/** Called each time the page of the panel opens; "*" = any. */
export const onOpen = panel.onOpen;

export const showTab = panel.show;

export const startTabs = panel.start;

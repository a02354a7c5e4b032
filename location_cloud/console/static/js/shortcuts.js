// Single keys of a page: they act while the focus is on it and in no field (WCAG 2.1.4), and a list says which there are.

import { element } from "./dom.js";
import { worded } from "./form.js";

/**
 * page: element of the page. list: where they are told. rows: {keys, shown, words, act}; act gives false where there is
 * nothing to do. shown: how the keys are written, words: key of what they do; a row without act only tells.
 */
export function startShortcuts(page, list, rows) {
  page.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input:not([type=checkbox]):not([type=range]):not([type=radio]), textarea, select");
    if (isTyping || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const row = rows.find(({ keys, act }) => act && keys.includes(event.key.toLowerCase()));
    if (row && row.act(event.key) !== false) event.preventDefault();
  });
  list.replaceChildren(
    element("dl", { className: "facts keys" }, rows.map(({ shown, words }) => element("div", {}, element("dt", {}, element("kbd", {}, shown)), worded("dd", words)))),
    worded("p", "keys.where", { className: "note" }),
  );
}

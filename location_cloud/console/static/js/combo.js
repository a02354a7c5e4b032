// A text field with type-ahead: the WAI-ARIA editable combobox with a list.

import { announce } from "./announce.js";
import { element } from "./dom.js";
import { t } from "./i18n.js";

const PAUSE_MS = 150; // typing pauses shorter than this are one word

/**
 * input, list: the field and the box of its list.
 * find: async (text, signal) -> places {label, detail, group, lonlat}; those of a group stand together, the best first.
 * pick: (place). submit: (text) on Enter without a choice.
 */
export function makeCombo({ input, list, find, pick, submit }) {
  let shown = [];
  let active = -1;
  let timer = 0;
  let asking = null;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function close() {
    clearTimeout(timer);
    asking?.abort();
    shown = [];
    active = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function draw() {
    const options = shown.map((place, position) =>
      element(
        "li",
        { role: "option", id: `${list.id}-${position}`, "aria-selected": String(position === active), onmousedown: (event) => choose(event, position) },
        element("span", { className: "option-name" }, place.label),
        place.detail && element("span", { className: "option-detail" }, place.detail),
      ),
    );
    list.replaceChildren(...groups(options));
    list.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", `${list.id}-${active}`);
      options[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function groups(options) {
    const named = [...new Set(shown.map((place) => place.group))];
    return named.map((name) => {
      const heading = element("li", { className: "option-group", role: "presentation", "aria-hidden": "true" }, name);
      return element("ul", { role: "group", "aria-label": name }, heading, options.filter((_, position) => shown[position].group === name));
    });
  }

  function choose(event, position) {
    event.preventDefault(); // the field keeps its focus
    const place = shown[position];
    close();
    input.value = place.label;
    pick(place);
  }

  async function suggest() {
    const text = input.value.trim();
    asking?.abort();
    if (!text) return close();
    const mine = (asking = new AbortController());
    try {
      const places = await find(text, mine.signal);
      if (mine !== asking || document.activeElement !== input) return;
      shown = inGroups(places);
      active = -1;
      draw();
      if (shown.length) announce(t("search.suggested", { n: shown.length }));
    } catch {
      if (mine === asking) close(); // type-ahead is a courtesy: the search itself will say what is wrong
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter belongs to the Chinese input method while it is open
    if (event.key === "Escape" && shown.length) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!shown.length) return;
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : shown.length + (active < 0 ? 0 : -1))) % shown.length;
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (active >= 0) return choose(event, active);
      const text = input.value.trim();
      close();
      if (text) submit(text);
    }
  });
  return { close };
}

function inGroups(places) {
  const first = new Map();
  places.forEach(({ group }, position) => first.has(group) || first.set(group, position));
  return [...places].sort((a, b) => first.get(a.group) - first.get(b.group)); // stable: within a group as they came
}

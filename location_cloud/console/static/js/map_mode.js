// What a click on the map means: that of the open page, or of a field that takes places for a while.

import { onOpen } from "./tabs.js";

const listeners = [];
let armed = null; // {words, take, undo, left} of the field that takes places

/** Called whenever a click means something else. */
export function onMode(listener) {
  listeners.push(listener);
}

/** Who takes the next places, null = the open page. */
export const armedField = () => armed;

/**
 * Gives clicks to a field until it is left. words: says so; take([lon, lat]); undo: takes the last one back;
 * left: called when another one has them.
 */
export function arm(field) {
  if (armed === field) return;
  const before = armed;
  armed = field;
  before?.left();
  for (const listener of listeners) listener();
}

/** Gives them back to the page; of another field's nothing changes. */
export function disarm(field = armed) {
  if (armed && armed === field) arm(null);
}

/** Escape leaves the field; Backspace on the map takes its last place back. */
export function startMapMode() {
  onOpen("*", () => disarm());
  document.addEventListener("keydown", (event) => {
    if (!armed || event.defaultPrevented) return;
    if (event.key === "Escape") disarm();
    else if (event.key === "Backspace" && event.target.closest("#map")) {
      event.preventDefault();
      armed.undo();
    }
  });
}

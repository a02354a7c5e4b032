// The pages of the search that is shown, within the search board.

import { makeTabs } from "./tabs.js";

const NAMES = ["hunt-chance", "hunt-plan", "hunt-told", "hunt-ground", "hunt-files"];

const inner = makeTabs(NAMES);

export const startInner = inner.start;

export const openInner = inner.show;

/** Called each time a page of the search opens. */
export const onInner = inner.onOpen;

/** Opens a page by its place, from 1. */
export function openPlace(place) {
  inner.show(NAMES[place - 1]);
  document.getElementById(`tab-${NAMES[place - 1]}`).focus();
}

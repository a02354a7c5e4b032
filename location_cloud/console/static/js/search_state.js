// The search that is shown and what is known of it: its map, segments, plan and log. What draws them listens here.

import { ask } from "./api.js";

const MOST_ENTRIES = 500; // of a page of the log
const EMPTY = { search: null, poa: null, segments: [], plan: null, log: [], then: null };

const whenSearch = [], whenMap = [];
let state = EMPTY;
let last = 0; // number of the newest question: what comes of an older one is not shown

/** {search, poa, segments, plan, log, then}. then: entry of the log that is replayed; null = now. */
export const known = () => state;

/** The search that is shown; null = none. */
export const current = () => state.search;

/** Called with `known` and whether it is another search, whenever anything is known anew. */
export const onSearch = (listener) => whenSearch.push(listener);

/** Called with `known` when the map alone is another one: it is replayed. */
export const onMap = (listener) => whenMap.push(listener);

/** Shows a search. Throws Problem. */
export async function show(search) {
  const mine = ++last, isOther = search.id !== state.search?.id;
  const at = `v1/searches/${search.id}`;
  const [poa, log] = await Promise.all([ask(`${at}/poa`, { format: "geojson" }), wholeLog(at)]);
  const was = (action) => log.some((entry) => entry.action === action); // what never was is not asked for
  const [cut, plan] = await Promise.all([was("segmented") ? ask(`${at}/segments`) : null, was("planned") ? ask(`${at}/plan`) : null]);
  if (mine !== last) return;
  state = { search, poa, segments: cut?.features ?? [], plan, log, then: null };
  for (const listener of whenSearch) listener(state, isOther);
}

/** Asks anew for all of the search that is shown. Throws Problem. */
export async function reread() {
  await show(await ask(`v1/searches/${state.search.id}`));
}

/** Shows the map as it was after an entry of the log; null = as it is. Throws Problem. */
export async function replay(entry) {
  const mine = ++last;
  state = { ...state, then: entry };
  for (const listener of whenMap) listener(state);
  const poa = await ask(`v1/searches/${state.search.id}/poa`, { format: "geojson", as_of: entry?.at });
  if (mine !== last) return;
  state = { ...state, poa };
  for (const listener of whenMap) listener(state);
}

async function wholeLog(at) {
  const log = [];
  for (let after = 0; after !== null; ) {
    const page = await ask(`${at}/log`, { after, limit: MOST_ENTRIES });
    log.push(...page.entries);
    after = page.next_after;
  }
  return log;
}

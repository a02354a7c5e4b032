// The duty desk: from what came in to a crew on its way. Joined here: call card, emergency, ranking, log, units, coverage.

import { byId } from "./dom.js";
import { listCalls, startCalls, writePoint } from "./call_card.js";
import { refreshCoverage, startCoverage } from "./coverage.js";
import { startDispatchMap } from "./dispatch_map.js";
import { offer, refresh, setPlace, startEmergencies, wantsPlace } from "./emergency.js";
import { followLog, refreshLog, startLog } from "./emergency_log.js";
import { onNewKey } from "./key.js";
import { focusUnit, rank, startRanking } from "./ranking.js";
import { onOpen, openTab } from "./tabs.js";
import { listUnits, startUnits } from "./units.js";

const EVERY_MS = 3000;

let timer = 0;

export function startDispatch() {
  startDispatchMap();
  startCalls(offer);
  startEmergencies(
    (emergency) => {
      followLog(emergency.id);
      rank({ moves: true, focus: true });
    },
    () => {
      rank();
      refreshLog();
      refreshCoverage(true);
    },
  );
  startRanking();
  startLog();
  startUnits();
  startCoverage();
  byId("page-dispatch").addEventListener("keydown", pressed);
  onOpen("dispatch", turn);
  onNewKey(turn);
  turn();
}

/** A click on the map while the page is open: where the caller is, or where help is needed. */
export function placeAt(lonlat) {
  if (wantsPlace()) setPlace(lonlat);
  else writePoint(lonlat);
}

async function turn() {
  clearTimeout(timer);
  if (openTab() === "dispatch" && !document.hidden) await Promise.allSettled([listCalls(), refresh(), refreshLog(), listUnits(), refreshCoverage()]);
  clearTimeout(timer); // another turn may have begun meanwhile
  timer = setTimeout(turn, EVERY_MS);
}

// Single keys act while the focus is on this page and in no field; the page says which.
function pressed(event) {
  const isTyping = event.target.matches("input:not([type=checkbox]), textarea, select");
  if (isTyping || event.ctrlKey || event.altKey || event.metaKey) return;
  if (/^[1-9]$/.test(event.key) && focusUnit(event.key)) event.preventDefault();
  else if (event.key === "c" || event.key === "0") {
    event.preventDefault();
    byId("call-text").focus();
  }
}

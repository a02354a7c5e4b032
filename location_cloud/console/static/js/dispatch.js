// The duty desk: from what came in to a crew on its way. Joined here: call card, emergency, ranking, log, units, coverage.

import { listCalls, startCalls, writePoint } from "./call_card.js";
import { refreshCoverage, startCoverage, toggleCoverage } from "./coverage.js";
import { startDispatchMap } from "./dispatch_map.js";
import { byId } from "./dom.js";
import { onNews, refresh, selectNext, startEmergencies } from "./emergency.js";
import { startEmergencyCard } from "./emergency_card.js";
import { offer, setPlace, startEmergencyForm, wantsPlace } from "./emergency_form.js";
import { refreshLog, startLog } from "./emergency_log.js";
import { startReplay } from "./emergency_replay.js";
import { startHospitalLeg } from "./hospital_leg.js";
import { listHospitals, startHospitals } from "./hospitals.js";
import { onNewKey } from "./key.js";
import { makePulse } from "./pulse.js";
import { focusUnit, rank, rankSoon, sendProposed, startRanking } from "./ranking.js";
import { acceptProposed, propose, startRelocate } from "./relocate.js";
import { startShortcuts } from "./shortcuts.js";
import { makeStream } from "./stream.js";
import { onOpen, openTab } from "./tabs.js";
import { listUnits, moveUnits, startUnits } from "./units.js";

const EVERY_MS = 3000;

const KEYS = [
  { keys: ["c", "0"], shown: "C", words: "keys.call", act: () => focus("call-text") },
  { keys: [..."123456789"], shown: "1–9", words: "keys.unit", act: focusUnit },
  { shown: "↵", words: "keys.send", keys: [] },
  { keys: ["g"], shown: "G", words: "keys.proposed", act: sendProposed },
  { keys: ["r"], shown: "R", words: "keys.rank", act: () => rank({ focus: true }) },
  { keys: ["l"], shown: "L", words: "keys.log", act: () => !byId("log-block").hidden && focus("log-text") },
  { keys: ["n"], shown: "N", words: "keys.next", act: selectNext },
  { keys: ["k"], shown: "K", words: "keys.coverage", act: toggleCoverage },
  { keys: ["w"], shown: "W", words: "keys.wait", act: propose },
  { keys: ["a"], shown: "A", words: "keys.accept", act: acceptProposed },
];

let timer = 0;
let pulse = null;
let streams = [];

export function startDispatch() {
  startDispatchMap();
  startUnits();
  startEmergencies();
  startEmergencyForm();
  startCalls(offer);
  startHospitalLeg();
  startHospitals();
  startEmergencyCard();
  startLog();
  startReplay();
  startRanking();
  startCoverage();
  startRelocate();
  onNews(() => {
    refreshLog();
    refreshCoverage(true);
  });
  pulse = makePulse(byId("dispatch-pulse"));
  // A road that is shut or free again changes who is there first; positions come as they are sent.
  streams = [makeStream("v1/fixes/stream", { positions: moveUnits }, pulse.lives), makeStream("v1/incidents/feeds/stream", { incident: rankSoon })];
  startShortcuts(byId("page-dispatch"), byId("dispatch-keys"), KEYS);
  onOpen("*", turn);
  document.addEventListener("visibilitychange", turn);
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
  const isSeen = openTab() === "dispatch" && !document.hidden;
  for (const stream of streams) stream.follow(isSeen);
  if (!isSeen) return;
  const answers = await Promise.all([listUnits(), listCalls(), refresh(), listHospitals(), refreshLog()]);
  refreshCoverage();
  if (answers.every((each) => each !== false)) pulse.heard();
  else pulse.missed();
  clearTimeout(timer); // another turn may have begun meanwhile
  timer = setTimeout(turn, EVERY_MS);
}

function focus(id) {
  byId(id).focus();
}

// An emergency as it was: a slider over its log; the server replays the log, and tracks tell where its units were.

import { ask } from "./api.js";
import { byId } from "./dom.js";
import { show } from "./dispatch_map.js";
import { current, onOther } from "./emergency.js";
import { showPast } from "./emergency_card.js";
import { logWords, onLog } from "./emergency_log.js";
import { clock } from "./format.js";
import { collection, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { deviceOf } from "./units.js";

const LATELY_MS = 15 * 60_000; // an older position says nothing of that moment

let entries = []; // of the log, one a moment: what was written together is seen together
let last = 0; // number of the newest question

export function startReplay() {
  byId("emergency-slider").addEventListener("input", replay);
  byId("emergency-now").addEventListener("click", toNow);
  onOther(() => {
    entries = [];
    byId("emergency-slider").value = byId("emergency-slider").max = "0";
    show("lc-past");
    hideOrShow();
  });
  onLog((log) => {
    const slider = byId("emergency-slider"), wasNow = isNow();
    entries = log.filter((entry, place) => entry.at !== log[place + 1]?.at);
    slider.max = String(Math.max(0, entries.length - 1));
    if (wasNow) slider.value = slider.max;
    hideOrShow();
    say();
  });
  onLanguage(() => (say(), isNow() || replay()));
}

const isNow = () => byId("emergency-slider").value === byId("emergency-slider").max;

const entry = () => entries[Number(byId("emergency-slider").value)];

function hideOrShow() {
  byId("emergency-replay").hidden = entries.length < 2;
}

function toNow() {
  byId("emergency-slider").value = byId("emergency-slider").max;
  byId("emergency-slider").focus();
  replay();
}

function say() {
  byId("emergency-now").hidden = isNow();
  if (!entry()) return;
  const words = t(isNow() ? "replay.now" : "replay.then", { time: clock(entry().at, { second: "2-digit" }), action: logWords(entry()) });
  byId("emergency-then").textContent = words;
  byId("emergency-slider").setAttribute("aria-valuetext", words);
}

async function replay() {
  const mine = ++last;
  say();
  if (isNow()) {
    showPast(null);
    show("lc-past");
    return;
  }
  const { id } = current(), { at } = entry();
  const then = await ask(`v1/emergencies/${id}`, { as_of: at }).catch(() => null);
  if (mine !== last || id !== current()?.id || !then) return;
  showPast(then);
  const places = await Promise.all(then.assignments.map(({ unit }) => placeAt(unit, Date.parse(at))));
  if (mine === last) show("lc-past", collection(places.filter(Boolean)));
}

// Where a unit was: the last fix of its device before that moment.
async function placeAt(unit, at) {
  const device = deviceOf(unit);
  if (!device) return null;
  const query = { begin: new Date(at - LATELY_MS).toISOString(), end: new Date(at).toISOString() };
  const way = await ask(`v1/devices/${encodeURIComponent(device)}/track`, query).catch(() => null); // its key may not read tracks
  const lines = way?.geometry ? [way.geometry.coordinates].flat(way.geometry.type === "LineString" ? 0 : 1) : [];
  const lonlat = lines.at(-1)?.at(-1);
  return lonlat ? point(lonlat, { label: way.properties.simulated ? t("incident.simulated", { name: unit }) : unit }) : null;
}

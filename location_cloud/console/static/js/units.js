// The units: where each is and what it does, on the map and as a list, and what the desk tells of one.

import { ask, tell } from "./api.js";
import { byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { choiceField } from "./form.js";
import { duration } from "./format.js";
import { collection, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { flyTo } from "./map.js";
import { empty, showTrouble, trouble } from "./states.js";

const MOST = 2000; // of a tenant
const FREE = ["available", "returning"];
const TOLD = ["available", "returning", "out_of_service"]; // what the desk may say; the rest follows from emergencies

let units = [];
let shown = "";
let frame = 0;
const moveListeners = [];

export function startUnits() {
  onLanguage(() => {
    shown = "";
    draw();
  });
}

/** Called when units are somewhere else, or other ones. */
export const onUnits = (listener) => moveListeners.push(listener);

export const allUnits = () => units;

export const unitOf = (id) => units.find((unit) => unit.id === id);

/** Name of the device that tells where a unit is; "" = none. */
export const deviceOf = (id) => unitOf(id)?.device ?? "";

export const nameOf = (id) => unitOf(id)?.title || id;

/** Asks for the units; whether there was an answer. */
export async function listUnits() {
  try {
    units = (await ask("v1/units", { limit: MOST })).units;
    draw();
    return true;
  } catch (problem) {
    if (problem.status !== 0 || !shown) {
      shown = "";
      showTrouble(byId("unit-list"), problem, listUnits);
    }
    return false;
  }
}

/** New positions as devices send them: GeoJSON features, each with its device and time. */
export function moveUnits({ features }) {
  const byDevice = new Map(features.map((each) => [each.properties.device, each]));
  let any = false;
  for (const unit of units) {
    const fix = unit.device && byDevice.get(unit.device);
    if (!fix || Date.parse(fix.properties.time) < Date.parse(unit.position?.told_at ?? 0)) continue;
    unit.position = { lonlat: fix.geometry.coordinates, source: "device", told_at: fix.properties.time, age_s: 0, simulated: fix.properties.simulated };
    any = true;
  }
  if (any) frame ||= requestAnimationFrame(() => ((frame = 0), drawMap()));
}

/** Tells what a unit does, or where it is. Throws Problem. */
export async function tellUnit(id, fields) {
  await tell(`v1/units/${encodeURIComponent(id)}`, fields, { method: "PATCH", version: unitOf(id).version });
  await listUnits();
}

const stateOf = ({ status, on_shift: isOn }) => (status === "out_of_service" || !isOn ? "off" : FREE.includes(status) ? "free" : "busy");

function drawMap() {
  const placed = units.filter((unit) => unit.position);
  show("lc-units", collection(placed.map((unit) => point(unit.position.lonlat, { id: unit.id, state: stateOf(unit), label: labelOf(unit) }))));
  for (const listener of moveListeners) listener();
}

function draw() {
  const now = JSON.stringify(units.map(({ position, ...unit }) => [unit, position?.lonlat]));
  if (now === shown) return;
  shown = now;
  drawMap();
  byId("unit-count").textContent = t("crew.count", { n: units.length, free: units.filter((unit) => stateOf(unit) === "free").length });
  if (byId("unit-list").contains(document.activeElement)) return; // somebody is in it
  byId("unit-list").replaceChildren(units.length ? element("ul", { className: "view-rows" }, units.map(row)) : empty("crew.none"));
}

const isSimulated = (unit) => unit.simulated || unit.position?.simulated;

function labelOf(unit) {
  const name = `${unit.title || unit.id}\n${stateWords(unit)}`;
  return isSimulated(unit) ? t("incident.simulated", { name }) : name;
}

const stateWords = (unit) => (unit.status === "available" && !unit.on_shift ? t("why.off_shift") : t(`crew.${unit.status}`));

const row = (unit) =>
  element(
    "li",
    { className: "unit-row", "data-crew": unit.id },
    element(
      "button",
      { type: "button", className: "result compact", onclick: () => unit.position && flyTo(unit.position.lonlat) },
      element("span", { className: "result-name" }, unit.title || unit.id),
      element(
        "span",
        { className: "result-detail" },
        [stateWords(unit), unit.position ? unit.position.age_s >= 60 && t("rank.position_age", { age: duration(unit.position.age_s) }) : t("why.no_position"), isSimulated(unit) && t("traffic.simulated")].filter(Boolean).join(" · "),
      ),
    ),
    unit.emergency === null && statusChoice(unit),
  );

function statusChoice(unit) {
  const choice = choiceField(`status-${unit.id}`, TOLD.map((status) => [status, `crew.${status}`]), unit.status);
  choice.setAttribute("aria-label", t("crew.tell", { unit: unit.title || unit.id }));
  choice.addEventListener("change", async () => {
    try {
      choice.blur(); // the list is drawn anew
      await tellUnit(unit.id, { status: choice.value });
    } catch (problem) {
      shown = "";
      byId("unit-list").prepend(trouble(problem, listUnits));
    }
  });
  return choice;
}

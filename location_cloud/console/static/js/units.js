// The units: where each is and what it does, on the map and as a list.

import { ask } from "./api.js";
import { byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { duration } from "./format.js";
import { collection, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { flyTo } from "./map.js";
import { showTrouble } from "./states.js";

const MOST = 2000; // of a tenant
const FREE = ["available", "returning"];

let units = [];
let shown = "";

export function startUnits() {
  onLanguage(() => {
    shown = "";
    draw();
  });
}

export async function listUnits() {
  try {
    units = (await ask("v1/units", { limit: MOST })).units;
    draw();
  } catch (problem) {
    if (problem.status === 0 && shown) return;
    shown = "";
    showTrouble(byId("unit-list"), problem, listUnits);
  }
}

const stateOf = ({ status, on_shift: isOn }) => (status === "out_of_service" || !isOn ? "off" : FREE.includes(status) ? "free" : "busy");

function draw() {
  const now = JSON.stringify(units.map(({ position, ...unit }) => [unit, position?.lonlat]));
  if (now === shown) return;
  shown = now;
  const placed = units.filter((unit) => unit.position);
  show("lc-units", collection(placed.map((unit) => point(unit.position.lonlat, { id: unit.id, state: stateOf(unit), label: labelOf(unit) }))));
  byId("unit-count").textContent = t("crew.count", { n: units.length, free: units.filter((unit) => stateOf(unit) === "free").length });
  byId("unit-list").replaceChildren(element("ul", { className: "view-rows" }, units.map(row)));
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
    {},
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
  );

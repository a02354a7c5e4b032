// Hospitals and the places that are free in each: on the map, as a list, and told anew when one calls.

import { ask, tell } from "./api.js";
import { button, byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { numberField, tickField } from "./form.js";
import { collection, point } from "./geometry.js";
import { chosenHospital, onHospitals } from "./hospital_leg.js";
import { onLanguage, t } from "./i18n.js";
import { empty, showTrouble, trouble } from "./states.js";

const MOST = 500; // of a tenant

let hospitals = [];
let shown = "";

export function startHospitals() {
  onHospitals(drawMap);
  onLanguage(() => {
    shown = "";
    draw();
  });
}

/** Asks how many each can take; whether there was an answer. */
export async function listHospitals() {
  try {
    hospitals = (await ask("v1/hospitals", { limit: MOST })).hospitals;
    draw();
    return true;
  } catch (problem) {
    if (problem.status !== 0 || !shown) {
      shown = "";
      showTrouble(byId("hospital-list"), problem, listHospitals);
    }
    return false;
  }
}

const nameOf = ({ id, title }) => title || id;

function drawMap() {
  const label = (hospital) => {
    const words = `${nameOf(hospital)}\n${t("emergency.free", { n: hospital.free - hospital.inbound })}`;
    return hospital.simulated ? t("incident.simulated", { name: words }) : words;
  };
  show("lc-hospitals", collection(hospitals.map((each) => point(each.lonlat, { label: label(each), takes: each.open && each.free > each.inbound, chosen: each.id === chosenHospital() }))));
}

function draw() {
  const now = JSON.stringify(hospitals);
  if (now === shown) return;
  shown = now;
  drawMap();
  byId("hospital-count").textContent = t("hospital.count", { n: hospitals.length, free: hospitals.filter((each) => each.open).reduce((sum, each) => sum + Math.max(0, each.free - each.inbound), 0) });
  if (byId("hospital-list").contains(document.activeElement)) return; // somebody is in it
  byId("hospital-list").replaceChildren(hospitals.length ? element("ul", { className: "results" }, hospitals.map(row)) : empty("hospital.none"));
}

function row(hospital) {
  const free = numberField(`free-${hospital.id}`, { min: 0, max: 100000, step: 1, value: String(hospital.free) });
  free.setAttribute("aria-label", t("hospital.free_named", { name: nameOf(hospital) }));
  const open = tickField(`open-${hospital.id}`, "hospital.open", hospital.open);
  return element(
    "li",
    { "data-hospital": hospital.id },
    element("p", { className: "result-name" }, nameOf(hospital)),
    element("p", { className: "result-detail" }, [t("leg.free", hospital), hospital.skills.join(t("list.comma")), hospital.simulated && t("traffic.simulated")].filter(Boolean).join(" · ")),
    element("div", { className: "row-buttons" }, free, open, button(t("hospital.tell"), () => save(hospital, free, open.querySelector("input")), { "aria-label": t("hospital.tell_named", { name: nameOf(hospital) }) })),
  );
}

async function save({ id, version, title, lonlat, skills, simulated }, free, open) {
  const body = { title, lonlat, skills, simulated, free: Number(free.value), open: open.checked };
  try {
    await tell(`v1/hospitals/${encodeURIComponent(id)}`, body, { method: "PUT", version });
  } catch (problem) {
    byId("hospital-list").prepend(trouble(problem, listHospitals));
    return;
  }
  byId("hospital-count").focus(); // the row is drawn anew
  await listHospitals();
}

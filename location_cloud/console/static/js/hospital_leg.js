// Where a patient is brought: hospitals by the drive from the emergency, with the places that are free.

import { ask } from "./api.js";
import { button, byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { distance, duration } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { empty } from "./states.js";

const LISTED = 5;

const listeners = [];
let found = null; // hospitals of the newest ranking; null = it asked for none
let chosen = ""; // id

/** Called when there are other hospitals, or another one is chosen. */
export const onHospitals = (listener) => listeners.push(listener);

export function startHospitalLeg() {
  onLanguage(draw);
}

/** Hospitals as a ranking told them; null = none were asked for. */
export function showHospitals(hospitals) {
  const isSame = JSON.stringify(found) === JSON.stringify(hospitals);
  found = hospitals;
  if (!hospitalChoices().some((each) => each.id === chosen)) chosen = hospitalChoices()[0]?.id ?? "";
  if (!isSame) changed();
}

/** Those that may take a patient, the nearest first. */
export const hospitalChoices = () => (found ?? []).filter((each) => !each.why_not);

/** Id of the hospital that is meant; "" = none. */
export const chosenHospital = () => chosen;

function changed() {
  draw();
  drawLeg();
  for (const listener of listeners) listener();
}

function draw() {
  byId("leg-block").hidden = !found;
  if (!found) return;
  const others = found.length - Math.min(found.length, LISTED);
  byId("leg-answer").replaceChildren(
    ...(found.length
      ? [element("ul", { className: "results" }, found.slice(0, LISTED).map(row)), others > 0 && element("p", { className: "note" }, t("leg.more", { n: others }))].filter(Boolean)
      : [empty("leg.none")]),
  );
}

function row(hospital) {
  const { id, title, drive_s: drive, distance_m: metres, free, inbound, why_not: reason, missing, simulated } = hospital;
  const name = title || id, isChosen = id === chosen;
  const detail = [
    drive !== null && t("leg.drive", { duration: duration(drive) }),
    metres !== null && distance(metres),
    t("leg.free", { free, inbound }),
    reason && t(`leg_why.${reason}`),
    missing.join(t("list.comma")),
  ];
  return element(
    "li",
    { className: "offer", "data-hospital": id },
    element(
      "span",
      { className: "result-text" },
      element("span", { className: "result-name" }, name),
      element("span", { className: "result-detail" }, detail.filter(Boolean).join(" · ")),
      simulated && element("span", { className: "marks" }, element("span", { className: "mark doubtful" }, t("traffic.simulated"))),
    ),
    !reason && button(t(isChosen ? "leg.chosen" : "leg.choose"), () => choose(id), { "aria-pressed": String(isChosen), "aria-label": t("leg.choose_named", { name }) }),
  );
}

function choose(id) {
  chosen = id;
  changed();
  byId("leg-answer").querySelector(`[data-hospital="${CSS.escape(id)}"] button`)?.focus();
}

async function drawLeg() {
  const mine = found, hospital = hospitalChoices().find((each) => each.id === chosen);
  const drive = hospital?.route_id ? await ask(`${hospital.route_id.slice(1)}&steps=false`).catch(() => null) : null; // a hospital is offered without its line, too
  if (mine !== found || hospital?.id !== (chosen || undefined)) return;
  show("lc-leg", drive ? { type: "Feature", properties: {}, geometry: drive.routes[0].geometry } : undefined);
}

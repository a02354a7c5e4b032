// The emergency that is shown and those that are open: asked for, chosen, changed. What draws them listens here.

import { ask, tell } from "./api.js";
import { byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { clock, lonlatText } from "./format.js";
import { collection, point } from "./geometry.js";
import { language, onLanguage, t } from "./i18n.js";
import { flyTo, onDotClick } from "./map.js";
import { empty, showTrouble, trouble } from "./states.js";

const MOST = 100; // that the page lists; who has more asks the API

/** Steps after which a unit is no longer on an emergency. */
export const OVER = ["released", "cancelled"];
/** Category of those whose patients go on to a hospital; others' units are free again at the place. */
export const MEDICAL = "120";

const whenOther = [], whenNews = [];
let chosen = null; // the emergency that is shown
let listed = []; // those that are open
let shownList = ""; // what was drawn from: left alone while nothing changes, for whoever is reading it

export function startEmergencies() {
  onDotClick("lc-emergencies-dot", ({ id }) => select(id));
  onLanguage(() => {
    shownList = "";
    drawList();
  });
}

/** The emergency that is shown; null = none. */
export const current = () => chosen;

/** Emergencies that are open. */
export const openEmergencies = () => listed;

/** Called with the emergency when another one is shown. */
export const onOther = (listener) => whenOther.push(listener);

/** Called with the emergency when it is another one or has changed. */
export const onNews = (listener) => whenNews.push(listener);

export const titleOf = ({ id, category, level_title: level }) => [t("emergency.number_is", { id }), t(`category.${category}`), level[language()]].join(" · ");

/** Shows an emergency; what goes wrong is said in the list. */
export async function select(id) {
  try {
    take(await ask(`v1/emergencies/${id}`));
  } catch (problem) {
    byId("emergency-list").prepend(trouble(problem, () => select(id)));
  }
}

/** Shows the next open one after that which is shown. */
export function selectNext() {
  const next = listed[(listed.findIndex((each) => each.id === chosen?.id) + 1) % listed.length];
  if (next) select(next.id);
  return Boolean(next);
}

/** Shows an emergency as the server told it just now. */
export function take(answer) {
  const isOther = chosen?.id !== answer.id;
  const isNews = isOther || answer.version > chosen.version || JSON.stringify(answer.duplicates) !== JSON.stringify(chosen.duplicates);
  chosen = answer;
  if (isOther) {
    flyTo(chosen.lonlat, 14);
    for (const listener of whenOther) listener(chosen);
  }
  if (isNews) for (const listener of whenNews) listener(chosen);
  drawList();
}

/** Asks what became of the emergency that is shown, and which are open; whether there was an answer. */
export async function refresh() {
  const [answer, isListed] = await Promise.all([chosen && ask(`v1/emergencies/${chosen.id}`).catch(() => null), listEmergencies()]);
  if (answer && answer.id === chosen?.id && answer.version >= chosen.version) take(answer);
  return isListed;
}

/** Changes fields of the emergency that is shown. Throws Problem. */
export async function change(fields) {
  await tell(`v1/emergencies/${chosen.id}`, fields, { method: "PATCH", version: chosen.version });
  await refresh();
}

/** Tells the step that a unit on it has reached. Throws Problem. */
export async function tellStep({ unit, version }, status, hospital = "") {
  const body = { status, role: "dispatcher", ...(hospital && { hospital }) };
  await tell(`v1/emergencies/${chosen.id}/assignments/${encodeURIComponent(unit)}`, body, { method: "PATCH", version });
  await refresh();
}

async function listEmergencies() {
  try {
    listed = (await ask(`v1/emergencies?status=open&limit=${MOST}`)).emergencies;
    drawList();
    return true;
  } catch (problem) {
    if (problem.status !== 0 || !shownList) {
      shownList = "";
      showTrouble(byId("emergency-list"), problem, listEmergencies);
    }
    return false;
  }
}

function drawList() {
  const now = JSON.stringify([listed, chosen?.id]);
  if (now === shownList) return;
  shownList = now;
  byId("emergency-list").replaceChildren(listed.length ? element("ul", { className: "results" }, [...listed].reverse().map(row)) : empty("emergency.none"));
  const label = ({ id, simulated }) => (simulated ? t("incident.simulated", { name: t("emergency.number_is", { id }) }) : t("emergency.number_is", { id }));
  show("lc-emergencies", collection(listed.map((each) => point(each.lonlat, { id: each.id, label: label(each), chosen: each.id === chosen?.id }))));
}

const row = (emergency) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result", "aria-current": String(emergency.id === chosen?.id), "data-response": String(emergency.level), onclick: () => select(emergency.id) },
      element(
        "span",
        { className: "result-text" },
        element("span", { className: "result-name" }, titleOf(emergency)),
        element("span", { className: "result-detail" }, [clock(emergency.opened_at), emergency.address || lonlatText(emergency.lonlat, 5), t("emergency.with_units", { n: emergency.assignments.filter((each) => !OVER.includes(each.status)).length })].join(" · ")),
        emergency.simulated && element("span", { className: "marks" }, element("span", { className: "mark doubtful" }, t("traffic.simulated"))),
      ),
    ),
  );

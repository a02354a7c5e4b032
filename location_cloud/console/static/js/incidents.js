// What is reported: the incidents that are not over, as a list and as signs on the map, and how one is ended.

import { announce } from "./announce.js";
import { ask, tell } from "./api.js";
import { button, byId, element } from "./dom.js";
import { clock } from "./format.js";
import { boundsOf, collection, point, positionsOf } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { fit, overlay } from "./map.js";
import { empty, trouble } from "./states.js";

const MOST = 100; // that a page lists; who has more asks the API
const OPEN = `v1/incidents?status=reported&status=confirmed&limit=${MOST}`;

let listed = []; // incidents that are not over
let shown = ""; // what the list was drawn from: it is left alone while nothing changes, for whoever is reading it
let whenEnded = null;

/** ended: called when an incident was ended here. */
export function startIncidents(ended) {
  whenEnded = ended;
  byId("traffic-on").addEventListener("change", showOnMap);
  onLanguage(() => {
    shown = "";
    draw();
  });
}

/** Asks what is reported and shows it, on the map too. */
export async function listIncidents() {
  try {
    listed = (await ask(OPEN)).incidents;
    draw();
  } catch (problem) {
    if (problem.status === 0 && shown) return; // the age of the traffic says that the server is away
    shown = "";
    byId("incident-list").replaceChildren(trouble(problem, listIncidents));
  }
}

function draw() {
  const now = JSON.stringify(listed);
  if (now === shown) return;
  shown = now;
  byId("incident-list").replaceChildren(listed.length ? element("ul", { className: "results" }, listed.map(row)) : empty("incident.none"));
  showOnMap();
}

function row(incident) {
  const { id, road_names: names, simulated, effect, status, starts_at: begin, ends_at: end, description } = incident;
  const title = titleOf(incident);
  const marks = [
    simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated")),
    status === "reported" && element("span", { className: "mark doubtful" }, t("incident.unconfirmed")),
    element("span", { className: "mark" }, t(`incident.effect_${effect}`)),
  ];
  const when = end ? t("incident.until", { begin: clock(begin), end: clock(end) }) : t("incident.since", { begin: clock(begin) });
  const others = names.slice(1, 4).join(t("list.comma"));
  return element(
    "li",
    { "data-incident": String(id) },
    element("p", { className: "result-name" }, title),
    element("p", { className: "result-detail" }, [when, others, description].filter(Boolean).join(" · ")),
    element("p", { className: "marks" }, marks),
    element(
      "div",
      { className: "row-buttons" },
      button(t("incident.show"), () => fit(boundsOf(positionsOf(incident.geometry))), { "aria-label": t("incident.show_named", { name: title }) }),
      button(t("incident.end"), () => endIt(incident), { "aria-label": t("incident.end_named", { name: title }) }),
    ),
  );
}

const titleOf = ({ kind, road_names: [name], id }) => [t(`incident.kind_${kind}`), name || t("incident.number", { id })].join(" · ");

async function endIt(incident) {
  try {
    await tell(`v1/incidents/${incident.id}`, { status: "cleared" }, { method: "PATCH", version: incident.version });
  } catch (problem) {
    shown = "";
    byId("incident-list").prepend(trouble(problem, listIncidents));
    return;
  }
  announce(t("incident.ended", { name: titleOf(incident) }));
  byId("incidents-heading").focus(); // the button that was pressed goes
  await listIncidents();
  whenEnded();
}

function showOnMap() {
  overlay("lc-incidents", collection(byId("traffic-on").checked ? listed.flatMap(signs) : []));
}

// What an incident covers, and its name in the middle.
function signs({ kind, simulated, geometry }) {
  const all = positionsOf(geometry);
  const name = t(`incident.kind_${kind}`);
  const label = simulated ? t("incident.simulated", { name }) : name;
  return [{ type: "Feature", properties: {}, geometry }, point(middleOf(all), { label })];
}

function middleOf(lonlats) {
  const [one, other] = [lonlats[(lonlats.length - 1) >> 1], lonlats[lonlats.length >> 1]];
  return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
}

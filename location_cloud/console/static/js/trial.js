// A report in the making: roads marked on the map, the shown route without them, and what is told to everybody.

import { announce } from "./announce.js";
import { ask, newRequest, pointText, tell } from "./api.js";
import { button, byId, element } from "./dom.js";
import { distance, duration } from "./format.js";
import { boundsOf, collection } from "./geometry.js";
import { listIncidents } from "./incidents.js";
import { onLanguage, t } from "./i18n.js";
import { centre, fit, overlay } from "./map.js";
import { findRoute, routeEnds, routeProfile } from "./route.js";
import { empty, makeQuestion, trouble } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

const MOST_MARKED = 50; // roads of one report
const TRIES = 20, TRY_MS = 250; // until a report is in routes: within a second, as a rule
const SAME_S = 1; // routes that differ by less are one

let question = null;
let marked = []; // [{key, opposite, name, line}]
let trial = null; // {before, after}: the two routes on the map; after = null where no way is left
let last = 0; // number of the newest comparison: what comes of an older one is not shown

export function startTrial() {
  question = makeQuestion(byId("incident-trial"));
  byId("incident-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (marked.length) report();
    else say("incident.start");
  });
  for (const id of ["incident-kind", "incident-severity"]) byId(id).addEventListener("change", compare);
  byId("incident-drill").addEventListener("change", () => (byId("incident-drill").dataset.chosen = "yes"));
  byId("incident-centre").addEventListener("click", () => centre() && markAt(centre()));
  byId("incident-clear").addEventListener("click", clear);
  onLanguage(changed);
  onOpen("traffic", compare); // the route may be another one now
  onOpen("*", showOnMap);
  changed();
}

/** Beside simulated vehicles a report counts as simulated, too, until somebody says otherwise. */
export function supposeDrill(isSimulated) {
  const box = byId("incident-drill");
  if (!box.dataset.chosen) box.checked = isSimulated;
}

/** Marks the road at a place, or takes its mark away. */
export async function markAt(lonlat) {
  try {
    const { roads } = await ask("v1/nearest", { at: pointText(lonlat), profile: routeProfile() });
    if (!roads.length) return say("incident.no_road");
    const key = roads[0].road;
    const place = marked.findIndex((each) => each.key === key || each.opposite === key);
    if (place >= 0) return unmark(place);
    if (marked.length >= MOST_MARKED) return say("incident.too_many");
    const { geometry, properties } = await ask(`v1/roads/${key}`);
    marked.push({ key, opposite: properties.opposite, name: properties.name || properties.ref, line: geometry });
    announce(t("incident.marked", { name: nameOf(marked.at(-1)) }));
    changed();
  } catch (problem) {
    if (problem.status === 404 || problem.status === 422) say("incident.no_road");
    else byId("incident-trial").replaceChildren(trouble(problem, () => markAt(lonlat)));
  }
  return undefined;
}

/** Compares anew: the roads are others, or what is known of them. */
export function compare() {
  const mine = ++last;
  trial = null;
  showOnMap();
  byId("incident-severity").disabled = shuts();
  if (!marked.length) return show(empty("incident.start"));
  if (!routeEnds()) return show(...(shuts() ? [] : [empty("incident.slows")]), empty("incident.no_route"), button(t("incident.to_route"), toRoute));
  return question(
    async () => {
      const [before, after] = await Promise.all([route(), changes().then(route).catch(noWay)]);
      return { before, after };
    },
    (found) => (mine === last ? drawn(found, shuts() ? "incident.after" : "incident.slower") : ""),
    "incident.wait",
  );
}

// What the report would do to roads: they are shut, or keep the share of their speed that the server tells.
async function changes() {
  if (shuts()) return { avoid: { roads: keys() } };
  const { edges, speed_factor: share } = await tell("v1/incidents/all/preview", { kind: byId("incident-kind").value, roads: keys(), severity: byId("incident-severity").value });
  return { slow: [{ roads: edges, share }] };
}

const shuts = () => byId("incident-kind").value === "closure";

const keys = () => marked.flatMap((road) => [road.key, road.opposite]);

const nameOf = ({ name }) => name || t("incident.unnamed");

const show = (...children) => byId("incident-trial").replaceChildren(...children);

function say(key) {
  show(empty(key));
  announce(t(key));
}

function toRoute() {
  showTab("route");
  byId("route-from").focus();
}

function unmark(place) {
  const [gone] = marked.splice(place, 1);
  announce(t("incident.unmarked", { name: nameOf(gone) }));
  changed();
  byId("incident-centre").focus(); // the button that was pressed is gone
}

function clear() {
  marked = [];
  byId("incident-text").value = "";
  changed();
}

function changed() {
  const rows = marked.map((road, place) => element("li", {}, nameOf(road), button("×", () => unmark(place), { "aria-label": t("incident.unmark", { name: nameOf(road) }) })));
  byId("incident-roads").replaceChildren(...rows);
  return compare();
}

async function route(changes = {}) {
  const body = { places: routeEnds().map((lonlat) => ({ lonlat })), profile: routeProfile(), ...changes };
  const { routes: [first], metric_version: metric } = await tell("v1/route?steps=false", body);
  return { ...first, metric };
}

function noWay(problem) {
  if (problem.status !== 404 && problem.status !== 422) throw problem;
  return null;
}

function drawn({ before, after }, afterKey) {
  trial = { before, after };
  showOnMap();
  fit(boundsOf([...routeEnds(), ...before.geometry.coordinates, ...(after?.geometry.coordinates ?? [])]));
  const summary = summaryOf(before, after);
  announce(summary);
  return [
    element("ul", { className: "trial-lines" }, lineOf("incident.before", "before", before), after && lineOf(afterKey, "after", after)),
    element("p", {}, element("strong", {}, summary)),
  ];
}

function summaryOf(before, after) {
  if (!after) return t("incident.no_way");
  const more = after.duration_s - before.duration_s;
  if (Math.abs(more) < SAME_S) return t("incident.same");
  return t(more > 0 ? "incident.longer" : "incident.shorter", { duration: duration(Math.abs(more)) });
}

const lineOf = (key, which, { duration_s: seconds, distance_m: metres }) =>
  element("li", {}, element("span", { className: "swatch", "data-trial": which, "aria-hidden": "true" }), t(key, { duration: duration(seconds), distance: distance(metres) }));

/** Tells everybody; then waits until routes know it, and shows what became of the shown one. */
function report() {
  last += 1;
  const now = Date.now(), minutes = Number(byId("incident-lasts").value), request = newRequest(); // whoever tries again reports once
  const body = {
    kind: byId("incident-kind").value,
    roads: keys(),
    description: byId("incident-text").value.trim(),
    starts_at: new Date(now).toISOString(),
    ends_at: minutes ? new Date(now + 60_000 * minutes).toISOString() : null,
    severity: shuts() ? "unknown" : byId("incident-severity").value,
    simulated: byId("incident-drill").checked,
    source: "console",
  };
  question(
    async () => {
      const before = routeEnds() ? await route().catch(noWay) : null;
      const { id } = await tell("v1/incidents", body, { request });
      listIncidents();
      return { id, before, after: before && (await inEffect(before)) };
    },
    ({ id, before, after }) => {
      clear();
      last += 1; // what that began is not shown
      findRoute();
      const done = element("p", { className: "done" }, t("incident.done", { id }));
      announce(t("incident.done", { id }));
      return before ? [done, ...drawn({ before, after }, "incident.now")] : [done];
    },
    "incident.sending",
  );
}

async function inEffect(before) {
  let now = before;
  for (let tries = 0; tries < TRIES && now?.metric === before.metric; tries++) {
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    now = await route().catch(noWay);
  }
  return now;
}

function showOnMap() {
  const isOpen = openTab() === "traffic";
  const way = (each) => (isOpen && each ? asFeature(each.geometry) : undefined);
  overlay("lc-trial-before", way(trial?.before));
  overlay("lc-trial-after", way(trial?.after));
  overlay("lc-marked", isOpen ? collection(marked.map((road) => asFeature(road.line))) : undefined);
}

const asFeature = (geometry) => ({ type: "Feature", properties: {}, geometry });

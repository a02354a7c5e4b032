// The search board: where somebody missing may be, segments with their chance, the next best plan, and how it came to that.

import { announce } from "./announce.js";
import { ask, newRequest, tell } from "./api.js";
import { button, byId, element, facts } from "./dom.js";
import { clock, distance, lonlatText, number } from "./format.js";
import { boundsOf, point } from "./geometry.js";
import { has, onLanguage, t } from "./i18n.js";
import { onNewKey } from "./key.js";
import { centre, fit, makePin } from "./map.js";
import { drawPosCurve } from "./pos_curve.js";
import { showIpp, showPoa, showSegments, startSearchMap } from "./search_map.js";
import { empty, showTrouble, trouble } from "./states.js";
import { onOpen, openTab } from "./tabs.js";
import { drawTeams } from "./team_tracks.js";

const EVERY_MS = 5000;
const MOST_POD = 0.9999; // that a result may tell: nothing is searched for certain
const MOST = 200; // searches and log entries that the page lists; who has more asks the API

let pin = null;
let place = null; // [lon, lat] where a new search begins
let listed = [];
let shownList = "";
let chosen = null; // the search that is shown
let poa = null, segments = [], plan = null, log = []; // of the search that is shown
let then = null; // the log's entry that the slider stands at; null = now
let timer = 0, last = 0;
let sending = null; // {text, request}

export function startSearches() {
  startSearchMap();
  pin = makePin("pin-here", "", "hunt.ipp", startAt);
  byId("hunt-form").addEventListener("submit", submit(begin));
  byId("plan-form").addEventListener("submit", submit(makePlan));
  byId("hunt-centre").addEventListener("click", () => centre() && startAt(centre()));
  byId("hunt-segment").addEventListener("click", () => work(drawSegments));
  byId("hunt-slider").addEventListener("input", () => work(replay));
  onOpen("*", showPin);
  onOpen("searches", turn);
  onNewKey(turn);
  onLanguage(() => {
    shownList = "";
    sayPlace();
    listCategories();
    drawList();
    if (chosen) draw();
  });
  sayPlace();
  listCategories();
  turn();
}

/** A click on the map while the page is open: where a new search begins. */
export function startAt(lonlat) {
  place = lonlat;
  sayPlace();
}

const submit = (action) => (event) => {
  event.preventDefault();
  work(action);
};

// What goes wrong is said where it was asked for.
async function work(action) {
  byId("hunt-trouble").replaceChildren();
  try {
    await action();
  } catch (problem) {
    byId("hunt-trouble").replaceChildren(trouble(problem, () => work(action)));
  }
}

function sayPlace() {
  byId("hunt-place").textContent = place ? t("hunt.place_is", { place: lonlatText(place, 5) }) : t("hunt.no_place");
  showPin();
}

function showPin() {
  if (place && openTab() === "searches") pin.show(place);
  else pin.hide();
}

const categoryName = (name) => (has(`subject.${name}`) ? t(`subject.${name}`) : name);

async function listCategories() {
  const { distances } = await ask("v1/searches/statistics").catch(() => ({ distances: [{ category: "hiker" }] }));
  const names = [...new Set(distances.map((row) => row.category))];
  byId("hunt-category").replaceChildren(...names.map((name) => element("option", { value: name }, categoryName(name))));
}

async function begin() {
  if (!place) return byId("hunt-centre").focus();
  const body = { title: byId("hunt-title").value.trim(), subject: { category: byId("hunt-category").value }, ipp: place, simulated: byId("hunt-drill").checked };
  const text = JSON.stringify(body);
  if (sending?.text !== text) sending = { text, request: newRequest() };
  const search = await tell("v1/searches", body, { request: sending.request });
  sending = null;
  place = null;
  sayPlace();
  announce(t("hunt.begun", { id: search.id }));
  listSearches();
  return show(search);
}

async function turn() {
  clearTimeout(timer);
  if (openTab() === "searches" && !document.hidden) {
    await listSearches();
    const newer = listed.find((each) => each.id === chosen?.id);
    if (newer && newer.version > chosen.version && !then) await work(() => show(newer));
    if (chosen) await sayTeams();
  }
  clearTimeout(timer); // another turn may have begun meanwhile
  timer = setTimeout(turn, EVERY_MS);
}

async function listSearches() {
  try {
    listed = (await ask("v1/searches", { limit: MOST })).searches;
    drawList();
  } catch (problem) {
    if (problem.status === 0 && shownList) return;
    shownList = "";
    showTrouble(byId("hunt-list"), problem, listSearches);
  }
}

async function sayTeams() {
  const count = await drawTeams(chosen).catch(() => null); // that the server is away, the list says
  if (count !== null) byId("hunt-teams").textContent = t("hunt.teams_are", { n: count });
}

function drawList() {
  const now = JSON.stringify([listed, chosen?.id]);
  if (now === shownList) return;
  shownList = now;
  byId("hunt-list").replaceChildren(listed.length ? element("ul", { className: "results" }, [...listed].reverse().map(row)) : empty("hunt.none"));
}

const titleOf = ({ id, title }) => [t("hunt.number_is", { id }), title].filter(Boolean).join(" · ");
const percent = (share, digits = 1) => t("hunt.percent", { n: number(100 * share, digits) });
const drill = ({ simulated }) => simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated"));

const row = (search) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result", "aria-current": String(search.id === chosen?.id), onclick: () => work(() => show(search)) },
      element(
        "span",
        { className: "result-text" },
        element("span", { className: "result-name" }, titleOf(search)),
        element("span", { className: "result-detail" }, [t(`hunt.status_${search.status}`), categoryName(search.subject.category), clock(search.created_at), t("hunt.pos_is", { share: percent(search.pos) })].join(" · ")),
        element("span", { className: "marks" }, drill(search)),
      ),
    ),
  );

async function show(search) {
  const mine = ++last, isOther = search.id !== chosen?.id;
  const at = `v1/searches/${search.id}`;
  const [levels, { entries }] = await Promise.all([ask(`${at}/poa`, { format: "geojson" }), ask(`${at}/log`, { limit: 500 })]);
  const was = (action) => entries.some((entry) => entry.action === action); // what never was is not asked for
  const [cut, newest] = await Promise.all([was("segmented") && ask(`${at}/segments`), was("planned") && ask(`${at}/plan`)]);
  if (mine !== last) return;
  chosen = search;
  then = null;
  segments = cut ? cut.features : [];
  plan = newest;
  log = entries;
  const slider = byId("hunt-slider");
  slider.max = slider.value = String(log.length - 1);
  poa = levels;
  byId("hunt-block").hidden = false;
  draw();
  drawList();
  sayTeams();
  if (isOther) {
    const [west, south, east, north] = search.grid.bbox;
    fit(boundsOf([[west, south], [east, north]]));
    byId("hunt-heading").focus();
  }
}

async function reread() {
  await show(await ask(`v1/searches/${chosen.id}`));
  listSearches();
}

/** The map as it was after the entry of the log that the slider stands at. */
async function replay() {
  const mine = ++last;
  const place = Number(byId("hunt-slider").value);
  then = place === log.length - 1 ? null : log[place];
  sayThen();
  const levels = await ask(`v1/searches/${chosen.id}/poa`, { format: "geojson", as_of: then?.at });
  if (mine !== last) return;
  poa = levels;
  drawMap();
}

// Levels come the largest first.
function drawMap() {
  showPoa(poa);
  byId("hunt-levels").textContent = [...poa.features].reverse().map(({ properties: { share, area_km2: area } }) => t("hunt.level_is", { share: percent(share, 0), area: t("hunt.km2", { n: number(area, 2) }) })).join(t("list.comma"));
}

function sayThen() {
  const entry = then ?? log.at(-1);
  const words = t(then ? "hunt.as_it_was" : "hunt.as_it_is", { time: clock(entry.at, { second: "2-digit" }), action: t(`deed.${entry.action}`) });
  byId("hunt-then").textContent = words;
  byId("hunt-slider").setAttribute("aria-valuetext", words);
}

function draw() {
  const { status, pos, rest_of_world: rest, subject, warnings, grid, ipp, find } = chosen;
  byId("hunt-heading").textContent = titleOf(chosen);
  byId("hunt-answer").replaceChildren(
    element("p", { className: "marks" }, element("span", { className: "mark" }, t(`hunt.status_${status}`)), drill(chosen)),
    facts([
      [t("hunt.pos"), percent(pos)],
      [t("hunt.rest"), percent(rest)],
      [t("hunt.category"), categoryName(subject.category)],
      [t("hunt.ipp"), lonlatText(ipp, 5)],
      [t("hunt.cells"), t("hunt.cells_are", { rows: grid.rows, columns: grid.columns, metres: distance(grid.cell_m[0]) })],
      [t("hunt.mapscore"), find?.mapscore === null || !find ? "" : number(find.mapscore, 2)],
      [t("call.warnings"), warnings.length ? element("ul", { className: "lines", lang: "en" }, warnings.map((text) => element("li", {}, text))) : ""],
    ]),
  );
  byId("hunt-replay").hidden = log.length < 2;
  sayThen();
  drawMap();
  showSegments(segments);
  showIpp(point(ipp, { label: chosen.simulated ? t("incident.simulated", { name: t("hunt.ipp") }) : t("hunt.ipp") }));
  byId("hunt-segments").replaceChildren(segments.length ? segmentTable() : empty("hunt.no_segments"));
  byId("plan-form").hidden = !segments.length || status !== "open";
  byId("hunt-plan").replaceChildren(...(plan ? drawPlan() : [empty("hunt.no_plan")]));
}

const table = (caption, heads, rows) =>
  element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, rows.map(([first, ...others]) => element("tr", {}, element("th", { scope: "row" }, first), others.map((cell) => element("td", {}, cell))))),
  );

function segmentTable() {
  const likeliest = [...segments].sort((a, b) => b.properties.poa - a.properties.poa).slice(0, 12);
  return table(t("hunt.segments_are", { n: segments.length, shown: likeliest.length }), [t("hunt.segment"), t("hunt.area"), t("hunt.chance")], likeliest.map(({ properties: { id, area_m2: area, poa } }) => [id, t("hunt.km2", { n: number(area / 1e6, 2) }), percent(poa)]));
}

async function drawSegments() {
  await tell(`v1/searches/${chosen.id}/segments`, {}, { version: chosen.version });
  await reread();
}

async function makePlan() {
  const count = Number(byId("plan-teams").value), hours = Number(byId("plan-hours").value), width = Number(byId("plan-width").value), speed = Number(byId("plan-speed").value);
  const resources = Array.from({ length: count }, (_, place) => ({ id: `team-${place + 1}`, team: t("plan.team_is", { n: place + 1 }), W_m: width, v_kmh: speed, hours, searchers: Number(byId("plan-searchers").value) }));
  plan = await tell(`v1/searches/${chosen.id}/plan`, { resources });
  announce(t("plan.made", { share: percent(plan.pos_total) }));
  await reread();
}

function drawPlan() {
  const rows = plan.assignments.map(({ id, team, resource, segment, hours, pod, pos }) => [team || resource, segment, t("plan.hours_are", { n: number(hours, 1) }), percent(pod, 0), percent(pos), chosen.status === "open" && searched(id, segment, pod)]);
  return [
    element("p", {}, element("strong", {}, t("plan.made", { share: percent(plan.pos_total) })), " ", element("span", { className: "muted" }, t("plan.gap", { share: percent(plan.gap, 4) }))),
    drawPosCurve(plan.curve),
    table(t("plan.caption"), [t("plan.team"), t("hunt.segment"), t("plan.hours"), t("plan.pod"), t("plan.pos"), t("plan.done")], rows),
  ];
}

// Searched as planned, or less thoroughly, and nobody found: the map follows.
const searched = (assignment, segment, planned) =>
  button(t("plan.nobody"), () => work(() => tellResult(assignment, planned)), { "aria-label": t("plan.nobody_named", { segment }) });

async function tellResult(assignment, planned) {
  const { pos_total: total } = await tell(`v1/searches/${chosen.id}/results`, { assignment, pod: Math.min(planned, MOST_POD) }, { request: newRequest() });
  announce(t("hunt.pos_is", { share: percent(total) }));
  byId("hunt-heading").focus(); // the button that was pressed goes
  await reread();
}

// The grid map: grids of a scheme on a day, in the colours of their cases or of an indicator; one of them as a card.

import { ask, pointText } from "./api.js";
import { learnWords } from "./cases_state.js";
import { byId, element } from "./dom.js";
import { number } from "./format.js";
import { boundsOf, collection, point, positionsOf } from "./geometry.js";
import { gridRows, gridTitle, historyRows, readGrid } from "./grids_card.js";
import { colours, drawChoices, hasCases } from "./grids_colour.js";
import { show, startGridsMap } from "./grids_map.js";
import { onLanguage, t } from "./i18n.js";
import { onNewKey } from "./key.js";
import { centre, fit, onDotClick, onMapReady, theMap } from "./map.js";
import { empty, makeQuestion, makeWork } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

const MOST = 3000; // grids of one view: more are not told apart
const MOST_ROWS = 60; // that are listed
const PAUSE_MS = 400; // after a move of the map
const EVERY_MS = 30_000; // lamps turn with the time

let listing = null, reading = null, work = null;
let chosen = null; // {scheme, code, spans} of the card; spans: of days on which its code held, once they are known
let features = [];
let wanted = null; // code that another page asked for before this one was there
let timer = 0;
let choicesOf = "";

export function startGrids() {
  startGridsMap();
  listing = makeQuestion(byId("grid-list"));
  reading = makeQuestion(byId("grid-answer"));
  work = makeWork(byId("grid-trouble"));
  byId("grid-day").value = today();
  byId("grid-scheme").addEventListener("change", () => {
    close();
    turn();
  });
  byId("grid-colour").addEventListener("change", () => turn());
  byId("grid-day").addEventListener("change", () => otherDay(byId("grid-day").value || today()));
  byId("grid-today").addEventListener("click", () => otherDay(today()));
  byId("grid-form").addEventListener("submit", find);
  byId("grid-centre").addEventListener("click", () => centre() && showAt(centre()));
  onDotClick("lc-grid-cases-dot", ({ id }) => openCase(id));
  onMapReady((map) => map.on("moveend", () => openTab() === "grids" && soon(PAUSE_MS)));
  onOpen("*", () => turn());
  document.addEventListener("visibilitychange", () => turn());
  onNewKey(() => turn());
  onLanguage(() => {
    choicesOf = "";
    turn();
    if (chosen) otherDay(day());
  });
  turn();
  if (wanted) open(wanted, true);
  wanted = null;
}

/** Shows a unit grid from elsewhere. */
export function openUnit(code) {
  if (!reading) return void (wanted = code);
  byId("grid-scheme").value = "unit";
  return open(code, true);
}

/** The grid at a place. */
export function showAt(lonlat) {
  return work(async () => {
    try {
      const found = await ask(`v1/grids/${scheme()}/locate`, { at: pointText(lonlat), on: day() });
      await open(found.properties.code);
    } catch (problem) {
      if (problem.status !== 422) throw problem;
      close();
      byId("grid-trouble").replaceChildren(empty("grid.none_here"));
    }
  });
}

const scheme = () => byId("grid-scheme").value;
const day = () => byId("grid-day").value || today();

/** Today on the clock of whoever looks, as a field of days has it. */
function today() {
  const now = new Date();
  return new Date(now.getTime() - 60_000 * now.getTimezoneOffset()).toISOString().slice(0, 10);
}

function otherDay(value) {
  byId("grid-day").value = value;
  turn();
  if (!chosen) return;
  if (holds(value)) open(chosen.code);
  else reading(async () => null, () => [empty("grid.not_then", { day: value }), element("h3", {}, t("grid.history")), historyRows(chosen.spans, otherDay)]);
}

// Whether the code of the card meant anything on a day, as far as its history is known.
const holds = (value) => !chosen.spans || chosen.spans.some(({ valid_from: from, valid_to: to }) => from <= value && (!to || value < to));

function close() {
  chosen = null;
  byId("grid-block").hidden = true;
  show("lc-grid");
  show("lc-grid-cases");
  draw();
}

function open(code, isShown = false) {
  chosen = { scheme: scheme(), code };
  byId("grid-block").hidden = false;
  byId("grid-heading").textContent = code;
  byId("grid-trouble").replaceChildren();
  draw();
  return reading(
    async (signal) => {
      const [found] = await Promise.all([readGrid(chosen.scheme, code, day(), signal), hasCases(scheme()) ? learnWords().catch(() => {}) : null]);
      return found;
    },
    (found) => {
      chosen.spans = found.grid.history;
      byId("grid-heading").textContent = gridTitle(found.grid.properties);
      byId("grid-heading").focus();
      if (isShown) fit(boundsOf(positionsOf(found.grid.geometry)));
      return gridRows(found, { onDay: otherDay, onCase: openCase, onCases: openCases });
    },
  );
}

async function openCase(id) {
  const board = await import("./cases.js");
  showTab("cases");
  board.openFrom(id);
}

async function openCases(code) {
  const { filterGrid } = await import("./cases_filter.js");
  showTab("cases");
  filterGrid(code);
}

function find(event) {
  event.preventDefault();
  const name = byId("grid-name").value.trim();
  if (!name) return;
  work(async () => {
    const found = (await ask(`v1/grids/${scheme()}`, { name, at: day(), limit: MOST_ROWS })).features;
    if (found.length === 1) return open(found[0].properties.code, true);
    byId("grid-trouble").replaceChildren(found.length ? element("ul", { className: "results", id: "grid-found" }, found.map((each) => row(each, ""))) : empty("grid.none_named", { name }));
    return undefined;
  });
}

function soon(pause) {
  clearTimeout(timer);
  timer = setTimeout(turn, pause);
}

async function turn() {
  clearTimeout(timer);
  if (openTab() !== "grids" || document.hidden) return;
  await listing(look, answer, features.length ? null : undefined);
  soon(EVERY_MS);
}

async function look(signal) {
  const mine = scheme();
  if (choicesOf !== mine) {
    await drawChoices(mine);
    choicesOf = mine;
  }
  const bounds = theMap()?.getBounds();
  const bbox = bounds ? [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((each) => +each.toFixed(6)).join(",") : "";
  const found = await ask(`v1/grids/${mine}`, { at: day(), bbox, limit: MOST }, { signal });
  const painted = found.features.length ? await colours(mine, byId("grid-colour").value, bbox, day(), signal) : null;
  return { found, painted };
}

function answer({ found, painted }) {
  features = found.features.map((each) => ({ ...each, properties: { ...each.properties, colour: painted.colourOf(each.properties.code), words: painted.tell(each.properties.code) } }));
  features.sort((a, b) => painted.rank(b.properties.code) - painted.rank(a.properties.code));
  draw();
  byId("grid-count").textContent = t("grid.n", { n: number(features.length) });
  byId("grid-legend").replaceChildren(...(painted?.legend.filter(Boolean) ?? []));
  if (!features.length) return empty("grid.nothing");
  const notes = [found.next_after && t("grid.zoom_in", { n: number(MOST) }), features.length > MOST_ROWS && t("grid.more", { n: number(features.length - MOST_ROWS) })].filter(Boolean);
  return [element("ul", { className: "view-rows" }, features.slice(0, MOST_ROWS).map((each) => row(each, each.properties.words))), ...notes.map((words) => element("p", { className: "note" }, words))];
}

const row = ({ properties }, words) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result compact", "data-grid": properties.code, onclick: () => open(properties.code, true) },
      element("span", { className: "result-name" }, properties.name || properties.code),
      element("span", { className: "result-detail" }, words || properties.code),
    ),
  );

function draw() {
  const isChosen = ({ properties }) => properties.code === chosen?.code;
  show("lc-grids", collection(features.map((each) => ({ ...each, properties: { ...each.properties, chosen: isChosen(each) } }))));
  show("lc-grid-names", collection(features.map((each) => point(middle(each.geometry), { label: each.properties.name || each.properties.code.slice(-6) }))));
}

// A name's place: the middle of the box of its greatest part is inside but for odd shapes, and those are read as well.
function middle(geometry) {
  const [west, south, east, north] = boundsOf(positionsOf(geometry));
  return [(west + east) / 2, (south + north) / 2];
}

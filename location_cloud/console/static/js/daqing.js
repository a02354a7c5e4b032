// Daqing's districts, towns and villages as a list that opens level by level, and the districts' outlines on the map.

import { announce } from "./announce.js";
import { ask } from "./api.js";
import { button, byId, element } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { fit, flyTo, overlay } from "./map.js";
import { copy } from "./here.js";
import { areaName } from "./places.js";
import { empty, loading, makeQuestion, trouble } from "./states.js";
import { onOpen } from "./tabs.js";

const DAQING = "2306"; // 大庆市, statistical division code (NBS)
const IMPORT_COMMAND = "location-cloud import heilongjiang-latest.osm.pbf --clip 大庆市";
const DAQING_BOX = [123.7, 45.4, 125.9, 47.7]; // west, south, east, north of its nine districts, degrees
const MOST_CHILDREN = 1000; // the API's ceiling; the largest town of Daqing has 31 villages

let question = null;
let drawn = false;

export function startDaqing() {
  question = makeQuestion(byId("area-tree"));
  byId("import-command").textContent = IMPORT_COMMAND;
  byId("copy-command").addEventListener("click", () => copy(IMPORT_COMMAND));
  byId("show-all-districts").addEventListener("click", showAll);
  onOpen("daqing", () => {
    if (!drawn) drawTree();
    checkRoads();
  });
  onLanguage(() => drawn && drawTree());
}

// The notice goes once somebody has imported roads that reach Daqing.
async function checkRoads() {
  try {
    const { bbox, datasets } = await ask("v1/datasets");
    const roads = datasets.find((each) => each.name === "roads")?.counts.segments ?? 0;
    byId("no-roads").hidden = roads > 0 && bbox !== null && overlaps(bbox, DAQING_BOX);
  } catch {
    byId("no-roads").hidden = false; // the tree beside it says what is wrong
  }
}

const overlaps = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

function drawTree() {
  drawn = true;
  byId("tree-trouble").replaceChildren();
  question(children(DAQING), (areas) => (areas.length ? tree(areas) : empty("daqing.nothing")));
}

const children = (code) => async (signal) => {
  const answer = await ask(`${areaPath(code)}/children`, { geometry: "none", limit: MOST_CHILDREN }, { signal });
  return answer.features.map((feature) => feature.properties);
};

const areaPath = (code) => `v1/areas/${encodeURIComponent(code)}`;

const tree = (areas) => element("ul", { className: "tree", "aria-label": t(`level.${areas[0].level}`) }, areas.map(row));

function row(area) {
  const item = element("li", { "data-code": area.code, "data-level": area.level });
  const below = Object.values(area.children).reduce((sum, count) => sum + count, 0);
  const name = [
    element("span", { className: "area-name" }, areaName(area)),
    element("code", { className: "area-code" }, area.code),
    below > 0 && element("span", { className: "area-count" }, t("daqing.below", { n: below })),
  ].filter(Boolean);
  const line = element("div", { className: "tree-line" });
  line.append(below > 0 ? opener(area, item, name) : element("span", { className: "leaf" }, name));
  if (area.level === "district") {
    line.append(button(t("daqing.show"), () => showDistrict(area), { "aria-label": t("daqing.show_named", { name: areaName(area) }) }));
  }
  item.append(line);
  if (area.within.length) item.append(element("p", { className: "note within" }, t("daqing.within", { names: area.within.map(areaName).join(t("list.comma")) })));
  return item;
}

function opener(area, item, name) {
  const box = element("div", { className: "branch", hidden: true });
  let asked = false;
  const toggle = element("button", { type: "button", className: "opener", "aria-expanded": "false" }, name);
  toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-expanded") === "false";
    toggle.setAttribute("aria-expanded", String(open));
    box.hidden = !open;
    if (open && !asked) fill();
  });
  async function fill() {
    asked = true;
    box.replaceChildren(loading());
    try {
      const areas = await children(area.code)();
      box.replaceChildren(areas.length ? tree(areas) : empty("daqing.no_children"));
      announce(t("daqing.opened", { name: areaName(area), n: areas.length }));
    } catch (problem) {
      asked = false;
      box.replaceChildren(trouble(problem, fill));
    }
  }
  queueMicrotask(() => item.append(box));
  return toggle;
}

async function showDistrict(area) {
  try {
    const feature = await ask(areaPath(area.code));
    if (feature.geometry) draw([feature], t("daqing.shown", { name: areaName(area) }));
    else goTo(feature.properties);
  } catch (problem) {
    failed(problem);
  }
}

async function showAll() {
  try {
    const answer = await ask(`${areaPath(DAQING)}/children`);
    draw(answer.features.filter((feature) => feature.geometry), t("daqing.shown_all"));
  } catch (problem) {
    failed(problem);
  }
}

function draw(features, said) {
  overlay("lc-districts", { type: "FeatureCollection", features });
  overlay("lc-district-names", { type: "FeatureCollection", features: features.map(nameAt) });
  fit(boundsOf(features));
  sayWhere(features[0].properties);
  announce(said);
}

// Whoever shows a boundary says whose it is and what it is good for.
function sayWhere({ source, geometry_note: note }) {
  const line = byId("boundary-source");
  line.textContent = t("daqing.source", { source: [source.attribution, note].filter(Boolean).join(t("list.comma")) });
  line.hidden = false;
}

function goTo(area) {
  if (area.lonlat) flyTo(area.lonlat, 11);
  announce(t("daqing.no_outline", { name: areaName(area) }));
}

function failed(problem) {
  byId("tree-trouble").replaceChildren(trouble(problem));
}

// One point a name: a polygon would repeat its name in every tile it crosses.
function nameAt(feature) {
  const [west, south, east, north] = boundsOf([feature]);
  const middle = feature.properties.lonlat ?? [(west + east) / 2, (south + north) / 2];
  return { type: "Feature", properties: { name: areaName(feature.properties) }, geometry: { type: "Point", coordinates: middle } };
}

function boundsOf(features) {
  const numbers = features.flatMap((feature) => feature.geometry.coordinates.flat(Infinity));
  const lons = numbers.filter((_, at) => at % 2 === 0);
  const lats = numbers.filter((_, at) => at % 2 === 1);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

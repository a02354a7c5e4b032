// The live traffic: levels on the map, how old they are, the index with the usual day's curve, and a closure tried out.

import { announce } from "./announce.js";
import { address, ask, pointText, tell } from "./api.js";
import { button, byId, element } from "./dom.js";
import { distance, duration, number } from "./format.js";
import { boundsOf, collection } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { keyHeaders } from "./key.js";
import { followStates } from "./live_states.js";
import { fit, onMapReady, overlay } from "./map.js";
import { routeEnds } from "./route.js";
import { empty, makeQuestion } from "./states.js";
import { openTab } from "./tabs.js";

const SET = "tiles/traffic.json";
const SOURCE = "lc-traffic";
const EVERY_MS = 5000;
const STALE_S = 120; // older levels are no news

// Lightness falls with the level, and hue goes from green over yellow to red: told apart without seeing red and green.
const LEVELS = [
  { key: "traffic.level_1", color: "#1f9e89" },
  { key: "traffic.level_2", color: "#f2b50c" },
  { key: "traffic.level_3", color: "#e2452c" },
  { key: "traffic.level_4", color: "#6a0d2a" },
  { key: "traffic.level_5", color: "#4a4f57" },
];
const GRADES = ["traffic.grade_1", "traffic.grade_2", "traffic.grade_3", "traffic.grade_4", "traffic.grade_5"];
const LEVEL = ["coalesce", ["feature-state", "level"], 0];
const LAYER = {
  id: "lc-traffic",
  type: "line",
  source: SOURCE,
  "source-layer": "traffic",
  layout: { "line-cap": "round", "line-join": "round" },
  paint: {
    "line-color": ["step", LEVEL, "#ffffff", ...LEVELS.flatMap(({ color }, place) => [place + 1, color])],
    "line-opacity": ["case", [">", LEVEL, 0], 1, 0],
    "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 8, 1, 14, 3, 18, 10],
    "line-offset": ["interpolate", ["exponential", 1.5], ["zoom"], 12, 0, 14, ["*", 1.8, ["get", "side"]], 18, ["*", 8, ["get", "side"]]],
  },
};

const SVG = "http://www.w3.org/2000/svg";
const CURVE = { width: 288, height: 96, most: 10 };

let map = null;
let unfollow = null;
let timer = 0;
let indexQuestion = null;
let trialQuestion = null;
let trial = null; // {keys, name, lonlat} of the road that is shut both ways for a try

export function startTraffic() {
  indexQuestion = makeQuestion(byId("traffic-index"));
  trialQuestion = makeQuestion(byId("traffic-trial"));
  byId("traffic-trial").replaceChildren(empty("traffic.trial_start"));
  byId("traffic-on").addEventListener("change", show);
  onLanguage(() => {
    drawLegend();
    refresh();
    if (trial) compare();
  });
  drawLegend();
  onMapReady((ready) => {
    map = ready;
    map.on("style.load", () => byId("traffic-on").checked && show());
    show();
  });
  refresh();
}

async function show() {
  unfollow?.();
  unfollow = null;
  const isOn = byId("traffic-on").checked;
  byId("map-traffic").hidden = !isOn;
  if (!map) return;
  if (!isOn) {
    if (map.getLayer(LAYER.id)) map.removeLayer(LAYER.id);
    return;
  }
  const offered = await ask(SET, { form: "bin" }).catch(() => null); // a snapshot from before there was traffic has none
  if (!offered || !byId("traffic-on").checked) return;
  if (!map.getSource(SOURCE)) map.addSource(SOURCE, { type: "vector", url: address("tiles/traffic-geometry.json").href });
  if (!map.getLayer(LAYER.id)) map.addLayer(LAYER, map.getStyle().layers.find((layer) => layer.type === "symbol")?.id);
  const stop = await followStates(map, { set: address(SET).href, source: SOURCE, everyMs: EVERY_MS, headers: keyHeaders() });
  if (byId("traffic-on").checked) unfollow = stop;
  else stop();
}

function drawLegend() {
  const rows = LEVELS.map(({ key }, place) => element("li", {}, element("span", { className: "swatch", "data-level": String(place + 1), "aria-hidden": "true" }), t(key)));
  byId("map-traffic-levels").replaceChildren(...rows);
}

function refresh() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 2 * EVERY_MS);
  if (document.hidden || (openTab() !== "traffic" && !byId("traffic-on").checked)) return;
  indexQuestion((signal) => ask("v1/traffic/index", {}, { signal }), drawIndex, null);
}

function age(answer) {
  if (answer.age_s === null) return t("traffic.never");
  const told = t(answer.age_s > STALE_S ? "traffic.stale" : "traffic.age", { age: duration(answer.age_s) });
  return answer.simulated ? `${t("traffic.simulated")} · ${told}` : told;
}

function drawIndex(answer) {
  for (const id of ["map-traffic-age", "traffic-age"]) {
    byId(id).textContent = age(answer);
    byId(id).dataset.simulated = String(answer.simulated);
  }
  const { now, typical, next_hour: next } = answer;
  if (now.index === null) return [empty("traffic.no_index"), curve(answer.curve, answer.hour, null)];
  const grade = t(GRADES[Math.min(Math.floor(now.index / 2), 4)]);
  return [
    element(
      "p",
      { className: "traffic-figure" },
      element("strong", {}, number(now.index, 1)),
      element("span", {}, grade),
      element("span", { className: "muted" }, t("traffic.measured", { share: number(100 * now.measured_share, 0) })),
    ),
    element("meter", { min: "0", max: "10", low: "4", high: "6", optimum: "0", value: String(now.index), "aria-label": t("traffic.index_label", { index: number(now.index, 1), grade }) }),
    element("p", { className: "muted" }, [usual("traffic.typical", typical), usual("traffic.next_hour", next)].filter(Boolean).join(" · ")),
    curve(answer.curve, answer.hour, now.index),
  ];
}

const usual = (key, measure) => (measure.index === null ? "" : t(key, { index: number(measure.index, 1) }));

// The usual index of this day hour by hour, and a dot for now.
function curve(hours, hour, now) {
  if (!hours.some((value) => value !== null)) return element("p", { className: "note" }, t("traffic.no_curve"));
  const x = (hour) => (hour * CURVE.width) / 24;
  const y = (value) => CURVE.height - 8 - (value * (CURVE.height - 16)) / CURVE.most;
  const points = hours.map((value, hour) => (value === null ? "" : `${x(hour + 0.5)},${y(value)}`)).filter(Boolean);
  const picture = svg("svg", { viewBox: `0 0 ${CURVE.width} ${CURVE.height}`, role: "img", class: "curve", "aria-label": t("traffic.curve_label", { most: number(Math.max(...hours), 1) }) });
  for (const line of [2, 4, 6, 8]) picture.append(svg("line", { x1: 0, x2: CURVE.width, y1: y(line), y2: y(line), class: "curve-grid" }));
  picture.append(svg("polyline", { points: points.join(" "), class: "curve-line" }));
  if (now !== null) picture.append(svg("circle", { cx: x(hour), cy: y(now), r: 4, class: "curve-now" }));
  return element("figure", {}, picture, element("figcaption", { className: "muted" }, t("traffic.curve")));
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A click on the map while the traffic page is open: what would the shown route be if that road were shut? */
export function closeAt(lonlat) {
  trialQuestion(async (signal) => {
    const { roads } = await ask("v1/nearest", { at: pointText(lonlat), profile: "car" }, { signal });
    if (!roads.length) return null;
    const { road, name, location: place } = roads[0];
    const opposite = road.slice(0, -1) + (road.endsWith("f") ? "b" : "f");
    trial = { keys: [road, opposite], name, lonlat: place };
    return trial;
  }, (found) => (found ? compare() : empty("traffic.trial_no_road")));
}

function compare() {
  const ends = routeEnds();
  overlay("lc-marks", collection([{ type: "Feature", properties: { role: "stop", name: trial.name }, geometry: { type: "Point", coordinates: trial.lonlat } }]));
  if (!ends) return [named(), empty("traffic.trial_no_route"), report()];
  const body = { places: ends.map((lonlat) => ({ lonlat })), profile: "car" };
  Promise.all([tell("v1/route?steps=false", body), tell("v1/route?steps=false", { ...body, avoid: { roads: trial.keys } })]).then(
    ([before, after]) => drawTrial(before.routes[0], after.routes[0]),
    (problem) => byId("traffic-trial").replaceChildren(named(), element("p", { className: "note" }, problem.detail), report()),
  );
  return [named(), empty("traffic.trial_wait")];
}

function drawTrial(before, after) {
  overlay("lc-way", { type: "Feature", properties: {}, geometry: before.geometry });
  overlay("lc-route", { type: "Feature", properties: {}, geometry: after.geometry });
  fit(boundsOf([...before.geometry.coordinates, ...after.geometry.coordinates]));
  const more = after.duration_s - before.duration_s;
  const line = (key, route) => element("li", {}, t(key, { duration: duration(route.duration_s), distance: distance(route.distance_m) }));
  const summary = t("traffic.trial_more", { duration: duration(Math.max(more, 0)) });
  announce(summary);
  byId("traffic-trial").replaceChildren(
    named(),
    element("ul", { className: "lines" }, line("traffic.trial_before", before), line("traffic.trial_after", after)),
    element("p", {}, element("strong", {}, summary)),
    report(),
  );
}

const named = () => element("p", { className: "here-name" }, trial.name || t("traffic.trial_unnamed"));

function report() {
  const send = () => trialQuestion(
    () => tell("v1/incidents", { kind: "closure", roads: trial.keys, starts_at: new Date().toISOString(), description: t("traffic.trial_said") }),
    (incident) => element("p", { className: "note" }, t("traffic.trial_done", { id: incident.id })),
  );
  return element("div", { className: "row-buttons" }, button(t("traffic.trial_report"), send), button(t("traffic.trial_clear"), clear));
}

function clear() {
  trial = null;
  for (const source of ["lc-way", "lc-route", "lc-marks"]) overlay(source);
  byId("traffic-trial").replaceChildren(empty("traffic.trial_start"));
}

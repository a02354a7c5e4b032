// The live traffic: levels on the map, how old they are, and the index beside the usual and today's course of the day.

import { announce } from "./announce.js";
import { address, ask } from "./api.js";
import { drawCurve } from "./curve.js";
import { byId, element } from "./dom.js";
import { duration, number } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { listIncidents, startIncidents } from "./incidents.js";
import { keyHeaders } from "./key.js";
import { followStates } from "./live_states.js";
import { onMapReady } from "./map.js";
import { findRoute } from "./route.js";
import { empty, trouble } from "./states.js";
import { onOpen, openTab } from "./tabs.js";
import { compare, markAt, startTrial, supposeDrill } from "./trial.js";

const SET = "tiles/traffic.json";
const SOURCE = "lc-traffic";
const EVERY_MS = 5000;
const STALE_S = 120; // older levels are no news
const DAY_MS = 86_400_000;
const AGES = { never: "traffic.never", idle: "traffic.idle", fresh: "traffic.age", stale: "traffic.stale" };

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
const OPACITY = { true: ["case", [">", LEVEL, 0], 1, 0], false: ["case", [">", LEVEL, 0], 0.35, 0] }; // by: is it news?
const LAYER = {
  id: "lc-traffic",
  type: "line",
  source: SOURCE,
  "source-layer": "traffic",
  layout: { "line-cap": "round", "line-join": "round" },
  paint: {
    "line-color": ["step", LEVEL, "#ffffff", ...LEVELS.flatMap(({ color }, place) => [place + 1, color])],
    "line-opacity": OPACITY.true,
    "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 8, 1, 14, 3, 18, 10],
    "line-offset": ["interpolate", ["exponential", 1.5], ["zoom"], 12, 0, 14, ["*", 1.8, ["get", "side"]], 18, ["*", 8, ["get", "side"]]],
  },
};

let map = null;
let unfollow = null;
let timer = 0;
let news = null; // {asOf, measured, simulated}. asOf: when the newest speeds were made, ms of this clock, null = never
let isCut = false; // the server did not answer the last time
let state = ""; // what was last said of the news

export { markAt };

export function startTraffic() {
  startIncidents(() => (compare(), findRoute()));
  startTrial();
  byId("traffic-on").addEventListener("change", show);
  onLanguage(() => {
    drawLegend();
    tellAge();
    refresh();
  });
  drawLegend();
  onMapReady((ready) => {
    map = ready;
    map.on("style.load", () => byId("traffic-on").checked && show());
    show();
  });
  onOpen("traffic", refresh);
  setInterval(tellAge, 1000);
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

async function refresh() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 2 * EVERY_MS);
  if (document.hidden || (openTab() !== "traffic" && !byId("traffic-on").checked)) return;
  listIncidents();
  const box = byId("traffic-index");
  try {
    const answer = await ask("v1/traffic/index", { since: new Date(Date.now() - DAY_MS).toISOString() });
    isCut = false;
    news = { asOf: answer.age_s === null ? null : Date.now() - 1000 * answer.age_s, measured: answer.now.measured_share > 0, simulated: answer.simulated };
    supposeDrill(answer.simulated);
    box.replaceChildren(...drawIndex(answer));
  } catch (problem) {
    isCut = problem.status === 0;
    if (!isCut || !news) box.replaceChildren(trouble(problem, refresh)); // else the last index stays, and its age goes on
  }
  tellAge();
}

// How old the news is goes on counting where no answer comes; only what is new is spoken.
function tellAge() {
  if (!news && !isCut) return;
  const age_s = news?.asOf ? Math.max(0, (Date.now() - news.asOf) / 1000) : null;
  const kind = age_s === null ? "never" : age_s > STALE_S ? "stale" : news.measured ? "fresh" : "idle";
  const words = [news?.simulated && t("traffic.simulated"), t(AGES[kind], { age: duration(age_s ?? 0) }), isCut && t("traffic.cut")];
  for (const id of ["map-traffic-age", "traffic-age"]) {
    byId(id).textContent = words.filter(Boolean).join(" · ");
    byId(id).dataset.simulated = String(Boolean(news?.simulated));
    byId(id).dataset.news = isCut ? "cut" : kind;
  }
  if (state === `${kind} ${isCut}`) return;
  if (state) announce(byId("traffic-age").textContent);
  state = `${kind} ${isCut}`;
  if (map?.getLayer(LAYER.id)) map.setPaintProperty(LAYER.id, "line-opacity", OPACITY[kind === "fresh" && !isCut]);
}

function drawIndex(answer) {
  const { now, typical, next_hour: next } = answer;
  const curve = drawCurve(answer);
  if (now.index === null) return [empty("traffic.no_index"), curve];
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
    curve,
  ];
}

const usual = (key, measure) => (measure.index === null ? "" : t(key, { index: number(measure.index, 1) }));

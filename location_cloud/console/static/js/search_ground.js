// What ground and water allow: what lookouts see, where a helicopter lands, where water carries; nothing of it is kept.

import { announce } from "./announce.js";
import { tell } from "./api.js";
import { button, byId, element, facts, table } from "./dom.js";
import { choiceField, field, numberField, numberOf, said, tickField, timeField, worded } from "./form.js";
import { distance, lonlatText, number } from "./format.js";
import { boundsOf, point, positionsOf } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { fit, flyTo } from "./map.js";
import { driftOf } from "./search_begin.js";
import { showOn } from "./search_map.js";
import { current, onSearch } from "./search_state.js";
import { percent, squareKm, termOf } from "./search_words.js";
import { makeShapeField } from "./shape_field.js";
import { empty, makeWork } from "./states.js";

const MOST_LOOKOUTS = 20;

const shapes = {};
const found = { seen: null, landing: null, drift: null }; // newest answers

export function startGround() {
  shapes.seen = makeShapeField({ page: "searches", id: "lookout-where", kinds: ["points"], label: "lookout.where", most: MOST_LOOKOUTS });
  shapes.landing = makeShapeField({ page: "searches", id: "landing-near", kinds: ["point"], label: "landing.near" });
  shapes.drift = makeShapeField({ page: "searches", id: "drifted-where", kinds: ["point"], label: "drift.where" });
  form("seen", [
    shapes.seen.root,
    ...field("lookout.eye", numberField("lookout-eye", { min: 0, max: 10000, value: "2", required: true })),
    tickField("lookout-sea", "lookout.above_sea"),
    ...field("lookout.target", numberField("lookout-target", { min: 0, max: 100, value: "1.7" })),
    ...field("lookout.reach", numberField("lookout-reach", { min: 0.001, max: 100 })),
  ], "lookout.ask", askSeen);
  form("landing", [
    ...field("landing.helicopter", choiceField("landing-kind", [["medium", "landing.medium"], ["light", "landing.light"], ["heavy", "landing.heavy"]])),
    ...field("landing.diameter", numberField("landing-diameter", { min: 5, max: 500 })),
    ...field("landing.slope", numberField("landing-slope", { min: 0.5, max: 20, value: "5" })),
    shapes.landing.root,
  ], "landing.ask", askLanding);
  form("drift", [
    shapes.drift.root,
    ...field("layer.entered", timeField("drifted-entered")),
    ...field("layer.until", timeField("drifted-until")),
    ...field("layer.wind", numberField("drifted-wind", { min: 0, max: 100, value: "5" })),
    ...field("layer.wind_from", numberField("drifted-from", { min: 0, max: 360, value: "0" })),
    ...field("layer.current", numberField("drifted-current", { min: 0, max: 20, value: "0.2" })),
    ...field("layer.current_to", numberField("drifted-to", { min: 0, max: 360, value: "0" })),
  ], "drift.ask", askDrift);
  onSearch((_, isOther) => {
    if (!isOther) return;
    for (const shape of Object.values(shapes)) shape.clear();
    for (const name of Object.keys(found)) found[name] = null;
    draw();
  });
  onLanguage(draw);
}

function form(name, children, key, send) {
  const part = byId(`${name}-part`);
  part.append(
    element("form", { className: "fields", id: `${name}-form`, autocomplete: "off" }, children,
      element("div", { className: "row-buttons whole" }, worded("button", key, { type: "submit", className: "primary" })),
      element("div", { className: "whole", id: `${name}-trouble` }),
      element("div", { className: "whole", id: `${name}-answer` })),
  );
  const work = makeWork(byId(`${name}-trouble`));
  byId(`${name}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    work(send);
  });
  part.addEventListener("toggle", () => shapes[name].show(part.open));
  shapes[name].show(false);
}

async function keep(name, path, body) {
  const { id } = current();
  const answer = await tell(`v1/searches/${id}/${path}`, body);
  if (current()?.id !== id) return null;
  found[name] = answer;
  draw();
  return answer;
}

async function askSeen() {
  if (!shapes.seen.lonlats().length) return shapes.seen.focus();
  const reach = numberOf(byId("lookout-reach"));
  const each = said({ eye_m: numberOf(byId("lookout-eye")), above_sea: byId("lookout-sea").checked, target_m: numberOf(byId("lookout-target")), reach_m: reach && 1000 * reach });
  const answer = await keep("seen", "viewshed", { lookouts: shapes.seen.lonlats().map((location) => ({ location, ...each })) });
  return answer && announce(t("lookout.sees", { area: squareKm(answer.properties.seen_km2), share: percent(answer.properties.poa) }));
}

async function askLanding() {
  const near = shapes.landing.lonlats()[0];
  const answer = await keep("landing", "landing", said({ helicopter: byId("landing-kind").value, diameter_m: numberOf(byId("landing-diameter")), most_slope_deg: numberOf(byId("landing-slope")), near }));
  if (!answer) return;
  announce(t("landing.found", { n: answer.sites.length }));
  if (answer.sites.length) fit(boundsOf(answer.sites.map((site) => site.location)));
}

async function askDrift() {
  const location = shapes.drift.lonlats()[0] ?? current().ipp;
  const answer = await keep("drift", "drift", { ...driftOf("drifted"), location });
  if (!answer) return;
  announce(t("drift.told", { place: lonlatText(answer.location, 5), spread: distance(answer.spread_m) }));
  fit(boundsOf([location, ...answer.features.flatMap((each) => positionsOf(each.geometry))]));
}

function draw() {
  const { seen, landing, drift } = found;
  showOn("seen", [seen?.geometry && { type: "Feature", geometry: seen.geometry, properties: {} }]);
  byId("seen-answer").replaceChildren(...(seen ? [element("p", {}, element("strong", {}, t("lookout.sees", { area: squareKm(seen.properties.seen_km2), share: percent(seen.properties.poa) }))), warned(seen.properties.warnings)] : []).filter(Boolean));
  showOn("landing", (landing?.sites ?? []).map(({ location }, place) => point(location, { label: String(place + 1) })));
  byId("landing-answer").replaceChildren(...(landing ? [landing.sites.length ? siteTable(landing.sites) : empty("landing.none"), warned(landing.warnings)] : []).filter(Boolean));
  showOn("drift", drift?.features ?? []);
  byId("drift-answer").replaceChildren(
    ...(drift
      ? [facts([[t("drift.middle"), lonlatText(drift.location, 5)], [t("drift.spread"), distance(drift.spread_m)], [t("drift.inside"), percent(drift.in_cells, 0)]]), button(t("incident.show"), () => flyTo(drift.location, 13))]
      : []),
  );
}

const warned = (warnings) => warnings.length > 0 && element("ul", { className: "lines note", lang: "en" }, warnings.map((text) => element("li", {}, text)));

const siteTable = (sites) =>
  table(
    t("landing.found", { n: sites.length }),
    [t("landing.site"), t("landing.clear"), t("landing.slope_short"), t("landing.away"), t("landing.cover")],
    sites.map(({ location, diameter_m: across, slope_deg: slope, distance_m: away, cover }, place) => [
      button(String(place + 1), () => flyTo(location), { "aria-label": t("landing.show", { n: place + 1 }) }),
      distance(across),
      t("landing.degrees", { n: number(slope, 1) }),
      distance(away),
      termOf("cover", cover),
    ]),
  );

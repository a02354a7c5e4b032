// Lines to walk, sail or fly: a pattern over a segment or an area, about a place, or through the most chance.

import { announce } from "./announce.js";
import { tell } from "./api.js";
import { button, byId, element, table } from "./dom.js";
import { choiceField, field, numberField, numberOf, only, said, showFor, tickField, worded } from "./form.js";
import { distance, duration, number } from "./format.js";
import { boundsOf, positionsOf } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { fit } from "./map.js";
import { saveText } from "./saving.js";
import { showOn } from "./search_map.js";
import { current, known, onSearch } from "./search_state.js";
import { percent } from "./search_words.js";
import { makeShapeField } from "./shape_field.js";
import { makeWork } from "./states.js";

const KINDS = ["area", "parallel", "creeping_line", "expanding_square", "sector", "uav", "paths"];
const OVER = "area uav"; // kinds that lie over a segment or an area
const ABOUT = "parallel creeping_line expanding_square sector uav"; // kinds that begin at a place

let area = null, start = null, starts = null;
let drawn = null; // the newest answer

export function startPatterns() {
  area = makeShapeField({ page: "searches", id: "pattern-area", kinds: ["area"], label: "pattern.over" });
  start = makeShapeField({ page: "searches", id: "pattern-start", kinds: ["point"], label: "pattern.start" });
  starts = makeShapeField({ page: "searches", id: "pattern-starts", kinds: ["points"], label: "pattern.starts", most: 20 });
  const row = (kinds, key, id, limits) => only(kinds, field(key, numberField(`pattern-${id}`, limits)));
  byId("pattern-part").append(
    element("form", { className: "fields", id: "pattern-form", autocomplete: "off" },
      field("pattern.kind", choiceField("pattern-kind", KINDS.map((kind) => [kind, `pattern.${kind}`]))),
      only(OVER, field("pattern.segment", element("select", { id: "pattern-segment" }))),
      only(OVER, [area.root]),
      only(ABOUT, [start.root]),
      only("paths", [starts.root]),
      row("area parallel creeping_line expanding_square", "pattern.spacing", "spacing", { min: 1, max: 50000, value: "50" }),
      row("area parallel creeping_line expanding_square", "pattern.width", "sweep", { min: 0.1, max: 50000 }),
      row("area parallel creeping_line expanding_square sector uav", "pattern.bearing", "bearing", { min: 0, max: 359 }),
      row("parallel creeping_line", "pattern.length", "length", { min: 1, max: 200000, value: "1000" }),
      row("parallel creeping_line", "pattern.across", "across", { min: 1, max: 200000, value: "500" }),
      row("expanding_square", "pattern.legs", "legs", { min: 1, max: 2000, step: 1, value: "12" }),
      row("sector", "pattern.radius", "radius", { min: 1, max: 200000, value: "500" }),
      row("sector", "pattern.sectors", "sectors", { min: 3, max: 100, step: 1, value: "6" }),
      row("uav", "plan.height", "height", { min: 1, max: 5000, value: "60" }),
      row("uav", "plan.fov", "fov", { min: 1, max: 179, value: "70" }),
      row("uav", "pattern.overlap", "overlap", { min: 0, max: 95, value: "20" }),
      row("uav", "pattern.flight_speed", "flight", { min: 0.1, max: 100, value: "10" }),
      row("uav", "pattern.battery", "battery", { min: 0.2, max: 1440, value: "25" }),
      row("paths", "pattern.budget", "budget", { min: 1, max: 200000, value: "3000" }),
      row("paths", "plan.range", "range", { min: 1, max: 5000, value: "25" }),
      only("paths", [tickField("pattern-returns", "pattern.returns")]),
      row("area parallel creeping_line expanding_square sector paths", "plan.speed", "speed", { min: 0.1, max: 300, value: "2" }),
      element("div", { className: "row-buttons whole" }, worded("button", "pattern.draw", { type: "submit", className: "primary" }), worded("button", "shape.clear", { type: "button", className: "quiet", onclick: () => take(null) })),
      element("div", { className: "whole", id: "pattern-trouble" }),
      element("div", { className: "whole", id: "pattern-answer" })),
  );
  const work = makeWork(byId("pattern-trouble"));
  byId("pattern-form").addEventListener("submit", (event) => {
    event.preventDefault();
    work(ask);
  });
  byId("pattern-kind").addEventListener("change", turn);
  byId("pattern-segment").addEventListener("change", () => {
    byId("pattern-segment").dataset.chosen = "yes"; // and stays so when the list is made anew
    turn();
  });
  byId("pattern-part").addEventListener("toggle", turn);
  onSearch((_, isOther) => {
    if (isOther) {
      take(null);
      for (const field_ of [area, start, starts]) field_.clear();
    }
    listSegments();
  });
  onLanguage(() => {
    if (current()) listSegments();
    draw();
  });
  turn();
}

const kindOf = () => byId("pattern-kind").value;

function turn() {
  const kind = kindOf(), isOpen = byId("pattern-part").open;
  showFor(byId("pattern-form"), kind);
  area.root.hidden = !OVER.split(" ").includes(kind) || Boolean(byId("pattern-segment").value);
  area.show(isOpen && !area.root.hidden);
  start.show(isOpen && ABOUT.split(" ").includes(kind));
  starts.show(isOpen && kind === "paths");
}

function listSegments() {
  const list = byId("pattern-segment"), chosen = list.value;
  const likeliest = [...known().segments].sort((a, b) => b.properties.poa - a.properties.poa);
  list.replaceChildren(...likeliest.map(({ properties: { id, poa } }) => element("option", { value: id }, t("result.segment", { id, share: percent(poa) }))), element("option", { value: "" }, t("pattern.own_area")));
  list.value = chosen;
  if (list.selectedIndex < 0 || !list.dataset.chosen) list.selectedIndex = 0;
  turn();
}

async function ask() {
  const kind = kindOf(), value = (name) => numberOf(byId(`pattern-${name}`));
  const isOver = OVER.split(" ").includes(kind), segment = byId("pattern-segment").value;
  if (isOver && !segment && !area.geometry()) return area.focus();
  const asked = {
    area: { spacing_m: value("spacing"), W_m: value("sweep"), v_kmh: value("speed") },
    parallel: { spacing_m: value("spacing"), W_m: value("sweep"), length_m: value("length"), width_m: value("across"), v_kmh: value("speed") },
    expanding_square: { spacing_m: value("spacing"), W_m: value("sweep"), legs: value("legs"), v_kmh: value("speed") },
    sector: { radius_m: value("radius"), sectors: value("sectors"), v_kmh: value("speed") },
    uav: {
      camera: { height_m: value("height"), fov_deg: value("fov"), overlap: (value("overlap") ?? 20) / 100 },
      flight: { speed_m_s: value("flight"), battery_s: 60 * value("battery") },
    },
    paths: { budget_m: value("budget"), Rd_m: value("range"), returns: byId("pattern-returns").checked, v_kmh: value("speed"), starts: starts.lonlats().map((location) => ({ location })) },
  };
  const body = said({
    kind,
    ...asked[kind === "creeping_line" ? "parallel" : kind],
    ...(isOver && (segment ? { segment } : { area: area.geometry() })),
    ...(ABOUT.split(" ").includes(kind) && { location: start.lonlats()[0] }),
    ...(kind !== "paths" && { bearing_deg: value("bearing") }),
  });
  const { id, version } = current();
  const answer = await tell(`v1/searches/${id}/patterns`, body);
  if (current()?.id !== id) return undefined;
  take({ ...answer, kind, version });
  fit(boundsOf(answer.features.flatMap((each) => positionsOf(each.geometry))));
  return announce(t("pattern.drawn", { n: answer.features.length, length: distance(answer.length_m) }));
}

function take(answer) {
  drawn = answer;
  draw();
}

function draw() {
  showOn("patterns", (drawn?.features ?? []).map((each) => ({ ...each, properties: { ...each.properties, label: String(each.properties.number) } })));
  if (!drawn) return byId("pattern-answer").replaceChildren();
  const { features, length_m: length, duration_s: takes, gathered, bound } = drawn;
  const rows = features.slice(0, 20).map(({ properties: { number: n, length_m, coverage, duration_s } }) => [String(n), distance(length_m), duration_s === null ? "–" : duration(duration_s), coverage === null ? "–" : number(coverage, 2)]);
  return byId("pattern-answer").replaceChildren(
    element("p", {}, element("strong", {}, t("pattern.drawn", { n: features.length, length: distance(length) })), takes === null ? "" : ` · ${duration(takes)}`),
    gathered === null ? "" : element("p", { className: "note" }, t("pattern.gathered", { share: percent(gathered), bound: percent(bound) })),
    table(t("pattern.caption"), [t("pattern.line"), t("pattern.long"), t("pattern.takes"), t("pattern.coverage")], rows),
    features.length > rows.length ? element("p", { className: "note" }, t("pattern.more", { n: features.length - rows.length })) : "",
    element("div", { className: "row-buttons" }, button(t("pattern.save"), () => saveText(JSON.stringify({ type: "FeatureCollection", features }), "application/geo+json", `search-${current().id}-${drawn.kind}.geojson`))),
  );
}

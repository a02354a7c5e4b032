// Segments: the ground cut along roads, water and ridges, all of it or an area, or as somebody draws them.

import { announce } from "./announce.js";
import { tell } from "./api.js";
import { button, byId, element, table } from "./dom.js";
import { field, numberField, numberOf, said, textField, worded } from "./form.js";
import { boundsOf, positionsOf } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { fit } from "./map.js";
import { showOn } from "./search_map.js";
import { current, known, onSearch, reread } from "./search_state.js";
import { percent, squareKm } from "./search_words.js";
import { makeShapeField } from "./shape_field.js";
import { empty, makeWork } from "./states.js";

const LISTED = 12;
const LEAST_TOLD = 0.001; // of the chance, on the map

let area = null, own = null; // fields: what to cut, and a segment in the making
let drawn = []; // segments that somebody draws: {id, geometry}
let work = null;

export function startSegments() {
  area = makeShapeField({ page: "searches", id: "segment-area", kinds: ["area"], label: "segment.area" });
  own = makeShapeField({ page: "searches", id: "segment-own", kinds: ["area"], label: "segment.own" });
  byId("segment-more").append(
    element("form", { className: "fields", id: "segment-form", autocomplete: "off" },
      field("segment.target", numberField("segment-target", { min: 0.0001, max: 10000 })),
      area.root,
      element("div", { className: "row-buttons whole" }, worded("button", "segment.cut", { type: "submit", className: "primary" }))),
    element("form", { className: "fields", id: "own-form", autocomplete: "off" },
      worded("h4", "segment.own_heading", { className: "whole" }),
      own.root,
      field("segment.name", textField("own-name", 64)),
      element("ul", { className: "chips whole", id: "own-list" }),
      element("div", { className: "row-buttons whole" }, worded("button", "segment.add", { type: "submit", className: "quiet" }), worded("button", "segment.give", { type: "button", className: "primary", id: "own-give", hidden: true }))),
  );
  work = makeWork(byId("segment-trouble"), reread);
  byId("hunt-segment").addEventListener("click", () => work(() => cut({})));
  byId("segment-form").addEventListener("submit", (event) => {
    event.preventDefault();
    work(() => cut(said({ target_km2: numberOf(byId("segment-target")), area: area.geometry() ?? undefined })));
  });
  byId("own-form").addEventListener("submit", (event) => {
    event.preventDefault();
    add();
  });
  byId("own-give").addEventListener("click", () => work(give));
  byId("segment-more").addEventListener("toggle", showFields);
  onSearch((_, isOther) => {
    if (isOther) reset();
    draw();
  });
  onLanguage(() => {
    drawOwn();
    if (current()) draw();
  });
  showFields();
}

function showFields() {
  const isOpen = byId("segment-more").open;
  area.show(isOpen);
  own.show(isOpen);
}

function reset() {
  drawn = [];
  area.clear();
  own.clear();
  drawOwn();
}

async function cut(body) {
  const { id, version } = current();
  await tell(`v1/searches/${id}/segments`, body, { version });
  await reread();
  byId("segment-more").open = false;
  announce(t("hunt.segments_are", { n: known().segments.length, shown: Math.min(LISTED, known().segments.length) }));
}

function add() {
  const geometry = own.geometry();
  if (!geometry) return own.focus();
  drawn.push({ id: byId("own-name").value.trim() || String(drawn.length + 1), geometry });
  byId("own-name").value = "";
  own.clear();
  return drawOwn();
}

async function give() {
  const { id, version } = current();
  await tell(`v1/searches/${id}/segments`, { segments: drawn }, { version });
  reset();
  byId("segment-more").open = false;
  await reread();
}

function drawOwn() {
  byId("own-list").replaceChildren(
    ...drawn.map(({ id }, place) =>
      element("li", {}, id, button("×", () => {
        drawn.splice(place, 1);
        drawOwn();
      }, { "aria-label": t("segment.remove", { id }) })),
    ),
  );
  byId("own-give").hidden = !drawn.length;
}

function draw() {
  const { segments, plan, search } = known();
  const assigned = new Set((plan?.assignments ?? []).map((each) => each.segment));
  showOn("segments", segments.map(({ geometry, properties }) => ({ type: "Feature", geometry, properties: { ...properties, assigned: assigned.has(properties.id), label: properties.poa < LEAST_TOLD ? properties.id : `${properties.id}\n${percent(properties.poa)}` } })));
  byId("hunt-segment").disabled = search.status !== "open";
  byId("hunt-segments").replaceChildren(segments.length ? segmentTable(segments) : empty("hunt.no_segments"));
}

function segmentTable(segments) {
  const likeliest = [...segments].sort((a, b) => b.properties.poa - a.properties.poa).slice(0, LISTED);
  return table(
    t("hunt.segments_are", { n: segments.length, shown: likeliest.length }),
    [t("hunt.segment"), t("hunt.area"), t("hunt.chance"), t("map.region")],
    likeliest.map(({ geometry, properties: { id, area_m2: size, poa } }) => [id, squareKm(size / 1e6), percent(poa), button(t("incident.show"), () => fit(boundsOf(positionsOf(geometry))), { "aria-label": t("segment.show", { id }) })]),
  );
}

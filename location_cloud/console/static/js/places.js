// Search: type-ahead, results as a numbered list and on the map, and the named things the map shows now as a list.

import { announce } from "./announce.js";
import { ask, pointText } from "./api.js";
import { makeCombo } from "./combo.js";
import { button, byId, element } from "./dom.js";
import { distance } from "./format.js";
import { language, onLanguage, t } from "./i18n.js";
import { centre, fit, flyTo, overlay, theMap } from "./map.js";
import { empty, makeQuestion } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

const VIEW_ROWS = 120; // more named things than anyone reads; zoom in for the rest
const EARTH_M_PER_DEGREE = 111_195; // mean radius 6,371 km, enough to sort by nearness

const WIDE_M = 300; // what may lie further off than this is shown whole, not as a spot

/** What the rest of the page may do with a chosen place; set by main. */
export const actions = { from: null, to: null, here: null };

/** Places of a GeoJSON answer, as this page shows them. */
export const asPlaces = (collection) =>
  collection.features.map(({ geometry, properties }) => ({
    label: properties.name || t("place.unnamed"),
    detail: [t(`kind.${properties.kind}`), ...surroundings(properties)].filter(Boolean).join(" · "),
    doubt: doubt(properties),
    lonlat: geometry.coordinates,
    accuracy_m: properties.accuracy_m ?? 0,
    distance_m: properties.distance_m,
    kind: properties.kind,
  }));

function surroundings({ areas = [], city, name }) {
  const names = areas.slice(0, 2).map(areaName).filter((each) => each !== name);
  return [(names.length ? names : [city].filter(Boolean)).join(t("list.comma"))];
}

/** An area's name, in English too where it is known and English is read. */
export const areaName = (area) => (language() === "en" && area.name_en && area.name_en !== area.name ? `${area.name_en} ${area.name}` : area.name);

// How far the answer may be trusted: said whenever it is not the thing itself or not the whole question was understood.
function doubt({ precise, confidence, unmatched, accuracy_m: accuracy }) {
  if (confidence === undefined) return "";
  const words = [t("place.confidence", { n: confidence })];
  if (accuracy >= 1) words.push(t("place.accuracy", { distance: distance(accuracy) }));
  if (precise === 0) words.push(t("place.not_precise"));
  if (unmatched) words.push(t("place.unmatched", { words: unmatched }));
  return words.join(" · ");
}

async function findPlaces(path, text, signal) {
  const focus = centre();
  return asPlaces(await ask(path, { q: text, focus: focus && pointText(focus) }, { signal }));
}

export const suggest = (text, signal) => findPlaces("v1/suggest", text, signal);
export const geocode = (text, signal) => findPlaces("v1/geocode", text, signal);

let question = null;
let results = [];
let lastText = "";

export function startPlaces() {
  question = makeQuestion(byId("search-results"));
  byId("search-results").replaceChildren(empty("search.start"));
  makeCombo({ input: byId("search-box"), list: byId("search-options"), find: suggest, pick: showOne, submit: search });
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("search-box").value.trim();
    if (text) search(text);
  });
  byId("view-refresh").addEventListener("click", drawView);
  onOpen("places", drawView);
  onOpen("*", mark); // the numbers belong to the list: they show with it
  onLanguage(() => {
    if (lastText) search(lastText);
    else if (results.length) drawInto(results);
    else byId("search-results").replaceChildren(empty("search.start"));
    drawView();
  });
}

/** Keeps the list of what is in view true while nobody is reading it by keyboard. */
export function followMap(map) {
  map.on("idle", () => {
    if (openTab() === "places" && !byId("view-list").contains(document.activeElement)) drawView();
  });
}

export function search(text) {
  lastText = text;
  showTab("places");
  question(
    (signal) => geocode(text, signal),
    (places) => {
      show(places);
      announce(t("search.found", { n: places.length }));
      return places.length ? resultList(places) : empty("search.nothing", { q: text });
    },
    "search.searching",
  );
}

function showOne(place) {
  lastText = "";
  showTab("places");
  show([place]);
  drawInto([place]);
}

function drawInto(places) {
  byId("search-results").replaceChildren(resultList(places));
}

function show(places) {
  results = places;
  mark();
  if (places.length === 1) goTo(places[0]);
  else if (places.length) fit(around(places.map((place) => place.lonlat)));
}

function mark() {
  const shown = openTab() === "places" ? results : [];
  const features = shown.map((place, position) => ({
    type: "Feature",
    properties: { number: String(position + 1) },
    geometry: { type: "Point", coordinates: place.lonlat },
  }));
  overlay("lc-results", { type: "FeatureCollection", features });
}

function goTo({ lonlat: [lon, lat], accuracy_m: accuracy }) {
  if (accuracy < WIDE_M) return flyTo([lon, lat]);
  const north = accuracy / EARTH_M_PER_DEGREE;
  const east = north / Math.cos((lat * Math.PI) / 180);
  return fit([lon - east, lat - north, lon + east, lat + north]);
}

function around(lonlats) {
  const lons = lonlats.map(([lon]) => lon);
  const lats = lonlats.map(([, lat]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

const resultList = (places) =>
  element(
    "ol",
    { className: "results" },
    places.map((place, position) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", className: "result", onclick: () => goTo(place) },
          element("span", { className: "result-number", "aria-hidden": "true" }, String(position + 1)),
          element("span", { className: "result-text" }, element("span", { className: "result-name" }, place.label), element("span", { className: "result-detail" }, place.detail), place.doubt && element("span", { className: "result-detail" }, place.doubt)),
        ),
        placeButtons(place),
      ),
    ),
  );

/** What can be done with a place, each button naming the place for those who hear the page. */
export const placeButtons = (place) =>
  element(
    "div",
    { className: "place-buttons" },
    button(t("place.from"), () => actions.from(place), { "aria-label": t("place.from_named", { name: place.label }) }),
    button(t("place.to"), () => actions.to(place), { "aria-label": t("place.to_named", { name: place.label }) }),
    !place.asked && button(t("place.here"), () => actions.here(place.lonlat), { "aria-label": t("place.here_named", { name: place.label }) }),
  );

// --- what the map shows, as a list -------------------------------------------------------------------------------

const LAYER_KINDS = [
  [/^place|^boundar/, "area"],
  [/^street|^bridge/, "road"],
  [/^public_transport|^ferr|^aerial/, "transit"],
  [/^water|^ocean/, "water"],
  [/^pois/, "poi"],
  [/^build|^site|^land/, "site"],
];

function drawView() {
  const map = theMap();
  if (!map?.isStyleLoaded() || openTab() !== "places") return;
  const rows = [...named(map).values()].sort((a, b) => a.distance_m - b.distance_m);
  const shown = rows.slice(0, VIEW_ROWS);
  const list = element(
    "ul",
    { className: "view-rows" },
    shown.map((row) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", className: "result compact", onclick: () => actions.here(row.lonlat) },
          element("span", { className: "result-name" }, row.name),
          element("span", { className: "result-detail" }, `${t(`view.${row.kind}`)} · ${distance(row.distance_m)}`),
        ),
      ),
    ),
  );
  const more = rows.length > shown.length && element("p", { className: "note" }, t("view.more", { n: rows.length - shown.length }));
  byId("view-list").replaceChildren(...(shown.length ? [list, more].filter(Boolean) : [empty("view.nothing")]));
}

function named(map) {
  const found = new Map();
  const middle = centre();
  for (const feature of map.queryRenderedFeatures()) {
    const name = feature.properties[language() === "en" ? "name_en" : "name_zh"] || feature.properties.name;
    if (!name || feature.source.startsWith("lc-")) continue;
    const kind = LAYER_KINDS.find(([pattern]) => pattern.test(feature.sourceLayer ?? ""))?.[1] ?? "other";
    const lonlat = nearestVertex(feature.geometry, middle);
    const row = { name, kind, lonlat, distance_m: metres(middle, lonlat) };
    const known = found.get(`${kind} ${name}`);
    if (!known || known.distance_m > row.distance_m) found.set(`${kind} ${name}`, row);
  }
  return found;
}

function nearestVertex(geometry, middle) {
  const numbers = geometry.coordinates.flat(Infinity);
  let best = numbers.slice(0, 2);
  for (let at = 2; at < numbers.length; at += 2) {
    const vertex = [numbers[at], numbers[at + 1]];
    if (metres(middle, vertex) < metres(middle, best)) best = vertex;
  }
  return best;
}

function metres([lonA, latA], [lonB, latB]) {
  const east = (lonB - lonA) * Math.cos((latA * Math.PI) / 180);
  return Math.hypot(east, latB - latA) * EARTH_M_PER_DEGREE;
}

// What is at a point: the words that a crew is told, road and side, house, landmarks, where to stop, areas and codes.

import { announce } from "./announce.js";
import { ask, pointText } from "./api.js";
import { button, byId, element, facts } from "./dom.js";
import { distance, lonlatText } from "./format.js";
import { collection, line, point as dot } from "./geometry.js";
import { language, onLanguage, t } from "./i18n.js";
import { setLink } from "./link.js";
import { centre, flyTo, makePin, overlay } from "./map.js";
import { areaName, placeButtons } from "./places.js";
import { empty, makeQuestion } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

let question = null;
let pin = null;
let point = null; // WGS-84, the last place that was asked about
let drawn = null; // what the map shows of the answer
let spellings = null; // what opens the converter; set by main

export function startHere(convert) {
  spellings = convert;
  question = makeQuestion(byId("here-answer"));
  pin = makePin("pin-here", "", "here.pin");
  byId("crs").addEventListener("change", redraw);
  byId("here-centre").addEventListener("click", () => centre() && showHere(centre()));
  onLanguage(redraw);
  onOpen("*", showOnMap);
  redraw();
}

/** Asks what is at a point and shows the page. fly: bring the point into view too. */
export function showHere(lonlat, fly = false) {
  point = lonlat;
  drawn = null;
  setLink("at", pointText(lonlat));
  showTab("here");
  if (fly) flyTo(lonlat);
  redraw();
}

function showOnMap() {
  const shown = point && openTab() === "here";
  if (shown) pin.show(point);
  else pin.hide();
  overlay("lc-way", shown && drawn ? drawn.way : undefined);
  overlay("lc-marks", shown && drawn ? drawn.marks : undefined);
}

function redraw() {
  const crs = byId("crs").value;
  byId("crs-note").textContent = t(`crs.note_${crs}`);
  byId("crs-note").hidden = crs === "wgs84";
  if (!point) return byId("here-answer").replaceChildren(empty("here.start"));
  const at = pointText(point);
  return question((signal) => Promise.all([ask("v1/reverse", { at, profile: "dispatch", language: language() }, { signal }), ask("v1/coordinates", { at }, { signal })]), draw);
}

function draw([answer, { positions }]) {
  const { words, address, quality, road, crossings, house, landmarks, chainage, access } = answer.dispatch;
  const chain = answer.areas.map(areaName).reverse().join(" › ");
  const name = words || chain || t("here.no_address");
  const code = lonlatText(positions[byId("crs").value]);
  drawn = onMap(answer.dispatch);
  showOnMap();
  announce(t("here.found", { name }));
  return [
    element("p", { className: "here-name", id: "here-words" }, name),
    words && element("p", { className: "marks" }, marks(quality).map((each) => element("span", { className: "mark" }, each))),
    element("div", { className: "place-buttons" }, button(t("here.copy_words"), () => copy(name), { id: "copy-words" }), button(t("here.copy_point"), () => copy(code), { id: "copy-point" }), ...placeButtons({ label: name, lonlat: point, asked: true }).children),
    facts([
      [t("here.line"), address],
      [t("here.road"), road && roadLine(road)],
      [t("here.crossings"), crossingLines(crossings)],
      [t("here.address"), house && houseLine(house)],
      [t("here.chainage"), chainage && element("span", {}, element("code", {}, chainage.text), chainage.distance_m >= 1 && ` · ${distance(chainage.distance_m)}`)],
      [t("here.access"), accessLines(access)],
      [t("here.areas"), chain || t("here.no_area")],
      [t("here.coordinates"), coordinates(code, positions)],
      [t("here.cell"), answer.cell.code && element("code", {}, answer.cell.code)],
    ]),
    landmarks.length > 0 && element("h2", {}, t("here.nearby")),
    landmarks.length > 0 && nearby(landmarks),
  ].filter(Boolean);
}

const marks = ({ precise, confidence, accuracy_m: accuracy }) => [
  t(precise ? "place.precise" : "place.not_precise"),
  t("place.confidence", { n: confidence }),
  t("place.accuracy", { distance: distance(accuracy) }),
];

function roadLine({ name, local_name: local, ref, side, direction, distance_m }) {
  const called = [ref, local || name].filter((each, at, all) => each && all.indexOf(each) === at).join(" ");
  const where = side === "on" ? t("side.on") : t("here.side", { wind: t(`wind.${direction}`), side: t(`side.${side}`) });
  return [called, where, side !== "on" && distance(distance_m)].filter(Boolean).join(" · ");
}

function houseLine({ street, housenumber, distance_m, direction, is_estimated: estimated, is_same_side: same }) {
  const words = [t("here.house", { street, number: housenumber }), t("here.off", { wind: t(`wind.${direction}`), distance: distance(distance_m) })];
  if (same === false) words.push(t("here.other_side"));
  if (estimated) words.push(t("here.estimated"));
  return words.join(" · ");
}

function accessLines({ entrance, stop, on_foot_m: walk }) {
  if (!stop && !entrance) return "";
  return element(
    "ol",
    { className: "lines" },
    stop && element("li", {}, t("here.stop", { road: stop.name || stop.ref || t("here.unnamed_road") })),
    entrance && element("li", {}, t("here.entrance", { place: entrance.place })),
    walk >= 1 && element("li", {}, t("here.walk", { distance: distance(walk) })),
  );
}

function onMap({ landmarks, access: { entrance, stop } }) {
  const way = [stop, entrance].filter(Boolean).map((each) => each.lonlat);
  const named = landmarks.map((each) => dot(each.lonlat, { role: "landmark", name: each.local_name || each.name }));
  if (stop) named.push(dot(stop.lonlat, { role: "stop", name: t("here.stop_mark") }));
  if (entrance) named.push(dot(entrance.lonlat, { role: "entrance", name: t("here.entrance_mark") }));
  return { marks: collection(named), way: collection(way.length ? [line([...way, point])] : []) };
}

function coordinates(code, positions) {
  const crs = byId("crs").value;
  const unshifted = ["gcj02", "bd09"].includes(crs) && code === lonlatText(positions.wgs84);
  return [
    element("code", { id: "here-coordinates" }, code),
    " ",
    button(t("here.spellings"), () => spellings(point)),
    unshifted && element("span", { className: "note" }, t("crs.not_shifted")),
  ].filter(Boolean);
}

function crossingLines(crossings) {
  if (!crossings.length) return "";
  return element(
    "ul",
    { className: "lines" },
    crossings.map(({ name, local_name: local, distance_m }) => element("li", {}, `${local || name} · ${distance(distance_m)}`)),
  );
}

const nearby = (landmarks) =>
  element(
    "ul",
    { className: "view-rows" },
    landmarks.map((each) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", className: "result compact", onclick: () => showHere(each.lonlat, true) },
          element("span", { className: "result-name" }, each.local_name || each.name),
          element("span", { className: "result-detail" }, t("here.off", { wind: t(`wind.${each.direction}`), distance: distance(each.distance_m) })),
        ),
      ),
    ),
  );

/** Puts text on the clipboard and says so; where the browser forbids it, says that. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(t("copied"));
  } catch {
    announce(t("copy_failed"));
  }
}

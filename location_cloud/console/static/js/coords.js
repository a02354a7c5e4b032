// The converter: a position in any spelling, what it was read as and how sure that is, and every other spelling.

import { announce } from "./announce.js";
import { ask, pointText } from "./api.js";
import { button, byId, element, facts } from "./dom.js";
import { distance } from "./format.js";
import { box, boundsOfCircle, circle, collection } from "./geometry.js";
import { copy } from "./here.js";
import { has, onLanguage, t } from "./i18n.js";
import { setLink } from "./link.js";
import { centre, fit, flyTo, makePin, overlay } from "./map.js";
import { placeButtons } from "./places.js";
import { empty, makeQuestion, reason } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

const WIDE_M = 300; // a cell larger than this is shown whole, not as a spot
const EXACT_M = 1; // less than this is no circle that could be seen
const NOT_UNDERSTOOD = 422;

const GROUPS = [
  ["degrees", ["decimal", "lat_lon", "dms_zh", "dms", "ddm"]],
  ["datums", ["gcj02", "bd09", "cgcs2000"]],
  ["planes", ["gauss_kruger", "gauss_kruger_6", "utm", "mgrs"]],
  ["cells", ["beidou_7", "beidou_8", "beidou", "plus_code", "plus_code_11", "geohash", "quadkey", "maidenhead", "gars"]],
  ["links", ["geo_uri", "iso6709"]],
];

let question = null;
let pin = null;
let shown = null; // {lonlat, area}: what the map shows of the answer
let last = null; // what the answer answers, so that a change of language or datum asks anew

export function startCoords() {
  question = makeQuestion(byId("coords-answer"));
  pin = makePin("pin-here", "", "coords.pin");
  byId("coords-answer").replaceChildren(empty("coords.start"));
  byId("coords-crs").addEventListener("change", () => last && run());
  byId("coords-centre").addEventListener("click", () => centre() && convertPoint(centre()));
  onOpen("*", showOnMap);
  onLanguage(() => (last ? run() : byId("coords-answer").replaceChildren(empty("coords.start"))));
}

/** Reads a text as it stands, in the datum that is chosen. */
export function convertText(text) {
  byId("coords-text").value = text;
  setLink("text", text);
  last = { text };
  open();
}

/** A point of the map, WGS-84 whatever is chosen. */
export function convertPoint(lonlat) {
  byId("coords-crs").value = "wgs84";
  takeNumbers(lonlat, false);
}

// Numbers whose order is known, in the datum that is chosen.
function takeNumbers(lonlat, moves = true) {
  last = { at: pointText(lonlat) };
  byId("coords-text").value = last.at;
  open(moves);
}

function open(moves = true) {
  showTab("coords");
  run(moves);
}

function run(moves = true) {
  const crs = byId("coords-crs").value;
  const near = centre();
  // near= would be read in the datum of the numbers, and the map's centre is WGS-84.
  const asked = last.at ? { at: last.at, crs } : { text: last.text, crs, near: crs === "wgs84" && near ? pointText(near) : "" };
  question(
    (signal) => ask("v1/coords", asked, { signal }).catch((problem) => (problem.status === NOT_UNDERSTOOD ? problem : Promise.reject(problem))),
    (answer) => (answer.spellings ? draw(answer, moves) : notUnderstood(answer)),
  );
}

function notUnderstood(problem) {
  shown = null;
  showOnMap();
  announce(t("coords.nothing"));
  return [element("p", { className: "state empty" }, t("coords.nothing")), reason(problem)];
}

function draw({ read, bbox, alternatives, spellings }, moves) {
  const lonlat = spellings.decimal.split(",").map(Number);
  const isWgs84 = byId("coords-crs").value === "wgs84"; // the cell comes in the datum that was asked in
  if (last.at) setLink("text", spellings.geo_uri); // says its order and its datum itself
  shown = { lonlat, area: bbox && isWgs84 ? box(bbox) : read.accuracy_m >= EXACT_M ? circle(lonlat, read.accuracy_m) : null };
  showOnMap();
  if (moves) {
    if (read.accuracy_m < WIDE_M) flyTo(lonlat);
    else fit(boundsOfCircle(lonlat, read.accuracy_m));
  }
  announce(t("coords.found", { form: formName(read.form), position: spellings.decimal }));
  return [
    element("p", { className: "here-name" }, element("span", { id: "coords-point" }, spellings.decimal)),
    element("p", { className: "marks" }, readMarks(read).map(([words, doubtful]) => element("span", { className: doubtful ? "mark doubtful" : "mark" }, words))),
    alternatives.length > 0 && otherReadings(alternatives),
    placeButtons({ label: spellings.decimal, lonlat }),
    ...GROUPS.flatMap(([group, names]) => [element("h2", {}, t(`spellings.${group}`)), table(names, spellings)]),
  ].filter(Boolean);
}

function readMarks({ form, crs, accuracy_m: accuracy, confidence, decided_by: by, place, moved_m: moved }) {
  return [
    [t("coords.read_as", { form: formName(form), crs: t(`datum.${crs}`) }), false],
    [t("place.confidence", { n: confidence }), confidence < 100],
    accuracy >= EXACT_M && [t("place.accuracy", { distance: distance(accuracy) }), false],
    by !== "text" && [t(`decided.${by}`, { place }), by === "custom"],
    moved > 0 && [t("coords.moved", { distance: distance(moved) }), false],
  ].filter(Boolean);
}

const formName = (form) => {
  const key = `form.${form.replaceAll(/[, ]+/g, "_")}`;
  return has(key) ? t(key) : form;
};

function otherReadings(alternatives) {
  const choices = alternatives.map(({ lonlat }) => {
    const text = pointText(lonlat);
    return button(text, () => takeNumbers(lonlat), { "aria-label": t("coords.take", { position: text }) });
  });
  return element("section", { className: "which-one" }, element("p", {}, t("coords.alternatives")), element("div", { className: "row-buttons" }, choices));
}

function table(names, spellings) {
  const rows = names.map((name) => [name, written(spellings[name])]).filter(([, text]) => text);
  return facts(rows.map(([name, text]) => [t(`spelling.${name}`), copyable(name, text)]));
}

const written = (value) => (Array.isArray(value) ? pointText(value) : (value?.text ?? value));

const copyable = (name, text) =>
  element("span", { className: "copyable" }, element("code", { id: `spelling-${name}` }, text), button(t("here.copy"), () => copy(text), { "aria-label": t("coords.copy", { name: t(`spelling.${name}`) }) }));

function showOnMap() {
  if (openTab() !== "coords" || !shown) {
    pin.hide();
    return overlay("lc-cell");
  }
  pin.show(shown.lonlat);
  return overlay("lc-cell", collection(shown.area ? [shown.area] : []));
}

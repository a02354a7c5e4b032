// What is at a point: address, road, administrative chain, BeiDou cell, and its coordinates in the system that is asked for.

import { announce } from "./announce.js";
import { ask, pointText } from "./api.js";
import { button, byId, element, facts } from "./dom.js";
import { distance, lonlatText } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { centre, flyTo, makePin } from "./map.js";
import { areaName, asPlaces, placeButtons } from "./places.js";
import { empty, makeQuestion } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

let question = null;
let pin = null;
let point = null; // WGS-84, the last place that was asked about

export function startHere() {
  question = makeQuestion(byId("here-answer"));
  pin = makePin("pin-here", "", "here.pin");
  byId("crs").addEventListener("change", redraw);
  byId("here-centre").addEventListener("click", () => centre() && showHere(centre()));
  onLanguage(redraw);
  onOpen("*", () => (point && openTab() === "here" ? pin.show(point) : pin.hide()));
  redraw();
}

/** Asks what is at a point and shows the page. fly: bring the point into view too. */
export function showHere(lonlat, fly = false) {
  point = lonlat;
  showTab("here");
  if (fly) flyTo(lonlat);
  redraw();
}

function redraw() {
  const crs = byId("crs").value;
  byId("crs-note").textContent = t(`crs.note_${crs}`);
  byId("crs-note").hidden = crs === "wgs84";
  if (!point) return byId("here-answer").replaceChildren(empty("here.start"));
  return question((signal) => Promise.all([ask("v1/reverse", { at: pointText(point) }, { signal }), ask("v1/coordinates", { at: pointText(point) }, { signal })]), draw);
}

function draw([answer, { positions }]) {
  const places = asPlaces(answer);
  const address = places.find((place) => place.kind === "address");
  const road = places.find((place) => place.kind === "road");
  const around = places.filter((place) => place.kind === "poi");
  const chain = answer.areas.map(areaName).reverse().join(" › ");
  const name = address?.label ?? road?.label ?? chain;
  announce(t("here.found", { name: name || t("here.no_address") }));
  return [
    element("p", { className: "here-name" }, name || t("here.no_address")),
    placeButtons({ label: name || lonlatText(point), lonlat: point, asked: true }),
    facts([
      [t("here.coordinates"), coordinates(positions)],
      [t("here.address"), address && withDistance(address)],
      [t("here.road"), road && withDistance(road)],
      [t("here.areas"), chain || t("here.no_area")],
      [t("here.cell"), answer.cell.code && element("code", {}, answer.cell.code)],
    ]),
    ...(around.length ? [element("h2", {}, t("here.nearby")), nearby(around)] : []),
  ];
}

const withDistance = (place) => `${place.label} · ${distance(place.distance_m)}`;

function coordinates(positions) {
  const crs = byId("crs").value;
  const shown = lonlatText(positions[crs]);
  const unshifted = ["gcj02", "bd09"].includes(crs) && shown === lonlatText(positions.wgs84);
  return [
    element("code", { id: "here-coordinates" }, shown),
    " ",
    button(t("here.copy"), () => copy(shown)),
    unshifted && element("span", { className: "note" }, t("crs.not_shifted")),
  ].filter(Boolean);
}

const nearby = (places) =>
  element(
    "ul",
    { className: "view-rows" },
    places.map((place) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", className: "result compact", onclick: () => showHere(place.lonlat, true) },
          element("span", { className: "result-name" }, place.label),
          element("span", { className: "result-detail" }, distance(place.distance_m)),
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

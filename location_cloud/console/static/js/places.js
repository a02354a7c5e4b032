// A place as this page shows it: its words, how far it may be trusted, and what can be done with it.

import { ask, pointText } from "./api.js";
import { button, byId, element } from "./dom.js";
import { distance } from "./format.js";
import { has, language, t } from "./i18n.js";
import { centre } from "./map.js";

const SUGGESTIONS = 8; // as many as can be taken in at a glance
const UNSURE = 60; // a confidence below this is worth a warning

const GROUPS = {
  address: "address",
  unit: "address",
  road: "road",
  crossing: "road",
  km_post: "road",
  poi: "poi",
  area: "area",
  settlement: "area",
  offset: "position",
  coordinates: "position",
  cell: "position",
};

const EXTENDED = ["road", "area", "settlement"]; // whose one position is nobody's guess, but never the whole

/** What the rest of the page may do with a chosen place; set by main. */
export const actions = { from: null, to: null, here: null };

/** Places of a GeoJSON answer, as this page shows them. */
export const asPlaces = (collection) => collection.features.map(({ geometry, properties }) => asPlace(properties, geometry.coordinates));

export function asPlace(found, lonlat) {
  const kind = has(`grade.${found.level}`) ? t(`grade.${found.level}`) : t(`kind.${found.kind}`);
  return {
    label: found.name || t("place.unnamed"),
    detail: [kind, surroundings(found)].filter(Boolean).join(" · "),
    group: t(`group.${GROUPS[found.kind] ?? "poi"}`),
    district: surroundings(found, 1),
    lonlat,
    accuracy_m: found.accuracy_m ?? 0,
    confidence: found.confidence ?? 100,
    precise: found.precise !== 0,
    extended: EXTENDED.includes(found.kind),
    unmatched: found.unmatched ?? "",
    ask: found.ask ?? "",
  };
}

function surroundings({ areas = [], city, name }, most = 3) {
  const names = areas.map(areaName).filter((each) => each !== name).slice(0, most);
  return (names.length ? names : [city].filter(Boolean)).join(t("list.comma"));
}

/** An area's name, in English too where it is known and English is read. */
export const areaName = (area) => (language() === "en" && area.name_en && area.name_en !== area.name ? `${area.name_en} ${area.name}` : area.name);

/** How sure an answer is, as short marks; what is doubtful differs by more than its colour. */
export function sureness({ precise, extended, confidence, accuracy_m: accuracy, unmatched }) {
  const marks = [
    [t(precise ? "place.precise" : extended ? "place.extended" : "place.not_precise"), !precise && !extended],
    [t("place.confidence", { n: confidence }), confidence < UNSURE],
    accuracy >= 1 && [t("place.accuracy", { distance: distance(accuracy) }), false],
    unmatched && [t("place.unmatched", { words: unmatched }), true],
  ];
  return element(
    "span",
    { className: "marks" },
    marks.filter(Boolean).map(([words, doubtful]) => element("span", { className: doubtful ? "mark doubtful" : "mark" }, words)),
  );
}

const asked = (text, more = {}) => {
  const focus = centre();
  return { q: text, focus: focus && pointText(focus), category: byId("search-category").value, ...more };
};

export const suggest = async (text, signal) => asPlaces(await ask("v1/suggest", asked(text, { limit: SUGGESTIONS }), { signal }));
export const geocode = async (text, signal) => asPlaces(await ask("v1/geocode", asked(text), { signal }));

/** What can be done with a place, each button naming the place for those who hear the page. */
export const placeButtons = (place) =>
  element(
    "div",
    { className: "place-buttons" },
    button(t("place.from"), () => actions.from(place), { "aria-label": t("place.from_named", { name: place.label }) }),
    button(t("place.to"), () => actions.to(place), { "aria-label": t("place.to_named", { name: place.label }) }),
    !place.asked && button(t("place.here"), () => actions.here(place.lonlat), { "aria-label": t("place.here_named", { name: place.label }) }),
  );

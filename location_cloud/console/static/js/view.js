// What the map shows now, as a list that can be read and opened by keyboard.

import { byId, element } from "./dom.js";
import { distance } from "./format.js";
import { metres } from "./geometry.js";
import { language, onLanguage, t } from "./i18n.js";
import { centre, theMap } from "./map.js";
import { actions } from "./places.js";
import { empty } from "./states.js";
import { onOpen, openTab } from "./tabs.js";

const VIEW_ROWS = 120; // more named things than anyone reads; zoom in for the rest

const LAYER_KINDS = [
  [/^place|^boundar/, "area"],
  [/^street|^bridge/, "road"],
  [/^public_transport|^ferr|^aerial/, "transit"],
  [/^water|^ocean/, "water"],
  [/^pois/, "poi"],
  [/^build|^site|^land/, "site"],
];

export function startView() {
  byId("view-refresh").addEventListener("click", drawView);
  onOpen("places", drawView);
  onLanguage(drawView);
}

/** Keeps the list true while nobody is reading it by keyboard. */
export function followMap(map) {
  map.on("idle", () => {
    if (openTab() === "places" && !byId("view-list").contains(document.activeElement)) drawView();
  });
}

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

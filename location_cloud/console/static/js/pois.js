// Points of interest of a kind, in the view or around its middle: on the map, and as a list from near to far.

import { announce } from "./announce.js";
import { ask, pointText } from "./api.js";
import { listCategories, kindName, offerCategories } from "./categories.js";
import { button, byId, element } from "./dom.js";
import { distance, number } from "./format.js";
import { boundsOfCircle, circle, collection, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { centre, flyTo, onDotClick, onMapReady, overlay, showAround, theMap } from "./map.js";
import { placeButtons } from "./places.js";
import { empty, makeQuestion } from "./states.js";
import { onOpen, openTab } from "./tabs.js";

const PAGE = 60; // rows that are read before somebody narrows the question
const PAUSE_MS = 250; // of typing

let question = null;
let rows = [];
let total = 0;
let nextOffset = null;
let chosen = -1;
let middle = null; // from where the distances are measured; of the circle, too
let timer = 0;

export function startPois() {
  question = makeQuestion(byId("pois-answer"));
  offerCategories(byId("pois-kind"));
  byId("pois-form").addEventListener("change", ({ target }) => {
    find();
    if (isAround() && ["pois-around", "pois-radius"].includes(target.id)) showAround(middle, boundsOfCircle(middle, radius_m()));
  });
  byId("pois-name").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE_MS);
  });
  onDotClick("lc-pois-dot", ({ row }) => choose(row));
  onOpen("pois", () => find());
  onOpen("*", mark);
  onLanguage(() => openTab() === "pois" && find());
  onMapReady((map) => {
    map.on("moveend", (event) => (event.originalEvent || chosen < 0) && find()); // not when we moved to show a row
    find();
  });
}

const isAround = () => byId("pois-around").checked;
const radius_m = () => Number(byId("pois-radius").value);

function find() {
  if (openTab() !== "pois" || !theMap()) return;
  chosen = -1;
  middle = centre();
  question((signal) => page(0, signal), drawFirst, rows.length ? null : undefined);
}

async function page(offset, signal) {
  const [west, south, east, north] = theMap().getBounds().toArray().flat();
  const bbox = [Math.max(west, -180), Math.max(south, -90), Math.min(east, 180), Math.min(north, 90)].map((degree) => degree.toFixed(6)).join(",");
  const where = isAround() ? { radius_m: radius_m() } : { bbox };
  const asked = { at: pointText(middle), ...where, category: byId("pois-kind").value, q: byId("pois-name").value.trim(), limit: PAGE, offset };
  const [answer, kinds] = await Promise.all([ask("v1/pois", asked, { signal }), listCategories()]);
  return { ...answer, kinds: new Map(kinds.map((kind) => [kind.id, kind])) };
}

function drawFirst(answer) {
  rows = [];
  return drawMore(answer);
}

function drawMore({ features, total: all, next_offset: next, kinds }) {
  rows = [...rows, ...features.map(({ geometry, properties }) => asRow(properties, geometry.coordinates, kinds))];
  total = all;
  nextOffset = next;
  mark();
  announce(counted());
  if (!rows.length) return empty("pois.nothing");
  return [element("p", { className: "note", id: "pois-count" }, counted()), listOf(), nextOffset !== null && button(t("pois.more"), more, { id: "pois-more" })].filter(Boolean);
}

const counted = () => (total === null ? t("pois.many", { shown: number(rows.length) }) : t("pois.count", { shown: number(rows.length), n: number(total) }));

function asRow({ name, label, category, distance_m }, lonlat, kinds) {
  const kind = kinds.has(category) ? kindName(kinds.get(category)) : "";
  return { label: name || label || kind || t("place.unnamed"), kind, lonlat, distance_m };
}

// The rows that were there stay where they are, and the reader with them.
async function more() {
  const at = rows.length;
  const button_ = byId("pois-more");
  button_.disabled = true;
  try {
    byId("pois-answer").replaceChildren(...drawMore(await page(nextOffset)));
    byId("pois-answer").querySelector(`[data-row="${at}"]`)?.focus();
  } catch {
    button_.disabled = false; // the same button tries again
    announce(t("problem.0"));
  }
}

const listOf = () =>
  element(
    "ul",
    { className: "view-rows", id: "pois-list" },
    rows.map((row, position) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", className: "result compact", "data-row": String(position), "aria-current": String(position === chosen), onclick: () => choose(position) },
          element("span", { className: "result-name" }, row.label),
          element("span", { className: "result-detail" }, [row.kind !== row.label && row.kind, distance(row.distance_m)].filter(Boolean).join(" · ")),
        ),
        position === chosen && placeButtons(row),
      ),
    ),
  );

function choose(position) {
  chosen = position;
  mark();
  byId("pois-list").replaceWith(listOf());
  const row = byId("pois-answer").querySelector(`[data-row="${position}"]`);
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  flyTo(rows[position].lonlat);
}

function mark() {
  const isOpen = openTab() === "pois";
  const dots = isOpen ? rows.map((row, position) => point(row.lonlat, { row: position, chosen: position === chosen })) : [];
  overlay("lc-pois", collection(dots));
  overlay("lc-radius", collection(isOpen && isAround() && middle ? [circle(middle, radius_m())] : []));
}

// A field whose value is drawn on the map: a point, several, a line or an area, by pointer or from the map's centre.

import { announce } from "./announce.js";
import { button, element } from "./dom.js";
import { choiceField, worded } from "./form.js";
import { distance, lonlatText } from "./format.js";
import { collection, line, metres, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { centre } from "./map.js";
import { arm, armedField, disarm } from "./map_mode.js";
import { pageLayers } from "./page_layers.js";

const MOST_POINTS = 500; // that somebody would click
const LEAST = { point: 1, points: 1, line: 2, area: 3 };

const drawings = {}; // by page: {show, fields}; each page's fields share one source

/**
 * page: whose map shows it. id: of its elements. kinds: of point, points, line, area; several = a choice.
 * label: key of what is drawn. most: points. changed: called when the value is another.
 */
export function makeShapeField({ page, id, kinds, label, most = MOST_POINTS, changed = () => {} }) {
  const drawing = (drawings[page] ??= { fields: [], show: pageLayers(page, layersOf(page)) });
  const chooser = kinds.length > 1 ? choiceField(`${id}-shape`, kinds.map((kind) => [kind, `shape.${kind}`])) : null;
  let lonlats = [];
  let isShown = true;

  const kind = () => chooser?.value ?? kinds[0];
  const said = element("p", { className: "note", id: `${id}-said` });
  const pressed = button("", () => (armedField() === me ? disarm(me) : arm(me)), { id, "aria-pressed": "false", "aria-describedby": said.id });
  const label_ = () => t(label);
  const undoes = button("", undo, { className: "quiet" });
  const clears = button("", () => set([]), { className: "quiet" });
  const root = element("div", { className: "shape", role: "group", "aria-labelledby": `${id}-name` },
    worded("span", label, { className: "field-name", id: `${id}-name` }),
    element("div", { className: "row-buttons" }, chooser, pressed, worded("button", "shape.centre", { type: "button", className: "quiet", id: `${id}-centre`, onclick: () => centre() && take(centre()) }), undoes, clears),
    said);
  chooser?.setAttribute("aria-label", t("shape.kind"));

  const me = { words: () => t("map.mode_shape", { name: label_() }), take, undo, left: () => say() };

  function take(lonlat) {
    if (kind() === "point") set([lonlat]);
    else if (lonlats.length < most) set([...lonlats, lonlat]);
    else announce(t("shape.full", { n: most }));
  }

  function undo() {
    set(lonlats.slice(0, -1));
  }

  function set(next) {
    lonlats = next;
    say();
    draw();
    changed();
  }

  function say() {
    const isArmed = armedField() === me;
    pressed.setAttribute("aria-pressed", String(isArmed));
    pressed.textContent = t(isArmed ? "shape.drawing" : lonlats.length ? "shape.go_on" : "shape.draw");
    undoes.textContent = t("shape.undo");
    clears.textContent = t("shape.clear");
    undoes.hidden = kind() === "point" || !lonlats.length;
    clears.hidden = !lonlats.length;
    said.textContent = words();
    if (isArmed && lonlats.length) announce(said.textContent);
  }

  function words() {
    if (!lonlats.length) return t(`shape.none_${kind()}`);
    if (kind() === "point") return lonlatText(lonlats[0], 5);
    const left = LEAST[kind()] - lonlats.length;
    if (left > 0) return t("shape.needs", { n: lonlats.length, more: left });
    return t(`shape.has_${kind()}`, { n: lonlats.length, length: distance(lengthOf(lonlats)) });
  }

  function draw() {
    const features = drawing.fields.flatMap((each) => each.features());
    drawing.show(`lc-shapes-${page}`, collection(features));
  }

  function features() {
    if (!isShown) return [];
    const dots = lonlats.map((lonlat, place) => point(lonlat, { label: kind() === "points" ? String(place + 1) : "" }));
    const ring = kind() === "area" && lonlats.length > 2 ? [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...lonlats, lonlats[0]]] } }] : [];
    return [...ring, ...(["line", "area"].includes(kind()) && lonlats.length > 1 ? [line(lonlats)] : []), ...dots];
  }

  chooser?.addEventListener("change", () => set(lonlats));
  onLanguage(() => {
    chooser?.setAttribute("aria-label", t("shape.kind"));
    say();
  });
  drawing.fields.push({ features });
  say();

  return {
    root,
    /** GeoJSON of what is drawn; null until it has points enough. */
    geometry() {
      if (lonlats.length < LEAST[kind()]) return null;
      if (kind() === "point") return { type: "Point", coordinates: lonlats[0] };
      if (kind() === "points") return { type: "MultiPoint", coordinates: lonlats };
      if (kind() === "line") return { type: "LineString", coordinates: lonlats };
      return { type: "Polygon", coordinates: [[...lonlats, lonlats[0]]] };
    },
    lonlats: () => lonlats,
    set,
    clear: () => set([]),
    take,
    focus: () => pressed.focus(),
    /** Clicks go to it. */
    arm: () => arm(me),
    disarm: () => disarm(me),
    /** What is drawn is hidden with the form that it belongs to. */
    show(shown) {
      if (isShown === shown) return;
      isShown = shown;
      if (!shown) disarm(me);
      draw();
    },
  };
}

const lengthOf = (lonlats) => lonlats.slice(1).reduce((sum, lonlat, place) => sum + metres(lonlats[place], lonlat), 0);

function layersOf(page) {
  const source = `lc-shapes-${page}`;
  return [
    { id: `${source}-fill`, source, type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#c25700", "fill-opacity": 0.14 } },
    { id: `${source}-case`, source, type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": "#ffffff", "line-width": 5 } },
    { id: `${source}-line`, source, type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": "#c25700", "line-width": 2.5 } },
    { id: `${source}-dot`, source, type: "circle", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 6, "circle-color": "#c25700", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
    { id: `${source}-name`, source, type: "symbol", filter: ["==", ["geometry-type"], "Point"], layout: { "text-field": ["get", "label"], "text-size": 12, "text-font": ["sans-serif"], "text-offset": [0, 0.8], "text-anchor": "top" }, paint: { "text-color": "#7a3e00", "text-halo-color": "#ffffff", "text-halo-width": 1.8 } },
  ];
}

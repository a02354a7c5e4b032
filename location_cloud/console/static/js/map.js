// The map: the served style, our own overlays above it, and what a click or the keyboard means.

import { AttributionControl, Map, Marker, NavigationControl, ScaleControl } from "./maplibre.js";
import { address, ask } from "./api.js";
import { byId, element } from "./dom.js";
import { language, onLanguage, t } from "./i18n.js";
import { askForKey, keyHeaders, onNewKey } from "./key.js";
import { trouble } from "./states.js";

const STYLE = "styles/light.json";
const NOTHING = { type: "FeatureCollection", features: [] };
const WORLD = [[-180, -60], [180, 75]];
const SHOW_MS = 600;
const LONG_PRESS_MS = 600; // later than the browsers' own, which then comes first
const PADDING = { top: 84, bottom: 100, left: 48, right: 60 }; // px that the chips, the pins and the controls cover

// Drawn above the city. Colours differ in lightness too, so that they can be told apart without hue.
const OVERLAYS = [
  { id: "lc-districts-fill", source: "lc-districts", type: "fill", paint: { "fill-color": "#0b4f94", "fill-opacity": 0.08 } },
  { id: "lc-districts-line", source: "lc-districts", type: "line", paint: { "line-color": "#0b4f94", "line-width": 1.6 } },
  {
    id: "lc-districts-name",
    source: "lc-district-names",
    type: "symbol",
    layout: { "text-field": ["get", "name"], "text-size": 13, "text-font": ["sans-serif"] },
    paint: { "text-color": "#0b3a6b", "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
  },
  { id: "lc-route-case", source: "lc-route", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 9 } },
  { id: "lc-route-line", source: "lc-route", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#0b5cad", "line-width": 5.5 } },
  { id: "lc-trial-before-case", source: "lc-trial-before", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 9 } },
  { id: "lc-trial-before", source: "lc-trial-before", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#0b5cad", "line-width": 5.5 } },
  { id: "lc-trial-after-case", source: "lc-trial-after", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 7 } },
  { id: "lc-trial-after", source: "lc-trial-after", type: "line", layout: { "line-join": "round" }, paint: { "line-color": "#8a2be2", "line-width": 4, "line-dasharray": [2, 1] } },
  { id: "lc-marked-case", source: "lc-marked", type: "line", paint: { "line-color": "#ffffff", "line-width": 11 } },
  { id: "lc-marked", source: "lc-marked", type: "line", paint: { "line-color": "#9c1f10", "line-width": 7, "line-dasharray": [0.6, 0.4] } },
  { id: "lc-incidents-fill", source: "lc-incidents", type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#9c1f10", "fill-opacity": 0.12 } },
  { id: "lc-incidents-line", source: "lc-incidents", type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": "#9c1f10", "line-width": 4, "line-dasharray": [1, 1] } },
  { id: "lc-incidents-dot", source: "lc-incidents", type: "circle", filter: ["has", "label"], paint: { "circle-radius": 9, "circle-color": "#9c1f10", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
  {
    id: "lc-incidents-sign",
    source: "lc-incidents",
    type: "symbol",
    filter: ["has", "label"],
    layout: { "text-field": "!", "text-size": 13, "text-font": ["sans-serif"], "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": "#ffffff" },
  },
  {
    id: "lc-incidents-name",
    source: "lc-incidents",
    type: "symbol",
    filter: ["has", "label"],
    layout: { "text-field": ["get", "label"], "text-size": 12, "text-font": ["sans-serif"], "text-offset": [0, 1.1], "text-anchor": "top" },
    paint: { "text-color": "#7a1509", "text-halo-color": "#ffffff", "text-halo-width": 1.8 },
  },
  {
    id: "lc-step",
    source: "lc-step",
    type: "circle",
    paint: { "circle-radius": 7, "circle-color": "#ffffff", "circle-stroke-color": "#0b3a6b", "circle-stroke-width": 3 },
  },
  { id: "lc-accuracy-fill", source: "lc-accuracy", type: "fill", paint: { "fill-color": "#7a3e00", "fill-opacity": 0.1 } },
  { id: "lc-accuracy-line", source: "lc-accuracy", type: "line", paint: { "line-color": "#7a3e00", "line-width": 1.5, "line-dasharray": [3, 2] } },
  { id: "lc-cell-fill", source: "lc-cell", type: "fill", paint: { "fill-color": "#0b4f94", "fill-opacity": 0.1 } },
  { id: "lc-cell-line", source: "lc-cell", type: "line", paint: { "line-color": "#0b4f94", "line-width": 2 } },
  { id: "lc-radius-line", source: "lc-radius", type: "line", paint: { "line-color": "#5b2a86", "line-width": 1.5, "line-dasharray": [3, 2] } },
  { id: "lc-way-line", source: "lc-way", type: "line", paint: { "line-color": "#0b3a6b", "line-width": 2.5, "line-dasharray": [1.5, 1.5] } },
  {
    id: "lc-marks-dot",
    source: "lc-marks",
    type: "circle",
    paint: { "circle-radius": 5, "circle-color": ["match", ["get", "role"], "stop", "#9c1f10", "entrance", "#17693a", "#ffffff"], "circle-stroke-color": ["match", ["get", "role"], "landmark", "#0b3a6b", "#ffffff"], "circle-stroke-width": 2 },
  },
  {
    id: "lc-marks-name",
    source: "lc-marks",
    type: "symbol",
    layout: { "text-field": ["get", "name"], "text-size": 12, "text-font": ["sans-serif"], "text-offset": [0, 0.9], "text-anchor": "top" },
    paint: { "text-color": "#0b3a6b", "text-halo-color": "#ffffff", "text-halo-width": 1.8 },
  },
  {
    id: "lc-pois-dot",
    source: "lc-pois",
    type: "circle",
    paint: {
      "circle-radius": ["case", ["get", "chosen"], 9, 6],
      "circle-color": ["case", ["get", "chosen"], "#c25700", "#5b2a86"],
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": 2,
    },
  },
  {
    id: "lc-results-dot",
    source: "lc-results",
    type: "circle",
    paint: {
      "circle-radius": ["case", ["get", "chosen"], 13, 10],
      "circle-color": "#7a3e00",
      "circle-stroke-color": ["case", ["get", "chosen"], "#ffb648", "#ffffff"],
      "circle-stroke-width": ["case", ["get", "chosen"], 3, 2],
    },
  },
  {
    id: "lc-results-number",
    source: "lc-results",
    type: "symbol",
    layout: { "text-field": ["get", "number"], "text-size": 11, "text-font": ["sans-serif"], "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": "#ffffff" },
  },
];

const overlays = Object.fromEntries(OVERLAYS.map((layer) => [layer.source, NOTHING]));
const clickListeners = [];
const askListeners = [];
const dotListeners = {};
const readyListeners = [];
let map = null;
let given = null; // the style as served
let asked = null;

/** The drawn city as MapLibre's Map; null until the style is there. */
export const theMap = () => map;

/** Called with [lon, lat] in WGS-84 when a place on the map is chosen by pointer or keyboard. */
export function onMapClick(listener) {
  clickListeners.push(listener);
}

/** Called with [lon, lat] when somebody asks what is at a place: right click, long press, or a key on the map. */
export function onMapAsk(listener) {
  askListeners.push(listener);
}

/** Called with the properties of a dot of one of our layers that was clicked; the map itself is then not clicked. */
export function onDotClick(layer, listener) {
  dotListeners[layer] = listener;
}

/** Called with the Map once it exists, at once if it does. */
export function onMapReady(listener) {
  if (map) listener(map);
  else readyListeners.push(listener);
}

/** Shows GeoJSON on one of our overlays, the sources of OVERLAYS. */
export function overlay(source, data = NOTHING) {
  overlays[source] = data;
  map?.getSource(source)?.setData(data);
}

/** Layers of a page that is fetched when it is opened, above those that are there. */
export function addLayers(layers) {
  for (const layer of layers) overlays[layer.source] ??= NOTHING;
  OVERLAYS.push(...layers);
  if (map?.getSource("lc-route")) addOverlays(); // else the style is not there yet and brings them
}

export function centre() {
  if (!map) return undefined;
  const { lng, lat } = map.getCenter();
  return [lng, lat];
}

export function flyTo(lonlat, zoom = 16) {
  map?.easeTo({ center: lonlat, zoom: Math.max(map.getZoom(), zoom), duration: SHOW_MS });
}

/** bounds: [west, south, east, north] degrees. */
export function fit(bounds) {
  map?.fitBounds([[bounds[0], bounds[1]], [bounds[2], bounds[3]]], { padding: PADDING, maxZoom: 17, duration: SHOW_MS });
}

/** Shows what lies within bounds around a point, the point in the very middle. */
export function showAround(lonlat, bounds) {
  const camera = map?.cameraForBounds([[bounds[0], bounds[1]], [bounds[2], bounds[3]]], { padding: 24 });
  if (camera) map.easeTo({ center: lonlat, zoom: camera.zoom, duration: SHOW_MS });
}

/** A pin with a letter. dragged: ([lon, lat]) once it was put elsewhere; without it the pin stays where it is. */
export function makePin(className, letterKey, labelKey, dragged) {
  const pin = element("div", { className: `map-pin ${className}` }, element("span", { "aria-hidden": "true" }, letterKey ? t(letterKey) : ""));
  const marker = new Marker({ element: pin, anchor: "bottom", draggable: Boolean(dragged) });
  const name = () => {
    pin.setAttribute("role", "img");
    pin.setAttribute("aria-label", t(labelKey));
    if (letterKey) pin.firstChild.textContent = t(letterKey);
  };
  onLanguage(name);
  if (dragged) marker.on("dragend", () => dragged([marker.getLngLat().lng, marker.getLngLat().lat]));
  return {
    show(lonlat) {
      if (!map) return;
      marker.setLngLat(lonlat).addTo(map);
      pin.removeAttribute("tabindex"); // moving it by keyboard is what the fields in the panel are for
      name();
    },
    hide: () => marker.remove(),
  };
}

export async function startMap() {
  try {
    const style = await ask(STYLE, { lang: language() });
    const view = await startView(style);
    createMap(style, view);
    byId("map-trouble").hidden = true;
  } catch (problem) {
    showTrouble(problem, startMap);
  }
}

async function startView(style) {
  if (style.center) return { center: style.center, zoom: style.zoom ?? 12 };
  const source = Object.values(style.sources).find((each) => each.url);
  if (!source) return { bounds: WORLD };
  const tiles = await ask(source.url);
  if (tiles.center) return { center: tiles.center.slice(0, 2), zoom: tiles.center[2] ?? 13 };
  return { bounds: tiles.bounds ? [tiles.bounds.slice(0, 2), tiles.bounds.slice(2)] : WORLD };
}

function createMap(style, view) {
  given = style;
  map = new Map({
    container: "map",
    style,
    ...view,
    hash: "map",
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxPitch: 0,
    locale: words(),
    transformRequest: (url) => {
      const absolute = address(url);
      return absolute.origin === location.origin ? { url: absolute.href, headers: keyHeaders() } : { url: absolute.href };
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(homeControl(view), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  map.on("style.load", addOverlays);
  map.on("idle", () => (byId("map").dataset.drawn = "yes"));
  map.on("movestart", () => delete byId("map").dataset.drawn);
  map.on("click", (event) => clickDot(event.point) || choose([event.lngLat.lng, event.lngLat.lat]));
  map.on("contextmenu", (event) => askAt([event.lngLat.lng, event.lngLat.lat]));
  followLongPress();
  map.on("error", (event) => mapError(event.error));
  const canvas = map.getCanvas();
  canvas.addEventListener("keydown", (event) => {
    const asks = event.key === "ContextMenu" || (event.shiftKey && ["Enter", "F10"].includes(event.key));
    if (!asks && event.key !== "Enter") return;
    event.preventDefault();
    if (asks) askAt(centre());
    else choose(centre());
  });
  name();
  onLanguage(name);
  onLanguage(refreshMap);
  onNewKey(reload);
  window.locationCloud = { map };
  for (const listener of readyListeners) listener(map);
}

// Back to the imported city: Daqing's districts may be a continent away from it.
function homeControl(view) {
  const home = element("button", { type: "button", className: "map-home", onclick: () => goHome(view) }, element("span", { "aria-hidden": "true" }, "⌂"));
  const box = element("div", { className: "maplibregl-ctrl maplibregl-ctrl-group" }, home);
  return { onAdd: () => box, onRemove: () => box.remove() };
}

function goHome(view) {
  if (view.bounds) fit(view.bounds.flat());
  else map.easeTo({ ...view, duration: SHOW_MS });
}

function choose(lonlat) {
  for (const listener of clickListeners) listener(lonlat);
}

function clickDot(at) {
  const layers = Object.keys(dotListeners).filter((layer) => map.getLayer(layer));
  const dot = map.queryRenderedFeatures(at, { layers })[0];
  if (dot) dotListeners[dot.layer.id](dot.properties);
  return Boolean(dot);
}

function askAt(lonlat) {
  for (const listener of askListeners) listener(lonlat);
}

// Browsers of some telephones send no contextmenu: a finger that rests asks, and what the browser says later is dropped.
function followLongPress() {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  map.on("touchstart", (event) => {
    stop();
    if (event.points.length !== 1) return;
    const { lng, lat } = event.lngLat;
    timer = setTimeout(() => askAt([lng, lat]), LONG_PRESS_MS);
  });
  for (const name of ["touchend", "touchcancel", "touchmove", "dragstart", "zoomstart", "contextmenu"]) map.on(name, stop);
}

function addOverlays() {
  for (const [source, data] of Object.entries(overlays)) if (!map.getSource(source)) map.addSource(source, { type: "geojson", data });
  for (const layer of OVERLAYS) if (!map.getLayer(layer.id)) map.addLayer(layer);
}

// MapLibre reports everything here. What a person can act on is shown: no key, no server, a refused tile.
function mapError(error) {
  if (error?.name === "AbortError") return;
  if (error?.status === 401) {
    asked ??= askForKey({ detail: "" }).finally(() => {
      asked = null;
    });
  } else if (error?.status || error instanceof TypeError) {
    showTrouble({ status: error.status ?? 0, detail: error.status ? error.message : "" }, reload);
  } else console.error(error);
}

/** Draws the map anew: in another language, or from another snapshot. Starts it if it could not start before. */
export async function refreshMap() {
  if (!map) return startMap();
  try {
    given = await ask(STYLE, { lang: language() });
    map.setStyle(given);
    byId("map-trouble").hidden = true;
  } catch (problem) {
    showTrouble(problem, refreshMap);
  }
  return undefined;
}

function reload() {
  byId("map-trouble").hidden = true;
  map.setStyle(given, { diff: false });
}

function showTrouble(problem, again) {
  const box = byId("map-trouble");
  box.replaceChildren(trouble(problem, again));
  box.hidden = false;
}

function words() {
  return {
    "AttributionControl.ToggleAttribution": t("map.attribution"),
    "Map.Title": t("map.title"),
    "NavigationControl.ZoomIn": t("map.zoom_in"),
    "NavigationControl.ZoomOut": t("map.zoom_out"),
  };
}

// MapLibre reads its words once; after a change of language the few that can be heard are named again.
function name() {
  map.getContainer().lang = language();
  map.getCanvas().setAttribute("aria-label", t("map.title"));
  const labels = { ".maplibregl-ctrl-zoom-in": t("map.zoom_in"), ".maplibregl-ctrl-zoom-out": t("map.zoom_out"), ".map-home": t("map.home") };
  for (const [selector, label] of Object.entries(labels)) {
    const control = map.getContainer().querySelector(selector);
    control.setAttribute("aria-label", label);
    control.title = label;
  }
}

// What the duty desk has on the map: coverage, a caller's area and ellipse, drives, who waits where, emergencies and units.

import { boundsOf, circle, collection, ellipse, point, positionsOf } from "./geometry.js";
import { pageLayers } from "./page_layers.js";

const HALO = { "text-halo-color": "#ffffff", "text-halo-width": 1.8 };
const NAME = { "text-field": ["get", "label"], "text-size": 12, "text-font": ["sans-serif"], "text-offset": [0, 1], "text-anchor": "top" };
const ROUND = { "line-cap": "round", "line-join": "round" };

/** Minutes from the first free unit and their colours: lightness falls with the time, so that hue is not needed. */
export const MINUTES = [
  { most: 5, color: "#bfe3f5" },
  { most: 8, color: "#6db6e0" },
  { most: 15, color: "#2f6fb5" },
  { most: 30, color: "#4a1f6f" },
];

const LAYERS = [
  {
    id: "lc-coverage-fill",
    source: "lc-coverage",
    type: "fill",
    paint: { "fill-antialias": false, "fill-opacity": 0.5, "fill-color": ["step", ["get", "minutes"], MINUTES[0].color, ...MINUTES.slice(1).flatMap(({ color }, place) => [MINUTES[place].most, color])] },
  },
  { id: "lc-call-area-fill", source: "lc-call-area", type: "fill", paint: { "fill-color": "#7a3e00", "fill-opacity": 0.12 } },
  { id: "lc-call-area-line", source: "lc-call-area", type: "line", paint: { "line-color": "#7a3e00", "line-width": 1, "line-dasharray": [3, 2] } },
  { id: "lc-call-ellipse-line", source: "lc-call-ellipse", type: "line", paint: { "line-color": "#9c1f10", "line-width": 2.5 } },
  { id: "lc-moves-case", source: "lc-moves", type: "line", layout: ROUND, paint: { "line-color": "#ffffff", "line-width": 5 } },
  { id: "lc-moves-line", source: "lc-moves", type: "line", paint: { "line-color": ["case", ["get", "ordered"], "#17693a", "#8a2be2"], "line-width": 2.5, "line-dasharray": [2, 1.5] } },
  { id: "lc-sites-dot", source: "lc-sites", type: "circle", paint: { "circle-radius": 8, "circle-color": "#ffffff", "circle-stroke-color": "#8a2be2", "circle-stroke-width": 3.5 } },
  { id: "lc-sites-name", source: "lc-sites", type: "symbol", layout: NAME, paint: { "text-color": "#5a1a94", ...HALO } },
  { id: "lc-leg-case", source: "lc-leg", type: "line", layout: ROUND, paint: { "line-color": "#ffffff", "line-width": 6 } },
  { id: "lc-leg-line", source: "lc-leg", type: "line", layout: { "line-join": "round" }, paint: { "line-color": "#9c1f6a", "line-width": 3.5, "line-dasharray": [1.5, 1] } },
  { id: "lc-drives-case", source: "lc-drives", type: "line", layout: ROUND, paint: { "line-color": "#ffffff", "line-width": ["case", ["get", "chosen"], 8, 5] } },
  {
    id: "lc-drives-line",
    source: "lc-drives",
    type: "line",
    layout: { ...ROUND, "line-sort-key": ["case", ["get", "chosen"], 1, 0] },
    paint: { "line-color": ["case", ["get", "chosen"], "#0b5cad", "#6a7683"], "line-width": ["case", ["get", "chosen"], 5, 2.5] },
  },
  {
    id: "lc-hospitals-dot",
    source: "lc-hospitals",
    type: "circle",
    paint: { "circle-radius": ["case", ["get", "chosen"], 11, 8], "circle-color": ["case", ["get", "takes"], "#9c1f6a", "#6a7683"], "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 },
  },
  { id: "lc-hospitals-sign", source: "lc-hospitals", type: "symbol", layout: { "text-field": "+", "text-size": 15, "text-font": ["sans-serif"], "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": "#ffffff" } },
  { id: "lc-hospitals-name", source: "lc-hospitals", type: "symbol", layout: NAME, paint: { "text-color": "#6e1149", ...HALO } },
  {
    id: "lc-emergencies-dot",
    source: "lc-emergencies",
    type: "circle",
    paint: { "circle-radius": ["case", ["get", "chosen"], 10, 7], "circle-color": "#9c1f10", "circle-stroke-color": ["case", ["get", "chosen"], "#ffb648", "#ffffff"], "circle-stroke-width": ["case", ["get", "chosen"], 3, 2] },
  },
  { id: "lc-emergencies-name", source: "lc-emergencies", type: "symbol", layout: NAME, paint: { "text-color": "#7a1509", ...HALO } },
  { id: "lc-call-dot", source: "lc-call", type: "circle", paint: { "circle-radius": 6, "circle-color": "#7a3e00", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
  {
    id: "lc-units-dot",
    source: "lc-units",
    type: "circle",
    paint: {
      "circle-radius": 7,
      "circle-color": ["match", ["get", "state"], "free", "#17693a", "busy", "#c25700", "#4a4f57"],
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": ["match", ["get", "state"], "busy", 3.5, 2],
    },
  },
  { id: "lc-units-name", source: "lc-units", type: "symbol", layout: NAME, paint: { "text-color": "#16202b", ...HALO } },
  { id: "lc-past-dot", source: "lc-past", type: "circle", paint: { "circle-radius": 8, "circle-color": "#ffffff", "circle-stroke-color": "#c25700", "circle-stroke-width": 3.5 } },
  { id: "lc-past-name", source: "lc-past", type: "symbol", layout: NAME, paint: { "text-color": "#7a3e00", ...HALO } },
];

let shown = null;

export function startDispatchMap() {
  shown = pageLayers("dispatch", LAYERS);
}

/** Shows GeoJSON on one of the desk's sources while its page is open; undefined = nothing. */
export const show = (source, data) => shown(source, data);

/**
 * Shows where somebody is believed to be: what locating a call told (position, ellipse, area), or a place with an
 * accuracy; null = nothing. Gives its bounds.
 */
export function showFix(fix) {
  if (!fix) {
    for (const source of ["lc-call-area", "lc-call-ellipse", "lc-call"]) show(source);
    return null;
  }
  const { position, ellipse: around, area, accuracy_m: accuracy } = fix;
  const ring = around ? ellipse(position, around.semi_major_m, around.semi_minor_m, around.azimuth_deg) : accuracy >= 1 ? circle(position, accuracy) : null;
  show("lc-call-area", area ? { type: "Feature", properties: {}, geometry: area } : undefined);
  show("lc-call-ellipse", ring ? collection([ring]) : undefined);
  show("lc-call", collection([point(position)]));
  return boundsOf([position, ...(ring ? positionsOf(ring.geometry) : []), ...(area ? positionsOf(area) : [])]);
}

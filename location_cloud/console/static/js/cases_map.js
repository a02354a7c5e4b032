// What the case board has on the map: cases by their lamp, the one that is shown, its unit grid, and a new one's place.

import { pageLayers } from "./page_layers.js";

const HALO = { "text-halo-color": "#ffffff", "text-halo-width": 1.8 };

/** Colours of lamps, of falling lightness, so that hue is not needed. */
export const LAMPS = { "": "#8b98a5", green: "#3fae72", yellow: "#d69a00", red: "#9c1f10" };

const LAYERS = [
  { id: "lc-case-grid-fill", source: "lc-case-grid", type: "fill", paint: { "fill-color": "#0b4f94", "fill-opacity": 0.07 } },
  { id: "lc-case-grid-line", source: "lc-case-grid", type: "line", paint: { "line-color": "#0b4f94", "line-width": 1.8, "line-dasharray": [3, 2] } },
  {
    id: "lc-cases-dot",
    source: "lc-cases",
    type: "circle",
    layout: { "circle-sort-key": ["get", "rank"] },
    paint: {
      "circle-radius": ["case", ["get", "chosen"], 10, 7],
      "circle-color": ["match", ["get", "lamp"], "green", LAMPS.green, "yellow", LAMPS.yellow, "red", LAMPS.red, LAMPS[""]],
      "circle-stroke-color": ["case", ["get", "chosen"], "#16202b", "#ffffff"],
      "circle-stroke-width": ["case", ["get", "chosen"], 3.5, 2],
    },
  },
  {
    id: "lc-cases-sign",
    source: "lc-cases",
    type: "symbol",
    filter: ["==", ["get", "lamp"], "red"],
    layout: { "text-field": "!", "text-size": 12, "text-font": ["sans-serif"], "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": "#ffffff" },
  },
  {
    id: "lc-cases-name",
    source: "lc-cases",
    type: "symbol",
    minzoom: 14,
    layout: { "text-field": ["get", "label"], "text-size": 12, "text-font": ["sans-serif"], "text-offset": [0, 1], "text-anchor": "top", "symbol-sort-key": ["-", 0, ["get", "rank"]] },
    paint: { "text-color": "#16202b", ...HALO },
  },
];

let shown = null;

export function startCasesMap() {
  shown = pageLayers("cases", LAYERS);
}

/** Shows GeoJSON on one of the board's sources while its page is open; undefined = nothing. */
export const show = (source, data) => shown(source, data);

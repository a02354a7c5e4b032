// What the search board has on the map: areas that hold a share of the chance, segments, and where the search begins.

import { collection } from "./geometry.js";
import { pageLayers } from "./page_layers.js";

const FONT = { "text-font": ["sans-serif"], "text-size": 12 };
const HALO = { "text-halo-color": "#ffffff", "text-halo-width": 1.8 };

// Areas lie upon each other, the smallest and likeliest on top: the darkest is where to look first.
const LAYERS = [
  { id: "lc-poa-fill", source: "lc-poa", type: "fill", paint: { "fill-color": ["interpolate", ["linear"], ["get", "share"], 0.5, "#8a1c4a", 0.95, "#f4c7a1"], "fill-opacity": 0.3 } },
  { id: "lc-poa-line", source: "lc-poa", type: "line", paint: { "line-color": "#8a1c4a", "line-width": 0.8 } },
  { id: "lc-segments-line", source: "lc-segments", type: "line", paint: { "line-color": "#0b3a6b", "line-width": 1.6 } },
  { id: "lc-segments-name", source: "lc-segments", type: "symbol", layout: { ...FONT, "text-field": ["get", "id"] }, paint: { "text-color": "#0b3a6b", ...HALO } },
  { id: "lc-teams-line", source: "lc-teams", type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": "#17693a", "line-width": 2.5 } },
  { id: "lc-teams-dot", source: "lc-teams", type: "circle", filter: ["has", "label"], paint: { "circle-radius": 6, "circle-color": "#17693a", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
  {
    id: "lc-teams-name",
    source: "lc-teams",
    type: "symbol",
    filter: ["has", "label"],
    layout: { ...FONT, "text-field": ["get", "label"], "text-offset": [0, 1], "text-anchor": "top" },
    paint: { "text-color": "#0f4a28", ...HALO },
  },
  { id: "lc-ipp-dot", source: "lc-ipp", type: "circle", paint: { "circle-radius": 7, "circle-color": "#9c1f10", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2.5 } },
  { id: "lc-ipp-name", source: "lc-ipp", type: "symbol", layout: { ...FONT, "text-field": ["get", "label"], "text-offset": [0, 1], "text-anchor": "top" }, paint: { "text-color": "#7a1509", ...HALO } },
];

let shown = null;

export function startSearchMap() {
  shown = pageLayers("searches", LAYERS);
}

export const showPoa = (poa) => shown("lc-poa", poa);
export const showSegments = (features) => shown("lc-segments", collection(features));
export const showTeams = (features) => shown("lc-teams", features);
export const showIpp = (point) => shown("lc-ipp", collection([point]));

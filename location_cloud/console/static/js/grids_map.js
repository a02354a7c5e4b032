// What the grid map has on the map: grids in their colours, their names, the one that is shown, and open cases in it.

import { LAMPS } from "./cases_map.js";
import { pageLayers } from "./page_layers.js";

const HALO = { "text-halo-color": "#ffffff", "text-halo-width": 1.8 };

/** Colour of a grid without a case or a value: seen, but not read as one. */
export const NOTHING = "#dfe5ea";

const LAYERS = [
  { id: "lc-grids-fill", source: "lc-grids", type: "fill", paint: { "fill-color": ["get", "colour"], "fill-opacity": ["case", ["get", "chosen"], 0.72, 0.5] } },
  { id: "lc-grids-line", source: "lc-grids", type: "line", paint: { "line-color": "#3b4855", "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.4, 15, 1.4] } },
  { id: "lc-grid-case", source: "lc-grid", type: "line", paint: { "line-color": "#ffffff", "line-width": 6 } },
  { id: "lc-grid-line", source: "lc-grid", type: "line", paint: { "line-color": "#0b3a6b", "line-width": 3.2 } },
  {
    id: "lc-grid-cases-dot",
    source: "lc-grid-cases",
    type: "circle",
    paint: {
      "circle-radius": 6,
      "circle-color": ["match", ["get", "lamp"], "green", LAMPS.green, "yellow", LAMPS.yellow, "red", LAMPS.red, LAMPS[""]],
      "circle-stroke-color": "#16202b",
      "circle-stroke-width": 1.6,
    },
  },
  {
    id: "lc-grids-name",
    source: "lc-grid-names",
    type: "symbol",
    minzoom: 13,
    layout: { "text-field": ["get", "label"], "text-size": 11.5, "text-font": ["sans-serif"] },
    paint: { "text-color": "#16202b", ...HALO },
  },
];

let shown = null;

export function startGridsMap() {
  shown = pageLayers("grids", LAYERS);
}

/** Shows GeoJSON on one of the page's sources while it is open; undefined = nothing. */
export const show = (source, data) => shown(source, data);

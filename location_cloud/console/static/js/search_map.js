// What the search board has on the map, and what of it is switched off: chances, segments, teams, lines, views, sites.

import { element } from "./dom.js";
import { tickField } from "./form.js";
import { collection } from "./geometry.js";
import { pageLayers } from "./page_layers.js";

const FONT = { "text-font": ["sans-serif"], "text-size": 12 };
const BELOW = { ...FONT, "text-field": ["get", "label"], "text-offset": [0, 1], "text-anchor": "top" };
const HALO = { "text-halo-color": "#ffffff", "text-halo-width": 1.8 };

/** Colours of areas that hold a share of the chance: the darkest is where to look first. */
export const SHARES = [
  { share: 0.5, color: "#8a1c4a" },
  { share: 0.75, color: "#c05a6f" },
  { share: 0.9, color: "#dd9488" },
  { share: 0.95, color: "#f4c7a1" },
];

// Areas lie upon each other, the smallest and likeliest on top.
const LAYERS = [
  { id: "lc-seen-fill", source: "lc-seen", type: "fill", paint: { "fill-color": "#d6a100", "fill-opacity": 0.3 } },
  { id: "lc-seen-line", source: "lc-seen", type: "line", paint: { "line-color": "#7a5b00", "line-width": 1.2 } },
  { id: "lc-poa-fill", source: "lc-poa", type: "fill", paint: { "fill-color": ["interpolate", ["linear"], ["get", "share"], ...SHARES.flatMap(({ share, color }) => [share, color])], "fill-opacity": 0.32 } },
  { id: "lc-poa-line", source: "lc-poa", type: "line", paint: { "line-color": "#8a1c4a", "line-width": 0.8 } },
  { id: "lc-drift-line", source: "lc-drift", type: "line", paint: { "line-color": "#00606e", "line-width": 2.2, "line-dasharray": [2, 1] } },
  { id: "lc-segments-line", source: "lc-segments", type: "line", paint: { "line-color": "#0b3a6b", "line-width": ["case", ["get", "assigned"], 3, 1.4] } },
  { id: "lc-segments-name", source: "lc-segments", type: "symbol", layout: { ...FONT, "text-field": ["get", "label"] }, paint: { "text-color": "#0b3a6b", ...HALO } },
  { id: "lc-patterns-case", source: "lc-patterns", type: "line", paint: { "line-color": "#ffffff", "line-width": 4 } },
  { id: "lc-patterns-line", source: "lc-patterns", type: "line", paint: { "line-color": "#5b2a86", "line-width": 2 } },
  { id: "lc-patterns-name", source: "lc-patterns", type: "symbol", layout: { ...FONT, "symbol-placement": "line", "text-field": ["get", "label"] }, paint: { "text-color": "#45206a", ...HALO } },
  { id: "lc-teams-line", source: "lc-teams", type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": "#17693a", "line-width": 2.5 } },
  { id: "lc-teams-dot", source: "lc-teams", type: "circle", filter: ["has", "label"], paint: { "circle-radius": 6, "circle-color": "#17693a", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
  { id: "lc-teams-name", source: "lc-teams", type: "symbol", filter: ["has", "label"], layout: BELOW, paint: { "text-color": "#0f4a28", ...HALO } },
  { id: "lc-landing-dot", source: "lc-landing", type: "circle", paint: { "circle-radius": 9, "circle-color": "#0b4f94", "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } },
  { id: "lc-landing-sign", source: "lc-landing", type: "symbol", layout: { ...FONT, "text-field": "H", "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": "#ffffff" } },
  { id: "lc-landing-name", source: "lc-landing", type: "symbol", layout: BELOW, paint: { "text-color": "#083b70", ...HALO } },
  { id: "lc-clues-dot", source: "lc-clues", type: "circle", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 6, "circle-color": "#d6a100", "circle-stroke-color": "#3d2e00", "circle-stroke-width": 2 } },
  { id: "lc-clues-line", source: "lc-clues", type: "line", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": "#7a5b00", "line-width": 2, "line-dasharray": [1, 1] } },
  { id: "lc-clues-name", source: "lc-clues", type: "symbol", layout: BELOW, paint: { "text-color": "#3d2e00", ...HALO } },
  { id: "lc-ipp-dot", source: "lc-ipp", type: "circle", paint: { "circle-radius": 7, "circle-color": ["match", ["get", "role"], "find", "#17693a", "#9c1f10"], "circle-stroke-color": "#ffffff", "circle-stroke-width": 2.5 } },
  { id: "lc-ipp-name", source: "lc-ipp", type: "symbol", layout: BELOW, paint: { "text-color": "#7a1509", ...HALO } },
];

/** What can be switched off: name -> its source. */
const SWITCHES = { poa: "lc-poa", segments: "lc-segments", teams: "lc-teams", clues: "lc-clues", patterns: "lc-patterns", seen: "lc-seen", landing: "lc-landing", drift: "lc-drift" };

const kept = {}; // what each source would show
const off = new Set();
let shown = null;

export function startSearchMap(box) {
  shown = pageLayers("searches", LAYERS);
  box.replaceChildren(
    element("div", { className: "switches" }, Object.entries(SWITCHES).map(([name, source]) => {
      const tick = tickField(`switch-${name}`, `switch.${name}`, true);
      tick.querySelector("input").addEventListener("change", ({ target }) => turn(source, target.checked));
      return tick;
    })),
  );
}

function turn(source, isOn) {
  if (isOn) off.delete(source);
  else off.add(source);
  shown(source, isOn ? kept[source] : undefined);
}

function put(source, data) {
  kept[source] = data;
  if (!off.has(source)) shown(source, data);
}

/** Shows GeoJSON features on one of the board's sources ("poa", "segments", ..., "ipp"); none = nothing. */
export const showOn = (name, features = []) => put(`lc-${name}`, collection(features.filter(Boolean)));

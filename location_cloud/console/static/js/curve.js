// The index through the day as a picture: the usual course, today's as it was measured, and now.

import { element } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { svg, svgText } from "./svg.js";

const WIDTH = 344, HEIGHT = 132, LEFT = 20, BOTTOM = 18, TOP = 8, RIGHT = 8;
const MOST = 10; // of the index
const HOUR_MS = 3_600_000;
const GAP = 1.5; // slots further apart than this many lengths are not joined

const x = (hour) => LEFT + (hour * (WIDTH - LEFT - RIGHT)) / 24;
const y = (index) => HEIGHT - BOTTOM - (Math.min(index, MOST) * (HEIGHT - BOTTOM - TOP)) / MOST;

/** A figure of an answer of /v1/traffic/index, or a sentence where there is nothing to draw. */
export function drawCurve({ curve, hour, now, history, simulated }) {
  const today = slotsOfToday(history, hour);
  const usual = curve.some((value) => value !== null);
  if (!usual && !today.length) return element("p", { className: "note" }, t("traffic.no_curve"));
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "curve", "aria-label": words(curve, today) });
  for (const index of [0, 2, 4, 6, 8, 10]) {
    picture.append(svg("line", { x1: x(0), x2: x(24), y1: y(index), y2: y(index), class: "curve-grid" }), svgText(x(0) - 5, y(index) + 3.5, index, "end"));
  }
  for (const at of [0, 6, 12, 18, 24]) picture.append(svgText(x(at), HEIGHT - 4, at, at === 24 ? "end" : "middle"));
  if (usual) picture.append(...pieces(curve.map((value, at) => ({ at: at + 0.5, value, length: 1 }))).map((points) => svg("polyline", { points, class: "curve-usual" })));
  picture.append(...pieces(today).map((points) => svg("polyline", { points, class: "curve-today" })));
  if (now.index !== null) picture.append(svg("circle", { cx: x(hour), cy: y(now.index), r: 4.5, class: "curve-now" }));
  const caption = [
    simulated && element("span", { "data-simulated": "true" }, t("traffic.simulated")),
    usual && sign("usual", t("traffic.curve_usual")),
    today.length > 0 && sign("today", t("traffic.curve_today")),
    now.index !== null && sign("now", t("traffic.curve_now")),
  ];
  return element("figure", {}, picture, element("figcaption", { className: "curve-signs" }, caption));
}

// Measured slots since midnight of the city's clock, whose hour is known.
function slotsOfToday(history, hour) {
  const midnight = Date.now() - hour * HOUR_MS;
  return history
    .map((slot) => ({ at: (Date.parse(slot.begin) - midnight) / HOUR_MS + slot.length_s / 7200, value: slot.index, length: slot.length_s / 3600 }))
    .filter((slot) => slot.at >= 0);
}

// The points of each line without gaps.
function pieces(slots) {
  const found = [];
  let before = null;
  for (const slot of slots) {
    if (slot.value === null) continue;
    if (!before || slot.at - before.at > GAP * slot.length) found.push([]);
    found.at(-1).push(`${x(slot.at).toFixed(1)},${y(slot.value).toFixed(1)}`);
    before = slot;
  }
  return found.map((points) => (points.length > 1 ? points : [...points, ...points]).join(" "));
}

function words(curve, today) {
  const most = Math.max(0, ...curve, ...today.map((slot) => slot.value));
  return t("traffic.curve_label", { most: number(most, 1) });
}

const sign = (which, label) => element("span", {}, element("span", { className: `curve-sign ${which}`, "aria-hidden": "true" }), label);

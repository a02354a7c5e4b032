// The chance of success by hours of all teams together, as a picture.

import { element } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { svg, svgText } from "./svg.js";

const WIDTH = 344, HEIGHT = 110, LEFT = 34, BOTTOM = 18, TOP = 8, RIGHT = 12;

/** A figure of a plan's curve, [{hours, pos}]. */
export function drawPosCurve(curve) {
  const hours = Math.max(...curve.map((each) => each.hours), 1e-9), most = Math.max(...curve.map((each) => each.pos), 1e-9);
  const x = (value) => LEFT + (value * (WIDTH - LEFT - RIGHT)) / hours;
  const y = (value) => HEIGHT - BOTTOM - (value * (HEIGHT - BOTTOM - TOP)) / most;
  const label = t("plan.curve", { hours: number(hours, 1), share: number(100 * most, 1) });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "curve", "aria-label": label });
  for (const share of [0, 0.5, 1]) {
    picture.append(svg("line", { x1: x(0), x2: x(hours), y1: y(share * most), y2: y(share * most), class: "curve-grid" }), svgText(x(0) - 4, y(share * most) + 3.5, t("hunt.percent", { n: number(100 * share * most, 1) }), "end"));
  }
  for (const share of [0, 0.5, 1]) picture.append(svgText(x(share * hours), HEIGHT - 4, number(share * hours, 1), share === 1 ? "end" : "middle"));
  picture.append(svg("polyline", { points: curve.map((each) => `${x(each.hours).toFixed(1)},${y(each.pos).toFixed(1)}`).join(" "), class: "curve-today" }));
  return element("figure", {}, picture, element("figcaption", { className: "note" }, label));
}

// How grids are coloured: by the worst lamp of their open cases, or by an indicator; with the legend of it.

import { ask } from "./api.js";
import { LAMPS } from "./cases_map.js";
import { byId, element } from "./dom.js";
import { number } from "./format.js";
import { has, t } from "./i18n.js";
import { NOTHING } from "./grids_map.js";

const PAGE = 500, MOST_PAGES = 6; // open cases that are looked through for one view
const KNOWN = ["area_m2", "households", "households_per_km2"]; // indicators that every grid has
const WORSE = ["", "green", "yellow", "red"];
const FIELD = { unit: "grid", manage: "manage_grid", village: "village_grid" }; // of a case, by scheme

/** Whether cases name their grid of a scheme. */
export const hasCases = (scheme) => scheme in FIELD;

/** The words of an indicator. */
export const indicatorOf = (name) => (has(`indicator.${name}`) ? t(`indicator.${name}`) : name);

/** Fills the choice of colours with what a scheme has; keeps what is chosen where it can be. */
export async function drawChoices(scheme) {
  const { indicators } = await ask(`v1/grids/${scheme}/all/values`);
  const chooser = byId("grid-colour"), kept = chooser.value;
  const told = indicators.map(({ indicator, period }) => [`${indicator} ${period}`, `${indicatorOf(indicator)} · ${period}`]);
  const rows = [...(hasCases(scheme) ? [["lamp", t("grid.colour_lamp")]] : []), ...KNOWN.map((name) => [name, indicatorOf(name)]), ...told];
  chooser.replaceChildren(...rows.map(([value, words]) => element("option", { value }, words)));
  if (rows.some(([value]) => value === kept)) chooser.value = kept;
}

/**
 * How grids of a scheme are coloured in a box on a day: {colourOf(code), tell(code), rank(code), legend: elements}.
 * Throws Problem.
 */
export async function colours(scheme, choice, bbox, day, signal) {
  return choice === "lamp" ? byLamp(scheme, bbox, signal) : byIndicator(scheme, choice, day, signal);
}

async function byLamp(scheme, bbox, signal) {
  const found = new Map();
  let after = 0, pages = 0;
  do {
    const { cases, next_after: next } = await ask("v1/cases", { open: "true", bbox, limit: PAGE, after }, { signal });
    for (const each of cases) count(found, each[FIELD[scheme]], each.lamp);
    after = next;
    pages += 1;
  } while (after && pages < MOST_PAGES);
  const sums = (code) => found.get(code) ?? { lamp: "", open: 0, late: 0 };
  return {
    colourOf: (code) => (sums(code).lamp ? LAMPS[sums(code).lamp] : NOTHING),
    tell: (code) => t(sums(code).late ? "grid.cases_late" : "grid.cases", { n: sums(code).open, late: sums(code).late }),
    rank: (code) => 1e6 * WORSE.indexOf(sums(code).lamp) + 1e3 * sums(code).late + sums(code).open,
    legend: [
      element("ul", { className: "legend" }, ["red", "yellow", "green", ""].map((lamp) => element("li", {}, element("span", { className: "swatch", "data-lamp": lamp || "none" }), t(`grid.lamp_${lamp || "none"}`)))),
      after ? element("p", { className: "note" }, t("grid.not_all", { n: number(PAGE * MOST_PAGES) })) : "",
    ],
  };
}

function count(found, code, lamp) {
  if (!code) return;
  const sums = found.get(code) ?? { lamp: "", open: 0, late: 0 };
  sums.open += 1;
  if (lamp === "red") sums.late += 1;
  if (WORSE.indexOf(lamp) > WORSE.indexOf(sums.lamp)) sums.lamp = lamp;
  found.set(code, sums);
}

async function byIndicator(scheme, choice, day, signal) {
  const [indicator, period] = choice.split(" ");
  const found = await ask(`v1/grids/${scheme}/choropleth`, { indicator, period, on: day, geometry: "false" }, { signal });
  const rows = new Map(found.features.map(({ properties }) => [properties.code, properties]));
  const value = (each) => `${number(each, Math.abs(each) < 100 ? 2 : 0)} ${found.unit}`.trim();
  return {
    colourOf: (code) => rows.get(code)?.colour ?? found.no_value,
    tell: (code) => (rows.get(code)?.value === null || !rows.has(code) ? t("grid.no_value") : value(rows.get(code).value)),
    rank: (code) => rows.get(code)?.value ?? -Infinity,
    legend: [ramp(found, value)],
  };
}

// The colours are the server's: drawn, because the page may carry no style of its own.
function ramp({ legend, no_value: none, without_value: without }, value) {
  const rows = [...legend.map((each) => [each.colour, `${value(each.low)} – ${value(each.high)}`, each.grids]), ...(without ? [[none, t("grid.no_value"), without]] : [])];
  return element("ul", { className: "legend" }, rows.map(([colour, words, grids]) => element("li", {}, chip(colour), `${words} · ${t("grid.n", { n: number(grids) })}`)));
}

function chip(colour) {
  const drawn = element("canvas", { className: "chip", width: "22", height: "14", "aria-hidden": "true" });
  const pen = drawn.getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 22, 14);
  return drawn;
}

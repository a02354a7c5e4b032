// The probability map in numbers: where the chance lies, what it is made of, what the cold leaves, and the replay of it.

import { tell } from "./api.js";
import { byId, element, facts, table } from "./dom.js";
import { field, numberField, numberOf, said, worded } from "./form.js";
import { clock, distance, duration, lonlatText, number } from "./format.js";
import { point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { beginAgain } from "./search_begin.js";
import { SHARES, showOn } from "./search_map.js";
import { current, known, onMap, onSearch, replay } from "./search_state.js";
import { drill, percent, squareKm, termOf, titleOf } from "./search_words.js";
import { makeWork } from "./states.js";

const cold = {}; // by search: {body, answer, at}: the weather is told here, and kept no longer than the page

let work = null;

/** work: runs what goes wrong in the search as a whole. */
export function startChance(runs) {
  work = runs;
  byId("hunt-slider").addEventListener("input", () => work(toSlider));
  byId("hunt-now").addEventListener("click", () => {
    byId("hunt-slider").value = byId("hunt-slider").max;
    byId("hunt-slider").focus();
    work(toSlider);
  });
  byId("layers-again").addEventListener("click", beginAgain);
  byId("cold-form").replaceChildren(
    ...field("cold.air", numberField("cold-air", { min: -70, max: 60, required: true })),
    ...field("cold.wind", numberField("cold-wind", { min: 0, max: 250, value: "0" })),
    ...field("cold.water", numberField("cold-water", { min: -2, max: 40 })),
    ...field("cold.elapsed", numberField("cold-elapsed", { min: 0, max: 720 })),
    element("div", { className: "row-buttons whole" }, worded("button", "cold.ask", { type: "submit", className: "primary" })),
    element("div", { className: "whole", id: "cold-trouble" }),
  );
  const asks = makeWork(byId("cold-trouble"));
  byId("cold-form").addEventListener("submit", (event) => {
    event.preventDefault();
    asks(askCold);
  });
  onSearch((_, isOther) => {
    const { log } = known(), slider = byId("hunt-slider");
    slider.max = String(log.length - 1);
    slider.value = slider.max; // later: it is held below the old end
    if (isOther) refreshCold();
    draw();
  });
  onMap(() => {
    sayThen();
    drawMap();
  });
  onLanguage(() => current() && draw());
}

async function toSlider() {
  const { log } = known(), place = Number(byId("hunt-slider").value);
  await replay(place === log.length - 1 ? null : log[place]);
}

function draw() {
  const { search, log } = known();
  const { status, pos, rest_of_world: rest, subject, warnings, grid, ipp, ipp_type: type, find, season, layers, emergency } = search;
  byId("hunt-heading").textContent = titleOf(search);
  byId("hunt-answer").replaceChildren(
    element("p", { className: "marks" }, element("span", { className: "mark" }, t(`hunt.status_${status}`)), drill(search), emergency && element("span", { className: "mark" }, t("emergency.number_is", { id: emergency }))),
    element(
      "dl",
      { className: "figures" },
      figure("hunt.pos", percent(pos)),
      figure("hunt.rest", percent(rest)),
      cold[search.id] ? figure("cold.left", leftWords(cold[search.id].answer), cold[search.id].answer.urgency) : figure("cold.left", "–"),
    ),
  );
  byId("hunt-facts").replaceChildren(
    facts([
      [t("hunt.category"), [termOf("subject", subject.category), subject.age !== null && t("hunt.years", { n: subject.age }), subject.mobility !== "unknown" && t(`mobility.${subject.mobility}`), subject.vulnerable && t("hunt.vulnerable_short")].filter(Boolean).join(" · ")],
      [t("hunt.last_seen"), subject.last_seen_at && clock(subject.last_seen_at)],
      [t("hunt.ipp"), [type, lonlatText(ipp, 5)].join(" · ")],
      [t("hunt.cells"), t("hunt.cells_are", { rows: grid.rows, columns: grid.columns, metres: distance(grid.cell_m[0]) })],
      [t("hunt.season"), t(`hunt.${season}`)],
      [t("hunt.found_at"), find ? [clock(find.at), lonlatText(find.location, 5), t("hunt.found_away", { distance: distance(find.distance_m) }), t(`condition.${find.condition}`)].join(" · ") : ""],
      [t("hunt.mapscore"), find && find.mapscore !== null ? t("hunt.mapscore_is", { first: number(find.mapscore, 2), last: number(find.mapscore_now, 2) }) : ""],
      [t("call.warnings"), warnings.length ? element("ul", { className: "lines", lang: "en" }, warnings.map((text) => element("li", {}, text))) : ""],
    ]),
  );
  byId("hunt-layers").replaceChildren(table(t("layer.caption"), [t("layer.name"), t("layer.share"), t("layer.source")], layers.map(layerRow)));
  byId("hunt-replay").hidden = log.length < 2;
  sayThen();
  drawMap();
  drawCold();
  const label = (name) => (search.simulated ? t("incident.simulated", { name }) : name);
  showOn("ipp", [point(ipp, { label: label(t("hunt.ipp")) }), find && point(find.location, { label: label(t("hunt.found_here")), role: "find" })]);
}

const figure = (key, value, urgency) => element("div", { "data-urgency": urgency }, element("dt", {}, t(key)), element("dd", {}, value));

const layerRow = ({ name, share, source, why_not: reason }) => [t(`layer.${name}`), reason ? "–" : percent(share, 0), element("span", { lang: "en" }, reason || source)];

// Levels come the largest first.
function drawMap() {
  const { poa } = known();
  showOn("poa", poa.features);
  const levels = [...poa.features].reverse();
  byId("hunt-levels").replaceChildren(
    ...levels.map(({ properties: { share, area_km2: area } }) => element("li", {}, element("span", { className: "swatch", "data-share": String(SHARES.find((each) => each.share === share)?.share ?? ""), "aria-hidden": "true" }), t("hunt.level_is", { share: percent(share, 0), area: squareKm(area) }))),
  );
}

function sayThen() {
  const { log, then } = known();
  const entry = then ?? log.at(-1);
  const words = t(then ? "hunt.as_it_was" : "hunt.as_it_is", { time: clock(entry.at, { second: "2-digit" }), action: t(`deed.${entry.action}`) });
  byId("hunt-then").textContent = words;
  byId("hunt-slider").setAttribute("aria-valuetext", words);
  byId("hunt-now").hidden = !then;
}

// --- the cold ------------------------------------------------------------------------------------------------------

async function askCold() {
  const hours = numberOf(byId("cold-elapsed"));
  const body = said({ air_c: numberOf(byId("cold-air")), wind_kmh: numberOf(byId("cold-wind")), water_c: numberOf(byId("cold-water")), elapsed_s: hours === undefined ? undefined : 3600 * hours });
  const { id } = current();
  cold[id] = { body, at: new Date().toISOString(), answer: await tell(`v1/searches/${id}/survival`, body) };
  draw();
}

/** Time goes on: what the cold leaves is asked for anew. */
export async function refreshCold() {
  const told = cold[current()?.id];
  if (!told || told.body.elapsed_s !== undefined) return;
  const answer = await tell(`v1/searches/${current().id}/survival`, told.body).catch(() => null); // the pulse says that the server is away
  if (answer && cold[current().id] === told) {
    told.answer = answer;
    draw();
  }
}

const leftWords = ({ left_h: left }) => (left === null ? t("cold.no_limit") : left === 0 ? t("cold.over") : duration(3600 * left));

function drawCold() {
  const told = cold[current().id];
  byId("cold-answer").replaceChildren();
  if (!told) return;
  const { wind_chill_c: chill, frostbite_min: frost, immersion, urgency, reasons } = told.answer;
  const span = ([from, to]) => (to === null ? t("cold.no_limit") : t("cold.hours", { from: number(from, 2), to: number(to, 2) }));
  byId("cold-answer").replaceChildren(
    facts([
      [t("cold.urgency"), element("strong", { "data-urgency": urgency }, t(`cold.urgency_${urgency}`))],
      [t("cold.chill"), t("cold.degrees", { n: number(chill, 1) })],
      [t("cold.frostbite"), frost === null ? t("cold.none_soon") : duration(60 * frost)],
      [t("cold.exhausted"), immersion && span(immersion.exhausted_h)],
      [t("cold.survives"), immersion && span(immersion.survives_h)],
      [t("cold.reasons"), reasons.map((each) => t(`cold.reason_${each}`)).join(t("list.comma"))],
    ]),
    element("p", { className: "note" }, t("cold.note", { time: clock(told.at) })),
  );
}

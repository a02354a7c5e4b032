// What is told of a search: results of teams, clues, that the subject walked on, that somebody was found; and its log.

import { announce } from "./announce.js";
import { makeOnce, tell } from "./api.js";
import { byId, element } from "./dom.js";
import { asFieldTime, choiceField, field, momentOf, numberField, numberOf, only, said, showFor, textField, timeField, worded } from "./form.js";
import { clock, distance, duration, number } from "./format.js";
import { point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { showOn } from "./search_map.js";
import { current, known, onSearch, reread } from "./search_state.js";
import { openInner } from "./search_tabs.js";
import { percent } from "./search_words.js";
import { makeShapeField } from "./shape_field.js";
import { makeWork } from "./states.js";
import { allTeams } from "./team_tracks.js";

const PERCENT = 100;
const MOST_POD = 0.9999; // that a result may tell: nothing is searched for certain
const TRACKED = "line device"; // ways of telling a result that need a sweep width
// Sweep width over detection range, as the server plans with: Koester et al. 2014, doi 10.1016/j.wem.2013.09.016.
const SWEEP_PER_RANGE = { width: 1, high: 1.8, medium: 1.6, low: 1.1 };

const once = { result: makeOnce(), clue: makeOnce() };
const shapes = {};

export function startTold() {
  shapes.track = makeShapeField({ page: "searches", id: "result-track", kinds: ["line"], label: "result.track" });
  shapes.clue = makeShapeField({ page: "searches", id: "clue-where", kinds: ["point", "area"], label: "clue.where" });
  shapes.find = makeShapeField({ page: "searches", id: "find-where", kinds: ["point"], label: "find.where" });
  form("result", resultFields(), "result.tell", sendResult);
  form("clue", clueFields(), "clue.tell", sendClue);
  form("move", moveFields(), "motion.tell", sendMove);
  form("find", findFields(), "find.tell", sendFind);
  byId("result-how").addEventListener("change", turn);
  byId("result-what").addEventListener("change", () => {
    byId("result-what").dataset.chosen = "yes"; // and stays so when the list is made anew
    turn();
  });
  byId("clue-where-shape").addEventListener("change", () => showFor(byId("clue-form"), byId("clue-where-shape").value));
  showFor(byId("clue-form"), "point");
  byId("status-change").addEventListener("click", () => statusWork(changeStatus));
  onSearch((_, isOther) => {
    if (isOther) {
      for (const shape of Object.values(shapes)) shape.clear();
      delete byId("result-what").dataset.chosen;
    }
    draw();
  });
  onLanguage(() => current() && draw());
}

const part = (name) => byId(`${name}-part`);
const statusWork = (action) => makeWork(byId("status-trouble"), reread)(action);

// A form in a part that opens: what is drawn for it is on the map while it is open.
function form(name, children, key, send) {
  part(name).append(
    element("form", { className: "fields", id: `${name}-form`, autocomplete: "off" }, children, element("div", { className: "row-buttons whole" }, worded("button", key, { type: "submit", className: "primary" })), element("div", { className: "whole", id: `${name}-trouble` })),
  );
  const work = makeWork(byId(`${name}-trouble`), reread);
  byId(`${name}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    work(send);
  });
  const shape = { result: shapes.track, clue: shapes.clue, find: shapes.find }[name];
  if (!shape) return;
  part(name).addEventListener("toggle", () => {
    shape.show(part(name).open);
    if (name === "result") turn();
  });
  shape.show(false);
}

async function told(answer, words) {
  announce(words);
  await reread();
  byId("told-heading").focus();
}

// --- results -------------------------------------------------------------------------------------------------------

const resultFields = () => [
  ...field("result.what", element("select", { id: "result-what" })),
  ...field("result.how", choiceField("result-how", ["planned", "pod", "effort", "device", "line"].map((each) => [each, `result.by_${each}`]))),
  ...only("pod", field("result.pod", numberField("result-pod", { min: 0, max: 99.99, value: "50" }))),
  ...only("device", [...field("result.team", element("select", { id: "result-device" })), ...field("result.begin", timeField("result-begin")), ...field("result.end", timeField("result-end"))]),
  ...only("line", [shapes.track.root]),
  ...only("effort device line", [...field("result.by", choiceField("result-by", ["width", "high", "medium", "low"].map((each) => [each, `plan.by_${each}`]))), ...field("result.reach", numberField("result-reach", { min: 0.1, max: 5000, value: "20" }))]),
  ...only("effort", [
    ...field("result.searchers", numberField("result-searchers", { min: 1, max: 500, step: 1, value: "5" })),
    ...field("plan.speed", numberField("result-speed", { min: 0.1, max: 300, value: "2" })),
    ...field("plan.each_hours", numberField("result-hours", { min: 0, max: 72, value: "3" })),
  ]),
  ...only("effort device line", field("plan.detection", choiceField("result-detection", ["random", "inverse_cube", "ideal"].map((each) => [each, `detection.${each}`])))),
  ...only("planned pod effort device line", [element("p", { className: "tick", id: "result-calls-part" }, element("input", { type: "checkbox", id: "result-calls" }), worded("label", "result.calls", { for: "result-calls" }))]),
  ...field("result.team_name", textField("result-team", 64)),
  ...field("result.note", textField("result-note", 2000)),
];

/** Opens the form of a result for an assignment of the plan. */
export function tellOf(assignment) {
  openInner("hunt-told");
  part("result").open = true;
  if (assignment) {
    byId("result-what").value = `assignment ${assignment}`;
    byId("result-what").dataset.chosen = "yes";
    byId("result-how").value = "planned";
  }
  turn();
  byId("result-how").focus();
}

const assignmentOf = (id) => known().plan?.assignments.find((each) => each.id === id);

// What is asked for depends on how it is told; as planned only what was planned.
function turn() {
  const [kind, id] = split(byId("result-what").value), how = byId("result-how");
  how.querySelector('[value="planned"]').disabled = kind !== "assignment";
  if (kind !== "assignment" && how.value === "planned") how.value = "device";
  for (const each of ["pod", "effort"]) how.querySelector(`[value="${each}"]`).disabled = !kind;
  if (!kind && ["pod", "effort"].includes(how.value)) how.value = "device";
  showFor(byId("result-form"), how.value);
  byId("result-calls-part").hidden = current()?.subject.responsive === null;
  shapes.track.show(part("result").open && how.value === "line");
  const planned = assignmentOf(id);
  if (kind === "assignment" && planned && !byId("result-team").value) byId("result-team").value = planned.team;
}

function split(value) {
  const at = value.indexOf(" ");
  return at < 0 ? ["", ""] : [value.slice(0, at), value.slice(at + 1)];
}

async function sendResult() {
  const [kind, id] = split(byId("result-what").value), how = byId("result-how").value, { search, segments } = known();
  const planned = assignmentOf(id), width = SWEEP_PER_RANGE[byId("result-by").value] * numberOf(byId("result-reach"));
  const body = said({
    [kind || "segment"]: id || undefined,
    team: byId("result-team").value.trim(),
    note: byId("result-note").value.trim(),
    responsive: byId("result-calls").checked || undefined,
    simulated: search.simulated,
  });
  if (how === "planned") body.pod = Math.min(planned.pod, MOST_POD);
  else if (how === "pod") body.pod = Math.min(numberOf(byId("result-pod")) / PERCENT, MOST_POD);
  else Object.assign(body, { detection: byId("result-detection").value });
  if (how === "effort") {
    const { area_m2: size } = segments.find((each) => each.properties.id === (planned?.segment ?? id)).properties;
    body.coverage = (width * numberOf(byId("result-searchers")) * 1000 * numberOf(byId("result-speed")) * numberOf(byId("result-hours"))) / size; // W v t / A, Koopman 1946
  }
  if (TRACKED.includes(how)) body.W_m = width;
  if (how === "device") body.track = { device: byId("result-device").value, begin: momentOf(byId("result-begin")) ?? search.created_at, end: momentOf(byId("result-end")) ?? new Date().toISOString() };
  if (how === "line") {
    body.track = shapes.track.geometry();
    if (!body.track) return shapes.track.focus();
  }
  const answer = await once.result(`v1/searches/${search.id}/results`, body);
  shapes.track.clear();
  byId("result-note").value = byId("result-team").value = "";
  return told(answer, t("hunt.pos_is", { share: percent(answer.pos_total) }));
}

// --- clues, motion, the find ---------------------------------------------------------------------------------------

const clueFields = () => [
  shapes.clue.root,
  ...field("clue.ratio", numberField("clue-ratio", { min: 0.000001, max: 1000000, value: "5", required: true })),
  worded("p", "clue.ratio_note", { className: "note whole" }),
  ...only("point", field("clue.sigma", numberField("clue-sigma", { min: 1, max: 50000, value: "300" }))),
  ...field("clue.rest", numberField("clue-rest", { min: 0.000001, max: 1000000, value: "1" })),
  ...field("clue.text", textField("clue-text", 2000)),
];

async function sendClue() {
  const geometry = shapes.clue.geometry();
  if (!geometry) return shapes.clue.focus();
  const where = geometry.type === "Point" ? { location: geometry.coordinates, sigma_m: numberOf(byId("clue-sigma")) } : { area: geometry };
  const body = said({ ...where, likelihood_ratio: numberOf(byId("clue-ratio")), rest: numberOf(byId("clue-rest")), description: byId("clue-text").value.trim() });
  const answer = await once.clue(`v1/searches/${current().id}/clues`, body);
  shapes.clue.clear();
  byId("clue-text").value = "";
  return told(answer, t("clue.told", { share: percent(answer.rest_of_world) }));
}

const moveFields = () => [
  ...field("motion.hours", numberField("move-hours", { min: 0.01, max: 336, value: "1", required: true })),
  ...field("motion.moving", numberField("move-moving", { min: 0, max: 100, value: "30", required: true })),
  ...field("motion.attraction", numberField("move-attraction", { min: 0.1, max: 100, value: "3" })),
  ...field("motion.bearing", numberField("move-heading", { min: 0, max: 359 })),
  ...field("motion.firm", numberField("move-firm", { min: 0, max: 50, value: "1" })),
];

async function sendMove() {
  const { id, version } = current();
  const body = said({ duration_s: 3600 * numberOf(byId("move-hours")), moving: numberOf(byId("move-moving")) / PERCENT, attraction: numberOf(byId("move-attraction")), heading_deg: numberOf(byId("move-heading")), concentration: numberOf(byId("move-firm")) });
  const answer = await tell(`v1/searches/${id}/move`, body, { version });
  return told(answer, t("motion.told", { hours: number(body.duration_s / 3600, 1) }));
}

const findFields = () => [
  shapes.find.root,
  ...field("find.at", timeField("find-at")),
  ...field("find.condition", choiceField("find-condition", ["unknown", "well", "injured", "dead"].map((each) => [each, `condition.${each}`]))),
  worded("p", "find.note", { className: "note whole" }),
];

async function sendFind() {
  const geometry = shapes.find.geometry();
  if (!geometry) return shapes.find.focus();
  const { id, version } = current();
  const body = said({ location: geometry.coordinates, found_at: momentOf(byId("find-at")), condition: byId("find-condition").value });
  await tell(`v1/searches/${id}/find`, body, { version });
  shapes.find.clear();
  part("find").open = false;
  return told(null, t("find.told", { id }));
}

async function changeStatus() {
  const { id, version, status } = current();
  await tell(`v1/searches/${id}/status`, { status: status === "open" ? "suspended" : "open", reason: byId("status-reason").value.trim() }, { version });
  byId("status-reason").value = "";
  await reread();
}

// --- drawn ---------------------------------------------------------------------------------------------------------

function draw() {
  const { search, plan, segments, log } = known();
  const isOpen = search.status === "open";
  for (const name of ["result", "clue", "move"]) part(name).hidden = !isOpen;
  part("find").hidden = search.status === "found";
  byId("status-part").hidden = search.status === "found";
  byId("status-change").textContent = t(isOpen ? "hunt.suspend" : "hunt.resume");
  const what = byId("result-what"), chosen = what.value;
  what.replaceChildren(
    ...(plan?.assignments ?? []).map(({ id, team, resource, segment }) => option(`assignment ${id}`, t("result.assignment", { segment, team: team || resource }))),
    ...[...segments].sort((a, b) => b.properties.poa - a.properties.poa).map(({ properties: { id, poa } }) => option(`segment ${id}`, t("result.segment", { id, share: percent(poa) }))),
    option("", t("result.anywhere")),
  );
  what.value = chosen;
  if (what.selectedIndex < 0 || !what.dataset.chosen) what.selectedIndex = 0;
  const device = byId("result-device"), before = device.value;
  const tracked = allTeams().filter((unit) => unit.device);
  device.replaceChildren(...(tracked.length ? tracked.map((unit) => option(unit.device, unit.title || unit.id)) : [option("", t("result.no_device"))]));
  device.value = before;
  if (device.selectedIndex < 0) device.selectedIndex = 0;
  if (!byId("result-begin").value) byId("result-begin").value = asFieldTime(search.created_at);
  turn();
  byId("told-list").replaceChildren(...[...log].reverse().map(row));
  const clues = log.filter((entry) => entry.action === "clue");
  showOn("clues", clues.map(({ number: n, fields }) => (fields.location ? point(fields.location, { label: clueLabel(n, fields) }) : { type: "Feature", geometry: fields.area, properties: { label: clueLabel(n, fields) } })));
}

const option = (value, words) => element("option", { value }, words);

const clueLabel = (_, { description, likelihood_ratio: ratio }) => [t("clue.mark", { ratio: number(ratio, 2) }), description.slice(0, 24)].filter(Boolean).join("\n");

const row = (entry) =>
  element("li", { "data-action": entry.action }, element("span", { className: "muted" }, [clock(entry.at, { second: "2-digit" }), entry.who].join(" · ")), element("span", {}, [t(`deed.${entry.action}`), detail(entry)].filter(Boolean).join(" · ")));

function detail({ action, fields }) {
  if (action === "searched") return [fields.team, fields.assignment, fields.outcome && t("log.search_pos", { pos: percent(fields.outcome.pos), total: percent(fields.outcome.pos_total) }), fields.note].filter(Boolean).join(" · ");
  if (action === "clue") return [t("clue.mark", { ratio: number(fields.likelihood_ratio, 2) }), fields.description].filter(Boolean).join(" · ");
  if (action === "moved") return duration(fields.duration_s);
  if (action === "planned") return t("log.search_plan", { n: fields.assignments, share: percent(fields.pos_total) });
  if (action === "found") return t("hunt.found_away", { distance: distance(fields.distance_m) });
  return fields.reason ?? "";
}

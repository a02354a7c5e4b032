// The next best plan: who can search, how the hours are shared out over the segments, with what chance and what proof.

import { announce } from "./announce.js";
import { makeOnce, newRequest, tell } from "./api.js";
import { button, byId, element, table } from "./dom.js";
import { choiceField, field, numberField, numberOf, textField, worded } from "./form.js";
import { number } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { drawPosCurve } from "./pos_curve.js";
import { tellOf } from "./search_told.js";
import { current, known, onSearch, reread } from "./search_state.js";
import { percent } from "./search_words.js";
import { empty, makeWork } from "./states.js";
import { allTeams } from "./team_tracks.js";

const MOST = 50; // resources of a plan
const MOST_POD = 0.9999; // that a result may tell: nothing is searched for certain
const CAMERA_KMH = 30;

/** What a new row begins with; the width is of one searcher. */
const KINDS = {
  foot: { searchers: 5, hours: 3, v_kmh: 2, by: "width", reach: 20 },
  dog: { searchers: 1, hours: 3, v_kmh: 3, by: "width", reach: 60 },
  uav: { searchers: 1, hours: 1, v_kmh: CAMERA_KMH, by: "camera", reach: 60 },
};

const once = makeOnce();
let work = null;
let rows = 0; // ever added: each has ids of its own

export function startPlan() {
  work = makeWork(byId("plan-trouble"), reread);
  byId("plan-form").append(
    element("ul", { className: "resources", id: "plan-resources" }),
    element("div", { className: "row-buttons" }, Object.keys(KINDS).map((kind) => worded("button", `plan.add_${kind}`, { type: "button", className: "quiet", onclick: () => addRow(kind).querySelector("input").focus() })), worded("button", "plan.add_units", { type: "button", className: "quiet", onclick: addTeams })),
    element("details", { className: "part" }, worded("summary", "plan.more"),
      element("div", { className: "fields" },
        field("plan.detection", choiceField("plan-detection", ["random", "inverse_cube", "ideal"].map((each) => [each, `detection.${each}`]))),
        field("plan.least", numberField("plan-least", { min: 0, max: 24, value: "0" })))),
    element("div", { className: "row-buttons" }, worded("button", "plan.make", { type: "submit", className: "primary" })),
  );
  for (let place = 0; place < 3; place++) addRow("foot");
  byId("plan-form").addEventListener("submit", (event) => {
    event.preventDefault();
    work(makePlan);
  });
  onSearch(draw);
  onLanguage(() => current() && draw());
}

// --- who can search ------------------------------------------------------------------------------------------------

function addRow(kind, name = t("plan.team_is", { n: byId("plan-resources").children.length + 1 })) {
  const id = `team-${++rows}`, { searchers, hours, v_kmh: speed, by, reach } = KINDS[kind];
  const title = textField(`${id}-name`, 64);
  title.value = name;
  title.setAttribute("aria-label", t("plan.team"));
  const basis = choiceField(`${id}-by`, ["width", "high", "medium", "low", "camera"].map((each) => [each, `plan.by_${each}`]), by);
  const cell = (key, field_) => element("span", { className: "small-field" }, worded("label", key, { for: field_.id }), field_);
  const fov = cell("plan.fov", numberField(`${id}-fov`, { min: 1, max: 179, value: "70" }));
  const reachLabel = element("label", { for: `${id}-reach` });
  const turn = () => {
    reachLabel.dataset.i18n = { width: "plan.width", camera: "plan.height" }[basis.value] ?? "plan.range";
    reachLabel.textContent = t(reachLabel.dataset.i18n);
    fov.hidden = basis.value !== "camera";
  };
  basis.addEventListener("change", turn);
  turn();
  const row = element(
    "li",
    { id, className: "resource" },
    element("div", { className: "with-button" }, title, button("×", () => remove(row), { "aria-label": t("plan.remove", { name }), className: "quiet" })),
    element("div", { className: "small-fields" },
      cell("plan.searchers", numberField(`${id}-searchers`, { min: 1, max: 500, step: 1, value: String(searchers), required: true })),
      cell("plan.each_hours", numberField(`${id}-hours`, { min: 0, max: 72, value: String(hours), required: true })),
      cell("plan.speed", numberField(`${id}-speed`, { min: 0.1, max: 300, value: String(speed), required: true })),
      element("span", { className: "small-field wide" }, worded("label", "plan.by", { for: basis.id }), basis),
      element("span", { className: "small-field" }, reachLabel, numberField(`${id}-reach`, { min: 0.1, max: 5000, value: String(reach), required: true })),
      fov),
  );
  if (byId("plan-resources").children.length < MOST) byId("plan-resources").append(row);
  return row;
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector("input") ?? byId("plan-form").querySelector("button"))?.focus();
}

// Those who are on the map as teams, under their own names.
function addTeams() {
  const known_ = new Set([...byId("plan-resources").children].map((row) => byId(`${row.id}-name`).value));
  const added = allTeams().filter((unit) => !known_.has(unit.title || unit.id));
  for (const unit of added) addRow("foot", unit.title || unit.id);
  announce(t("plan.added", { n: added.length }));
}

function resourceOf({ id }) {
  const value = (name) => numberOf(byId(`${id}-${name}`));
  const by = byId(`${id}-by`).value;
  const width = by === "width" ? { W_m: value("reach") } : by === "camera" ? { camera: { height_m: value("reach"), fov_deg: value("fov") } } : { visibility: by, Rd_m: value("reach") };
  return { id, team: byId(`${id}-name`).value.trim(), searchers: value("searchers"), hours: value("hours"), v_kmh: value("speed"), ...width };
}

async function makePlan() {
  const resources = [...byId("plan-resources").children].map(resourceOf);
  if (!resources.length) return addRow("foot").querySelector("input").focus();
  const body = { resources, detection: byId("plan-detection").value, least_hours: numberOf(byId("plan-least")) ?? 0 };
  const plan = await once(`v1/searches/${current().id}/plan`, body);
  announce(t("plan.made", { share: percent(plan.pos_total) }));
  await reread();
  return byId("plan-heading").focus();
}

// --- what came of it -----------------------------------------------------------------------------------------------

function draw() {
  const { plan, segments, search } = known();
  byId("plan-form").hidden = !segments.length || search.status !== "open";
  byId("plan-needs").hidden = segments.length > 0;
  byId("hunt-plan").replaceChildren(...(plan ? drawn(plan, search) : [empty("hunt.no_plan")]));
}

function drawn({ assignments, pos_total: total, gap, detection, curve, warnings }, { status }) {
  const lines = assignments.map(({ id, team, resource, segment, hours, pod, pos }) => [team || resource, segment, t("plan.hours_are", { n: number(hours, 1) }), percent(pod, 0), percent(pos), status === "open" && asked(id, segment, pod)]);
  return [
    element("p", {}, element("strong", {}, t("plan.made", { share: percent(total) })), " ", element("span", { className: "muted" }, t(detection === "random" ? "plan.gap" : "plan.no_gap", { share: percent(gap, 4) }))),
    curve.length > 1 && drawPosCurve(curve),
    warnings.length > 0 && element("ul", { className: "lines note", lang: "en" }, warnings.map((text) => element("li", {}, text))),
    element("div", { className: "scrolls", tabindex: "0", role: "region", "aria-label": t("plan.caption") }, table(t("plan.caption"), [t("plan.team"), t("hunt.segment"), t("plan.hours"), t("plan.pod"), t("plan.pos"), t("plan.done")], lines)),
  ].filter(Boolean);
}

// Searched as planned and nobody found: the map follows. Anything else is told in full.
const asked = (assignment, segment, planned) =>
  element(
    "div",
    { className: "cell-buttons" },
    button(t("plan.nobody"), () => work(() => nobody(assignment, planned)), { "aria-label": t("plan.nobody_named", { segment }) }),
    button("…", () => tellOf(assignment), { "aria-label": t("plan.tell_named", { segment }) }),
  );

async function nobody(assignment, planned) {
  const { pos_total: total } = await tell(`v1/searches/${current().id}/results`, { assignment, pod: Math.min(planned, MOST_POD) }, { request: newRequest() });
  announce(t("hunt.pos_is", { share: percent(total) }));
  byId("plan-heading").focus(); // the button that was pressed goes
  await reread();
}

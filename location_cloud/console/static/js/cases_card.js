// The card of a case: its stages and lamps, what and where it is, who must act, and what may be the same.

import { ask } from "./api.js";
import { button, byId, element, facts } from "./dom.js";
import { show } from "./cases_map.js";
import { current, onCase, onWords, select } from "./cases_state.js";
import { className, departmentOf, lamp, leftOf, stageTitle, worded } from "./cases_words.js";
import { clock, distance, lonlatText } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { trouble } from "./states.js";

const SEVEN = [["reported", "to_verify", "accepted"], ["filed"], ["dispatched"], ["handling", "suspended"], ["feedback"], ["to_check"], ["closed"]];
const MOST_SIMILAR = 5;

let openGrid = () => {};

/** shows: (code) of the grid map, where a unit grid is opened. */
export function startCard(shows) {
  openGrid = shows;
  onCase((found, isOther) => {
    draw();
    if (isOther) {
      byId("case-similar").replaceChildren();
      show("lc-case-grid");
      if (found) drawGrid(found);
    }
    if (found) drawSimilar(found);
  });
  onWords(draw);
  onLanguage(() => {
    draw();
    if (current()) drawSimilar(current());
  });
}

/** Draws what runs with the time anew. */
export function tick() {
  const found = current();
  if (!found || byId("case-left").contains(document.activeElement)) return;
  byId("case-left").textContent = leftOf(found.deadline, found);
}

function draw() {
  const found = current();
  byId("case-block").hidden = !found;
  if (!found) return;
  byId("case-heading").textContent = `${found.number} · ${className(found.class)}`;
  byId("case-answer").replaceChildren(...rows(found).filter(Boolean));
  tick();
}

const rows = (found) => [
  element(
    "p",
    { className: "marks" },
    element("span", { className: "mark strong" }, stageTitle(found.stage)),
    lamp(found.lamp),
    found.simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated")),
    found.votes > 1 && element("span", { className: "mark" }, t("case.votes", { n: found.votes })),
    found.reworks > 0 && element("span", { className: "mark doubtful" }, t("case.reworks", { n: found.reworks })),
    found.checked !== null && element("span", { className: "mark" }, t(found.checked ? "case.passed" : "case.not_passed")),
  ),
  steps(found),
  found.asked.action && element("p", { className: "state which-one" }, asks(found.asked)),
  facts([
    [t("case.time"), element("span", { id: "case-left" })],
    [t("case.now"), nowOf(found)],
    [t("case.description"), found.description],
    [t("case.place"), element("span", {}, [found.address, lonlatText(found.lonlat, 5)].filter(Boolean).join(" · "))],
    [t("case.grid"), found.grid && element("span", {}, button(found.grid, () => openGrid(found.grid), { className: "link", "aria-label": t("case.show_grid", { code: found.grid }) }), found.village_grid && ` · ${found.village_grid}`)],
    [t("case.department"), [departmentOf(found.department), found.post, found.assignee].filter(Boolean).join(" · ")],
    [t("case.component"), found.component],
    [t("case.source"), [worded("case_source", found.source), clock(found.created_at), found.incident && t("case.of_incident", { id: found.incident })].filter(Boolean).join(" · ")],
    [t("case.merged_into"), found.parent && button(String(found.parent), () => select(found.parent), { className: "link" })],
  ]),
];

// The seven stages as a line: those behind, the one that it is at, those ahead.
function steps({ stage }) {
  const at = SEVEN.findIndex((names) => names.includes(stage));
  if (at < 0) return "";
  return element(
    "ol",
    { className: "stages", "aria-label": t("case.stages") },
    SEVEN.map((names, place) =>
      element("li", { "data-when": place < at ? "past" : place === at ? "now" : "ahead", "aria-current": place === at ? "step" : null }, stageTitle(place === at ? stage : names.at(names.length > 1 && names[0] === "reported" ? 2 : 0))),
    ),
  );
}

function nowOf(found) {
  if (!found.role) return "";
  const left = leftOf(found.stage_deadline, found);
  return element("span", {}, t("case.turn", { role: worded("case_role", found.role) }), left && found.stage_deadline !== found.deadline ? ` · ${left} ` : " ", found.stage_lamp && found.stage_deadline !== found.deadline ? lamp(found.stage_lamp) : "");
}

const asks = (asked) => [t("case.asks", { action: worded("case_action", asked.action), text: asked.text || t("case.no_reason") }), asked.limit && ` (${asked.limit})`].filter(Boolean);

async function drawGrid({ id, grid }) {
  const found = grid ? await ask(`v1/grids/unit/${grid}`).catch(() => null) : null; // the case is shown without it all the same
  if (found && current()?.id === id) show("lc-case-grid", found);
}

async function drawSimilar({ id, version }) {
  const box = byId("case-similar");
  try {
    const { similar } = await ask(`v1/cases/${id}/similar`);
    if (current()?.id === id && current().version === version) box.replaceChildren(...similarRows(similar, "case-similar-heading"));
  } catch (problem) {
    if (current()?.id === id) box.replaceChildren(trouble(problem, () => drawSimilar({ id, version })));
  }
}

/** What may be the same, as a box that is not there where nothing is. */
export function similarRows(similar, headingId) {
  if (!similar.length) return [];
  return [
    element(
      "section",
      { className: "which-one", "aria-labelledby": headingId },
      element("h3", { id: headingId }, t("case.similar")),
      similar.slice(0, MOST_SIMILAR).map((each) =>
        element(
          "div",
          { className: "row-buttons" },
          element("span", {}, [each.number, stageTitle(each.stage), each.same_component ? t("case.same_component") : distance(each.distance_m), clock(each.created_at)].join(" · ")),
          button(t("case.open"), () => select(each.id), { "aria-label": t("case.open_named", { number: each.number }), "data-similar": String(each.id) }),
        ),
      ),
    ),
  ];
}

// What may be done with the case that is shown: only what is legal now for this key, each with what it needs.

import { announce } from "./announce.js";
import { ask, newRequest } from "./api.js";
import { entryWords } from "./cases_log.js";
import { act, current, onCase, reread } from "./cases_state.js";
import { classOf, departmentOf, worded as valueWords } from "./cases_words.js";
import { button, byId, element } from "./dom.js";
import { choiceField, field, momentOf, numberField, said, textField, timeField } from "./form.js";
import { boundsOfCircle } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { trouble } from "./states.js";

const REASONED = new Set(["return", "reject", "rework", "suspend", "extend", "void", "reopen", "note"]); // why is always written down
const COMPONENT_AT = new Set(["verify", "accept", "file", "self_handle"]);
const NEAR_M = 100; // of a component that a case may be about
const LAST = new Set(["note", "reject", "void", "merge", "return"]); // not what usually comes next

let open = null; // {action, id, version, request} of the form that is filled in

export function startActions() {
  onCase((found, isOther) => {
    if (isOther || (open && open.version !== found?.version)) close();
    draw();
  });
  onLanguage(() => {
    close();
    draw();
  });
}

/** Opens what usually comes next, by keyboard; false where nothing is possible. */
export function openFirst() {
  const first = byId("case-actions").querySelector("button");
  first?.focus();
  return Boolean(first);
}

/** Opens a note for the timeline. */
export function openNote() {
  if (!current()?.actions?.includes("note")) return false;
  begin("note");
  return true;
}

const ordered = (actions) => [...actions.filter((each) => !LAST.has(each)), ...actions.filter((each) => LAST.has(each))];

function draw() {
  const found = current();
  const actions = ordered(found?.actions ?? []);
  byId("case-actions").replaceChildren(
    ...(actions.length
      ? actions.map((action, place) => button(t(`case_action.${action}`), () => begin(action), { "data-action": action, className: place ? "quiet" : "quiet strong", "aria-expanded": String(open?.action === action) }))
      : found
        ? [element("p", { className: "note" }, t("case.no_actions"))]
        : []),
  );
}

function close() {
  open = null;
  byId("case-act").replaceChildren();
  byId("case-act-trouble").replaceChildren();
}

function begin(action) {
  const found = current();
  open = { action, id: found.id, version: found.version, request: newRequest() };
  byId("case-act-trouble").replaceChildren();
  byId("case-act").replaceChildren(form(action, found));
  draw();
  byId("case-act").querySelector("input, select, textarea")?.focus();
}

function form(action, found) {
  const isReasoned = REASONED.has(action) && !(action === "extend" && found.asked.action);
  const text = element("textarea", { id: "act-text", rows: "2", maxlength: "4000", required: isReasoned });
  return element(
    "form",
    { className: "fields act-form", autocomplete: "off", onsubmit: submit, "aria-label": t(`case_action.${action}`) },
    ...(NEEDS[action]?.(found) ?? []),
    ...(COMPONENT_AT.has(action) && classOf(found.class)?.needs_component && !found.component ? componentField(found) : []),
    ...field(isReasoned ? "case.reason" : "case.remark", text),
    element("div", { className: "row-buttons whole" }, element("button", { type: "submit", className: "primary" }, t(`case_action.${action}`)), button(t("case.cancel"), cancel)),
  );
}

const NEEDS = {
  dispatch: (found) => [
    ...field("case.department", element("input", { type: "text", id: "act-department", maxlength: "64", value: found.department, placeholder: t("case.as_rules"), list: "act-departments" })),
    element("datalist", { id: "act-departments" }, [...new Set([classOf(found.class)?.department].filter(Boolean))].map((each) => element("option", { value: each }, departmentOf(each)))),
    ...field("case.post", textField("act-post", 64)),
    ...field("case.assignee", textField("act-assignee", 64)),
  ],
  accept: (found) => (found.stage === "dispatched" ? field("case.assignee", textField("act-assignee", 64)) : []),
  check: () => field("case.check_is", choiceField("act-passed", [["yes", "case.passed"], ["no", "case.not_passed"]])),
  suspend: () => field("case.until", timeField("act-until")),
  extend: (found) =>
    field(
      "case.more_time",
      numberField("act-amount", { min: 0, max: 99999, step: "0.5", required: !found.asked.limit, value: found.asked.limit?.split(" ")[0] ?? "1" }),
      choiceField("act-unit", [["work_day", "case_unit.work_day"], ["work_hour", "case_unit.work_hour"], ["hour", "case_unit.hour"]], found.asked.limit?.split(" ")[1] ?? "work_day"),
    ),
  merge: () => {
    const near = [...byId("case-similar").querySelectorAll("[data-similar]")].map((each) => each.dataset.similar);
    return [...field("case.into", numberField("act-into", { min: 1, step: 1, required: true, value: near[0] ?? "", list: "act-near" })), element("datalist", { id: "act-near" }, near.map((id) => element("option", { value: id })))];
  },
};

// Which one it is about, of those of its class that are near.
function componentField(found) {
  const list = element("datalist", { id: "act-components" });
  ask("v1/components", { bbox: boundsOfCircle(found.lonlat, NEAR_M).map((each) => each.toFixed(6)).join(","), class: found.class, limit: 20 }).then(
    ({ components }) => list.replaceChildren(...components.map((each) => element("option", { value: each.id }, each.name || each.owner))),
    () => {}, // the id can be written by hand
  );
  return [...field("case.component", element("input", { type: "text", id: "act-component", inputmode: "numeric", pattern: "[0-9]{16}", maxlength: "16", placeholder: t("case.component_form"), list: "act-components" })), list];
}

function cancel() {
  const { action } = open;
  close();
  draw();
  byId("case-actions").querySelector(`[data-action="${action}"]`)?.focus();
}

const valueOf = (id) => byId(id)?.value.trim() || undefined;

const wish = ({ action }) =>
  said({
    text: valueOf("act-text"),
    department: valueOf("act-department"),
    post: valueOf("act-post"),
    assignee: valueOf("act-assignee"),
    component: valueOf("act-component"),
    passed: action === "check" ? byId("act-passed").value === "yes" : undefined,
    until: byId("act-until") ? momentOf(byId("act-until")) : undefined,
    limit: byId("act-amount") ? `${valueOf("act-amount")} ${byId("act-unit").value}` : undefined,
    into: action === "merge" ? Number(valueOf("act-into")) : undefined,
  });

async function submit(event) {
  event.preventDefault();
  const mine = open;
  const before = current();
  const sender = event.submitter ?? byId("case-act").querySelector(".primary");
  sender.disabled = true;
  try {
    await act(mine.id, mine.action, wish(mine), mine.version, mine.request);
    announce(t("case.done", { action: t(`case_action.${mine.action}`) }));
    close();
    draw();
    byId("case-heading").focus();
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    sender.disabled = false;
    if (problem.status === 409) await sayChanged(before, problem);
    else byId("case-act-trouble").replaceChildren(trouble(problem, null));
  }
}

// Somebody was faster: what they did since is told, and what is possible now is offered.
async function sayChanged(before, problem) {
  const [log] = await Promise.all([ask(`v1/cases/${before.id}/timeline`, { limit: 1000 }).catch(() => ({ entries: [] })), reread().catch(() => {})]);
  const since = log.entries.filter((each) => each.version > before.version);
  byId("case-act-trouble").replaceChildren(
    element(
      "section",
      { className: "which-one", role: "alert", id: "case-changed" },
      element("h3", {}, t(since.length ? "case.changed" : "problem.409")),
      since.length ? element("ul", {}, since.map((each) => element("li", {}, entryWords(each)))) : element("p", {}, problem.detail),
      element("p", { className: "note" }, t("case.possible", { actions: ordered(current()?.actions ?? []).map((each) => valueWords("case_action", each)).join(t("list.comma")) })),
    ),
  );
}

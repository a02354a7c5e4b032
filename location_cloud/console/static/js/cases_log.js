// The timeline of the case that is shown: what was done, by whom, in which role, newest first.

import { ask } from "./api.js";
import { current, onCase, onWords } from "./cases_state.js";
import { className, departmentOf, limitOf, stageTitle, worded } from "./cases_words.js";
import { byId, element } from "./dom.js";
import { clock, distance } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { makeQuestion } from "./states.js";

const MOST = 1000; // lines of one case that the page shows

let question = null;

export function startCasesLog() {
  question = makeQuestion(byId("case-log"));
  onCase((found, isOther) => found && refresh(isOther ? undefined : null));
  onWords(() => current() && refresh(null));
  onLanguage(() => current() && refresh(null));
}

function refresh(waitingKey) {
  const { id } = current();
  return question(
    (signal) => ask(`v1/cases/${id}/timeline`, { limit: MOST }, { signal }),
    ({ entries }) => element("ol", { className: "log" }, [...entries].reverse().map(line)),
    waitingKey,
  );
}

const line = (entry) =>
  element(
    "li",
    { "data-entry": entry.action },
    element("span", {}, deed(entry)),
    element("span", { className: "muted" }, [clock(entry.at, { second: "2-digit" }), entry.who, entry.role && worded("case_role", entry.role)].filter(Boolean).join(" · ")),
  );

/** What a line tells, with its moment and who, in one row. */
export const entryWords = (entry) => [clock(entry.at, { second: "2-digit" }), entry.who, deed(entry)].join(" · ");

function deed({ action, stage_from: from, stage_to: to, fields }) {
  const more = [
    fields.text,
    action !== "report" && fields.department && departmentOf(fields.department),
    action === "report" && fields.class && className(fields.class),
    action === "report" && fields.description,
    fields.limit && action === "extend" && limitOf(fields.limit),
    fields.passed !== undefined && t(fields.passed ? "case.passed" : "case.not_passed"),
    fields.merged && t("case.with", { id: fields.merged }),
    fields.distance_m && t("case.photo_away", { distance: distance(fields.distance_m) }),
  ];
  const name = worded("case_action", action);
  const step = to && from !== to ? `${name} → ${stageTitle(to)}` : name;
  return [step, ...more.filter(Boolean)].join(" · ");
}

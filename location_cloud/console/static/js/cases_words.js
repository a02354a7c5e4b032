// Words for cases: their class, stage, lamp and the time that is left, in the language of whoever looks.

import { element } from "./dom.js";
import { clock, duration, number } from "./format.js";
import { has, language, t } from "./i18n.js";

const DAY_S = 86_400;
const LONG_S = 2 * DAY_S; // beyond it hours alone are hard to read

let classes = new Map();
let stages = [];

/** Keeps the catalogue and the flow that the server told. */
export function learn(told, flow) {
  classes = new Map(told.map((each) => [each.code, each]));
  stages = flow.stages;
}

/** The class of a code; undefined where the catalogue has it no more. */
export const classOf = (code) => classes.get(code);

export const allClasses = () => [...classes.values()].filter((each) => each.is_active);

/** [value, words] of every stage, in the order of the flow. */
export const stageChoices = () => stages.map(({ stage, title }) => [stage, title[language()]]);

export const stageTitle = (stage) => stages.find((each) => each.stage === stage)?.title[language()] ?? stage;

const short = () => (language() === "en" ? "en" : "zh"); // as the catalogue calls its languages

export const className = (code) => nameOf(classes.get(code)) ?? code;

export const nameOf = (found) => found && (found.names[short()] || found.names.zh);

export const groupOf = (found) => found.group_names[short()] || found.group_names.zh || found.group;

/** A value that has words of its own under a prefix, or itself: departments and actions of a city's own. */
export const worded = (prefix, value) => (has(`${prefix}.${value}`) ? t(`${prefix}.${value}`) : value);

export const departmentOf = (value) => worded("department", value);

/** "3 work_day" as people say it. */
export function limitOf(text) {
  const [amount, unit] = text.split(" ");
  return t(`case_limit.${unit}`, { n: number(Number(amount), 1) });
}

export const span = (seconds) => (seconds < LONG_S ? duration(seconds) : t("case.days", { d: Math.floor(seconds / DAY_S), h: Math.floor((seconds % DAY_S) / 3600) }));

/** How long a case or the present work still has, or by how much it is late; "" without a limit. */
export function leftOf(deadline, { suspended_since: suspended, closed_at: closed }) {
  if (!deadline) return "";
  if (suspended && !closed) return t("case.stopped");
  const left = (Date.parse(deadline) - (closed ? Date.parse(closed) : Date.now())) / 1000;
  if (closed) return left >= 0 ? t("case.in_time") : t("case.was_late", { span: span(-left) });
  return left >= 0 ? t("case.left", { span: span(left), time: clock(deadline) }) : t("case.late", { span: span(-left), time: clock(deadline) });
}

/** A lamp with its word: colour alone says nothing to many. */
export const lamp = (name) => (name ? element("span", { className: "mark lamp", "data-lamp": name }, t(`lamp.${name}`)) : "");

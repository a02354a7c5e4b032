// The log of the emergency that is shown: every line as it comes, and notes.

import { announce } from "./announce.js";
import { ask, makeOnce } from "./api.js";
import { byId, element } from "./dom.js";
import { onOther } from "./emergency.js";
import { clock, lonlatText } from "./format.js";
import { has, language, onLanguage, t } from "./i18n.js";
import { trouble } from "./states.js";

let emergency = 0; // id of the one that is shown, 0 = none
let entries = [];
let isAsking = false;
const once = makeOnce();
const listeners = [];

export function startLog() {
  byId("log-form").addEventListener("submit", (event) => {
    event.preventDefault();
    note();
  });
  onLanguage(draw);
  onOther(({ id }) => follow(id));
}

/** Called with all entries whenever there are other ones, the oldest first. */
export const onLog = (listener) => listeners.push(listener);

function follow(id) {
  emergency = id;
  entries = [];
  byId("log-block").hidden = !id;
  draw();
  return refreshLog();
}

/** Asks for what is new. */
export async function refreshLog() {
  if (!emergency || isAsking) return;
  const asked = emergency;
  isAsking = true;
  const answer = await ask(`v1/emergencies/${asked}/log`, { after: entries.at(-1)?.number, limit: 1000 }).catch(() => null);
  isAsking = false;
  if (asked !== emergency) return refreshLog();
  if (!answer?.entries.length) return;
  if (entries.length) announce(logWords(answer.entries.at(-1)));
  entries.push(...answer.entries);
  draw();
  for (const listener of listeners) listener(entries);
}

const draw = () => byId("log-list").replaceChildren(...[...entries].reverse().map(row));

const row = (entry) =>
  element(
    "li",
    { "data-action": entry.action },
    element("span", { className: "muted" }, [clock(entry.at, { second: "2-digit" }), entry.role_title[language()], entry.who].join(" · ")),
    element("span", {}, logWords(entry)),
  );

/** What an entry says. */
export function logWords({ action, fields }) {
  const unit = fields.assignment?.as;
  if (action === "assigned") return t("log.assigned", { unit: unit.unit });
  if (action === "step") return t("log.step", { unit: unit.unit, step: t(`step.${unit.status}`) });
  if (action === "note") return t("log.note", { text: fields.text });
  if (action === "changed") return t("log.changed", { fields: Object.entries(fields).map(changeWords).join(t("list.comma")) });
  return t(`log.${action}`);
}

const VALUES = {
  category: (value) => t(`category.${value}`),
  level: (value) => t(`emergency.level_${value}`),
  status: (value) => t(`emergency.status_${value}`),
  needs: (value) => value.join(" "),
  lonlat: (value) => lonlatText(value, 5),
};

function changeWords([name, value]) {
  const words = value === null ? "–" : VALUES[name]?.(value) ?? (typeof value === "string" ? value : JSON.stringify(value));
  return t("log.field_is", { field: has(`log_field.${name}`) ? t(`log_field.${name}`) : name, value: words });
}

async function note() {
  const field = byId("log-text");
  const text = field.value.trim();
  if (!text || !emergency) return;
  try {
    await once(`v1/emergencies/${emergency}/log`, { text });
    field.value = "";
    byId("log-trouble").replaceChildren();
  } catch (problem) {
    byId("log-trouble").replaceChildren(trouble(problem, note));
    return;
  }
  await refreshLog();
}

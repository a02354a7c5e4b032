// The log of the emergency that is shown: every line as it comes, and notes.

import { announce } from "./announce.js";
import { ask, newRequest, tell } from "./api.js";
import { byId, element } from "./dom.js";
import { clock } from "./format.js";
import { language, onLanguage, t } from "./i18n.js";
import { trouble } from "./states.js";

let emergency = 0; // id of the one that is shown, 0 = none
let entries = [];
let isAsking = false;
let sending = null; // {text, request}

export function startLog() {
  byId("log-form").addEventListener("submit", (event) => {
    event.preventDefault();
    note();
  });
  onLanguage(draw);
}

/** Follows the log of another emergency; 0 = none. */
export function followLog(id) {
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
  if (entries.length) announce(words(answer.entries.at(-1)));
  entries.push(...answer.entries);
  draw();
}

const draw = () => byId("log-list").replaceChildren(...[...entries].reverse().map(row));

const row = (entry) =>
  element(
    "li",
    { "data-action": entry.action },
    element("span", { className: "muted" }, [clock(entry.at, { second: "2-digit" }), entry.role_title[language()], entry.who].join(" · ")),
    element("span", {}, words(entry)),
  );

function words({ action, fields }) {
  const unit = fields.assignment?.as;
  if (action === "assigned") return t("log.assigned", { unit: unit.unit });
  if (action === "step") return t("log.step", { unit: unit.unit, step: t(`step.${unit.status}`) });
  if (action === "note") return t("log.note", { text: fields.text });
  if (action === "changed") return t("log.changed", { fields: Object.entries(fields).map(changeWords).join(t("list.comma")) });
  return t(`log.${action}`);
}

function changeWords([name, value]) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `${name} = ${text}`;
}

async function note() {
  const field = byId("log-text");
  const text = field.value.trim();
  if (!text || !emergency) return;
  if (sending?.text !== `${emergency} ${text}`) sending = { text: `${emergency} ${text}`, request: newRequest() };
  try {
    await tell(`v1/emergencies/${emergency}/log`, { text }, { request: sending.request });
    sending = null;
    field.value = "";
    byId("log-trouble").replaceChildren();
  } catch (problem) {
    byId("log-trouble").replaceChildren(trouble(problem, note));
    return;
  }
  await refreshLog();
}

// The call card: whatever came in is typed or pasted into one field, read line by line, and becomes a call with a place.

import { announce } from "./announce.js";
import { ask, makeOnce, tell } from "./api.js";
import { button, byId, element, facts } from "./dom.js";
import { showFix } from "./dispatch_map.js";
import { clock, distance, lonlatText, number } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { fit } from "./map.js";
import { empty, makeQuestion, showTrouble, trouble } from "./states.js";

const LISTED = 12; // of the last day; who needs more asks the API
const DAY_MS = 86_400_000;
const TOLD_WITHIN_M = 25, CLICKED_WITHIN_M = 50; // in 95 of 100 cases: a position read out, a place clicked
const CLEAR_MS = 60_000; // personal data in clear go from the screen by themselves

const FORMS = [
  ["aml", /^A"ML=/i],
  ["aml_sms_hex", /^[0-9A-F]{60,}$/i],
  ["aml_form", /^v=\d+&.*location_/],
  ["number", /^\+?[0-9][0-9 ()*#-]{2,38}$/],
];
const MAYBE_POSITION = /\d.*\d.*\d.*\d/; // any spelling of a position has as many digits

let question = null;
let taken = null; // the call that the card shows
let calls = []; // of the last day, the newest last
let listed = ""; // what the list was drawn from
let whenTaken = null;
let clearTimer = 0;
const once = makeOnce(); // the same sent again is the same call

/** chosen: called with the call that the card shows now, null = none. */
export function startCalls(chosen) {
  whenTaken = chosen;
  question = makeQuestion(byId("call-answer"));
  byId("call-form").addEventListener("submit", (event) => {
    event.preventDefault();
    take();
  });
  byId("call-text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    take();
  });
  byId("call-text").addEventListener("input", sayForms);
  byId("call-new").addEventListener("click", forget);
  onLanguage(() => {
    sayForms();
    listed = "";
    drawList();
    if (taken) byId("call-answer").replaceChildren(...card(taken));
  });
  sayForms();
}

/** A click on the map: the caller says that it is there. */
export function writePoint(lonlat) {
  const field = byId("call-text");
  const kept = field.value.split("\n").filter((line) => line.trim() && !line.startsWith("@"));
  field.value = [...kept, `@ ${lonlatText(lonlat)}`].join("\n");
  sayForms();
  field.focus();
}

const lines = () => byId("call-text").value.split("\n").map((line) => line.trim()).filter(Boolean);

const formOf = (line) => (line.startsWith("@") ? "clicked" : FORMS.find(([, pattern]) => pattern.test(line))?.[0] ?? "words");

function sayForms() {
  const found = [...new Set(lines().map(formOf))];
  byId("call-read").textContent = found.length ? t("call.read_as", { forms: found.map((form) => t(`form_of_call.${form}`)).join(t("list.comma")) }) : t("call.how");
}

function take() {
  if (!lines().length) return;
  question(
    async () => once("v1/calls", await bodyOf(lines())),
    (call) => {
      byId("call-text").value = "";
      sayForms();
      listCalls();
      return open(call);
    },
    "call.locating",
  );
}

/** What POST /v1/calls takes. Only lines that are no words go to the converter, and in a body: no address keeps them. */
async function bodyOf(all) {
  const body = { source: "console", simulated: byId("call-drill").checked }, words = [];
  for (const line of all) {
    const form = formOf(line);
    if (form === "clicked") Object.assign(body, pointAt(line.slice(1).split(",").map(Number), CLICKED_WITHIN_M));
    else if (form !== "words" && !(form in body)) body[form] = line;
    else if (form === "words" && !body.point && MAYBE_POSITION.test(line) && line.length <= 120) {
      const read = await positionIn(line);
      if (read) Object.assign(body, read);
      else words.push(line);
    } else words.push(line);
  }
  if (words.length) body.said = words.join("\n");
  return body;
}

const pointAt = (point, accuracy_m) => ({ point, accuracy_m, confidence_percent: 95 });

async function positionIn(line) {
  const { positions: [read] } = await tell("v1/coords", { texts: [line] });
  return read.lonlat && read.read.confidence >= 60 ? pointAt(read.lonlat, Math.max(read.read.accuracy_m, TOLD_WITHIN_M)) : null;
}

function open(call) {
  clearTimeout(clearTimer);
  taken = call;
  const { located } = call;
  const bounds = showFix(located);
  if (bounds) fit(bounds);
  announce(located ? t("call.found", { words: wordsOf(call), distance: distance(located.ellipse.semi_major_m) }) : t("call.nowhere"));
  whenTaken(call);
  return card(call);
}

/** The card is empty again, ready for the next call. */
export function forget() {
  close();
  showFix(null);
  byId("call-text").value = "";
  sayForms();
  byId("call-text").focus();
}

/** The card is put away: the call has become an emergency, whose card goes on. */
export function close() {
  clearTimeout(clearTimer);
  taken = null;
  byId("call-answer").replaceChildren();
  whenTaken(null);
}

/** The call that the card shows; null = none. */
export const callOnCard = () => taken;

/** The words by which a crew is told where a call is. */
export const wordsOf = (call) => call.located?.address?.words ?? (call.located ? lonlatText(call.located.position, 5) : "");

function card(call) {
  const { located } = call;
  const excluded = (located?.excluded ?? []).map(({ name, why }) => `${name}: ${why}`);
  const warnings = [...call.warnings, ...(located?.warnings ?? [])];
  return [
    element("h2", { id: "call-heading", tabindex: "-1" }, t("call.number_is", { id: call.id })),
    located ? element("p", { className: "here-name" }, wordsOf(call)) : empty("call.nowhere"),
    element(
      "p",
      { className: "marks" },
      call.simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated")),
      warnings.length > 0 && element("span", { className: "mark doubtful" }, t("call.warned", { n: warnings.length })),
      excluded.length > 0 && element("span", { className: "mark doubtful" }, t("call.left_out", { n: excluded.length })),
    ),
    facts([
      [t("call.position"), located && lonlatText(located.position)],
      [t("call.ellipse"), located && ellipseWords(located.ellipse)],
      [t("call.method"), located?.method],
      [t("call.floor"), located?.height?.floor],
      [t("call.received"), clock(call.received_at)],
      [t("call.phone"), call.number],
      [t("call.said"), call.said],
      [t("call.same_number"), call.same_number.map(String).join(t("list.comma"))],
      [t("call.warnings"), warnings.length ? sayings(warnings) : ""],
      [t("call.excluded"), excluded.length ? sayings(excluded) : ""],
    ]),
    call.is_clear ? element("p", { className: "note" }, t("call.is_clear")) : element("div", { className: "row-buttons" }, button(t("call.clear"), () => readClear(call.id), { id: "call-clear" })),
  ];
}

const sayings = (texts) => element("ul", { className: "lines", lang: "en" }, texts.map((text) => element("li", {}, text)));

const ellipseWords = ({ semi_major_m: major, semi_minor_m: minor, azimuth_deg: azimuth, level }) =>
  t("call.ellipse_is", { major: distance(major), minor: distance(minor), azimuth: number(azimuth), level: number(100 * level) });

// Only on the button: the server writes down who read it.
async function readClear(id) {
  try {
    const call = await ask(`v1/calls/${id}`, { clear: "true" });
    if (taken?.id !== id) return;
    byId("call-answer").replaceChildren(...card(call));
    byId("call-heading").focus();
    clearTimeout(clearTimer);
    clearTimer = setTimeout(() => taken?.id === id && byId("call-answer").replaceChildren(...card(taken)), CLEAR_MS);
  } catch (problem) {
    byId("call-answer").append(trouble(problem, null));
  }
}

/** Asks which calls came in, from phones too, and lists them; whether there was an answer. */
export async function listCalls() {
  const known = calls.length > 0;
  try {
    const { calls: found } = await ask("v1/calls", { since: new Date(Date.now() - DAY_MS).toISOString(), after: calls.at(-1)?.id, limit: 500 });
    calls = [...calls, ...found.filter((call) => call.id > (calls.at(-1)?.id ?? 0))].slice(-LISTED); // another turn may have brought them
    if (known && found.some((call) => call.source !== "console")) announce(t("call.came_in"));
    drawList();
    return true;
  } catch (problem) {
    if (problem.status !== 0 || !known) {
      listed = "";
      showTrouble(byId("call-list"), problem, listCalls);
    }
    return false;
  }
}

function drawList() {
  const now = JSON.stringify(calls);
  if (now === listed) return;
  listed = now;
  byId("call-list").replaceChildren(calls.length ? element("ul", { className: "results" }, [...calls].reverse().map(row)) : empty("call.none"));
}

const row = (call) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result", onclick: () => reopen(call.id) },
      element(
        "span",
        { className: "result-text" },
        element("span", { className: "result-name" }, [t("call.number_is", { id: call.id }), call.words || t("call.nowhere_short")].join(" · ")),
        element("span", { className: "result-detail" }, [clock(call.received_at), call.number, call.said.slice(0, 60)].filter(Boolean).join(" · ")),
        call.simulated && element("span", { className: "marks" }, element("span", { className: "mark doubtful" }, t("traffic.simulated"))),
      ),
    ),
  );

/** Shows a call on the card. */
export const reopen = (id) => question((signal) => ask(`v1/calls/${id}`, {}, { signal }), open);

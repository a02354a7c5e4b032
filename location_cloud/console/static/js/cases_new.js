// Reporting a case: its place by a click on the map, its class by a word, and which open ones it may be.

import { announce } from "./announce.js";
import { ask, makeOnce, pointText } from "./api.js";
import { similarRows } from "./cases_card.js";
import { add } from "./cases_files.js";
import { select } from "./cases_state.js";
import { allClasses, className, classOf, departmentOf, groupOf, limitOf, nameOf } from "./cases_words.js";
import { makeCombo } from "./combo.js";
import { byId, element } from "./dom.js";
import { choiceField, field, said, textField, tickField, worded } from "./form.js";
import { lonlatText } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { centre, makePin } from "./map.js";
import { makeQuestion } from "./states.js";
import { onOpen, openTab } from "./tabs.js";

const MOST_FOUND = 30;
const NO_RANK = 9;
const SOURCES = ["citizen", "hotline", "inspector", "patrol", "sensor"];

const once = makeOnce();
let question = null, likeness = null, pin = null;
let place = null; // [lon, lat] of the case in the making
let code = ""; // of its class
let created = () => {};

/** whenCreated: called when a case was reported, so that the list is asked for anew. */
export function startNew(whenCreated) {
  created = whenCreated;
  buildForm();
  question = makeQuestion(byId("case-new-answer"));
  likeness = makeQuestion(byId("case-new-similar"));
  pin = makePin("pin-here", "", "case.pin", setPlace);
  const combo = classCombo(byId("new-class"), byId("new-class-options"), setClass);
  byId("new-class").addEventListener("input", () => code && byId("new-class").value !== className(code) && setClass(""));
  byId("case-new").addEventListener("toggle", () => {
    if (!byId("case-new").open) combo.close();
    showPin();
  });
  byId("case-new-form").addEventListener("submit", (event) => {
    event.preventDefault();
    report();
  });
  onOpen("*", showPin);
  onLanguage(() => {
    if (code) byId("new-class").value = className(code);
    sayPlace();
    sayClass();
  });
  sayPlace();
}

/** Opens the form, at a place if one was clicked. */
export function openNew(lonlat) {
  byId("case-new").open = true;
  if (lonlat) setPlace(lonlat);
  byId("new-class").focus();
}

/** A field that finds a class by a part of its name or code. pick: ("" or code). */
export function classCombo(input, list, pick) {
  return makeCombo({
    input,
    list,
    find: async (text) => findClasses(text).map((each) => ({ label: nameOf(each), detail: [each.code, departmentOf(each.department), limitOf(each.limits.any)].join(" · "), group: groupOf(each), code: each.code })),
    pick: ({ code: found }) => pick(found),
    submit: (text) => {
      const [first] = findClasses(text);
      if (!first) return;
      input.value = nameOf(first);
      pick(first.code);
    },
  });
}

function findClasses(text) {
  const wanted = text.toLowerCase();
  const own = (each) => [each.names.zh, each.names.en, each.code].map((name) => (name ?? "").toLowerCase());
  const group = (each) => [each.group_names.zh, each.group_names.en].map((name) => (name ?? "").toLowerCase());
  const rank = (each) => {
    if (own(each).includes(wanted)) return 0;
    if (own(each).some((name) => name.startsWith(wanted))) return 1;
    if (own(each).some((name) => name.includes(wanted))) return 2;
    return group(each).some((name) => name.includes(wanted)) ? 3 : NO_RANK;
  };
  return allClasses().filter((each) => rank(each) < NO_RANK).sort((a, b) => rank(a) - rank(b)).slice(0, MOST_FOUND);
}

function buildForm() {
  const combo = element(
    "div",
    { className: "combo" },
    element("input", { type: "text", id: "new-class", maxlength: "80", required: true, "data-i18n-attr": "placeholder:case.class_placeholder", placeholder: t("case.class_placeholder") }),
    element("div", { className: "options", id: "new-class-options", role: "listbox", "data-i18n-attr": "aria-label:case.classes", "aria-label": t("case.classes"), hidden: true }),
  );
  const files = element("input", { type: "file", id: "new-files", multiple: true, accept: "image/*,application/pdf,video/mp4" });
  byId("case-new-form").append(
    element("p", { className: "note whole", id: "new-place", "aria-live": "polite" }),
    worded("label", "case.class", { for: "new-class" }),
    combo,
    element("p", { className: "note whole", id: "new-class-is", hidden: true }),
    element("div", { className: "whole", id: "case-new-similar" }),
    ...field("case.description", element("textarea", { id: "new-text", rows: "2", maxlength: "4000" })),
    ...field("case.address", textField("new-address", 300)),
    ...field("case.source", choiceField("new-source", SOURCES.map((each) => [each, `case_source.${each}`]))),
    ...field("case.reporter", textField("new-phone", 40, "case.phone_placeholder")),
    ...field("case.photos", files),
    tickField("new-drill", "incident.drill"),
    element("div", { className: "row-buttons whole" }, worded("button", "case.report", { type: "submit", className: "primary" }), worded("button", "case.centre", { type: "button", className: "quiet", id: "new-centre" })),
    element("div", { className: "whole", id: "case-new-answer" }),
  );
  byId("new-centre").addEventListener("click", () => centre() && setPlace(centre()));
}

function setPlace(lonlat) {
  place = lonlat;
  sayPlace();
  showPin();
  suggest();
}

function setClass(found) {
  code = found;
  sayClass();
  suggest();
}

function sayPlace() {
  byId("new-place").textContent = place ? t("case.place_is", { place: lonlatText(place, 5) }) : t("case.no_place");
}

function sayClass() {
  const found = code && classOf(code);
  byId("new-class-is").hidden = !found;
  if (found) byId("new-class-is").textContent = t("case.class_is", { code, department: departmentOf(found.department), limit: limitOf(found.limits.any) });
}

function showPin() {
  if (place && byId("case-new").open && openTab() === "cases") pin.show(place);
  else pin.hide();
}

// Before a second one is opened: several people tell of one thing.
function suggest() {
  if (!place || !code) return byId("case-new-similar").replaceChildren();
  return likeness((signal) => ask("v1/cases/all/similar", { at: pointText(place), class: code }, { signal }), ({ similar }) => similarRows(similar, "new-similar-heading"), null);
}

function report() {
  if (!place) return byId("new-centre").focus();
  if (!code) return byId("new-class").focus();
  const phone = byId("new-phone").value.trim();
  const body = said({
    class: code,
    at: place,
    description: byId("new-text").value.trim(),
    address: byId("new-address").value.trim(),
    source: byId("new-source").value,
    reporter: phone ? { phone } : undefined,
    simulated: byId("new-drill").checked,
  });
  const files = [...byId("new-files").files];
  return question(
    () => once("v1/cases", body),
    (answer) => {
      announce(t("case.reported", { number: answer.number }));
      finish(answer.id, files);
      return "";
    },
    "case.reporting",
  );
}

async function finish(id, files) {
  for (const each of ["new-class", "new-text", "new-address", "new-phone", "new-files"]) byId(each).value = "";
  place = null;
  setClass("");
  sayPlace();
  byId("case-new").open = false;
  await select(id).catch(() => {}); // the list tells it, too
  byId("case-heading").focus();
  if (files.length) await add(id, files);
  created();
}

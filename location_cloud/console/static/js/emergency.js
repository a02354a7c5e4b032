// Emergencies: opened from the call card, listed, followed: level, place, duplicates, units with their steps, the end.

import { announce } from "./announce.js";
import { ask, newRequest, tell } from "./api.js";
import { button, byId, element, facts } from "./dom.js";
import { wordsOf } from "./call_card.js";
import { show } from "./dispatch_map.js";
import { clock, distance, duration, lonlatText } from "./format.js";
import { collection, point } from "./geometry.js";
import { language, onLanguage, t } from "./i18n.js";
import { centre, flyTo, makePin, onDotClick } from "./map.js";
import { empty, makeQuestion, showTrouble, trouble } from "./states.js";
import { onOpen, openTab } from "./tabs.js";

const MOST = 100; // that the page lists; who has more asks the API
const OVER = ["released", "cancelled"];
const NEXT = { alerted: "en_route", en_route: "on_scene", on_scene: "transporting", transporting: "at_hospital", at_hospital: "released" };
const MEDICAL = "120"; // who is brought to a hospital; others are free again at the place
const CLICKED_WITHIN_M = 50;

let question = null;
let pin = null;
let call = null; // that an emergency would begin with
let place = null; // [lon, lat] set by hand, instead of the call's
let chosen = null; // the emergency that is shown
let listed = []; // those that are open
let drawn = "", shownList = ""; // what was drawn from: left alone while nothing changes, for whoever is reading it
let hospitals = []; // of the newest ranking
let whenChosen = null, whenChanged = null;
let sending = null; // {body, request}

/** picked: called with the emergency that is shown now, null = none. changed: called when units or its end changed. */
export function startEmergencies(picked, changed) {
  whenChosen = picked;
  whenChanged = changed;
  question = makeQuestion(byId("emergency-answer"));
  pin = makePin("pin-here", "", "emergency.pin", setPlace);
  byId("emergency-form").addEventListener("submit", (event) => {
    event.preventDefault();
    openIt();
  });
  byId("emergency-centre").addEventListener("click", () => centre() && setPlace(centre()));
  byId("emergency-of-call").addEventListener("click", () => setPlace(null));
  onOpen("*", showPin);
  onDotClick("lc-emergencies-dot", ({ id }) => select(id));
  onLanguage(() => {
    drawn = shownList = "";
    sayPlace();
    drawList();
    if (chosen) draw();
  });
  sayPlace();
}

/** The call card shows another call: an emergency may begin with it. */
export function offer(newCall) {
  call = newCall;
  place = null;
  byId("emergency-form").hidden = !call;
  byId("emergency-text").value = "";
  sayPlace();
  if (call) byId("emergency-category").focus();
}

/** Whether a click on the map is the place of an emergency in the making. */
export const wantsPlace = () => !byId("emergency-form").hidden;

export function setPlace(lonlat) {
  place = lonlat;
  sayPlace();
}

/** The emergency that is shown; null = none. */
export const current = () => chosen;

export function showHospitals(found) {
  hospitals = found ?? [];
  drawn = "";
  if (chosen) draw();
}

const lonlatOf = () => place ?? call?.located?.position ?? null;

function sayPlace() {
  const at = lonlatOf();
  byId("emergency-place").textContent = at ? t(place ? "emergency.place_by_hand" : "emergency.place_of_call", { place: lonlatText(at, 5) }) : t("emergency.no_place");
  byId("emergency-of-call").hidden = !place || !call?.located;
  showPin();
}

function showPin() {
  if (place && openTab() === "dispatch" && wantsPlace()) pin.show(place);
  else pin.hide();
}

function openIt() {
  const lonlat = lonlatOf();
  if (!lonlat) return byId("emergency-centre").focus();
  const kind = byId("emergency-incident").value;
  const body = {
    category: byId("emergency-category").value,
    level: Number(byId("emergency-level").value),
    lonlat,
    accuracy_m: place ? CLICKED_WITHIN_M : Math.min(call.located.ellipse.semi_major_m, 100_000),
    address: place ? "" : wordsOf(call).slice(0, 300),
    description: byId("emergency-text").value.trim(),
    needs: byId("emergency-needs").value.split(/[\s,，、;；]+/).filter(Boolean),
    call: String(call.id),
    opened_at: call.received_at,
    simulated: call.simulated,
    ...(kind && { incident: { kind, severity: kind === "closure" ? "unknown" : "major" } }),
  };
  const text = JSON.stringify(body);
  if (sending?.text !== text) sending = { text, request: newRequest() };
  const { request } = sending;
  return question(
    () => tell("v1/emergencies", body, { request }),
    (answer) => {
      sending = null;
      offer(null);
      announce(t("emergency.opened", { id: answer.id }));
      listEmergencies();
      return take(answer);
    },
    "emergency.opening",
  );
}

function select(id) {
  return question((signal) => ask(`v1/emergencies/${id}`, {}, { signal }), take);
}

function take(answer) {
  const isOther = chosen?.id !== answer.id;
  chosen = answer;
  drawn = JSON.stringify(chosen);
  byId("emergency-heading").textContent = titleOf(chosen);
  byId("emergency-block").hidden = false;
  if (isOther) {
    flyTo(chosen.lonlat, 14);
    hospitals = [];
    whenChosen(chosen);
  }
  return rows(chosen);
}

/** Asks what became of the emergency that is shown, and which are open. */
export async function refresh() {
  listEmergencies();
  if (!chosen) return;
  const answer = await ask(`v1/emergencies/${chosen.id}`).catch(() => null); // that the server is away, the list says
  if (!answer || answer.id !== chosen?.id || answer.version < chosen.version) return;
  const isChanged = answer.version > chosen.version;
  chosen = answer;
  draw();
  if (isChanged) whenChanged();
}

function draw() {
  const now = JSON.stringify(chosen);
  if (now === drawn) return;
  drawn = now;
  byId("emergency-heading").textContent = titleOf(chosen);
  byId("emergency-answer").replaceChildren(...rows(chosen));
}

const titleOf = ({ id, category, level_title: level }) => [t("emergency.number_is", { id }), t(`category.${category}`), level[language()]].join(" · ");

function rows(emergency) {
  const { status, address, lonlat, accuracy_m: accuracy, description, needs, incident, duplicate_of: other, simulated, opened_at: begin, duplicates, assignments } = emergency;
  const isFree = assignments.every((each) => OVER.includes(each.status));
  return [
    element(
      "p",
      { className: "marks" },
      element("span", { className: "mark" }, t(`emergency.status_${status}`)),
      simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated")),
      incident && element("span", { className: "mark" }, t("emergency.incident_is", { id: incident })),
      other && element("span", { className: "mark doubtful" }, t("emergency.same_as", { id: other })),
    ),
    facts([
      [t("emergency.place"), [address, lonlatText(lonlat, 5), accuracy >= 1 && t("place.accuracy", { distance: distance(accuracy) })].filter(Boolean).join(" · ")],
      [t("emergency.text"), description],
      [t("emergency.needs"), needs.join(t("list.comma"))],
      [t("emergency.began"), clock(begin)],
    ]),
    status === "open" && duplicates?.length > 0 && !other && maybeSame(duplicates),
    assignments.length > 0 && element("h3", {}, t("emergency.units")),
    assignments.length > 0 && element("ul", { className: "results" }, assignments.map(assigned)),
    status === "open" && isFree && element("div", { className: "row-buttons" }, button(t("emergency.close"), () => change({ status: "closed" }), { id: "emergency-close" })),
  ].filter(Boolean);
}

const maybeSame = (duplicates) =>
  element(
    "section",
    { className: "which-one", "aria-labelledby": "duplicates-heading" },
    element("h3", { id: "duplicates-heading" }, t("emergency.duplicates")),
    duplicates.slice(0, 5).map(({ id, category, distance_m: away, seconds }) =>
      element(
        "div",
        { className: "row-buttons" },
        element("span", {}, t("emergency.duplicate_is", { id, category: t(`category.${category}`), distance: distance(away), duration: duration(seconds) })),
        button(t("emergency.show"), () => select(id), { "aria-label": t("emergency.show_named", { id }) }),
        button(t("emergency.is_same"), () => change({ duplicate_of: id, status: "cancelled" }), { "aria-label": t("emergency.is_same_named", { id }) }),
      ),
    ),
  );

function assigned(assignment) {
  const { unit, status, times, predicted_s: predicted, driven_s: driven, hospital } = assignment;
  const isOver = OVER.includes(status);
  const next = chosen.category !== MEDICAL && status === "on_scene" ? "released" : NEXT[status];
  const detail = [
    t("emergency.since", { time: clock(times[status]) }),
    predicted !== null && t("emergency.predicted", { duration: duration(predicted) }),
    driven !== null && t("emergency.driven", { duration: duration(driven) }),
    hospital,
  ];
  return element(
    "li",
    { "data-assigned": unit },
    element("p", { className: "result-name" }, [unit, t(`step.${status}`)].join(" · ")),
    element("p", { className: "result-detail" }, detail.filter(Boolean).join(" · ")),
    !isOver && next === "transporting" && hospitals.length > 0 && hospitalChoice(unit),
    !isOver &&
      element(
        "div",
        { className: "row-buttons" },
        [next, next !== "released" && "released", "cancelled"].filter(Boolean).map((step) => button(t(`step_to.${step}`), () => tellStep(assignment, step), { "aria-label": t("emergency.step_named", { unit, step: t(`step_to.${step}`) }), "data-step": step })),
      ),
  );
}

const hospitalChoice = (unit) =>
  element(
    "p",
    { className: "with-button" },
    element("label", { for: `hospital-${unit}` }, t("emergency.hospital")),
    element(
      "select",
      { id: `hospital-${unit}` },
      hospitals.filter((each) => !each.why_not).map((each) => element("option", { value: each.id }, [each.title || each.id, each.drive_s !== null && duration(each.drive_s), t("emergency.free", { n: each.free - each.inbound })].filter(Boolean).join(" · "))),
    ),
  );

function tellStep({ unit, version }, status) {
  const hospital = status === "transporting" ? byId(`hospital-${unit}`)?.value : "";
  const body = { status, role: "dispatcher", ...(hospital && { hospital }) };
  return changed(() => tell(`v1/emergencies/${chosen.id}/assignments/${encodeURIComponent(unit)}`, body, { method: "PATCH", version }));
}

const change = (body) => changed(() => tell(`v1/emergencies/${chosen.id}`, body, { method: "PATCH", version: chosen.version }));

async function changed(work) {
  try {
    await work();
  } catch (problem) {
    byId("emergency-answer").append(trouble(problem, problem.status === 409 ? refresh : null));
    return;
  }
  byId("emergency-heading").focus(); // the button that was pressed goes
  await refresh();
}

/** Sends a unit, once however often it is pressed. Throws Problem. */
export async function assign(unit, siren, request) {
  await tell(`v1/emergencies/${chosen.id}/assignments`, { unit, siren }, { request });
  announce(t("rank.sent", { unit }));
  await refresh();
}

async function listEmergencies() {
  try {
    listed = (await ask(`v1/emergencies?status=open&limit=${MOST}`)).emergencies;
    drawList();
  } catch (problem) {
    if (problem.status === 0 && shownList) return;
    shownList = "";
    showTrouble(byId("emergency-list"), problem, listEmergencies);
  }
}

function drawList() {
  const now = JSON.stringify([listed, chosen?.id]);
  if (now === shownList) return;
  shownList = now;
  byId("emergency-list").replaceChildren(listed.length ? element("ul", { className: "results" }, [...listed].reverse().map(row)) : empty("emergency.none"));
  const label = ({ id, simulated }) => (simulated ? t("incident.simulated", { name: t("emergency.number_is", { id }) }) : t("emergency.number_is", { id }));
  show("lc-emergencies", collection(listed.map((each) => point(each.lonlat, { id: each.id, label: label(each), chosen: each.id === chosen?.id }))));
}

const row = (emergency) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result", "aria-current": String(emergency.id === chosen?.id), onclick: () => select(emergency.id) },
      element(
        "span",
        { className: "result-text" },
        element("span", { className: "result-name" }, titleOf(emergency)),
        element("span", { className: "result-detail" }, [clock(emergency.opened_at), emergency.address || lonlatText(emergency.lonlat, 5), t("emergency.with_units", { n: emergency.assignments.filter((each) => !OVER.includes(each.status)).length })].join(" · ")),
        emergency.simulated && element("span", { className: "marks" }, element("span", { className: "mark doubtful" }, t("traffic.simulated"))),
      ),
    ),
  );

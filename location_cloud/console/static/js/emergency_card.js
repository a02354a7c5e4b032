// The card of an emergency: level, place, who else may have called of it, units with their steps, its end.

import { ask } from "./api.js";
import { callOnCard, reopen } from "./call_card.js";
import { button, byId, element, facts } from "./dom.js";
import { showFix } from "./dispatch_map.js";
import { change, current, MEDICAL, onNews, onOther, OVER, refresh, select, tellStep, titleOf } from "./emergency.js";
import { needsIn } from "./emergency_form.js";
import { clock, distance, duration, lonlatText } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { chosenHospital, hospitalChoices, onHospitals } from "./hospital_leg.js";
import { trouble } from "./states.js";

const NEXT = { alerted: "en_route", en_route: "on_scene", on_scene: "transporting", transporting: "at_hospital", at_hospital: "released" };

let past = null; // as it was at a time of its log; null = as it is

export function startEmergencyCard() {
  onOther(({ id, call }) => {
    past = null;
    byId("emergency-block").hidden = false;
    byId("emergency-edit").open = false;
    showPlaceOf(id, call);
  });
  onNews(draw);
  onHospitals(draw);
  onLanguage(draw);
  byId("emergency-edit").addEventListener("toggle", fillIn);
  byId("edit-form").addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
}

/** Shows the emergency as it was, without anything to press; null = as it is. */
export function showPast(answer) {
  past = answer;
  draw();
}

// The caller's ellipse stays on the map with the emergency that began with the call.
async function showPlaceOf(id, call) {
  const { lonlat, accuracy_m } = current();
  if (!callOnCard()) showFix({ position: lonlat, accuracy_m });
  const found = /^\d+$/.test(call) ? await ask(`v1/calls/${call}`).catch(() => null) : null; // without it the place is shown all the same
  if (current()?.id === id && !callOnCard() && found?.located) showFix(found.located);
}

function draw() {
  const emergency = past ?? current();
  if (!emergency) return;
  const isOpen = emergency.status === "open" && !past;
  byId("emergency-heading").textContent = titleOf(emergency);
  byId("emergency-heading").dataset.response = String(emergency.level);
  byId("emergency-edit").hidden = !isOpen;
  byId("emergency-answer").replaceChildren(...rows(emergency, isOpen));
}

function rows(emergency, isOpen) {
  const { status, address, lonlat, accuracy_m: accuracy, description, needs, call, incident, duplicate_of: other, simulated, opened_at: begin, duplicates, assignments } = emergency;
  const isFree = assignments.every((each) => OVER.includes(each.status));
  return [
    element(
      "p",
      { className: "marks" },
      element("span", { className: "mark" }, t(`emergency.status_${status}`)),
      past && element("span", { className: "mark doubtful" }, t("emergency.past")),
      simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated")),
      incident && element("span", { className: "mark" }, t("emergency.incident_is", { id: incident })),
      other && element("span", { className: "mark doubtful" }, t("emergency.same_as", { id: other })),
    ),
    facts([
      [t("emergency.place"), [address, lonlatText(lonlat, 5), accuracy >= 1 && t("place.accuracy", { distance: distance(accuracy) })].filter(Boolean).join(" · ")],
      [t("emergency.text"), description],
      [t("emergency.needs"), needs.join(t("list.comma"))],
      [t("emergency.began"), element("span", {}, clock(begin), /^\d+$/.test(call) && !past ? [" · ", button(t("call.number_is", { id: call }), () => reopen(Number(call)), { className: "link" })] : "")],
    ]),
    isOpen && duplicates?.length > 0 && !other && maybeSame(duplicates),
    assignments.length > 0 && element("h3", {}, t("emergency.units")),
    assignments.length > 0 && element("ul", { className: "results" }, assignments.map((each) => assigned(each, emergency, isOpen))),
    element(
      "div",
      { className: "row-buttons" },
      isOpen && isFree && button(t("emergency.close"), (event) => work(event, () => change({ status: "closed" })), { id: "emergency-close" }),
      isOpen && isFree && button(t("emergency.cancel"), (event) => work(event, () => change({ status: "cancelled" })), { id: "emergency-cancel" }),
      !past && status !== "open" && button(t("emergency.reopen"), (event) => work(event, () => change({ status: "open" })), { id: "emergency-reopen" }),
    ),
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
        button(t("emergency.is_same"), (event) => work(event, () => change({ duplicate_of: id, status: "cancelled" })), { "aria-label": t("emergency.is_same_named", { id }) }),
      ),
    ),
  );

function assigned(assignment, { category }, isOpen) {
  const { unit, status, times, predicted_s: predicted, driven_s: driven, hospital } = assignment;
  const isOn = isOpen && !OVER.includes(status);
  const next = category !== MEDICAL && status === "on_scene" ? "released" : NEXT[status];
  const detail = [
    t("emergency.since", { time: clock(times[status]) }),
    predicted !== null && t("emergency.predicted", { duration: duration(predicted) }),
    driven !== null && t("emergency.driven", { duration: duration(driven) }),
    hospital && t("emergency.bound_for", { hospital }),
  ];
  return element(
    "li",
    { "data-assigned": unit },
    element("p", { className: "result-name" }, [unit, t(`step.${status}`)].join(" · ")),
    element("p", { className: "result-detail" }, detail.filter(Boolean).join(" · ")),
    isOn && next === "transporting" && hospitalChoices().length > 0 && hospitalChoice(unit),
    isOn &&
      element(
        "div",
        { className: "row-buttons" },
        [next, next !== "released" && "released", "cancelled"].filter(Boolean).map((step, place) =>
          button(t(`step_to.${step}`), (event) => work(event, () => tellStep(assignment, step, step === "transporting" ? byId(`hospital-${unit}`)?.value : "")), {
            "aria-label": t("emergency.step_named", { unit, step: t(`step_to.${step}`) }),
            "data-step": step,
            className: place ? "quiet" : "quiet strong",
          }),
        ),
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
      hospitalChoices().map((each) => element("option", { value: each.id, selected: each.id === chosenHospital() }, [each.title || each.id, each.drive_s !== null && duration(each.drive_s), t("emergency.free", { n: each.free - each.inbound })].filter(Boolean).join(" · "))),
    ),
  );

// What was pressed goes with the change; what went wrong stands beneath it.
async function work({ target }, action) {
  target.disabled = true;
  try {
    await action();
  } catch (problem) {
    target.disabled = false;
    byId("emergency-answer").append(trouble(problem, problem.status === 409 ? refresh : null));
    return;
  }
  byId("emergency-heading").focus();
}

// --- changed -------------------------------------------------------------------------------------------------------

function fillIn() {
  if (!byId("emergency-edit").open) return;
  const { category, level, needs, description } = current();
  byId("edit-category").value = category;
  byId("edit-level").value = String(level);
  byId("edit-needs").value = needs.join(" ");
  byId("edit-text").value = description;
  byId("edit-trouble").replaceChildren();
}

async function save() {
  const now = current();
  const wanted = { category: byId("edit-category").value, level: Number(byId("edit-level").value), needs: needsIn(byId("edit-needs").value), description: byId("edit-text").value.trim() };
  const fields = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now[name])));
  try {
    if (Object.keys(fields).length) await change(fields);
  } catch (problem) {
    byId("edit-trouble").replaceChildren(trouble(problem, problem.status === 409 ? refresh : null));
    return;
  }
  byId("emergency-edit").open = false;
  byId("emergency-heading").focus();
}

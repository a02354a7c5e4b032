// Opening an emergency from a call: its place, what is needed, and which open ones it may be.

import { announce } from "./announce.js";
import { makeOnce } from "./api.js";
import { callOnCard, close, forget, wordsOf } from "./call_card.js";
import { button, byId, element } from "./dom.js";
import { openEmergencies, select, take } from "./emergency.js";
import { distance, duration, lonlatText } from "./format.js";
import { metres } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { centre, makePin } from "./map.js";
import { makeQuestion, trouble } from "./states.js";
import { onOpen, openTab } from "./tabs.js";

const CLICKED_WITHIN_M = 50;
const NEAR_M = 500, NEAR_S = 3600; // as the server looks for duplicates, once it is open
const MOST_LIKE = 3;

const once = makeOnce(), noteOnce = makeOnce();
let question = null;
let pin = null;
let call = null; // that an emergency would begin with
let place = null; // [lon, lat] set by hand, instead of the call's

export function startEmergencyForm() {
  question = makeQuestion(byId("emergency-opening"));
  pin = makePin("pin-here", "", "emergency.pin", setPlace);
  byId("emergency-form").addEventListener("submit", (event) => {
    event.preventDefault();
    openIt();
  });
  byId("emergency-centre").addEventListener("click", () => centre() && setPlace(centre()));
  byId("emergency-of-call").addEventListener("click", () => setPlace(null));
  onOpen("*", showPin);
  onLanguage(sayPlace);
  sayPlace();
}

/** The call card shows another call: an emergency may begin with it. */
export function offer(newCall) {
  call = newCall;
  place = null;
  byId("emergency-form").hidden = !call;
  byId("emergency-text").value = call?.said.split("\n")[0].slice(0, 200) ?? "";
  sayPlace();
  if (call) byId("emergency-category").focus();
}

/** Whether a click on the map is the place of an emergency in the making. */
export const wantsPlace = () => !byId("emergency-form").hidden;

export function setPlace(lonlat) {
  place = lonlat;
  sayPlace();
}

const lonlatOf = () => place ?? call?.located?.position ?? null;

const accuracyOf = () => (place ? CLICKED_WITHIN_M : Math.min(call.located.ellipse.semi_major_m, 100_000));

function sayPlace() {
  const at = lonlatOf();
  byId("emergency-place").textContent = at ? t(place ? "emergency.place_by_hand" : "emergency.place_of_call", { place: lonlatText(at, 5) }) : t("emergency.no_place");
  byId("emergency-of-call").hidden = !place || !call?.located;
  suggest(at);
  showPin();
}

function showPin() {
  if (place && openTab() === "dispatch" && wantsPlace()) pin.show(place);
  else pin.hide();
}

// Before a second emergency is opened: several people call of one event.
function suggest(at) {
  const like = at && wantsPlace() ? openEmergencies().map(likeness(at)).filter(Boolean).sort((a, b) => a.away - b.away).slice(0, MOST_LIKE) : [];
  byId("emergency-like").replaceChildren(
    ...(like.length
      ? [element("section", { className: "which-one", "aria-labelledby": "like-heading" }, element("h3", { id: "like-heading" }, t("emergency.duplicates")), like.map(likeRow))]
      : []),
  );
}

const likeness = (at) => (emergency) => {
  const away = metres(at, emergency.lonlat), seconds = Math.abs(Date.parse(call.received_at) - Date.parse(emergency.opened_at)) / 1000;
  return away <= NEAR_M + accuracyOf() + emergency.accuracy_m && seconds <= NEAR_S ? { ...emergency, away, seconds } : null;
};

const likeRow = ({ id, category, away, seconds }) =>
  element(
    "div",
    { className: "row-buttons" },
    element("span", {}, t("emergency.duplicate_is", { id, category: t(`category.${category}`), distance: distance(away), duration: duration(seconds) })),
    button(t("emergency.join"), () => join(id), { "aria-label": t("emergency.join_named", { id }), "data-join": String(id) }),
  );

// The call belongs to an emergency that is open: its log says so, and no second one is opened.
async function join(id) {
  const text = t("emergency.joined_note", { call: call.id, place: wordsOf(call) });
  try {
    await noteOnce(`v1/emergencies/${id}/log`, { text, role: "call_taker" });
  } catch (problem) {
    byId("emergency-opening").replaceChildren(trouble(problem, () => join(id)));
    return;
  }
  announce(t("emergency.joined", { id }));
  forget();
  await select(id);
}

function openIt() {
  const lonlat = lonlatOf();
  if (!lonlat) return byId("emergency-centre").focus();
  const kind = byId("emergency-incident").value;
  const body = {
    category: byId("emergency-category").value,
    level: Number(byId("emergency-level").value),
    lonlat,
    accuracy_m: accuracyOf(),
    address: place ? "" : wordsOf(call).slice(0, 300),
    description: byId("emergency-text").value.trim(),
    needs: needsIn(byId("emergency-needs").value),
    call: String(call.id),
    opened_at: call.received_at,
    simulated: call.simulated,
    ...(kind && { incident: { kind, severity: kind === "closure" ? "unknown" : "major" } }),
  };
  return question(
    () => once("v1/emergencies", body),
    (answer) => {
      if (callOnCard()?.id === Number(body.call)) close();
      announce(t("emergency.opened", { id: answer.id }));
      take(answer);
      return "";
    },
    "emergency.opening",
  );
}

/** Skills as somebody writes them, told apart by spaces or commas. */
export const needsIn = (text) => text.split(/[\s,，、;；]+/).filter(Boolean);

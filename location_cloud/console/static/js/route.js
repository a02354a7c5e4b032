// A route between two ends that are clicked, dragged, typed or chosen; its length, its time and its turns as a list.

import { announce } from "./announce.js";
import { ask, pointText } from "./api.js";
import { makeCombo } from "./combo.js";
import { byId, element } from "./dom.js";
import { distance, duration, lonlatText } from "./format.js";
import { boundsOf } from "./geometry.js";
import { language, onLanguage, t } from "./i18n.js";
import { centre, fit, flyTo, makePin, overlay } from "./map.js";
import { geocode, suggest } from "./places.js";
import { empty, makeQuestion } from "./states.js";
import { showTab } from "./tabs.js";

const ENDS = ["from", "to"];
const FAR_M = 30; // an end further from any road than this is worth a word
const ends = { from: null, to: null };
const pins = {};
const lookups = {}; // of the two ends, so that looking one up does not drop the other
const titles = {}; // of every way of moving that the server names, by language
let next = "from"; // the end that the next click on the map sets
let question = null;
let asked = null; // what the shown route answers, so that a change of language draws it anew

export function startRoute() {
  question = makeQuestion(byId("route-summary"));
  for (const end of ENDS) {
    pins[end] = makePin(`pin-${end}`, `route.${end}_mark`, `route.${end}`, (lonlat) => setEnd(end, atPoint(lonlat)));
    lookups[end] = makeQuestion(byId(`route-${end}-answer`));
    const input = byId(`route-${end}`);
    makeCombo({ input, list: byId(`route-${end}-options`), find: suggest, pick: (place) => setEnd(end, place, true), submit: (text) => typed(end, text) });
    input.addEventListener("focus", () => arm(end));
  }
  for (const each of document.querySelectorAll("[data-centre]")) {
    each.addEventListener("click", () => centre() && setEnd(each.dataset.centre, atPoint(centre())));
  }
  byId("route-profiles").addEventListener("change", find);
  byId("route-form").addEventListener("submit", (event) => event.preventDefault());
  byId("route-swap").addEventListener("click", swap);
  byId("route-clear").addEventListener("click", clear);
  onLanguage(() => {
    nameProfiles();
    arm(next);
    find();
  });
  arm("from");
  listProfiles();
}

/** A click on the map while the route page is open. */
export function routeClick(lonlat) {
  setEnd(next, atPoint(lonlat));
}

/** Sets one end to a place and shows the route page. */
export function routeEnd(end, place) {
  showTab("route");
  setEnd(end, place, true);
}

/** Both ends as [lon, lat], null until both are set. */
export const routeEnds = () => (ends.from && ends.to ? ENDS.map((end) => ends[end].lonlat) : null);

/** How the route is travelled: a name of /v1/profiles. */
export const routeProfile = () => profile();

/** Asks for the route anew: what it depends on has changed. */
export const findRoute = () => find();

const atPoint = (lonlat) => ({ label: lonlatText(lonlat, 5), lonlat });

function setEnd(end, place, fly = false) {
  ends[end] = place;
  byId(`route-${end}`).value = place?.label ?? "";
  byId(`route-${end}-answer`).replaceChildren();
  if (place) pins[end].show(place.lonlat);
  else pins[end].hide();
  arm(ends.from ? "to" : "from");
  if (fly && !(ends.from && ends.to)) flyTo(place.lonlat);
  find();
}

function typed(end, text) {
  lookups[end](
    (signal) => geocode(text, signal),
    (places) => {
      if (byId(`route-${end}`).value.trim() !== text) return ""; // another place was chosen meanwhile
      if (!places.length) return empty("search.nothing", { q: text });
      setEnd(end, places[0], true);
      return "";
    },
  );
}

function arm(end) {
  next = end;
  for (const each of document.querySelectorAll(".end")) each.classList.toggle("armed", each.dataset.end === end);
  byId("route-prompt").textContent = t(ends.from && ends.to ? "route.prompt_move" : `route.prompt_${end}`);
}

function swap() {
  const { from, to } = ends;
  ends.from = ends.to = null;
  for (const [end, place] of [["from", to], ["to", from]]) {
    ends[end] = place;
    byId(`route-${end}`).value = place?.label ?? "";
    if (place) pins[end].show(place.lonlat);
    else pins[end].hide();
  }
  arm(ends.from ? "to" : "from");
  find();
}

function clear() {
  setEnd("from", null);
  setEnd("to", null);
  arm("from");
  byId("route-from").focus();
}

const profile = () => document.querySelector("input[name=profile]:checked").value;

/** Adds what else this server routes; without an answer the two of the page stay. */
async function listProfiles() {
  const answer = await ask("v1/profiles").catch(() => ({ profiles: [] }));
  for (const { name, title } of answer.profiles) {
    titles[name] = title;
    if (document.querySelector(`input[name=profile][value="${name}"]`)) continue;
    const radio = element("input", { type: "radio", name: "profile", value: name });
    byId("route-profiles").append(element("label", {}, radio, element("span", { "data-profile": name })));
  }
  nameProfiles();
}

const profileName = (name) => titles[name]?.[language()] ?? t(`profile.${name}`);

function nameProfiles() {
  for (const each of document.querySelectorAll("[data-profile]")) each.textContent = profileName(each.dataset.profile);
}

function find() {
  overlay("lc-step");
  if (!ends.from || !ends.to) {
    overlay("lc-route");
    byId("route-summary").replaceChildren();
    byId("route-steps").replaceChildren();
    return;
  }
  const fitted = asked === `${pointText(ends.from.lonlat)};${pointText(ends.to.lonlat)}`;
  asked = `${pointText(ends.from.lonlat)};${pointText(ends.to.lonlat)}`;
  overlay("lc-route");
  byId("route-steps").replaceChildren();
  question(
    (signal) => ask("v1/route", { from: pointText(ends.from.lonlat), to: pointText(ends.to.lonlat), profile: profile(), lang: language() }, { signal }),
    (answer) => draw(answer.routes[0], answer.waypoints, !fitted),
    "route.searching",
  );
}

function draw(route, waypoints, fitToIt) {
  overlay("lc-route", { type: "Feature", properties: {}, geometry: route.geometry });
  if (fitToIt) fit(boundsOf([...route.geometry.coordinates, ends.from.lonlat, ends.to.lonlat]));
  const steps = route.legs.flatMap((leg) => leg.steps);
  byId("route-steps").replaceChildren(element("h2", {}, t("route.turns")), element("ol", { className: "steps" }, steps.map(stepRow)));
  announce(t("route.found", { distance: distance(route.distance_m), duration: duration(route.duration_s) }));
  const figures = element(
    "p",
    { className: "route-figures", "data-distance-m": String(route.distance_m) },
    element("strong", {}, duration(route.duration_s)),
    element("span", {}, distance(route.distance_m)),
    element("span", { className: "muted" }, profileName(profile())),
  );
  return [figures, ...ENDS.map((end, position) => farFromRoad(end, waypoints[position]))];
}

function farFromRoad(end, waypoint) {
  if (!waypoint || waypoint.distance_m < FAR_M) return "";
  return element("p", { className: "note" }, t(`route.far_${end}`, { distance: distance(waypoint.distance_m) }));
}

const stepRow = (step) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result step", onclick: () => showStep(step) },
      element("span", { className: "arrow", "aria-hidden": "true" }, ARROWS[step.type] ?? ARROWS[step.modifier.replace(" ", "_")] ?? ARROWS.straight),
      element("span", { className: "result-name" }, step.instruction),
      element("span", { className: "step-length" }, step.distance_m > 0 ? distance(step.distance_m) : ""),
    ),
  );

const ARROWS = {
  depart: "●",
  arrive: "◎",
  roundabout: "↻",
  rotary: "↻",
  straight: "↑",
  left: "←",
  right: "→",
  slight_left: "↖",
  slight_right: "↗",
  sharp_left: "↙",
  sharp_right: "↘",
  uturn: "↶",
};

function showStep(step) {
  overlay("lc-step", { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: step.location } });
  flyTo(step.location, 17);
}

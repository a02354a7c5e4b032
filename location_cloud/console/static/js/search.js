// Search: type-ahead, results as a numbered list and on the map, and the question that tells equal answers apart.

import { announce } from "./announce.js";
import { makeCombo } from "./combo.js";
import { button, byId, element } from "./dom.js";
import { boundsOf, boundsOfCircle, circle, collection, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { setLink } from "./link.js";
import { fit, flyTo, onDotClick, overlay } from "./map.js";
import { asPlace, geocode, placeButtons, suggest, sureness } from "./places.js";
import { empty, makeQuestion, reason } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

const WIDE_M = 300; // what may lie further off than this is shown whole, not as a spot
const UNANSWERED = 422; // the status of a question that was understood too little

let question = null;
let results = [];
let chosen = 0;
let lastText = "";

export function startSearch() {
  question = makeQuestion(byId("search-results"));
  byId("search-results").replaceChildren(empty("search.start"));
  makeCombo({ input: byId("search-box"), list: byId("search-options"), find: suggest, pick: showOne, submit: search });
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("search-box").value.trim();
    if (text) search(text);
  });
  byId("search-category").addEventListener("change", () => lastText && search(lastText));
  onDotClick("lc-results-dot", ({ number }) => choose(Number(number) - 1));
  onOpen("*", mark); // the numbers belong to the list: they show with it
  onLanguage(() => {
    if (lastText) search(lastText);
    else if (!results.length) byId("search-results").replaceChildren(empty("search.start"));
  });
}

export function search(text) {
  lastText = text;
  byId("search-box").value = text;
  setLink("q", text);
  showTab("places");
  question(
    (signal) => geocode(text, signal).catch((problem) => (problem.status === UNANSWERED ? problem : Promise.reject(problem))),
    (answer) => (Array.isArray(answer) ? found(answer) : guessed(text, answer)),
    "search.searching",
  );
}

function found(places) {
  show(places);
  const tied = places.filter((place) => place.ask);
  announce(tied.length > 1 ? tied[0].ask : t("search.found", { n: places.length }));
  return [tied.length > 1 && whichOne(tied), resultList()].filter(Boolean);
}

// Nothing was understood well enough: the server's reason, and its best guess to be confirmed or dropped.
function guessed(text, problem) {
  const guess = problem.document.partial;
  show(guess ? [asPlace(guess, guess.lonlat)] : []);
  announce(t(guess ? "search.guess" : "search.nothing", { q: text }));
  return [
    element("p", { className: "state empty" }, t("search.nothing", { q: text })),
    reason(problem),
    guess && element("h2", {}, t("search.guess")),
    guess && resultList(),
  ].filter(Boolean);
}

function showOne(place) {
  lastText = "";
  setLink("q", place.label);
  showTab("places");
  show([place]);
  byId("search-results").replaceChildren(resultList());
  announce(t("search.chosen", { name: place.label }));
}

// Equally good answers: the question to ask the caller, and a button for each answer that may come back.
function whichOne(tied) {
  const choices = tied.map((place) => {
    const names = place.district ? `${place.label} · ${place.district}` : `${place.label} · ${place.detail}`;
    return button(names, () => choose(results.indexOf(place)), { "data-choice": String(results.indexOf(place)), "aria-pressed": "false" });
  });
  return element(
    "section",
    { className: "which-one", "aria-labelledby": "which-one-heading" },
    element("h2", { id: "which-one-heading" }, t("search.ask")),
    element("p", { className: "which-one-question" }, tied[0].ask),
    element("div", { className: "row-buttons" }, choices),
  );
}

function show(places) {
  results = places;
  chosen = places.length === 1 ? 0 : -1;
  mark();
  if (places.length === 1) goTo(places[0]);
  else if (places.length) fit(boundsOf(places.map((place) => place.lonlat)));
}

function choose(position) {
  chosen = position;
  mark();
  goTo(results[position]);
  announce(t("search.chosen", { name: results[position].label }));
  for (const row of byId("search-results").querySelectorAll("[data-position]")) row.setAttribute("aria-current", String(Number(row.dataset.position) === chosen));
  for (const each of byId("search-results").querySelectorAll("[data-choice]")) each.setAttribute("aria-pressed", String(Number(each.dataset.choice) === chosen));
  byId("search-results").querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
}

function mark() {
  const shown = openTab() === "places" ? results : [];
  const dots = shown.map((place, position) => point(place.lonlat, { number: String(position + 1), chosen: position === chosen }));
  const around = shown[chosen];
  overlay("lc-results", collection(dots));
  overlay("lc-accuracy", collection(around?.accuracy_m >= 1 ? [circle(around.lonlat, around.accuracy_m)] : []));
}

function goTo({ lonlat, accuracy_m: accuracy }) {
  if (accuracy < WIDE_M) flyTo(lonlat);
  else fit(boundsOfCircle(lonlat, accuracy));
}

const resultList = () =>
  element(
    "ol",
    { className: "results" },
    results.map((place, position) =>
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", className: "result", "data-position": String(position), "aria-current": String(position === chosen), onclick: () => choose(position) },
          element("span", { className: "result-number", "aria-hidden": "true" }, String(position + 1)),
          element("span", { className: "result-text" }, element("span", { className: "result-name" }, place.label), element("span", { className: "result-detail" }, place.detail), sureness(place)),
        ),
        placeButtons(place),
      ),
    ),
  );

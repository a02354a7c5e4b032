// Who can be there first: units by time with their drives on the map, why the others are not offered, and sending one.

import { announce } from "./announce.js";
import { ask, newRequest, tell } from "./api.js";
import { byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { assign, current, showHospitals } from "./emergency.js";
import { clock, distance, duration, exactDuration } from "./format.js";
import { boundsOf, collection } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { fit } from "./map.js";
import { empty, makeQuestion, trouble } from "./states.js";

const MOST = 9; // as many as there are number keys
const MEDICAL = "120";

let question = null;
let answer = null; // the newest ranking
let drives = []; // {unit, geometry} of the units that are offered, as their lines come in
let marked = ""; // unit whose drive stands out
const requests = {}; // by emergency and unit: pressed twice, sent once

export function startRanking() {
  question = makeQuestion(byId("rank-answer"));
  byId("rank-again").addEventListener("click", () => rank());
  for (const id of ["rank-siren", "rank-winter"]) byId(id).addEventListener("change", () => rank());
  onLanguage(() => answer && current() && byId("rank-answer").replaceChildren(...rows()));
}

/** Ranks the units for the emergency that is shown. moves: the map shows all of it. */
export function rank({ moves = false, focus = false } = {}) {
  const emergency = current();
  byId("rank-block").hidden = emergency?.status !== "open";
  if (emergency?.status !== "open") return clear();
  const body = {
    emergency: emergency.id,
    k: MOST,
    siren: byId("rank-siren").checked,
    season: byId("rank-winter").checked ? "winter" : "",
    ...(emergency.category === MEDICAL && { hospital: {} }),
  };
  return question(
    () => tell("v1/dispatch/rank", body),
    (found) => {
      if (current()?.id !== emergency.id) return "";
      answer = { ...found, at: new Date().toISOString() };
      showHospitals(found.hospitals);
      showDrives(moves);
      const first = offered()[0];
      announce(first ? t("rank.first", { unit: nameOf(first), eta: exactDuration(first.eta_s) }) : t("rank.nobody"));
      const held = document.activeElement.closest("#rank-answer [data-unit]")?.dataset.unit;
      queueMicrotask(() => (focus ? byId("rank-heading") : held && document.querySelector(`#rank-answer [data-unit="${CSS.escape(held)}"] button`))?.focus?.());
      return rows();
    },
    answer ? null : "rank.asking",
  );
}

function clear() {
  answer = null;
  drives = [];
  show("lc-drives");
  byId("rank-answer").replaceChildren();
}

/** Puts the focus on the button that sends the unit of a number; false where there is none. */
export function focusUnit(place) {
  const send = byId("rank-answer").querySelector(`[data-place="${place}"]`);
  send?.focus();
  return Boolean(send);
}

const offered = () => answer.units.filter((unit) => unit.why_not === null);
const nameOf = ({ id, title }) => title || id;

function rows() {
  const others = answer.units.filter((unit) => unit.why_not !== null);
  const { spread, conditions } = answer;
  return [
    offered().length ? element("ol", { className: "results", id: "rank-list" }, offered().map(offerRow)) : empty("rank.nobody"),
    answer.more > 0 && element("p", { className: "note" }, t("rank.more", { n: answer.more })),
    others.length > 0 && element("details", {}, element("summary", {}, t("rank.others", { n: others.length })), element("ul", { className: "lines" }, others.map(otherRow))),
    element("p", { className: "note" }, t("rank.as_of", { time: clock(answer.at, { second: "2-digit" }), share: Math.round(100 * (spread.p90_share - 1)) }), conditions.weather ? ` · ${conditions.weather.source}` : ""),
  ].filter(Boolean);
}

function offerRow(unit, position) {
  const { eta_s: eta, eta_p90_s: late, distance_m: metres, turnout_s: turnout, walk_s: walk, staging_point: stop, position: at, simulated, kind } = unit;
  const number = position + 1;
  const detail = [
    kind,
    t("rank.p90", { eta: exactDuration(late) }),
    metres !== null && distance(metres),
    turnout > 0 && t("rank.turnout", { duration: duration(turnout) }),
    stop?.off_road_m >= 1 && walk >= 1 && t("rank.walk", { distance: distance(stop.off_road_m), duration: duration(walk) }),
    at?.age_s >= 60 && t("rank.position_age", { age: duration(at.age_s) }),
  ];
  return element(
    "li",
    { className: "offer", "data-unit": unit.id },
    element("span", { className: "result-number", "aria-hidden": "true" }, String(number)),
    element(
      "span",
      { className: "result-text" },
      element("span", { className: "result-name" }, `${nameOf(unit)} · ${exactDuration(eta)}`),
      element("span", { className: "result-detail" }, detail.filter(Boolean).join(" · ")),
      simulated && element("span", { className: "marks" }, element("span", { className: "mark doubtful" }, t("traffic.simulated"))),
    ),
    element(
      "button",
      {
        type: "button",
        className: position === 0 ? "primary" : "quiet",
        "data-place": String(number),
        "aria-keyshortcuts": String(number),
        "aria-label": t("rank.send_named", { unit: nameOf(unit), eta: exactDuration(eta) }),
        onclick: () => send(unit),
        onfocus: () => mark(unit.id),
        onmouseenter: () => mark(unit.id),
      },
      t("rank.send"),
    ),
  );
}

const otherRow = (unit) => element("li", {}, [nameOf(unit), t(`why.${unit.why_not}`), unit.missing.join(t("list.comma"))].filter(Boolean).join(" · "));

async function send(unit) {
  const key = `${current().id} ${unit.id}`;
  requests[key] ??= newRequest();
  try {
    await assign(unit.id, byId("rank-siren").checked, requests[key]);
  } catch (problem) {
    byId("rank-answer").prepend(trouble(problem, () => rank({ focus: true })));
    return;
  }
  delete requests[key]; // released, it may be sent again
  rank({ focus: true });
}

function mark(unit) {
  if (marked === unit) return;
  marked = unit;
  draw();
}

// The lines of the drives come one by one behind the list: nobody waits for them.
async function showDrives(moves) {
  const mine = answer;
  marked = offered()[0]?.id ?? "";
  const found = await Promise.all(
    offered().map(async ({ id, route_id: route }) => {
      if (!route) return null;
      const drive = await ask(`${route.slice(1)}&steps=false`).catch(() => null); // without its line a unit is ranked all the same
      return drive && { unit: id, geometry: drive.routes[0].geometry };
    }),
  );
  if (mine !== answer) return;
  drives = found.filter(Boolean);
  draw();
  if (moves && drives.length) fit(boundsOf([answer.lonlat, ...drives.flatMap(({ geometry }) => geometry.coordinates)]));
}

function draw() {
  show("lc-drives", collection(drives.map(({ unit, geometry }) => ({ type: "Feature", properties: { unit, chosen: unit === marked }, geometry }))));
}

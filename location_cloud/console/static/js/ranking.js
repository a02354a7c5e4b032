// Who can be there first: units by time with their drives on the map, why the others are not offered, and sending them.

import { announce } from "./announce.js";
import { ask, newRequest, tell } from "./api.js";
import { button, byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { current, MEDICAL, onNews, onOther, refresh } from "./emergency.js";
import { needsIn } from "./emergency_form.js";
import { clock, distance, duration, exactDuration, number } from "./format.js";
import { boundsOf, collection } from "./geometry.js";
import { showHospitals } from "./hospital_leg.js";
import { onLanguage, t } from "./i18n.js";
import { fit } from "./map.js";
import { empty, makeQuestion, trouble } from "./states.js";

const MOST = 9; // as many as there are number keys
const KEPT = { minutes: 8, slack_s: 180 }; // what is left shall cover most within so long; nobody is later by more

let question = null;
let answer = null; // the newest ranking
let drives = []; // {unit, geometry} of the units that are offered, as their lines come in
let marked = ""; // unit whose drive stands out
let asked = ""; // emergency and version of the newest question
let timer = 0;
const requests = {}; // by emergency and unit: pressed twice, sent once

export function startRanking() {
  question = makeQuestion(byId("rank-answer"));
  byId("rank-again").addEventListener("click", () => rank());
  for (const id of ["rank-siren", "rank-winter", "rank-count", "rank-needs"]) byId(id).addEventListener("change", () => rank());
  onOther(() => {
    byId("rank-count").value = "1";
    byId("rank-needs").value = "";
    clear();
    rank({ moves: true, focus: true });
  });
  onNews((emergency) => nameOfNews(emergency) !== asked && rankSoon());
  onLanguage(() => answer && current() && byId("rank-answer").replaceChildren(...rows()));
}

/** Ranks anew in a moment, once for all that happens until then: units or roads are no longer as they were. */
export function rankSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => current() && rank(), 300);
}

/** Ranks the units for the emergency that is shown. moves: the map shows all of it. */
export function rank({ moves = false, focus = false } = {}) {
  clearTimeout(timer);
  const emergency = current();
  byId("rank-block").hidden = emergency?.status !== "open";
  if (emergency?.status !== "open") return clear();
  asked = nameOfNews(emergency);
  const count = Math.max(1, Number(byId("rank-count").value) || 1);
  const body = {
    emergency: emergency.id,
    k: Math.max(MOST, count),
    siren: byId("rank-siren").checked,
    season: byId("rank-winter").checked ? "winter" : "",
    ...(count > 1 && { keep_coverage: { count, ...KEPT } }),
    ...(emergency.category === MEDICAL && { hospital: { need: needsIn(byId("rank-needs").value) } }),
  };
  byId("rank-hospital").hidden = emergency.category !== MEDICAL;
  return question(
    () => tell("v1/dispatch/rank", body),
    (found) => {
      if (current()?.id !== emergency.id) return "";
      answer = { ...found, count, at: new Date().toISOString() };
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

const nameOfNews = ({ id, version }) => `${id} ${version}`;

function clear() {
  answer = null;
  drives = [];
  show("lc-drives");
  showHospitals(null);
  byId("rank-answer").replaceChildren();
}

/** Puts the focus on the button that sends the unit of a number; false where there is none. */
export function focusUnit(place) {
  const send = byId("rank-answer").querySelector(`[data-place="${place}"]`);
  send?.focus();
  return Boolean(send);
}

/** Sends the units that leave most covered; false where none are proposed. */
export function sendProposed() {
  const send = byId("rank-proposed");
  send?.focus();
  return Boolean(send);
}

const offered = () => answer.units.filter((unit) => unit.why_not === null);
const nameOf = ({ id, title }) => title || id;
const titleOf = (id) => nameOf(answer.units.find((unit) => unit.id === id) ?? { id });

function rows() {
  const others = answer.units.filter((unit) => unit.why_not !== null);
  const { spread, conditions } = answer;
  return [
    answer.keep_coverage && proposal(answer.keep_coverage),
    offered().length ? element("ol", { className: "results", id: "rank-list" }, offered().map(offerRow)) : empty("rank.nobody"),
    answer.more > 0 && element("p", { className: "note" }, t("rank.more", { n: answer.more })),
    others.length > 0 && element("details", {}, element("summary", {}, t("rank.others", { n: others.length })), element("ul", { className: "lines" }, others.map(otherRow))),
    element("p", { className: "note" }, t("rank.as_of", { time: clock(answer.at, { second: "2-digit" }), share: Math.round(100 * (spread.p90_share - 1)) }), conditions.weather ? ` · ${conditions.weather.source}` : ""),
  ].filter(Boolean);
}

// Several units at once: those whose leaving uncovers least, none much later than the quickest.
const proposal = ({ units, minutes, share_before: before, share_after: after }) =>
  element(
    "section",
    { className: "proposal", "aria-labelledby": "proposal-heading" },
    element("h3", { id: "proposal-heading" }, units.length ? t("rank.proposed", { units: units.map(titleOf).join(t("list.comma")) }) : t("rank.nobody")),
    element("p", { className: "note" }, t("rank.kept", { n: minutes, before: number(100 * before), after: number(100 * after) })),
    units.length > 0 && button(t("rank.send_proposed", { n: units.length }), (event) => sendAll(event, units), { id: "rank-proposed", className: "primary", "aria-keyshortcuts": "g" }),
  );

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
    unit.hospital_s !== null && t("rank.hospital", { duration: duration(unit.hospital_s) }),
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
        "aria-keyshortcuts": number <= MOST ? String(number) : undefined,
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
  try {
    await assign(unit.id);
  } catch (problem) {
    byId("rank-answer").prepend(trouble(problem, () => rank({ focus: true })));
    return;
  }
  announce(t("rank.sent", { unit: nameOf(unit) }));
  await refresh();
  rank({ focus: true }); // sent, it is not offered any more
}

async function sendAll({ target }, units) {
  target.disabled = true; // each is sent once, however often it is pressed
  const names = units.map(titleOf).join(t("list.comma"));
  const outcomes = await Promise.allSettled(units.map(assign));
  const failed = outcomes.find(({ status }) => status === "rejected");
  byId("rank-count").value = "1";
  if (!failed) announce(t("rank.sent", { unit: names }));
  await refresh();
  await rank({ focus: true });
  if (failed) byId("rank-answer").prepend(trouble(failed.reason, () => rank({ focus: true })));
}

async function assign(unit) {
  const emergency = current().id, key = `${emergency} ${unit}`;
  requests[key] ??= newRequest();
  await tell(`v1/emergencies/${emergency}/assignments`, { unit, siren: byId("rank-siren").checked }, { request: requests[key] });
  delete requests[key]; // released, it may be sent again
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

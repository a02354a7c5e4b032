// Where free units should wait so that most ground is near one: proposed with a proof, drawn, accepted, followed.

import { announce } from "./announce.js";
import { makeOnce, tell } from "./api.js";
import { button, byId, element } from "./dom.js";
import { show } from "./dispatch_map.js";
import { current } from "./emergency.js";
import { duration, lonlatText, number } from "./format.js";
import { boundsOf, collection, line, metres, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { fit } from "./map.js";
import { empty, makeQuestion, trouble } from "./states.js";
import { allUnits, nameOf, onUnits, tellUnit, unitOf } from "./units.js";

const KEPT = "location-cloud.waiting"; // orders that are under way, in this browser tab
const THERE_M = 150; // so near a unit is where it was sent
const STAYS_S = 30; // a shorter drive moves nobody

const noteOnce = makeOnce();
let question = null;
let proposal = null; // the newest answer; null = none, or accepted
let orders = read(); // [{unit, lonlat, name, at}]

export function startRelocate() {
  question = makeQuestion(byId("wait-answer"));
  byId("wait-form").addEventListener("submit", (event) => {
    event.preventDefault();
    propose();
  });
  onUnits(() => {
    drawMap();
    drawOrders();
  });
  onLanguage(() => {
    if (proposal) byId("wait-answer").replaceChildren(...rows());
    drawOrders(true);
    drawMap();
  });
}

/** Asks where free units should wait. */
export function propose() {
  const minutes = Number(byId("wait-minutes").value) || 8;
  return question(
    () => tell("v1/dispatch/relocate", { minutes }),
    (found) => {
      proposal = { ...found, minutes };
      drawMap();
      const all = moves();
      if (all.length) fit(boundsOf(all.flatMap((move) => [move.lonlat, unitOf(move.unit)?.position?.lonlat].filter(Boolean))));
      announce(all.length ? t("wait.says", { n: all.length, share: percent(proposal.covered) }) : t("wait.stay"));
      queueMicrotask(() => {
        byId("wait-block").scrollIntoView({ block: "nearest" });
        (byId("wait-accept") ?? byId("wait-heading")).focus();
      });
      return rows();
    },
    "wait.asking",
  );
}


/** Accepts what is proposed; false where nothing is. */
export function acceptProposed() {
  const button_ = byId("wait-accept");
  button_?.click();
  return Boolean(button_);
}

const percent = (weight) => number((100 * weight) / (proposal.total || 1));

// Units that drive: those that are there already have nothing to accept, and nobody moves for nothing.
const moves = () =>
  proposal.moves
    .filter((move) => proposal.covered > proposal.now && move.drive_s >= STAYS_S)
    .map((move) => {
      const { lonlat } = proposal.sites.find((each) => each.site === move.site);
      return { ...move, lonlat, name: stationAt(lonlat) };
    });

const stationAt = (lonlat) => allUnits().find(({ station }) => station?.name && metres(station.lonlat, lonlat) < THERE_M)?.station.name || lonlatText(lonlat, 5);

function rows() {
  const all = moves();
  const { minutes, now, covered, bound, status, simulated } = proposal;
  return [
    element("p", {}, element("strong", {}, t("wait.covers", { n: minutes, now: percent(now), then: percent(Math.max(now, covered)) }))),
    element("p", { className: "note" }, [simulated && t("traffic.simulated"), t(`wait_proof.${status}`, { bound: percent(bound) })].filter(Boolean).join(" · ")),
    all.length
      ? element(
          "ul",
          { className: "results", id: "wait-moves" },
          all.map(({ unit, name, drive_s: drive }) => element("li", { "data-move": unit }, element("p", { className: "result-name" }, t("wait.move", { unit: nameOf(unit), place: name })), element("p", { className: "result-detail" }, t("leg.drive", { duration: duration(drive) })))),
        )
      : empty("wait.stay"),
    all.length > 0 &&
      element("div", { className: "row-buttons" }, button(t("wait.accept"), accept, { id: "wait-accept", className: "primary", "aria-keyshortcuts": "a" }), button(t("wait.dismiss"), dismiss, { id: "wait-dismiss" })),
  ].filter(Boolean);
}

function dismiss() {
  proposal = null;
  byId("wait-answer").replaceChildren();
  drawMap();
  byId("wait-heading").focus();
}

// Each unit that drives is on its way, free to be sent, and no longer at its station: its turnout is over.
async function accept({ target }) {
  target.disabled = true;
  const all = moves(), at = new Date().toISOString(), failed = [];
  for (const { unit, lonlat, name } of all) {
    try {
      if (unitOf(unit)?.status !== "returning") await tellUnit(unit, { status: "returning" });
      orders = [...orders.filter((each) => each.unit !== unit), { unit, lonlat, name, at }];
    } catch (problem) {
      failed.push(problem);
    }
  }
  const words = all.filter(({ unit }) => orders.some((each) => each.unit === unit)).map(({ unit, name }) => t("wait.move", { unit: nameOf(unit), place: name }));
  proposal = null;
  keep();
  byId("wait-answer").replaceChildren(...(failed.length ? [trouble(failed[0], propose)] : []));
  announce(t("wait.accepted", { n: words.length }));
  drawMap();
  drawOrders(true);
  byId("wait-heading").focus();
  if (words.length && current()?.status === "open") await noteOnce(`v1/emergencies/${current().id}/log`, { text: t("wait.note", { moves: words.join(t("list.comma")) }) }).catch(() => null); // the orders stand without it
}

// --- under way -----------------------------------------------------------------------------------------------------

let shown = "";

function drawOrders(always = false) {
  const present = orders.filter(({ unit, lonlat }) => {
    const now = unitOf(unit);
    const isThere = now?.position?.source === "device" && metres(now.position.lonlat, lonlat) < THERE_M;
    return now && now.emergency === null && now.status !== "out_of_service" && !isThere;
  });
  if (allUnits().length && present.length < orders.length) {
    orders = present;
    keep();
  }
  const now = JSON.stringify(orders);
  if (!always && now === shown) return;
  shown = now;
  byId("wait-orders").replaceChildren(
    ...(orders.length ? [element("h3", {}, t("wait.under_way")), element("ul", { className: "results" }, orders.map(orderRow))] : []),
  );
}

const orderRow = (order) =>
  element(
    "li",
    { "data-order": order.unit },
    element("p", { className: "result-name" }, t("wait.move", { unit: nameOf(order.unit), place: order.name })),
    element(
      "div",
      { className: "row-buttons" },
      button(t("wait.there"), () => arrived(order), { "aria-label": t("wait.there_named", { unit: nameOf(order.unit) }) }),
      button(t("wait.recall"), () => forget(order), { "aria-label": t("wait.recall_named", { unit: nameOf(order.unit) }) }),
    ),
  );

// A crew without a device says that it is there: from then on it is ranked from that place.
async function arrived(order) {
  const hasDevice = Boolean(unitOf(order.unit)?.device);
  try {
    await tellUnit(order.unit, { status: "available", ...(!hasDevice && { position: { lonlat: order.lonlat } }) });
  } catch (problem) {
    byId("wait-orders").prepend(trouble(problem, () => arrived(order)));
    return;
  }
  announce(t("wait.is_there", { unit: nameOf(order.unit) }));
  forget(order);
}

function forget(order) {
  orders = orders.filter((each) => each !== order);
  keep();
  drawOrders(true);
  drawMap();
  byId("wait-heading").focus();
}

function drawMap() {
  const all = [...(proposal ? moves() : []), ...orders.map((each) => ({ ...each, ordered: true }))];
  const lines = all.map(({ unit, lonlat, ordered }) => unitOf(unit)?.position && line([unitOf(unit).position.lonlat, lonlat], { ordered: Boolean(ordered) }));
  show("lc-moves", collection(lines.filter(Boolean)));
  show("lc-sites", collection(all.map(({ unit, lonlat }) => point(lonlat, { label: t("wait.here", { unit: nameOf(unit) }) }))));
}

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(orders));
  } catch {
    return; // storage is forbidden: they live as long as the page
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

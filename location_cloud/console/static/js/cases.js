// The case board: which cases there are, the one that is shown, and reporting another. Joined here: list, card, map.

import { ask } from "./api.js";
import { openFirst, openNote, startActions } from "./cases_actions.js";
import { startCard, tick } from "./cases_card.js";
import { startFiles } from "./cases_files.js";
import { query, startFilter } from "./cases_filter.js";
import { startCasesLog } from "./cases_log.js";
import { show, startCasesMap } from "./cases_map.js";
import { openNew, startNew } from "./cases_new.js";
import { current, learnWords, listedCases, onCase, onList, onWords, reread, select, setList } from "./cases_state.js";
import { className, lamp, leftOf, stageTitle } from "./cases_words.js";
import { button, byId, element } from "./dom.js";
import { clock, lonlatText, number } from "./format.js";
import { collection, point } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { onNewKey } from "./key.js";
import { flyTo, onDotClick } from "./map.js";
import { makePulse } from "./pulse.js";
import { startShortcuts } from "./shortcuts.js";
import { empty, makeWork, showTrouble } from "./states.js";
import { onOpen, openTab, showTab } from "./tabs.js";

const EVERY_MS = 5000;
const FIRST = 50, MOST = 500; // cases that the page lists; who has more narrows them
const RANK = { red: 3, yellow: 2, green: 1 };

const KEYS = [
  { keys: ["j", "k"], shown: "J K", words: "keys.case_next", act: move },
  { shown: "↵", words: "keys.case_open", keys: [] },
  { keys: ["a"], shown: "A", words: "keys.case_act", act: () => openFirst() },
  { keys: ["t"], shown: "T", words: "keys.case_note", act: () => openNote() },
  { keys: ["n"], shown: "N", words: "keys.case_new", act: () => openNew() },
  { keys: ["f"], shown: "F", words: "keys.case_filter", act: () => byId("filter-state").focus() },
];

let wanted = FIRST;
let shownList = "";
let asked = 0;
let timer = 0;
let pulse = null, work = null;
let wantedCase = null;

export function startCases() {
  work = makeWork(byId("case-trouble"));
  startCasesMap();
  startFilter(() => {
    wanted = FIRST;
    turn();
  });
  startCard(openGrid);
  startActions();
  startCasesLog();
  startFiles();
  startNew(turn);
  pulse = makePulse(byId("case-pulse"));
  startShortcuts(byId("page-cases"), byId("case-keys"), KEYS);
  onDotClick("lc-cases-dot", ({ id }) => open(id));
  onList(drawList);
  onWords(redraw);
  onLanguage(redraw);
  onCase((found, isOther) => {
    drawList();
    if (found && isOther) flyTo(found.lonlat, 15);
  });
  onOpen("*", turn);
  document.addEventListener("visibilitychange", turn);
  onNewKey(turn);
  turn();
  if (wantedCase) open(wantedCase);
  wantedCase = null;
}

/** A click on the map while the page is open: something is to be reported there. */
export const reportAt = (lonlat) => openNew(lonlat);

/** Shows a case from another page, which may come before this one was started. */
export function openFrom(id) {
  if (work) return open(id);
  wantedCase = id;
  return undefined;
}

async function open(id) {
  if (await work(() => select(id))) byId("case-heading").focus();
}

function redraw() {
  shownList = "";
  drawList();
}

async function openGrid(code) {
  const { openUnit } = await import("./grids.js");
  showTab("grids");
  openUnit(code);
}

function move(key) {
  const rows = [...byId("case-list").querySelectorAll("button.result")];
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const from = at < 0 ? rows.findIndex((row) => row.dataset.case === String(current()?.id)) : at;
  const next = from < 0 ? 0 : Math.min(Math.max(from + (key.toLowerCase() === "j" ? 1 : -1), 0), rows.length - 1);
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
}

async function turn() {
  clearTimeout(timer);
  if (openTab() !== "cases" || document.hidden) return;
  const mine = (asked += 1);
  const isHeard = await list(mine);
  if (isHeard) pulse.heard();
  else if (isHeard === false) pulse.missed();
  tick();
  if (mine !== asked) return;
  clearTimeout(timer);
  timer = setTimeout(turn, EVERY_MS);
}

// Whether there was an answer; undefined where a newer question has overtaken this one.
async function list(mine) {
  try {
    await learnWords();
    const chosen = query();
    const [{ cases }, count] = await Promise.all([ask("v1/cases", { ...chosen, order: "newest", limit: wanted }), ask("v1/cases/all/count", chosen), reread().catch(() => {})]);
    if (mine !== asked) return undefined;
    byId("case-count").textContent = t(count.is_exact ? "case.count" : "case.count_least", { n: number(count.count) });
    setList(cases);
    drawMore(count.count);
    return true;
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    if (problem.status !== 0 || !shownList) {
      shownList = "";
      showTrouble(byId("case-list"), problem, turn);
    }
    return false;
  }
}

function drawMore(count) {
  const isMore = count > listedCases().length;
  byId("case-more").replaceChildren(
    ...(!isMore ? [] : wanted < MOST ? [button(t("case.more"), () => ((wanted = Math.min(wanted + 150, MOST)), turn()))] : [element("p", { className: "note" }, t("case.narrow", { n: MOST }))]),
  );
}

function drawList() {
  const cases = listedCases();
  const now = JSON.stringify([cases.map((each) => [each.id, each.version, each.lamp, Math.floor(Date.now() / 60_000)]), current()?.id]);
  if (now === shownList) return;
  shownList = now;
  const focused = document.activeElement?.closest("#case-list [data-case]")?.dataset.case;
  byId("case-list").replaceChildren(cases.length ? element("ul", { className: "results" }, cases.map(row)) : empty("case.none"));
  if (focused) byId("case-list").querySelector(`[data-case="${focused}"]`)?.focus();
  const shown = cases.some((each) => each.id === current()?.id) || !current() ? cases : [...cases, current()];
  show("lc-cases", collection(shown.map(dot)));
}

const dot = (each) =>
  point(each.lonlat, { id: each.id, label: each.simulated ? t("incident.simulated", { name: className(each.class) }) : className(each.class), lamp: each.lamp, rank: (RANK[each.lamp] ?? 0) + (each.id === current()?.id ? 9 : 0), chosen: each.id === current()?.id });

const row = (each) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result", "aria-current": String(each.id === current()?.id), "data-case": String(each.id), onclick: () => open(each.id) },
      element(
        "span",
        { className: "result-text" },
        element("span", { className: "result-name" }, className(each.class)),
        element("span", { className: "result-detail" }, [each.number, clock(each.created_at), each.address || each.description.slice(0, 40) || lonlatText(each.lonlat, 5)].join(" · ")),
        element(
          "span",
          { className: "marks" },
          element("span", { className: "mark" }, stageTitle(each.stage)),
          lamp(each.lamp),
          each.deadline && element("span", { className: "mark plain" }, leftOf(each.deadline, each)),
          each.simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated")),
        ),
      ),
    ),
  );

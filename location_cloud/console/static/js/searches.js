// The search board: which searches there are and the one that is shown, kept fresh. Joined here: map, plan, results, ground.

import { ask } from "./api.js";
import { byId, element } from "./dom.js";
import { clock } from "./format.js";
import { boundsOf, positionsOf } from "./geometry.js";
import { onLanguage, t } from "./i18n.js";
import { onNewKey } from "./key.js";
import { fit } from "./map.js";
import { makePulse } from "./pulse.js";
import { opened, startBeginning } from "./search_begin.js";
import { refreshCold, startChance } from "./search_chance.js";
import { startFiles } from "./search_files.js";
import { startGround } from "./search_ground.js";
import { startSearchMap } from "./search_map.js";
import { startPatterns } from "./search_patterns.js";
import { startPlan } from "./search_plan.js";
import { startSegments } from "./search_segments.js";
import { current, known, onSearch, reread, show } from "./search_state.js";
import { openInner, openPlace, startInner } from "./search_tabs.js";
import { startTold, tellOf } from "./search_told.js";
import { drill, percent, termOf, titleOf } from "./search_words.js";
import { startShortcuts } from "./shortcuts.js";
import { empty, makeWork, showTrouble } from "./states.js";
import { makeStream } from "./stream.js";
import { onOpen, openTab } from "./tabs.js";
import { drawTeams, moveTeams } from "./team_tracks.js";

const EVERY_MS = 5000;
const MOST_SHOWN = 0.9; // of the chance: what lies further out is found by whoever looks for it
const MOST = 200; // searches that the page lists; who has more asks the API

const KEYS = [
  { keys: [..."12345"], shown: "1–5", words: "keys.pages", act: (key) => current() !== null && openPlace(Number(key)) },
  { keys: ["b"], shown: "B", words: "keys.begin", act: openBegin },
  { keys: ["p"], shown: "P", words: "keys.replay", act: () => !byId("hunt-replay").hidden && byId("hunt-slider").focus() },
  { keys: ["r"], shown: "R", words: "keys.result", act: () => openTold("result", () => tellOf(known().plan?.assignments[0]?.id ?? "")) },
  { keys: ["u"], shown: "U", words: "keys.clue", act: () => openTold("clue", () => byId("clue-where").focus()) },
  { keys: ["f"], shown: "F", words: "keys.find", act: () => openTold("find", () => byId("find-where").focus()) },
];

let listed = [];
let shownList = "";
let timer = 0;
let pulse = null, stream = null, work = null;

export function startSearches() {
  work = makeWork(byId("hunt-trouble"), () => current() && reread());
  startSearchMap(byId("hunt-switches"));
  startInner();
  startBeginning(listSearches);
  startChance(work);
  startSegments();
  startTold();
  startPlan();
  startPatterns();
  startGround();
  startFiles();
  pulse = makePulse(byId("search-pulse"));
  stream = makeStream("v1/fixes/stream", { positions: moveTeams }, pulse.lives);
  startShortcuts(byId("page-searches"), byId("search-keys"), KEYS);
  onSearch(({ search }, isOther) => {
    byId("hunt-block").hidden = false;
    drawList();
    sayTeams();
    if (!isOther) return;
    openInner("hunt-chance");
    fit(boundsOf([search.ipp, ...known().poa.features.filter((each) => each.properties.share <= MOST_SHOWN).flatMap((each) => positionsOf(each.geometry))]));
    byId("hunt-heading").focus();
  });
  onOpen("*", turn);
  document.addEventListener("visibilitychange", turn);
  onNewKey(turn);
  onLanguage(() => {
    shownList = "";
    drawList();
  });
  turn();
}

function openBegin() {
  byId("hunt-begin").open = true;
  byId("hunt-category").focus();
}

function openTold(name, focus) {
  if (current() === null || byId(`${name}-part`).hidden) return false;
  openInner("hunt-told");
  byId(`${name}-part`).open = true;
  focus();
  return true;
}

async function turn() {
  clearTimeout(timer);
  const isSeen = openTab() === "searches" && !document.hidden;
  stream.follow(isSeen && current() !== null);
  if (!isSeen) return;
  const isHeard = await listSearches();
  if (isHeard) pulse.heard();
  else pulse.missed();
  const { search, then } = known();
  const newer = listed.find((each) => each.id === search?.id);
  if (newer && newer.version > search.version && !then) await work(() => show(newer));
  if (current()) await Promise.all([sayTeams(), refreshCold()]);
  clearTimeout(timer); // another turn may have begun meanwhile
  timer = setTimeout(turn, EVERY_MS);
}

async function listSearches() {
  try {
    listed = (await ask("v1/searches", { limit: MOST })).searches;
    drawList();
    if (!listed.length && !byId("hunt-begin").open) {
      byId("hunt-begin").open = true; // there is nothing else to do
      opened();
    }
    return true;
  } catch (problem) {
    if (problem.status !== 0 || !shownList) {
      shownList = "";
      showTrouble(byId("hunt-list"), problem, listSearches);
    }
    return false;
  }
}

async function sayTeams() {
  const count = await drawTeams(current()).catch(() => null); // that the server is away, the pulse says
  if (count !== null) byId("hunt-teams").textContent = t(count ? "hunt.teams_are" : "hunt.no_teams", { n: count });
}

function drawList() {
  const now = JSON.stringify([listed, current()?.id]);
  if (now === shownList) return;
  shownList = now;
  byId("hunt-list").replaceChildren(listed.length ? element("ul", { className: "results" }, [...listed].reverse().map(row)) : empty("hunt.none"));
}

const row = (search) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", className: "result", "aria-current": String(search.id === current()?.id), onclick: () => work(() => show(search)) },
      element(
        "span",
        { className: "result-text" },
        element("span", { className: "result-name" }, titleOf(search)),
        element("span", { className: "result-detail" }, [t(`hunt.status_${search.status}`), termOf("subject", search.subject.category), clock(search.created_at), t("hunt.pos_is", { share: percent(search.pos) })].join(" · ")),
        element("span", { className: "marks" }, drill(search)),
      ),
    ),
  );

// Which cases the board lists: open or over, late, by stage, whose turn, class, grid, and what the map shows.

import { classCombo } from "./cases_new.js";
import { onWords } from "./cases_state.js";
import { className, stageChoices } from "./cases_words.js";
import { byId, element } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { onMapReady, theMap } from "./map.js";
import { openTab } from "./tabs.js";

const PAUSE_MS = 300; // typing pauses shorter than this are one word

// What each choice of the first field asks for; stages follow it.
const STATES = { open: { open: "true" }, overdue: { overdue: "true" }, yellow: { lamp: "yellow" }, over: { open: "false" }, all: {} };

let code = ""; // of the class
let timer = 0;
let changed = () => {};
let wanted = ""; // a grid that another page asked for before this one was started

export function startFilter(whenChanged) {
  changed = whenChanged;
  for (const id of ["filter-state", "filter-role", "filter-view"]) byId(id).addEventListener("change", changed);
  for (const id of ["filter-grid"]) byId(id).addEventListener("input", soon);
  classCombo(byId("filter-class"), byId("filter-class-options"), (found) => {
    code = found;
    changed();
  });
  byId("filter-class").addEventListener("input", () => {
    if (!code || byId("filter-class").value === className(code)) return;
    code = "";
    changed();
  });
  byId("filter-form").addEventListener("submit", (event) => event.preventDefault());
  byId("filter-clear").addEventListener("click", clear);
  onMapReady((map) => map.on("moveend", () => byId("filter-view").checked && openTab() === "cases" && soon()));
  if (wanted) filterGrid(wanted);
  onWords(drawStages);
  onLanguage(() => {
    drawStages();
    if (code) byId("filter-class").value = className(code);
  });
}

/** Lists the cases of a unit grid. */
export function filterGrid(grid) {
  wanted = grid;
  clear();
  byId("filter-grid").value = grid;
  byId("filter-more").open = true;
  changed();
}

/** What is asked for. */
export function query() {
  const state = byId("filter-state").value;
  return {
    ...(STATES[state] ?? { stage: state.replace("stage:", "") }),
    role: byId("filter-role").value,
    class: code,
    grid: byId("filter-grid").value.trim().replace(/[^0-9A-Za-z]/g, "").slice(0, 24),
    bbox: byId("filter-view").checked ? view() : "",
  };
}

function view() {
  const bounds = theMap()?.getBounds();
  return bounds ? [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((each) => +each.toFixed(6)).join(",") : "";
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(changed, PAUSE_MS);
}

function clear() {
  code = "";
  for (const id of ["filter-class", "filter-grid", "filter-role"]) byId(id).value = "";
  byId("filter-state").value = "open";
  byId("filter-view").checked = false;
  changed();
}

function drawStages() {
  const chooser = byId("filter-state"), kept = chooser.value;
  chooser.querySelector("optgroup")?.remove();
  chooser.append(element("optgroup", { label: t("case.stage") }, stageChoices().map(([value, words]) => element("option", { value: `stage:${value}` }, words))));
  chooser.value = kept;
}

// When the first free unit is where: cells on the map, their legend, and the share of the city within each time.

import { tell } from "./api.js";
import { byId, element } from "./dom.js";
import { MINUTES, show } from "./dispatch_map.js";
import { number } from "./format.js";
import { onLanguage, t } from "./i18n.js";
import { empty, makeQuestion } from "./states.js";

const EVERY_MS = 30_000; // units drive meanwhile
const CELL_M = 500;

let question = null;
let answer = null;
let askedAt = 0;

export function startCoverage() {
  question = makeQuestion(byId("coverage-answer"));
  byId("coverage-on").addEventListener("change", () => refreshCoverage(true));
  onLanguage(() => answer && byId("coverage-answer").replaceChildren(...legend()));
}

/** Shows coverage, or hides it. */
export function toggleCoverage() {
  byId("coverage-on").checked = !byId("coverage-on").checked;
  refreshCoverage(true);
}

/** Asks anew if the layer is on and what is shown is old; now: in any case. */
export function refreshCoverage(now = false) {
  if (!byId("coverage-on").checked) {
    answer = null;
    show("lc-coverage");
    byId("coverage-answer").replaceChildren();
    return;
  }
  if (!now && Date.now() - askedAt < EVERY_MS) return;
  askedAt = Date.now();
  question(
    () => tell("v1/dispatch/coverage", { minutes: MINUTES.at(-1).most, thresholds: MINUTES.map(({ most }) => most), cells: { size_m: CELL_M } }),
    (found) => {
      if (!byId("coverage-on").checked) return "";
      answer = found;
      show("lc-coverage", found);
      return legend();
    },
    answer ? null : "coverage.asking",
  );
}

function legend() {
  if (!answer.units.length) return [empty("coverage.nobody")];
  const share = (minutes) => answer.covered.find((each) => each.minutes === minutes)?.share ?? 0;
  return [
    element(
      "ul",
      { className: "legend", "aria-label": t("coverage.legend") },
      MINUTES.map(({ most }) => element("li", {}, element("span", { className: "swatch", "data-minutes": String(most), "aria-hidden": "true" }), t("coverage.within", { n: most, share: number(100 * share(most), 0) }))),
    ),
    element("p", { className: "note", "data-simulated": String(answer.simulated) }, [answer.simulated && t("traffic.simulated"), t("coverage.units", { n: answer.units.length })].filter(Boolean).join(" · ")),
  ];
}

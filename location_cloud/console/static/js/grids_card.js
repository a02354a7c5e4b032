// The card of a grid: who answers for it, its open cases, its indicators, and what its code meant on other days.

import { ask } from "./api.js";
import { button, byId, element, facts, table } from "./dom.js";
import { clock, number } from "./format.js";
import { collection, point } from "./geometry.js";
import { t } from "./i18n.js";
import { hasCases, indicatorOf } from "./grids_colour.js";
import { show } from "./grids_map.js";
import { reason } from "./states.js";
import { className, lamp, leftOf, stageTitle } from "./cases_words.js";

const MOST_CASES = 20, MOST_VALUES = 200;

/** Everything that is told of a grid on a day. Throws Problem where the grid itself is not there. */
export async function readGrid(scheme, code, day, signal) {
  const path = `v1/grids/${scheme}/${encodeURIComponent(code)}`;
  const quiet = (asked) => asked.catch((problem) => ({ problem }));
  const filter = scheme === "village" ? { village_grid: code } : { grid: code };
  const isFiled = hasCases(scheme) && scheme !== "manage"; // cases are not listed by manage grid
  const [grid, people, values, cases, count] = await Promise.all([
    ask(path, { at: day }, { signal }),
    quiet(ask(`${path}/people`, { on: day }, { signal })),
    quiet(ask(`${path}/indicators`, { limit: MOST_VALUES }, { signal })),
    isFiled ? quiet(ask("v1/cases", { ...filter, open: "true", limit: MOST_CASES }, { signal })) : null,
    isFiled ? quiet(ask("v1/cases/all/count", { ...filter, open: "true" }, { signal })) : null,
  ]);
  return { grid, people, values, cases, count };
}

export const gridTitle = ({ name, code }) => (name ? `${name} · ${code}` : code);

/** The card's rows. onDay(day): shows another day; onCase(id), onCases(code): on the case board. */
export function gridRows({ grid, people, values, cases, count }, { onDay, onCase, onCases }) {
  const { properties } = grid;
  show("lc-grid", grid);
  show("lc-grid-cases", cases?.cases ? collection(cases.cases.map((each) => point(each.lonlat, { id: each.id, lamp: each.lamp }))) : undefined);
  return [
    facts([
      [t("grid.scheme"), t(`grid.scheme_${properties.scheme}`)],
      [t("grid.area"), t("grid.km2", { n: number(properties.area_m2 / 1e6, 3) })],
      [t("grid.households"), properties.households !== null ? number(properties.households) : ""],
      [t("grid.area_code"), properties.area_code],
      [t("grid.parent"), properties.parent],
      [t("grid.class"), [properties.management_class, properties.land_use].filter(Boolean).join(" · ")],
      [t("grid.teams"), properties.responsible.map(({ role, name }) => `${role} ${name}`).join(t("list.comma"))],
      [t("grid.cell"), element("code", {}, properties.beidou)],
      [t("grid.valid"), spanWords(properties)],
      [t("grid.note"), properties.note],
    ]),
    element("h3", {}, t("grid.people")),
    people.problem ? reason(people.problem) : peopleRows(people.people),
    ...(cases ? [element("h3", {}, t("grid.open_cases")), cases.problem ? reason(cases.problem) : caseRows(cases.cases, count, properties, onCase, onCases)] : []),
    element("h3", {}, t("grid.indicators")),
    values.problem ? reason(values.problem) : valueRows(values.values),
    element("h3", {}, t("grid.history")),
    historyRows(grid.history ?? [], onDay),
  ];
}

const spanWords = ({ valid_from: from, valid_to: to }) => (to ? t("grid.from_to", { from, to }) : t("grid.from", { from }));

const peopleRows = (people) =>
  people.length
    ? element("ul", { className: "people" }, people.map((each) => element("li", {}, element("strong", {}, each.name), " ", element("span", { className: "muted" }, [each.role, each.team, each.phone].filter(Boolean).join(" · ")))))
    : element("p", { className: "state empty" }, t("grid.no_people"));

function caseRows(cases, count, { code, scheme }, onCase, onCases) {
  if (!cases.length) return element("p", { className: "state empty" }, t("grid.no_cases"));
  const more = scheme === "unit" && button(t("grid.all_cases", { n: number(count?.count ?? cases.length) }), () => onCases(code));
  return element(
    "div",
    {},
    element(
      "ul",
      { className: "results" },
      cases.map((each) =>
        element(
          "li",
          {},
          element(
            "button",
            { type: "button", className: "result", onclick: () => onCase(each.id), "data-case": String(each.id) },
            element(
              "span",
              { className: "result-text" },
              element("span", { className: "result-name" }, className(each.class)),
              element("span", { className: "result-detail" }, [each.number, clock(each.created_at)].join(" · ")),
              element("span", { className: "marks" }, element("span", { className: "mark" }, stageTitle(each.stage)), lamp(each.lamp), each.deadline && element("span", { className: "mark plain" }, leftOf(each.deadline, each)), each.simulated && element("span", { className: "mark doubtful" }, t("traffic.simulated"))),
            ),
          ),
        ),
      ),
    ),
    more && element("div", { className: "row-buttons" }, more),
  );
}

function valueRows(values) {
  if (!values.length) return element("p", { className: "state empty" }, t("grid.no_indicators"));
  const rows = [...values].sort((a, b) => a.indicator.localeCompare(b.indicator) || b.period.localeCompare(a.period));
  return element("div", { className: "scrolls" }, table(t("grid.indicators_of"), [t("grid.indicator"), t("grid.period"), t("grid.value"), t("grid.told_by")], rows.map((each) => [indicatorOf(each.indicator), each.period, `${number(each.value, 2)} ${each.unit}`.trim(), each.source || each.who])));
}

/** The spans of days of a code, each with a way there. */
export const historyRows = (spans, onDay) =>
  element(
    "ul",
    { className: "lines" },
    spans.map((span) => element("li", { className: "row-buttons" }, element("span", {}, [spanWords(span), span.name, t("grid.km2", { n: number(span.area_m2 / 1e6, 3) })].filter(Boolean).join(" · ")), button(t("grid.show_day"), () => onDay(span.valid_from), { "aria-label": t("grid.show_day_named", { day: span.valid_from }) }))),
  );

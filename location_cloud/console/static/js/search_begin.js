// Beginning a search: who is missing, since when and from where, which layers the probability map is made of, and how far.

import { announce } from "./announce.js";
import { ask, makeOnce } from "./api.js";
import { byId, element } from "./dom.js";
import { asFieldTime, choiceField, field, momentOf, numberField, numberOf, said, textField, tickField, timeField, worded } from "./form.js";
import { onLanguage, t } from "./i18n.js";
import { current, known, show } from "./search_state.js";
import { termOf, titleOf } from "./search_words.js";
import { makeShapeField } from "./shape_field.js";
import { makeWork } from "./states.js";

const PERCENT = 100;

const once = makeOnce();
let place = null; // field of the last known position
let fix = null; // ellipse of a caller's phone, when the search belongs to an emergency
let statistics = { distances: [], find_features: [] };

/** Fields of a layer that say what it is made of; a layer without any follows from what is known already. */
const LAYERS = [
  { name: "distance", on: true, fields: () => [] },
  { name: "travel_time", on: true, fields: () => [] },
  { name: "find_features", on: true, fields: () => [] },
  {
    name: "direction",
    fields: () => [...field("layer.bearing", numberField("direction-bearing", { min: 0, max: 359, value: "0" })), ...field("layer.sigma", numberField("direction-sigma", { min: 1, max: 180, value: "30" }))],
    told: () => ({ bearing_deg: numberOf(byId("direction-bearing")), sigma_deg: numberOf(byId("direction-sigma")) }),
    write: ({ bearing_deg: bearing, sigma_deg: sigma }) => put({ "direction-bearing": bearing, "direction-sigma": sigma }),
  },
  {
    name: "track_offset",
    fields: () => [...field("layer.percentiles", textField("offset-table", 400)), worded("p", "layer.percentiles_note", { className: "note whole" })],
    told: () => percentiles(byId("offset-table").value || "50:100, 75:240, 95:600"),
    write: ({ percent, distance_m: metres }) => put({ "offset-table": percent.map((each, at) => `${each}:${metres[at]}`).join(", ") }),
  },
  {
    name: "phone",
    fields: () => [element("p", { className: "note whole", id: "phone-said" })],
    told: () => fix && { location: fix.position, ellipse: said({ ...fix.ellipse }) },
    write: () => {},
  },
  {
    name: "drift",
    fields: () => [
      ...field("layer.entered", timeField("drift-entered")),
      ...field("layer.until", timeField("drift-until")),
      ...field("layer.wind", numberField("drift-wind", { min: 0, max: 100, value: "5" })),
      ...field("layer.wind_from", numberField("drift-from", { min: 0, max: 360, value: "0" })),
      ...field("layer.current", numberField("drift-current", { min: 0, max: 20, value: "0.2" })),
      ...field("layer.current_to", numberField("drift-to", { min: 0, max: 360, value: "0" })),
    ],
    told: () => ({ ...driftOf("drift"), location: place.lonlats()[0] }),
    write: () => {},
  },
];

/** What drift is asked of, from fields whose ids begin so. */
export function driftOf(id) {
  const entered = momentOf(byId(`${id}-entered`)) ?? momentOf(byId("hunt-seen")) ?? new Date(Date.now() - 3_600_000).toISOString();
  return {
    entered_at: entered,
    until: momentOf(byId(`${id}-until`)) ?? new Date().toISOString(),
    wind: [{ at: entered, speed_m_s: numberOf(byId(`${id}-wind`)) ?? 0, from_deg: numberOf(byId(`${id}-from`)) ?? 0 }],
    current: [{ at: entered, speed_m_s: numberOf(byId(`${id}-current`)) ?? 0, to_deg: numberOf(byId(`${id}-to`)) ?? 0 }],
  };
}

/** begun: called when a search was begun. */
export function startBeginning(begun) {
  place = makeShapeField({ page: "searches", id: "hunt-ipp", kinds: ["point"], label: "hunt.ipp" });
  byId("hunt-form").replaceChildren(
    ...field("hunt.category", element("select", { id: "hunt-category" })),
    ...field("hunt.title", textField("hunt-title", 200, "hunt.title_placeholder")),
    place.root,
    ...field("hunt.last_seen", timeField("hunt-seen")),
    ...field("hunt.emergency", element("select", { id: "hunt-emergency" })),
    part("hunt.subject", "begin-subject", [
      ...field("hunt.age", numberField("hunt-age", { min: 0, max: 120, step: 1 })),
      ...field("hunt.mobility", choiceField("hunt-mobility", ["unknown", "able", "impaired", "immobile"].map((each) => [each, `mobility.${each}`]))),
      ...field("hunt.responsive", numberField("hunt-responsive", { min: 0.1, max: 99.9 })),
      ...field("hunt.ipp_type", choiceField("hunt-ipp-type", [["LKP", "hunt.lkp"], ["PLS", "hunt.pls"]])),
      tickField("hunt-vulnerable", "hunt.vulnerable"),
    ]),
    part("layer.heading", "begin-layers", LAYERS.map(layerPart)),
    part("hunt.extent", "begin-extent", [
      ...field("hunt.radius", numberField("hunt-radius", { min: 0.01, max: 100 })),
      ...field("hunt.cell", numberField("hunt-cell", { min: 1, max: 5000 })),
      ...field("hunt.beidou", numberField("hunt-beidou", { min: 1, max: 10, step: 1 })),
      ...field("hunt.season", choiceField("hunt-season", [["", "hunt.by_date"], ["summer", "hunt.summer"], ["winter", "hunt.winter"]])),
      ...field("hunt.ground", element("select", { id: "hunt-ground" })),
      ...field("hunt.rest_least", numberField("hunt-rest", { min: 1, max: 90, value: "5" })),
    ]),
    tickField("hunt-drill", "incident.drill"),
    element("div", { className: "row-buttons whole" }, worded("button", "hunt.begin", { type: "submit", className: "primary" })),
    element("div", { className: "whole", id: "begin-trouble" }),
  );
  const work = makeWork(byId("begin-trouble"));
  byId("hunt-form").addEventListener("submit", (event) => {
    event.preventDefault();
    work(() => begin(begun));
  });
  byId("hunt-emergency").addEventListener("change", takeEmergency);
  byId("hunt-begin").addEventListener("toggle", () => {
    place.show(byId("hunt-begin").open);
    if (byId("hunt-begin").open) opened();
  });
  place.show(false);
  onLanguage(() => {
    listCategories();
    sayPhone();
  });
  listCategories();
}

const part = (key, id, children) => element("details", { className: "whole part", id }, worded("summary", key), element("div", { className: "fields" }, children));

function layerPart({ name, on = false, fields }) {
  const tick = tickField(`layer-${name}`, `layer.${name}`, on);
  const weight = element("span", { className: "layer-weight" }, field("layer.weight", numberField(`layer-${name}-weight`, { min: 0, max: 10, value: "1" })));
  const own = fields();
  const more = own.length > 0 && element("div", { className: "fields" }, own);
  const box = tick.querySelector("input");
  const turn = () => {
    weight.hidden = !box.checked;
    if (more) more.hidden = !box.checked;
  };
  box.addEventListener("change", turn);
  turn();
  return element("div", { className: "whole layer-part" }, element("div", { className: "heading-row" }, tick, weight), more);
}

/** A place for the new search: a click on the map while its form is open. */
export function opened() {
  listEmergencies();
  place.arm();
}

async function listCategories() {
  statistics = await ask("v1/searches/statistics").catch(() => ({ distances: [{ category: "hiker" }], find_features: [] }));
  const chosen = byId("hunt-category").value, ground = byId("hunt-ground").value;
  const names = [...new Set(statistics.distances.map((row) => row.category))];
  byId("hunt-category").replaceChildren(...names.map((name) => element("option", { value: name, selected: name === chosen }, termOf("subject", name))));
  const grounds = [...new Set(statistics.distances.map((row) => row.ground).filter(Boolean))];
  byId("hunt-ground").replaceChildren(element("option", { value: "" }, t("hunt.by_relief")), ...grounds.map((name) => element("option", { value: name, selected: name === ground }, termOf("ground", name))));
}

async function listEmergencies() {
  const chosen = byId("hunt-emergency").value;
  const { emergencies } = await ask("v1/emergencies?status=open&limit=100").catch(() => ({ emergencies: [] }));
  byId("hunt-emergency").replaceChildren(
    element("option", { value: "" }, t("hunt.no_emergency")),
    ...emergencies.map((each) => element("option", { value: String(each.id), selected: String(each.id) === chosen }, [t("emergency.number_is", { id: each.id }), t(`category.${each.category}`), each.address].filter(Boolean).join(" · "))),
  );
}

// The search takes the emergency's place, and the fix of the phone that called.
async function takeEmergency() {
  fix = null;
  const id = byId("hunt-emergency").value;
  const emergency = id ? await ask(`v1/emergencies/${id}`).catch(() => null) : null;
  if (emergency && id === byId("hunt-emergency").value) {
    place.set([emergency.lonlat]);
    byId("hunt-drill").checked ||= emergency.simulated;
    const call = /^\d+$/.test(emergency.call) ? await ask(`v1/calls/${emergency.call}`).catch(() => null) : null;
    fix = call?.located ?? null;
  }
  byId("layer-phone").checked = Boolean(fix);
  byId("layer-phone").dispatchEvent(new Event("change"));
  sayPhone();
}

function sayPhone() {
  byId("phone-said").textContent = t(fix ? "layer.phone_fix" : "layer.phone_none", { metres: Math.round(fix?.ellipse.semi_major_m ?? 0) });
}

function percentiles(text) {
  const pairs = text.split(/[,，;；\s]+/).filter(Boolean).map((pair) => pair.split(/[:：]/).map(Number));
  return { percent: pairs.map(([percent]) => percent), distance_m: pairs.map(([, metres]) => metres) };
}

// false = off; left out = on where there is something to make it of; else its settings.
function layers() {
  const told = {};
  for (const { name, told: settings } of LAYERS) {
    const weight = numberOf(byId(`layer-${name}-weight`)) ?? 1;
    const own = byId(`layer-${name}`).checked ? settings?.() ?? null : false;
    if (own === false) told[name] = false;
    else if (own) told[name] = { ...own, weight };
    else if (weight !== 1 && !settings) told[name] = { weight };
  }
  return told;
}

async function begin(begun) {
  if (!place.geometry()) return place.focus();
  const percentOf = (id) => numberOf(byId(id)) === undefined ? undefined : numberOf(byId(id)) / PERCENT;
  const radius = numberOf(byId("hunt-radius")), grid = said({ cell_m: numberOf(byId("hunt-cell")), beidou_level: numberOf(byId("hunt-beidou")) });
  const body = said({
    title: byId("hunt-title").value.trim(),
    subject: said({
      category: byId("hunt-category").value,
      age: numberOf(byId("hunt-age")),
      mobility: byId("hunt-mobility").value,
      last_seen_at: momentOf(byId("hunt-seen")),
      responsive: percentOf("hunt-responsive"),
      vulnerable: byId("hunt-vulnerable").checked,
    }),
    ipp: place.lonlats()[0],
    ipp_type: byId("hunt-ipp-type").value,
    extent: radius && { radius_m: 1000 * radius },
    grid: Object.keys(grid).length ? grid : undefined,
    layers: layers(),
    season: byId("hunt-season").value,
    ground: byId("hunt-ground").value,
    rest_of_world: percentOf("hunt-rest"),
    emergency: byId("hunt-emergency").value && Number(byId("hunt-emergency").value),
    simulated: byId("hunt-drill").checked,
  });
  const search = await once("v1/searches", body);
  place.clear();
  byId("hunt-begin").open = false;
  announce(t("hunt.begun", { id: search.id }));
  await show(search);
  begun();
  byId("hunt-heading").focus();
}

function put(values) {
  for (const [id, value] of Object.entries(values)) byId(id).value = value ?? "";
}

/** Fills the form as the search that is shown was begun: with other layers it becomes another map of the same. */
export function beginAgain() {
  const told = known().log[0]?.fields ?? {}, search = current(), { subject } = search;
  put({
    "hunt-category": subject.category,
    "hunt-title": t("hunt.again_title", { title: titleOf(search) }),
    "hunt-age": subject.age,
    "hunt-mobility": subject.mobility,
    "hunt-responsive": subject.responsive === null ? "" : PERCENT * subject.responsive,
    "hunt-ipp-type": search.ipp_type,
    "hunt-seen": subject.last_seen_at ? asFieldTime(subject.last_seen_at) : "",
    "hunt-radius": told.extent?.radius_m ? told.extent.radius_m / 1000 : "",
    "hunt-cell": told.grid?.cell_m,
    "hunt-beidou": told.grid?.beidou_level,
    "hunt-season": told.season,
    "hunt-ground": told.ground,
    "hunt-rest": PERCENT * (told.rest_of_world ?? 0.05),
  });
  byId("hunt-vulnerable").checked = subject.vulnerable;
  byId("hunt-drill").checked = search.simulated;
  for (const { name, on = false, write } of LAYERS) {
    const settings = told.layers?.[name];
    byId(`layer-${name}`).checked = settings === undefined || settings === null ? on : settings !== false;
    byId(`layer-${name}-weight`).value = String(settings?.weight ?? 1);
    if (settings) write?.(settings);
    byId(`layer-${name}`).dispatchEvent(new Event("change"));
  }
  byId("hunt-begin").open = true;
  byId("begin-layers").open = true;
  place.set([search.ipp]);
  byId("begin-layers").querySelector("summary").focus();
}

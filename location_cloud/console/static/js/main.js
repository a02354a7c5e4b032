// The page is joined here: words first, then the panels, then the map; what a click means depends on the open page.

import { forgetCategories, offerCategories } from "./categories.js";
import { startDaqing } from "./daqing.js";
import { onSnapshot, startData } from "./data.js";
import { byId } from "./dom.js";
import { showHere, startHere } from "./here.js";
import { onLanguage, startLanguage, t } from "./i18n.js";
import { followLink, onLink } from "./link.js";
import { onMapAsk, onMapClick, onMapReady, refreshMap, startMap } from "./map.js";
import { armedField, onMode, startMapMode } from "./map_mode.js";
import { actions } from "./places.js";
import { routeClick, routeEnd, startRoute } from "./route.js";
import { search, startSearch } from "./search.js";
import { onOpen, openTab, startTabs } from "./tabs.js";
import { followMap, startView } from "./view.js";

await startLanguage();
startTabs();
startMapMode();
startSearch();
startView();
startRoute();
startHere(convert);
startDaqing();
startData();

actions.from = (place) => routeEnd("from", place);
actions.to = (place) => routeEnd("to", place);
actions.here = (lonlat) => showHere(lonlat, true);

// Pages that few visits open are fetched when they are: the first sight of the map does not wait for them.
const pages = {};
const converter = () => (pages.coords ??= import("./coords.js").then((page) => (page.startCoords(), page)));
const pois = () => (pages.pois ??= import("./pois.js").then((page) => page.startPois()));
onOpen("coords", converter);
onOpen("pois", pois);
const traffic = () => (pages.traffic ??= import("./traffic.js").then((page) => (page.startTraffic(), page)));
onOpen("traffic", traffic);
const dispatch = () => (pages.dispatch ??= import("./dispatch.js").then((page) => (page.startDispatch(), page)));
onOpen("dispatch", dispatch);
const searches = () => (pages.searches ??= import("./searches.js").then((page) => (page.startSearches(), page)));
onOpen("searches", searches);
const cases = () => (pages.cases ??= import("./cases.js").then((page) => (page.startCases(), page)));
onOpen("cases", cases);
const grids = () => (pages.grids ??= import("./grids.js").then((page) => (page.startGrids(), page)));
onOpen("grids", grids);
// Whoever is faster than that fetch is answered when it is there; no form leaves the page.
byId("pois-form").addEventListener("submit", (event) => event.preventDefault());
for (const id of ["call-form", "emergency-form", "edit-form", "log-form", "wait-form", "hunt-form", "plan-form", "cold-form", "case-new-form", "filter-form", "grid-form"]) byId(id).addEventListener("submit", (event) => event.preventDefault());
byId("coords-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("coords-text").value.trim();
  if (text) (await converter()).convertText(text);
});

const clicks = {
  route: routeClick,
  coords: convert,
  traffic: async (lonlat) => (await traffic()).markAt(lonlat),
  dispatch: async (lonlat) => (await dispatch()).placeAt(lonlat),
  cases: async (lonlat) => (await cases()).reportAt(lonlat),
  grids: async (lonlat) => (await grids()).showAt(lonlat),
  searches: () => {}, // its fields take places when they are told to
};
onMapClick((lonlat) => (armedField()?.take ?? clicks[openTab()] ?? showHere)(lonlat));
onMapAsk((lonlat) => showHere(lonlat));
onOpen("*", sayMode);
onMode(sayMode);
onLanguage(sayMode);
sayMode();

const hasView = location.hash.includes("map=");
onLink(async ({ q, at, text }) => {
  if (q) search(q);
  if (at) showHere(at.split(",").map(Number), !hasView);
  if (text) (await converter()).convertText(text);
});
onMapReady((map) => {
  followMap(map);
  followLink();
  map.once("idle", () => offerCategories(byId("search-category"))); // after what everybody looks at first
});
onSnapshot(() => {
  forgetCategories();
  refreshMap();
});
startMap();

async function convert(lonlat) {
  (await converter()).convertPoint(lonlat);
}

function sayMode() {
  const modes = { route: "map.mode_route", coords: "map.mode_coords", traffic: "map.mode_traffic", dispatch: "map.mode_dispatch", searches: "map.mode_searches", cases: "map.mode_cases", grids: "map.mode_grids" };
  const field = armedField();
  byId("map-mode").textContent = field ? field.words() : t(modes[openTab()] ?? "map.mode_here");
  byId("map-mode").dataset.armed = String(Boolean(field));
}

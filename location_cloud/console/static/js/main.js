// The page is joined here: words first, then the panels, then the map; what a click means depends on the open page.

import { startDaqing } from "./daqing.js";
import { onSnapshot, startData } from "./data.js";
import { byId } from "./dom.js";
import { showHere, startHere } from "./here.js";
import { onLanguage, startLanguage, t } from "./i18n.js";
import { onMapClick, onMapReady, refreshMap, startMap } from "./map.js";
import { actions, followMap, startPlaces } from "./places.js";
import { routeClick, routeEnd, startRoute } from "./route.js";
import { onOpen, openTab, startTabs } from "./tabs.js";

await startLanguage();
startTabs();
startPlaces();
startRoute();
startHere();
startDaqing();
startData();

actions.from = (place) => routeEnd("from", place);
actions.to = (place) => routeEnd("to", place);
actions.here = (lonlat) => showHere(lonlat, true);

onMapClick((lonlat) => (openTab() === "route" ? routeClick(lonlat) : showHere(lonlat)));
onOpen("*", sayMode);
onLanguage(sayMode);
sayMode();
onMapReady(followMap);
onSnapshot(refreshMap);
startMap();

function sayMode() {
  byId("map-mode").textContent = t(openTab() === "route" ? "map.mode_route" : "map.mode_here");
}

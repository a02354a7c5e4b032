"""Foreign web clients of OSRM in a real browser, unmodified, on another origin than the product that they ask."""

from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.conftest import Served, copy_home
from tests.parts.install import PartMissingError, installed_root
from tests.parts.web_clients import WEB_CLIENTS
from tests.parts.web_pages import serve_pages

pytestmark = pytest.mark.parts

PATIENCE_MS = 60_000
"""WebGL on a busy processor without a graphics card."""

STATION, PORT, PARK = (24.9414, 60.1713), (24.9458, 60.1640), (24.9315, 60.1660)
FORKED = (24.952603, 60.167622), (24.946089, 60.162410)
"""Two places with several good ways between them."""

CITY_BOX = (24.925, 60.160, 24.958, 60.176)
"""Inside the demo: west, south, east, north."""

EXPECTED_NOISE = (
    "GPU stall due to ReadPixels",
    "GL Driver Message",
    "Expected value to be of type object, but found string instead",
)
"""What the software WebGL driver says of itself; and maplibre-gl of the styles of maplibre-gl-directions, which look
into a nested property that maplibre-gl's own tiles keep as text, whatever the server answered."""

LEAFLET = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>leaflet-routing-machine</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="leaflet-routing-machine/leaflet/dist/leaflet.css">
<link rel="stylesheet" href="leaflet-routing-machine/leaflet-routing-machine/dist/leaflet-routing-machine.css">
<body style="margin:0"><div id="map" style="height:800px"></div>
<script src="leaflet-routing-machine/leaflet/dist/leaflet-src.js"></script>
<script src="leaflet-routing-machine/leaflet-routing-machine/dist/leaflet-routing-machine.js"></script>
<script>
  window.found = window.failed = null
  const map = L.map("map", { center: [60.168, 24.942], zoom: 15 })
  function start(cloud, profile, language, lonlats) {
    window.control = L.Routing.control({
      router: L.Routing.osrmv1({ serviceUrl: cloud + "/osrm/route/v1", profile, language }),
      waypoints: lonlats.map(([lon, lat]) => L.latLng(lat, lon)),
      showAlternatives: true,
    })
    control.on("routesfound", (event) => { window.found = event.routes })
    control.on("routingerror", (event) => { window.failed = event.error })
    control.addTo(map)
  }
</script></html>
"""

MAPLIBRE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>maplibre-gl-directions</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="maplibre-gl-directions/maplibre-gl/dist/maplibre-gl.css">
<body style="margin:0"><div id="map" style="height:600px"></div>
<script src="maplibre-gl-directions/maplibre-gl/dist/maplibre-gl.js"></script>
<script type="module">
  import Directions from "./maplibre-gl-directions/@maplibre/maplibre-gl-directions/dist/maplibre-gl-directions.js"
  window.start = async (cloud, options, lonlats) => {
    const map = window.map = new maplibregl.Map({
      container: "map", style: cloud + "/styles/light.json", center: [24.942, 60.168], zoom: 14,
    })
    await new Promise((done) => map.once("load", done))
    window.directions = new Directions(map, { api: cloud + "/osrm/route/v1", ...options })
    directions.interactive = true
    directions.on("fetchroutesend", (event) => { window.answer = event.data.directions })
    await directions.setWaypoints(lonlats)
    await new Promise((done) => map.once("idle", done))
  }
  window.ready = true
</script></html>
"""

TEXTS = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>osrm-text-instructions</title>
<link rel="icon" href="data:,">
<script type="module">
  // Just enough of Node's require for a package that is not built for browsers: its files and their JSON.
  const known = {}
  async function load(path) {
    if (known[path]) return
    const text = await (await fetch(path)).text()
    known[path] = { text, exports: undefined }
    if (path.endsWith(".json")) { known[path].exports = JSON.parse(text); return }
    await Promise.all([...text.matchAll(/require\\('(.+?)'\\)/g)].map(([, name]) => load(file(path, name))))
  }
  const file = (from, name) => new URL(name + (/\\.js(on)?$/.test(name) ? "" : ".js"), from).href
  function require(path) {
    const one = known[path]
    if (one.exports === undefined) {
      const module = { exports: {} }
      const inner = (name) => require(file(path, name))
      new Function("module", "exports", "require", one.text)(module, module.exports, inner)
      one.exports = module.exports
    }
    return one.exports
  }
  const index = new URL("osrm-text-instructions/osrm-text-instructions/index.js", location.href).href
  await load(index)
  const words = require(index)("v5")
  window.speak = (language, legs) => legs.flatMap((leg, legIndex) =>
    leg.steps.map((step) => words.compile(language, step, { legIndex, legCount: legs.length })))
</script></html>
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of the pages and of the clients' own files."""
    folder = tmp_path_factory.mktemp("pages")
    with serve_pages(folder, {"leaflet": LEAFLET, "maplibre": MAPLIBRE, "texts": TEXTS}, WEB_CLIENTS) as address:
        yield address


@pytest.fixture(scope="module")
def cloud(origin: str, demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product on the demo import, which lets that origin ask."""
    home = copy_home(demo_home, tmp_path_factory.mktemp("browsed"))
    server = Served(home, LOCATION_CLOUD_LOG="off", LOCATION_CLOUD_CORS_ORIGINS=origin)
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        server.stop()


class Opened:
    """A page that is open, and what its console complained of."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)

    def _console(self, message: ConsoleMessage) -> None:
        # Whatever osrm-text-instructions does not know it says by console.log, so every line counts.
        if not any(noise in message.text for noise in EXPECTED_NOISE):
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture
def opened(browser: Browser, origin: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of a client (name, package); at the end it may not have complained of anything."""
    name, client = request.param
    try:
        installed_root(client)
    except PartMissingError as missing:
        pytest.skip(str(missing))
    page = Opened(browser, f"{origin}/{name}.html")
    yield page.page
    page.context.close()
    assert page.complaints == []


leaflet = pytest.mark.parametrize("opened", [("leaflet", "leaflet-routing-machine")], indirect=True, ids=[""])
maplibre = pytest.mark.parametrize("opened", [("maplibre", "maplibre-gl-directions")], indirect=True, ids=[""])
texts = pytest.mark.parametrize("opened", [("texts", "osrm-text-instructions")], indirect=True, ids=[""])


def fetch_legs(cloud: str, profile: str, lonlats: list[tuple[float, float]]) -> list[dict[str, Any]]:
    """The legs of the way; none if no way leads there."""
    places = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in lonlats)
    url = f"{cloud}/osrm/route/v1/{profile}/{places}?steps=true&geometries=geojson"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            legs: list[dict[str, Any]] = json.load(answer)["routes"][0]["legs"]
    except urllib.error.HTTPError as error:
        answered = json.loads(error.read())
        if answered["code"] != "NoRoute":
            raise AssertionError(answered) from error
        return []
    return legs


def random_place(chance: random.Random) -> tuple[float, float]:
    west, south, east, north = CITY_BOX
    return chance.uniform(west, east), chance.uniform(south, north)


# --- leaflet-routing-machine ----------------------------------------------------------------------------------------


def guide_in_leaflet(page: Page, cloud: str, profile: str, language: str, *lonlats: tuple[float, float]) -> None:
    page.evaluate("([...asked]) => start(...asked)", [cloud, profile, language, [list(each) for each in lonlats]])
    page.wait_for_function("() => window.found || window.failed")
    assert page.evaluate("() => window.failed && window.failed.message") is None


@leaflet
def test_leaflet_draws_the_route_and_lists_its_turns(opened: Page, cloud: str) -> None:
    guide_in_leaflet(opened, cloud, "car", "en", STATION, PORT)
    opened.wait_for_selector("path.leaflet-interactive", state="attached")
    assert opened.locator(".leaflet-routing-alt:not(.leaflet-routing-alt-minimized) tr").count() >= 3
    assert "Head" in opened.locator(".leaflet-routing-alt tr").first.inner_text()
    first = opened.evaluate("() => found[0]")
    assert 500 < first["summary"]["totalDistance"] < 5000
    assert all(0 <= step["index"] < len(first["coordinates"]) for step in first["instructions"])


@leaflet
def test_leaflet_speaks_chinese(opened: Page, cloud: str) -> None:
    guide_in_leaflet(opened, cloud, "foot", "zh-Hans", STATION, PORT)
    assert "出发" in opened.locator(".leaflet-routing-alt tr").first.inner_text()


@leaflet
def test_leaflet_takes_stops_and_asks_again_with_hints_when_one_moves(opened: Page, cloud: str) -> None:
    guide_in_leaflet(opened, cloud, "bike", "en", STATION, PARK, PORT)
    before = opened.evaluate("() => found[0].summary.totalDistance")
    opened.evaluate(
        "([lon, lat]) => { found = null; control.spliceWaypoints(1, 1, L.latLng(lat, lon)) }", [24.95, 60.17]
    )
    opened.wait_for_function("() => window.found || window.failed")
    assert opened.evaluate("() => failed") is None
    assert opened.evaluate("() => found[0].summary.totalDistance") != before


@leaflet
def test_leaflet_drags_a_route_line_over_a_new_point(opened: Page, cloud: str) -> None:
    guide_in_leaflet(opened, cloud, "car", "en", STATION, PORT)
    opened.evaluate("() => { found = null; control.spliceWaypoints(1, 0, L.latLng(60.166, 24.9315)) }")
    opened.wait_for_function("() => window.found || window.failed")
    assert opened.evaluate("() => found[0].waypoints.length") == 3


# --- maplibre-gl-directions -----------------------------------------------------------------------------------------


def guide_in_maplibre(page: Page, cloud: str, options: dict[str, Any], *lonlats: tuple[float, float]) -> dict[str, Any]:
    page.wait_for_function("() => window.ready")
    page.evaluate("([...asked]) => start(...asked)", [cloud, options, [list(each) for each in lonlats]])
    page.wait_for_function("() => window.answer")
    answer: dict[str, Any] = page.evaluate("() => window.answer")
    return answer


def drawn(page: Page, layer: str) -> int:
    count: int = page.evaluate(
        "layer => map.queryRenderedFeatures({ layers: [`maplibre-gl-directions-${layer}`] }).length", layer
    )
    return count


@maplibre
def test_maplibre_draws_the_route_its_ends_and_where_they_meet_the_road(opened: Page, cloud: str) -> None:
    answer = guide_in_maplibre(opened, cloud, {"profile": "driving"}, STATION, PORT)
    assert answer["code"] == "Ok"
    assert drawn(opened, "routeline") >= 1
    assert drawn(opened, "waypoint") >= 2
    assert drawn(opened, "snappoint") >= 2


@maplibre
def test_maplibre_draws_other_ways_and_every_edge(opened: Page, cloud: str) -> None:
    options = {"profile": "car", "requestOptions": {"alternatives": "3", "annotations": "true", "overview": "full"}}
    answer = guide_in_maplibre(opened, cloud, options, *FORKED)
    assert len(answer["routes"]) >= 2
    assert drawn(opened, "alt-routeline") >= 1


@maplibre
def test_maplibre_passes_stops_and_leaves_bearings_empty(opened: Page, cloud: str) -> None:
    options = {"profile": "foot", "bearings": True, "requestOptions": {"geometries": "polyline6"}}
    answer = guide_in_maplibre(opened, cloud, options, STATION, PARK, PORT)
    assert len(answer["routes"][0]["legs"]) == 2
    assert drawn(opened, "routeline") >= 1


# --- osrm-text-instructions -----------------------------------------------------------------------------------------


@texts
def test_every_step_of_random_routes_is_a_sentence(opened: Page, cloud: str) -> None:
    chance = random.Random(3)
    opened.wait_for_function("() => window.speak")
    said = 0
    while said < 50:
        profile = ("car", "bike", "foot", "truck", "emergency")[said % 5]
        legs = fetch_legs(cloud, profile, [random_place(chance) for _ in range(2 + said % 2)])
        if not legs:
            continue  # the edge of the demo cuts some streets off
        said += 1
        for language in ("en", "zh-Hans"):
            spoken = opened.evaluate("([language, legs]) => speak(language, legs)", [language, legs])
            assert len(spoken) == sum(len(leg["steps"]) for leg in legs)
            assert all(text.strip() and "undefined" not in text and "{" not in text for text in spoken), spoken

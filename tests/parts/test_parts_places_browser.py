"""MapLibre's geocoder control in a real browser, unmodified, over the product's Nominatim on another origin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Served, copy_home
from tests.parts.install import PartMissingError, installed_root
from tests.parts.web_pages import serve_pages

pytestmark = pytest.mark.parts

CLIENT = "maplibre-gl-geocoder"

PATIENCE_MS = 60_000
"""WebGL on a busy processor without a graphics card."""

PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>maplibre-gl-geocoder</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="maplibre-gl-geocoder/maplibre-gl/dist/maplibre-gl.css">
<link rel="stylesheet" href="maplibre-gl-geocoder/@maplibre/maplibre-gl-geocoder/dist/maplibre-gl-geocoder.css">
<body style="margin:0"><div id="map" style="height:600px"></div>
<script src="maplibre-gl-geocoder/maplibre-gl/dist/maplibre-gl.js"></script>
<script src="maplibre-gl-geocoder/@maplibre/maplibre-gl-geocoder/dist/maplibre-gl-geocoder.js"></script>
<script>
  // As in MapLibre's own example "Geocode with Nominatim".
  async function ask(url, centre) {
    const answer = await (await fetch(url)).json()
    return { features: answer.features.map((feature) => ({
      type: "Feature", geometry: feature.geometry, place_name: feature.properties.display_name,
      properties: feature.properties, text: feature.properties.display_name, place_type: ["place"],
      center: centre(feature), bbox: feature.bbox,
    })) }
  }
  window.start = async (cloud) => {
    const map = window.map = new maplibregl.Map({
      container: "map", style: cloud + "/styles/light.json", center: [24.942, 60.168], zoom: 14,
    })
    const middle = ({ bbox: [west, south, east, north] }) => [(west + east) / 2, (south + north) / 2]
    const search = (config) =>
      ask(`${cloud}/nominatim/search?q=${encodeURIComponent(config.query)}&format=geojson&polygon_geojson=1`, middle)
    window.control = new MaplibreGeocoder({
      forwardGeocode: search,
      getSuggestions: search,
      reverseGeocode: (config) =>
        ask(`${cloud}/nominatim/reverse?lon=${config.query[0]}&lat=${config.query[1]}&format=geojson`, middle),
    }, { maplibregl, reverseGeocode: true, showResultsWhileTyping: true, flyTo: { duration: 0 } })
    control.on("result", (event) => { window.chosen = event.result })
    map.addControl(control)
    await new Promise((done) => map.once("load", done))
    window.ready = true
  }
</script></html>
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of the page and of the client's own files."""
    try:
        installed_root(CLIENT)
    except PartMissingError as missing:
        pytest.skip(str(missing))
    with serve_pages(tmp_path_factory.mktemp("pages"), {"geocoder": PAGE}, (CLIENT,)) as address:
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


@pytest.fixture
def opened(browser: Browser, origin: str, cloud: str) -> Iterator[Page]:
    """The page with its map and control; at the end no script of it may have failed."""
    page = browser.new_context(viewport={"width": 1000, "height": 700}, locale="fi-FI").new_page()
    page.set_default_timeout(PATIENCE_MS)
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(f"{origin}/geocoder.html")
    page.evaluate("(cloud) => start(cloud)", cloud)
    yield page
    page.context.close()
    assert failures == []


def choose(page: Page, text: str) -> None:
    """Types a text and takes the first suggestion."""
    page.locator(".maplibregl-ctrl-geocoder--input").press_sequentially(text, delay=20)
    page.locator(".suggestions li").first.click()
    page.wait_for_function("() => window.chosen")


def test_house_is_suggested_while_typing_and_flown_to(opened: Page) -> None:
    choose(opened, "Aleksanterinkatu 44")
    opened.wait_for_function("() => map.getZoom() > 15")
    lon, lat = opened.evaluate("() => map.getCenter().toArray()")
    assert (lon, lat) == pytest.approx((24.9459553, 60.1687974), abs=1e-3)


def test_district_is_shown_whole(opened: Page) -> None:
    choose(opened, "ranghuluqu")
    opened.wait_for_function("() => map.getCenter().lng > 124")
    west, south, east, north = opened.evaluate("() => map.getBounds().toArray().flat()")
    assert west < 124.57
    assert east > 125.02
    assert south < 46.41
    assert north > 47.03


def test_position_is_put_into_words(opened: Page) -> None:
    opened.evaluate("() => control.query('60.1687974, 24.9459553')")
    opened.wait_for_function("() => window.chosen || document.querySelectorAll('.suggestions li').length")
    assert "Aleksanterinkatu" in opened.evaluate(
        "() => (window.chosen || {}).place_name || document.querySelector('.suggestions').innerText"
    )

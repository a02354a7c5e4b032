"""Leaflet and MapLibre in a real browser, unmodified, on another origin than the tiles that they draw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.conftest import copy_home
from tests.maps.drawn_tiles import served_tiles, square_of
from tests.parts.install import PartMissingError, installed_root
from tests.parts.web_pages import serve_pages

pytestmark = pytest.mark.parts

PATIENCE_MS = 60_000
"""WebGL on a busy processor without a graphics card."""

CLIENTS = ("leaflet-routing-machine", "maplibre-gl-directions")
"""Where Leaflet and MapLibre lie: with the routing clients that need them."""

DAQING = (125.03, 46.58)
HELSINKI = (24.9414, 60.1700)

LEAFLET = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>leaflet</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="leaflet-routing-machine/leaflet/dist/leaflet.css">
<body style="margin:0"><div id="map" style="height:600px;width:800px"></div>
<script src="leaflet-routing-machine/leaflet/dist/leaflet-src.js"></script>
<script>
  function start(url, options, [lon, lat], zoom) {
    window.loaded = false
    const map = window.map = L.map("map", { center: [lat, lon], zoom, fadeAnimation: false })
    const layer = L.tileLayer(url, { crossOrigin: true, ...options })
    layer.on("load", () => { window.loaded = true })
    layer.addTo(map)
  }
  // The colour that is drawn at a place.
  function colour([lon, lat]) {
    const at = map.latLngToContainerPoint([lat, lon]), frame = map.getContainer().getBoundingClientRect()
    for (const tile of document.querySelectorAll("img.leaflet-tile-loaded")) {
      const box = tile.getBoundingClientRect(), x = at.x + frame.x - box.x, y = at.y + frame.y - box.y
      if (x < 0 || y < 0 || x >= box.width || y >= box.height) continue
      const canvas = document.createElement("canvas")
      canvas.width = tile.naturalWidth
      canvas.height = tile.naturalHeight
      const pen = canvas.getContext("2d")
      pen.drawImage(tile, 0, 0)
      return [...pen.getImageData(x * canvas.width / box.width, y * canvas.height / box.height, 1, 1).data].slice(0, 3)
    }
    return null
  }
</script></html>
"""

MAPLIBRE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>maplibre</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="maplibre-gl-directions/maplibre-gl/dist/maplibre-gl.css">
<body style="margin:0"><div id="map" style="height:600px;width:800px"></div>
<script src="maplibre-gl-directions/maplibre-gl/dist/maplibre-gl.js"></script>
<script>
  window.errors = []
  async function start(style, center, zoom) {
    const canvasContextAttributes = { preserveDrawingBuffer: true }
    const options = { container: "map", style, center, zoom, fadeDuration: 0, canvasContextAttributes }
    const map = window.map = new maplibregl.Map(options)
    map.on("error", (event) => errors.push(event.error.message))
    await new Promise((done) => map.once("idle", done))
  }
  // The colour in the middle of the map.
  function colour() {
    const gl = map.getCanvas().getContext("webgl2"), pixel = new Uint8Array(4)
    gl.readPixels(gl.drawingBufferWidth / 2, gl.drawingBufferHeight / 2, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel)
    return [...pixel].slice(0, 3)
  }
</script></html>
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of the pages and of the clients' own files."""
    try:
        for client in CLIENTS:
            installed_root(client)
    except PartMissingError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("map_pages")
    with serve_pages(folder, {"leaflet": LEAFLET, "maplibre": MAPLIBRE}, CLIENTS) as address:
        yield address


@pytest.fixture(scope="module")
def cloud(origin: str, demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product with the drawn tile sets, which lets that origin ask."""
    home = copy_home(demo_home, tmp_path_factory.mktemp("mapped"))
    with served_tiles(home, cors_origins=(origin,)) as url:
        yield url


@pytest.fixture
def page(browser: Browser, origin: str, cloud: str) -> Iterator[Page]:
    """An empty page; at the end nothing outside may have been asked for."""
    context = browser.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    outside: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((origin, cloud, "data:", "blob:")):
            outside.append(request.url)

    page.on("request", note)
    yield page
    context.close()
    assert outside == []


# --- Leaflet --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "options", "zoom", "level", "tile_px"),
    [
        ("drawn/{z}/{x}/{y}.png", {}, 14, 14, 256),
        ("drawn/tms/{z}/{x}/{y}.png", {"tms": True}, 14, 14, 256),
        ("drawn/{z}/{x}/{y}.png?scheme=tms", {"tms": True}, 14, 14, 256),
        ("fine/{z}/{x}/{y}.png", {"tileSize": 512, "zoomOffset": -1}, 14, 13, 512),
        ("drawn/{z}/{x}/{y}.png", {"maxNativeZoom": 16}, 16, 16, 256),
    ],
)
def test_leaflet_draws_each_square_where_it_belongs(
    page: Page, origin: str, cloud: str, ending: str, options: dict[str, Any], zoom: int, level: int, tile_px: int
) -> None:
    page.goto(f"{origin}/leaflet.html")
    page.evaluate("([...asked]) => start(...asked)", [f"{cloud}/tiles/{ending}", options, list(DAQING), zoom])
    page.wait_for_function("() => window.loaded")
    assert tuple(page.evaluate("at => colour(at)", list(DAQING))) == square_of(*DAQING, level, "w", tile_px)


# --- MapLibre -------------------------------------------------------------------------------------


def draw_in_maplibre(page: Page, origin: str, style: Any, lonlat: tuple[float, float], zoom: float) -> None:
    page.goto(f"{origin}/maplibre.html")
    page.evaluate("([...asked]) => start(...asked)", [style, list(lonlat), zoom])
    assert page.evaluate("() => errors") == []


def one_source(source: dict[str, Any], layer: dict[str, Any]) -> dict[str, Any]:
    return {"version": 8, "sources": {"one": source}, "layers": [{"id": "one", "source": "one", **layer}]}


def count_of(page: Page, layer: str) -> int:
    found: int = page.evaluate("layer => map.querySourceFeatures('base', { sourceLayer: layer }).length", layer)
    return found


def test_maplibre_draws_the_base_map_by_its_style(page: Page, origin: str, cloud: str) -> None:
    draw_in_maplibre(page, origin, f"{cloud}/styles/light.json", HELSINKI, 14)
    assert count_of(page, "streets") > 100
    assert count_of(page, "buildings") > 50
    assert page.evaluate("() => map.queryRenderedFeatures().length") > 200


@pytest.mark.parametrize("query", ["", "?scheme=tms"])
def test_maplibre_draws_pictures_by_their_tilejson(page: Page, origin: str, cloud: str, query: str) -> None:
    source = {"type": "raster", "url": f"{cloud}/tiles/drawn.json{query}"}
    # At zoom 13 of tiles of 512 pixels MapLibre draws tiles of 256 from level 14.
    draw_in_maplibre(page, origin, one_source(source, {"type": "raster"}), DAQING, 13)
    assert tuple(page.evaluate("() => colour()")) == square_of(*DAQING, 14)


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_maplibre_asks_for_the_system_that_the_tilejson_names(page: Page, origin: str, cloud: str, crs: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    source = {"type": "vector", "url": f"{cloud}/tiles/base.json?crs={crs}"}
    draw_in_maplibre(page, origin, one_source(source, {"type": "line", "source-layer": "streets"}), HELSINKI, 14)
    tiles = [url for url in asked if ".mvt" in url]
    assert tiles
    assert all(url.endswith("" if crs == "wgs84" else f"?crs={crs}") for url in tiles)

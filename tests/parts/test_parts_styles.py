"""The styles: judged by MapLibre's own validator, and drawn by MapLibre in a browser with nothing from elsewhere."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from location_cloud.maps.style import STYLES, compose_style
from tests.parts.install import PartMissingError, installed_root

pytestmark = pytest.mark.parts

PATIENCE_MS = 60_000
"""WebGL on a busy processor without a graphics card."""

SOURCES: dict[str, Any] = {
    "base": {"type": "vector", "url": "https://cloud.example/tiles/base.json"},
    "traffic": {"type": "vector", "url": "https://cloud.example/tiles/traffic.json"},
    "imagery": {"type": "raster", "url": "https://cloud.example/tiles/imagery.json", "tileSize": 256},
}

DRAW = """\
async (style) => {
  const loaded = performance.getEntriesByType("resource").map((one) => one.name)
  const { Map } = await import(loaded.find((name) => name.includes("js/maplibre.js")))
  const box = document.createElement("div")
  box.id = "drawn"
  box.style = "position:fixed;inset:0;z-index:9999;background:#fff"
  document.body.append(box)
  const failed = []
  const map = new Map({ container: box, style, center: [24.942, 60.169], zoom: 15.6, fadeDuration: 0 })
  map.on("error", (event) => failed.push(String(event.error?.message ?? event)))
  map.on("styleimagemissing", (event) => failed.push("no icon " + event.id))
  await new Promise((done) => map.once("idle", done))
  return { failed, labels: map.queryRenderedFeatures({ layers: ["street-names", "pois", "stops"] }).length }
}
"""


@pytest.fixture(scope="module")
def validator() -> Path:
    """The program that judges styles."""
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    try:
        root = installed_root("maplibre-style-validator")
    except PartMissingError as error:
        pytest.skip(str(error))
    return root / "@maplibre/maplibre-gl-style-spec/dist/gl-style-validate.mjs"


def faults(validator: Path, style: dict[str, Any], folder: Path) -> str:
    """What the validator finds wrong, "" if nothing."""
    file = folder / "style.json"
    file.write_text(json.dumps(style), "utf-8")
    ran = subprocess.run(["node", validator, file], capture_output=True, text=True, check=False, timeout=60)
    return ran.stdout + ran.stderr if ran.returncode else ""


@pytest.mark.parametrize("sources", [["base"], ["base", "traffic", "imagery"]], ids=["base alone", "everything"])
@pytest.mark.parametrize("sprite", ["", "https://cloud.example/sprites/icons"], ids=["plain", "icons"])
@pytest.mark.parametrize("name", STYLES)
def test_maplibres_validator_finds_nothing_wrong(validator, tmp_path, name, sprite, sources):
    for language in ("zh-CN", "en", "local"):
        style = compose_style(name, language, {key: SOURCES[key] for key in sources}, sprite)
        assert faults(validator, style, tmp_path) == ""


def test_the_validator_finds_a_fault(validator, tmp_path):
    style = compose_style("light", "en", SOURCES)
    style["layers"][1]["type"] = "nonsense"
    assert "nonsense" in faults(validator, style, tmp_path)


@pytest.mark.parametrize("name", STYLES)
def test_a_browser_draws_the_style_with_nothing_from_elsewhere(browser: Browser, served: str, name: str):
    page = browser.new_page(viewport={"width": 800, "height": 600}, locale="en")
    try:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(served + "/", wait_until="networkidle", timeout=PATIENCE_MS)
        found = page.evaluate(DRAW, f"{served}/styles/{name}.json")
        assert found["failed"] == []
        assert found["labels"] > 5
        assert any("/sprites/icons" in url for url in asked)
        assert [url for url in asked if not url.startswith((served, "data:", "blob:"))] == []
        assert colours(page.locator("#drawn").screenshot()) > 200
    finally:
        page.close()


def colours(png: bytes) -> int:
    """How many different colours a picture has."""
    image = pytest.importorskip("PIL.Image", reason="the extra [render] is not installed")
    return len(image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 24))

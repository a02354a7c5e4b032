"""The console's page as a visitor gets it: bytes on the wire, and when its map is drawn, without a graphics card.

No peer stands beside it. python -m benchmarks.tiles --only page      (Chromium: tests/parts/install.py chromium)
"""

from __future__ import annotations

import statistics
import time

from playwright.sync_api import Page

from benchmarks.routing.figures import Report
from benchmarks.tiles.city import ROOT, import_once
from benchmarks.tiles.serving_race import serve
from tests.parts.chromium import start_chromium

DEMO = ROOT / "data/demo/helsinki-centre.osm.pbf"
ROUNDS = 5
SIZE = {"width": 1280, "height": 800}
DRAWN = "#map[data-drawn=yes]"
SENT = """() => performance.getEntries().filter((each) => each.encodedBodySize && !each.name.includes("/tiles/"))
  .reduce((sum, each) => sum + each.encodedBodySize, 0)"""
"""Bytes of all bodies so far, packed; the map's worker, too, which the log of the page's requests leaves out."""


def main(told: Report) -> None:
    """Measures and prints."""
    sent_kb, idle_s, outside = [], [], 0
    with serve(import_once(DEMO)) as port, start_chromium() as browser:
        for number in range(ROUNDS + 1):
            page = browser.new_page(viewport=SIZE)
            asked = _watch(page)
            begun = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_selector(DRAWN, timeout=60_000)
            if number:  # the first one warms
                idle_s.append(time.perf_counter() - begun)
                sent_kb.append(page.evaluate(SENT) / 1000)
            outside += sum(f"127.0.0.1:{port}" not in url for url in asked if url.startswith("http"))
            page.close()
    told.head("the console's page, nothing in the browser's cache", "median", "spread")
    for what, values in (
        ("page, scripts, worker, style, icons without tiles, kB", sent_kb),
        ("map drawn after, s", idle_s),
    ):
        told.row(what, f"{statistics.median(values):.4g}", f"{min(values):.4g}-{max(values):.4g}")
    told.row("requests to other servers", outside, "-")
    told.limit("the page without tiles", statistics.median(sent_kb), 460, "kB")
    told.limit("map drawn, software WebGL", statistics.median(idle_s), 3, "s")


def _watch(page: Page) -> list[str]:
    """The addresses that the page asks for, filled in while it loads."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked

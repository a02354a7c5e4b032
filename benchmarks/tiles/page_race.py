"""The console's page as a visitor gets it: bytes on the wire, and when its map is drawn, without a graphics card.

No peer stands beside it. python -m benchmarks.tiles --only page      (Chromium: tests/parts/install.py chromium)
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.routing.figures import Report
from benchmarks.tiles.city import ROOT, import_once
from benchmarks.tiles.serving_race import serve
from tests.parts.chromium import start_chromium

DEMO = ROOT / "data/demo/helsinki-centre.osm.pbf"
ROUNDS = 5
SIZE = {"width": 1280, "height": 800}
DRAWN = "#map[data-drawn=yes]"


def main(told: Report) -> None:
    """Measures and prints."""
    sent_kb, idle_s, outside = [], [], 0
    with serve(import_once(DEMO)) as port, start_chromium() as browser:
        for number in range(ROUNDS + 1):
            page = browser.new_page(viewport=SIZE)
            sizes = _count_bytes(page)
            begun = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_selector(DRAWN, timeout=60_000)
            if number:  # the first one warms
                idle_s.append(time.perf_counter() - begun)
                sent_kb.append(sum(size for url, size in sizes.items() if "/tiles/" not in url) / 1000)
            outside += sum(f"127.0.0.1:{port}" not in url for url in sizes if url.startswith("http"))
            page.close()
    told.head("the console's page, nothing in the browser's cache", "median", "spread")
    for what, values in (("page, scripts, style, icons without tiles, kB", sent_kb), ("map drawn after, s", idle_s)):
        told.row(what, f"{statistics.median(values):.4g}", f"{min(values):.4g}-{max(values):.4g}")
    told.row("requests to other servers", outside, "-")
    told.limit("the page without tiles", statistics.median(sent_kb), 460, "kB")
    told.limit("map drawn, software WebGL", statistics.median(idle_s), 3, "s")


def _count_bytes(page: Any) -> dict[str, float]:
    """Bytes on the wire by address, filled in while the page loads."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    address: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def begins(event: dict[str, Any]) -> None:
        address[event["requestId"]] = event["request"]["url"]

    def ends(event: dict[str, Any]) -> None:
        url = address.get(event["requestId"], "")
        sizes[url] = sizes.get(url, 0) + event["encodedDataLength"]

    session.on("Network.requestWillBeSent", begins)
    session.on("Network.loadingFinished", ends)
    return sizes

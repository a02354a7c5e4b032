"""Live tiles: a whole city's levels published, tiles read meanwhile through the product, and how soon an edit shows.

The levels are drawn at random ("simulated"): they say what publishing costs, nothing about traffic.
python -m benchmarks.tiles.live_race    (about a minute; two more the first time)
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

from benchmarks.routing.client import Connection, Refused, get, rate
from benchmarks.routing.lockstep import ROOT
from benchmarks.routing.servers import free_port
from location_cloud.app import all_sections, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.capability import Import, LiveAttribute, MapLayer
from location_cloud.live_values import LiveTiles, LiveValues
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import CLASSES
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.osm import read_osm
from location_cloud.storage.snapshot import Snapshots
from tiles.features import CodedColumn, FlatGeometries, LayerFeatures
from tiles.mercator import tiles_in_bbox

HOME = ROOT / ".parts/bench/tiles/live-home"
EXTRACT = ROOT.parent / "shared/data/osm/heidelberg-ors.osm.pbf"
SET, LAYER = "simulated", "levels"
LEVELS = ("unknown", "free", "slow", "jammed", "blocked")
COPIES, COPY_DEG = 2, 0.35
SEED = 20261123
ROUNDS, RATE_S, CONNECTIONS, EDITS = 40, 4.0, 32, 60


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        """Nothing."""

    def advance(self, units: int = 1) -> None:
        """Nothing."""


def street_features(import_: Import) -> LayerFeatures:
    """Both directions of every segment, and the same once more beside: about 180,000 edges."""
    roads = import_.load(ROADS)
    count = len(roads.seg_way)
    start = np.asarray(roads.shape_start)
    lonlat = np.asarray(roads.shape_e7) * 1e-7
    owner = np.repeat(np.arange(count), np.diff(start))
    back = start[owner] + start[owner + 1] - 1 - np.arange(len(lonlat))  # each line from its other end
    moved = [piece + np.array([copy * COPY_DEG, 0]) for copy in range(COPIES) for piece in (lonlat, lonlat[back])]
    starts = np.concatenate([[0], *(start[1:] + number * len(lonlat) for number in range(2 * COPIES))])
    kinds = np.tile(np.asarray(roads.seg_class), 2 * COPIES).astype(np.int32)
    edges = 2 * COPIES * count
    return LayerFeatures(
        LAYER,
        np.arange(1, edges + 1, dtype=np.uint64),
        "line",
        FlatGeometries(np.concatenate(moved), starts, np.arange(edges + 1)),
        np.where(kinds < CLASSES.index("unclassified"), 8, 12).astype(np.uint8),
        attributes={"kind": CodedColumn(kinds, CLASSES)},
    )


def prepare() -> Path:
    """The home to measure in; gives the folder of its snapshot."""
    if not (HOME / "current").exists():
        shutil.rmtree(HOME, ignore_errors=True)
        osm, sources = read_osm((EXTRACT,), None, Silent())
        build_snapshot(
            HOME,
            name="live",
            osm=osm,
            osm_sources=sources,
            clip=None,
            sections=tuple(one for one in all_sections(CAPABILITIES) if one.name in ("areas", "roads", "maps")),
            layers=(
                MapLayer(LAYER, SET, street_features, {"kind": "String"}, 8, 16, live=LiveAttribute("level", LEVELS)),
            ),
            progress=Silent(),
            clock=utc_now,
        )
    snapshots = Snapshots(HOME)
    current = snapshots.current_id()
    if current is None:
        raise SystemExit(f"{HOME} holds no snapshot; remove it and start again")
    return snapshots.open(current).folder


def publish_all(values: LiveValues, random: np.random.Generator, share: float) -> float:
    """Milliseconds to publish new levels of a share of all edges."""
    count = len(values.values)
    rows = np.sort(random.choice(count, max(1, int(share * count)), replace=False)).astype(np.int32)
    levels = random.integers(0, len(LEVELS), len(rows)).astype(np.uint8)
    began = time.perf_counter()
    values.publish(LAYER, rows, levels)
    return (time.perf_counter() - began) * 1000


def race_publishing(values: LiveValues, random: np.random.Generator) -> None:
    """Prints what publishing costs."""
    tiles = values.live.tiles
    count, size, places = len(tiles.keys), len(tiles.body), len(tiles.places)
    print(f"{len(values.values):,} edges (simulated levels) in {count:,} tiles z8-16 of {size / 1e6:.0f} MB")
    print(f"{places:,} places; mean state tile {places / count:.0f} bytes, mean tile {size / count:,.0f}\n")
    print("| published | ms median | ms max |\n|---|---|---|")
    publish_all(values, random, 0.0)  # loads what is compiled
    for share, told in ((1.0, "every edge"), (0.1, "10 % of the edges"), (0.01, "1 %"), (0.0, "one edge")):
        taken = [publish_all(values, random, share) for _ in range(ROUNDS)]
        print(f"| {told} | {statistics.median(taken):.3f} | {max(taken):.2f} |")


def addresses(folder: Path, random: np.random.Generator, count: int) -> list[str]:
    """Addresses of tiles that hold something, zooms 12 to 16."""
    keys = LiveTiles(folder, SET).live.tiles.keys
    keys = random.choice(keys[keys >> 48 >= 12], count)
    return [f"/tiles/{SET}/{key >> 48}/{key >> 24 & 0xFFFFFF}/{key & 0xFFFFFF}.mvt" for key in keys.tolist()]


class Product:
    """The served product with two workers."""

    def __init__(self) -> None:
        self.port = free_port()
        environment = {**os.environ, "LOCATION_CLOUD_HOME": str(HOME), "LOCATION_CLOUD_LOG": "off"}
        command = [sys.executable, "-m", "location_cloud", "serve", "--port", str(self.port), "--workers", "2"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        self.stop()
        raise SystemExit("the product is not ready")

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(timeout=40)

    def send(self, method: str, path: str, body: object) -> dict[str, object]:
        """The JSON answer to a JSON body."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), method=method
        )
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, object] = json.loads(answer.read())
            return found


def race_serving(product: Product, values: LiveValues, folder: Path, random: np.random.Generator) -> None:
    """Prints how many live tiles a second are served, at rest and while the city is published every second."""
    asked = [get(address) for address in addresses(folder, random, 4000)]
    rate(product.port, asked, 1.0, CONNECTIONS)
    print("\n| tiles over HTTP, 2 workers | tiles/s |\n|---|---|")
    print(f"| at rest | {rate(product.port, asked, RATE_S, CONNECTIONS):,.0f} |")
    stop = threading.Event()
    taken: list[float] = []

    def keep_publishing() -> None:
        while not stop.wait(1.0):
            taken.append(publish_all(values, random, 1.0))

    thread = threading.Thread(target=keep_publishing)
    thread.start()
    print(f"| every edge published each second | {rate(product.port, asked, RATE_S, CONNECTIONS):,.0f} |")
    stop.set()
    thread.join()
    print(f"\npublishing meanwhile: {statistics.median(taken):.1f} ms median, {max(taken):.1f} ms max")


def race_edits(product: Product, random: np.random.Generator) -> None:
    """Prints how long after the answer to a write its area is on the tiles, over connections to both workers."""
    lines = [Connection(product.port) for _ in range(8)]
    shown, wrote, stale = [], [], 0
    path = "/v1/layers/raced/features"
    feature_id = product.send("POST", path, area(8.6, 49.4, "first"))["id"]
    for version in range(1, EDITS + 1):
        west, south, mark = 8.6 + random.random() * 0.1, 49.38 + random.random() * 0.05, f"m{version:06}"
        began = time.perf_counter()
        product.send("PUT", f"{path}/{feature_id}?version={version}", area(west, south, mark))
        wrote.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        for number, line in enumerate(lines):
            (tile,) = tiles_in_bbox(*(west + 0.005, south + 0.002) * 2, (10, 13, 14)[number % 3]).tiles()
            try:
                found = line.ask(get(f"/tiles/layers-raced/{'/'.join(map(str, tile))}.mvt"))
            except Refused:
                found = b""
            stale += mark.encode() not in found
            if number == 0:
                shown.append((time.perf_counter() - began) * 1000)
    median, most = statistics.median(shown[1:]), max(shown[1:])
    print(
        f"\nedit of an area: the write takes {statistics.median(wrote):.1f} ms, the first tile after it {median:.2f} ms"
    )
    print(f"(median; {most:.1f} at most); {stale} of {EDITS * len(lines)} tiles were stale")


def area(west: float, south: float, mark: str) -> dict[str, object]:
    """A triangle of a kilometre as a GeoJSON feature."""
    ring = [[west, south], [west + 0.01, south], [west + 0.01, south + 0.01], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"mark": mark}}


def main() -> None:
    """Measures and prints."""
    folder = prepare()
    random = np.random.default_rng(SEED)
    values = LiveValues.open(folder, SET)
    race_publishing(values, random)
    product = Product()
    try:
        race_serving(product, values, folder, random)
        race_edits(product, random)
    finally:
        product.stop()
        values.close()


if __name__ == "__main__":
    main()

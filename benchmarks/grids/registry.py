"""The registry with 5,000 grids of simulated shape: pages, a point's grid, 100,000 points, maps, imports, each timed.

    .venv/bin/python benchmarks/grids/registry.py [--grids 5000]

Median and 95th percentile of many questions in one process over the service, on SQLite.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import shapely

from location_cloud.changes import Sent
from location_cloud.grids import service, service_indicators
from location_cloud.grids.model import NewGrid
from location_cloud.grids.model_indicators import Value
from location_cloud.grids.store import MIGRATIONS
from location_cloud.grids.tile_sets import _fetch
from location_cloud.grids.topology import find_faults, repaired
from location_cloud.live_layers import LiveLayer, LiveLayers
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.live import open_live
from location_cloud.tile_sets import TileAt

DAY = date(2026, 1, 1)
SENT = Sent("benchmark", datetime(2026, 11, 1, tzinfo=UTC))
WIDE, HIGH = 0.0013, 0.0009
"""Degrees: a grid of some 100 by 100 metres at 46.6 degrees north."""


def simulated_grids(count: int) -> list[NewGrid]:
    """Blocks beside each other, 24 vertices each, 100 in a row."""
    found = []
    for number in range(count):
        west, north = 125 + number % 100 * WIDE, 46.6 - number // 100 * HIGH
        ring = shapely.segmentize(shapely.box(west, north - HIGH, west + WIDE, north), 0.0002)
        community = f"2306020010{1 + number // 900:02d}"
        found.append(NewGrid(f"{community}{number % 900 + 1:03d}", ring, f"grid {number}", community, households=100))
    return found


def shaken(grids: list[NewGrid], chance: np.random.Generator) -> list[NewGrid]:
    """The same, each vertex moved by up to 10 cm, each grid's own."""
    found = []
    for grid in grids:
        ring = shapely.get_coordinates(grid.geometry)[:-1]
        moved = shapely.Polygon(ring + chance.uniform(-1e-6, 1e-6, ring.shape))
        found.append(NewGrid(grid.code, moved, area_code=grid.area_code))
    return found


def tell(title: str, ask: Callable[[], object], times: int) -> None:
    """Prints how long a question takes, milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1e3)
    took.sort()
    print(f"{title:<58}{took[len(took) // 2]:>10.3f}{took[int(len(took) * 0.95)]:>10.3f}")


def main() -> None:
    """Fills a store and asks it."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--grids", type=int, default=5000)
    count = asked.parse_args().grids
    chance = np.random.default_rng(1)
    grids = simulated_grids(count)
    _west, south, _east, _north = shapely.total_bounds([grid.geometry for grid in grids])

    def somewhere() -> tuple[float, float]:
        return 125 + chance.random() * 100 * WIDE, south + chance.random() * (46.6 - south)

    with tempfile.TemporaryDirectory() as folder:
        live = open_live("", Path(folder))
        live.migrate({"grids": MIGRATIONS})
        print(f"{count:,} grids, milliseconds {'median':>35}{'p95':>10}")
        tell("put in force", lambda: service.replace(live, "ours", "unit", "", grids, DAY, SENT), 1)
        tell("list: a page of 100", lambda: service.list_grids(live, "ours", "unit", DAY, limit=100), 200)
        tell(
            "list: 100 by box", lambda: service.list_grids(live, "ours", "unit", DAY, box(somewhere()), limit=100), 200
        )
        tell("list: all", lambda: service.list_grids(live, "ours", "unit", DAY), 10)
        service.locate(live, "ours", "unit", somewhere(), DAY)
        tell("locate", lambda: service.locate(live, "ours", "unit", somewhere(), DAY), 2000)

        def after_change() -> None:
            with live.write():
                pass
            service.locate(live, "ours", "unit", somewhere(), DAY)

        tell("a write of something else, and locate", after_change, 200)
        points = np.array([somewhere() for _ in range(100_000)])
        tell("locate_many: 100,000 points", lambda: service.locate_many(live, "ours", "unit", points, DAY), 10)

        def put() -> None:
            values = [
                Value(grid.code, "cases", "2026-11", float(number), "", "sum", "simulated", 0.0, "benchmark")
                for grid, number in zip(grids, chance.poisson(9, count).tolist())
            ]
            service_indicators.put_values(live, "ours", "unit", values)

        tell("indicator of all grids put", put, 5)
        for method in ("quantile", "natural", "equal"):
            tell(
                f"choropleth, {method}",
                lambda method=method: service_indicators.choropleth(  # type: ignore[misc]  # mypy: default of a lambda
                    live, "ours", "unit", "cases", "", method, 5, "", None, date(2026, 11, 24)
                ),
                10,
            )
        layers = LiveLayers()
        layer = LiveLayer("grids", live.version, lambda since: _fetch(live, "ours", DAY, since), kept=layers.kept)
        tell("tile after all values changed", lambda: (put(), layer.tile(TileAt(14, 13885, 5789)))[1], 5)
        tell("faults of a sound cover", lambda: find_faults("unit", grids), 2)
        tell("repair of a shaken cover", lambda: repaired(shaken(grids, chance)), 1)


def box(lonlat: tuple[float, float]) -> Bbox:
    """A box of some 10 by 10 grids."""
    lon, lat = lonlat
    return Bbox(lon, lat - 10 * HIGH, lon + 10 * WIDE, lat)


if __name__ == "__main__":
    main()

"""OGC API Features over 200,000 points and 50,000 grids (simulated): seconds a page, as the test client sees them.

    .venv/bin/python benchmarks/grids/features.py

Says of each question: milliseconds by the clock and of the processor (medians), features, megabytes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from location_cloud.app import create_app  # noqa: E402  # found only now
from location_cloud.changes import Sent  # noqa: E402
from location_cloud.grids.model import NewGrid  # noqa: E402
from location_cloud.grids.store import insert_grids  # noqa: E402
from location_cloud.layers.store import FEATURES  # noqa: E402
from location_cloud.settings import Settings  # noqa: E402
from tests.conftest import import_city  # noqa: E402

WELLS, GRIDS, CORNERS, ROUNDS, SEED = 200_000, 50_000, 30, 7, 20261123

MERCATOR = "crs=http://www.opengis.net/def/crs/EPSG/0/3857"

QUESTIONS = (
    "/ogc/collections",
    "layers.wells/items?limit=10000",
    f"layers.wells/items?limit=10000&{MERCATOR}",
    "layers.wells/items?limit=10000&bbox=125.2,46.2,125.5,46.5",
    "layers.wells/items?limit=100&bbox=125.2,46.2,125.21,46.21",
    "layers.wells/items?limit=1000&kind=a",
    "grids-unit/items?limit=10000",
    f"grids-unit/items?limit=10000&{MERCATOR}",
    "grids-unit/items?limit=10000&datetime=2026-05-01",
    "grids-unit/items?limit=10000&bbox=125.2,46.2,125.5,46.5",
    "grids-unit/items?limit=100",
    "grids-unit/items?code=230602001010001",
)


def main() -> None:
    """Fills a store and asks it."""
    with tempfile.TemporaryDirectory() as folder:
        import_city(Path(folder), ROOT / "data/demo/helsinki-centre.osm.pbf", name="demo")
        app = create_app(Settings(home=Path(folder), log="off"))
        fill(app.extensions["location_cloud"].live)
        client = app.test_client()
        for question in QUESTIONS:
            ask(client, question)
        app.extensions["location_cloud"].close()


def ask(client: Any, question: str) -> None:
    """Says how long a question takes."""
    path = question if question.startswith("/") else f"/ogc/collections/{question}"
    by_clock, by_processor = [], []
    for _ in range(ROUNDS):
        before = time.perf_counter(), time.thread_time()
        answer = client.get(path)
        by_clock.append((time.perf_counter() - before[0]) * 1000)
        by_processor.append((time.thread_time() - before[1]) * 1000)
        assert answer.status_code == 200, answer.data
    told = answer.json
    told = f"{told.get('numberReturned', '-'):>6} of {told.get('numberMatched', 'more')}"
    clock, processor = statistics.median(by_clock), statistics.median(by_processor)
    print(f"{question:100} {clock:7.1f} {processor:7.1f} ms  {told:18} {len(answer.data) / 1e6:6.2f} MB")


def fill(live: Any) -> None:
    """Simulated wells and grids."""
    rng, now = np.random.default_rng(SEED), datetime.now(UTC)
    places = np.column_stack([125 + rng.random(WELLS), 46 + rng.random(WELLS)])
    shared = {"tenant": "default", "layer": "wells", "version": 1, "updated": now.isoformat(), "change": 1}
    rows = [
        {
            **shared,
            "geometry": shapely.to_wkb(shapely.Point(lon, lat)),
            **dict(zip(("west", "south", "east", "north"), (lon, lat, lon, lat), strict=True)),
            "properties": orjson.dumps({"name": f"well {at}", "kind": "abc"[at % 3], "simulated": True}),
        }
        for at, (lon, lat) in enumerate(places.tolist())
    ]
    grids = [
        NewGrid(f"230602001{at // 900 + 1:03d}{at % 900 + 1:03d}", _round_shape(rng, at), area_code="230602001001")
        for at in range(GRIDS)
    ]
    with live.write() as connection:
        connection.execute(FEATURES.insert(), rows)
    with live.write() as connection:
        insert_grids(connection, "default", "unit", grids, date(2026, 1, 1), Sent("simulated", now))


def _round_shape(rng: np.random.Generator, at: int) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    radius = 0.001 * (0.7 + 0.3 * rng.random(CORNERS))
    middle = np.array([125 + at % 250 * 0.004, 46 + at // 250 * 0.004])
    return shapely.Polygon(middle + np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None])


if __name__ == "__main__":
    main()

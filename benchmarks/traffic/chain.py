"""From a batch of fixes to a route that heeds it, and what a refresh costs: one process, one large city."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.routing.figures import Report, short
from benchmarks.traffic.score import Town, day_s
from location_cloud.app import create_app, open_store
from location_cloud.directions.deriving import Deriver, open_deriver
from location_cloud.settings import Settings
from location_cloud.simulator.drives import simulate
from location_cloud.simulator.model import Drives, plain_sensors
from location_cloud.storage.live import Live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.tracks.model import NOT_TOLD, Arriving
from location_cloud.tracks.service import store_fixes
from location_cloud.traffic.deriving import Plan, Traffic

BATCH = 10_000
VEHICLES, INTERVAL_S, NOISE_M = 20_000, 10.0, 8.0
"""All of them report; at the hour that is simulated about a third is on its way."""

BEGIN_H, MINUTES = 8.0, 8
"""On the first day, hours of the city's clocks."""

WARM = 4
"""Batches before the measured ones: windows fill, every road is heard of, both slots are written."""


class Chain:
    """One home's background work, run by hand step by step."""

    def __init__(self, home: Path, live: Live) -> None:
        snapshots = Snapshots(home)
        current = snapshots.current_id()
        assert current is not None, f"nothing is imported in {home}"
        self.snapshot = snapshots.open(current)
        self._home, self._live = home, live
        self._deriver: Deriver = open_deriver(self.snapshot, home, "default")
        self._traffic = Traffic(self.snapshot, Plan())
        self._client = create_app(Settings(home=home, log="off")).test_client()
        self.version = ""

    def steps(self, arriving: Arriving, now_s: float, ask: str) -> dict[str, Callable[[], object]]:
        """What is to be done about a batch, in this order."""
        now = datetime.fromtimestamp(now_s, UTC)
        return {
            "store": lambda: store_fixes(self._live, self._home, "default", arriving, now),
            "match": lambda: self._traffic.follow(self._live, now_s),
            "picture": lambda: self._traffic.refresh(self._live, now_s),
            "metrics": lambda: self._deriver.derive(self._live, now),
            "route": lambda: self._route(ask),
            "settle": lambda: self._deriver.derive(self._live, now),
        }

    def _route(self, ask: str) -> None:
        self.version = self._client.get(ask).get_json()["metric_version"]


def measure(home: Path, town: Town, report: Report) -> None:
    """Prints what each step takes of wall and processor time.

    The refresh is what a picture every ten seconds costs whether or not fixes came: estimate, picture, tiles, the
    metrics of all motor profiles, and bringing the idle slots up afterwards.
    """
    begin_s = day_s(town, 0) + 3600.0 * BEGIN_H
    drives = simulate(
        town.roads, town.directions.networks["car"], vehicles=VEHICLES, begin_s=begin_s,
        end_s=begin_s + 60.0 * MINUTES, sensors=plain_sensors(INTERVAL_S, NOISE_M), zone=town.directions.zone,
        probes_only=True,
    )  # fmt: skip
    wall_ms: dict[str, list[float]] = {}
    cpu_ms: dict[str, list[float]] = {}
    vehicles, versions = [], set()
    with _own_home(home) as own, _opened(own) as live:
        chain, ask = Chain(own, live), _question(town)
        for number, (arriving, now_s) in enumerate(_batches(drives)):
            vehicles.append(len(arriving.names))
            for name, step in chain.steps(arriving, now_s, ask).items():
                wall, cpu = time.perf_counter(), time.process_time()
                step()
                if number >= WARM:
                    wall_ms.setdefault(name, []).append(1000 * (time.perf_counter() - wall))
                    cpu_ms.setdefault(name, []).append(1000 * (time.process_time() - cpu))
            versions.add(chain.version)
    if len(versions) < len(vehicles):
        raise SystemExit(f"{len(vehicles)} batches gave only {len(versions)} metrics")
    edges = 2 * town.roads.segment_count
    report.head(
        f"{len(wall_ms['store'])} batches of {BATCH:,} fixes of {median(vehicles):,.0f} vehicles, {edges:,} edges",
        "wall ms: least, median, most", "CPU ms: least, median, most",
    )  # fmt: skip
    sums = {
        "stored to routed": ("match", "picture", "metrics", "route"),
        "refresh": ("picture", "metrics", "settle"),
    }
    middle = {}
    for name, parts in ({name: (name,) for name in wall_ms} | sums).items():
        both = [[sum(each) for each in zip(*(spent[part] for part in parts))] for spent in (wall_ms, cpu_ms)]
        report.row(name, *(", ".join(short(part(each)) for part in (min, median, max)) for each in both))
        middle[name] = [median(each) for each in both]
    report.limit(f"a batch of {BATCH:,} fixes, stored to routed, wall", middle["stored to routed"][0], 500.0, "ms")
    report.limit(f"refresh of {edges:,} edges with tiles and metrics, processor", middle["refresh"][1], 250.0, "ms")


@contextmanager
def _own_home(home: Path) -> Iterator[Path]:
    """A home with the same snapshots and everything else its own."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder)
        (own / "snapshots").symlink_to(home / "snapshots")
        (own / "current").write_bytes((home / "current").read_bytes())
        yield own


@contextmanager
def _opened(home: Path) -> Iterator[Live]:
    live = open_store(Settings(home=home))
    try:
        yield live
    finally:
        live.close()


def _batches(drives: Drives) -> Iterator[tuple[Arriving, float]]:
    """Whole batches in the order of arrival, and when the last fix of each arrives."""
    fixes = drives.fixes
    for first in range(0, len(fixes) - BATCH + 1, BATCH):
        rows = slice(first, first + BATCH)
        vehicle, device = np.unique(fixes.vehicle[rows], return_inverse=True)
        yield (
            Arriving(
                tuple(drives.device_names[each] for each in vehicle.tolist()),
                device.astype(np.int64),
                np.rint(1000.0 * fixes.time_s[rows]).astype(np.int64),
                np.full(BATCH, NOT_TOLD),
                fixes.lonlat[rows],
                *(column[rows].astype(np.float64) for column in (fixes.speed_kmh, fixes.heading_deg, fixes.accuracy_m)),
                np.ones(BATCH, bool),
                np.zeros(BATCH, bool),
                "simulator",
            ),
            float(fixes.received_s[rows].max()),
        )


def _question(town: Town) -> str:
    """A route across the city."""
    places = town.roads.node_e7[np.argsort(town.roads.node_e7.sum(axis=1))] / 1e7
    ends = [places[round(share * (len(places) - 1))] for share in (0.2, 0.8)]
    start, end = (f"{lon:.7f},{lat:.7f}" for lon, lat in ends)
    return f"/v1/route?from={start}&to={end}&profile=car"

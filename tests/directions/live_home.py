"""A home with a drawn city, its live store, and the processes that serve it: a worker, and readers like web workers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from location_cloud.directions import now, service_matrices, store
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.deriving import open_deriver
from location_cloud.directions.jobs import JOBS
from location_cloud.directions.metrics import Metrics, Where
from location_cloud.directions.model import Options
from location_cloud.directions.network import Network
from location_cloud.directions.store import Closure
from location_cloud.directions.weigh import Weigher
from location_cloud.incidents import store as incidents
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import edge_key
from location_cloud.settings import Settings
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.live import Live, open_live
from location_cloud.storage.osm import read_osm
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World
from location_cloud.work import JobContext, run_jobs
from routing.query import find_cost
from routing.trip import UNREACHED, edge_points
from tests.conftest import copy_home
from tests.draw import draw_roads

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday."""


class Silent:
    def step(self, title: str, total: int = 0) -> None: ...

    def advance(self, units: int = 1) -> None: ...


def build_home(home: Path, *files: Path) -> None:
    """Imports roads and directions of some OSM files."""
    osm, sources = read_osm(files, None, Silent())
    build_snapshot(
        home,
        name="drawn",
        osm=osm,
        osm_sources=sources,
        clip=None,
        sections=(ROADS, DIRECTIONS),
        layers=(),
        progress=Silent(),
        clock=lambda: NOON,
    )


def open_home_live(home: Path) -> Live:
    live = open_live("", home)
    live.migrate({"directions": store.MIGRATIONS, "incidents": incidents.MIGRATIONS})
    return live


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class City:
    """One process's view of a home: the world, its metrics, a deriver that runs when told to."""

    home: Path
    live: Live
    tenant: str = "default"
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        snapshots = Snapshots(self.home)
        snapshot_id = snapshots.current_id()
        assert snapshot_id is not None
        self.world = World(snapshots.open(snapshot_id), self.live)
        self.directions = self.world.section(DIRECTIONS)
        self.roads = self.world.section(ROADS)
        self._deriver: Any = None
        self.metrics = self.another_worker()

    def another_worker(self) -> Metrics:
        """Metrics as another web worker has them."""
        weigher = Weigher(self.roads, self.directions.profiles, self.directions.networks)
        where = Where(self.home, self.world.snapshot.id, "default")
        return Metrics(self.directions.networks, weigher, where, clock=self.clock)

    def derive(self) -> bool:
        """What the worker process does when it is woken."""
        if self._deriver is None:
            self._deriver = open_deriver(self.world.snapshot, self.home, "default")
        return self._deriver.derive(self.live, self.clock.now)

    def forget_deriver(self) -> None:
        """The next call of `derive` comes from another worker process."""
        self._deriver = None

    def close_roads(self, *keys: str, name: str = "works", tenant: str = "default", **more: Any) -> Closure:
        closure = Closure(name=name, keys=keys, **{"is_live": True, **more})
        return now.put_closure(self.live, self.home, tenant, closure, self.clock.now)

    def say_speeds(self, batch: Any, tenant: str = "default", for_s: float = 600.0) -> None:
        until = self.clock.now + timedelta(seconds=for_s)
        now.put_speeds(self.live, self.home, tenant, batch, "test", until, self.clock.now)

    def network(self, profile: str = "car", options: Options | None = None, **more: Any) -> Any:
        return self.metrics.choose(self.world, profile, options or Options(), **more)


# --- the drawn city ----------------------------------------------------------------------------------------------

MAP = """
    A---B---C
    |       |
    D---E---F
"""
ABC, AD, CF, DEF = 1, 2, 3, 4
"""Ways of the map."""


@pytest.fixture(scope="session")
def home_of_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the map: ABC costs toll, DEF is closed in the evening."""
    home = tmp_path_factory.mktemp("city")
    road = {"highway": "primary", "maxspeed": "50"}
    drawing = draw_roads(
        MAP,
        ways={
            "ABC": {**road, "toll": "yes"},
            "AD": road,
            "CF": road,
            "DEF": {**road, "motor_vehicle:conditional": "no @ (20:00-22:00)"},
        },
    )
    file = home / "drawn.osm"
    file.write_text(drawing.osm_xml(), "utf-8")
    build_home(home, file)
    return home


@pytest.fixture
def city(home_of_map: Path, tmp_path: Path) -> Iterator[City]:
    """The city of the map with a live store of the test's own."""
    home = copy_home(home_of_map, tmp_path)
    live = open_home_live(home)
    yield City(home, live)
    live.close()


def segments(city: City, way: int) -> list[int]:
    """The segments of a way, as drawn."""
    return np.flatnonzero(city.roads.seg_way == way).tolist()


def key(city: City, way: int, place: int = 0, backward: bool = False) -> str:
    return edge_key(city.roads, 2 * segments(city, way)[place] + backward)


def both_ways(city: City, way: int) -> list[str]:
    return [key(city, way, place, back) for place in range(len(segments(city, way))) for back in (False, True)]


def drive_ms(network: Network, first: int, last: int) -> int | None:
    """Milliseconds from the beginning of an edge to the end of another; None if there is no way."""
    found = find_cost(network.hierarchy, network.metric, edge_points([first]), edge_points([last], 1.0))
    return None if found == UNREACHED else found


# --- processes ---------------------------------------------------------------------------------------------------


def run_worker(home: Path) -> None:
    """The background process with the jobs of directions, until it is killed."""
    context = JobContext(
        open_home_live(home), Snapshots(home), Settings(home=home), lambda: datetime.now(UTC), lambda: False
    )
    run_jobs(JOBS, context)


def run_slow_worker(home: Path) -> None:
    """The same, and its matrices are made row by row: a small one takes long enough to be killed."""
    service_matrices.BLOCK_CELLS = 1
    run_worker(home)


def run_reader(home: Path) -> None:
    """A web worker that asks all the time: writes each new version of the car's metric and when it was first seen."""
    city = City(home, open_home_live(home))
    seen = ""
    while True:
        version = city.metrics.answer(city.world, "car", Options(), None, "", lambda network: network.version)
        if version != seen:
            seen = version
            print(f"{version} {time.monotonic()}", flush=True)
        time.sleep(0.0005)


@contextlib.contextmanager
def process(role: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    """role: "worker", "slow-worker" or "reader"."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.directions.live_home", role, str(home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


if __name__ == "__main__":
    {"worker": run_worker, "slow-worker": run_slow_worker, "reader": run_reader}[sys.argv[1]](Path(sys.argv[2]))

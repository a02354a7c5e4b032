"""How long patrols take: the coverage of a shift, the map of unseen cells of a city, and how good the next round is.

    .venv/bin/python benchmarks/grids/patrols.py

All of it is simulated: a beat of 2 square kilometres in Daqing walked to and fro for 8 hours with a fix each 5 s,
200 beats whose cells were seen over 60 days, and rounds on a plane and over the demo city's streets. Each time is the
median of several runs with the least and the most, from the store to the finished answer.
"""

from __future__ import annotations

import importlib.resources
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from location_cloud.app import all_sections, create_app, open_store, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.changes import Sent
from location_cloud.patrols import api, service, service_evaluating, service_patrols, store
from location_cloud.patrols.beat_cells import cells_of, centres_of
from location_cloud.patrols.model import Beat, NewBeat
from location_cloud.patrols.orienteering import find_tour, nearest_first
from location_cloud.patrols.service_routes import find_next
from location_cloud.settings import Settings
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.osm import read_osm

WEST, SOUTH, WIDE, HIGH = 125.1, 46.6, 0.0185, 0.0127
"""Degrees; 1,414 m by 1,412 m."""

FIXES, STEP_S = 5760, 5.0
BEATS, DAYS = 200, 30

TENANT = "default"


def timed(name: str, run: Callable[[], Any], times: int = 9) -> Any:
    """Runs it and tells median, least and most, milliseconds."""
    took, found = [], None
    for _ in range(times):
        begun = time.perf_counter()
        found = run()
        took.append((time.perf_counter() - begun) * 1000)
    print(f"{name:58} {statistics.median(took):8.1f} ms  ({min(took):.1f} to {max(took):.1f})")
    return found


def add_beats(live: Any, count: int, tenant: str = TENANT, is_scattered: bool = False) -> None:
    """Beats side by side: cells seen longer ago the nearer they lie to some place, up to 60 days, and a twentieth of
    them never; or, scattered, without order.
    """
    chance, now_s = np.random.default_rng(1), time.time()
    with service.writing(live) as connection:
        for number in range(count):
            west, south = WEST + WIDE * (number % 20), SOUTH + HIGH * (number // 20)
            shape = shapely.box(west, south, west + WIDE, south + HIGH)
            cells = cells_of([shape])
            off = np.hypot(*(centres_of(cells) - (west + WIDE * chance.random(), south + HIGH * chance.random())).T)
            rank = chance.permutation(len(cells)) if is_scattered else np.argsort(np.argsort(-off))
            seen = (now_s - 60 * 86_400 * rank / len(cells)).astype(np.int64)
            seen[chance.random(len(cells)) < 0.05] = 0
            said = NewBeat(geometry=shape, is_simulated=True)
            beat = Beat(0, f"B-{number:03d}", 0, said, shape, cells, seen, len(cells))
            store.put_beat(connection, tenant, beat)


def walk(count: int) -> np.ndarray[Any, Any]:
    """To and fro through the first beat, scattered by 2 m."""
    lats = np.linspace(SOUTH, SOUTH + HIGH, 20)
    ends = [(WEST + WIDE * (row % 2 ^ side), lat) for row, lat in enumerate(lats) for side in (0, 1)]
    line = shapely.LineString(ends)
    at = shapely.line_interpolate_point(line, np.linspace(0, 1, count), normalized=True)
    return shapely.get_coordinates(at) + np.random.default_rng(2).normal(0, 2e-5, (count, 2))


def send(live: Any, home: Path, patrol: Any, now: datetime) -> None:
    """A shift's fixes, as a phone sends them."""
    points = [
        {"time_s": patrol.begun + STEP_S * n, "lonlat": place, "accuracy_m": 5.0, "speed_kmh": 4.0, "heading_deg": 0.0}
        for n, place in enumerate(walk(FIXES).tolist())
    ]
    service_patrols.add_points(live, home, TENANT, patrol.id, points, now)


def coverage(live: Any, home: Path) -> None:
    """The coverage of a shift while it lasts: read, cleaned, counted."""
    begun = datetime.now(UTC) - timedelta(hours=8, minutes=5)
    said = {"person": "p1", "at": (WEST, SOUTH), "beat": "B-000", "device": "", "profile": "", "note": ""}
    sent = Sent("bench", begun)
    patrol, _ = service_patrols.begin_patrol(live, TENANT, {**said, "is_simulated": True}, 0.0, sent)
    send(live, home, patrol, datetime.now(UTC))
    now = datetime.now(UTC)
    seen = timed(
        f"coverage of a shift, {FIXES:,} fixes, 2 km2",
        lambda: service_evaluating.see(live, TENANT, patrol.id, now),
        15,
    )
    told = seen.numbers
    print(f"  {told['seen']} of {told['cells']} cells seen, {told['length_m'] / 1000:.1f} km walked")


def unseen(live: Any) -> None:
    """The map of cells that nobody has seen for 30 days."""
    now_s = time.time()
    for form in ("count", "spans", "codes", "geojson"):
        found = timed(
            f"unseen for {DAYS} days, {BEATS} beats, {form}",
            lambda form=form: [api._as_unseen(each, form) for each in service.list_unseen(live, TENANT, DAYS, now_s)],
        )
    scattered = service.list_unseen(live, "scattered", DAYS, now_s)
    timed(
        "  the same geojson, unseen cells scattered at random",
        lambda: [api._as_unseen(e, "geojson") for e in scattered],
    )
    cells = sum(each["properties"]["cells"] for each in found)
    print(f"  {sum(each['properties']['unseen'] for each in found):,} of {cells:,} cells unseen")


def rounds_on_a_plane() -> None:
    """Rounds of two hours among 250 places; beside who always goes to the nearest."""
    better, gaps = [], []
    for seed in range(10):
        chance = np.random.default_rng(seed)
        place = chance.random((251, 2)) * 1500
        times = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) / 1.2
        gain = np.r_[0, chance.integers(1, 30, 250)].astype(float)
        tour = find_tour(times.copy(), gain, 0.0, 7200.0, seed=1)
        near = gain[nearest_first(times.copy(), gain, 0.0, 7200.0)].sum()
        better.append(tour.gained / near)
        gaps.append(tour.bound / tour.gained - 1)
    print(f"rounds of 2 h among 250 places, 10 drawn: {statistics.mean(better):.2f} times the nearest first", end=" ")
    print(f"({min(better):.2f} to {max(better):.2f}); bound {min(gaps):.0%} to {max(gaps):.0%} above")
    timed("  one of them", lambda: find_tour(times.copy(), gain, 0.0, 7200.0, seed=1), 5)


def rounds_in_a_city(home: Path) -> None:
    """The next round of a beat in the demo city on foot."""
    with importlib.resources.as_file(
        importlib.resources.files("location_cloud.data") / "demo/helsinki-centre.osm.pbf"
    ) as file:
        osm, sources = read_osm((file,), None, Silent())
    layers = tuple(layer for capability in CAPABILITIES for layer in capability.map_layers())
    sections = all_sections(CAPABILITIES)
    build_snapshot(
        home,
        name="demo",
        osm=osm,
        osm_sources=sources,
        clip=None,
        sections=sections,
        layers=layers,
        progress=Silent(),
        clock=utc_now,
    )
    app = create_app(Settings(home=home, log="off"))
    over_http(app.test_client())
    system = app.extensions["location_cloud"]
    world = system.worlds.current()
    service.put_beat(
        world, TENANT, "H-1", NewBeat(geometry=shapely.box(24.935, 60.163, 24.953, 60.173)), None, utc_now().date()
    )
    asked = (world, TENANT, "H-1", "foot", None, 7200.0, 0.0, 0.0, (), time.time())
    found = timed("next round in the demo city, 2 h on foot", lambda: find_next(*asked), 5)
    print(
        f"  {len(found.stops)} stops of {found.candidates}, {len(found.seen)} of {len(found.beat.cells)} cells seen,"
        f" gains {found.tour.gained:,.0f}, bound {found.tour.bound:,.0f}"
    )


def over_http(client: Any) -> None:
    """The same two questions asked over HTTP, their answers as bytes."""
    timed("coverage of the shift over HTTP", lambda: client.get("/v1/patrols/1/coverage").data, 15)
    for form in ("spans", "geojson"):
        path = f"/v1/patrols/unseen?days={DAYS}&form={form}"
        body = timed(f"unseen, {BEATS} beats, {form}, over HTTP", lambda path=path: client.get(path).data)
        print(f"  {len(body) / 1e6:.1f} MB")


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        """Nothing."""

    def advance(self, units: int = 1) -> None:
        """Nothing."""


def main() -> None:
    """All of it, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        live = open_store(Settings(home=home, log="off"))
        add_beats(live, BEATS)
        add_beats(live, BEATS, "scattered", is_scattered=True)
        coverage(live, home)
        unseen(live)
        live.close()
        rounds_on_a_plane()
        rounds_in_a_city(home)


if __name__ == "__main__":
    main()

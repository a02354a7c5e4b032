"""Dispatch: how long a ranking of 200 units takes, whether it is /v1/route's, and what ranking by crow-fly would cost.

python -m benchmarks.rescue.ranking [HOME]

HOME: of an imported city, which is only read; without, the one that benchmarks.routing keeps (heidelberg-2x2). A third
of the units tell their position, the others have devices. Figures in process are processor time, over HTTP wall time of
one keep-alive client on the same machine.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.routing.cities import BENCH, CLOUD
from benchmarks.routing.figures import machine
from location_cloud.app import create_app, utc_now
from location_cloud.directions.service import find_routes
from location_cloud.dispatch import service, service_coverage, store
from location_cloud.dispatch.covering import find_cover, find_greedy_cover
from location_cloud.dispatch.model import Unit
from location_cloud.dispatch.service import Conditions, Question
from location_cloud.errors import CloudError
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.settings import Settings
from location_cloud.spatial.measure import distance_m
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.service import store_fixes

UNITS, SCENES, ASKED = 200, 40, 300
TENANT = "default"


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else BENCH / "heidelberg-2x2/home"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "snapshots").symlink_to((source / "snapshots").resolve())
        (home / "current").write_bytes((source / "current").read_bytes())
        print(machine())
        app = create_app(Settings(home=home, log="off"))
        system = app.extensions["location_cloud"]
        scenes = register(system)
        in_process(system.worlds.current(), scenes)
        system.close()
        over_http(home, scenes)
    covering()


def register(system: Any) -> list[tuple[float, float]]:
    """200 units and the places of calls, anywhere in the city."""
    roads, chance, now = system.worlds.current().section(ROADS), np.random.default_rng(20261123), utc_now()
    points = roads.node_e7[chance.choice(roads.node_count, UNITS + SCENES, replace=False)] / 1e7
    places = [tuple(each) for each in (points + chance.normal(0, 3e-4, points.shape)).round(7).tolist()]
    with system.live.write() as connection:
        for number, place in enumerate(places[:UNITS]):
            told = {"told_lonlat": place, "told_at": now} if number % 3 == 0 else {"device": f"d{number}"}
            store.insert_unit(connection, TENANT, Unit(f"u{number:03}", skills=("als",), **told), now)
    rows = [
        {"device": f"d{number}", "time": now.timestamp() - 5, "lon": lon, "lat": lat, "simulated": True}
        for number, (lon, lat) in enumerate(places[:UNITS])
    ]
    store_fixes(system.live, system.settings.home, TENANT, read_rows(rows, "simulator"), now)
    print(f"{2 * roads.segment_count:,} road edges, {UNITS} units, two thirds with devices (simulated)")
    return places[UNITS:]


def in_process(world: Any, scenes: list[tuple[float, float]]) -> None:
    """A ranking, whether its times are those of routes, and what else is asked."""

    def rank(scene: tuple[float, float], k: int = 5) -> service.Ranking | None:
        try:
            return service.rank_units(world, TENANT, Question(scene, k=k), utc_now())
        except CloudError:
            return None

    rankings = [ranking for scene in scenes if (ranking := rank(scene, UNITS))]
    print(f"rank {UNITS} units: {spent(lambda: [rank(scene) for scene in scenes], len(scenes))}")
    equal = asked = 0
    for ranking in rankings[:5]:
        for offer in ranking.offered:
            ends = [service.Place(offer.position.lonlat), service.Place(offer.goal, 5000.0)]
            route = find_routes(world, Conditions().ask(offer.profile, TENANT), ends, with_steps=False).routes[0]
            asked, equal = asked + 1, equal + (route.duration_ms / 1000 == offer.drive_s)
    print(f"times equal to the route's, to the millisecond: {equal} of {asked}")
    for count in (5, 10, 20):
        crow_fly(rankings, count)
    conditions = Conditions()
    free = service_coverage.list_free(world, TENANT, conditions, 900.0, utc_now())
    cover = service_coverage.find_coverage
    found = cover(world, TENANT, free, conditions, None, 1800.0)
    print(
        f"coverage of {len(found.cells):,} squares of 500 m by {len(free)} units: "
        f"{spent(lambda: cover(world, TENANT, free, conditions, None, 1800.0), 1)}"
    )
    keep = service_coverage.keep_coverage
    print(f"keep coverage: {spent(lambda: keep(world, TENANT, rankings[0], 3, 600.0, 300.0, None), 1)}")
    sites = [each.lonlat for each in free[:100]]
    moved = service_coverage.relocate(world, TENANT, free[:20], conditions, sites, 480.0, 20, None)
    print(
        f"relocate 20 units over 100 sites and {len(moved.demand.lonlat):,} demands ({moved.cover.status}): "
        + spent(lambda: service_coverage.relocate(world, TENANT, free[:20], conditions, sites, 480.0, 20, None), 1)
    )


def crow_fly(rankings: list[service.Ranking], count: int) -> None:
    """How often the unit that is nearest as the crow flies is not the first there, and what sending it would cost."""
    chance, wrong, lost_s = np.random.default_rng(1), 0, []
    for ranking in rankings:
        for _ in range(25):
            offered = ranking.offered
            picked = [offered[at] for at in chance.choice(len(offered), min(count, len(offered)), replace=False)]
            metres = distance_m([ranking.question.lonlat], [offer.position.lonlat for offer in picked])
            late_s = (picked[int(np.argmin(metres))].eta_ms - min(offer.eta_ms for offer in picked)) / 1000
            wrong += late_s > 0
            lost_s.append(late_s)
    late = [each for each in lost_s if each > 0] or [0.0]
    print(
        f"crow-fly among {count} units: the wrong one in {100 * wrong / len(lost_s):.0f} % of calls, "
        f"then {np.mean(late):.0f} s later, p95 {np.quantile(late, 0.95):.0f} s"
    )


def over_http(home: Path, scenes: list[tuple[float, float]]) -> None:
    """The same through a server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "LOCATION_CLOUD_HOME": str(home), "LOCATION_CLOUD_LOG": "off"}
    server = subprocess.Popen([*CLOUD, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL)
    try:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        wait_until_ready(client)
        times_ms, refused = [], 0
        spent_s = 0.0
        for number in range(ASKED + 40):
            if number == 40:
                spent_s = processor_s(server.pid)
            body = json.dumps({"at": scenes[number % len(scenes)]})
            begun = time.perf_counter()
            client.request("POST", "/v1/dispatch/rank", body, {"Content-Type": "application/json"})
            answer = client.getresponse()
            answer.read()
            if number >= 40:
                times_ms.append((time.perf_counter() - begun) * 1000)
                refused += answer.status != 200
        low, p50, p99 = np.quantile(times_ms, (0.0, 0.5, 0.99))
        print(
            f"over HTTP: min {low:.1f}, p50 {p50:.1f}, p99 {p99:.1f} ms; {refused} of {ASKED} refused; "
            f"processor time of the server {(processor_s(server.pid) - spent_s) * 1000 / ASKED:.1f} ms each"
        )
    finally:
        server.terminate()
        server.wait()


def processor_s(pid: int) -> float:
    """Processor seconds of a process and all below it, by /proc."""
    text = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    below = [int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in children(task)]
    return (int(text[11]) + int(text[12])) / os.sysconf("SC_CLK_TCK") + sum(processor_s(each) for each in below)


def children(task: Path) -> list[str]:
    """Ids of what a thread started."""
    return (task / "children").read_text().split()


def wait_until_ready(client: http.client.HTTPConnection) -> None:
    """Returns when the server is healthy. Raises TimeoutError after a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            client.request("GET", "/health")
            answer = client.getresponse()
            answer.read()
            if answer.status == 200:
                return
        except (OSError, http.client.HTTPException):
            client.close()
        time.sleep(0.1)
    raise TimeoutError("the server is not ready after a minute")


def covering() -> None:
    """Maximal covering of invented towns: exact, and the greedy way beside it."""
    for demands, sites, count in ((1000, 100, 10), (5000, 200, 20)):
        chance = np.random.default_rng(7)
        off = chance.random((demands, 2))[:, None] - chance.random((sites, 2))[None]
        covers, weight = np.hypot(off[..., 0], off[..., 1]) < 0.12, chance.integers(1, 10, demands).astype(float)
        found, greedy = find_cover(covers, weight, count, 60.0), find_greedy_cover(covers, weight, count)
        print(
            f"covering {demands:,} x {sites}, {count} sites: {found.status}, "
            f"{spent(lambda c=covers, w=weight, n=count: find_cover(c, w, n, 60.0), 1, 3)}; "
            f"greedy {greedy.covered / found.covered:.3f} of it, "
            f"{spent(lambda c=covers, w=weight, n=count: find_greedy_cover(c, w, n), 1, 3)}"
        )


def spent(ask: Callable[[], Any], parts: int, runs: int = 7) -> str:
    """Milliseconds of processor time of each part of a question, the least and the median of some runs."""
    ask()
    times_ms = []
    for _ in range(runs):
        begun = time.process_time()
        ask()
        times_ms.append((time.process_time() - begun) * 1000 / parts)
    return f"min {min(times_ms):.1f}, median {np.median(times_ms):.1f} ms"


if __name__ == "__main__":
    main()

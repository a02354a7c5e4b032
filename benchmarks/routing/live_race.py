"""From new speeds to answers: all weights, or an incident, until every web worker answers with them; and OSRM's way."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
import osmium

from benchmarks.routing.cities import ROOT, THREADS, City, Peers
from benchmarks.routing.client import Connection, Refused, get, rate
from benchmarks.routing.figures import Report, Spent, short
from benchmarks.routing.http_race import requests
from benchmarks.routing.servers import Server, free_port, start_ours
from location_cloud.directions.live import Batch, edge_keys, pack_keys
from location_cloud.directions.now import put_speeds
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

WATCHERS = 8
"""Kept connections that are asked again and again; each belongs to one web worker, and eight meet both."""

TIMES = 15
SPEEDS_KMH = (20.0, 35.0)
"""All roads at the one or the other, in turn: every weight changes, and every answer."""

INCIDENT_EDGES = 50


def race(city: City, peers: Peers, report: Report) -> None:
    """Measures and prints."""
    server = start_ours(city)
    live = open_live("", city.home)
    try:
        rounds = Rounds(city, server, live)
        everything, incident = rounds.keys, rounds.keys_on_the_way()
        quiet = rounds.repeat(everything)
        quiet_incident = rounds.repeat(incident)
        with saturated(city, server):
            time.sleep(1.0)
            busy = rounds.repeat(everything)
            busy_incident = rounds.repeat(incident)
        rounds.forget()
    finally:
        live.close()
        server.stop()
    edges = len(everything)
    report.head(
        f"{city.name}, new speeds until every web worker answers with them, ms", "p50", "max", "of which storing them"
    )
    rows = (
        (f"all {edges:,} road edges, quiet", quiet),
        (f"all {edges:,} road edges, both workers saturated by {WATCHERS} connections", busy),
        (f"incident of {len(incident)} edges, quiet", quiet_incident),
        (f"incident of {len(incident)} edges, saturated", busy_incident),
    )
    for title, found in rows:
        report.row(title, *(short(one) for one in (_p50(found, 0), max(found)[0], _p50(found, 1))))
    osrm = _race_osrm(city, peers)
    for title, seconds in osrm.items():
        report.row(title, short(seconds * 1000), "", "")
    report.limit(f"{city.name}: all weights visible, quiet", _p50(quiet, 0), 60, "ms")
    report.limit(f"{city.name}: all weights visible, saturated", _p50(busy, 0), 120, "ms")
    report.limit(f"{city.name}: incident visible, quiet", _p50(quiet_incident, 0), 10, "ms")
    whole = osrm["OSRM: osrm-customize + osrm-datastore until osrm-routed answers with them"] * 1000
    report.compare(f"{city.name}: all weights visible : OSRM customize + datastore", _p50(quiet, 0), whole, 1 / 25)


class Rounds:
    """Speeds written into the live store, and the answers watched."""

    def __init__(self, city: City, server: Server, live: object) -> None:
        self._city, self._live = city, live
        snapshots = Snapshots(city.home)
        current = snapshots.current_id()
        assert current is not None, "prepared before"
        self._roads: Roads = snapshots.open(current).section(ROADS)
        self.keys = edge_keys(self._roads)
        asked = requests(city, "ours", "duration only", city.asked["pairs"][:100])
        self._asked = first_answered(Connection(server.port), asked)
        self._way = city.asked["pairs"][asked.index(self._asked)]
        self._port = server.port
        self._watchers = [Connection(server.port) for _ in range(WATCHERS)]
        self._turn = 0

    def repeat(self, keys: np.ndarray) -> list[tuple[float, float]]:  # type: ignore[type-arg]
        """(ms from the first byte written until all watchers see it, ms of them spent storing), again and again."""
        found = []
        for _ in range(TIMES):
            before = {line.ask(self._asked) for line in self._watchers}
            self._turn += 1
            begun = time.perf_counter()
            self._put(keys, SPEEDS_KMH[self._turn % 2])
            stored = time.perf_counter()
            waiting = list(self._watchers)
            while waiting:
                waiting = [line for line in waiting if line.ask(self._asked) in before]
                if time.perf_counter() - begun > 20:
                    raise SystemExit("new speeds were not seen within 20 s")
            seen = time.perf_counter()
            found.append(((seen - begun) * 1000, (stored - begun) * 1000))
            time.sleep(0.3)
        return found

    def keys_on_the_way(self) -> np.ndarray:  # type: ignore[type-arg]
        """The keys of some edges of the way that is watched."""
        (a, b), (c, d) = self._way
        line = Connection(self._port)
        target = f"/v1/route?from={a},{b}&to={c},{d}&profile=car&annotations=true&steps=false"
        legs = orjson.loads(line.ask(get(target)))["routes"][0]["legs"]
        words = [word for leg in legs for word in leg["annotations"]["road"]]
        return np.unique(pack_keys(words))[:INCIDENT_EDGES]

    def forget(self) -> None:
        """Takes all speeds back."""
        self._put(self.keys, 0.0)

    def _put(self, keys: np.ndarray, kmh: float) -> None:  # type: ignore[type-arg]
        now = datetime.now(UTC)
        batch = Batch(keys, np.full(len(keys), kmh, np.float32))
        put_speeds(self._live, self._city.home, "default", batch, "bench", now + timedelta(hours=1), now)


@contextmanager
def saturated(city: City, server: Server) -> Iterator[None]:
    """Meanwhile another process asks full routes over eight connections without pause."""
    line, asked = Connection(server.port), []
    for request in requests(city, "ours", "full route, GeoJSON", city.asked["pairs"][:100]):
        with suppress(Refused):
            line.ask(request)
            asked.append(request)
    process = multiprocessing.get_context("spawn").Process(target=rate, args=(server.port, asked, 600.0), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def first_answered(line: Connection, asked: Sequence[bytes]) -> bytes:
    """The first of some questions that a server can answer."""
    for request in asked:
        with suppress(Refused):
            line.ask(request)
            return request
    raise SystemExit("none of the pairs has a way")


def _race_osrm(city: City, peers: Peers) -> dict[str, float]:
    """Seconds of osrm-customize, osrm-datastore, and until osrm-routed answers with the new speeds; the least of 3."""
    shutil.rmtree(city.folder / "osrm/live", ignore_errors=True)
    shutil.copytree(
        city.folder / "osrm/mld", city.folder / "osrm/live", symlinks=True
    )  # new speeds are written into it
    base, name = city.folder / "osrm/live/city.osrm", f"bench{free_port()}"
    files = [_write_speeds(city, kmh) for kmh in SPEEDS_KMH]
    threads = ["-t", str(THREADS)]
    before = _segments()
    datastore = [str(peers.osrm / "osrm-datastore"), "--dataset-name", name]
    _quiet([*datastore, str(base)])
    port = free_port()
    command = [peers.osrm / "osrm-routed", "-i", "127.0.0.1", "-p", port, "-t", THREADS, "-a", "MLD", "-l", "ERROR"]
    command += ["-s", "--dataset-name", name]
    (a, b), _ = city.asked["pairs"][0]
    server = Server("OSRM MLD", command, port, get(f"/nearest/v1/driving/{a},{b}"))
    found: list[tuple[float, float, float]] = []
    try:
        line = Connection(port)
        asked = first_answered(line, requests(city, "OSRM MLD", "duration only", city.asked["pairs"][:100]))
        for turn in range(4):
            duration = orjson.loads(line.ask(asked))["routes"][0]["duration"]
            begun = time.perf_counter()
            _quiet(
                [str(peers.osrm / "osrm-customize"), *threads, "--segment-speed-file", str(files[turn % 2]), str(base)]
            )
            customized = time.perf_counter()
            _quiet([*datastore, "--only-metric=1", str(base)])
            stored = time.perf_counter()
            while orjson.loads(line.ask(asked))["routes"][0]["duration"] == duration:
                if time.perf_counter() - begun > 60:
                    raise SystemExit("osrm-routed did not answer with the new speeds within a minute")
            seen = time.perf_counter()
            found.append((seen - begun, customized - begun, stored - customized))
    finally:
        server.stop()
        for segment in _segments() - before:
            subprocess.run(["ipcrm", "-m", segment], check=False, capture_output=True)
    whole, customize, store = min(found)
    return {
        "OSRM: osrm-customize + osrm-datastore until osrm-routed answers with them": whole,
        "of which osrm-customize": customize,
        "of which osrm-datastore --only-metric": store,
    }


def _write_speeds(city: City, kmh: float) -> Path:
    """OSRM's file of speeds: every pair of neighbouring nodes of every road, both ways."""
    file = city.folder / f"osrm/speeds-{kmh:.0f}.csv"
    if not file.exists():
        growing = file.with_suffix(".growing")
        with growing.open("w") as out:
            for way in osmium.FileProcessor(city.file, osmium.osm.WAY):
                if "highway" in way.tags:
                    refs = [node.ref for node in way.nodes]
                    for one, other in pairwise(refs):
                        out.write(f"{one},{other},{kmh:.0f}\n{other},{one},{kmh:.0f}\n")
        growing.rename(file)
    return file


def _segments() -> set[str]:
    """The numbers of the shared memory segments there are."""
    return {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}


def _quiet(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def _p50(found: Sequence[tuple[float, float]], column: int) -> float:
    values = Spent()
    for one in found:
        values.add(0, one[column])
    return values.p50

"""From new speeds to answers: all weights, or an incident, until every web worker answers with them; and OSRM's way."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson
import osmium

from benchmarks.routing.cities import ROOT, THREADS, City, Peers
from benchmarks.routing.client import Connection, Refused, get, post, rate
from benchmarks.routing.figures import Report, Spent, short
from benchmarks.routing.http_race import requests
from benchmarks.routing.servers import WORKERS, Server, family, free_port, start_ours
from location_cloud.directions.live import MOST_PLACE, PLACE_BITS, Batch, edge_keys, pack_keys
from location_cloud.directions.now import drop_closure, put_speeds
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

PAUSE_S = 0.0005
"""Between two questions of the watchers, one of each web worker: without it they would saturate what is to be quiet."""

CONNECTIONS = 8
"""Of those that saturate both workers."""

TRIES = 64
"""So many connections are opened until every web worker has taken one."""

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
        kinds = {
            f"all {len(rounds.keys):,} road edges": rounds.speeds(rounds.keys),
            "1 % of them": rounds.speeds(rounds.one_percent()),
            f"incident of {INCIDENT_EDGES} edges, slow, over HTTP": rounds.slow(rounds.keys_on_the_way()),
            f"incident of {INCIDENT_EDGES} edges, closed, over HTTP": rounds.closed(rounds.keys_on_the_way()),
            f"closure of {INCIDENT_EDGES} edges reported as an incident": rounds.reported(rounds.keys_on_the_way()),
        }
        quiet = [rounds.repeat(say) for say in kinds.values()]
        with saturated(city, server):
            time.sleep(1.0)
            busy = [rounds.repeat(say) for say in kinds.values()]
        rounds.forget()
    finally:
        live.close()
        server.stop()
    report.head(
        f"{city.name}, new speeds until every web worker answers with them, ms",
        "p50",
        "p90",
        "max",
        "of which storing them, p50 (over HTTP: meanwhile)",
    )
    for how, found in (("quiet", quiet), (f"both workers saturated by {CONNECTIONS} connections", busy)):
        for title, one in zip(kinds, found):
            least = sorted(seen for seen, _ in one)
            values = (_p50(one, 0), least[-1 - len(least) // 10], least[-1], _p50(one, 1))
            report.row(f"{title}, {how}", *(short(value) for value in values))
    osrm = _race_osrm(city, peers)
    for title, seconds in osrm.items():
        report.row(title, short(seconds * 1000), "", "", "")
    report.limit(f"{city.name}: all weights visible, quiet", _p50(quiet[0], 0), 60, "ms")
    report.limit(f"{city.name}: all weights visible, saturated", _p50(busy[0], 0), 120, "ms")
    report.limit(f"{city.name}: incident visible, slow, quiet", _p50(quiet[2], 0), 10, "ms")
    report.limit(f"{city.name}: incident visible, closed, quiet", _p50(quiet[3], 0), 10, "ms")
    report.limit(f"{city.name}: reported incident visible, quiet", _p50(quiet[4], 0), 30, "ms")
    whole = osrm["OSRM: osrm-customize + osrm-datastore until osrm-routed answers with them"] * 1000
    report.compare(f"{city.name}: all weights visible : OSRM customize + datastore", _p50(quiet[0], 0), whole, 1 / 25)


class Rounds:
    """Speeds written into the live store, and the answers watched."""

    def __init__(self, city: City, server: Server, live: object) -> None:
        self._city, self._live = city, live
        snapshots = Snapshots(city.home)
        current = snapshots.current_id()
        assert current is not None, "prepared before"
        self._roads: Roads = snapshots.open(current).section(ROADS)
        self.keys = edge_keys(self._roads)
        # An answer that names the metric's version: equal weights said twice are two versions.
        asked = [
            get(f"/v1/route?from={a},{b}&to={c},{d}&profile=car&geometry=none&steps=false")
            for (a, b), (c, d) in city.asked["pairs"][:100]
        ]
        self._asked = first_answered(Connection(server.port), asked)
        self._way = city.asked["pairs"][asked.index(self._asked)]
        self._port = server.port
        self._watchers = one_of_each_worker(server)
        self._line, self._is_told = Connection(server.port), False
        self._is_reported, self._told_id = False, 0
        self._turn = 0

    def repeat(self, say: Callable[[], None]) -> list[tuple[float, float]]:
        """(ms from the first byte written until all watchers see it, ms of them spent storing), again and again."""
        found = []
        self.forget()
        time.sleep(1.5)
        for _ in range(TIMES):
            before = set(self._answers(self._watchers))
            self._turn += 1
            begun = time.perf_counter()
            say()
            stored = time.perf_counter()
            waiting = list(self._watchers)
            while waiting := [line for line, answer in zip(waiting, self._answers(waiting)) if answer in before]:
                time.sleep(PAUSE_S)
                if time.perf_counter() - begun > 20:
                    raise SystemExit("new speeds were not seen within 20 s")
            seen = time.perf_counter()
            self._take_answer()
            found.append(((seen - begun) * 1000, (stored - begun) * 1000))
            time.sleep(0.3)
        return found

    def speeds(self, keys: np.ndarray) -> Callable[[], None]:  # type: ignore[type-arg]
        """Says the one or the other speed of these edges, in turn."""
        return lambda: self._put(keys, SPEEDS_KMH[self._turn % 2])

    def slow(self, keys: np.ndarray) -> Callable[[], None]:  # type: ignore[type-arg]
        """The same of a few edges, said by a request to one of the workers."""
        words = as_words(keys)
        bodies = [orjson.dumps({"speeds": dict.fromkeys(words, kmh), "source": "bench"}) for kmh in SPEEDS_KMH]
        requests = [post("/v1/speeds", body) for body in bodies]
        return lambda: self._tell(requests[self._turn % 2])

    def closed(self, keys: np.ndarray) -> Callable[[], None]:  # type: ignore[type-arg]
        """Closes these edges and opens them again, in turn, by a request to one of the workers."""
        body = orjson.dumps({"name": "bench", "everyone": True, "roads": as_words(keys)})
        shut, open_ = post("/v1/closures", body), get("/v1/closures/bench?version=1").replace(b"GET", b"DELETE", 1)

        def turn() -> None:
            self._is_shut = not self._is_shut
            self._tell(shut if self._is_shut else open_)

        return turn

    def reported(self, keys: np.ndarray) -> Callable[[], None]:  # type: ignore[type-arg]
        """Reports an incident that closes these edges and deletes it again, in turn, by a request to a worker."""
        report = post("/v1/incidents", orjson.dumps({"kind": "closure", "roads": as_words(keys)}))

        def turn() -> None:
            self._tell(self._removal() if self._is_reported else report)
            self._is_reported = not self._is_reported

        return turn

    def _removal(self) -> bytes:
        return get(f"/v1/incidents/{self._told_id}?version=1").replace(b"GET", b"DELETE", 1)

    def _tell(self, request: bytes) -> None:
        """Sends it; its answer is taken when all watchers have seen what it says."""
        self._line.send(request)
        self._is_told = True

    def _take_answer(self) -> None:
        if self._is_told:
            self._is_told = False
            with suppress(Refused):  # 201, which this client takes for a refusal
                while not self._line.take():
                    pass
            self._told_id = orjson.loads(self._line.body()).get("id", 0)

    def one_percent(self) -> np.ndarray:  # type: ignore[type-arg]
        """The keys of one edge in a hundred, all over the city, and of those on the way that is watched."""
        return np.union1d(self.keys[::100], self.keys_on_the_way())

    def _answers(self, lines: Sequence[Connection]) -> list[bytes]:
        """What each connection answers, all asked at once: one after the other, the last would be seen 4 ms late."""
        for line in lines:
            line.send(self._asked)
        return [self._take(line) for line in lines]

    def _take(self, line: Connection) -> bytes:
        try:
            while not line.take():
                pass
        except Refused:  # every way is closed
            return b""
        return line.body()

    def keys_on_the_way(self) -> np.ndarray:  # type: ignore[type-arg]
        """The keys of some edges of the way that is watched."""
        (a, b), (c, d) = self._way
        line = Connection(self._port)
        target = f"/v1/route?from={a},{b}&to={c},{d}&profile=car&annotations=true&steps=false"
        legs = orjson.loads(line.ask(get(target)))["routes"][0]["legs"]
        words = [word for leg in legs for word in leg["annotations"]["road"]]
        return np.unique(pack_keys(words))[:INCIDENT_EDGES]

    def forget(self) -> None:
        """Takes all back."""
        self._put(self.keys, 0.0)
        drop_closure(self._live, self._city.home, "default", "bench")
        self._is_shut = False
        if self._is_reported:
            self._line.ask(self._removal())
            self._is_reported = False

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


def as_words(keys: np.ndarray) -> list[str]:  # type: ignore[type-arg]
    """Lasting keys as the API names them."""
    return [f"{key >> PLACE_BITS}:{(key & MOST_PLACE) >> 1}:{'fb'[key & 1]}" for key in keys.tolist()]


def one_of_each_worker(server: Server) -> list[Connection]:
    """A kept connection to every web worker."""
    lines = [Connection(server.port) for _ in range(TRIES)]
    for line in lines:
        line.ask(get("/health"))
    by_worker = {worker_of(line): line for line in lines}
    for line in lines:
        if line not in by_worker.values():
            line.close()
    if len(by_worker) != WORKERS:
        raise SystemExit(f"connections reach {len(by_worker)} of {WORKERS} web workers")
    return list(by_worker.values())


def worker_of(line: Connection) -> int:
    """Which process holds the other end of a connection. Source: proc(5), net/tcp: ports in hexadecimal, inodes."""
    with socket.socket(fileno=os.dup(line.fileno())) as ours:
        ends = [f":{port:04X}" for port in (ours.getpeername()[1], ours.getsockname()[1])]
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(row[9] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1]))
    for pid in family(os.getpid()):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                if entry.readlink().name == f"socket:[{inode}]":
                    return pid
    raise SystemExit("nobody holds the other end of a connection")


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

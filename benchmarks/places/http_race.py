"""Places over HTTP at a fixed rate: questions come when they come, and each is timed from when it was due.

    python -m benchmarks.places.http_race [--names 1000000] [--rate 500] [--seconds 20] [--kinds geocode,suggest]

The served product with two workers on a simulated city; this client takes a share of the same processors. No two
questions are alike, so that nothing is repeated from memory. Also: lines a second of the two batches.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import select
import shutil
import socket
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from benchmarks.places.answers import BENCH
from benchmarks.places.city import prepare
from benchmarks.places.engine import Quiet
from benchmarks.places.questions import TYPED_KINDS, ask
from benchmarks.places.simulated import City, Point
from benchmarks.routing.cities import CLOUD
from benchmarks.routing.figures import Report, machine, short
from benchmarks.routing.servers import Server
from location_cloud.app import utc_now
from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.places.dataset import SECTION as PLACES
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.osm import read_osm

P99_MS, RATE = 25.0, 500
LINES = 32
"""Connections: as many callers as may wait at once."""

SHARES = {"geocode": 0.4, "suggest": 0.3, "reverse": 0.15, "dispatch": 0.15}
BATCH_LINES = 2_000
PORT = 18_437


def run(city: City, home: Path, rate: float, seconds: float, kinds: tuple[str, ...], report: Report) -> None:
    """Every table."""
    server = Server("places", [*CLOUD, "serve", "--port", PORT, "--workers", 2], PORT, _request("/health"), home)
    try:
        asked = targets(city, int(rate * seconds) + 200, kinds)
        _race(asked[:200], rate / 4)  # what a worker loads at its first questions
        spent = _race(asked[200:], rate)
        report.head(
            f"HTTP at {rate:g} questions a second, {len(city.pois):,} places", "asked", "p50 ms", "p99 ms", "max"
        )
        for kind, times in sorted(spent.items()):
            report.row(kind, len(times), *(short(part(times, share)) for share in (0.5, 0.99, 1.0)))
        whole = [each for times in spent.values() for each in times]
        report.row("all", len(whole), *(short(part(whole, share)) for share in (0.5, 0.99, 1.0)))
        report.limit(f"HTTP p99 at {rate:g}/s", part(whole, 0.99), P99_MS, "ms")
        report.head(f"batches of {BATCH_LINES:,}", "lines a second")
        for what, path, body in batches(city):
            report.row(what, short(BATCH_LINES / asyncio.run(_post(path, body))))
    finally:
        server.stop()


def targets(city: City, count: int, kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    """(kind, address) of so many questions, mixed by SHARES, no two alike."""
    chance = random.Random(5)
    questions = ask(city, 17, 100)
    typed = [each.text for each in questions if each.kind in TYPED_KINDS]
    whole = [each.text for each in questions if each.kind not in TYPED_KINDS]
    spots = [each.lonlat for each in chance.sample(city.pois, min(3_000, len(city.pois)))]

    def near() -> str:
        lon, lat = chance.choice(spots)
        return f"{lon + chance.uniform(-0.004, 0.004):.6f},{lat + chance.uniform(-0.003, 0.003):.6f}"

    forms: dict[str, Callable[[], str]] = {
        "geocode": lambda: f"/v1/geocode?q={quote(chance.choice(whole))}&limit=5&focus={near()}",
        "suggest": lambda: f"/v1/suggest?q={quote(chance.choice(typed))}&focus={near()}",
        "reverse": lambda: f"/v1/reverse?at={near()}",
        "dispatch": lambda: f"/v1/reverse?at={near()}&profile=dispatch&language=zh-CN",
    }
    drawn = chance.choices([*kinds], [SHARES[kind] for kind in kinds], k=count)
    return [(kind, forms[kind]()) for kind in drawn]


def batches(city: City) -> list[tuple[str, str, bytes]]:
    """(what, address, body) of a batch of addresses and one of positions."""
    chance = random.Random(6)
    texts = [each.text for each in chance.choices(ask(city, 23, 40), k=BATCH_LINES)]
    points: list[Point] = [each.lonlat for each in chance.choices(city.pois, k=BATCH_LINES)]
    return [
        ("geocode", "/v1/geocode/batch", "\n".join(json.dumps({"q": text}) for text in texts).encode()),
        ("reverse", "/v1/reverse/batch", "\n".join(json.dumps({"at": point}) for point in points).encode()),
    ]


def _race(asked: list[tuple[str, str]], rate: float) -> dict[str, list[float]]:
    """Milliseconds from when each question was due until its answer was there, by kind; refusals (4xx) are answers."""
    spent: dict[str, list[float]] = defaultdict(list)
    chance, requests = random.Random(7), [_request(target) for _, target in asked]
    due = list(itertools.accumulate(chance.expovariate(rate) for _ in asked))  # callers do not know of each other
    free, poll = deque(_Line() for _ in range(LINES)), select.epoll()
    by_number = {line.fileno(): line for line in free}
    for line in free:
        poll.register(line.fileno(), select.EPOLLIN)
    begun, sent, done = time.perf_counter() + 0.1, 0, 0
    while done < len(asked):
        now = time.perf_counter() - begun
        while sent < len(asked) and due[sent] <= now and free:
            line = free.popleft()
            line.number = sent
            line.send(requests[sent])
            sent += 1
        wait = max(due[sent] - now, 0.0) if sent < len(asked) and free else 1.0
        for number, _ in poll.poll(wait):
            line = by_number[number]
            if line.take():
                spent[asked[line.number][0]].append((time.perf_counter() - begun - due[line.number]) * 1000)
                free.append(line)
                done += 1
    for line in by_number.values():
        line.close()
    return spent


class _Line(socket.socket):
    """A kept connection. number: of the question that is on its way."""

    number = -1

    def __init__(self) -> None:
        super().__init__()
        self.connect(("127.0.0.1", PORT))
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""

    def take(self) -> bool:
        """Reads what has come; whether the answer is there as a whole."""
        self._got += self.recv(1 << 20)
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._got[:end].lower()
        if head[9:10] not in (b"2", b"4"):
            raise SystemExit(f"{head!r}")
        size = head.partition(b"content-length:")[2].partition(b"\r")[0]
        if len(self._got) < end + 4 + int(size):
            return False
        self._got = b""
        return True


async def _post(path: str, body: bytes) -> float:
    """Seconds of a batch."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    begun = time.perf_counter()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = await reader.read()
    if not answer.startswith(b"HTTP/1.1 200") or answer.count(b'{"line":') != BATCH_LINES:
        raise SystemExit(f"{path}: {answer[:300]!r}")
    return time.perf_counter() - begun


def _request(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def part(times: list[float], share: float) -> float:
    """The value below which that share of the times lies."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def served_home(city_folder: Path, home: Path) -> None:
    """A home with a snapshot of the city: what questions about places are answered from."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    osm, sources = read_osm([city_folder / "city.osm.pbf"], None, Quiet())
    build_snapshot(
        home,
        name="places",
        osm=osm,
        osm_sources=sources,
        clip=None,
        sections=(AREAS, ROADS, PLACES),
        layers=(),
        progress=Quiet(),
        clock=utc_now,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.places.http_race", description=__doc__.split("\n")[0])
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--kinds", default=",".join(SHARES), help="any of geocode, suggest, reverse, dispatch")
    parser.add_argument("--keep-built", action="store_true", help="serve what the last run built")
    parser.add_argument("--folder", type=Path, help="for city and snapshot [.parts/bench/places/city-NAMES]")
    given = parser.parse_args()
    folder = given.folder or BENCH / f"city-{given.names}"
    drawn = prepare(folder, 1, max(1.0, given.names / 250_000), given.names)
    if not (given.keep_built and (folder / "home/current").exists()):
        served_home(folder, folder / "home")
    told = Report()
    told.say(machine())
    run(drawn, folder / "home", given.rate, given.seconds, tuple(given.kinds.split(",")), told)
    told.tell_goals()

"""Fixes a second that become durable over HTTP while others are answered, beside SQLite alone."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.routing.figures import Report, short
from benchmarks.tracks.fleet import JSON, NDJSON, RECORDS, Server, body, fixes, served

WANTED_PER_S = 20_000
SENDERS = 2

ALONE = 6
"""Batches whose cost is measured before, while nobody asks for anything else."""

MOST_PER_S = 60_000
"""As many fixes are made beforehand for each second."""

KINDS = (
    ("JSON, 1,000 a batch", JSON, 1_000),
    ("JSON, 10,000 a batch", JSON, 10_000),
    ("NDJSON, 10,000 a batch", NDJSON, 10_000),
    ("records, 10,000 a batch", RECORDS, 10_000),
)


def race(seconds: float, report: Report) -> None:
    """Sends for so long in each form."""
    report.head(
        f"ingest: {SENDERS} senders, one fix a device and batch",
        "fixes/s",
        "server CPU us/fix",
        "batch ms p50",
        "reads ms p50",
        "reads ms p99",
    )
    with tempfile.TemporaryDirectory() as home, served(Path(home)) as server:
        step = 0
        for name, media_type, size in KINDS:
            steps = range(step, step := step + ALONE + max(4, int(seconds * MOST_PER_S / size)))
            bodies = [body(fixes(size, each, f"{size}-{each % SENDERS}-"), media_type) for each in steps]
            cpu_s = _send_alone(server, bodies[:ALONE], media_type)
            taken, elapsed, batches, reads = _send(server, bodies[ALONE:], media_type, seconds)
            rate = taken / elapsed
            told = (short(1e6 * cpu_s / size / ALONE), _middle(batches), _middle(reads), _middle(reads, 0.99))
            report.row(name, f"{rate:,.0f}", *told)
            report.limit(f"durable fixes: us each, {name}", 1e6 / rate, 1e6 / WANTED_PER_S, "us")
    for name, rate in _alone(min(seconds, 3.0)):
        report.row(name, f"{rate:,.0f}", "", "", "", "")


def _send_alone(server: Server, bodies: list[bytes], media_type: str) -> float:
    """The server's CPU seconds for some batches while nobody asks for anything else."""
    before = server.cpu_s()
    for content in bodies:
        server.ask("POST", "/v1/fixes", content, media_type)
    return server.cpu_s() - before


def _send(
    server: Server, bodies: list[bytes], media_type: str, seconds: float
) -> tuple[int, float, list[float], list[float]]:
    """Accepted fixes, seconds, and milliseconds of each batch and of each read meanwhile."""
    batches: list[float] = []
    reads: list[float] = []
    accepted: list[int] = []
    end = time.monotonic() + seconds

    def sender(number: int) -> None:
        for content in bodies[number::SENDERS]:  # each has devices of its own, as gateways have
            if time.monotonic() > end:
                return
            begun = time.perf_counter()
            status, answer = server.ask("POST", "/v1/fixes", content, media_type)
            while status == 503:
                status, answer = server.ask("POST", "/v1/fixes", content, media_type)
            batches.append(1000 * (time.perf_counter() - begun))
            accepted.append(orjson.loads(answer)["accepted"])

    def reader() -> None:
        while time.monotonic() < end:
            begun = time.perf_counter()
            server.ask("GET", "/v1/positions?limit=100")
            reads.append(1000 * (time.perf_counter() - begun))
            time.sleep(0.05)

    threads = [threading.Thread(target=sender, args=(number,)) for number in range(SENDERS)]
    threads.append(threading.Thread(target=reader))
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads[:-1]:
        thread.join()
    elapsed = time.perf_counter() - begun
    threads[-1].join()
    return sum(accepted), elapsed, batches, reads


def _alone(seconds: float) -> Iterator[tuple[str, float]]:
    """What SQLite does without a server and without looking at anything, durable likewise."""
    for name, size in (("SQLite alone, 10,000 rows a transaction", 10_000), ("SQLite alone, a row a transaction", 1)):
        with tempfile.TemporaryDirectory() as folder:
            connection = sqlite3.connect(Path(folder) / "fixes.sqlite", isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(
                "CREATE TABLE fixes (id INTEGER PRIMARY KEY, device INT, time_ms INT, lon REAL, lat REAL)"
            )
            rows = [(number, number, 125.1, 46.5) for number in range(size)]
            begun, count = time.perf_counter(), 0
            while time.perf_counter() < begun + seconds:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO fixes (device, time_ms, lon, lat) VALUES (?, ?, ?, ?)", rows)
                connection.execute("COMMIT")
                count += size
            yield name, count / (time.perf_counter() - begun)
            connection.close()


def _middle(values: list[float], part: float = 0.5) -> str:
    if not values:
        return "-"
    return short(statistics.median(values) if part == 0.5 else sorted(values)[int(part * (len(values) - 1))])

"""How long the spine takes: command line, import, start, and each kind of question over HTTP.

    python benchmarks/spine.py [FILE.osm.pbf ...]      the demo extract without files

Prints Markdown for benchmarks/RESULTS.md. Figures are medians of several runs with the spread (min-max); HTTP figures
are p50 / p99 of one keep-alive client on the same machine, so both sides share its cores.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import orjson

from tiles.mercator import tiles_in_bbox

ROOT = Path(__file__).parents[1]
CLOUD = [sys.executable, "-m", "location_cloud"]
RUNS = 3
HEAD = "| what | median s | min-max s |\n| --- | --- | --- |"
QUESTIONS = 300


def main(files: list[Path]) -> None:
    """Measures everything and prints the tables."""
    print(f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, {os.cpu_count()} cores\n")
    print(HEAD)
    row("`import location_cloud`", [timed([sys.executable, "-c", "import location_cloud"]) for _ in range(5)])
    row("`location-cloud --help`", [timed([*CLOUD, "--help"]) for _ in range(5)])
    for file in files or [ROOT / "data/demo/helsinki-centre.osm.pbf"]:
        measure_city(file)


def measure_city(file: Path) -> None:
    """Import (first with no compiled code, then warm), start, and questions of one extract."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        cache = {"NUMBA_CACHE_DIR": str(Path(folder) / "compiled")}
        command = [*CLOUD, "import", str(file)]
        print("\n" + HEAD)
        row(f"import {file.name}, nothing compiled yet", [timed(command, home, cache)])
        row(f"import {file.name}", [timed(command, home) for _ in range(RUNS)])
        started = time.perf_counter()
        server, port = serve(home)
        row(f"serve {file.name} until ready", [time.perf_counter() - started])
        try:
            measure_questions(file.name, port)
        finally:
            server.terminate()
            server.wait(timeout=30)
        shutil.rmtree(home)


def measure_questions(name: str, port: int) -> None:
    """p50 / p99 of each kind of question."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    lon, lat, _ = orjson.loads(ask(client, "/tiles/base.json"))["center"]
    bounds = (lon - 0.03, lat - 0.02, lon + 0.03, lat + 0.02)
    chance = random.Random(7)

    def point() -> str:
        west, south, east, north = bounds
        inner = 0.2
        lon = west + (east - west) * (inner + (1 - 2 * inner) * chance.random())
        lat = south + (north - south) * (inner + (1 - 2 * inner) * chance.random())
        return f"{lon:.6f},{lat:.6f}"

    def tile(zoom: int) -> Callable[[], str]:
        there = list(tiles_in_bbox(*bounds, zoom).tiles())
        return lambda: "/tiles/base/{}/{}/{}.mvt".format(*chance.choice(there))

    found = orjson.loads(ask(client, f"/v1/suggest?q=a&focus={point()}&limit=10"))["features"]
    names = [urllib.parse.quote(feature["properties"]["name"]) for feature in found] or ["a"]
    kinds: dict[str, Callable[[], str]] = {
        "/health": lambda: "/health",
        "route by car": lambda: f"/v1/route?from={point()}&to={point()}",
        "reverse": lambda: f"/v1/reverse?at={point()}",
        "geocode": lambda: f"/v1/geocode?q={chance.choice(names)}",
        "area at a point": lambda: "/v1/areas?at=125.1031,46.5893&geometry=none",
        **{f"tile z{zoom}": tile(zoom) for zoom in (10, 12, 14)},
    }
    print(f"\n| {name}, one client | p50 ms | p99 ms | refused |\n| --- | --- | --- | --- |")
    for kind, path in kinds.items():
        spent, refused = [], 0
        for number in range(QUESTIONS + 20):
            asked = path()
            begun = time.perf_counter()
            client.request("GET", asked)
            answer = client.getresponse()
            answer.read()
            if number >= 20:
                spent.append((time.perf_counter() - begun) * 1000)
                refused += answer.status >= 400
        spent.sort()
        p50, p99 = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
        print(f"| {kind} | {p50:.2f} | {p99:.2f} | {refused} of {QUESTIONS} |")


def ask(client: http.client.HTTPConnection, path: str) -> bytes:
    """The body of a reply."""
    client.request("GET", path)
    return client.getresponse().read()


def timed(command: list[str], home: Path | None = None, extra: dict[str, str] | None = None) -> float:
    """Seconds that a command takes."""
    environment = {**os.environ, **(extra or {})}
    if home is not None:
        environment["LOCATION_CLOUD_HOME"] = str(home)
    begun = time.perf_counter()
    subprocess.run(command, check=True, env=environment, capture_output=True)
    return time.perf_counter() - begun


def serve(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A server that is ready, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "LOCATION_CLOUD_HOME": str(home), "LOCATION_CLOUD_LOG": "off"}
    server = subprocess.Popen([*CLOUD, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL)
    for _ in range(600):
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.request("GET", "/health")
            if client.getresponse().status == 200:
                return server, port
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the server is not ready after 30 s")


def row(title: str, seconds: list[float]) -> None:
    """One line of the first table."""
    print(f"| {title} | {statistics.median(seconds):.2f} | {min(seconds):.2f}-{max(seconds):.2f} |", flush=True)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])

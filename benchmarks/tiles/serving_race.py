"""Cached tiles over HTTP: the served product, its Flask route, nginx with the same tiles as files, and TileServer GL
with the same tiles as an archive; one worker each.

python -m benchmarks.tiles FILE --only serving      (nginx and wrk: tests/parts/install.py web-servers)

TileServer GL takes part where the variable TILESERVER_GL names a folder that `npm install tileserver-gl-light` ran in.
VersaTiles' npm package needs glibc 2.38, newer than Debian 12 has.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.routing.cities import CLOUD
from benchmarks.routing.client import Connection, Refused
from benchmarks.routing.figures import Report, short
from benchmarks.routing.servers import free_port
from tests.parts.install import find_libraries, installed_root
from tiles.mercator import tiles_in_bbox

TILES, ZOOMS, SEED = 8_000, range(12, 17), 7
CONNECTIONS, SECONDS, ROUNDS = 32, 2, 3
FIELDS = {"Accept-Encoding": "gzip"}
TILESERVER_GL = os.environ.get("TILESERVER_GL", "")
BY_FLASK = {**FIELDS, "X-Request-Id": "benchmark"}
"""A caller's own request id is left to the framework: nothing is repeated, and no lane taken."""


@dataclass(frozen=True)
class Answered:
    """What wrk tells: answers a second, and milliseconds of the median and the 99th percentile."""

    rate: float
    p50_ms: float
    p99_ms: float


def race(home: Path, bounds: Sequence[float], report: Report) -> None:
    """Measures and prints. home: of the product, with a snapshot. bounds: west, south, east, north to draw tiles in."""
    targets = draw(bounds)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiles-", dir="/tmp")))
        ours = stack.enter_context(serve(home))
        targets = save(ours, targets, folder)
        sides = {"ours": (ours, FIELDS, targets), "ours, Flask's route": (ours, BY_FLASK, targets)}
        sides["nginx, files"] = stack.enter_context(serve_files(folder)), FIELDS, targets
        if TILESERVER_GL:
            theirs = [f"/data{target.removeprefix('/tiles').removesuffix('.mvt')}.pbf" for target in targets]
            sides["TileServer GL light"] = stack.enter_context(serve_archive(home, folder)), FIELDS, theirs
        found: dict[str, list[Answered]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, (port, fields, asked) in sides.items():
                found[name].append(ask(folder, port, asked, fields))
    rates = {name: statistics.median(one.rate for one in each) for name, each in found.items()}
    title = f"{len(targets):,} cached tiles over HTTP, {CONNECTIONS} connections"
    report.head(title, "1/s", "spread", "p50 ms", "p99 ms")
    for name, each in found.items():
        low, high = min(one.rate for one in each), max(one.rate for one in each)
        p50, p99 = (statistics.median(getattr(one, which) for one in each) for which in ("p50_ms", "p99_ms"))
        report.row(name, f"{rates[name]:,.0f}", f"{low:,.0f}-{high:,.0f}", short(p50), short(p99))
    for what, one, other, wanted in (
        ("cached tiles, answers/s : nginx", "ours", "nginx, files", 0.95),
        ("cached tiles by Flask's route : nginx", "ours, Flask's route", "nginx, files", 1 / 3),
    ):
        ratio = rates[one] / rates[other]
        report.goals.append((what, f">= {wanted:.2f} x", f"{ratio:.2f} x", ratio >= wanted))
    if TILESERVER_GL:
        ratio = rates["ours"] / rates["TileServer GL light"]
        report.goals.append(("cached tiles, answers/s : TileServer GL light", "> 1 x", f"{ratio:.0f} x", ratio > 1))
    p99 = statistics.median(one.p99_ms for one in found["ours"])
    report.limit(f"cached tiles, p99 at {CONNECTIONS} connections", p99, 5, "ms")


def draw(bounds: Sequence[float]) -> list[str]:
    """Addresses of random tiles, as many of each zoom."""
    rng = np.random.default_rng(SEED)
    west, south, east, north = bounds
    found = []
    for number in range(TILES):
        zoom = ZOOMS[number % len(ZOOMS)]
        lon, lat = rng.uniform(west, east), rng.uniform(south, north)
        tile = tiles_in_bbox(lon, lat, lon, lat, zoom)
        found.append(f"/tiles/base/{zoom}/{tile.x_min}/{tile.y_min}.mvt")
    return sorted(set(found))


def save(port: int, targets: Sequence[str], folder: Path) -> list[str]:
    """Asks for each tile once and writes it as nginx reads it; the targets that are not empty."""
    line, kept = Connection(port), []
    for target in targets:
        with contextlib.suppress(Refused, ValueError):
            body = line.ask(_request(target))
            path = folder / "files" / f"{target[1:]}.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            kept.append(target)
            continue
        line = Connection(port)  # an empty tile has no Content-Length
    return kept


def _request(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode()


@contextlib.contextmanager
def serve(home: Path) -> Iterator[int]:
    """The product with one web worker; its port."""
    port = free_port()
    environment = {**os.environ, "LOCATION_CLOUD_HOME": str(home), "LOCATION_CLOUD_LOG": "off"}
    command = [*map(str, CLOUD), "serve", "--port", str(port), "--workers", "1"]
    with _running(command, environment, port):
        yield port


@contextlib.contextmanager
def serve_files(folder: Path) -> Iterator[int]:
    """The same tiles as files, served by nginx with one worker as its documents advise for small files; its port."""
    port, root = free_port(), installed_root("web-servers")
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"""
        {user} worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;
            open_file_cache max=20000 inactive=600s; open_file_cache_valid 600s;
            default_type application/vnd.mapbox-vector-tile;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fast;
            uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
            server {{
                listen 127.0.0.1:{port}; root {folder}/files;
                location / {{ gzip_static always; add_header Cache-Control "public, max-age=60"; }}
            }}
        }}
    """)
    environment = {**os.environ, "LD_LIBRARY_PATH": find_libraries(root)}
    program, log = str(root / "usr/sbin/nginx"), str(folder / "error.log")
    command = [program, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", log]
    with _running(command, environment, port):
        yield port


@contextlib.contextmanager
def serve_archive(home: Path, folder: Path) -> Iterator[int]:
    """The same tiles as a PMTiles archive, served by TileServer GL (light: tiles only); its port."""
    port, environment = free_port(), {**os.environ, "LOCATION_CLOUD_HOME": str(home)}
    zooms = f"{ZOOMS.start}-{ZOOMS.stop - 1}"
    archive = folder / "base.pmtiles"
    subprocess.run(
        [*map(str, CLOUD), "tiles", "build", str(archive), "--zoom", zooms],
        env=environment,
        check=True,
        capture_output=True,
    )
    data = {"options": {"paths": {"root": str(folder)}}, "data": {"base": {"pmtiles": archive.name}}}
    (folder / "config.json").write_text(json.dumps(data))
    program = str(Path(TILESERVER_GL) / "node_modules/tileserver-gl-light/src/main.js")
    command = ["node", program, "--config", str(folder / "config.json"), "--bind", "127.0.0.1", "--port", str(port)]
    with _running(command, environment, port):
        yield port


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 60) as probe:
                probe.sendall(_request("/health"))
                if probe.recv(100):
                    break
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def ask(folder: Path, port: int, targets: Sequence[str], fields: dict[str, str]) -> Answered:
    """What wrk with one thread finds over the tiles, in one random order for everybody."""
    root = installed_root("web-servers")
    order = np.random.default_rng(SEED).permutation(len(targets))
    wanted = " ".join(f'wrk.headers["{name}"] = "{value}"' for name, value in fields.items())
    (folder / "targets").write_text("\n".join(targets[number] for number in order))
    (folder / "ask.lua").write_text(f"""
        local requests, at = {{}}, 0
        init = function(args)
            {wanted}
            for line in io.lines("{folder}/targets") do requests[#requests + 1] = wrk.format("GET", line) end
        end
        request = function() at = at % #requests + 1; return requests[at] end
    """)
    script = str(folder / "ask.lua")
    command = [str(root / "usr/bin/wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", script]
    environment = {**os.environ, "LD_LIBRARY_PATH": find_libraries(root)}
    told = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"], env=environment, check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in told:
        raise SystemExit(f"port {port}: {told}")
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", told)
    p50, p99 = (_ms(*re.findall(rf"{part}%\s+([\d.]+)(us|ms|s)", told)[0]) for part in (50, 99))
    return Answered(float(rate), p50, p99)


def _ms(number: str, unit: str) -> float:
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]

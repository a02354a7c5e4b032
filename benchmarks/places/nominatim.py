"""Nominatim beside us: installed privately, fed the same file, asked over HTTP as a process of its own.

Its programs come from Debian's packages (osm2pgsql, Python, ICU) and the package index (nominatim-db, nominatim-api),
laid out below .parts without root; its database is the tests' private PostGIS, which is gone afterwards. Nominatim is
GPL: nothing here imports it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.places.answers import BENCH, Answer
from benchmarks.places.questions import Question
from benchmarks.places.simulated import Point
from benchmarks.routing.client import Connection, get
from benchmarks.routing.servers import free_port
from tests.parts import install
from tests.parts.postgis import start_postgis

RELEASE = "5.3.3"
WHEELS = (
    f"nominatim-db=={RELEASE}",
    f"nominatim-api=={RELEASE}",
    *("jinja2", "markupsafe", "mwparserfromhell", "psutil", "psycopg", "psycopg-binary", "python-dotenv", "pyyaml"),
    *("async-timeout", "sqlalchemy", "greenlet", "typing-extensions", "falcon", "uvicorn", "h11", "click"),
)
"""Its requirements less PyICU, which has no wheel: Debian's is taken, with Debian's Python."""

PART = install.Part("nominatim", ("osm2pgsql", "python3-icu"), ("usr/bin/osm2pgsql", "usr/bin/python3.1*"), room_mb=350)

SETTINGS = (
    *("shared_buffers=1GB", "work_mem=50MB", "maintenance_work_mem=512MB", "effective_cache_size=8GB"),
    *("random_page_cost=1.0", "max_wal_size=1GB", "checkpoint_timeout=60min", "wal_level=minimal", "max_wal_senders=0"),
    "listen_addresses=",
)
"""As its manual advises for a machine of this size; the tests' server does not sync either, which favours it."""

READY_S = 60


@dataclass(frozen=True)
class Nominatim:
    """Servers that answer, one a core. size_mb: of the database. import_s: of all of it. places: rows of placex."""

    ports: tuple[int, ...]
    import_s: float
    size_mb: float
    places: int


def request(asked: Question, limit: int = 5) -> bytes:
    """The question as a request; the focus as a viewbox, which is how it is told there."""
    query: dict[str, str | int] = {"q": asked.text, "limit": limit, "format": "jsonv2"}
    if asked.focus:
        lon, lat = asked.focus
        query["viewbox"] = f"{lon - 0.05:.5f},{lat - 0.05:.5f},{lon + 0.05:.5f},{lat + 0.05:.5f}"
    return get(f"/search?{urllib.parse.urlencode(query)}")


def reverse_request(lonlat: Point) -> bytes:
    """A position to be put in words."""
    return get(f"/reverse?lon={lonlat[0]}&lat={lonlat[1]}&format=jsonv2")


def answers(body: bytes) -> list[Answer]:
    """What it said."""
    return [
        Answer((float(each["lon"]), float(each["lat"])), each.get("name") or each["display_name"], "", 0, 0, 0.0, "")
        for each in json.loads(body)
    ]


@contextlib.contextmanager
def start(file: Path) -> Iterator[Nominatim]:
    """Imports a file and serves it until the block ends.

    Raises CannotInstallError or PartMissingError if a part cannot be had, SystemExit with its own log if it fails.
    """
    root = _installed()
    project = BENCH / "nominatim-project"
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    with start_postgis(*SETTINGS) as url:
        host = url.rsplit("host=", 1)[1]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute('CREATE USER "www-data"')
        environment = _environment(root, host)
        started = time.perf_counter()
        what = ["import", "--osm-file", str(file.resolve()), "--threads", str(os.cpu_count())]
        _run(root, what, project, environment)
        import_s = time.perf_counter() - started
        with psycopg.connect(url.replace("/postgres?", "/nominatim?")) as connection:
            size, places = connection.execute(
                "SELECT pg_database_size('nominatim'), (SELECT count(*) FROM placex)"
            ).fetchone() or (0, 0)
        with contextlib.ExitStack() as servers:
            ports = tuple(servers.enter_context(_serve(root, project, environment)) for _ in range(os.cpu_count() or 1))
            yield Nominatim(ports, import_s, size / 1e6, places)


def _installed() -> Path:
    """Debian's part of it; the wheels lie in wheels/ of the same folder."""
    install.PARTS_FOLDER.mkdir(exist_ok=True)
    with (install.PARTS_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install.install(PART)
        root = install.installed_root(PART.name)
        stamp = root / "wheels.json"
        if not stamp.exists() or json.loads(stamp.read_text()) != list(WHEELS):
            version = next(root.glob("usr/bin/python3.1*")).name.removeprefix("python")
            target = ["--target", str(root / "wheels"), "--python-version", version, "--upgrade"]
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--quiet", "--only-binary", ":all:", "--no-deps"]
            subprocess.run([*pip, *target, *WHEELS], check=True)
            stamp.write_text(json.dumps(list(WHEELS)))
    return root


def _environment(root: Path, host: str) -> dict[str, str]:
    postgis = install.installed_root("postgis")
    return {
        "PATH": f"{next(postgis.glob('usr/lib/postgresql/*/bin'))}:{root / 'usr/bin'}:{os.defpath}",
        "HOME": str(BENCH),
        "LC_ALL": "C.UTF-8",
        "LD_LIBRARY_PATH": f"{install.find_libraries(root)}:{install.find_libraries(postgis)}",
        "PYTHONPATH": f"{root / 'wheels'}:{root / 'usr/lib/python3/dist-packages'}",
        "PYTHONNOUSERSITE": "1",
        "PROJ_LIB": str(root / "usr/share/proj"),
        "PROJ_DATA": str(root / "usr/share/proj"),
        "NOMINATIM_DATABASE_DSN": f"pgsql:dbname=nominatim;host={host};user=postgres",
        "NOMINATIM_OSM2PGSQL_BINARY": str(root / "usr/bin/osm2pgsql"),
        "NOMINATIM_IMPORT_STYLE": "full",
        "NOMINATIM_QUERY_TIMEOUT": "30",
        "NOMINATIM_REQUEST_TIMEOUT": "60",
        "NOMINATIM_API_POOL_SIZE": "5",
    }


def _python(root: Path) -> str:
    return str(next(root.glob("usr/bin/python3.1*")))


def _run(root: Path, arguments: list[str], project: Path, environment: dict[str, str]) -> None:
    log = project.with_suffix(".log")
    command = [_python(root), "-c", "from nominatim_db import cli; raise SystemExit(cli.nominatim())", *arguments]
    with log.open("w") as out:
        command += ["--project-dir", str(project)]
        done = subprocess.run(command, env=environment, stdout=out, stderr=out, check=False)
    if done.returncode:
        raise SystemExit(f"Nominatim {arguments[0]} failed; the end of {log}:\n{log.read_text()[-3000:]}")


@contextlib.contextmanager
def _serve(root: Path, project: Path, environment: dict[str, str]) -> Iterator[int]:
    """One worker on a port of its own: with --workers, uvicorn's sockets delay each second packet by 40 ms."""
    port = free_port()
    app = "nominatim_api.server.falcon.server:run_wsgi"
    options = ["--factory", app, "--port", str(port), "--log-level", "warning"]
    with (project / f"serve-{port}.log").open("w") as out:
        server = subprocess.Popen(
            [_python(root), "-m", "uvicorn", *options], cwd=project, env=environment, stdout=out, stderr=out
        )
    try:
        _wait(port, server, project / f"serve-{port}.log")
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError):
            Connection(port, 20.0).ask(get("/status"))
            return
        time.sleep(0.2)
    raise SystemExit(f"Nominatim does not answer; the end of its log:\n{log.read_text()[-3000:]}")

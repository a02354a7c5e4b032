"""Fixtures of the whole test suite: one demo snapshot, a client, a served product, and the real parts."""

from __future__ import annotations

import gc
import importlib.resources
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings

from location_cloud import app as app_module
from location_cloud.app import all_sections, allow_many_files, create_app, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.settings import Settings
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.live import LIVE_FILE, Live
from location_cloud.storage.osm import read_osm

allow_many_files()
hypothesis_settings.register_profile("unhurried", deadline=None)  # the first call of a kernel compiles or loads it
hypothesis_settings.load_profile("unhurried")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
"""Real data beside the checkout, for tests only; tests that need it skip where it is absent."""


MOST_OPEN_FILES = 10_000
"""Every mapped array of a world is an open file until the world is collected; the system permits some 20,000."""


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no garbage collection need look through it."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown() -> None:
    """Closes the worlds of earlier tests before there are too many of them."""
    lowest_free = os.dup(0)
    os.close(lowest_free)
    if lowest_free > MOST_OPEN_FILES:
        gc.collect()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Asked for real parts alone, reads no test file that names none, nor does its folder's conftest: 300 of 340."""
    if config.option.markexpr != "parts" or not collection_path.match("test_*.py"):
        return None
    files = (collection_path, collection_path.with_name("conftest.py"))
    texts = [file.read_bytes() for file in files if file.exists()]
    return None if any(b"mark.parts" in text or b"live_url" in text for text in texts) else True


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        pass

    def advance(self, units: int = 1) -> None:
        pass


@pytest.fixture(scope="session")
def silent() -> Silent:
    return Silent()


def import_city(home: Path, *files: Path, name: str = "test") -> None:
    """Builds and publishes a snapshot of OSM files with every section, as the command does."""
    osm, sources = read_osm(files, None, Silent())
    build_snapshot(
        home,
        name=name,
        osm=osm,
        osm_sources=sources,
        clip=None,
        sections=all_sections(CAPABILITIES),
        layers=tuple(layer for capability in CAPABILITIES for layer in capability.map_layers()),
        progress=Silent(),
        clock=utc_now,
    )


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo import: central Helsinki's streets, Daqing's areas."""
    home = tmp_path_factory.mktemp("demo")
    with importlib.resources.as_file(
        importlib.resources.files("location_cloud.data") / "demo/helsinki-centre.osm.pbf"
    ) as file:
        import_city(home, file, name="demo")
    return home


@pytest.fixture(scope="session", autouse=True)
def ready_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An application's new live store begins as a copy of one with every table: to make the tables takes 0.1 s."""
    made = tmp_path_factory.mktemp("store")
    app_module.open_store(Settings(home=made, log="off")).close()
    open_store = app_module.open_store

    def open_copied(settings: Settings) -> Live:
        file = settings.home / LIVE_FILE
        if not settings.live_url and settings.home.is_dir() and not file.exists():
            shutil.copy(made / LIVE_FILE, file)
        return open_store(settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_module, "open_store", open_copied)
        yield


@pytest.fixture(scope="session")
def app(demo_home: Path) -> Iterator[Flask]:
    """The whole product on the demo import, without a server."""
    flask = create_app(Settings(home=demo_home, log="off"))
    yield flask
    flask.extensions["location_cloud"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A caller on this machine."""
    return app.test_client()


@pytest.fixture
def empty_app(tmp_path: Path) -> Iterator[Flask]:
    """The product before the first import, with a live store of its own."""
    flask = create_app(Settings(home=tmp_path, log="off"))
    yield flask
    flask.extensions["location_cloud"].close()


# --- a real server ----------------------------------------------------------------------------------


class Served:
    """A running `location-cloud serve`. url: its base address without closing slash."""

    def __init__(self, home: Path, *options: str, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "serve.log"
        command = [sys.executable, "-m", "location_cloud", "serve", "--port", str(self.port), *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, "LOCATION_CLOUD_HOME": str(home), **environment}, stdout=log, stderr=log
            )

    def wait_until_ready(self, seconds: float = 90) -> None:
        """Returns when /health is 200. Raises AssertionError with the server's log if that takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not ready after {seconds} s:\n{self.log.read_text('utf-8')}")

    def stop(self) -> int:
        """Asks it to stop and gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def copy_home(home: Path, target: Path) -> Path:
    """A home with the same snapshots (hard links) and a live store of its own."""
    shutil.copytree(home / "snapshots", target / "snapshots", copy_function=os.link)
    shutil.copy(home / "current", target / "current")
    return target


@pytest.fixture(scope="session")
def served_home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of `served`."""
    return copy_home(demo_home, tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="session")
def served(served_home: Path) -> Iterator[str]:
    """Base address of the real product on the demo import: granian workers and the background process."""
    server = Served(served_home, LOCATION_CLOUD_LOG="off")
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        server.stop()


# --- real parts, installed by `make test-parts` -----------------------------------------------------


@pytest.fixture(scope="session")
def postgis_url() -> Iterator[str]:
    """A private PostgreSQL with PostGIS."""
    from tests.parts.postgis import start_postgis  # heavy optional: only where parts are installed

    with start_postgis() as url:
        yield url


@pytest.fixture
def postgis_database(postgis_url: str) -> Iterator[str]:
    """URL of an empty PostGIS database of the test's own."""
    import psycopg  # heavy optional: only where parts are installed
    from sqlalchemy import make_url  # heavy optional: likewise

    name = f"test_{secrets.token_hex(4)}"
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_url(postgis_url).set(database=name).render_as_string(hide_password=False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def live_url(request: pytest.FixtureRequest) -> str:
    """Where a live store of the test's own is, on each database."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgis_database")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, driven by playwright. One a module: its event loop would break a later asyncio.run."""
    from tests.parts.chromium import start_chromium  # heavy optional: only where parts are installed

    with start_chromium() as started:
        yield started

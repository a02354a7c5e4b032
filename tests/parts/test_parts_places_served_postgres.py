"""The served product with its names in PostgreSQL: it answers from there, and an operator's own list comes and goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import psycopg
import pytest

from tests.conftest import Served
from tests.places.drawn_towns import TOWN, osm_of

pytestmark = pytest.mark.parts

PATIENCE_S = 20.0
"""For what takes a second on an idle machine."""

OWN_LIST = "name,lon,lat,alias\n采油九厂值班室,125.0123,46.5011,九厂值班室\n"


@pytest.fixture(scope="module")
def database(postgis_url):
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute("CREATE DATABASE served")
        yield postgis_url.replace("/postgres?", "/served?")
        server.execute("DROP DATABASE served WITH (FORCE)")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("served-names")


@pytest.fixture(scope="module")
def run(home, database):
    """Types a command as an operator does; gives what it printed."""

    def typed(*arguments):
        command = [sys.executable, "-m", "location_cloud", *arguments]
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    settings = {
        "LOCATION_CLOUD_HOME": str(home),
        "LOCATION_CLOUD_LIVE_URL": database,
        "LOCATION_CLOUD_PLACES_CANDIDATES": "postgres",
    }
    return typed


@pytest.fixture(scope="module")
def ask(run, home, database):
    """Asks the served product; gives (status, document)."""
    (home / "town.osm").write_text(osm_of(TOWN))
    run("import", str(home / "town.osm"))
    names = {"LOCATION_CLOUD_LIVE_URL": database, "LOCATION_CLOUD_PLACES_CANDIDATES": "postgres"}
    server = Served(home, LOCATION_CLOUD_LOG="off", **names)

    def asked(path, text):
        try:
            with urllib.request.urlopen(f"{server.url}{path}?q={urllib.parse.quote(text)}", timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    try:
        server.wait_until_ready()
        yield asked
    finally:
        assert server.stop() == 0


def names_of(answer):
    return [feature["properties"]["name"] for feature in answer[1].get("features", ())]


def tables(database):
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT relname, seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables")
        return {name: scans for name, scans in found if name.startswith("place_names")}


def wait_until(holds):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"still not so after {PATIENCE_S} s"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("/v1/geocode", "书香书店", "书香书店"),
        ("/v1/geocode", "团结大街2号", "团结大街2"),
        ("/v1/geocode", "油田总衣院", "油田总医院"),
        ("/v1/geocode", "Cafe Angstrom", "Café Ångström"),
        ("/v1/suggest", "springfield c", "Springfield Central Station"),
        ("/v1/suggest", "shuxiang", "书香书店"),
    ],
)
def test_served_names_are_found(ask, path, text, name):
    assert name in names_of(ask(path, text))


def test_served_questions_are_asked_in_postgresql(ask, database):
    before = sum(tables(database).values())
    ask("/v1/geocode", "大庆市第一医院")
    wait_until(lambda: sum(tables(database).values()) > before)


def test_own_list_is_served_from_postgresql_and_goes_again(ask, run, home):
    assert ask("/v1/geocode", "采油九厂值班室")[0] == 422
    (home / "own.csv").write_text(OWN_LIST)
    run("places", "import", str(home / "own.csv"))
    wait_until(lambda: names_of(ask("/v1/suggest", "采油九厂值"))[:1] == ["采油九厂值班室"])
    assert names_of(ask("/v1/geocode", "九厂值班室"))[0] == "采油九厂值班室"
    run("places", "remove", "own")
    wait_until(lambda: ask("/v1/geocode", "采油九厂值班室")[0] == 422)

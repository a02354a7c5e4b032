"""A live store with the tables of tracks, on each database that the product runs on, and fixes drawn in it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import make_url

from location_cloud.storage.live import open_live
from location_cloud.tracks.store import MIGRATIONS


@pytest.fixture
def tracks_database(postgis_url):
    """URL of an empty database of the test's own on the run's server."""
    name = f"tracks_{secrets.token_hex(4)}"
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_url(postgis_url).set(database=name).render_as_string(hide_password=False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def live(request, tmp_path):
    url = "" if request.param == "sqlite" else request.getfixturevalue("tracks_database")
    store = open_live(url, tmp_path)
    store.migrate({"tracks": MIGRATIONS})
    yield store
    store.close()


NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NOON_S = NOW.timestamp()


def fix(seconds=0, east_m=0.0, device="taxi", **more):
    """A fix so many seconds after an hour before NOW, so many metres east of Daqing's station."""
    lon = 125.1031 + east_m / 76_420
    return {"device": device, "time": NOON_S - 3600 + seconds, "lon": lon, "lat": 46.5893, **more}

"""Live stores of incidents on each database, and the product over the drawn city."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from location_cloud.incidents.store import MIGRATIONS
from location_cloud.storage.live import Live, open_live
from tests.directions.live_client import asked
from tests.directions.live_home import city, home_of_map

__all__ = ["asked", "city", "home_of_map"]  # fixtures


@pytest.fixture
def incidents_database(postgis_url: str) -> Iterator[str]:
    """URL of an empty PostGIS database of the test's own."""
    import psycopg  # heavy optional: only where parts are installed
    from sqlalchemy import make_url  # heavy optional: likewise

    name = f"incidents_{secrets.token_hex(4)}"
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_url(postgis_url).set(database=name).render_as_string(hide_password=False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of incidents."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("incidents_database")
    store = open_live(url, tmp_path)
    store.migrate({"incidents": MIGRATIONS})
    yield store
    store.close()

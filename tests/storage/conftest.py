"""A live store with one slice's tables, on each database that the product runs on."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from location_cloud.storage.live import Live, open_live
from tests.storage.tables import MIGRATIONS


@pytest.fixture
def postgis_database(postgis_url: str) -> Iterator[str]:
    """URL of an empty database of the test's own on the run's server."""
    name = f"storage_{secrets.token_hex(4)}"
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_url(postgis_url).set(database=name).render_as_string(hide_password=False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def live_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else request.getfixturevalue("postgis_database")


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    store = open_live(live_url, tmp_path)
    store.migrate(MIGRATIONS)
    yield store
    store.close()

"""A store with the tables of grids, on each database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from location_cloud.grids.store import MIGRATIONS
from location_cloud.storage.live import Live, open_live


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.parts)])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of grids."""
    url = "" if request.param == "sqlite" else _database(request)
    store = open_live(url, tmp_path)
    store.migrate({"grids": MIGRATIONS})
    yield store
    store.close()


def _database(request: pytest.FixtureRequest) -> str:
    import psycopg  # heavy optional: only where parts are installed
    from sqlalchemy import make_url  # heavy optional: likewise

    url, name = request.getfixturevalue("postgis_url"), f"grids_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return make_url(url).set(database=name).render_as_string(hide_password=False)

"""Live stores of incidents on each database, and the product over the drawn city."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from location_cloud.incidents.store import MIGRATIONS
from location_cloud.storage.live import Live, open_live
from tests.directions.live_client import asked
from tests.directions.live_home import city, home_of_map

__all__ = ["asked", "city", "home_of_map"]  # fixtures


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of incidents."""
    store = open_live(live_url, tmp_path)
    store.migrate({"incidents": MIGRATIONS})
    yield store
    store.close()

"""A store with the tables of grids, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from location_cloud.grids.store import MIGRATIONS
from location_cloud.storage.live import Live, open_live


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    """A store with the tables of grids."""
    store = open_live(live_url, tmp_path)
    store.migrate({"grids": MIGRATIONS})
    yield store
    store.close()

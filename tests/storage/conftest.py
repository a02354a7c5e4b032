"""A live store with one slice's tables, on each database that the product runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from location_cloud.storage.live import Live, open_live
from tests.storage.tables import MIGRATIONS


@pytest.fixture
def live(live_url: str, tmp_path: Path) -> Iterator[Live]:
    store = open_live(live_url, tmp_path)
    store.migrate(MIGRATIONS)
    yield store
    store.close()

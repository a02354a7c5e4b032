"""A live store with the tables of tracks, on each database that the product runs on, and fixes drawn in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from location_cloud.storage.live import open_live
from location_cloud.tracks.store import MIGRATIONS


@pytest.fixture
def live(live_url, tmp_path):
    store = open_live(live_url, tmp_path)
    store.migrate({"tracks": MIGRATIONS})
    yield store
    store.close()


NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NOON_S = NOW.timestamp()


def fix(seconds=0, east_m=0.0, device="taxi", **more):
    """A fix so many seconds after an hour before NOW, so many metres east of Daqing's station."""
    lon = 125.1031 + east_m / 76_420
    return {"device": device, "time": NOON_S - 3600 + seconds, "lon": lon, "lat": 46.5893, **more}

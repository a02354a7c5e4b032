"""Names in PostgreSQL are refused at once where the live store is SQLite."""

from __future__ import annotations

import pytest

from location_cloud.app import create_app, open_store
from location_cloud.errors import BadInput
from location_cloud.places.service_names import least_alike
from location_cloud.settings import Settings


@pytest.mark.parametrize("start", [open_store, create_app])
def test_names_in_postgresql_need_postgresql(tmp_path, start):
    with pytest.raises(BadInput, match="LOCATION_CLOUD_LIVE_URL"):
        start(Settings(home=tmp_path, places_candidates="postgres", log="off"))


def test_a_name_with_two_slips_is_still_alike():
    assert least_alike("大庆市第1医院") <= 2 / 8
    assert least_alike("daqing") <= least_alike("daqingmingyuan") <= least_alike("a" * 200) <= 0.5

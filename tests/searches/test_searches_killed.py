"""An acknowledged result is there, and counts once, although whoever took it was killed."""

from __future__ import annotations

from location_cloud.app import open_store, utc_now
from location_cloud.changes import Sent
from location_cloud.searches.bayes import probability
from location_cloud.searches.model import Subject
from location_cloud.searches.service import Asked, begin_search
from location_cloud.searches.service_state import get_state
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World
from tests.conftest import copy_home
from tests.killing import acknowledged_until_killed
from tests.searches.conftest import RAILWAY_STATION

TAKERS = """
from datetime import UTC, datetime
from pathlib import Path
from location_cloud.changes import Sent
from location_cloud.searches.service_results import add_result
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World

def work_for_ever(home, search):
    snapshots = Snapshots(home)
    world = World(snapshots.open(snapshots.current_id()), open_live("", home))
    told = {"lines": [[[24.94, 60.17], [24.945, 60.171]]], "W_m": 5.0, "detection": "random"}
    while True:
        changed = add_result(world, "a", search, None, told, Sent("test", datetime.now(UTC)))
        print(changed.search.version, flush=True)
"""
"""Each tells the version after every result that it acknowledged."""


def begin(home, live):
    """A small search of tenant "a"."""
    snapshots = Snapshots(home)
    world = World(snapshots.open(snapshots.current_id()), live)
    asked = Asked("", Subject("hiker"), tuple(RAILWAY_STATION), "LKP", cell_m=50, radius_m=1000)
    return begin_search(world, "a", asked, {}, Sent("test", utc_now()))[0].id


def test_no_acknowledged_result_is_lost_when_the_taker_is_killed(search_home, tmp_path):
    home = copy_home(search_home, tmp_path)
    live = open_store(Settings(home=home, log="off"))
    search = begin(home, live)
    acknowledged = acknowledged_until_killed(TAKERS, home, [search] * 6, 3)
    state = get_state(live, "a", home, search)
    live.close()
    assert acknowledged == sorted(set(acknowledged))
    assert state.version >= acknowledged[-1]
    p, rest = probability(state.belief)
    assert abs(p.sum() + rest - 1) < 1e-12
    assert 0 < state.search.pos < 1

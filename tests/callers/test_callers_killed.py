"""An acknowledged call is there although whoever took it was killed."""

from __future__ import annotations

from location_cloud.callers import store
from location_cloud.storage.live import open_live
from tests.killing import acknowledged_until_killed

TAKERS = """
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from location_cloud.callers.model import Kept, Told
from location_cloud.secrecy import load_secrecy
from location_cloud.callers.service_calls import add_call
from location_cloud.callers.store import MIGRATIONS
from location_cloud.changes import Sent
from location_cloud.storage.live import open_live

@dataclass
class Bare:
    live: Any
    overlay: Any

def work_for_ever(home, step):
    live = open_live("", home)
    live.migrate({"callers": MIGRATIONS})
    world = Bare(live, {"callers": Kept(load_secrecy(home / "secret.key"))})
    while True:
        add_call(world, "a", Told(number=str(step), source=str(step)), Sent("desk", datetime.now(UTC)))
        print(step, flush=True)
        step += 1
"""


def test_no_acknowledged_call_is_lost_when_the_taker_is_killed(tmp_path):
    acknowledged = acknowledged_until_killed(TAKERS, tmp_path, range(0, 8000, 1000))
    live = open_live("", tmp_path)
    with live.read() as connection:
        kept = {int(each.source) for each in store.list_calls(connection, "a", None, None, 0, 10_000)}
    live.close()
    assert set(acknowledged) <= kept
    assert len(acknowledged) >= 8

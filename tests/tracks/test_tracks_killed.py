"""An acknowledged fix is there although whoever took it was killed."""

from __future__ import annotations

from location_cloud.storage.live import open_live
from location_cloud.tracks import service
from tests.killing import acknowledged_until_killed

TAKERS = """
from datetime import UTC, datetime
from pathlib import Path
from location_cloud.storage.live import open_live
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.service import store_fixes
from location_cloud.tracks.store import MIGRATIONS

def work_for_ever(home, step):
    live = open_live("", home)
    live.migrate({"tracks": MIGRATIONS})
    while True:
        rows = [{"device": f"d{one}", "time": 1.79e9 + step, "lon": 125.1, "lat": 46.6} for one in range(50)]
        store_fixes(live, home, "a", read_rows(rows, "http"), datetime.now(UTC))
        print(step, flush=True)
        step += 1
"""
"""Each begins at the step that is asked and tells every step it took."""


def test_no_acknowledged_fix_is_lost_when_the_taker_is_killed(tmp_path):
    acknowledged = acknowledged_until_killed(TAKERS, tmp_path, range(0, 12_000, 1000))
    live = open_live("", tmp_path)
    fixes = service.read_after(live, "a", 0)
    live.close()
    steps = (fixes.time_s - 1.79e9).astype(int).tolist()
    assert len(set(zip(fixes.device.tolist(), steps))) == len(set(fixes.number.tolist())) == len(fixes)
    assert all(steps.count(step) == 50 for step in acknowledged)
    assert len(acknowledged) >= 12

"""An acknowledged fix is there although whoever took it was killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from location_cloud.storage.live import open_live
from location_cloud.tracks import service

ROOT = Path(__file__).parents[2]

TAKERS = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from location_cloud.storage.live import open_live
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.service import store_fixes
from location_cloud.tracks.store import MIGRATIONS

def take_for_ever(home, step):
    live = open_live("", home)
    live.migrate({"tracks": MIGRATIONS})
    while True:
        rows = [{"device": f"d{one}", "time": 1.79e9 + step, "lon": 125.1, "lat": 46.6} for one in range(50)]
        store_fixes(live, home, "a", read_rows(rows, "http"), datetime.now(UTC))
        print(step, flush=True)
        step += 1

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        print(os.getpid(), flush=True)
        take_for_ever(Path(sys.argv[1]), int(line))
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""
"""Forks takers, one after the other: each begins at the step that is asked, tells its id, and every step it took."""


def take_until_killed(takers, step, lines):
    """The steps that a taker acknowledged before kill -9, which comes in the middle of something."""
    takers.stdin.write(f"{step}\n")
    takers.stdin.flush()
    pid = int(takers.stdout.readline())
    said = [int(takers.stdout.readline()) for _ in range(lines)]
    os.kill(pid, signal.SIGKILL)
    while (line := takers.stdout.readline().strip()) != "dead":
        said.append(int(line))
    return said


def test_no_acknowledged_fix_is_lost_when_the_taker_is_killed(tmp_path):
    chance, acknowledged = random.Random(7), []
    command = [sys.executable, "-c", TAKERS, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as takers:
        for round_ in range(12):
            acknowledged += take_until_killed(takers, round_ * 1000, chance.randrange(1, 6))
        takers.stdin.close()
    live = open_live("", tmp_path)
    fixes = service.read_after(live, "a", 0)
    live.close()
    steps = (fixes.time_s - 1.79e9).astype(int).tolist()
    assert len(set(zip(fixes.device.tolist(), steps))) == len(set(fixes.number.tolist())) == len(fixes)
    assert all(steps.count(step) == 50 for step in acknowledged)
    assert len(acknowledged) >= 12

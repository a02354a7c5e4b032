"""An acknowledged result is there, and counts once, although whoever took it was killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from location_cloud.app import open_store, utc_now
from location_cloud.searches.bayes import probability
from location_cloud.searches.model import Sent, Subject
from location_cloud.searches.service import Asked, begin_search
from location_cloud.searches.service_state import get_state
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World
from tests.conftest import copy_home
from tests.searches.conftest import RAILWAY_STATION

ROOT = Path(__file__).parents[2]

TAKERS = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from location_cloud.searches.model import Sent
from location_cloud.searches.service_results import add_result
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World

def take_for_ever(home, search):
    snapshots = Snapshots(home)
    world = World(snapshots.open(snapshots.current_id()), open_live("", home))
    told = {"lines": [[[24.94, 60.17], [24.945, 60.171]]], "W_m": 5.0, "detection": "random"}
    while True:
        changed = add_result(world, "a", search, None, told, Sent("test", datetime.now(UTC)))
        print(changed.search.version, flush=True)

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        print(os.getpid(), flush=True)
        take_for_ever(Path(sys.argv[1]), int(line))
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""
"""Forks takers, one after the other: each tells its id, and the version after every result that it acknowledged."""


def take_until_killed(takers, search, lines):
    takers.stdin.write(f"{search}\n")
    takers.stdin.flush()
    pid = int(takers.stdout.readline())
    said = [int(takers.stdout.readline()) for _ in range(lines)]
    os.kill(pid, signal.SIGKILL)
    while (line := takers.stdout.readline().strip()) != "dead":
        said.append(int(line))
    return said


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
    chance, acknowledged = random.Random(7), []
    command = [sys.executable, "-c", TAKERS, str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as takers:
        for _ in range(6):
            acknowledged += take_until_killed(takers, search, chance.randrange(1, 4))
        takers.stdin.close()
    state = get_state(live, "a", home, search)
    live.close()
    assert acknowledged == sorted(set(acknowledged))
    assert state.version >= acknowledged[-1]
    p, rest = probability(state.belief)
    assert abs(p.sum() + rest - 1) < 1e-12
    assert 0 < state.search.pos < 1

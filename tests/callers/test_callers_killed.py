"""An acknowledged call is there although whoever took it was killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from location_cloud.callers import store
from location_cloud.storage.live import open_live

ROOT = Path(__file__).parents[2]

TAKERS = """
import os, sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from location_cloud.callers.model import Kept, Told
from location_cloud.callers.secrecy import load_secrecy
from location_cloud.callers.service_calls import add_call
from location_cloud.callers.store import MIGRATIONS
from location_cloud.storage.live import open_live

@dataclass
class Bare:
    live: Any
    overlay: Any

def take_for_ever(home, step):
    live = open_live("", home)
    live.migrate({"callers": MIGRATIONS})
    world = Bare(live, {"callers": Kept(load_secrecy(home / "secret.key"))})
    while True:
        add_call(world, "a", Told(number=str(step), source=str(step)), datetime.now(UTC))
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


def take_until_killed(takers, step, lines):
    """The steps that a taker acknowledged before kill -9."""
    takers.stdin.write(f"{step}\n")
    takers.stdin.flush()
    pid = int(takers.stdout.readline())
    said = [int(takers.stdout.readline()) for _ in range(lines)]
    os.kill(pid, signal.SIGKILL)
    while (line := takers.stdout.readline().strip()) != "dead":
        said.append(int(line))
    return said


def test_no_acknowledged_call_is_lost_when_the_taker_is_killed(tmp_path):
    chance, acknowledged = random.Random(7), []
    command = [sys.executable, "-c", TAKERS, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as takers:
        for round_ in range(8):
            acknowledged += take_until_killed(takers, round_ * 1000, chance.randrange(1, 6))
        takers.stdin.close()
    live = open_live("", tmp_path)
    with live.read() as connection:
        kept = {int(each.source) for each in store.list_calls(connection, "a", None, None, 0, 10_000)}
    live.close()
    assert set(acknowledged) <= kept
    assert len(acknowledged) >= 8

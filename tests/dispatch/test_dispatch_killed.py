"""An acknowledged emergency or dispatch is there although whoever took it was killed, and never half of one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from location_cloud.dispatch import store, store_emergencies
from location_cloud.storage.live import open_live

ROOT = Path(__file__).parents[2]

DESKS = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from location_cloud.dispatch import service_emergencies as service, store
from location_cloud.dispatch.model import Unit
from location_cloud.dispatch.service_emergencies import Writer
from location_cloud.storage.live import open_live

def dispatch_for_ever(home, step):
    live = open_live("", home)
    live.migrate({"dispatch": store.MIGRATIONS})
    world = SimpleNamespace(live=live, home=home)
    while True:
        now = datetime.now(UTC)
        with live.write() as connection:
            store.insert_unit(connection, "a", Unit(f"u{step}"), now)
        said = {"category": "120", "lonlat": (125.1, 46.6), "description": str(step)}
        found, _ = service.open_emergency(world, "a", said, None, Writer("me", "call_taker", now))
        service.assign_unit(live, "a", found.id, f"u{step}", 9.0, Writer("me", "dispatcher", now))
        print(step, flush=True)
        step += 1

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        print(os.getpid(), flush=True)
        dispatch_for_ever(Path(sys.argv[1]), int(line))
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""
"""Forks desks, one after the other: each begins at the step that is asked, tells its id, and every step it did."""


def dispatch_until_killed(desks, step, lines):
    """The steps that a desk acknowledged before kill -9, which comes in the middle of something."""
    desks.stdin.write(f"{step}\n")
    desks.stdin.flush()
    pid = int(desks.stdout.readline())
    said = [int(desks.stdout.readline()) for _ in range(lines)]
    os.kill(pid, signal.SIGKILL)
    while (line := desks.stdout.readline().strip()) != "dead":
        said.append(int(line))
    return said


def test_no_acknowledged_dispatch_is_lost_or_half_done_when_the_desk_is_killed(tmp_path):
    chance, acknowledged = random.Random(7), []
    command = [sys.executable, "-c", DESKS, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as desks:
        for round_ in range(10):
            acknowledged += dispatch_until_killed(desks, round_ * 1000, chance.randrange(1, 6))
        desks.stdin.close()
    live = open_live("", tmp_path)
    with live.read() as connection:
        units = {unit.id: unit for unit in store.list_units(connection, "a")}
        found = store_emergencies.list_emergencies(connection, "a", (), 0, 100_000)
        for emergency in found:
            assigned = store_emergencies.list_assignments(connection, "a", emergency.id)
            log = store_emergencies.list_log(connection, "a", emergency.id)
            assert len(log) == emergency.version == 1 + len(assigned)
            assert all(units[each.unit].emergency == emergency.id for each in assigned)
            if int(emergency.description) in acknowledged:
                assert [each.unit for each in assigned] == [f"u{emergency.description}"]
    live.close()
    assert set(acknowledged) <= {int(emergency.description) for emergency in found}
    assert len(acknowledged) >= 10

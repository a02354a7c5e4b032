"""Processes of a loaded server killed at random moments; every acknowledged fix is looked for afterwards."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.routing.figures import Report
from benchmarks.tracks.fleet import RECORDS, Server, body, fixes, served

DEVICES = 500
SENDERS = 2
WHOLE_EVERY = 10
"""Every tenth time all of the server is killed and started anew; else one of its processes, which it replaces."""


def race(kills: int, seed: int, report: Report) -> None:
    """Kills so many times."""
    report.head("kill -9 under load", "kills", "of all processes", "fixes acknowledged", "lost", "twice", "sent again")
    with tempfile.TemporaryDirectory() as home, served(Path(home)) as server:
        senders = [_Sender(server, number) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        whole = _kill(server, kills, random.Random(seed))
        for sender in senders:
            sender.is_done.set()
        for sender in senders:
            sender.join()
        found = _found(Path(home) / "live.sqlite")
    acknowledged = {key for sender in senders for key in sender.acknowledged}
    lost = sum(DEVICES - min(found[key], DEVICES) for key in acknowledged)
    twice = sum(max(count - DEVICES, 0) for count in found.values())
    again = sum(sender.repeated for sender in senders)
    report.row("", kills, whole, f"{DEVICES * len(acknowledged):,}", lost, twice, again)
    report.limit("acknowledged fixes lost", lost, 0, "fixes")


class _Sender(threading.Thread):
    """Sends step after step of a fleet, each until it is acknowledged."""

    def __init__(self, server: Server, number: int) -> None:
        super().__init__()
        self.server, self.number = server, number
        self.is_done = threading.Event()
        self.acknowledged: list[tuple[int, int]] = []
        self.repeated = 0

    def run(self) -> None:
        step = 0
        while not self.is_done.is_set():
            content = body(fixes(DEVICES, step, f"s{self.number}-"), RECORDS)
            while not self._is_taken(content):
                self.repeated += 1
                time.sleep(0.02)
            self.acknowledged.append((self.number, step))
            step += 1

    def _is_taken(self, content: bytes) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.server.ask("POST", "/v1/fixes", content, RECORDS, timeout_s=10)[0] == 200
        return False


def _kill(server: Server, kills: int, chance: random.Random) -> int:
    whole = 0
    for number in range(kills):
        time.sleep(chance.uniform(0.05, 0.6))
        if number % WHOLE_EVERY == WHOLE_EVERY - 1:
            whole += 1
            server.kill()
        elif processes := server.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(processes), signal.SIGKILL)
        if not server.is_up():  # killed, or granian gave up: a worker died within seconds of its start
            server.kill()
            server.start()
    return whole


def _found(file: Path) -> Counter[tuple[int, int]]:
    """How many fixes of each sender's step the store has."""
    connection = sqlite3.connect(file)
    first = min(connection.execute("SELECT min(time_ms) FROM tracks_fixes").fetchone())
    rows = connection.execute(
        "SELECT substr(d.name, 2, instr(d.name, '-') - 2), (f.time_ms - ?) / 10000, count(*) FROM tracks_fixes f"
        " JOIN tracks_devices d ON d.id = f.device GROUP BY 1, 2",
        (first,),
    )
    found = Counter({(int(sender), step): count for sender, step, count in rows})
    connection.close()
    return found

"""Processes that build or write until they are killed, started cheaply by forking one that has imported everything."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from location_cloud.capability import Built, Import, Section, Source
from location_cloud.errors import BadInput
from location_cloud.extract import OsmAreas, OsmExtract, OsmNodes, OsmRelations, OsmWays
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.disk import Disk
from location_cloud.storage.live import open_live
from location_cloud.storage.snapshot import Snapshot
from tests.storage.tables import NOTES


class Silent:
    """A progress that nobody looks at."""

    def step(self, title: str, total: int = 0) -> None: ...

    def advance(self, units: int = 1) -> None: ...


def extract(*lonlats: tuple[float, float]) -> OsmExtract:
    """An extract of a few lone nodes."""
    none, start = np.empty(0, np.int64), np.zeros(1, np.int64)
    lonlat_e7 = np.round(np.array(lonlats).reshape(-1, 2) * 1e7).astype(np.int32)
    return OsmExtract(
        OsmNodes(np.arange(len(lonlats)), lonlat_e7, none, []),
        OsmWays(none, start, none, none.astype(np.int32), []),
        OsmRelations(none, start, none.astype(np.int8), none, [], []),
        OsmAreas(none, none.astype(np.int8), np.empty(0, object), []),
    )


def stamped(name: str, stamp: int = 0, needs: tuple[str, ...] = (), size: int = 1000) -> Section[Any]:
    """A section of two files that hold the same number, which its check compares."""

    def build(import_: Import, folder: Path) -> Built:
        for file in ("a.npy", "b.npy"):
            np.save(folder / file, np.full(size, stamp))
        return Built({"numbers": 2 * size}, (Source(name, "CC0"),))

    def check(folder: Path) -> None:
        if (load(folder)["a"] != load(folder)["b"]).any():
            raise BadInput(f"{folder}: a and b differ")

    def load(folder: Path) -> dict[str, Any]:
        return {file: np.load(folder / f"{file}.npy", mmap_mode="r") for file in ("a", "b")}

    return Section(name, build, check, load, needs)


def build(home: Path, stamp: int = 0, disk: Disk | None = None, **changed: Any) -> Snapshot:
    """A snapshot of two sections that hold the stamp."""
    sections = (stamped("roads", stamp, ("areas",)), stamped("areas", stamp))
    arguments: dict[str, Any] = {
        "name": f"city {stamp}",
        "osm": extract((7.4, 43.7), (7.5, 43.8)),
        "osm_sources": (Source("OpenStreetMap", "ODbL-1.0"),),
        "clip": None,
        "sections": sections,
        "layers": (),
        "progress": Silent(),
        "clock": lambda: datetime(2026, 11, 22, 17, 15, tzinfo=UTC),
        **changed,
    }
    return build_snapshot(home, disk=disk, **arguments)


def build_for_ever(home: Path) -> None:
    for stamp in count(int(time.time() * 1000)):
        build(home, stamp)
        report(stamp)


def write_for_ever(home: Path) -> None:
    live = open_live("", home)
    first = time.time_ns()
    for note in count(first):
        with live.write() as connection:
            connection.execute(insert(NOTES).values(id=note, tenant="a", text="x" * 100))
        report(note)


def report(number: int) -> None:
    os.write(1, b"%d\n" % number)


class Nursery:
    """Starts victims, one at a time, and kills them with SIGKILL."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def kill_one(self, after_lines: int, after_s: float) -> list[int]:
        """What a victim reported that lived for so many reports and so many seconds more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("one\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        said = [int(self._process.stdout.readline()) for _ in range(after_lines)]
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
        while (line := self._process.stdout.readline().strip()) != "dead":
            said.append(int(line))
        return said


@contextlib.contextmanager
def nursery(verb: str, home: Path) -> Iterator[Nursery]:
    """verb: "build" or "write"."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.victims", verb, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    ) as process:
        yield Nursery(process)
        process.communicate()  # end of input: no more victims


def main() -> None:
    work = {"build": build_for_ever, "write": write_for_ever}[sys.argv[1]]
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            report(os.getpid())
            work(Path(sys.argv[2]))
        os.waitpid(pid, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()

"""Processes that publish into slots without a pause until they are killed, forked cheaply from one that waits."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from location_cloud.storage.slots import create_slots
from tests.storage.victims import report

LENGTHS = {"a": 3000, "b": 20_000}
"""Unequal, so that a whole publication takes a while and a mixture is likely wherever it is possible."""

REPORTED = 100
"""Publications between two reports."""


class Writers:
    """Starts writers of one folder, one at a time, and kills them with SIGKILL."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._asked, self._said = process.stdin, process.stdout

    @contextlib.contextmanager
    def one(self) -> Iterator[list[int]]:
        """A writer that has begun, killed when the block ends. Gives what it reported, complete after the block."""
        self._asked.write("one\n")
        self._asked.flush()
        pid = int(self._said.readline())
        said = [int(self._said.readline())]
        try:
            yield said
        finally:
            os.kill(pid, signal.SIGKILL)
            while (line := self._said.readline().strip()) != "dead":
                said.append(int(line))


@contextlib.contextmanager
def writers(folder: Path) -> Iterator[Writers]:
    """Writers of this folder."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.slot_processes", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        yield Writers(process)
        process.communicate()


def publish_for_ever(folder: Path) -> None:
    slots = create_slots(folder, LENGTHS)
    moment = slots.current()
    for number in count(1 if moment is None else moment.version + 1):
        with slots.writing(number, number / 2) as arrays:
            for array in arrays.values():
                array[:] = number
        if number % REPORTED == 0:
            report(number)


def main() -> None:
    warm = create_slots(Path(f"{sys.argv[1]}-warm"), {"a": 1})
    with warm.writing(1, 1.0):  # compiled once, before forking
        pass
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            report(os.getpid())
            publish_for_ever(Path(sys.argv[1]))
        os.waitpid(pid, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()

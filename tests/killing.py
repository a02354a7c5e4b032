"""Processes that write for ever and are killed in the middle of it: what they acknowledged must be there after."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]

_FORKS = """
import os, sys
from pathlib import Path

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        print(os.getpid(), flush=True)
        work_for_ever(Path(sys.argv[1]), int(line))
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


def acknowledged_until_killed(source: str, home: Path, asked: Iterable[int], most_lines: int = 5) -> list[int]:
    """The numbers that one process after the other acknowledged before kill -9.

    source: defines `work_for_ever(home, asked)`, which prints a number, flushed, after each thing that it did. It is
    read once; each of `asked` is the work of a process forked from there, killed after 1 to most_lines numbers.
    """
    chance, acknowledged = random.Random(7), []
    command = [sys.executable, "-c", source + _FORKS, str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as workers:
        assert workers.stdin is not None
        assert workers.stdout is not None
        for each in asked:
            workers.stdin.write(f"{each}\n")
            workers.stdin.flush()
            pid = int(workers.stdout.readline())
            acknowledged += [int(workers.stdout.readline()) for _ in range(chance.randrange(1, most_lines + 1))]
            os.kill(pid, signal.SIGKILL)
            while (line := workers.stdout.readline().strip()) != "dead":
                acknowledged.append(int(line))
        workers.stdin.close()
    return acknowledged

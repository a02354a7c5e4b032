"""How many callers each web worker has, in memory that all of them share."""

from __future__ import annotations

import mmap
import os

import numpy as np

CROWD_ROWS = 64
"""More than there are workers of one server."""


class Crowd:
    """How many callers each worker has, seen by all of them; made before workers are forked."""

    def __init__(self) -> None:
        self._rows = np.frombuffer(mmap.mmap(-1, 16 * CROWD_ROWS), np.int64).reshape(CROWD_ROWS, 2)  # process, callers
        self._own = 0

    def join(self) -> None:
        """Counts this process as a worker."""
        self._own = os.getpid() % CROWD_ROWS
        self._rows[self._own] = os.getpid(), 0

    def count(self, step: int) -> None:
        """One caller more or less."""
        self._rows[self._own, 1] += step

    def is_least(self) -> bool:
        """Whether no worker has fewer callers than this one."""
        rows = self._rows[self._rows[:, 0] > 0, 1]
        return bool(self._rows[self._own, 1] <= rows.min())

    def forget_dead(self) -> None:
        """Leaves out workers that are no more."""
        for row in self._rows:
            if row[0] and not os.path.exists(f"/proc/{row[0]}"):
                row[0] = 0

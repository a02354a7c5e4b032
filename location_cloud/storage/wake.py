"""How a process that wrote to the live store wakes the background process at once, instead of being found at a poll."""

from __future__ import annotations

import contextlib
import os
import select
from pathlib import Path

WAKE_FILE = "run/wake"
"""A FIFO below home. A socket would do the same, but its path may have 107 bytes only."""


def wake_worker(home: Path) -> bool:
    """Tells the background process of this home that the live store has changed; call it after the commit.

    Whether anybody listens. Never waits, never fails: the background process also looks by itself, a little later.
    Takes 10 us.
    """
    try:
        pipe = os.open(home / WAKE_FILE, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # no FIFO, or nobody has it open for reading
        return False
    try:
        with contextlib.suppress(BlockingIOError):  # full: it has been woken thousands of times and will come
            os.write(pipe, b"!")
    finally:
        os.close(pipe)
    return True


class Alarm:
    """The sleeper's side: one process of a home waits here."""

    def __init__(self, home: Path) -> None:
        """Makes the FIFO if it is not there. Raises OSError if it cannot be made."""
        path = home / WAKE_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_fifo():
            path.unlink(missing_ok=True)
            os.mkfifo(path, 0o600)
        # Open for both, so that the last writer's close is no end of file that would wake for ever.
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, timeout_s: float) -> bool:
        """Whether somebody called within the time, or since the last wait."""
        poll = select.poll()  # select() cannot take the 1024th open file, and every mapped array is one
        poll.register(self._pipe, select.POLLIN)
        ready = poll.poll(max(timeout_s, 0.0) * 1000)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._pipe, 1 << 16)
        return bool(ready)

    def close(self) -> None:
        """Stop listening."""
        os.close(self._pipe)

"""The pointer to the current snapshot, and the lock of whoever may move it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from location_cloud.errors import BadInput
from location_cloud.storage.disk import Disk

POINTER = "current"
SNAPSHOTS = "snapshots"


def make_home(home: Path) -> None:
    """Make the home if it is not there, for its owner alone: keys and own layers lie in it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextlib.contextmanager
def only_publisher(home: Path) -> Iterator[None]:
    """Hold the home's import lock; the kernel frees it even after kill -9.

    Raises BadInput, with the number of the process, if another one holds it.
    """
    with (home / "import.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise BadInput(f"another import (process {holder}) is running in {home}; wait for it or stop it") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def point_to(home: Path, snapshot_id: str, disk: Disk) -> None:
    """Make a complete snapshot the current one, at once for every reader and durably."""
    disk.sync_folder(home / SNAPSHOTS)  # the snapshot's own name must be durable before anything points at it
    temporary = home / f".{POINTER}-new"
    write_durably(temporary, f"{snapshot_id}\n".encode(), disk)
    disk.rename(temporary, home / POINTER)
    disk.sync_folder(home)


def write_durably(file: Path, content: bytes, disk: Disk) -> None:
    """Write a file whose content survives a power cut; its name does once the folder is synced."""
    disk.write(file, content)
    disk.sync_file(file)

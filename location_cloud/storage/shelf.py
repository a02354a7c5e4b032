"""Arrays that any process of a home may need again, kept in a few mapped folders: the least recently used ones go."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from location_cloud.arrays import load_arrays, save_arrays

HIDDEN = "."
"""First letter of folders that are being written or removed."""


class Shelf:
    """A folder of folders of arrays, each written once under a key that names its content.

    Any number of processes put and find at once, without locks: a folder appears whole, by rename, and its arrays stay
    mapped and unchanged in whoever opened them, also after it was removed. kept: the most folders that stay.
    """

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder = folder
        self._kept = kept

    def find(self, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of a key, mapped read-only, and marked as used now; None if nobody put them or they are gone."""
        place = self._folder / key
        try:
            os.utime(place)
            return load_arrays(place)
        except (OSError, ValueError):  # absent, or removed while it was read
            return None

    def put(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keeps arrays for everybody, and removes the folders unused for longest above the number that stay.

        If another process was faster, its folder stays. Nothing is kept where the disk is full.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f"{HIDDEN}new-", dir=self._folder))
        try:
            save_arrays(new, arrays)
            new.rename(self._folder / key)
        except OSError:  # there already, or no space: the caller has the arrays in memory
            shutil.rmtree(new, ignore_errors=True)
        self._remove_surplus()

    def _remove_surplus(self) -> None:
        aged = []
        for entry in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if not entry.name.startswith(HIDDEN):
                    aged.append((entry.stat().st_mtime_ns, entry))
        for _, entry in sorted(aged)[: max(len(aged) - self._kept, 0)]:
            with contextlib.suppress(OSError):  # another process removes it just now
                gone = self._folder / f"{HIDDEN}gone-{os.getpid()}-{entry.name}"
                entry.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)

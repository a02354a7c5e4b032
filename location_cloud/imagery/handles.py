"""Open files of the store, kept for the next question: opening one with GDAL takes longer than reading a tile of it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import NotReady
from location_cloud.imagery import installed
from location_cloud.imagery.adding import cover_file, scene_file
from location_cloud.imagery.aligned import AlignedFile
from location_cloud.imagery.covering import level_starts, state_of
from location_cloud.imagery.model import Scene

T = TypeVar("T")

MOST_IDLE = 64
"""Idle GDAL handles a process; each holds a file descriptor and about 100 kB."""

MOST_SHARED = 256
"""Mapped files and covers a process."""


class Shared(Generic[T]):
    """Things that threads use together, opened once; the least recently used go."""

    def __init__(self, opener: Callable[[Path, Scene], T]) -> None:
        self._opener = opener
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, home: Path, scene: Scene) -> T:
        """The scene's. Raises NotReady if its file was just removed."""
        found = self._kept.get(scene.key)
        if found is not None:
            return found  # not moved to the end: that would need the lock with every tile
        try:
            opened = self._opener(home, scene)
        except FileNotFoundError as error:
            raise NotReady(f"{scene.set}/{scene.id} was just replaced or removed", hint="ask again") from error
        with self._lock:
            self._kept[scene.key] = opened
            while len(self._kept) > MOST_SHARED:
                self._kept.popitem(last=False)
        return opened


class Cover:
    """Which tiles of a scene hold data."""

    def __init__(self, home: Path, scene: Scene) -> None:
        self._states: NDArray[np.uint8] = np.load(cover_file(home, scene.key), mmap_mode="r")
        self._grid = scene.grid
        self._starts = level_starts(scene.grid)

    def state(self, z: int, x: int, y: int) -> int:
        """EMPTY, PARTLY or FULL of a tile of a zoom that the scene has."""
        return state_of(self._states, self._grid, self._starts, z, x, y)


class Readers:
    """GDAL datasets: one thread at a time may use one, so that each borrows its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[tuple[str, int], Any] = OrderedDict()
        self._numbers = 0
        self._process = os.getpid()

    @contextmanager
    def borrow(self, home: Path, scene: Scene) -> Iterator[Any]:
        """An open dataset of the scene. Raises NotReady if its file was just removed, NotInstalled."""
        dataset = self._take(scene.key) or self._open(home, scene)
        yield dataset  # not given back after an error: whatever state it is in ends with it
        self._give_back(scene.key, dataset)

    def _take(self, key: str) -> Any:
        with self._lock:
            if self._process != os.getpid():  # forked: the parent's files share their position with ours
                self._idle, self._process = OrderedDict(), os.getpid()
            for kept in reversed(self._idle):
                if kept[0] == key:
                    return self._idle.pop(kept)
        return None

    def _open(self, home: Path, scene: Scene) -> Any:
        rasterio = installed.rasterio()
        path = scene_file(home, scene.key)
        try:
            return rasterio.open(path, driver="GTiff", sharing=False)
        except rasterio.errors.RasterioIOError as error:
            if path.exists():
                raise
            raise NotReady(f"{scene.set}/{scene.id} was just replaced or removed", hint="ask again") from error

    def _give_back(self, key: str, dataset: Any) -> None:
        surplus = None
        with self._lock:
            self._numbers += 1
            self._idle[key, self._numbers] = dataset
            if len(self._idle) > MOST_IDLE:
                _, surplus = self._idle.popitem(last=False)
        if surplus is not None:
            surplus.close()


READERS = Readers()
ALIGNED: Shared[AlignedFile] = Shared(lambda home, scene: AlignedFile(scene_file(home, scene.key), scene.grid))
COVERS: Shared[Cover] = Shared(Cover)

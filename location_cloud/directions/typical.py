"""Usual speeds of the traffic at each hour of the week, as mapped files beside a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import load_array, save_arrays

HOURS = 168
STEP_KMH = 0.5
"""Speeds are kept in steps of half a km/h, up to 127 km/h: a byte for each edge and hour, 56 MB for a city's week."""


ROW_BITS = 8
"""Of a row in its name."""


@dataclass(frozen=True, eq=False)
class Typical:
    """speed (rows, edges) uint8 in STEP_KMH, 0 = not known; row_of_hour (168,) uint8, Monday 00:00 first: hours with
    equal speeds share a row. stamp: names these speeds among those that a folder has held.
    """

    speed: NDArray[np.uint8]
    row_of_hour: NDArray[np.uint8]
    stamp: int = 0

    def row(self, at: datetime) -> int:
        """The row of a time of the city's wall clock."""
        return int(self.row_of_hour[at.weekday() * 24 + at.hour])

    def name(self, at: datetime) -> int:
        """The row of a time, with the stamp: what was made from other speeds has another name. See `row_named`."""
        return self.stamp << ROW_BITS | self.row(at)

    def is_removed(self) -> bool:
        """Never (`storage.mapped.Mapped`): a process goes on with the week that it found first, as metrics name it."""
        return False

    def kmh(self, row: int) -> NDArray[np.float32]:
        """Speeds of a row, (edges,) float32 km/h, NaN = not known."""
        speed = self.speed[row]
        return np.where(speed > 0, speed * np.float32(STEP_KMH), np.float32(np.nan))


def save_typical(folder: Path, kmh_by_hour: NDArray[np.float32]) -> None:
    """Writes the speeds of a week, (168, edges) km/h, NaN = not known, into a new folder and gives it its name last.

    Raises ValueError if the shape is another; OSError if the folder is there already.
    """
    if kmh_by_hour.ndim != 2 or len(kmh_by_hour) != HOURS:
        raise ValueError(f"typical speeds {kmh_by_hour.shape} must have {HOURS} rows, one an hour from Monday 00:00")
    steps = np.clip(np.rint(np.nan_to_num(kmh_by_hour) / STEP_KMH), 0, 255).astype(np.uint8)
    rows, row_of_hour = np.unique(steps, axis=0, return_inverse=True)
    new = folder.with_name(f".{folder.name}-new")
    save_arrays(new, {"speed": rows, "row_of_hour": row_of_hour.reshape(-1).astype(np.uint8)})
    new.rename(folder)


def row_named(name: int) -> int:
    """The row in a name that `Typical.name` gave."""
    return name & ((1 << ROW_BITS) - 1)


def load_typical(folder: Path, edges: int) -> Typical | None:
    """The typical speeds of a folder, mapped; None if there are none for these roads."""
    try:
        return open_typical(folder, edges)
    except (OSError, ValueError):
        return None


def open_typical(folder: Path, edges: int) -> Typical:
    """The typical speeds of a folder, mapped. Raises OSError or ValueError if there are none for these roads."""
    stamp = (folder / "row_of_hour.npy").stat().st_mtime_ns
    typical = Typical(load_array(folder, "speed"), load_array(folder, "row_of_hour"), stamp)
    shape = typical.speed.ndim == 2 and typical.speed.shape[1] == edges and typical.row_of_hour.shape == (HOURS,)
    if not shape or int(typical.row_of_hour.max()) >= len(typical.speed):
        raise ValueError(f"{folder} is not of {edges} edges")
    return typical

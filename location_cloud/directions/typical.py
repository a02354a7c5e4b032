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


@dataclass(frozen=True, eq=False)
class Typical:
    """speed (rows, edges) uint8 in STEP_KMH, 0 = not known; row_of_hour (168,) uint8, Monday 00:00 first: hours with
    equal speeds share a row.
    """

    speed: NDArray[np.uint8]
    row_of_hour: NDArray[np.uint8]

    def row(self, at: datetime) -> int:
        """The row of a time of the city's wall clock."""
        return int(self.row_of_hour[at.weekday() * 24 + at.hour])

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


def load_typical(folder: Path, edges: int) -> Typical | None:
    """The typical speeds of a folder, mapped; None if there are none for these roads."""
    try:
        typical = Typical(load_array(folder, "speed"), load_array(folder, "row_of_hour"))
    except (OSError, ValueError):
        return None
    shape = typical.speed.ndim == 2 and typical.speed.shape[1] == edges and typical.row_of_hour.shape == (HOURS,)
    return typical if shape and int(typical.row_of_hour.max()) < len(typical.speed) else None

"""A track as it is asked to be matched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_FIXES = 10_000
"""Of one track; at one a second that is almost three hours."""


@dataclass(frozen=True, eq=False)
class Track:
    """Fixes of one vehicle, n rows: lonlat (n, 2) degrees; time_s (n,) seconds since 1970, None = not told; accuracy_m,
    heading_deg, speed_kmh (n,) float64, NaN = not told.
    """

    lonlat: NDArray[np.float64]
    time_s: NDArray[np.float64] | None
    accuracy_m: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]

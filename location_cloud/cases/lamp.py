"""The lamp of a case: how near it is to its limit.

Source: green below 80 % of the limit, yellow from 80 to 100 %, red above, as city management platforms count it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

LAMPS = ("green", "yellow", "red")

WARNING, OVER = 0.8, 1.0
"""Shares of the limit."""

SLACK = 1e-9
"""Of the limit: what time spent may be off as a float, so that who is done at the last second is not late."""

Codes: TypeAlias = NDArray[np.int8]


def lamp(used: float, limit: float) -> str:
    """The lamp of one case. used, limit: in the same unit; a limit of 0 is over as soon as anything is used."""
    return LAMPS[int(lamps([used], [limit])[0])]


def lamps(used: ArrayLike, limit: ArrayLike) -> Codes:
    """The lamps of many, as places in LAMPS. used, limit: (n,); a limit that is not a number never ends: green."""
    spent, whole = np.asarray(used, np.float64), np.asarray(limit, np.float64)
    found = (spent >= (WARNING - SLACK) * whole).astype(np.int8) + (spent > (OVER + SLACK) * whole).astype(np.int8)
    return np.where((whole == 0) & (spent <= 0), 0, found).astype(np.int8)

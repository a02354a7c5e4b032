"""How fast a person walks over ground: by slope, land cover and season."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Floats

Season = Literal["summer", "winter"]
SEASONS: Final = ("summer", "winter")

COVER_FACTOR: Final[dict[str, tuple[float, float]]] = {
    "open": (1.0, 0.8),
    "road": (1.0, 0.95),
    "path": (1.0, 0.85),
    "built": (0.95, 0.9),
    "grass": (0.9, 0.7),
    "field": (0.75, 0.65),
    "scrub": (0.6, 0.5),
    "woodland": (0.6, 0.5),
    "sand": (0.7, 0.7),
    "rock": (0.5, 0.35),
    "wetland": (0.25, 0.6),
    "water": (0.0, 0.75),
    "barrier": (0.0, 0.0),
}
"""Land cover -> share of the speed on open ground in summer and in winter (frozen, some snow); 0 = not to be walked.

Values of this project, to be replaced where better ones are known.
In winter wetland and water turn from barrier into surface."""


def tobler_m_s(slope: ArrayLike) -> Floats:
    """Walking speed by slope (rise over run, positive uphill), metres a second: 6 exp(-3.5 |s + .05|) km/h.

    Source: Tobler 1993, NCGIA report 93-1.
    """
    kmh = 6.0 * np.exp(-3.5 * np.abs(np.asarray(slope, np.float64) + 0.05))
    return np.asarray(kmh / 3.6)


def impedance_factor(impedance: ArrayLike) -> Floats:
    """Share of speed left by a land cover impedance I as tables of search teams give it, exp(-.0212 I), I >= 0.

    Source: the land cover cost of the Integrated Geospatial Tools for Search and Rescue (IGT4SAR).
    """
    return np.asarray(np.exp(-0.0212 * np.asarray(impedance, np.float64)))


def cover_factor(cover: NDArray[np.integer[Any]], covers: Sequence[str], season: Season) -> NDArray[np.float32]:
    """(rows, columns) share of the speed on open ground that is left, 0 = not to be walked.

    cover: (rows, columns) places in `covers`, whose names are of `COVER_FACTOR`. Frozen water counts as ground in
    winter. Raises BadQuery for an unknown name or season, or a place that covers does not have.
    """
    if season not in SEASONS:
        raise BadQuery(f"season {season!r} is unknown", hint="known are summer, winter")
    if unknown := sorted(set(covers) - set(COVER_FACTOR)):
        raise BadQuery(f"land cover {unknown[0]!r} is unknown", hint=f"known are {', '.join(COVER_FACTOR)}")
    if cover.size and not 0 <= int(cover.min()) <= int(cover.max()) < len(covers):
        raise BadQuery(f"land cover codes reach from {cover.min()} to {cover.max()}, {len(covers)} are named")
    factors = np.array([COVER_FACTOR[name][SEASONS.index(season)] for name in covers], np.float32)
    return np.asarray(factors[cover])

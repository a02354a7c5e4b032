"""What is published of the traffic at one moment, edge by edge, and what answers about it are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from location_cloud.traffic.model import FILLED, LEVELS, LIVE, SEVERE, UNKNOWN, Estimate

STATUS_ZH = ("未知", "畅通", "缓行", "拥堵", "严重拥堵", "封闭")
STATUS_EN = (*LEVELS, "closed")
"""Words of levels: 0 to 4 as traffic services in China count them (Amap, "交通态势"), and a road that is shut."""

CLOSED = SEVERE + 1
"""Level of a road that is shut for cars."""

TILE_LEVELS = tuple(range(len(STATUS_EN)))
"""What `level` may be on the map."""

GRADES_ZH = ("畅通", "基本畅通", "轻度拥堵", "中度拥堵", "严重拥堵")
GRADES_EN = ("free", "mostly free", "lightly congested", "congested", "severely congested")
GRADE_STEP = 2.0
"""Words of the index from 0 to 10; each is for so much of it."""

LEAST_INDEXED = 0.05
"""Share of vehicle kilometres that must be known before there is an index: two vehicles in one jam are not the city.
Ours."""


def grade_of(index: float) -> int:
    """The place in GRADES_ZH of an index."""
    return min(int(index / GRADE_STEP), len(GRADES_ZH) - 1)


@dataclass(frozen=True, eq=False)
class Picture:
    """Everything published of one moment; n road edges.

    estimate: what every edge is driven at. typical_kmh: usual on this day at this hour; next_kmh: expected in an hour;
    (n,) float32, NaN = not known. is_closed: (n,) bool, shut for cars.
    version: grows with every picture, 0 = none was published. probes, drives, simulated_drives: vehicles, and drives
    over edges, that counted lately, and how many of these were simulated.
    """

    estimate: Estimate
    typical_kmh: NDArray[np.float32]
    next_kmh: NDArray[np.float32]
    is_closed: NDArray[np.bool_]
    version: int = 0
    probes: int = 0
    drives: int = 0
    simulated_drives: int = 0

    @property
    def simulated_share(self) -> float:
        """The share of simulated drives in all that counted, 0 to 1."""
        return self.simulated_drives / self.drives if self.drives else 0.0

    @cached_property
    def level(self) -> NDArray[np.uint8]:
        """(n,) 0 to 4, or CLOSED."""
        return np.where(self.is_closed, np.uint8(CLOSED), self.estimate.level)

    @cached_property
    def seen_level(self) -> NDArray[np.uint8]:
        """The same of what is known of now; what is only usual at this hour is 0. For the map and for shares."""
        is_seen = (self.estimate.source == LIVE) | (self.estimate.source == FILLED) | self.is_closed
        return np.where(is_seen, self.level, np.uint8(UNKNOWN))


def empty_picture(edges: int) -> Picture:
    """A picture of a city of which nothing is known."""
    unknown = np.full(edges, np.nan, np.float32)
    small, counts, no = np.zeros(edges, np.uint8), np.zeros(edges, np.uint16), np.zeros(edges, bool)
    estimate = Estimate(0.0, unknown, unknown, small, counts, unknown, unknown, small, no, counts)
    return Picture(estimate, unknown, unknown, no)


@dataclass(frozen=True)
class About:
    """What an answer was made from.

    version: of the picture, "" = none yet. metric_version: of the weights of cars' routes. as_of_s: unix seconds,
    None = never. age_s: since then. is_simulated: whether simulated drives counted; simulated_share: their share.
    """

    snapshot: str
    version: str
    metric_version: str
    as_of_s: float | None
    age_s: float | None
    is_simulated: bool
    simulated_share: float


@dataclass(frozen=True, eq=False)
class Stretch:
    """A part of a road in one direction with one level. line: (k, 2) lon, lat. wind: where it leads: "N", "NE", ..."""

    name: str
    ref: str
    road_class: str
    level: int
    kmh: float | None
    length_m: float
    bearing_deg: float
    wind: str
    source: str
    is_simulated: bool
    keys: tuple[str, ...]
    line: NDArray[np.float64]

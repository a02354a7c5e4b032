"""What a route is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Step:
    """One instruction and the stretch that follows it.

    kind: depart, turn, continue, roundabout, arrive. modifier: straight, slight_left, left, sharp_left, uturn, ...
    exit: which exit of a roundabout, counted from 1; 0 elsewhere.
    bearing_deg: direction after the manoeuvre, clockwise from north.
    first_point, last_point: the stretch in the route's line.
    """

    kind: str
    modifier: str
    name: str
    ref: str
    exit: int
    distance_m: float
    duration_s: float
    bearing_deg: float
    lonlat: tuple[float, float]
    first_point: int
    last_point: int


@dataclass(frozen=True)
class Waypoint:
    """An end of the route on the road. distance_m: from the asked point to the road."""

    lonlat: tuple[float, float]
    name: str
    distance_m: float


@dataclass(frozen=True)
class Route:
    """A way from one point to another.

    line: (n, 2) float64 lon, lat in degrees. duration_ms: exact sum of the engine's integer costs.
    """

    line: NDArray[np.float64]
    distance_m: float
    duration_ms: int
    steps: tuple[Step, ...]
    start: Waypoint
    end: Waypoint

"""Places of trips: each a handful of points on edges, many of them packed into columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.errors import BadPoint
from routing.trip import EdgePoints, check_points, edge_points


@dataclass(frozen=True, eq=False)
class Places:
    """Places of trips, each with the points on edges where one may begin or end there.

    points: all of them, place by place; start (places + 1,) int32: place i has points[start[i]:start[i + 1]].
    """

    points: EdgePoints
    start: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.start) - 1


def as_places(places: Sequence[EdgePoints]) -> Places:
    """The points of each place, packed."""
    start = np.zeros(len(places) + 1, np.int32)
    np.cumsum([len(place) for place in places], out=start[1:])
    if not places:
        return Places(edge_points([]), start)
    edge, fraction, extra_ms = (
        np.concatenate([getattr(place, name) for place in places]) for name in ("edge", "fraction", "extra_ms")
    )
    return Places(EdgePoints(edge, fraction, extra_ms), start)


def check_places(places: Places, edges: int) -> None:
    """Whether every point lies on an edge of a graph of that many edges: raises BadPoint if not, or for bad rows."""
    points, start = places.points, places.start
    if not points.edge.shape == points.fraction.shape == points.extra_ms.shape == (len(points),):
        check_points(points, edges)
    if len(points) and not (points.edge.min() >= 0 and points.edge.max() < edges):
        check_points(points, edges)
    if len(start) < 1 or start[0] != 0 or start[-1] != len(points) or np.any(np.diff(start) < 0):
        raise BadPoint("the rows of places do not rise to the number of points; make them with as_places")

"""What a search is asked and what it answers: points on edges, and the path between them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadCost, BadPoint
from routing.rows import as_read_only

CLOSED: Final = 2**31 - 1
"""The cost of an edge that may not be driven."""

UNREACHED: Final = 2**63 - 1
"""The cost of what no path reaches."""

LONGEST_EXTRA_MS: Final = 2**40
"""34 years: keeps every sum far from the end of int64."""


@dataclass(frozen=True, eq=False)
class EdgePoints:
    """Points on edges where a trip may begin or end, each at its own extra cost.

    edge (n,) int32; fraction (n,) float64 in [0, 1] of the edge's cost, in driving direction; extra_ms (n,) int64 >= 0.
    """

    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    extra_ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True, eq=False)
class Path:
    """A drive along whole edges, except for the first and the last.

    edges: (n,) int32, n >= 1, in driving order; one edge if the trip begins and ends on it without leaving it.
    first_fraction: where on the first edge it begins; last_fraction: where on the last edge it ends.
    cost_ms: with the extras of both ends. start, end: which of the points given were used.
    """

    edges: NDArray[np.int32]
    first_fraction: float
    last_fraction: float
    cost_ms: int
    start: int
    end: int


def edge_points(edge: ArrayLike, fraction: ArrayLike = 0.0, extra_ms: ArrayLike = 0) -> EdgePoints:
    """Points on edges from numbers or columns; a single fraction or extra serves every edge.

    Raises BadPoint if a fraction is outside [0, 1] or not a number, or an extra is negative or beyond 34 years.
    """
    edges = np.atleast_1d(np.asarray(edge))
    if edges.ndim != 1 or (len(edges) and edges.dtype.kind not in "iu"):
        raise BadPoint(f"edge must be edge numbers in one column, not {edges.dtype} {edges.shape}")
    if len(edges) and not (edges.min() >= -(2**31) and edges.max() < 2**31):
        raise BadPoint(f"edge {edges.tolist()} is of no graph; edges are numbered with 31 bits")
    try:
        fractions = np.array(np.broadcast_to(np.asarray(fraction, np.float64), edges.shape))
        extras = np.array(np.broadcast_to(np.asarray(extra_ms), edges.shape)).astype(np.int64, casting="same_kind")
    except (ValueError, TypeError) as reason:
        raise BadPoint(f"fraction and extra_ms (integers) must be one value, or one for each edge: {reason}") from None
    if not np.all((fractions >= 0.0) & (fractions <= 1.0)):
        raise BadPoint(f"fraction {fractions.tolist()} must lie in 0..1 along the edge")
    if not np.all((extras >= 0) & (extras <= LONGEST_EXTRA_MS)):
        raise BadPoint(f"extra_ms {extras.tolist()} must lie in 0..{LONGEST_EXTRA_MS}")
    return EdgePoints(edges.astype(np.int32), fractions, extras)


def points_on_edges(
    segment: NDArray[np.int32],
    fraction: NDArray[np.float64],
    segment_edges: NDArray[np.int32],
    extra_ms: ArrayLike = 0,
) -> EdgePoints:
    """Points on segments (as snapping finds them) as points on the edges that drive them, both ways where they exist.

    segment, fraction: (n,); segment_edges: (segments, 2) edge along the segment's shape and edge against it, -1 = none.
    extra_ms: (n,) or one value, for both directions.
    Raises BadPoint as `edge_points`.
    """
    both = segment_edges[segment]
    fractions = np.stack([fraction, 1.0 - np.asarray(fraction)], axis=1)
    extras = np.repeat(np.broadcast_to(np.asarray(extra_ms), np.shape(segment))[:, None], 2, axis=1)
    exists = both >= 0
    return edge_points(both[exists], fractions[exists], extras[exists])


def list_segment_edges(
    edge_segment: NDArray[np.int32], edge_reversed: NDArray[np.bool_], segments: int
) -> NDArray[np.int32]:
    """The edge that drives each segment along its shape and the one against it, (segments, 2) int32, -1 = none."""
    found = np.full((segments, 2), -1, np.int32)
    found[edge_segment, np.asarray(edge_reversed, np.intp)] = np.arange(len(edge_segment), dtype=np.int32)
    return found


def checked_costs(cost_ms: NDArray[np.int32], edges: int) -> NDArray[np.int32]:
    """The costs as a read-only column that fits the graph. Raises BadCost for another type or length."""
    if cost_ms.dtype != np.int32 or cost_ms.shape != (edges,):
        raise BadCost(f"cost_ms must be an int32 column of {edges} edges, not {cost_ms.dtype} {cost_ms.shape}")
    return as_read_only(cost_ms, np.int32)


def check_points(points: EdgePoints, edges: int) -> None:
    """Whether every point lies on an edge of a graph of that many edges: raises BadPoint if not."""
    if not points.edge.shape == points.fraction.shape == points.extra_ms.shape == (len(points),):
        raise BadPoint("edge, fraction and extra_ms must be columns of one length; make them with edge_points")
    for edge in points.edge.tolist():
        if not 0 <= edge < edges:
            raise BadPoint(f"edge {edge} is not of this graph; edges are 0..{edges - 1}")

"""The least-cost drives of many pairs of places at once, their edges one after the other in one column."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadCost, BadPoint
from routing.places import Places, check_places
from routing.query import _ask_path, _thread_scratch
from routing.trip import UNREACHED
from routing.weights import HIERARCHY, check_fit, weights_of


@dataclass(frozen=True, eq=False)
class Paths:
    """n drives as rows: drive i goes along edges[start[i]:start[i + 1]], aliases included; none where no way leads.

    start (n + 1,) int64; edges int32. first_fraction, last_fraction (n,) float64: where on its first edge a drive
    begins and on its last one ends. cost_ms (n,) int64, routing.trip.UNREACHED where no way leads.
    """

    start: NDArray[np.int64]
    edges: NDArray[np.int32]
    first_fraction: NDArray[np.float64]
    last_fraction: NDArray[np.float64]
    cost_ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start) - 1


def find_paths(cch: Cch, metric: Metric, sources: Places, targets: Places) -> Paths:
    """The drive of `routing.query.find_path` from the first source to the first target, and so on, pair by pair.

    Raises BadPoint if there are not as many sources as targets or a point is on none of the edges, BadCost if metric
    and hierarchy do not fit.
    """
    check_fit(cch, metric)
    check_places(sources, cch.edges)
    check_places(targets, cch.edges)
    if len(sources) != len(targets):
        raise BadPoint(f"{len(sources)} sources and {len(targets)} targets are no pairs; give one target a source")
    one, other = sources.points, targets.points
    weights = weights_of(cch, metric, len(sources))
    start, edges, first, last, cost = _find_paths(
        HIERARCHY.pack(cch).address, weights.address, _thread_scratch(cch).address, one.edge, one.fraction,
        one.extra_ms, sources.start, other.edge, other.fraction, other.extra_ms, targets.start,
    )  # fmt: skip
    if len(cost) and cost.min() < 0:
        raise BadCost("the metric has weights without edges under them; customize it again")
    return Paths(start, edges, first, last, cost)


@cached(nogil=True)
def _find_paths(  # type: ignore[no-untyped-def]  # a kernel; the function above is typed
    cch, metric, scratch, start_edge, start_fraction, start_extra, start_row, end_edge, end_fraction, end_extra, end_row
):  # fmt: skip
    n = len(start_row) - 1
    begin, costs = np.zeros(n + 1, np.int64), np.empty(n, np.int64)
    first_fraction, last_fraction = np.zeros(n), np.zeros(n)
    edges, size = np.empty(max(64 * n, 64), np.int32), 0
    for i in range(n):
        a, b, c, d = start_row[i], start_row[i + 1], end_row[i], end_row[i + 1]
        costs[i], first, last, path = _ask_path(
            cch, metric, scratch, start_edge[a:b], start_fraction[a:b], start_extra[a:b], end_edge[c:d],
            end_fraction[c:d], end_extra[c:d],
        )  # fmt: skip
        if 0 <= costs[i] < UNREACHED:
            first_fraction[i], last_fraction[i] = start_fraction[a + first], end_fraction[c + last]
            if size + len(path) > len(edges):
                longer = np.empty(2 * (size + len(path)), np.int32)
                longer[:size] = edges[:size]
                edges = longer
            edges[size : size + len(path)] = path
            size += len(path)
        begin[i + 1] = size
    return begin, edges[:size].copy(), first_fraction, last_fraction, costs

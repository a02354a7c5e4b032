"""How a search spreads from a place: every edge in the order it is reached, and the edge it is reached from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.directions.formats import lonlat_list
from location_cloud.errors import TooLarge
from routing.raster import Reach
from routing.reached import find_lines
from routing.shape import EdgeShapes, segment_lengths_m
from routing.trip import CLOSED, UNREACHED

MOST_EDGES = 100_000
"""About 40 MB of GeoJSON; more is a job for a map layer."""


@dataclass(frozen=True, eq=False)
class Expansion:
    """Edges in the order their ends are reached.

    edge (n,) int32. predecessor (n,) int32: place of the edge before it in these columns, -1 = a trip starts on it.
    duration_ms (n,) int64, distance_m (n,) float64: from the place to the end of the edge (backward: from its beginning
    to the place). line_start (n + 1,) int32, line_e7 (points, 2) int32: in driving direction, from the place on where a
    trip starts on the edge.
    """

    edge: NDArray[np.int32]
    predecessor: NDArray[np.int32]
    duration_ms: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    line_start: NDArray[np.int32]
    line_e7: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.edge)


def find_expansion(
    shapes: EdgeShapes,
    reach: Reach,
    predecessor: NDArray[np.int32],
    limit_ms: int,
    length_m: NDArray[np.float64] | None = None,
    most_edges: int = MOST_EDGES,
) -> Expansion:
    """The edges whose ends are reached within the limit, in that order; of equal ones the first entered.

    reach: the cost at which each edge is entered (see `routing.raster.Reach`). predecessor (edges,) int32: the edge
    that each is entered from (backward: left to), -1 = none. length_m: (segments,); computed if not given.

    Raises TooLarge, with their number, if there are more than `most_edges`: nothing is cut off silently.
    """
    lines = find_lines(shapes, reach, limit_ms)
    spent = np.maximum(lines.begin_cost, lines.end_cost)
    entered_whole = reach.entry_cost[lines.edge] + reach.cost[lines.edge]
    whole = np.where(lines.is_start, _start_costs(reach, lines.edge), entered_whole)
    order = np.flatnonzero(whole <= limit_ms)
    if len(order) > most_edges:
        raise too_many(str(len(order)), most_edges)
    entered = np.minimum(lines.begin_cost, lines.end_cost)
    order = order[np.lexsort((lines.edge[order], entered[order], spent[order]))]  # edges of no cost after those before
    edge, begun = lines.edge[order], lines.is_start[order]
    lengths = segment_lengths_m(shapes.shape_start, shapes.shape_e7) if length_m is None else length_m
    own_m = lengths[shapes.edge_segment[edge]] * np.where(begun, _start_shares(reach, edge), 1.0)
    before, distance_m = _chain(edge, begun, predecessor, own_m, len(shapes.edge_segment))
    size = np.diff(lines.line_start)[order]
    start = np.append(0, np.cumsum(size)).astype(np.int32)
    place = np.repeat(lines.line_start[:-1][order] - start[:-1], size) + np.arange(start[-1])
    return Expansion(edge, before, spent[order], distance_m, start, lines.line_e7[place])


def too_many(reached: str, most_edges: int) -> TooLarge:
    """What is raised for more edges than the ceiling."""
    return TooLarge(
        f"{reached} edges are reached, {most_edges} are the ceiling", hint="ask a smaller limit, or an isochrone"
    )


def expansion_features(expansion: Expansion) -> list[dict[str, Any]]:
    """One GeoJSON feature an edge: its line, its number, the one before, seconds and metres up to its end."""
    start = expansion.line_start.tolist()
    coordinates = lonlat_list(expansion.line_e7)
    columns = as_columns(expansion)
    return [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": coordinates[start[i] : start[i + 1]]},
            "properties": {"edge": edge, "predecessor": before, "duration_s": duration, "distance_m": distance},
        }
        for i, (edge, before, duration, distance) in enumerate(zip(*columns.values()))
    ]


def as_columns(expansion: Expansion) -> dict[str, list[Any]]:
    """The expansion without lines: one list a column, equally long; a predecessor is an edge number or None."""
    before = np.append(expansion.edge, -1)[expansion.predecessor].tolist()
    return {
        "edges": expansion.edge.tolist(),
        "predecessors": [None if edge < 0 else edge for edge in before],
        "durations_s": (expansion.duration_ms / 1000).tolist(),
        "distances_m": np.round(expansion.distance_m, 1).tolist(),
    }


def _start_shares(reach: Reach, edges: NDArray[np.int32]) -> NDArray[np.float64]:
    """What part of an edge is driven by a trip that starts on it; 1 for the others."""
    share = dict.fromkeys(edges.tolist(), 1.0)
    for edge, fraction in zip(reach.starts.edge.tolist(), reach.starts.fraction.tolist()):
        share[edge] = fraction if reach.is_backward else 1.0 - fraction
    return np.array([share[edge] for edge in edges.tolist()], np.float64)


def _start_costs(reach: Reach, edges: NDArray[np.int32]) -> NDArray[np.int64]:
    """The cost at the far end of an edge that a trip starts on; UNREACHED for the others."""
    costs = dict.fromkeys(edges.tolist(), UNREACHED)
    shares = _start_shares(reach, reach.starts.edge)
    for edge, extra, share in zip(reach.starts.edge.tolist(), reach.starts.extra_ms.tolist(), shares.tolist()):
        whole = int(reach.cost[edge])
        if whole != CLOSED:
            costs[edge] = extra + whole - int(whole * (1.0 - share))
    return np.array([costs.get(edge, UNREACHED) for edge in edges.tolist()], np.int64)


@cached(nogil=True)
def _chain(edge, is_start, predecessor, own_m, edges):  # type: ignore[no-untyped-def]  # a kernel
    """(place of the edge before, metres up to the end of each); an edge comes after the one it is entered from."""
    place = np.full(edges, -1, np.int32)
    before, metres = np.full(len(edge), -1, np.int32), own_m.copy()
    for i in range(len(edge)):
        if not is_start[i] and predecessor[edge[i]] >= 0:
            before[i] = place[predecessor[edge[i]]]
            if before[i] >= 0:
                metres[i] += metres[before[i]]
        if place[edge[i]] < 0:
            place[edge[i]] = i
    return before, metres

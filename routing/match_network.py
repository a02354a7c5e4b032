"""What matching needs of a road graph, as its kernels read it: open roads only, millimetres, a search's costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.errors import BadGraph
from routing.graph import Graph
from routing.metric import piece_m
from routing.packed import Layout
from routing.rows import as_read_only
from routing.segment_index import SegmentIndex
from routing.trip import CLOSED, checked_costs

TIME_WORTH_M_S = 5.0
"""Between two fixes a vehicle is taken to drive the way that is least in metres + this x seconds: neither the shortest
(through yards and side streets) nor the quickest (far round) alone. Mismatch of 30 simulated drives recorded every 60
and 120 s: 1.4 and 5.3 % at 2, 1.4 and 4.9 % at 5 and at 10, 1.6 and 4.8 % at 20."""

LONGEST_MM = CLOSED >> 3
"""Of one edge's length and cost, 268 km: ferries are shorter, and sums of a bounded search stay within 31 bits."""


@dataclass(frozen=True, eq=False)
class MatchNetwork:
    """The open roads of one way of moving. Build with `build_match_network`; read-only, shareable between threads.

    arc_start .. base_edge: those of the graph. cost_mm (edges,) int32: what a search adds, in millimetres, CLOSED
    where one may not drive. edge_ms (edges,) int32: time. segment_mm (segments,) int32. along_mm (points,) int32: from
    the segment's beginning to each shape point. state_e7 (states, 2) int32: where a state lies.
    cell_start, entry_point, entry_segment: the index's, of roads that are open in some direction.
    least_cost (1,) float64: the cheapest metre, for a bound on what is still to come.
    """

    arc_start: NDArray[np.int32]
    arc_head: NDArray[np.int32]
    arc_edge: NDArray[np.int32]
    entry_arc: NDArray[np.int32]
    base_edge: NDArray[np.int32]
    cost_mm: NDArray[np.int32]
    edge_ms: NDArray[np.int32]
    segment_mm: NDArray[np.int32]
    along_mm: NDArray[np.int32]
    state_e7: NDArray[np.int32]
    shape_start: NDArray[np.int32]
    shape_e7: NDArray[np.int32]
    cell_key: NDArray[np.int64]
    cell_start: NDArray[np.int32]
    entry_point: NDArray[np.int32]
    entry_segment: NDArray[np.int32]
    row_start: NDArray[np.int32]
    row_width_e7: NDArray[np.int64]
    corner_e7: NDArray[np.int64]
    least_cost: NDArray[np.float64]

    @property
    def states(self) -> int:
        """Number of the graph's states."""
        return len(self.state_e7)

    @property
    def segments(self) -> int:
        """Number of segments; road edges are twice as many."""
        return len(self.segment_mm)


NETWORK = Layout(
    "arc_start", "arc_head", "arc_edge", "entry_arc", "base_edge", "cost_mm", "edge_ms", "segment_mm", "along_mm",
    "state_e7", "shape_start", "shape_e7", "cell_key", "cell_start", "entry_point", "entry_segment", "row_start",
    "row_width_e7", "corner_e7", "least_cost",
)  # fmt: skip
(
    ARC_START, ARC_HEAD, ARC_EDGE, ENTRY_ARC, BASE_EDGE, COST_MM, EDGE_MS, SEGMENT_MM, ALONG_MM, STATE_E7, SHAPE_START,
    SHAPE_E7, CELL_KEY, CELL_START, ENTRY_POINT, ENTRY_SEGMENT, ROW_START, ROW_WIDTH, CORNER, LEAST_COST,
) = NETWORK.places  # fmt: skip


def build_match_network(
    graph: Graph, index: SegmentIndex, edge_ms: NDArray[np.int32], segment_m: NDArray[np.float64]
) -> MatchNetwork:
    """The network that tracks are matched on.

    graph: road edges 2s and 2s + 1 drive segment s of the index forward and backward; its turn rules are obeyed.
    edge_ms: (graph.edges,) int32 milliseconds as `routing.gates.edge_costs` gives them, CLOSED = may not be driven, and
    nothing is matched to it. Where destination-only roads are open, vehicles that stop there are found.
    segment_m: (segments,) metres.

    Takes 15 ms for 90,000 edges; make it once for a set of costs.
    Raises BadGraph if the parts do not belong together, BadCost if the costs do not fit.
    """
    costs = checked_costs(edge_ms, graph.edges)
    if graph.roads != 2 * index.segments or len(segment_m) != index.segments:
        raise BadGraph(f"{graph.roads} road edges and {len(segment_m)} lengths do not fit {index.segments} segments")
    segment_mm = np.minimum(np.rint(np.asarray(segment_m) * 1000.0), LONGEST_MM).astype(np.int32)
    edge_mm = segment_mm[graph.base_edge >> 1].astype(np.int64)
    cost_mm = np.minimum(edge_mm + np.rint(TIME_WORTH_M_S * costs).astype(np.int64), LONGEST_MM)
    cost_mm = np.where(costs == CLOSED, CLOSED, cost_mm).astype(np.int32)
    is_long = (costs[: graph.roads] != CLOSED) & (edge_mm[: graph.roads] > 0)
    ratios = cost_mm[: graph.roads][is_long] / edge_mm[: graph.roads][is_long]
    is_open = (costs[: graph.roads] != CLOSED).reshape(-1, 2).any(axis=1)
    cell_start, point, segment = _open_entries(is_open, index.cell_start, index.entry_point, index.entry_segment)
    return MatchNetwork(
        graph.arc_start,
        graph.arc_head,
        graph.arc_edge,
        graph.entry_arc,
        graph.base_edge,
        as_read_only(cost_mm, np.int32),
        as_read_only(costs, np.int32),
        as_read_only(segment_mm, np.int32),
        as_read_only(_along_mm(index.shape_start, index.shape_e7, segment_mm), np.int32),
        as_read_only(_state_places(graph, index), np.int32),
        index.shape_start,
        index.shape_e7,
        index.cell_key,
        cell_start,
        point,
        segment,
        index.row_start,
        index.row_width_e7,
        index.corner_e7,
        as_read_only(np.array([max(ratios.min(), 1.0) if len(ratios) else 1.0]), np.float64),
    )


def _state_places(graph: Graph, index: SegmentIndex) -> NDArray[np.int32]:
    """(states, 2): the first shape point of an edge that leaves the state's node, the last of one that enters it."""
    node_e7 = np.zeros((graph.nodes, 2), np.int32)
    first, last = index.shape_e7[index.shape_start[:-1]], index.shape_e7[index.shape_start[1:] - 1]
    segment, is_back = graph.base_edge[graph.arc_edge] >> 1, (graph.base_edge[graph.arc_edge] & 1).astype(bool)[:, None]
    node_e7[graph.node_origin[graph.arc_tail]] = np.where(is_back, last[segment], first[segment])
    node_e7[graph.node_origin[graph.arc_head]] = np.where(is_back, first[segment], last[segment])
    return node_e7[graph.node_origin]


@cached(nogil=True)
def _open_entries(is_open, cell_start, entry_point, entry_segment):  # type: ignore[no-untyped-def]  # kernels; the above are typed
    """The index's entries without those of closed segments."""
    start = np.zeros(len(cell_start), np.int32)
    point, segment = np.empty(len(entry_point), np.int32), np.empty(len(entry_point), np.int32)
    size = 0
    for cell in range(len(cell_start) - 1):
        for entry in range(cell_start[cell], cell_start[cell + 1]):
            if is_open[entry_segment[entry]]:
                point[size], segment[size] = entry_point[entry], entry_segment[entry]
                size += 1
        start[cell + 1] = size
    return start, point[:size].copy(), segment[:size].copy()


@cached(nogil=True)
def _along_mm(shape_start, shape_e7, segment_mm):  # type: ignore[no-untyped-def]
    """How far along its segment each shape point lies, scaled to the segment's length."""
    along = np.zeros(len(shape_e7), np.int32)
    for s in range(len(segment_mm)):
        begin, end = shape_start[s], shape_start[s + 1] - 1
        total = 0.0
        for p in range(begin, end):
            total += piece_m(shape_e7, p)
        so_far, scale = 0.0, segment_mm[s] / total if total > 0.0 else 0.0
        for p in range(begin, end):
            so_far += piece_m(shape_e7, p)
            along[p + 1] = np.int32(min(round(so_far * scale), segment_mm[s]))
    return along

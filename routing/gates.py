"""From costs of road edges and shut gates to costs of a graph's edges, and from road edges to what drives them."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.errors import BadCost, BadPoint
from routing.graph import Graph
from routing.trip import CLOSED, EdgePoints, Path, check_points, checked_costs

Int32s = NDArray[np.int32]


def edge_costs(
    graph: Graph, road_ms: Int32s, is_shut: ArrayLike | None = None, turn_ms: ArrayLike | None = None
) -> Int32s:
    """What every edge of the graph costs, aliases included, when road edges cost this and some gates are shut.

    road_ms: (roads,) int32 milliseconds >= 0, CLOSED = not drivable. is_shut: (gates,) bool; None = all are open.
    turn_ms: (kinds,) integers >= 0, the delay of each kind of turn where the graph holds kinds; None = it holds delays.

    Gives (edges,) int32: an alias costs what its road edge costs and the delay of its turn; CLOSED if the road edge is,
    a gate of it is shut, or the sum is beyond 24.8 days. Takes 0.15 ms for 90,000
    edges, 0.5 ms with 120,000 aliases besides.
    Raises BadCost if the costs or the gates do not fit the graph.
    """
    costs = checked_costs(road_ms, graph.roads)
    shut = np.zeros(graph.gates, np.bool_) if is_shut is None else np.asarray(is_shut)
    if shut.shape != (graph.gates,) or (graph.gates and shut.dtype != np.bool_):
        raise BadCost(f"is_shut must be {graph.gates} booleans, one a gate, not {shut.dtype} {shut.shape}")
    edge_ms = np.empty(graph.edges, np.int32)
    edge_ms[: graph.roads] = costs
    if graph.aliases:
        delay_ms = graph.delay_ms if turn_ms is None else _delays_of_kinds(graph, np.asarray(turn_ms))
        _cost_aliases(costs, shut.astype(np.bool_), graph.base_edge, graph.gate_start, graph.gate, delay_ms, edge_ms)
    return edge_ms


def edges_of_roads(graph: Graph, roads: ArrayLike) -> Int32s:
    """Every edge that drives one of these road edges: themselves, then their aliases.

    roads: (n,) road edges. For `routing.customize.recustomize` after their costs changed.
    Raises BadPoint for an edge that is no road edge.
    """
    numbers = _checked_roads(graph, np.atleast_1d(np.asarray(roads)))
    begin, count = graph.alias_start[numbers], np.diff(graph.alias_start)[numbers]
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.concatenate([numbers, graph.roads + np.repeat(begin, count) + place]).astype(np.int32)


def end_points(graph: Graph, cost_ms: Int32s, points: EdgePoints) -> EdgePoints:
    """The points of a trip's end as a search needs them: on their road edges, then on the aliases that are open.

    cost_ms: (edges,) as `edge_costs` gives them. points: on road edges.

    Arriving by an alias costs its delay and the part of the road edge up to the fraction, to the millisecond.
    A path's `end` counts these points: see `on_roads`. Takes 1.3 us if there are no aliases, 3 us if there are.
    Raises BadCost if the costs do not fit, BadPoint for an edge that is no road edge.
    """
    check_points(points, graph.roads)
    costs = checked_costs(cost_ms, graph.edges)
    if not graph.aliases:
        return points
    alias, owner, extra_ms = _alias_ends(costs, graph.alias_start, points.edge, points.fraction, points.extra_ms)
    if not len(alias):
        return points
    return EdgePoints(
        np.concatenate([points.edge, alias]), np.concatenate([points.fraction, points.fraction[owner]]), extra_ms
    )


def on_roads(graph: Graph, cost_ms: Int32s, path: Path, ends: EdgePoints) -> Path:
    """The same drive, spelled in road edges, with the number of the end that was given to `end_points`.

    What its turns cost is no longer to be seen from the edges: take it from the path as found.
    Raises as `end_points`, and BadPoint if the path ends at none of these.
    """
    end = path.end
    if end >= len(ends):
        check_points(ends, graph.roads)
        costs = checked_costs(cost_ms, graph.edges)
        _, owner, _ = _alias_ends(costs, graph.alias_start, ends.edge, ends.fraction, ends.extra_ms)
        if end - len(ends) >= len(owner):
            raise BadPoint(f"the path ends at point {end}, but there are {len(ends) + len(owner)}; give its own ends")
        end = int(owner[end - len(ends)])
    edges = graph.base_edge[path.edges]
    return Path(edges, path.first_fraction, path.last_fraction, path.cost_ms, path.start, end)


def list_delays(graph: Graph, cost_ms: Int32s, local_ms: Int32s, driven: ArrayLike) -> NDArray[np.int64]:
    """What the turn onto each edge of a drive costs beside the edge, milliseconds; the first has none before it.

    cost_ms, local_ms: (edges,) as `edge_costs` gives them; local_ms counts where cost_ms is CLOSED. driven: (n,) road
    edges that may follow each other.

    Takes 4 us, and 0.05 us for each edge. Raises BadCost and BadPoint as `end_points`.
    """
    roads = _checked_roads(graph, np.atleast_1d(np.asarray(driven)))
    columns = graph.arc_start, graph.arc_head, graph.arc_edge, graph.entry_arc, graph.base_edge
    costs, locals_ = checked_costs(cost_ms, graph.edges), checked_costs(local_ms, graph.edges)
    delays: NDArray[np.int64] = _list_delays(*columns, costs, locals_, roads)
    return delays


def _delays_of_kinds(graph: Graph, turn_ms: NDArray[np.generic]) -> Int32s:
    if turn_ms.ndim != 1 or turn_ms.dtype.kind not in "iu":
        raise BadCost(f"turn_ms must be integers in one column, one a kind, not {turn_ms.dtype} {turn_ms.shape}")
    if len(turn_ms) <= (most := int(graph.delay_ms.max())):
        raise BadCost(f"turn_ms has {len(turn_ms)} kinds of turns, the graph has kinds 0..{most}")
    if turn_ms.min() < 0 or turn_ms.max() >= CLOSED:
        raise BadCost(f"turn_ms {turn_ms.min()}..{turn_ms.max()} must lie in 0..{CLOSED - 1}")
    return turn_ms.astype(np.int32)[graph.delay_ms]


def _checked_roads(graph: Graph, numbers: NDArray[np.generic]) -> Int32s:
    if numbers.ndim != 1 or (len(numbers) and numbers.dtype.kind not in "iu"):
        raise BadPoint(f"roads must be edge numbers in one column, not {numbers.dtype} {numbers.shape}")
    roads = numbers.astype(np.int64)
    if len(roads) and not (roads.min() >= 0 and roads.max() < graph.roads):
        raise BadPoint(f"edges {roads.min()}..{roads.max()} are not all of roads; road edges are 0..{graph.roads - 1}")
    return roads.astype(np.int32)


@cached(nogil=True)
def _cost_aliases(road_ms, is_shut, base_edge, gate_start, gate, delay_ms, edge_ms):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    roads = len(road_ms)
    for alias in range(len(delay_ms)):
        cost = np.int64(road_ms[base_edge[roads + alias]]) + delay_ms[alias]
        for i in range(gate_start[alias], gate_start[alias + 1]):
            if is_shut[gate[i]]:
                cost = CLOSED
        edge_ms[roads + alias] = min(cost, CLOSED)


@cached(nogil=True)
def _list_delays(arc_start, arc_head, arc_edge, entry_arc, base_edge, cost, local, driven):  # type: ignore[no-untyped-def]
    delays = np.zeros(len(driven), np.int64)
    for i in range(1, len(driven)):
        # Rules may go back further, but what is open after longer histories is so after this one, at the same delay.
        road, state = driven[i], arc_head[entry_arc[driven[i - 1]]]
        own = cost if cost[road] != CLOSED else local
        for arc in range(arc_start[state], arc_start[state + 1]):
            if base_edge[arc_edge[arc]] == road and own[arc_edge[arc]] != CLOSED:
                delays[i] = np.int64(own[arc_edge[arc]]) - own[road]
    return delays


@cached(nogil=True)
def _alias_ends(cost, alias_start, edge, fraction, extra):  # type: ignore[no-untyped-def]
    """(open aliases of the points' edges, point of each, extras of the points and of the aliases after them)."""
    roads, points, count = len(alias_start) - 1, len(edge), 0
    for p in range(points):
        count += alias_start[edge[p] + 1] - alias_start[edge[p]]
    alias, owner = np.empty(count, np.int32), np.empty(count, np.int64)
    extras = np.empty(points + count, np.int64)
    extras[:points] = extra
    size = 0
    for p in range(points):
        own = cost[edge[p]]
        for a in range(alias_start[edge[p]], alias_start[edge[p] + 1]):
            if cost[roads + a] == CLOSED:
                continue
            alias[size], owner[size] = roads + a, p
            # The search adds the part of the alias's whole cost; the delay is due in full from its beginning on.
            wanted = cost[roads + a] - own + math.floor(own * fraction[p])
            extras[points + size] = extra[p] + wanted - math.floor(cost[roads + a] * fraction[p])
            size += 1
    return alias[:size], owner[:size], extras[: points + size]

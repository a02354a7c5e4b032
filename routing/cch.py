"""The customizable contraction hierarchy of a split graph: every shortcut that any costs may need, without costs.

States are contracted one after the other in a fixed order; the *rank* of a state is its place in it. A contracted
state joins all its neighbours of higher rank to each other. An *arc* stands for both directions between a rank and a
higher one, and a cost is kept for each: up from the lower to the higher rank, down the other way (see
routing.customize). The parent of a rank is its lowest higher neighbour; every higher neighbour is an ancestor. Ranks
are numbered so that the descendants of x are subtree_start[x]..x-1.

Rejected: two lists of arcs, one a direction. It takes fewer sums where turning round is forbidden everywhere (a state
then stands for a road and a direction, and 93 % of neighbours are joined one way only), yet three times as long: rows
are short, so that finding them costs more than adding (131,000 states: 44 against 16 ms).
Source: Dibbelt, Strasser, Wagner 2016, "Customizable contraction hierarchies"; arcs that no costs can open are left
out as in Buchhold, Wagner, Zeitz, Zündorf 2020, "Customizable contraction hierarchies with turn costs".
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing import contract
from routing.errors import BadGraph
from routing.graph import Graph
from routing.order import dissection_order
from routing.rows import as_read_only, group_rows

Int32s = NDArray[np.int32]

UP, DOWN = contract.UP, contract.DOWN


@dataclass(frozen=True, eq=False)
class Cch:
    """A hierarchy: int32 arrays, read-only, shareable between threads and (mapped) between processes.

    up_start (states + 1,), up_head (arcs,): the arcs by their lower rank, and their higher ranks, ascending.
    down_start (states + 1,), down_tail, down_arc (arcs,): the same by their higher rank: lower ranks, ascending.
    parent (states,): the lowest ancestor, -1 = none. subtree_start (states,): the first descendant, or the rank itself.
    rim_start (states + 1,), rim: the ranks from which the descendants of a rank with 15 or more can be entered.
    seed_start (states + 1,), seed_slot, seed_edge: the edges under the arcs of each lower rank, by slot; slot 2a is
    arc a upwards, 2a + 1 downwards. Copies of edges that are never driven (loops, those of states that no arc enters)
    are under none. edge_start (edges + 1,), edge_slot: the same by edge.
    is_drivable (edges,): 0 = closed at any cost. entry_rank (edges,): where a trip that starts on an edge leaves it.
    end_start (edges + 1,), end_rank: where an edge may be driven onto, a rank for each of its copies.
    rank_node (states,): the node that a rank is a state of. node_count (1,): number of nodes.
    middle (2 * arcs,): by slot the rank over which a shortcut usually leads, -1 = unknown: where paths look first for
    what is under it (`unpack.with_middles`).
    """

    up_start: Int32s
    up_head: Int32s
    down_start: Int32s
    down_tail: Int32s
    down_arc: Int32s
    parent: Int32s
    subtree_start: Int32s
    rim_start: Int32s
    rim: Int32s
    seed_start: Int32s
    seed_slot: Int32s
    seed_edge: Int32s
    edge_start: Int32s
    edge_slot: Int32s
    is_drivable: Int32s
    entry_rank: Int32s
    end_start: Int32s
    end_rank: Int32s
    rank_node: Int32s
    node_count: Int32s
    middle: Int32s

    @property
    def nodes(self) -> int:
        """Number of junctions."""
        return int(self.node_count[0])

    @property
    def states(self) -> int:
        """Number of junctions and their copies."""
        return len(self.rank_node)

    @property
    def edges(self) -> int:
        """Number of directed edges."""
        return len(self.entry_rank)

    @property
    def arcs(self) -> int:
        """Number of pairs of ranks joined by an edge or a shortcut."""
        return len(self.up_head)

    def count_triangles(self) -> int:
        """How many pairs of arcs a full customization looks at."""
        above = np.diff(self.up_start).astype(np.int64)
        return int((above * (above - 1) // 2).sum())

    def as_arrays(self) -> dict[str, Int32s]:
        """Every array by name, to be written to files."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Int32s]) -> "Cch":
        """The hierarchy whose `as_arrays` this is; the arrays may be read-only memory maps and are not copied.

        Raises BadGraph if an array is missing, of another type, or points outside the hierarchy: no search checks its
        indices again. Takes 30 ms for 663,000 arcs over 344,000 edges.
        """
        names = [field.name for field in fields(cls)]
        if missing := [name for name in names if name not in arrays]:
            raise BadGraph(f"hierarchy arrays {missing} are missing; build the hierarchy again")
        for name in names:
            if arrays[name].dtype != np.int32 or arrays[name].ndim != 1:
                raise BadGraph(f"{name} must be an int32 column, not {arrays[name].dtype} {arrays[name].shape}")
        cch = cls(**{name: as_read_only(arrays[name], np.int32) for name in names})
        _check(cch)
        return cch


def build_cch(
    graph: Graph,
    lonlat: ArrayLike,
    is_drivable: ArrayLike | None = None,
    rank: ArrayLike | None = None,
    threads: int = 1,
) -> Cch:
    """The hierarchy of a split graph.

    lonlat: (nodes, 2) degrees, only used to find a good order.
    is_drivable: (roads,) bool, False = will never be open (a footway for cars) and is left out, with its aliases; or
    (edges,), aliases by themselves; None = all may be.
    rank: (states,) the rank of each state in an order found elsewhere, instead of `dissection_order`.
    threads: 1..64, for the order; the result does not depend on it.

    Takes 0.8 s for 174,000 states, of which the order is 0.7 s; 7.4 million states and 12.2 million edges take 120 s
    with one thread, and 2.7 GB at most with the graph and the first metric.
    Raises BadGraph for places or ranks that do not fit the graph.
    """
    place = np.asarray(lonlat, np.float64)
    if place.shape != (graph.nodes, 2):
        raise BadGraph(f"lonlat must be {graph.nodes} pairs, not {place.shape}; give a place for every node")
    drivable = np.ones(graph.edges, np.bool_) if is_drivable is None else np.asarray(is_drivable)
    if drivable.shape == (graph.roads,):
        drivable = drivable[graph.base_edge]
    if drivable.shape != (graph.edges,) or drivable.dtype != np.bool_:
        raise BadGraph(f"is_drivable must be {graph.roads} booleans, not {drivable.dtype} {drivable.shape}")
    is_driven = drivable[graph.arc_edge]
    is_entered = np.bincount(graph.arc_head[is_driven], minlength=graph.states) > 0
    # A state that no arc enters is where no trip ever stands: its arcs are the first edges of trips, left by the head.
    is_driven &= is_entered[graph.arc_tail] & (graph.arc_tail != graph.arc_head)
    tail, head, edge = graph.arc_tail[is_driven], graph.arc_head[is_driven], graph.arc_edge[is_driven]
    if rank is None:
        order = dissection_order(tail, head, graph.states, place[graph.node_origin], threads)
    else:
        order = _checked_rank(rank, graph.states)
    above_start, above, parent_before = contract.contract(*_rows_above(order[tail], order[head], graph.states))
    renumber, subtree_start = contract.postorder(parent_before)
    final = renumber[order]
    parent = np.empty(graph.states, np.int32)
    parent[renumber] = np.where(parent_before < 0, -1, renumber[parent_before])
    start, high, low_start, low, low_arc = contract.sort_arcs(above_start, above, renumber)
    del above_start, above, parent_before, order, renumber  # of a country each is large
    tail, head = final[tail], final[head]
    slot = contract.slots(start, high, tail, head)
    is_needed = contract.needed_arcs(start, high, low_start, low, low_arc, slot)
    rim_start, rim = contract.rims(start, high, subtree_start)
    arcs = contract.keep_needed(is_needed, start, high, low_start, low, low_arc, slot)
    del is_needed
    high = high[:arcs].copy()  # one after the other, so that the memory of the rest is free for the next
    low = low[:arcs].copy()
    low_arc = low_arc[:arcs].copy()
    seed_start, by_slot = group_rows(np.minimum(tail, head), graph.states)
    contract.sort_rows(seed_start, by_slot, slot)
    del tail, head

    edge_start, by_edge = group_rows(edge, graph.edges)
    is_end = is_entered[graph.arc_tail[graph.copy_arc]] & drivable[graph.arc_edge[graph.copy_arc]]
    rank_node = np.empty(graph.states, np.int32)
    rank_node[final] = graph.node_origin
    columns = (
        start,
        high,
        low_start,
        low,
        low_arc,
        parent,
        subtree_start,
        rim_start,
        rim,
        seed_start,
        slot[by_slot],
        edge[by_slot],
        edge_start,
        slot[by_edge],
        drivable,
        final[graph.arc_head[graph.entry_arc]],
        _kept_rows(graph.copy_start, is_end),
        final[graph.arc_tail[graph.copy_arc[is_end]]],
        rank_node,
        graph.node_count,
        np.full(2 * arcs, -1, np.int32),
    )
    return Cch(*(as_read_only(column, np.int32) for column in columns))


def _kept_rows(start: Int32s, is_kept: NDArray[np.bool_]) -> Int32s:
    """Where the rows begin when only some of their items are kept."""
    kept = np.zeros(len(is_kept) + 1, np.int32)
    np.cumsum(is_kept, dtype=np.int32, out=kept[1:])
    return kept[start]


def _checked_rank(rank: ArrayLike, states: int) -> Int32s:
    ranks = np.asarray(rank)
    if ranks.shape != (states,) or (states and ranks.dtype.kind not in "iu"):
        raise BadGraph(f"rank must be {states} integers, not {ranks.dtype} {ranks.shape}")
    if not np.array_equal(np.sort(ranks), np.arange(states)):
        raise BadGraph(f"rank must hold each of 0..{states - 1} once")
    return as_read_only(ranks, np.int32)


def _rows_above(tail: Int32s, head: Int32s, states: int) -> tuple[Int32s, Int32s]:
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    start, order = group_rows(low, states)
    return start, high[order]


def _check(cch: Cch) -> None:
    states, edges, arcs, seeds = cch.states, cch.edges, cch.arcs, len(cch.seed_edge)
    if len(cch.node_count) != 1 or not 0 <= cch.nodes <= states or arcs >= 2**30:
        raise BadGraph(
            "node_count must hold one number up to the states, arcs be below 2^30; build the hierarchy again"
        )
    for name, rows, items in (
        ("up_start", states, arcs),
        ("down_start", states, arcs),
        ("seed_start", states, seeds),
        ("edge_start", edges, seeds),
        ("rim_start", states, len(cch.rim)),
        ("end_start", edges, len(cch.end_rank)),
    ):
        _check_rows(name, getattr(cch, name), rows, items)
    for name, length, limit in (
        ("up_head", arcs, states),
        ("down_tail", arcs, states),
        ("down_arc", arcs, arcs),
        ("rim", len(cch.rim), states),
        ("seed_slot", seeds, 2 * arcs),
        ("seed_edge", seeds, edges),
        ("edge_slot", seeds, 2 * arcs),
        ("is_drivable", edges, 2),
        ("entry_rank", edges, states),
        ("end_rank", len(cch.end_rank), states),
        ("rank_node", states, cch.nodes),
        ("subtree_start", states, states),
    ):
        _check_column(name, getattr(cch, name), length, limit)
    _check_column("parent", cch.parent + 1, states, states + 1)
    if not _is_tree(cch.parent, cch.subtree_start):
        raise BadGraph("parent and subtree_start are not those of one hierarchy; build the hierarchy again")
    for name, start, high in (("up_head", cch.up_start, cch.up_head), ("rim", cch.rim_start, cch.rim)):
        if not _leads_to_ancestors(start, high, cch.subtree_start):
            raise BadGraph(f"{name} does not hold ascending ancestors; build the hierarchy again")
    if not _is_mirrored(cch.up_start, cch.up_head, cch.down_start, cch.down_tail, cch.down_arc):
        raise BadGraph("the arcs by their two ends differ; build the hierarchy again")
    _check_column("middle", cch.middle + 1, 2 * cch.arcs, states + 1)
    if not _is_below(cch.up_start, cch.middle):
        raise BadGraph("middle holds ranks that are not lower than their arcs; build the hierarchy again")
    if not _seeds_fit(cch.up_start, cch.seed_start, cch.seed_slot, cch.seed_edge, cch.edge_start, cch.edge_slot):
        raise BadGraph("the seeds do not lie under the arcs; build the hierarchy again")


def _check_column(name: str, column: Int32s, length: int, limit: int) -> None:
    if len(column) != length:
        raise BadGraph(f"{name} has {len(column)} entries, {length} expected; build the hierarchy again")
    if length and not (column.min() >= 0 and column.max() < limit):
        raise BadGraph(f"{name} points outside: {column.min()}..{column.max()} of {limit}; build the hierarchy again")


def _check_rows(name: str, start: Int32s, rows: int, items: int) -> None:
    if len(start) != rows + 1 or start[0] != 0 or start[-1] != items or np.any(np.diff(start) < 0):
        raise BadGraph(f"{name} does not rise from 0 to {items} in {rows} rows; build the hierarchy again")


@cached(nogil=True)
def _is_mirrored(up_start, up_head, down_start, down_tail, down_arc):  # type: ignore[no-untyped-def]
    """Whether the arcs by higher rank are those by lower rank."""
    for y in range(len(down_start) - 1):
        before = -1
        for i in range(down_start[y], down_start[y + 1]):
            x, arc = down_tail[i], down_arc[i]
            if x <= before or up_head[arc] != y or arc < up_start[x] or arc >= up_start[x + 1]:
                return False
            before = x
    return True


@cached(nogil=True)
def _seeds_fit(up_start, seed_start, seed_slot, seed_edge, edge_start, edge_slot):  # type: ignore[no-untyped-def]
    """Whether each rank's seeds lie under its own arcs by rising slot, and the rows by edge hold the same pairs."""
    used = np.zeros(len(edge_start), np.int32)
    for x in range(len(up_start) - 1):
        for i in range(seed_start[x], seed_start[x + 1]):
            slot, edge = seed_slot[i], seed_edge[i]
            if slot < 2 * up_start[x] or slot >= 2 * up_start[x + 1]:
                return False
            if i > seed_start[x] and slot < seed_slot[i - 1]:
                return False
            used[edge] += 1
            k = edge_start[edge]
            while k < edge_start[edge + 1] and edge_slot[k] != slot:
                k += 1
            if k == edge_start[edge + 1]:
                return False
    for edge in range(len(edge_start) - 1):  # noqa: SIM110  # numba compiles no generator
        if used[edge] != edge_start[edge + 1] - edge_start[edge]:
            return False
    return True


@cached(nogil=True)
def _is_below(up_start, middle):  # type: ignore[no-untyped-def]
    for x in range(len(up_start) - 1):
        for slot in range(2 * up_start[x], 2 * up_start[x + 1]):
            if middle[slot] >= x:
                return False
    return True


@cached(nogil=True)
def _is_tree(parent, subtree_start):  # type: ignore[no-untyped-def]
    """Whether parents are higher and the descendants of each rank are those right before it."""
    first = np.arange(len(parent))
    for x in range(len(parent)):
        p = parent[x]
        if first[x] != subtree_start[x] or (p >= 0 and p <= x):
            return False
        if p >= 0:
            first[p] = min(first[p], first[x])
    # Subtrees are ranges if each holds as many ranks as its range is long.
    size = np.ones(len(parent), np.int64)
    for x in range(len(parent)):
        if size[x] != x - subtree_start[x] + 1:
            return False
        if parent[x] >= 0:
            size[parent[x]] += size[x]
    return True


@cached(nogil=True)
def _leads_to_ancestors(start, high, subtree_start):  # type: ignore[no-untyped-def]
    for x in range(len(subtree_start)):
        before = x
        for a in range(start[x], start[x + 1]):
            if high[a] <= before or subtree_start[high[a]] > x:
                return False
            before = high[a]
    return True

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
from functools import cached_property

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadGraph
from routing.graph import Graph
from routing.order import dissection_order
from routing.rows import as_read_only, group_rows

Int32s = NDArray[np.int32]

UP, DOWN = range(2)

RIM_FROM = 16
"""Subtrees of so many ranks are worth a look whether a bounded search may leave them out."""


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

    @cached_property
    def depth(self) -> Int32s:
        """(states,) int32: how many ancestors each rank has. Computed once, 1 ms for a million ranks."""
        return as_read_only(_depths(self.parent), np.int32)

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
    graph: Graph, lonlat: ArrayLike, is_drivable: ArrayLike | None = None, rank: ArrayLike | None = None
) -> Cch:
    """The hierarchy of a split graph.

    lonlat: (nodes, 2) degrees, only used to find a good order.
    is_drivable: (roads,) bool, False = will never be open (a footway for cars) and is left out, with its aliases; or
    (edges,), aliases by themselves; None = all may be.
    rank: (states,) the rank of each state in an order found elsewhere, instead of `dissection_order`.

    Takes 1.3 s for 131,000 states, of which the order is 1.2 s; the arrays take 24 MB (344,000 edges).
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
        order = dissection_order(tail, head, graph.states, place[graph.node_origin])
    else:
        order = _checked_rank(rank, graph.states)
    above_start, above, parent_before = _contract(*_rows_above(order[tail], order[head], graph.states))
    renumber, subtree_start = _postorder(parent_before)
    final = renumber[order]
    parent = np.empty(graph.states, np.int32)
    parent[renumber] = np.where(parent_before < 0, -1, renumber[parent_before])
    start, high, low_start, low, low_arc = _sort_arcs(above_start, above, renumber)
    slot = _slots(start, high, final[tail], final[head])
    is_needed = _needed_arcs(start, high, low_start, low, low_arc, slot)
    number = np.cumsum(is_needed) - 1
    is_needed_low = is_needed[low_arc]
    slot = 2 * number[slot >> 1] + (slot & 1)
    by_slot = np.argsort(slot, kind="stable")
    up_start = _kept_rows(start, is_needed)

    is_rim = np.repeat(np.arange(graph.states) - subtree_start >= RIM_FROM - 1, np.diff(start))
    edge_start, by_edge = group_rows(edge, graph.edges)
    is_end = is_entered[graph.arc_tail[graph.copy_arc]] & drivable[graph.arc_edge[graph.copy_arc]]
    end_of = np.repeat(np.arange(graph.edges, dtype=np.int32), np.diff(graph.copy_start))
    rank_node = np.empty(graph.states, np.int32)
    rank_node[final] = graph.node_origin
    columns = (
        up_start,
        high[is_needed],
        _kept_rows(low_start, is_needed_low),
        low[is_needed_low],
        number[low_arc[is_needed_low]],
        parent,
        subtree_start,
        _kept_rows(start, is_rim),
        high[is_rim],
        np.searchsorted(slot[by_slot], 2 * up_start),
        slot[by_slot],
        edge[by_slot],
        edge_start,
        slot[by_edge],
        drivable,
        final[graph.arc_head[graph.entry_arc]],
        np.searchsorted(end_of[is_end], np.arange(graph.edges + 1)),
        final[graph.arc_tail[graph.copy_arc[is_end]]],
        rank_node,
        graph.node_count,
    )
    return Cch(*(as_read_only(column, np.int32) for column in columns))


def _kept_rows(start: Int32s, is_kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where the rows begin when only some of their items are kept."""
    return np.concatenate([[0], np.cumsum(is_kept)])[start]


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


@numba.njit(cache=True, nogil=True)
def _contract(start, higher):  # type: ignore[no-untyped-def]  # kernels; the functions above are typed
    """(start, head, parent): every rank's higher neighbours when all lower ranks have been contracted, unsorted.

    They are its own and those of its children, as every shortcut made by a descendant is passed on by a child.
    Source: symbolic Cholesky factorization, George, Liu 1981.
    """
    states = len(start) - 1
    up_start = np.zeros(states + 1, np.int32)
    up_head = np.empty(2 * len(higher) + 16, np.int32)
    parent = np.full(states, -1, np.int32)
    child, sibling = np.full(states, -1, np.int32), np.full(states, -1, np.int32)
    seen = np.full(states, -1, np.int32)
    size = 0
    for x in range(states):
        begin = size
        if size + states - x > len(up_head):
            wider = np.empty(2 * len(up_head) + states, np.int32)
            wider[:size] = up_head[:size]
            up_head = wider
        seen[x] = x
        for i in range(start[x], start[x + 1]):
            if seen[higher[i]] != x:
                seen[higher[i]] = x
                up_head[size] = higher[i]
                size += 1
        c = child[x]
        while c >= 0:
            for i in range(up_start[c], up_start[c + 1]):
                if seen[up_head[i]] != x:
                    seen[up_head[i]] = x
                    up_head[size] = up_head[i]
                    size += 1
            c = sibling[c]
        up_start[x + 1] = size
        if size > begin:
            p = up_head[begin]
            for i in range(begin + 1, size):
                p = min(p, up_head[i])
            parent[x] = p
            sibling[x] = child[p]
            child[p] = x
    return up_start, up_head[:size], parent


@numba.njit(cache=True, nogil=True)
def _postorder(parent):  # type: ignore[no-untyped-def]
    """(new rank of each rank, first descendant of each new rank): descendants come right before their ancestor.

    The shortcuts are those of the old numbers, as no rank passes an ancestor.
    """
    states = len(parent)
    size = np.ones(states, np.int32)
    for x in range(states):
        if parent[x] >= 0:
            size[parent[x]] += size[x]
    renumber, free = np.empty(states, np.int32), np.empty(states, np.int32)
    subtree_start = np.empty(states, np.int32)
    above = states
    for x in range(states - 1, -1, -1):
        p = parent[x]
        if p >= 0:
            renumber[x] = free[p]
            free[p] -= size[x]
        else:
            renumber[x] = above - 1
            above -= size[x]
        free[x] = renumber[x] - 1
        subtree_start[renumber[x]] = renumber[x] - size[x] + 1
    return renumber, subtree_start


@numba.njit(cache=True, nogil=True)
def _sort_arcs(start, head, renumber):  # type: ignore[no-untyped-def]
    """Up and down arcs under their new ranks; two passes of a counting sort leave both ascending."""
    states, arcs = len(renumber), len(head)
    up_start, down_start = np.zeros(states + 1, np.int32), np.zeros(states + 1, np.int32)
    old = np.empty(states, np.int32)
    for x in range(states):
        old[renumber[x]] = x
        up_start[renumber[x] + 1] = start[x + 1] - start[x]
    for i in range(arcs):
        down_start[renumber[head[i]] + 1] += 1
    for x in range(states):
        up_start[x + 1] += up_start[x]
        down_start[x + 1] += down_start[x]
    down_tail, down_arc, up_head = np.empty(arcs, np.int32), np.empty(arcs, np.int32), np.empty(arcs, np.int32)
    place = down_start[:-1].copy()
    for x in range(states):
        for i in range(start[old[x]], start[old[x] + 1]):
            y = renumber[head[i]]
            down_tail[place[y]] = x
            place[y] += 1
    place[:] = up_start[:-1]
    for y in range(states):
        for i in range(down_start[y], down_start[y + 1]):
            arc = place[down_tail[i]]
            place[down_tail[i]] += 1
            down_arc[i] = arc
            up_head[arc] = y
    return up_start, up_head, down_start, down_tail, down_arc


@numba.njit(cache=True, nogil=True)
def _slots(up_start, up_head, tail, head):  # type: ignore[no-untyped-def]
    slot = np.empty(len(tail), np.int32)
    for i in range(len(tail)):
        low, high = min(tail[i], head[i]), max(tail[i], head[i])
        a, b = up_start[low], up_start[low + 1]
        while b - a > 1:
            middle = (a + b) >> 1
            if up_head[middle] <= high:
                a = middle
            else:
                b = middle
        slot[i] = 2 * a + (tail[i] > head[i])
    return slot


@numba.njit(cache=True, nogil=True)
def _needed_arcs(start, high, low_start, low, low_arc, slot):  # type: ignore[no-untyped-def]
    """Which arcs can be driven in some direction when every edge is open."""
    way = np.zeros((len(high), 2), np.bool_)
    for i in range(len(slot)):
        way[slot[i] >> 1, slot[i] & 1] = True
    can = np.zeros((len(start), 2), np.bool_)
    for x in range(len(start) - 1):
        for a in range(start[x], start[x + 1]):
            can[high[a], UP], can[high[a], DOWN] = way[a, UP], way[a, DOWN]
        for i in range(low_start[x], low_start[x + 1]):
            to_low, from_low = way[low_arc[i], DOWN], way[low_arc[i], UP]
            for a in range(low_arc[i] + 1, start[low[i] + 1]):
                can[high[a], UP] |= to_low & way[a, UP]
                can[high[a], DOWN] |= from_low & way[a, DOWN]
        for a in range(start[x], start[x + 1]):
            way[a, UP], way[a, DOWN] = can[high[a], UP], can[high[a], DOWN]
    return way[:, UP] | way[:, DOWN]


@numba.njit(cache=True, nogil=True)
def _depths(parent):  # type: ignore[no-untyped-def]
    depth = np.zeros(len(parent), np.int32)
    for x in range(len(parent) - 1, -1, -1):
        if parent[x] >= 0:
            depth[x] = depth[parent[x]] + 1
    return depth


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def _seeds_fit(up_start, seed_start, seed_slot, seed_edge, edge_start, edge_slot):  # type: ignore[no-untyped-def]
    """Whether each rank's seeds lie under its own arcs by rising slot, and the rows by edge hold the same pairs."""
    used = np.zeros(len(edge_start), np.int64)
    for x in range(len(up_start) - 1):
        for i in range(seed_start[x], seed_start[x + 1]):
            if seed_slot[i] < 2 * up_start[x] or seed_slot[i] >= 2 * up_start[x + 1]:
                return False
            if i > seed_start[x] and seed_slot[i] < seed_slot[i - 1]:
                return False
            used[seed_edge[i]] += 1
    for edge in range(len(edge_start) - 1):
        if used[edge] != edge_start[edge + 1] - edge_start[edge]:
            return False
        for i in range(edge_start[edge], edge_start[edge + 1]):
            k = np.searchsorted(seed_slot, edge_slot[i])
            while k < len(seed_slot) and seed_slot[k] == edge_slot[i] and seed_edge[k] != edge:
                k += 1
            if k == len(seed_slot) or seed_slot[k] != edge_slot[i]:
                return False
    return True


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
def _leads_to_ancestors(start, high, subtree_start):  # type: ignore[no-untyped-def]
    for x in range(len(subtree_start)):
        before = x
        for a in range(start[x], start[x + 1]):
            if high[a] <= before or subtree_start[high[a]] > x:
                return False
            before = high[a]
    return True

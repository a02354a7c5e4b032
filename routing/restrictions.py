"""Turn restrictions as sequences of edges that may not be driven one after the other."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadGraph
from routing.rows import group_rows

FORBIDDEN = -1


@dataclass(frozen=True)
class ForbiddenSequences:
    """Edge sequences that may not be driven, as compressed rows.

    start: (sequences + 1,) int64; edges: int32; sequence i is edges[start[i]:start[i + 1]], two edges or more.
    """

    start: NDArray[np.int64]
    edges: NDArray[np.int32]

    def as_tuples(self) -> list[tuple[int, ...]]:
        """The sequences as tuples of edge numbers."""
        bounds, edges = self.start.tolist(), self.edges.tolist()
        return [tuple(edges[a:b]) for a, b in pairwise(bounds)]


def expand_restrictions(
    edge_tail: ArrayLike, edge_head: ArrayLike, nodes: int, rules: Iterable[tuple[str, Sequence[int]]]
) -> ForbiddenSequences:
    """The forbidden sequences that say the same as a list of "no" and "only" rules.

    edge_tail, edge_head: (edges,) node each edge leaves and enters.
    rules: (kind, [from, via..., to]) with kind "no" or "only"; the edges follow each other.

    "no" forbids its sequence. "only" obliges: after `from` and after every further part of the sequence, each other
    edge that leaves the junction is forbidden, the U-turn included. OSM's wiki leaves open whether a via-way "only"
    already binds at the first junction; here it does, so that a driver cannot escape the rule by not entering the
    via way. Two "only" rules that share their beginning allow the union of what each allows (a mapper who draws
    only_straight_on and only_right_turn means either, not a dead end). Whoever starts on a via edge is not bound.

    Repeated sequences are given once; order is that of the rules, "only" rules last.
    Raises BadGraph for an unknown kind, a rule of fewer than two edges, or edges that do not follow each other.
    """
    tail, head = checked_ends(edge_tail, edge_head, nodes)
    found: dict[tuple[int, ...], None] = {}
    obliged: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for kind, edges in rules:
        sequence = tuple(int(edge) for edge in edges)
        _check_sequence(sequence, tail, head)
        if kind == "no":
            found[sequence] = None
        elif kind == "only":
            for length in range(1, len(sequence)):
                obliged[sequence[:length]].add(sequence[length])
        else:
            raise BadGraph(f"restriction kind {kind!r} is unknown; use 'no' or 'only'")
    if obliged:
        start, order = group_rows(tail, nodes)
        for begun, allowed in obliged.items():
            node = head[begun[-1]]
            for edge in order[start[node] : start[node + 1]].tolist():
                if edge not in allowed:
                    found[(*begun, edge)] = None
    return pack_sequences(found)


def pack_sequences(sequences: Iterable[Sequence[int]]) -> ForbiddenSequences:
    """The same sequences as compressed rows."""
    rows = [list(sequence) for sequence in sequences]
    start = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=start[1:])
    return ForbiddenSequences(start, np.array([edge for row in rows for edge in row], np.int32))


def checked_sequences(
    forbidden_start: ArrayLike, forbidden_edges: ArrayLike, tail: NDArray[np.int32], head: NDArray[np.int32]
) -> list[tuple[int, ...]]:
    """The sequences of compressed rows, each proved drivable but for the rule. Raises BadGraph."""
    start, edges = np.asarray(forbidden_start), np.asarray(forbidden_edges)
    if start.ndim != 1 or edges.ndim != 1 or len(start) == 0:
        raise BadGraph("forbidden_start needs sequences + 1 entries; give [0] and [] for no rule")
    if start[0] != 0 or start[-1] != len(edges) or np.any(np.diff(start) < 0):
        raise BadGraph(f"forbidden_start must rise from 0 to {len(edges)} (the number of forbidden edges)")
    if (len(start) > 1 and start.dtype.kind not in "iu") or (len(edges) and edges.dtype.kind not in "iu"):
        raise BadGraph(f"forbidden sequences must be integers, not {start.dtype} and {edges.dtype}")
    sequences = ForbiddenSequences(start, edges).as_tuples()
    for sequence in sequences:
        _check_sequence(sequence, tail, head)
    return sequences


def checked_ends(edge_tail: ArrayLike, edge_head: ArrayLike, nodes: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The two node columns of the edges as int32, every node proved to exist. Raises BadGraph."""
    if not 0 <= nodes < 2**31 - 1:
        raise BadGraph(f"nodes={nodes} is outside 0..{2**31 - 2}")
    columns = [np.asarray(edge_tail), np.asarray(edge_head)]
    if columns[0].ndim != 1 or columns[0].shape != columns[1].shape or len(columns[0]) >= 2**31 - 1:
        raise BadGraph(f"edge_tail {columns[0].shape} and edge_head {columns[1].shape} must be two equal columns")
    for name, column in zip(("edge_tail", "edge_head"), columns):
        if len(column) == 0:
            continue
        if column.dtype.kind not in "iu":
            raise BadGraph(f"{name} must be integers, not {column.dtype}")
        if column.min() < 0 or column.max() >= nodes:
            raise BadGraph(f"{name} holds {column.min()}..{column.max()}; nodes are 0..{nodes - 1}")
    tail, head = (np.ascontiguousarray(column, np.int32) for column in columns)
    return tail, head


def _check_sequence(sequence: tuple[int, ...], tail: NDArray[np.int32], head: NDArray[np.int32]) -> None:
    if len(sequence) < 2:
        raise BadGraph(f"restriction {sequence} needs at least two edges: from and to")
    for edge in sequence:
        if not 0 <= edge < len(tail):
            raise BadGraph(f"restriction {sequence} names edge {edge}; edges are 0..{len(tail) - 1}")
    for before, after in pairwise(sequence):
        if head[before] != tail[after]:
            raise BadGraph(
                f"restriction {sequence}: edge {before} ends at node {head[before]}, "
                f"edge {after} begins at node {tail[after]}; list the edges in driving order"
            )


class RuleAutomaton:
    """How much of which forbidden sequence a drive has just completed.

    Prefix 0 means nothing; prefix p stands for the longest beginning of a sequence that the drive's last edges spell.
    last_edge[p] is the edge driven last there. standing: the prefixes a drive can be in without having broken a rule.
    Source: Aho, Corasick 1975, "Efficient string matching", with edges as letters.
    """

    def __init__(self, sequences: Iterable[Sequence[int]]) -> None:
        self.last_edge = [-1]
        self._next: dict[tuple[int, int], int] = {}
        parent, depth, broken = [0], [0], [False]
        for sequence in sequences:
            prefix = 0
            for edge in sequence:
                child = self._next.setdefault((prefix, edge), len(self.last_edge))
                if child == len(self.last_edge):
                    self.last_edge.append(edge)
                    parent.append(prefix)
                    depth.append(depth[prefix] + 1)
                    broken.append(False)
                prefix = child
            broken[prefix] = True
        self._shorter = [0] * len(parent)  # the longest proper suffix that is also a prefix
        for prefix in sorted(range(1, len(parent)), key=depth.__getitem__):
            if depth[prefix] > 1:
                self._shorter[prefix] = self._follow(self._shorter[parent[prefix]], self.last_edge[prefix])
            broken[prefix] |= broken[parent[prefix]] or broken[self._shorter[prefix]]
        self._broken = broken
        self.standing = [prefix for prefix in range(1, len(parent)) if not broken[prefix]]

    def after(self, prefix: int, edge: int) -> int:
        """The prefix a drive stands in after one more edge, or FORBIDDEN if that edge completes a sequence."""
        reached = self._follow(prefix, edge)
        return FORBIDDEN if self._broken[reached] else reached

    def _follow(self, prefix: int, edge: int) -> int:
        while prefix and (prefix, edge) not in self._next:
            prefix = self._shorter[prefix]
        return self._next.get((prefix, edge), 0)

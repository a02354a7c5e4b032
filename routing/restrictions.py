"""Turn restrictions as sequences of edges that may not be driven one after the other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadGraph
from routing.rows import group_rows
from routing.turns import ALWAYS, FORBIDDEN, TurnTable


@dataclass(frozen=True)
class ForbiddenSequences:
    """Edge sequences that may not be driven, as compressed rows.

    start: (sequences + 1,) int64; edges: int32; sequence i is edges[start[i]:start[i + 1]], two edges or more.
    gate: (sequences,) int32; ALWAYS, or the gate that must be shut for the sequence to be forbidden.
    """

    start: NDArray[np.int64]
    edges: NDArray[np.int32]
    gate: NDArray[np.int32]

    def row(self, number: int) -> tuple[int, ...]:
        """One of the sequences."""
        return tuple(self.edges[self.start[number] : self.start[number + 1]].tolist())

    def as_tuples(self) -> list[tuple[int, ...]]:
        """The sequences as tuples of edge numbers."""
        bounds, edges = self.start.tolist(), self.edges.tolist()
        return [tuple(edges[a:b]) for a, b in pairwise(bounds)]


def expand_restrictions(
    edge_tail: ArrayLike,
    edge_head: ArrayLike,
    nodes: int,
    rules: Iterable[tuple[str, Sequence[int]]],
    gate: Sequence[int] | None = None,
) -> ForbiddenSequences:
    """The forbidden sequences that say the same as a list of "no" and "only" rules.

    edge_tail, edge_head: (edges,) node each edge leaves and enters.
    rules: (kind, [from, via..., to]) with kind "no" or "only"; the edges follow each other.
    gate: for each rule ALWAYS, or the gate that must be shut for it to bind; None = all bind always.

    "no" forbids its sequence. "only" obliges: after `from` and after every further part of the sequence, each other
    edge that leaves the junction is forbidden, the U-turn included. OSM's wiki leaves open whether a via-way "only"
    already binds at the first junction; here it does, so that a driver cannot escape the rule by not entering the
    via way. Two "only" rules of one gate that share their beginning allow the union of what each allows (a mapper who
    draws only_straight_on and only_right_turn means either, not a dead end); of two gates, each binds by itself.
    Whoever starts on a via edge is not bound.

    Repeated sequences are given once; order is that of the rules, "only" rules last.
    Raises BadGraph for an unknown kind, a rule of fewer than two edges, or edges that do not follow each other.
    """
    tail, head = checked_ends(edge_tail, edge_head, nodes)
    listed = [(kind, tuple(map(int, edges))) for kind, edges in rules]
    gates = [ALWAYS] * len(listed) if gate is None else [int(each) for each in gate]
    if len(gates) != len(listed):
        raise BadGraph(f"gate has {len(gates)} entries for {len(listed)} rules; give one for each rule")
    _check_sequences(pack_sequences([sequence for _, sequence in listed]), tail, head)
    found: dict[tuple[int, tuple[int, ...]], None] = {}
    obliged: dict[tuple[int, tuple[int, ...]], set[int]] = defaultdict(set)
    for (kind, sequence), own in zip(listed, gates):
        if kind == "no":
            found[own, sequence] = None
        elif kind == "only":
            for length in range(1, len(sequence)):
                obliged[own, sequence[:length]].add(sequence[length])
        else:
            raise BadGraph(f"restriction kind {kind!r} is unknown; use 'no' or 'only'")
    if obliged:
        start, order = group_rows(tail, nodes)
        for (own, begun), allowed in obliged.items():
            node = head[begun[-1]]
            for edge in order[start[node] : start[node + 1]].tolist():
                if edge not in allowed:
                    found[own, (*begun, edge)] = None
    return pack_sequences([sequence for _, sequence in found], [own for own, _ in found])


def pack_sequences(sequences: Iterable[Sequence[int]], gate: Sequence[int] | None = None) -> ForbiddenSequences:
    """The same sequences as compressed rows; `gate` as for `expand_restrictions`."""
    rows = list(sequences)
    start = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=start[1:])
    edges = np.array([edge for row in rows for edge in row], np.int64)
    if len(edges) and not (edges.min() >= -(2**31) and edges.max() < 2**31):
        raise BadGraph(f"restrictions name edges {edges.min()}..{edges.max()}; edges are numbered with 31 bits")
    gates = np.full(len(rows), ALWAYS, np.int32) if gate is None else np.array(gate, np.int32)
    return ForbiddenSequences(start, edges.astype(np.int32), gates)


def checked_sequences(
    forbidden_start: ArrayLike,
    forbidden_edges: ArrayLike,
    gate: ArrayLike | None,
    gates: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
) -> ForbiddenSequences:
    """The sequences of compressed rows, each proved drivable but for the rule. Raises BadGraph."""
    start, edges = np.asarray(forbidden_start), np.asarray(forbidden_edges)
    if start.ndim != 1 or edges.ndim != 1 or len(start) == 0:
        raise BadGraph("forbidden_start needs sequences + 1 entries; give [0] and [] for no rule")
    if start[0] != 0 or start[-1] != len(edges) or np.any(np.diff(start) < 0):
        raise BadGraph(f"forbidden_start must rise from 0 to {len(edges)} (the number of forbidden edges)")
    if (len(start) > 1 and start.dtype.kind not in "iu") or (len(edges) and edges.dtype.kind not in "iu"):
        raise BadGraph(f"forbidden sequences must be integers, not {start.dtype} and {edges.dtype}")
    own = np.full(len(start) - 1, ALWAYS) if gate is None else np.asarray(gate)
    if own.shape != (len(start) - 1,) or (len(own) and own.dtype.kind not in "iu"):
        raise BadGraph(f"gate must be {len(start) - 1} integers, one a sequence, not {own.dtype} {own.shape}")
    if not 0 <= gates < 2**31 - 1 or (len(own) and not (own.min() >= ALWAYS and own.max() < gates)):
        raise BadGraph(f"gate holds {own.tolist()[:5]}..., gates={gates}; a gate is 0..gates-1, or {ALWAYS} for always")
    edges = edges if len(edges) else edges.astype(np.int32)
    sequences = ForbiddenSequences(start.astype(np.int64), edges, own.astype(np.int32))
    _check_sequences(sequences, tail, head)
    return ForbiddenSequences(sequences.start, edges.astype(np.int32), sequences.gate)


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


def _check_sequences(sequences: ForbiddenSequences, tail: NDArray[np.int32], head: NDArray[np.int32]) -> None:
    """All at once, as there is a rule for turning round at almost every junction; raises for the first bad one."""
    start, edges = sequences.start, sequences.edges
    of = np.repeat(np.arange(len(start) - 1), np.diff(start))
    is_unknown = (edges < 0) | (edges >= len(tail))
    bad = np.diff(start) < 2
    np.logical_or.at(bad, of, is_unknown)
    if not is_unknown.any():
        is_apart = (head[edges[:-1]] != tail[edges[1:]]) & (of[:-1] == of[1:])
        bad[of[:-1][is_apart]] = True
    if bad.any():
        number = int(np.argmax(bad))
        _refuse(tuple(edges[start[number] : start[number + 1]].tolist()), tail, head)


def _refuse(sequence: tuple[int, ...], tail: NDArray[np.int32], head: NDArray[np.int32]) -> NoReturn:
    if len(sequence) < 2:
        raise BadGraph(f"restriction {sequence} needs at least two edges: from and to")
    for edge in sequence:
        if not 0 <= edge < len(tail):
            raise BadGraph(f"restriction {sequence} names edge {edge}; edges are 0..{len(tail) - 1}")
    before, after = next(pair for pair in pairwise(sequence) if head[pair[0]] != tail[pair[1]])
    raise BadGraph(
        f"restriction {sequence}: edge {before} ends at node {head[before]}, "
        f"edge {after} begins at node {tail[after]}; list the edges in driving order"
    )


class RuleAutomaton:
    """How much of which forbidden sequence a drive has just completed; for sequences of three edges and more.

    Prefix 0 means nothing; prefix p stands for the longest beginning of a sequence that the drive's last edges spell.
    last_edge[p] is the edge driven last there. standing: the prefixes a drive can be in, without having driven what is
    forbidden always, that decide on what may be driven later. Turns (sequences of two edges) are looked up in a table
    instead, as there are a hundred times as many; here they only spare prefixes that nobody can stand in.
    Source: Aho, Corasick 1975, "Efficient string matching", with edges as letters.
    """

    def __init__(self, sequences: Iterable[tuple[Sequence[int], int]], turns: TurnTable) -> None:
        self.last_edge = [-1]
        self._next: dict[tuple[int, int], int] = {}
        parent, depth, broken, gates = [0], [0], [False], [frozenset[int]()]
        for sequence, gate in sequences:
            prefix = 0
            for edge in sequence:
                child = self._next.setdefault((prefix, edge), len(self.last_edge))
                if child == len(self.last_edge):
                    self.last_edge.append(edge)
                    parent.append(prefix)
                    depth.append(depth[prefix] + 1)
                    broken.append(False)
                    gates.append(frozenset())
                prefix = child
            if gate == ALWAYS:
                broken[prefix] = True
            else:
                gates[prefix] |= {gate}
        last = np.array(self.last_edge)
        is_turn = np.array(depth) > 1
        turned = np.zeros(len(parent), np.bool_)
        turned[is_turn] = turns.find(last[np.array(parent)[is_turn]], last[is_turn])[0] == FORBIDDEN
        has_children = set(parent[1:])
        shorter = [0] * len(parent)  # the longest proper suffix that is also a prefix
        self._shorter = shorter
        for prefix in sorted(range(1, len(parent)), key=depth.__getitem__):
            if depth[prefix] > 1:
                shorter[prefix] = self._follow(shorter[parent[prefix]], self.last_edge[prefix])
            broken[prefix] |= broken[parent[prefix]] or broken[shorter[prefix]] or bool(turned[prefix])
            gates[prefix] |= gates[shorter[prefix]]
        # A prefix that no sequence goes on from need not be told from its suffix.
        self._telling = [prefix if prefix in has_children else 0 for prefix in range(len(parent))]
        for prefix in sorted(range(1, len(parent)), key=depth.__getitem__):
            if prefix not in has_children:
                self._telling[prefix] = self._telling[shorter[prefix]]
        self._broken = broken
        self._gates = [turns.sets.number(each) for each in gates]
        self.standing = [prefix for prefix in range(1, len(parent)) if prefix in has_children and not broken[prefix]]

    def begun(self) -> Iterator[tuple[int, int]]:
        """The edges that begin a sequence, and the prefix each of them is."""
        for prefix in self.standing:
            if self._next.get((0, self.last_edge[prefix])) == prefix:
                yield self.last_edge[prefix], prefix

    def after(self, prefix: int, edge: int) -> tuple[int, int]:
        """(where a drive stands after one more edge, set of the gates that forbid that edge or FORBIDDEN)."""
        reached = self._follow(prefix, edge)
        return self._telling[reached], FORBIDDEN if self._broken[reached] else self._gates[reached]

    def _follow(self, prefix: int, edge: int) -> int:
        while prefix and (prefix, edge) not in self._next:
            prefix = self._shorter[prefix]
        return self._next.get((prefix, edge), 0)

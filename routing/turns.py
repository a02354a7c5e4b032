"""What is known of single turns, from one edge straight onto the next: the gates that forbid them, their delay."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadGraph
from routing.trip import CLOSED

Integers = NDArray[np.int32] | NDArray[np.int64]

ALWAYS = -1
"""In place of a gate: the rule binds at all times."""

FORBIDDEN = -1
"""In place of a set of gates: nothing opens the turn."""

FREE = 0
"""The empty set of gates: nothing forbids the turn."""


class GateSets:
    """Sets of gates by number: FREE is the empty one, 1 + k holds gate k alone, larger ones come after as met."""

    def __init__(self, gates: int) -> None:
        self.gates = gates
        self._larger: list[frozenset[int]] = []
        self._number: dict[frozenset[int], int] = {}

    def number(self, gates: frozenset[int]) -> int:
        """The number of a set."""
        if len(gates) < 2:
            return 1 + next(iter(gates)) if gates else FREE
        if gates not in self._number:
            self._number[gates] = 1 + self.gates + len(self._larger)
            self._larger.append(gates)
        return self._number[gates]

    def members(self, number: int) -> list[int]:
        """The gates of a set, ascending."""
        if number <= self.gates:
            return [number - 1] if number else []
        return sorted(self._larger[number - 1 - self.gates])

    def unite(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
        """The unions of two columns of sets; FORBIDDEN with anything is FORBIDDEN."""
        united = np.where(one == FREE, other, one)
        united[(one == FORBIDDEN) | (other == FORBIDDEN)] = FORBIDDEN
        for place in np.flatnonzero((united > FREE) & (other > FREE) & (one != other)).tolist():
            both = self.members(int(one[place])) + self.members(int(other[place]))
            united[place] = self.number(frozenset(both))
        return united


class TurnTable:
    """The turns that are not simply free: rows by edge left and edge driven next.

    first: (n,) the edges that some turn of the table leaves, ascending, each once.
    sets: numbers the sets of gates.
    """

    def __init__(
        self,
        roads: int,
        gates: int,
        rule: NDArray[np.int64],
        rule_gate: NDArray[np.int64],
        delayed: NDArray[np.int64],
        delay_ms: NDArray[np.int64],
    ) -> None:
        """The table of rule (n, 2), delayed (m, 2): from, to; rule_gate (n,): ALWAYS or a gate; delay_ms (m,) > 0."""
        self.sets = GateSets(gates)
        self._roads = roads
        rule_key, delay_key = (rows[:, 0] * roads + rows[:, 1] for rows in (rule, delayed))
        order = np.lexsort((rule_gate, rule_key))
        key, gate = rule_key[order], rule_gate[order]
        is_new = np.ones(len(key), np.bool_)
        is_new[1:] = (key[1:] != key[:-1]) | (gate[1:] != gate[:-1])
        key, gate = key[is_new], gate[is_new]
        row_key, row_start, row_size = np.unique(key, return_index=True, return_counts=True)
        row_set = np.where(gate[row_start] == ALWAYS, FORBIDDEN, gate[row_start] + 1)
        for row in np.flatnonzero((row_size > 1) & (row_set != FORBIDDEN)).tolist():
            begin = row_start[row]
            row_set[row] = self.sets.number(frozenset(gate[begin : begin + row_size[row]].tolist()))
        self._key = np.union1d(row_key, delay_key)
        self._set = np.zeros(len(self._key), np.int64)
        self._set[np.searchsorted(self._key, row_key)] = row_set
        self._delay_ms = np.zeros(len(self._key), np.int64)
        self._delay_ms[np.searchsorted(self._key, delay_key)] = delay_ms
        self.first = np.unique(self._key // max(roads, 1)).astype(np.int32)

    def find(self, left: Integers, driven: Integers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(set of gates, FREE or FORBIDDEN; delay in milliseconds) of each turn of two columns of edges."""
        key = left.astype(np.int64) * self._roads + driven
        if not len(self._key):
            return np.zeros(len(key), np.int64), np.zeros(len(key), np.int64)
        place = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
        is_found = self._key[place] == key
        return np.where(is_found, self._set[place], FREE), np.where(is_found, self._delay_ms[place], 0)


def checked_delays(
    turns: ArrayLike, turn_ms: ArrayLike, tail: NDArray[np.int32], head: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The turns that cost something, (n, 2) from and to, and their delays, milliseconds. Raises BadGraph."""
    pairs, delays = np.asarray(turns), np.asarray(turn_ms)
    if pairs.size == 0:
        pairs = pairs.reshape(0, 2)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or delays.shape != (len(pairs),):
        raise BadGraph(f"turns {pairs.shape} must be rows (from, to), turn_ms {delays.shape} one number for each")
    if len(pairs) and (pairs.dtype.kind not in "iu" or delays.dtype.kind not in "iu"):
        raise BadGraph(f"turns and turn_ms must be integers, not {pairs.dtype} and {delays.dtype}")
    if len(pairs) and not (pairs.min() >= 0 and pairs.max() < len(tail)):
        raise BadGraph(f"turns name edges {pairs.min()}..{pairs.max()}; edges are 0..{len(tail) - 1}")
    _refuse_any((delays < 0) | (delays >= CLOSED), pairs, delays, f"takes no delay in 0..{CLOSED - 1} ms")
    pairs, delays = pairs.astype(np.int64), delays.astype(np.int64)
    _refuse_any(head[pairs[:, 0]] != tail[pairs[:, 1]], pairs, delays, "is no turn: the second edge begins elsewhere")
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs, delays = pairs[order], delays[order]
    is_repeated = np.zeros(len(pairs), np.bool_)
    is_repeated[1:] = (pairs[1:] == pairs[:-1]).all(axis=1)
    _refuse_any(is_repeated, pairs, delays, "is given twice")
    return pairs[delays > 0], delays[delays > 0]


def _refuse_any(is_bad: NDArray[np.bool_], pairs: NDArray[np.int64], delays: NDArray[np.int64], why: str) -> None:
    if np.any(is_bad):
        number = int(np.argmax(is_bad))
        raise BadGraph(f"turn {tuple(pairs[number].tolist())} with turn_ms {delays[number]} {why}")

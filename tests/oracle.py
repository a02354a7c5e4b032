"""Slow, obvious searches that the engine's answers are compared with. They import nothing of the engine.

An edge is (tail, head, cost); None as cost means closed. A rule is ("no" | "only", (from, via..., to)) in edge numbers.
A point is (edge, fraction, extra); the part of an edge before a fraction costs floor(cost * fraction).
A turn from one edge onto the next may have a delay, which is due when the second edge is begun.
"""

import heapq
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise

Rule = tuple[str, tuple[int, ...]]
Point = tuple[int, float, int]


def part(cost: int, fraction: float) -> int:
    """The cost of an edge from its beginning up to a fraction of it."""
    return math.floor(cost * fraction)


def node_costs(edges: Sequence[tuple[int, int, int | None]], source: int) -> dict[int, int]:
    """The least cost from a node to every node it reaches, turn rules aside."""
    leaving = _leaving(edges)
    found: dict[int, int] = {}
    queue = [(0, source)]
    while queue:
        cost, node = heapq.heappop(queue)
        if node in found:
            continue
        found[node] = cost
        for edge in leaving.get(node, ()):
            queue_cost = edges[edge][2]
            if queue_cost is not None:
                heapq.heappush(queue, (cost + queue_cost, edges[edge][1]))
    return found


class EdgeOracle:
    """Edge-expanded Dijkstra: its state is the tuple of the last edges, as many as the longest rule looks back."""

    def __init__(
        self,
        edges: Iterable[tuple[int, int, int | None]],
        rules: Iterable[Rule] = (),
        turn_ms: Mapping[tuple[int, int], int] | None = None,
        gate: Sequence[int] | None = None,
        shut: Collection[int] = (),
    ) -> None:
        """Rule i binds if gate[i] is -1 or one of the shut ones; without gates all bind. turn_ms: (from, to) -> delay.

        "only" rules with a common beginning allow the union of what they allow, if they are of one gate.
        """
        self.edges = [(int(tail), int(head), None if cost is None else int(cost)) for tail, head, cost in edges]
        every = [(kind, tuple(int(edge) for edge in sequence)) for kind, sequence in rules]
        gates = [-1] * len(every) if gate is None else list(gate)
        binding = [(rule, own) for rule, own in zip(every, gates, strict=True) if own == -1 or own in shut]
        self.rules = [rule for rule, _ in binding]
        self.turn_ms = dict(turn_ms or {})
        self.memory = max((len(sequence) - 1 for _, sequence in self.rules), default=1)
        self.leaving = _leaving(self.edges)
        self._rules_after: dict[int, list[tuple[str, tuple[int, ...], int, int]]] = {}
        for (kind, sequence), own in binding:
            for length in range(1, len(sequence)):
                if kind == "only" or length == len(sequence) - 1:
                    begun, following = sequence[:length], sequence[length]
                    self._rules_after.setdefault(begun[-1], []).append((kind, begun, following, own))

    def may_follow(self, history: tuple[int, ...], edge: int) -> bool:
        """Whether the rules let a driver who has driven `history` drive `edge` next."""
        allowed: dict[tuple[tuple[int, ...], int], set[int]] = {}
        for kind, begun, following, gate in self._rules_after.get(history[-1], ()):
            if history[-len(begun) :] != begun:
                continue
            if kind == "no" and following == edge:
                return False
            if kind == "only":
                allowed.setdefault((begun, gate), set()).add(following)
        return all(edge in choices for choices in allowed.values())

    def obeys(self, path: Sequence[int]) -> bool:
        """Whether a drive joins up, keeps off closed edges and breaks no rule."""
        path = tuple(int(edge) for edge in path)
        if any(self.edges[edge][2] is None for edge in path):
            return False
        return all(
            self.edges[path[i - 1]][1] == self.edges[path[i]][0] and self.may_follow(path[:i], path[i])
            for i in range(1, len(path))
        )

    def path_cost(self, path: Sequence[int], start: Point, end: Point) -> int:
        """What a drive costs from a point on its first edge to a point on its last."""
        path = [int(edge) for edge in path]
        total = sum(self.edges[edge][2] for edge in path[:-1])
        total += sum(self.turn_ms.get(turn, 0) for turn in pairwise(path))
        before = part(self.edges[path[0]][2], start[1])
        return total - before + part(self.edges[path[-1]][2], end[1]) + start[2] + end[2]

    def edge_costs(self, starts: Iterable[Point]) -> dict[int, int]:
        """The least cost at which the beginning of each edge is passed, having driven there from one of the starts."""
        begun: dict[int, int] = {}
        self._spread(starts, lambda edge, cost: begun.update({edge: min(cost, begun.get(edge, cost))}))
        return begun

    def node_arrivals(self, starts: Iterable[Point]) -> dict[int, int]:
        """The least cost at which each node is arrived at from one of the starts."""
        arrived: dict[int, int] = {}
        starts = list(starts)
        begun = self.edge_costs(starts)
        for edge, fraction, extra in starts:
            if self.edges[edge][2] is not None:
                cost = extra + self.edges[edge][2] - part(self.edges[edge][2], fraction)
                arrived[self.edges[edge][1]] = min(cost, arrived.get(self.edges[edge][1], cost))
        for edge, cost in begun.items():
            _, head, own = self.edges[edge]
            arrived[head] = min(cost + own, arrived.get(head, cost + own))
        return arrived

    def cost(self, starts: Iterable[Point], ends: Iterable[Point], begun: dict[int, int] | None = None) -> int | None:
        """The least cost from one of the starts to one of the ends; `begun` spares a search when starts are reused."""
        starts, ends = list(starts), list(ends)
        begun = self.edge_costs(starts) if begun is None else begun
        found = []
        for edge, fraction, extra in ends:
            own = self.edges[edge][2]
            if own is None:
                continue
            if edge in begun:
                found.append(begun[edge] + part(own, fraction) + extra)
            for start_edge, start_fraction, start_extra in starts:
                if start_edge == edge and fraction >= start_fraction:
                    found.append(part(own, fraction) - part(own, start_fraction) + start_extra + extra)
        return min(found, default=None)

    def _spread(self, starts: Iterable[Point], begin: Callable[[int, int], object]) -> None:
        queue: list[tuple[int, tuple[int, ...]]] = []
        for edge, fraction, extra in starts:
            own = self.edges[edge][2]
            if own is not None:
                queue.append((extra + own - part(own, fraction), (edge,)))
        heapq.heapify(queue)
        done = set()
        while queue:
            cost, history = heapq.heappop(queue)
            if history in done:
                continue
            done.add(history)
            for edge in self.leaving.get(self.edges[history[-1]][1], ()):
                own = self.edges[edge][2]
                if own is not None and self.may_follow(history, edge):
                    begun = cost + self.turn_ms.get((history[-1], edge), 0)
                    begin(edge, begun)
                    heapq.heappush(queue, (begun + own, (*history, edge)[-self.memory :]))


def _leaving(edges: Sequence[tuple[int, int, int | None]]) -> dict[int, list[int]]:
    leaving: dict[int, list[int]] = {}
    for edge, (tail, _, _) in enumerate(edges):
        leaving.setdefault(tail, []).append(edge)
    return leaving

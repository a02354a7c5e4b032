"""Trips from and to local roads against a slow search in three layers: local roads, public ones, local ones."""

import heapq
import math
import random

import numpy as np
import pytest

from location_cloud.directions.legs import LocalSnap, direct_cost, find_leg, leg_cost
from location_cloud.directions.model import Snap
from location_cloud.directions.network import Family, Network
from location_cloud.directions.snapping import _local_snap
from routing.cch import build_cch
from routing.customize import customize
from routing.gates import edge_costs, end_points
from routing.graph import build_graph
from routing.restrictions import expand_restrictions, pack_sequences
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.oracle import EdgeOracle, part

LOCAL_BEFORE, PUBLIC, LOCAL_AFTER = range(3)


class Town:
    """Random roads: some closed, some one-way, some local; rules of 2 to 4 edges, half of them behind gates."""

    def __init__(self, seed: int) -> None:
        self.random = chance = random.Random(seed)
        nodes = chance.randint(4, 12)
        segments = chance.randint(nodes, 3 * nodes)
        ends = [(chance.randrange(nodes), chance.randrange(nodes)) for _ in range(segments)]
        self.tail = np.array([end for a, b in ends for end in (a, b)], np.int32)
        self.head = np.array([end for a, b in ends for end in (b, a)], np.int32)
        edges = 2 * segments
        cost = np.array([chance.choice([0, 1, 7, 100, 1000 + chance.randrange(99)]) for _ in range(edges)], np.int32)
        kind = np.repeat([chance.random() for _ in range(segments)], 2)
        share = chance.choice([0.2, 0.5, 0.8])
        one_way = np.array([chance.random() < 0.15 for _ in range(edges)])
        local_ms = np.where(one_way, CLOSED, cost).astype(np.int32)
        public_ms = np.where(kind < share, CLOSED, local_ms).astype(np.int32)
        self.whole = np.where(public_ms == CLOSED, local_ms, public_ms)
        self.is_local = (public_ms == CLOSED) & (local_ms != CLOSED)
        rules = [rule for rule in (self._rule(edges) for _ in range(chance.randint(0, 3 * nodes))) if rule]
        sequences = expand_restrictions(self.tail, self.head, nodes, rules).as_tuples()
        gate = [chance.choice([-1, 0, 1, 2]) for _ in sequences]
        is_shut = np.array([chance.random() < 0.5 for _ in range(3)])
        packed = pack_sequences(sequences, gate)
        graph = build_graph(self.tail, self.head, nodes, packed.start, packed.edges, packed.gate, 3)
        bound = [("no", way) for way, own in zip(sequences, gate) if own < 0 or is_shut[own]]
        oracle_edges = [
            (t, h, None if c == CLOSED else int(c))
            for t, h, c in zip(self.tail.tolist(), self.head.tolist(), self.whole.tolist())
        ]
        self.oracle = EdgeOracle(oracle_edges, bound)
        cch = build_cch(graph, np.array([(chance.random(), chance.random()) for _ in range(nodes)]))
        zeros = np.zeros(segments, np.uint8)
        self.network = Network(
            Family("test", graph, cch, ()),
            "car",
            customize(cch, edge_costs(graph, public_ms, is_shut)),
            edge_costs(graph, local_ms, is_shut),
            zeros.astype(np.int32),
            zeros + 1,
            zeros + 1,
            "",
            0.0,
        )

    def _rule(self, edges: int) -> tuple[str, tuple[int, ...]] | None:
        way = [self.random.randrange(edges)]
        for _ in range(self.random.choice([1, 1, 2, 3])):
            leaving = np.flatnonzero(self.tail == self.head[way[-1]]).tolist()
            if not leaving:
                return None
            way.append(self.random.choice(leaving))
        return self.random.choice(["no", "no", "no", "only"]), tuple(way)

    def snap(self) -> Snap | None:
        segment = self.random.randrange(len(self.tail) // 2)
        fraction = self.random.choice([0.0, 1.0, 0.5, self.random.random()])
        edges = np.array([e for e in (2 * segment, 2 * segment + 1) if self.whole[e] != CLOSED], np.int32)
        if not len(edges):
            return None
        if self.is_local[edges].any():
            return _local_snap(self.network, (0.0, 0.0), 0.0, segment, fraction, edges)
        points = edge_points(edges, np.where(edges % 2 == 1, 1.0 - fraction, fraction))
        ends = end_points(self.network.graph, self.network.metric.cost_ms, points)
        return Snap((0.0, 0.0), 0.0, segment, fraction, points, ends)

    def points(self, snap: Snap) -> list[tuple[int, float]]:
        both = [(2 * snap.segment, snap.fraction), (2 * snap.segment + 1, 1.0 - snap.fraction)]
        return [(edge, along) for edge, along in both if self.whole[edge] != CLOSED]

    def layer_after(self, layer: int, edge: int) -> int | None:
        if self.is_local[edge]:
            return LOCAL_BEFORE if layer == LOCAL_BEFORE else LOCAL_AFTER
        return None if layer == LOCAL_AFTER else PUBLIC

    def cost(self, start: Snap, end: Snap) -> int:
        """By Dijkstra over (layer, last edges)."""
        ends, best = self.points(end), math.inf
        queue = []
        for edge, fraction in self.points(start):
            own = int(self.whole[edge])
            for end_edge, end_fraction in ends:
                if edge == end_edge and end_fraction >= fraction:
                    best = min(best, part(own, end_fraction) - part(own, fraction))
            layer = LOCAL_BEFORE if self.is_local[edge] else PUBLIC
            queue.append((own - part(own, fraction), layer, (edge,)))
        heapq.heapify(queue)
        done = set()
        while queue:
            cost, layer, history = heapq.heappop(queue)
            if (layer, history) in done:
                continue
            done.add((layer, history))
            for edge in self.oracle.leaving.get(self.oracle.edges[history[-1]][1], ()):
                after = self.layer_after(layer, edge)
                if self.whole[edge] == CLOSED or after is None or not self.oracle.may_follow(history, edge):
                    continue
                for end_edge, end_fraction in ends:
                    if edge == end_edge:
                        best = min(best, cost + part(int(self.whole[edge]), end_fraction))
                kept = (*history, edge)[-self.oracle.memory :]
                heapq.heappush(queue, (cost + int(self.whole[edge]), after, kept))
        return UNREACHED if best == math.inf else int(best)

    def is_layered(self, edges: list[int]) -> bool:
        layer: int | None = LOCAL_BEFORE if self.is_local[edges[0]] else PUBLIC
        for edge in edges[1:]:
            layer = None if layer is None else self.layer_after(layer, edge)
        return layer is not None


@pytest.mark.parametrize("seed", range(150))
def test_leg_costs_what_a_search_in_three_layers_finds(seed) -> None:
    town = Town(seed)
    for _ in range(8):
        start, end = town.snap(), town.snap()
        if start is None or end is None:
            continue
        wanted, leg = town.cost(start, end), find_leg(town.network, start, end)
        asked = f"seed {seed}: {town.points(start)} -> {town.points(end)}"
        assert leg_cost(town.network, start, end) == wanted, asked
        if leg is None:
            assert wanted == UNREACHED, asked
            continue
        edges = leg.edges.tolist()
        assert leg.duration_ms == wanted, asked
        assert town.oracle.obeys(edges), f"{asked}: {edges}"
        assert town.is_layered(edges), f"{asked}: {edges}"
        assert (edges[0], leg.first_fraction) in town.points(start), asked
        assert (edges[-1], leg.last_fraction) in town.points(end), asked
        whole = town.whole[leg.edges].astype(np.int64)
        whole[0], last = whole[0] - part(int(whole[0]), leg.first_fraction), part(int(whole[-1]), leg.last_fraction)
        whole[-1] = last if len(edges) > 1 else last - part(int(town.whole[edges[0]]), leg.first_fraction)
        assert leg.edge_ms.tolist() == whole.tolist(), asked


def test_matrix_value_or_direct_drive_is_the_cost_of_the_leg() -> None:
    for seed in range(30):
        town = Town(seed)
        start, end = town.snap(), town.snap()
        if start is None or end is None:
            continue
        public = Snap(
            *(getattr(start, name) for name in ("lonlat", "distance_m", "segment", "fraction", "starts", "ends"))
        )
        other = Snap(
            *(getattr(end, name) for name in ("lonlat", "distance_m", "segment", "fraction", "starts", "ends"))
        )
        wanted = leg_cost(town.network, start, end)
        assert min(leg_cost(town.network, public, other), direct_cost(town.network, start, end)) == wanted, seed


def test_local_place_names_the_roads_to_each_public_one() -> None:
    seen = 0
    for seed in range(40):
        town = Town(seed)
        snap = town.snap()
        if isinstance(snap, LocalSnap):
            assert len(snap.start_edges) == len(snap.starts)
            assert len(snap.end_edges) == len(snap.ends)
            seen += sum(map(len, snap.start_edges))
    assert seen > 20

"""Small random towns, and vehicles that drive them: for the matcher and for the slow one that it is compared with."""

import math
import random
from dataclasses import asdict

import numpy as np

from routing.gates import edge_costs
from routing.graph import build_graph
from routing.match_model import MatchModel
from routing.match_network import NETWORK, build_match_network
from routing.match_path import trace_back
from routing.match_scratch import (
    ANCHOR,
    ANCHOR_CHOSEN,
    ANCHOR_PART,
    ANCHOR_VIA,
    CAND_EDGE,
    CAND_FLOAT,
    CAND_INT,
    FRACTION,
    LINK_INT,
    LINK_ROUTE,
    OUT,
    ROUTE,
    SCORE,
    STATUS,
    MatchScratch,
)
from routing.match_track import NOWHERE, choose_path
from routing.restrictions import expand_restrictions
from routing.segment_index import build_segment_index
from routing.shape import segment_lengths_m
from routing.trip import CLOSED
from tests.oracle import EdgeOracle
from tests.routing.match_oracle import Chain, Fix, MatchOracle

ORIGIN_E7 = np.array([1251000000, 466000000])
M_E7 = np.array([130.9, 89.9])
"""Units of 1e-7 degree in a metre, near enough to draw by."""


class RandomTown:
    """A crooked grid of streets: some missing, closed or one-way, fast or slow, with bends, turn rules and delays."""

    def __init__(self, seed: int) -> None:
        self.seed, self.random = seed, random.Random(seed)
        columns, rows = self.random.randint(2, 5), self.random.randint(2, 4)
        block_m = self.random.choice([60.0, 110.0])
        self.xy_m = [
            (column * block_m + self.random.uniform(-20, 20), row * block_m + self.random.uniform(-20, 20))
            for row in range(rows)
            for column in range(columns)
        ]
        self.nodes = len(self.xy_m)
        ends = [(n, n + 1) for n in range(self.nodes) if (n + 1) % columns]
        ends += [(n, n + columns) for n in range(self.nodes - columns)]
        self.ends = [pair for pair in ends if self.random.random() < 0.9] or ends
        self.shapes_e7 = [self._shape(*pair) for pair in self.ends]
        self.edges: list[tuple[int, int, int | None]] = []
        self.length_m = segment_lengths_m(*self._flat_shapes())
        for (tail, head), metres in zip(self.ends, self.length_m.tolist()):
            cost_ms = round(metres * 3600.0 / self.random.choice([20.0, 36.0, 36.0, 60.0]))
            shut = self.random.choice([-1, -1, -1, -1, 0, 1, 2])
            self.edges.append((tail, head, None if shut in (0, 2) else cost_ms))
            self.edges.append((head, tail, None if shut in (1, 2) else cost_ms))
        turns = [(a, b) for a, x in enumerate(self.edges) for b, y in enumerate(self.edges) if x[1] == y[0]]
        back = [("no", turn) for turn in turns if turn[0] == turn[1] ^ 1 and self._leads_on(turn[0])]
        self.rules = back if self.random.random() < 0.7 else []
        self.rules += [rule for _ in range(self.random.randint(0, 6)) if (rule := self._rule())]
        self.turn_ms = {turn: self.random.choice([500, 2000, 6000]) for turn in turns if self.random.random() < 0.3}
        self.roads = EdgeOracle(self.edges, self.rules, self.turn_ms)
        self.network = self._network()

    def _shape(self, tail: int, head: int) -> np.ndarray:
        xy = [self.xy_m[tail], self.xy_m[head]]
        if self.random.random() < 0.3:
            middle = tuple((a + b) / 2 + self.random.uniform(-15, 15) for a, b in zip(*xy))
            xy.insert(1, middle)
        return ORIGIN_E7 + np.rint(np.array(xy) * M_E7).astype(np.int64)

    def _flat_shapes(self) -> tuple[np.ndarray, np.ndarray]:
        start = np.cumsum([0, *map(len, self.shapes_e7)]).astype(np.int32)
        return start, np.concatenate(self.shapes_e7).astype(np.int32)

    def _leads_on(self, edge: int) -> bool:
        return sum(tail == self.edges[edge][1] and cost is not None for tail, _, cost in self.edges) > 1

    def _rule(self) -> tuple[str, tuple[int, ...]] | None:
        sequence = [self.random.randrange(len(self.edges))]
        for _ in range(self.random.choice([1, 1, 2])):
            following = [e for e, (tail, *_) in enumerate(self.edges) if tail == self.edges[sequence[-1]][1]]
            sequence.append(self.random.choice([edge for edge in following if edge != sequence[-1] ^ 1] or following))
        return self.random.choice(["no", "no", "no", "only"]), tuple(sequence)

    def _network(self):
        tail, head, cost = zip(*self.edges)
        forbidden = expand_restrictions(tail, head, self.nodes, self.rules)
        rows, turns = (forbidden.start, forbidden.edges), list(self.turn_ms)
        graph = build_graph(tail, head, self.nodes, *rows, turns=turns, turn_ms=list(self.turn_ms.values()))
        road_ms = np.array([CLOSED if each is None else each for each in cost], np.int32)
        index = build_segment_index(*self._flat_shapes())
        return build_match_network(graph, index, edge_costs(graph, road_ms), self.length_m)

    def drive(self, fixes: int, seconds: float, noise_m: float) -> list[Fix]:
        """Fixes of a vehicle that drives 10 m a second, turns as it may, and sometimes turns round on the road."""
        lonlats, headings = self._line(10.0 * seconds * fixes)
        told = self.random.random() < 0.5
        steps = range(0, len(lonlats), int(10 * seconds))
        return [
            Fix(
                tuple((lonlats[at] + [self.random.gauss(0.0, noise_m) * each for each in M_E7]) / 1e7),
                number * seconds,
                max(noise_m, 2.0),
                headings[at] + self.random.gauss(0.0, 15.0) if told else math.nan,
                36.0 if told else math.nan,
            )
            for number, at in enumerate(list(steps)[:fixes])
        ]

    def _line(self, metres: float) -> tuple[np.ndarray, list[float]]:
        """A place each metre (1e-7 degree) and the heading there."""
        open_edges = [edge for edge, (*_, cost) in enumerate(self.edges) if cost is not None]
        driven = (self.random.choice(open_edges),)
        places: list[np.ndarray] = []
        while len(places) < metres:
            line = self._metre_by_metre(driven[-1])
            following = [
                edge for edge in self.roads.leaving.get(self.edges[driven[-1]][1], ()) if self._may(driven, edge)
            ]
            if self.edges[driven[-1] ^ 1][2] is not None and (not following or self.random.random() < 0.1):
                at = self.random.randrange(1, len(line))
                places += [*line[:at], *line[:at][::-1]]
                driven = (driven[-1] ^ 1,)
                following = [edge for edge in self.roads.leaving[self.edges[driven[-1]][1]] if self._may(driven, edge)]
            else:
                places += line
            if not following:
                break
            driven = (*driven, self.random.choice(following))[-4:]
        xy = np.array(places) / M_E7
        steps = np.diff(xy, axis=0, append=xy[-1:] + (xy[-1:] - xy[-2:-1]))
        return np.array(places), np.degrees(np.arctan2(steps[:, 0], steps[:, 1])).tolist()

    def _may(self, driven: tuple[int, ...], edge: int) -> bool:
        return self.edges[edge][2] is not None and self.roads.may_follow(driven[-self.roads.memory :], edge)

    def _metre_by_metre(self, edge: int) -> list[np.ndarray]:
        shape = self.shapes_e7[edge >> 1][:: -1 if edge & 1 else 1].astype(float)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*(np.diff(shape, axis=0) / M_E7).T))])
        metres = np.arange(0.0, along[-1])
        return list(np.stack([np.interp(metres, along, shape[:, axis]) for axis in (0, 1)], axis=1))

    def oracle(self, model: MatchModel) -> MatchOracle:
        shapes = [[tuple(point) for point in (shape / 1e7).tolist()] for shape in self.shapes_e7]
        return MatchOracle(self.roads, shapes, asdict(model))

    def engine(self, fixes: list[Fix], model: MatchModel) -> Chain | None:
        """The chain that the kernels choose: its cost, its places, and the edges of its ways; None if it is broken."""
        scratch = MatchScratch(self.network, len(fixes), room=8)
        columns = scratch.table.columns
        count = choose_path(
            NETWORK.pack(self.network).address, scratch.table.address, model.as_column(), *as_columns(fixes),
            0, len(fixes), NOWHERE, 0.0, True,
        )  # fmt: skip
        trace_back(scratch.table.address, 0, count - 1)
        anchor, candidate, values = columns[ANCHOR][:count], columns[CAND_INT], columns[CAND_FLOAT]
        if anchor[-1, ANCHOR_PART] > 0 or (columns[STATUS][: len(fixes)] == OUT).any():
            return None
        chosen = anchor[:, ANCHOR_CHOSEN]
        ways = []
        for via in anchor[1:, ANCHOR_VIA]:
            begin = columns[LINK_INT][via, LINK_ROUTE]
            ways.append(tuple(columns[ROUTE][begin + 1 : begin + 1 + columns[ROUTE][begin]].tolist()))
        places = zip(candidate[chosen, CAND_EDGE].tolist(), values[chosen, FRACTION].tolist())
        return Chain(float(values[chosen[-1], SCORE]), tuple(places), tuple(ways))

    def __str__(self) -> str:
        return f"seed {self.seed}: edges {dict(enumerate(self.edges))}, rules {self.rules}, turns {self.turn_ms}"


def as_columns(fixes: list[Fix]):
    """lonlat, time_s, sigma, heading, speed."""
    lonlat = np.array([fix.lonlat for fix in fixes])
    names = ("time_s", "sigma_m", "heading_deg", "speed_kmh")
    return lonlat, *(np.array([getattr(fix, name) for fix in fixes], np.float64) for name in names)

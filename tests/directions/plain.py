"""The plain truth about drives of one way of moving: its rules read straight from the roads, searched edge by edge.

Nothing of the family's graph, its gates, its aliases or its hierarchy is used, only what single edges cost.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise, product

import numpy as np

from location_cloud.directions.conditions import Situation, holds
from location_cloud.directions.costs import edge_costs as edge_costs_of
from location_cloud.directions.costs import ever_open, full_size, shut_gates
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.legs import find_leg
from location_cloud.directions.model import Leg, Place, Snap, Vehicle
from location_cloud.directions.network import Network
from location_cloud.directions.profiles import Profile
from location_cloud.directions.snapping import snap_all
from location_cloud.directions.star import build_star
from location_cloud.directions.turn_delays import turn_delays_ms
from location_cloud.errors import Unprocessable
from location_cloud.roads.countries import get_country
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import edge_heads, edge_tails, topology
from location_cloud.roads.model import MOTOR, ROUNDABOUT, RULE_KINDS, Roads
from location_cloud.storage.world import World
from routing.customize import customize
from routing.gates import edge_costs, end_points
from routing.query import find_path
from routing.trip import CLOSED, edge_points
from tests.oracle import EdgeOracle, Point, Rule, part

BEFORE, ALONG, AFTER = range(3)
"""Stages of a drive: on local roads at its beginning, on public ones, on local ones at its end."""


class PlainOracle(EdgeOracle):
    """Edge e is e + stage * edges: public edges exist in the second stage, local ones in the first and the third."""

    def __init__(
        self, roads: Roads, profile: Profile, network: Network, at: datetime | None = None, size: Vehicle | None = None
    ) -> None:
        self.roads, self.profile = roads, profile
        self.count = 2 * roads.segment_count
        ends = topology(roads, profile.access)
        public = network.metric.cost_ms[: self.count].tolist()
        local = network.local_ms[: self.count].tolist()
        self.own_ms = [here if open_ == CLOSED else open_ for open_, here in zip(public, local)]
        self.is_local = [open_ == CLOSED != here for open_, here in zip(public, local)]
        tail, head = ends.tail.tolist(), ends.head.tolist()
        edges = [
            (tail[edge], head[edge], self.own_ms[edge] if self._exists(edge, stage) else None)
            for stage in (BEFORE, ALONG, AFTER)
            for edge in range(self.count)
        ]
        situation = Situation(profile, full_size(profile, size or Vehicle()), "", at)
        may_open = ever_open(roads, (profile,))
        signs = _signs(roads, situation, may_open)
        always = [rule for rule, text in signs if not text]
        rules = [rule for rule, text in signs if not text or holds(text, situation)]
        if not profile.may_turn_round:
            is_public = edge_costs_of(roads, profile).cost_ms != CLOSED
            rules += _turning_round(tail, head, may_open.tolist(), is_public.tolist(), always)
        super().__init__(edges, rules)
        self.turn_ms = _Turns(roads, profile, tail, head)

    def may_follow(self, history: tuple[int, ...], edge: int) -> bool:
        stages = history[-1] // self.count, edge // self.count
        if stages[0] > stages[1] or stages == (BEFORE, AFTER):
            return False
        return super().may_follow(tuple(each % self.count for each in history), edge % self.count)

    def points(self, snap: Snap) -> list[Point]:
        """Where a drive may begin or end at a place, in every stage."""
        return [
            (edge + stage * self.count, along, 0)
            for edge, along in ((2 * snap.segment, snap.fraction), (2 * snap.segment + 1, 1.0 - snap.fraction))
            for stage in (BEFORE, ALONG, AFTER)
            if self._exists(edge, stage)
        ]

    def starts(self, snap: Snap) -> list[Point]:
        return [point for point in self.points(snap) if point[0] < 2 * self.count]

    def check(self, leg: Leg, cost_ms: int) -> None:
        """Asserts that a drive joins up, breaks no rule, and costs on each edge what the edge costs."""
        edges = leg.edges.tolist()
        assert self.obeys(self._staged(edges)), edges
        spent = [self.own_ms[edge] for edge in edges]
        spent[0] -= part(self.own_ms[edges[0]], leg.first_fraction)
        spent[-1] -= self.own_ms[edges[-1]] - part(self.own_ms[edges[-1]], leg.last_fraction)
        assert spent == leg.along_ms.tolist()
        turns = [0, *(self.turn_ms.get(turn) for turn in pairwise(edges))]
        assert turns == ([0] * len(edges) if leg.turn_ms is None else leg.turn_ms.tolist())
        spent = [along + turn for along, turn in zip(spent, turns)]
        assert spent == leg.edge_ms.tolist()
        assert sum(spent) == cost_ms

    def _exists(self, edge: int, stage: int) -> bool:
        return self.own_ms[edge] != CLOSED and self.is_local[edge] == (stage != ALONG)

    def _staged(self, edges: Sequence[int]) -> list[int]:
        staged, stage = [], BEFORE
        for edge in edges:
            if not self.is_local[edge]:
                assert stage != AFTER, "led through local roads"
                stage = ALONG
            elif stage == ALONG:
                stage = AFTER
            staged.append(edge + stage * self.count)
        return staged


class _Turns(dict[tuple[int, int], int]):
    """What each turn of a traveller takes, milliseconds, by the edges left and driven, in whatever stage they are."""

    def __init__(self, roads: Roads, profile: Profile, tail: list[int], head: list[int]) -> None:
        self.edges = len(tail)
        star = build_star(roads)
        bearing = dict(zip(star.edge.tolist(), star.bearing_deg.tolist()))
        side = get_country(roads.country_code).driving_side
        theirs = MOTOR if profile.access & MOTOR else profile.access
        access = (roads.seg_access_forward | roads.seg_access_backward).tolist()
        meeting = Counter(node for edge, node in enumerate(tail) if access[edge // 2] & theirs)
        is_circle = (roads.seg_flags & ROUNDABOUT != 0).tolist()
        leaving: dict[int, list[int]] = {}
        for edge, node in enumerate(tail):
            leaving.setdefault(node, []).append(edge)
        for left, node in enumerate(head):
            for driven in leaving.get(node, ()):
                seconds = 0.0
                if driven == left ^ 1:
                    seconds = profile.u_turn_s + _turn_s(profile, -180 if side == "right" else 180, side, True)
                elif meeting[node] > 2:
                    right = (bearing[driven] - bearing[left ^ 1]) % 360 - 180
                    circles = is_circle[left // 2] or is_circle[driven // 2]
                    seconds = _turn_s(profile, 5 * round(right / 5), side, circles)
                if seconds >= 0.1:
                    self[left, driven] = round(1000 * seconds)

    def get(self, turn: tuple[int, int], default: int = 0) -> int:
        return super().get((turn[0] % self.edges, turn[1] % self.edges), default)


def _turn_s(profile: Profile, right_deg: int, side: str, circles: bool) -> float:
    """OSRM's formula for cars, as its profile writes it, for traffic on the right; on the left all is mirrored."""
    angle, bias = (right_deg if side == "right" else -right_deg), profile.turn_bias
    if angle >= 0:
        return profile.turn_s / (1 + math.exp(-((13 / bias) * angle / 180 - 6.5 * bias)))
    turn_s = profile.turn_s / (1 + math.exp(-((13 * bias) * -angle / 180 - 6.5 / bias)))
    return turn_s if circles else turn_s + profile.across_s / (1 + math.exp(-(13 * -angle / 180 - 3.25)))


def _signs(roads: Roads, situation: Situation, may_open: np.ndarray) -> list[tuple[Rule, str]]:
    """Turn restrictions with their conditions; one over a road or barrier closed to the traveller says nothing."""
    profile, found = situation.profile, []
    for prefix in ("rule", "conditional"):
        start = getattr(roads, f"{prefix}_start")
        for number, vehicles in enumerate(getattr(roads, f"{prefix}_vehicles").tolist()):
            edges = getattr(roads, f"{prefix}_edges")[start[number] : start[number + 1]]
            ends = np.where(edges[:-1] % 2 == 0, roads.seg_to[edges[:-1] // 2], roads.seg_from[edges[:-1] // 2])
            is_passed = not (roads.node_blocked[ends] & profile.access).any()
            if vehicles & profile.access and profile.obeys_signs and may_open[edges].all() and is_passed:
                kind = RULE_KINDS[getattr(roads, f"{prefix}_kind")[number]]
                text = "" if prefix == "rule" else roads.names[int(roads.conditional_text[number])]
                found.append(((kind, tuple(edges.tolist())), text))
    return found


def _turning_round(
    tail: list[int], head: list[int], may_open: list[bool], is_public: list[bool], rules: Sequence[Rule]
) -> list[Rule]:
    """No turning round wherever other ways lead on and back; from and to public roads only public ones do."""
    oracle = EdgeOracle(zip(tail, head, [1 if is_open else None for is_open in may_open]), rules)
    short = [(kind, edges) for kind, edges in rules if len(edges) == 2 or kind == "only"]
    turns = EdgeOracle(oracle.edges, [(kind, edges[:2]) for kind, edges in short])
    around: dict[int, list[int]] = defaultdict(list)
    for edge, node in enumerate(tail):
        around[node].append(edge)
    found: list[Rule] = []
    for edge, is_open in enumerate(may_open):
        if is_open and may_open[edge ^ 1]:
            leads_on = is_public if is_public[edge] else may_open
            others = [other for other in turns.leaving[head[edge]] if leads_on[other] and other != edge ^ 1]
            leads_back = is_public if is_public[edge ^ 1] else may_open
            arriving = [other ^ 1 for other in around[head[edge]] if leads_back[other ^ 1] and other != edge ^ 1]
            if any(turns.may_follow((edge,), other) for other in others) and any(
                turns.may_follow((other,), edge ^ 1) for other in arriving
            ):
                found.append(("no", (edge, edge ^ 1)))
    return found


def random_snaps(world: World, network: Network, chance: random.Random, count: int) -> list[Snap]:
    """Places beside random roads that are open to the way of moving at least at the ends of a trip."""
    directions, roads = world.section(DIRECTIONS), world.section(ROADS)
    usable = np.flatnonzero(network.local_ms[: network.graph.roads] != CLOSED).tolist()
    found: list[Snap] = []
    while len(found) < count:
        segment = chance.choice(usable) // 2
        rows = roads.shape_e7[roads.shape_start[segment] : roads.shape_start[segment + 1]] / 1e7
        (lon, lat), (other_lon, other_lat) = chance.choice(list(pairwise(rows.tolist())))
        share = chance.random()
        jitter = [chance.uniform(-1e-4, 1e-4) for _ in range(2)]
        place = Place((lon + share * (other_lon - lon) + jitter[0], lat + share * (other_lat - lat) + jitter[1]))
        with contextlib.suppress(Unprocessable):  # a road cut off from the rest, and no other within 1 km
            found += snap_all(directions.index, directions.shapes, network, [place], levels=roads.seg_level)
    return found


def reweighed(world: World, network: Network, seed: int) -> Network:
    """The same way of moving where every road takes 0.3 to 3 times as long and 3 in 100 are closed."""
    chance, profile = np.random.default_rng(seed), world.section(DIRECTIONS).profiles[network.profile]
    graph = network.graph
    public, local = network.metric.cost_ms[: graph.roads], network.local_ms[: graph.roads]
    is_shut = chance.random(graph.roads) < 0.03
    spent = np.rint(local * chance.uniform(0.3, 3.0, graph.roads)).clip(0, CLOSED - 1)
    own = np.where((local == CLOSED) | is_shut, CLOSED, spent).astype(np.int32)
    gates = shut_gates(network.family.gates, profile)
    turn_ms = turn_delays_ms(profile, world.section(DIRECTIONS).driving_side)
    cost_ms = edge_costs(graph, np.where(public == CLOSED, CLOSED, own).astype(np.int32), gates, turn_ms)
    metric = customize(network.hierarchy, cost_ms)
    return replace(network, metric=metric, local_ms=edge_costs(graph, own, gates, turn_ms), version=f"random-{seed}")


def broken_rules(world: World, network: Network, oracle: PlainOracle) -> tuple[int, list[str]]:
    """Drives from the beginning of everything that is forbidden to its end: how many, and which were illegal."""
    graph, tried, broken = network.graph, 0, []
    for begun, end in forbidden(oracle):
        first, ends = edge_points(begun), end_points(graph, network.metric.cost_ms, edge_points(end, 1.0))
        path = find_path(network.hierarchy, network.metric, first, ends)
        tried += 1
        if path is not None:
            driven = graph.base_edge[path.edges] + oracle.count  # all of it on public roads
            if not oracle.obeys(driven.tolist()):
                broken.append(f"{network.profile}: {driven.tolist()}")
    return tried, broken


def forbidden(oracle: PlainOracle) -> Iterator[tuple[int, int]]:
    """First and last edge of whatever a rule or a barrier forbids, turning round included."""
    for kind, edges in oracle.rules:
        if kind == "no":
            yield edges[0], edges[-1]
        for length in range(1, len(edges) if kind == "only" else 1):
            head = oracle.edges[edges[length - 1]][1]
            yield from ((edges[0], other) for other in oracle.leaving[head] if other < oracle.count)
    tail, head = edge_tails(oracle.roads), edge_heads(oracle.roads)
    for node in np.flatnonzero(oracle.roads.node_blocked & oracle.profile.access).tolist():
        yield from product(np.flatnonzero(head == node).tolist(), np.flatnonzero(tail == node).tolist())


def compare(
    world: World, network: Network, chance: random.Random, sources: int, targets: int, oracle: PlainOracle | None = None
) -> tuple[int, int]:
    """Asserts that random drives cost what the oracle finds, and are legal: (drives found, pairs no way joins)."""
    roads = world.section(ROADS)
    oracle = oracle or PlainOracle(roads, world.section(DIRECTIONS).profiles[network.profile], network)
    found = 0
    for start in random_snaps(world, network, chance, sources):
        begun = oracle.edge_costs(oracle.starts(start))
        for end in random_snaps(world, network, chance, targets):
            expected = oracle.cost(oracle.starts(start), oracle.points(end), begun)
            leg = find_leg(network, start, end)
            case = f"{network.profile}: from {start.lonlat} to {end.lonlat}"
            assert (None if leg is None else leg.duration_ms) == expected, case
            if leg is not None:
                found += 1
                oracle.check(leg, leg.duration_ms)
    return found, sources * targets - found

"""A slow, obvious matcher: every candidate of every fix, every way by Dijkstra on edges, the cheapest chain of all.

It imports nothing of the engine and gives nothing up: no beam, no bound on ways, no limit on candidates. Edges 2s and
2s + 1 drive segment s forward and backward. Costs are in the units of the model: negative logarithms.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.oracle import EdgeOracle

Place = tuple[int, float]
"""(edge, fraction)."""

Xy = tuple[float, float]

TIME_WORTH_M_S = 5.0
"""A way is the least in metres + this x seconds."""

HURRY_S = 8.0
MOST_OFF = 12.0
LONGEST_UNSEEN_S = 600.0
LOOKED_AT = 8
"""Of the fixes between two that are decided on."""


@dataclass(frozen=True)
class Fix:
    """One fix; heading_deg and speed_kmh are NaN where not told."""

    lonlat: Xy
    time_s: float
    sigma_m: float
    heading_deg: float = math.nan
    speed_kmh: float = math.nan


@dataclass(frozen=True, order=True)
class Way:
    """A way between two places: its edges, metres, seconds, and whether it turns round on the first of them."""

    edges: tuple[int, ...]
    metres: float
    seconds: float
    is_turned: bool


@dataclass(frozen=True)
class Chain:
    """The cheapest chain: its cost, a place for each fix that is decided on, and the ways between these."""

    cost: float
    places: tuple[Place, ...]
    ways: tuple[Way, ...]


class MatchOracle:
    """shapes: lon, lat points of each segment. model: the numbers of the model by name."""

    def __init__(self, roads: EdgeOracle, shapes: Sequence[Sequence[Xy]], model: Mapping[str, float]) -> None:
        self.roads, self.shapes, self.model = roads, shapes, model
        self.length_m = [sum(_apart_m(a, b, (a[1] + b[1]) / 2) for a, b in pairwise(shape)) for shape in shapes]

    # --- the chain ----------------------------------------------------------------------------------------------------

    def decided_on(self, fixes: Sequence[Fix]) -> list[int]:
        """The fixes that are decided on; those near to the last of them are not, but for the very last."""
        chosen = [0]
        for number in range(1, len(fixes)):
            one, other = fixes[chosen[-1]], fixes[number]
            near_m = self.model["thin_sigma"] * max(one.sigma_m, other.sigma_m)
            if number == len(fixes) - 1 or not _straight_m(one, other) < near_m:
                chosen.append(number)
        return chosen

    def find(self, fixes: Sequence[Fix]) -> Chain | None:
        """The cheapest chain; None if no chain passes all the fixes that are decided on."""
        chosen = self.decided_on(fixes)
        layer = {place: (cost, (place,), ()) for place, cost in self.candidates(fixes[0], True).items()}
        for here, there in pairwise(chosen):
            found: dict[Place, tuple[float, tuple[Place, ...], tuple[Way, ...]]] = {}
            targets = self.candidates(fixes[there], False)
            for place, (so_far, places, ways) in layer.items():
                for target, way in self.ways(place, targets, fixes, here, there).items():
                    total = so_far + self.cost_of_way(way, fixes, here, there) + targets[target]
                    if target not in found or total < found[target][0]:
                        found[target] = total, (*places, target), (*ways, way)
            layer = found
        return Chain(*min(layer.values())) if layer else None

    def cost_of(self, ways: Sequence[tuple[int, ...]], fixes: Sequence[Fix]) -> float:
        """What a chain costs; told are the edges of its ways. Raises KeyError if it is none."""
        chosen = self.decided_on(fixes)
        here_at = {place[0]: place for place in self.candidates(fixes[0], True)}[ways[0][0]]
        total = self.candidates(fixes[0], True)[here_at]
        for (here, there), edges in zip(pairwise(chosen), ways, strict=True):
            targets = self.candidates(fixes[there], False)
            there_at = {place[0]: place for place in targets}[edges[-1]]
            way = self.ways(here_at, targets, fixes, here, there)[there_at]
            assert way.edges == edges, f"{here_at} to {there_at}: {edges} instead of {way}"
            total += self.cost_of_way(way, fixes, here, there) + targets[there_at]
            here_at = there_at
        return total

    # --- fixes --------------------------------------------------------------------------------------------------------

    def candidates(self, fix: Fix, is_first: bool) -> dict[Place, float]:
        """What it costs that a fix lies at a place, for every edge within the radius at its nearest place."""
        model, plane = self.model, _plane(fix.lonlat[1])
        radius_m = min(max(model["radius_m"], model["radius_sigma"] * fix.sigma_m), model["most_radius_m"])
        found = {}
        for segment in range(len(self.shapes)):
            distance_m, part, bearings_deg = self._nearest(segment, fix.lonlat, plane)
            if distance_m > radius_m:
                continue
            for edge in (2 * segment, 2 * segment + 1):
                fraction = 1.0 - part if edge & 1 else part
                if self.roads.edges[edge][2] is None or (fraction < 1e-9 and not is_first):
                    continue
                cost = self._off(distance_m, fix.sigma_m)
                if not math.isnan(fix.heading_deg) and not fix.speed_kmh < model["heading_kmh"]:
                    backs = (bearing_deg + 180.0 * (edge & 1) for bearing_deg in bearings_deg)
                    off_deg = min(abs((back - fix.heading_deg + 540.0) % 360.0 - 180.0) for back in backs)
                    cost += min(0.5 * (off_deg / model["heading_deg"]) ** 2, model["heading_most"])
                found[edge, fraction] = cost
        return found

    def _nearest(self, segment: int, lonlat: Xy, plane: Callable[[Xy], Xy]) -> tuple[float, float, list[float]]:
        """(metres to the segment, part of it before the nearest place, bearings of the pieces that meet there)."""
        at, points = plane(lonlat), [plane(point) for point in self.shapes[segment]]
        whole, before, found = sum(math.dist(a, b) for a, b in pairwise(points)), 0.0, []
        for (ax, ay), (bx, by) in pairwise(points):
            dx, dy = bx - ax, by - ay
            length = math.hypot(dx, dy)
            t = min(max(((at[0] - ax) * dx + (at[1] - ay) * dy) / length**2, 0.0), 1.0)
            off_m = math.dist(at, (ax + t * dx, ay + t * dy))
            found.append((off_m, (before + t * length) / whole, math.degrees(math.atan2(dx, dy))))
            before += length
        off_m, part, _ = min(found)
        return off_m, part, [bearing_deg for other_m, _, bearing_deg in found if other_m < off_m + 1e-6]

    def _off(self, distance_m: float, sigma_m: float) -> float:
        z, robust = distance_m / sigma_m, self.model["robust"]
        return 0.5 * z * z if z <= robust else robust * (z - 0.5 * robust)

    # --- ways ---------------------------------------------------------------------------------------------------------

    def ways(
        self, start: Place, targets: Mapping[Place, float], fixes: Sequence[Fix], here: int, there: int
    ) -> dict[Place, Way]:
        """The least way from a place to each target that can be reached."""
        edge, fraction = start
        sigma_m = fixes[here].sigma_m + fixes[there].sigma_m
        turn_m = self._beta_m(fixes, here, there) * self.model["turn_round"]
        end_m = self._beta_m(fixes, here, there) * self.model["turn_end"]
        begun, found = self._begun(edge, fraction, turn_m, end_m), {}
        for other, part in targets:
            choices: list[tuple[float, Way]] = []
            ahead_m = (part - fraction) * self._metres(edge)
            if other == edge and ahead_m >= -self.model["back_sigma"] * sigma_m:
                way = Way((edge,), max(ahead_m, 0.0), max(part - fraction, 0.0) * self._seconds(edge), False)
                choices.append((0.0, way))
            elif other == edge ^ 1:
                driven = abs(part - (1.0 - fraction))
                way = Way((edge, other), driven * self._metres(edge), driven * self._seconds(other), True)
                choices.append((turn_m + driven * self._worth(other), way))
            if other in begun:
                least, way = begun[other]
                metres, seconds = part * self._metres(other), part * self._seconds(other)
                way = Way((*way.edges, other), way.metres + metres, way.seconds + seconds, way.is_turned)
                choices.append((least + part * self._worth(other), way))
            if choices:
                found[other, part] = min(choices, key=lambda choice: choice[0])[1]
        return found

    def _begun(self, edge: int, fraction: float, turn_m: float, end_m: float) -> dict[int, tuple[float, Way]]:
        """For each edge the least way to its beginning, and what it is worth."""
        queue = [self._onto(0.0, Way((edge,), 0.0, 0.0, False), 1.0 - fraction)]
        if self.roads.edges[edge ^ 1][2] is not None:
            queue.append(self._onto(turn_m, Way((edge, edge ^ 1), 0.0, 0.0, True), fraction))
        queue.sort(key=lambda entry: entry[0])
        begun: dict[int, tuple[float, Way]] = {}
        done = set()
        while queue:
            worth, way = heapq.heappop(queue)
            driven = way.edges[1:] if way.is_turned else way.edges
            history = driven[-self.roads.memory :]
            if history in done:
                continue
            done.add(history)
            for following in self.roads.leaving.get(self.roads.edges[driven[-1]][1], ()):
                if self.roads.edges[following][2] is None or not self.roads.may_follow(history, following):
                    continue
                wait_s = self.roads.turn_ms.get((driven[-1], following), 0) / 1000.0
                there = Way(way.edges, way.metres, way.seconds + wait_s, way.is_turned)
                total = worth + wait_s * TIME_WORTH_M_S + end_m * (following == driven[-1] ^ 1)
                if following not in begun or total < begun[following][0]:
                    begun[following] = total, there
                onto = Way((*way.edges, following), there.metres, there.seconds, way.is_turned)
                heapq.heappush(queue, self._onto(total, onto, 1.0))
        return begun

    def _onto(self, worth: float, way: Way, part: float) -> tuple[float, Way]:
        """A way with so much of its last edge driven."""
        last = way.edges[-1]
        metres, seconds = way.metres + part * self._metres(last), way.seconds + part * self._seconds(last)
        return worth + part * self._worth(last), Way(way.edges, metres, seconds, way.is_turned)

    def cost_of_way(self, way: Way, fixes: Sequence[Fix], here: int, there: int) -> float:
        """The cost of driving a way between two fixes, those between included."""
        model, unseen_s = self.model, _unseen_s(fixes, here, there)
        spent_s = fixes[there].time_s - fixes[here].time_s
        cost = abs(way.metres - _straight_m(fixes[here], fixes[there])) / self._beta_m(fixes, here, there)
        slow_s = max(way.seconds - model["theta_free"] * spent_s, 0.0)
        cost += slow_s / (model["theta_s"] + model["theta_share"] * unseen_s)
        cost += max(way.seconds - HURRY_S - model["hurry"] * spent_s, 0.0) / (1.0 + model["hurry_share"] * spent_s)
        between = there - here - 1
        looked = min(between, LOOKED_AT)
        for number in range(looked):
            fix = fixes[here + 1 + between * number // looked]
            plane = _plane(fix.lonlat[1])
            radius_m = min(max(model["radius_m"], model["radius_sigma"] * fix.sigma_m), model["most_radius_m"])
            off_m = min(min(self._nearest(edge >> 1, fix.lonlat, plane)[0] for edge in way.edges), radius_m)
            cost += min(self._off(off_m, fix.sigma_m), MOST_OFF) * min(between, model["between"]) / looked
        ends = sum(one == other ^ 1 for one, other in pairwise(way.edges[way.is_turned :]))
        return cost + model["turn_round"] * way.is_turned + model["turn_end"] * ends

    def _beta_m(self, fixes: Sequence[Fix], here: int, there: int) -> float:
        model, noise_m = self.model, max(fixes[here].sigma_m, fixes[there].sigma_m)
        straight_m = _straight_m(fixes[here], fixes[there])
        scale = model["beta_m"] + model["beta_m_s"] * _unseen_s(fixes, here, there)
        return scale + model["beta_share"] * straight_m + model["beta_sigma"] * noise_m

    def _metres(self, edge: int) -> float:
        return self.length_m[edge >> 1]

    def _seconds(self, edge: int) -> float:
        cost_ms = self.roads.edges[edge][2]
        assert cost_ms is not None
        return cost_ms / 1000.0

    def _worth(self, edge: int) -> float:
        return self._metres(edge) + TIME_WORTH_M_S * self._seconds(edge)


def _unseen_s(fixes: Sequence[Fix], here: int, there: int) -> float:
    steps_s = (fixes[number + 1].time_s - fixes[number].time_s for number in range(here, there))
    return min(max(steps_s), LONGEST_UNSEEN_S)


def _straight_m(one: Fix, other: Fix) -> float:
    return _apart_m(one.lonlat, other.lonlat, other.lonlat[1])


def _apart_m(one: Xy, other: Xy, lat: float) -> float:
    plane = _plane(lat)
    return math.dist(plane(one), plane(other))


def _plane(lat: float) -> Callable[[Xy], Xy]:
    """Degrees to metres in the plane that touches the WGS-84 ellipsoid at a latitude."""
    w2 = 1.0 - 0.00669437999014 * math.sin(math.radians(lat)) ** 2
    prime_vertical = 6_378_137.0 / math.sqrt(w2)
    lon_m = math.radians(prime_vertical * math.cos(math.radians(lat)))
    lat_m = math.radians(prime_vertical * (1.0 - 0.00669437999014) / w2)
    return lambda lonlat: (lonlat[0] * lon_m, lonlat[1] * lat_m)

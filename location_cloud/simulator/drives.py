"""A day of traffic on real roads: who drove where and when, what the probes among them reported, and how fast it was.

    drives = simulate(roads, network, seed=1, vehicles=2000, begin_s=1_760_000_400.0, end_s=1_760_004_000.0,
                      share=0.02, zone=directions.zone)
    drives.fixes      columns as in tracks, in order of arrival, with what was true beside each fix
    drives.paths      every edge that every vehicle drove, with the seconds of entering and leaving it
    drives.truth      kmh (slots, edges): the true speed of each edge in each quarter of an hour

roads: a snapshot's (`roads.model.Roads`); network: the snapshot's own of the car (`directions.network.Network`). Edges
are road edges, as everywhere. `Simulation` does the same piece by piece, for live feeds and long archives. Vehicles do
not hinder each other: slowness is given by the hour (`congestion.py`). Sensors(...) and plain_sensors(interval_s,
noise_m) of model.py choose what devices do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, tzinfo
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.network import Network
from location_cloud.directions.profiles import Profile
from location_cloud.directions.snapping import usable
from location_cloud.roads.model import Roads
from location_cloud.simulator.chance import seeds, uniform
from location_cloud.simulator.city import build_city
from location_cloud.simulator.congestion import Congestion
from location_cloud.simulator.demand import STAYS_ON, Demand
from location_cloud.simulator.model import (
    MOST_VEHICLES,
    SLOT_S,
    Drives,
    Fixes,
    Incident,
    Sensors,
    Traversals,
    Truth,
    no_fixes,
    no_paths,
)
from location_cloud.simulator.moving import Hours, move
from location_cloud.simulator.sensing import build_devices, sense, tunnels
from routing.customize import Metric, customize
from routing.drive import OnRoads, put_on_roads
from routing.paths import Paths, find_paths
from routing.places import Places
from routing.snap import build_segment_index
from routing.trip import CLOSED, EdgePoints

WARM_UP_S = 1800.0
"""Simulated before the beginning and thrown away, so that it does not begin with everybody parked."""

AHEAD = 8
"""Slots of speeds known ahead: a trip that takes longer meets the last one's."""

RETRY_S, REROUTE_S = 600.0, 30.0
"""Until a vehicle that has no way tries again, and until one that stands before a shut road turns to another way."""

PLACE_RADIUS_M = 300.0

_REPORTS, _PATH = 501, 502

Table = TypeVar("Table", Fixes, Traversals)


def simulate(
    roads: Roads,
    network: Network,
    *,
    seed: int = 1,
    vehicles: int = 1000,
    begin_s: float,
    end_s: float,
    share: float = 1.0,
    sensors: Sensors = Sensors(),  # noqa: B008  (frozen)
    incidents: Sequence[Incident] = (),
    zone: tzinfo = UTC,
    profile: Profile | None = None,
    probes_only: bool = False,
) -> Drives:
    """All drives between two times.

    begin_s, end_s: unix seconds; whole slots around them are simulated. share: of the vehicles that report. zone: of
    the city's clocks, by which rush hours come. profile: None = the shipped one that the network is named after.
    probes_only: whoever does not report is left out of the paths; it changes nothing for the others.

    Equal arguments give equal drives; a vehicle's drives do not depend on how many others there are.
    Raises ValueError for numbers out of range.
    """
    if not begin_s < end_s:
        raise ValueError(f"end_s={end_s} must come after begin_s={begin_s}")
    simulation = Simulation(
        roads, network, seed=seed, vehicles=vehicles, begin_s=begin_s, share=share, sensors=sensors,
        incidents=incidents, zone=zone, profile=profile, probes_only=probes_only,
    )  # fmt: skip
    parts = []
    while simulation.now_s < end_s:
        parts.append(simulation.step())
    fixes = joined([part[0] for part in parts])
    fixes = chosen(fixes, (fixes.time_s >= begin_s) & (fixes.time_s < end_s))
    fixes = chosen(fixes, np.argsort(fixes.received_s, kind="stable"))
    paths = joined([part[1] for part in parts])
    paths = chosen(paths, (paths.leave_s > begin_s) & (paths.enter_s < end_s))
    return simulation.drives(fixes, paths)


class Simulation:
    """Drives piece by piece. now_s: up to here all trips have been begun; those on their way are known to their ends.

    Arguments as of `simulate`. It begins WARM_UP_S before begin_s.
    """

    def __init__(
        self,
        roads: Roads,
        network: Network,
        *,
        seed: int,
        vehicles: int,
        begin_s: float,
        share: float = 1.0,
        sensors: Sensors = Sensors(),  # noqa: B008  (frozen)
        incidents: Sequence[Incident] = (),
        zone: tzinfo = UTC,
        profile: Profile | None = None,
        probes_only: bool = False,
    ) -> None:
        if not 1 <= vehicles <= MOST_VEHICLES:
            raise ValueError(f"vehicles={vehicles} must lie in 1..{MOST_VEHICLES}")
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share={share} must lie in 0..1")
        self._roads, self._network, self._seed = roads, network, seed
        self.city = build_city(roads, network, seed, profile)
        if not len(self.city.ends_sum) or self.city.ends_sum[-1] <= 0.0:
            raise ValueError("there are no roads on which trips by car could begin or end")
        self.congestion = Congestion(self.city, seed, zone, incidents)
        self.incidents = tuple(incidents)
        self._demand = Demand(self.city, seed, zone)
        self._sensors = sensors
        self._devices = build_devices(vehicles, sensors, seed)
        self._tunnels = tunnels(roads)
        number = np.arange(vehicles)
        self.reports = uniform(seed, _REPORTS, number) < share
        self.kind = self._demand.kinds(number)
        self.device_names = tuple(f"simulated-{seed}-{vehicle}" for vehicle in range(vehicles))
        self._first_slot = int((begin_s - WARM_UP_S) // SLOT_S)
        self._begin_slot = int(begin_s // SLOT_S)
        self._slot = self._first_slot
        self._hours = Hours(2 * roads.segment_count, AHEAD + 1)
        self._kmh: list[NDArray[np.float32]] = []
        self._metric: tuple[int, Metric] | None = None
        is_there = self.reports if probes_only else np.ones(vehicles, bool)
        self._trips = np.zeros(vehicles, np.int64)
        self._here = self._demand.place(number, self._trips)
        self._target = np.full((vehicles, 2), np.nan)
        start_s = np.full(vehicles, self.now_s - 60.0)
        self._depart_s = np.where(is_there, self._demand.next_s(number, self._trips, self.kind, start_s), np.inf)
        self._trip_count = 0
        self._index = build_segment_index(roads.shape_start, roads.shape_e7)
        self._own_ms = network.metric.cost_ms[: network.graph.roads]
        self._turn_ms = _turns_ms(network)

    @property
    def now_s(self) -> float:
        """Unix seconds."""
        return self._slot * SLOT_S

    def step(self) -> tuple[Fixes, Traversals]:
        """One slot further: everything about the trips that begin in it, their fixes in no particular order."""
        self._know_speeds()
        fixes, paths = [no_fixes()], [no_paths()]
        while len(due := np.flatnonzero(self._depart_s < self.now_s + SLOT_S)):
            more, driven = self._drive(due)
            fixes.append(more)
            paths.append(driven)
        self._slot += 1
        return joined(fixes), joined(paths)

    def drives(self, fixes: Fixes, paths: Traversals) -> Drives:
        """These as one value, with the truth of all slots so far."""
        slots = range(self._begin_slot, self._begin_slot + len(self._kmh))
        kmh = np.array(self._kmh) if self._kmh else np.empty((0, 2 * self._roads.segment_count), np.float32)
        return Drives(
            fixes=fixes,
            paths=paths,
            truth=Truth(np.array(slots) * SLOT_S, kmh, self.congestion.whole_kmh(self.city.free_kmh)),
            incidents=self.incidents,
            reports=self.reports,
            kind=self.kind,
            interval_s=self._devices.interval_s.astype(np.float32),
            noise_m=self._devices.noise_m.astype(np.float32),
            device_names=self.device_names,
        )

    def forget_truth(self) -> None:
        """True speeds up to now are not wanted: for archives of weeks, which would not fit in memory."""
        self._begin_slot += len(self._kmh)
        self._kmh.clear()

    def _know_speeds(self) -> None:
        hours = self._hours
        slot = hours.next if hours.count else self._slot
        for number in range(slot, self._slot + AHEAD + 1):
            hours.put(number, self.congestion.running_kmh(number * SLOT_S))
        if self._slot >= self._begin_slot:
            self._kmh.append(self.congestion.whole_kmh(hours.rows[self._slot % len(hours.rows)]))

    def _drive(self, due: NDArray[np.int64]) -> tuple[Fixes, Traversals]:
        """The trips of some vehicles that set off now, and when they will set off next."""
        vehicle, number = due.astype(np.int32), self._trips[due]
        fresh = np.isnan(self._target[due, 0])
        self._target[due[fresh]] = self._demand.destination(due[fresh], number[fresh], self._here[due[fresh]])
        paths, turn_s, base_edge = self._paths(due)
        states = seeds(self._seed, _PATH, due, number)
        trip = np.arange(self._trip_count, self._trip_count + len(due), dtype=np.int32)
        self._trip_count += len(due)
        driven, start, arrive_s, is_stopped = move(
            paths, base_edge, turn_s, self._depart_s[due], states, trip, vehicle, self.city, self._hours
        )
        has_way = start[1:] > start[:-1]
        last = start[1:][has_way] - 1
        fraction = driven.to_fraction[last].astype(np.float64)
        edge = driven.edge[last]
        self._here[due[has_way]] = self.city.place_on(
            (edge >> 1).astype(np.int64), np.where(edge & 1, 1.0 - fraction, fraction)
        )
        arrives = has_way & ~is_stopped
        self._target[due[~is_stopped]] = np.nan
        self._trips[due] += 1
        wait_s = np.where(has_way, REROUTE_S, RETRY_S)
        next_s = self._demand.next_s(due, self._trips[due], self.kind[due], arrive_s)
        self._depart_s[due] = np.where(arrives, next_s, arrive_s + wait_s)
        stays_until_s = np.where(STAYS_ON[self.kind[due]] & arrives, self._depart_s[due], 0.0)
        return self._sense(driven, start, trip, vehicle, states, stays_until_s), driven

    def _sense(
        self,
        driven: Traversals,
        start: NDArray[np.int64],
        trip: NDArray[np.int32],
        vehicle: NDArray[np.int32],
        states: NDArray[np.uint64],
        stays_until_s: NDArray[np.float64],
    ) -> Fixes:
        told = self.reports[vehicle]
        if not told.all():
            count = np.diff(start)
            driven = chosen(driven, np.repeat(told, count))
            start = np.concatenate([[0], np.cumsum(count[told])])
            trip, vehicle, states, stays_until_s = trip[told], vehicle[told], states[told], stays_until_s[told]
        return sense(
            driven, start, trip, vehicle, states, stays_until_s, self._devices, self._sensors, self.city, self._tunnels
        )

    def _paths(self, due: NDArray[np.int64]) -> tuple[Paths, NDArray[np.float32], NDArray[np.int32]]:
        """Their ways by the speeds of now; (path edges,) seconds of the turn onto each; the graph's base edges."""
        network, metric = self._network, self._weigh()
        graph = network.graph
        places = np.concatenate([self._here[due], self._target[due]])
        radius_m = np.full(len(places), PLACE_RADIUS_M)
        serves = _serving(network, metric).view(np.uint8)
        found = put_on_roads(self._index, graph, metric, usable(network), serves, places, radius_m)
        sources, targets = _halves(found, len(due))
        paths = find_paths(network.hierarchy, metric, sources, targets)
        base = graph.base_edge[paths.edges]
        turn_s = (metric.cost_ms[paths.edges] - metric.cost_ms[base]) / 1000.0
        return paths, turn_s.astype(np.float32), graph.base_edge

    def _weigh(self) -> Metric:
        """What drivers expect: the true speeds of this slot."""
        if self._metric is None or self._metric[0] != self._slot:
            kmh = self._hours.rows[self._slot % len(self._hours.rows)]
            is_open = (self._own_ms != CLOSED) & (kmh > 0)
            length_m = np.repeat(self._roads.seg_length_m, 2)
            spent_ms = np.divide(length_m * 3600.0, kmh, out=np.zeros(len(kmh)), where=is_open)
            road_ms = np.where(is_open, np.rint(spent_ms + self.city.wait_s * 1000.0), CLOSED)
            cost_ms = np.minimum(road_ms[self._network.graph.base_edge] + self._turn_ms, CLOSED)
            self._metric = self._slot, customize(self._network.hierarchy, cost_ms.astype(np.int32))
        return self._metric[1]


def joined(parts: Sequence[Table]) -> Table:
    """Tables of one kind, at least one, as one."""
    first = parts[0]
    return type(first)(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(first)))


def chosen(table: Table, rows: NDArray[np.generic]) -> Table:
    """Some rows of a table, by mask or in an order."""
    return type(table)(*(getattr(table, each.name)[rows] for each in fields(table)))


def _serving(network: Network, metric: Metric) -> NDArray[np.bool_]:
    """(segments,) where trips may begin and end: not where a direction is shut, or open to local traffic alone."""
    costs, locals_ = (each[: network.graph.roads].reshape(-1, 2) for each in (metric.cost_ms, network.local_ms))
    is_plain = (costs != CLOSED) | (locals_ == CLOSED)
    return np.asarray(is_plain.all(axis=1) & (costs != CLOSED).any(axis=1) & (network.is_largest == 1))


def _halves(found: OnRoads, count: int) -> tuple[Places, Places]:
    """Where trips begin, at the first so many places, and where they end, at the others."""
    starts = found.start_row[: count + 1]
    ends = found.end_row[count:]
    return (
        Places(_rows(found.starts, 0, int(starts[-1])), starts),
        Places(_rows(found.ends, int(ends[0]), int(ends[-1])), ends - ends[0]),
    )


def _rows(points: EdgePoints, first: int, last: int) -> EdgePoints:
    return EdgePoints(points.edge[first:last], points.fraction[first:last], points.extra_ms[first:last])


def _turns_ms(network: Network) -> NDArray[np.int64]:
    """What each edge of the graph costs beside its road edge, CLOSED where it is shut for good."""
    cost = network.metric.cost_ms.astype(np.int64)
    base = cost[network.graph.base_edge]
    return np.where((cost == CLOSED) | (base == CLOSED), CLOSED, cost - base)

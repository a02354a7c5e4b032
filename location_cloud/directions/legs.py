"""The drive from one snapped place to another: public roads, and local ones at both ends, to the millisecond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Leg, Snap
from location_cloud.directions.network import Network
from routing.gates import list_delays
from routing.local import Direct, LocalDrives, enter_local, find_direct, leave_local
from routing.query import find_cost, find_path
from routing.search import part_ms
from routing.trip import CLOSED, UNREACHED, EdgePoints, Path


@dataclass(frozen=True, eq=False)
class LocalSnap(Snap):
    """A place on a local road: also what can be driven from it, and to it, before public roads are reached."""

    leaving: LocalDrives | None = None
    entering: LocalDrives | None = None


def find_leg(network: Network, start: Snap, end: Snap) -> Leg | None:
    """The quickest drive from one place to another, or None if there is none."""
    path = None
    if len(start.starts) and len(end.ends):
        path = find_path(network.hierarchy, network.metric, start.starts, end.ends)
    direct = _find_direct(network, start, end)
    if direct is not None and (path is None or direct[0].cost_ms <= path.cost_ms):
        return _direct_leg(network, *direct)
    return None if path is None else leg_between(network, start, end, path)


def leg_cost(network: Network, start: Snap, end: Snap) -> int:
    """What the drive of `find_leg` takes, milliseconds; UNREACHED if there is none."""
    cost = UNREACHED
    if len(start.starts) and len(end.ends):
        cost = find_cost(network.hierarchy, network.metric, start.starts, end.ends)
    return min(cost, direct_cost(network, start, end))


def direct_cost(network: Network, start: Snap, end: Snap) -> int:
    """What the best drive takes that does not leave the local roads between two places; UNREACHED if there is none.

    Matrices ask this for pairs in which one place `is_local`, and take the smaller of this and their own.
    """
    direct = _find_direct(network, start, end)
    return UNREACHED if direct is None else direct[0].cost_ms


def _find_direct(network: Network, start: Snap, end: Snap) -> tuple[Direct, LocalDrives, LocalDrives] | None:
    if not start.is_local and not end.is_local:
        return None
    leaving, entering = _leaving(network, start), _entering(network, end)
    direct = find_direct(network.metric.cost_ms, network.local_ms, leaving, entering)
    return None if direct is None else (direct, leaving, entering)


def _leaving(network: Network, snap: Snap) -> LocalDrives:
    if isinstance(snap, LocalSnap) and snap.leaving is not None:
        return snap.leaving
    return leave_local(network.graph, network.metric.cost_ms, network.local_ms, snap.starts)


def _entering(network: Network, snap: Snap) -> LocalDrives:
    if isinstance(snap, LocalSnap) and snap.entering is not None:
        return snap.entering
    ends, roads = snap.ends, snap.ends.edge < network.graph.roads
    on_roads = ends if roads.all() else EdgePoints(ends.edge[roads], ends.fraction[roads], ends.extra_ms[roads])
    return enter_local(network.graph, network.metric.cost_ms, network.local_ms, on_roads)


def _costs(network: Network, edges: NDArray[np.int32]) -> NDArray[np.int64]:
    """What whole edges cost: the public cost where there is one, else the local one."""
    public = network.metric.cost_ms[edges]
    return np.where(public == CLOSED, network.local_ms[edges], public).astype(np.int64)


def _direct_leg(network: Network, direct: Direct, leaving: LocalDrives, entering: LocalDrives) -> Leg:
    driven = network.graph.base_edge[np.array(direct.edges, np.int32)]
    first = float(leaving.points.fraction[direct.start])
    last = float(entering.points.fraction[direct.end])
    return leg_along(network, driven, first, last)


def leg_between(network: Network, start: Snap, end: Snap, path: Path) -> Leg:
    """The local roads to the public one, the path along these, the local ones to the end."""
    before = start.start_edges[path.start] if start.start_edges else _NONE
    after = end.end_edges[path.end] if end.end_edges else _NONE
    edges, first, last = network.graph.base_edge[path.edges], path.first_fraction, path.last_fraction
    if not len(before) and not len(after):
        cost_ms = network.metric.cost_ms
        turns = (cost_ms[path.edges] - cost_ms[edges]).astype(np.int64)
        return Leg(edges, first, last, _trimmed(cost_ms[edges].astype(np.int64), first, last) + turns, turns)
    first = _fraction_on(start, int(before[0])) if len(before) else first
    last = _fraction_on(end, int(after[-1])) if len(after) else last
    return leg_along(network, np.concatenate([before, edges, after]), first, last)


def leg_along(network: Network, edges: NDArray[np.int32], first: float, last: float) -> Leg:
    """The drive along some road edges, local ones among them."""
    turns = list_delays(network.graph, network.metric.cost_ms, network.local_ms, edges)
    return Leg(edges, first, last, _trimmed(_costs(network, edges), first, last) + turns, turns)


_NONE = np.empty(0, np.int32)


def _trimmed(whole_ms: NDArray[np.int64], first: float, last: float) -> NDArray[np.int64]:
    """What is spent on each edge if the first is begun and the last ended at a fraction."""
    before = part_ms(int(whole_ms[0]), first)
    after = int(whole_ms[-1]) - part_ms(int(whole_ms[-1]), last)
    whole_ms[0] -= before
    whole_ms[-1] -= after
    return whole_ms


def _fraction_on(snap: Snap, edge: int) -> float:
    return 1.0 - snap.fraction if edge % 2 else snap.fraction

"""The drive from one snapped place to another: public roads, and local ones at both ends, to the millisecond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Leg, Snap
from location_cloud.directions.network import Network
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
    driven = np.array(direct.edges, np.int32)
    first = float(leaving.points.fraction[direct.start])
    last = float(entering.points.fraction[direct.end])
    spent = _trimmed(_costs(network, driven), first, last)
    # What rounding and the delay of the last turn make of the end's part belongs to the last edge.
    spent[-1] += direct.cost_ms - int(spent.sum())
    return Leg(network.graph.base_edge[driven], first, last, spent)


def leg_between(network: Network, start: Snap, end: Snap, path: Path) -> Leg:
    """The local roads to the public one, the path along these, the local ones to the end; every extra on its edge."""
    before = start.start_edges[path.start] if start.start_edges else _NONE
    after = end.end_edges[path.end] if end.end_edges else _NONE
    spent = _trimmed(network.metric.cost_ms[path.edges].astype(np.int64), path.first_fraction, path.last_fraction)
    edges, first, last = network.graph.base_edge[path.edges], path.first_fraction, path.last_fraction
    start_ms, end_ms = int(start.starts.extra_ms[path.start]), int(end.ends.extra_ms[path.end])
    if not len(before) and not len(after):
        spent[0] += start_ms
        spent[-1] += end_ms
        return Leg(edges, first, last, spent)
    out, home = _costs(network, before), _costs(network, after)
    if len(before):
        first = _fraction_on(start, int(before[0]))
        out[0] -= part_ms(int(out[0]), first)
    if len(after):
        last = _fraction_on(end, int(after[-1]))
        home[-1] = part_ms(int(home[-1]), last)
    spent[0] += start_ms - int(out.sum())
    spent[-1] += end_ms - int(home.sum())
    return Leg(np.concatenate([before, edges, after]), first, last, np.concatenate([out, spent, home]))


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

"""How long each of many vehicles needs to one place, or from it: one search over the weights of this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.dataset import SECTION, Directions
from location_cloud.directions.isochrone import open_costs
from location_cloud.directions.model import Ask, Place, Snap
from location_cloud.directions.network import Network
from location_cloud.directions.service import get_metrics, get_profile, get_roads
from location_cloud.directions.snapping import snap_place, snap_together, usable
from location_cloud.directions.tables import find_table
from location_cloud.errors import Unprocessable
from location_cloud.roads.model import Roads
from routing.field import reach_edges
from routing.places import as_places
from routing.table import Stops, find_stop_table, put_stops
from routing.trip import CLOSED, EdgePoints

if TYPE_CHECKING:
    from location_cloud.storage.world import World


@dataclass(frozen=True, eq=False)
class Arrivals:
    """The drives between n vehicles and one place.

    duration_ms: (n,) int32, routing.trip.CLOSED where no way leads. is_near_road: (n,) bool, whether a road lies within
    the vehicle's radius. road_lonlat: (n, 2) degrees, the vehicle put on its road. stop_lonlat: (n, 2), the place put
    on the road where that vehicle has to stop (or to start); stop_off_m: (n,), from there to the place, straight. NaN
    where there is no drive to tell of. version, as_of: of the metric.
    """

    duration_ms: NDArray[np.int32]
    is_near_road: NDArray[np.bool_]
    road_lonlat: NDArray[np.float64]
    stop_lonlat: NDArray[np.float64]
    stop_off_m: NDArray[np.float64]
    version: str
    as_of: float


def find_arrivals(
    world: World, ask: Ask, vehicles: Sequence[Place], places: Sequence[Place], is_leaving: bool = False
) -> list[Arrivals]:
    """The drives of vehicles to each place (is_leaving: from it to them), each as `service.find_routes` has the
    pair's; all by the weights of one version.

    A vehicle without a road, or without a way, does not disturb the others. Takes a few milliseconds for 200 vehicles
    on a city of 350,000 road edges.

    Raises Unprocessable if no road is near a place, NotFound for an unknown profile.
    """
    directions, roads = world.section(SECTION), get_roads(world)
    profile = get_profile(directions, ask.profile)

    lonlat, radius_m = _columns(vehicles)

    def compute(network: Network) -> list[Arrivals]:
        there = _put(directions, network, lonlat, radius_m)
        return [_arrivals(directions, roads, network, vehicles, there, place, is_leaving) for place in places]

    return get_metrics(world).answer(world, profile.name, ask.options, ask.at, ask.tenant, compute)


def find_times(
    world: World, ask: Ask, sources: NDArray[np.float64], targets: NDArray[np.float64], radius_m: float
) -> NDArray[np.float64]:
    """Seconds from every source to every target, (n, 2) and (m, 2) degrees: (n, m) float64, inf = no way.

    For planning: what is near no road, or near one that only leads to others like it, counts as out of reach, where a
    route would look for another road. Raises NotFound for an unknown profile.
    """
    directions = world.section(SECTION)
    profile = get_profile(directions, ask.profile)

    def compute(network: Network) -> NDArray[np.float64]:
        begin, end = (_put(directions, network, side, np.full(len(side), radius_m)) for side in (sources, targets))
        times, _ = find_stop_table(network.graph, network.hierarchy, network.metric, usable(network), begin, end, None)
        return np.where(times == CLOSED, np.inf, times / 1000.0)

    return get_metrics(world).answer(world, profile.name, ask.options, ask.at, ask.tenant, compute)


def find_reach(
    world: World, ask: Ask, vehicles: Sequence[Place], delays_s: Sequence[float], limit_s: float
) -> tuple[NDArray[np.int64], NDArray[np.int32], EdgePoints]:
    """When the first of some vehicles passes the beginning of every road edge, and what each edge takes.

    delays_s: until each vehicle moves. Gives (roads,) int64 milliseconds, routing.trip.UNREACHED beyond the limit and
    for closed edges, (roads,) int32 milliseconds, and the points on road edges where the drives begin: their edges tell
    only when one comes back to them. Vehicles without a road reach nothing. Raises NotFound for an unknown profile.
    """
    directions = world.section(SECTION)
    profile = get_profile(directions, ask.profile)
    lonlat, radius_m = _columns(vehicles)

    def compute(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int32], EdgePoints]:
        starts = _put(directions, network, lonlat, radius_m).starts
        points = starts.points
        delay_ms = np.rint(np.repeat(np.array(delays_s), np.diff(starts.start)) * 1000).astype(np.int64)
        graph, local_ms = network.graph, network.local_ms
        begin = EdgePoints(points.edge, points.fraction, points.extra_ms + delay_ms)
        entry_ms = reach_edges(
            network.hierarchy,
            network.metric,
            begin,
            round(limit_s * 1000),
            False,
            graph.base_edge,
            None,
            (graph, local_ms),
        )
        begin = EdgePoints(graph.base_edge[begin.edge], begin.fraction, begin.extra_ms)
        return entry_ms, open_costs(network.metric, local_ms)[: graph.roads].copy(), begin

    return get_metrics(world).answer(world, profile.name, ask.options, ask.at, ask.tenant, compute)


def usable_segments(world: World, profile: str) -> NDArray[np.bool_]:
    """Which road segments lie in the largest part of a profile's network: (segments,). Raises NotFound."""
    directions = world.section(SECTION)
    return np.asarray(directions.networks[get_profile(directions, profile).name].is_largest != 0)


def _arrivals(
    directions: Directions,
    roads: Roads,
    network: Network,
    vehicles: Sequence[Place],
    there: Stops,
    place: Place,
    is_leaving: bool,
) -> Arrivals:
    count = len(vehicles)
    duration_ms, is_near = np.full(count, CLOSED, np.int32), np.zeros(count, np.bool_)
    road, stop = np.full((count, 2), np.nan), np.full((count, 2), np.nan)
    off_m = np.full(count, np.nan)
    here = _put_one(directions, roads, network, place)
    # Pairs in different parts of the network, and vehicles on roads that are shut by now, take the long way.
    is_plain = there.segment != -1
    if here is None:
        is_plain[:] = False
    else:
        is_plain &= network.part[there.segment] == network.part[here.segment[0]]
        sides = (here, there) if is_leaving else (there, here)
        times, _ = find_stop_table(
            network.graph, network.hierarchy, network.metric, usable(network), sides[0], sides[1], None
        )
        duration_ms[is_plain] = times.ravel()[is_plain]
        is_near[is_plain] = True
        road[is_plain] = there.place[is_plain, 2:]
        stop[is_plain] = here.place[0, 2:]
        off_m[is_plain] = here.place[0, 0]
    for at in np.flatnonzero(~is_plain).tolist():
        pair = _pair(directions, roads, network, vehicles[at], place, is_leaving)
        if pair is not None:
            duration_ms[at], own, other = pair
            is_near[at], road[at], stop[at], off_m[at] = True, own.lonlat, other.lonlat, other.distance_m
    return Arrivals(duration_ms, is_near, road, stop, off_m, network.version, network.as_of)


def _columns(places: Sequence[Place]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where some places are, (n, 2) degrees, and how far their roads may be, (n,) metres."""
    lonlat = np.array([each.lonlat for each in places], np.float64).reshape(-1, 2)
    return lonlat, np.array([each.radius_m for each in places], np.float64)


def _put(directions: Directions, network: Network, lonlat: NDArray[np.float64], radius_m: NDArray[np.float64]) -> Stops:
    return put_stops(
        directions.index, network.graph, network.hierarchy, network.metric, usable(network), lonlat, radius_m
    )


def _put_one(directions: Directions, roads: Roads, network: Network, place: Place) -> Stops | None:
    """The place on its road; None = on a local road beside one that is shut, which only the long way understands.

    Raises Unprocessable if no road is near.
    """
    stops = _put(directions, network, np.array([place.lonlat]), np.array([place.radius_m]))
    if stops.segment[0] >= 0:
        return stops
    # The road under it is shut, as that of an accident is: the nearest one that is open.
    snap = snap_place(
        directions.index, directions.shapes, network, place, directions.driving_side, levels=roads.seg_level
    )
    return None if snap.is_local else _as_stops(snap, stops)


def _as_stops(snap: Snap, empty: Stops) -> Stops:
    starts, ends = as_places([snap.starts]), as_places([snap.ends])
    return Stops(
        np.array([snap.segment], np.int32),
        np.array([[snap.distance_m, snap.fraction, *snap.lonlat]]),
        empty.is_local,
        starts,
        np.zeros(len(starts.points), np.int32),
        ends,
        np.zeros(len(ends.points), np.int32),
        empty.out,
        empty.home,
    )


def _pair(
    directions: Directions, roads: Roads, network: Network, vehicle: Place, place: Place, is_leaving: bool
) -> tuple[int, Snap, Snap] | None:
    """(milliseconds, the vehicle and the place on the road); None if no road is near the vehicle."""
    try:
        own, other = snap_together(
            directions.index,
            directions.shapes,
            network,
            [vehicle, place],
            directions.driving_side,
            levels=roads.seg_level,
        )
    except Unprocessable:
        return None
    sides = ([other], [own]) if is_leaving else ([own], [other])
    return int(find_table(network, *sides, None)[0][0, 0]), own, other

"""The questions about directions: ways, matrices, what is in reach, what is near."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions import expansion, isochrone, quick, trips
from location_cloud.directions.avoid import avoid_areas
from location_cloud.directions.dataset import SECTION, Directions
from location_cloud.directions.guidance import list_steps
from location_cloud.directions.metrics import Metrics
from location_cloud.directions.model import (
    Ask,
    Found,
    Leg,
    LegShape,
    Matrix,
    Near,
    Options,
    Place,
    Reached,
    Route,
    Snap,
    Vehicle,
)
from location_cloud.directions.network import Network
from location_cloud.directions.passing import find_legs, find_ways
from location_cloud.directions.profiles import Profile
from location_cloud.directions.service_isles import with_own_parts
from location_cloud.directions.snapping import list_nearest, snap_together
from location_cloud.directions.tables import find_plain_columns, find_plain_table, find_table
from location_cloud.directions.timing import as_ms, retime, retime_back
from location_cloud.errors import BadQuery, NotFound, Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import find_edge
from location_cloud.roads.model import PRIVATE, Roads
from routing.customize import Metric, customize
from routing.measure import Lengths, measure
from routing.metric import lengths_along_m
from routing.shape import path_shape
from routing.tree import find_tree
from routing.trip import CLOSED

if TYPE_CHECKING:
    from location_cloud.storage.world import World


def find_routes(
    world: World,
    ask: Ask,
    places: Sequence[Place],
    names: Sequence[str] = (),
    alternatives: int = 0,
    arrive: datetime | None = None,
    with_steps: bool = True,
    with_junctions: bool = False,
) -> Found:
    """The quickest way through all places, in order, and up to so many others between two.

    names: what errors call the places. arrive: when one must be there (then `ask.at` is None).

    Raises Unprocessable if no road is near a place or no way leads on, NotFound for an unknown profile.
    """
    directions, roads = world.section(SECTION), world.section(ROADS)
    profile = get_profile(directions, ask.profile)
    called = list(names) or [f"places[{i}]" for i in range(len(places))]

    is_quick = not (alternatives or arrive) and quick.is_plain(places)

    def compute(network: Network) -> Found:
        drive = quick.find_drive(directions.index, directions.shapes, network, places) if is_quick else None
        if drive is not None:
            ends, leg, shape = drive
            route = _timed(world, ask, profile.name, [leg], [0.0], None, (shape,))
            if with_steps:
                route = _with_steps(directions, roads, network, route, places, with_junctions)
            return Found(ends, street_names(roads, ends), network.version, network.as_of, (route,))
        snaps = _snap(directions, roads, network, places, called)
        try:
            ways = _ways(network, snaps, places, alternatives, called)
        except Unprocessable:  # perhaps from a road that the request has cut off: its neighbours may lead on
            usual, ways = directions.networks[profile.name], []
            cut = with_own_parts(network, usual) if ask.options != Options() else None
            if cut is not None:
                with contextlib.suppress(Unprocessable):
                    snaps = _snap(directions, roads, cut, places, called)
                    ways = _ways(cut, snaps, places, alternatives, called)
            if not ways:
                raise
        stays_s = [place.stay_s for place in places[1:-1]] + [0.0]
        routes = tuple(_timed(world, ask, profile.name, way, stays_s, arrive) for way in ways)
        routes = tuple(_with_shapes(directions, route) for route in routes)
        if with_steps:
            routes = tuple(_with_steps(directions, roads, network, route, places, with_junctions) for route in routes)
        return Found(tuple(snaps), street_names(roads, snaps), network.version, network.as_of, routes)

    def at(moment: datetime | None) -> Found:
        return _metrics(world).answer(world, profile.name, ask.options, moment, ask.tenant, compute)

    if arrive is None:
        return at(ask.at)
    found = at(arrive)
    # The way is driven before the arrival: what is the best one at the hour of departure is tried too.
    depart = datetime.fromtimestamp(found.routes[0].depart_s or 0.0, arrive.tzinfo)
    if _metrics(world).choose(world, profile.name, ask.options, depart, ask.tenant).version == found.version:
        return found
    with contextlib.suppress(Unprocessable):
        found = max(found, at(depart), key=lambda each: each.routes[0].depart_s or 0.0)
    return found


def find_matrix(
    world: World, ask: Ask, sources: Sequence[Place], targets: Sequence[Place], with_distances: bool
) -> Matrix:
    """Times, and distances if asked, from every source to every target. Raises as `find_routes`."""
    directions, roads = world.section(SECTION), world.section(ROADS)
    profile = get_profile(directions, ask.profile)

    def compute(network: Network) -> Matrix:
        lengths = _lengths(roads, network) if with_distances else None
        plain = find_plain_table(directions.index, network, sources, targets, lengths)
        if plain is not None:
            return Matrix(*plain, network.version, network.as_of)
        begin, end, lengths = prepare_table(world, network, sources, targets, with_distances)
        times, metres = find_table(network, begin, end, lengths)
        return Matrix(times, metres, tuple(begin), tuple(end), network.version, network.as_of)

    return _metrics(world).answer(world, profile.name, ask.options, ask.at, ask.tenant, compute)


def find_plain_matrix(
    world: World, ask: Ask, lonlat: NDArray[np.float64], radius_m: float, with_distances: bool
) -> Matrix | None:
    """The same from each of some places to each of them, (n, 2) lon, lat without wishes of their own; None if no road
    is near one of them.
    """
    directions, roads = world.section(SECTION), world.section(ROADS)
    profile = get_profile(directions, ask.profile)
    places = [(lonlat, np.full(len(lonlat), radius_m))]

    def compute(network: Network) -> Matrix | None:
        lengths = _lengths(roads, network) if with_distances else None
        plain = find_plain_columns(directions.index, network, places, lengths)
        return None if plain is None else Matrix(*plain, network.version, network.as_of)

    return _metrics(world).answer(world, profile.name, ask.options, ask.at, ask.tenant, compute)


def prepare_table(
    world: World,
    network: Network,
    sources: Sequence[Place],
    targets: Sequence[Place],
    with_distances: bool,
) -> tuple[list[Snap], list[Snap], Lengths | None]:
    """What `tables.find_table` works from: both sides on the road, and the lengths if distances are wanted."""
    directions, roads = world.section(SECTION), world.section(ROADS)
    named = [f"sources[{i}]" for i in range(len(sources))] + [f"targets[{i}]" for i in range(len(targets))]
    once = dict(zip(reversed([*sources, *targets]), reversed(named)))  # most matrices ask from some places to the same
    snapped = dict(zip(once, _snap(directions, roads, network, list(once), list(once.values()))))
    snaps = [snapped[place] for place in (*sources, *targets)]
    lengths = _lengths(roads, network) if with_distances else None
    return snaps[: len(sources)], snaps[len(sources) :], lengths


def find_isochrone(
    world: World, ask: Ask, place: Place, metric: str, limits: Sequence[float], is_back: bool, as_edges: bool
) -> Reached:
    """How far one gets from a place (or who gets to it) within limits: seconds, or metres of way.

    Raises BadQuery and TooLarge for the limits, and as `find_routes`.
    """
    directions, roads = world.section(SECTION), world.section(ROADS)
    profile = get_profile(directions, ask.profile)
    wanted = isochrone.checked_limits(limits, metric)

    def compute(network: Network) -> Reached:
        lengths = None if metric == "time" else _distance_metric(roads, network)
        snap = _snap(directions, roads, network, [place], ["at"])[0]
        direction = "to" if is_back else "from"
        field = isochrone.find_field(network, directions.shapes, [snap], wanted[-1], metric, direction, lengths, True)
        areas = lines = None
        if as_edges:
            lines = isochrone.find_reached(network, directions.shapes, field, wanted[-1])
        else:
            areas = isochrone.find_outlines(network, directions.shapes, field, wanted)
        return Reached(areas, lines, metric, network.version, network.as_of)

    if metric == "distance":
        return compute(_metrics(world).choose(world, profile.name, ask.options, ask.at, ask.tenant))
    return _metrics(world).answer(world, profile.name, ask.options, ask.at, ask.tenant, compute)


def find_expansion(
    world: World, ask: Ask, place: Place, limit_s: float, is_back: bool, most_edges: int
) -> tuple[expansion.Expansion, str, float]:
    """The edges reached within some seconds in the order in which they were reached, and the metric's name and time.

    Raises TooLarge if there are more than `most_edges`, and as `find_routes`.
    """
    directions, roads = world.section(SECTION), world.section(ROADS)
    profile = get_profile(directions, ask.profile)

    def compute(network: Network) -> tuple[expansion.Expansion, str, float]:
        snap = _snap(directions, roads, network, [place], ["at"])[0]
        points = snap.ends if is_back else snap.starts
        limit_ms = round(limit_s * 1000)
        cost_ms, local_ms = network.metric.cost_ms, network.local_ms
        tree = find_tree(network.graph, cost_ms, points, limit_ms, is_back, most_edges, local_ms)
        if tree is None:
            raise expansion.too_many(f"more than {most_edges}", most_edges)
        open_ms = isochrone.open_costs(network.metric, local_ms)
        field = isochrone.Field([snap], tree.entry_cost, "time", "to" if is_back else "from", open_ms)
        reach = isochrone.as_reach(network, directions.shapes, field)
        found = expansion.find_expansion(
            directions.shapes, reach, tree.predecessor, limit_ms, roads.seg_length_m, most_edges
        )
        return found, network.version, network.as_of

    return _metrics(world).answer(world, profile.name, ask.options, ask.at, ask.tenant, compute)


def find_trip(
    world: World,
    ask: Ask,
    places: Sequence[Place],
    is_round: bool,
    starts_first: bool,
    ends_last: bool,
    with_steps: bool,
) -> tuple[list[int], Found]:
    """The best order of some places (their numbers), and the way through them in that order.

    A round trip's way comes back to the place it began at. Raises as `find_routes`.
    """
    visits, along = find_order(world, ask, places, is_round, starts_first, ends_last)
    names = [f"places[{i}]" for i in (*visits, *visits[:1])]
    return visits, find_routes(world, ask, along, names, with_steps=with_steps)


def find_order(
    world: World, ask: Ask, places: Sequence[Place], is_round: bool, starts_first: bool, ends_last: bool
) -> tuple[list[int], list[Place]]:
    """The best order of some places: their numbers, and the places themselves, the first again after a round trip."""
    matrix = find_matrix(world, ask, places, places, with_distances=False)
    order = trips.find_trip(
        matrix.durations_ms, roundtrip=is_round, source_fixed=starts_first, destination_fixed=ends_last
    )
    if order is None:
        raise Unprocessable(
            "no order joins all places: some lie in parts that no road joins",
            hint="/v1/matrix shows which; leave them out",
        )
    visits = order.tolist()
    along = [places[i] for i in (*visits, *(visits[:1] if is_round else ()))]
    return visits, along


def find_options(
    world: World,
    tenant: str,
    vehicle: Vehicle,
    exclude: frozenset[str],
    season: str,
    areas: Sequence[dict[str, Any]],
    closures: Sequence[str],
    roads_avoided: Sequence[str],
    profile: str,
    slow: Sequence[tuple[float, Sequence[str]]] = (),
) -> Options:
    """What a request changes of its profile. Raises BadQuery naming the area, closure or road that is none."""
    closed: set[int] = set()
    slowed = tuple((round(1000 * share), named_edges(world.section(ROADS), keys, "slow.roads")) for share, keys in slow)
    if closures or roads_avoided:
        roads = world.section(ROADS)
        closed.update(named_edges(roads, roads_avoided, "avoid.roads"))
        name = get_profile(world.section(SECTION), profile).name
        closed.update(_metrics(world).named(world, tenant, closures, name))
    areas_avoided = avoid_areas(_polygons(areas), "avoid.areas")
    return Options(vehicle, exclude, areas_avoided, tuple(sorted(closed)), season, slowed)


def free_costs(world: World, ask: Ask) -> NDArray[np.int32]:
    """(edges,) milliseconds of every edge without live speeds; CLOSED where that is not what `ask` differs by."""
    network = world.section(SECTION).networks[get_profile(world.section(SECTION), ask.profile).name]
    is_slower = ask.options.season or ask.options.vehicle.max_kmh
    return np.full_like(network.local_ms, CLOSED) if is_slower else network.local_ms


def local_time(world: World, at: datetime | None) -> datetime | None:
    """A moment on the city's clocks: without zone it is taken as the city's."""
    if at is None:
        return None
    zone = world.section(SECTION).zone
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


def list_profiles(world: World) -> list[Profile]:
    """Every way of moving, by name."""
    profiles = world.section(SECTION).profiles
    return [profiles[name] for name in sorted(profiles)]


def get_roads(world: World) -> Roads:
    """The roads that an answer speaks of."""
    return world.section(ROADS)


def typical_places(world: World) -> dict[str, tuple[float, float]]:
    """Places on roads, lon, lat: `here`, `there`, and if there is a private road `yard`; none without roads."""
    roads = world.section(ROADS)
    private = np.flatnonzero((roads.seg_flags & PRIVATE != 0) & (np.diff(roads.shape_start) > 2))
    points = len(roads.shape_e7)
    places = {"here": points // 3, "there": points // 2} if points else {}
    if len(private):
        places["yard"] = int(roads.shape_start[private[0]]) + 1
    return {name: tuple((roads.shape_e7[place] / 1e7).tolist()) for name, place in places.items()}


def find_near(world: World, profile: str, place: Place, count: int, tenant: str = "") -> Near:
    """The roads nearest to a place that are open now. Raises as `find_routes`."""
    directions, roads = world.section(SECTION), world.section(ROADS)

    def compute(network: Network) -> Near:
        snaps = list_nearest(
            directions.index,
            directions.shapes,
            network,
            place,
            count,
            directions.driving_side,
            levels=roads.seg_level,
        )
        return Near(snaps, network.version, network.as_of)

    return _metrics(world).answer(world, get_profile(directions, profile).name, Options(), None, tenant, compute)


def get_profile(directions: Directions, name: str) -> Profile:
    """The profile of a name or of what other interfaces call it. Raises NotFound."""
    known = directions.names.get(name)
    if known is None:
        offered = ", ".join(sorted(directions.profiles))
        raise NotFound(f"there is no profile {name!r}", hint=f"profiles are: {offered}")
    return directions.profiles[known]


def named_edges(roads: Roads, keys: Sequence[str], where: str) -> tuple[int, ...]:
    """The edges of lasting keys, ascending. Raises BadQuery naming `where` and the first that there is none of."""
    edges = []
    for key in keys:
        edge = find_edge(roads, key)
        if edge is None:
            raise BadQuery(
                f"{where}: there is no road {key!r} in this snapshot", hint="/v1/nearest tells the keys of roads"
            )
        edges.append(edge)
    return tuple(sorted(set(edges)))


def street_names(roads: Roads, snaps: Sequence[Snap]) -> tuple[str, ...]:
    """What the roads under some places are called."""
    return tuple(roads.names[int(roads.seg_name[snap.segment])] for snap in snaps)


def _length_cm(roads: Roads, network: Network) -> NDArray[np.int32]:
    """(graph.edges,) centimetres of every edge, aliases included; kept with the family."""
    kept: dict[str, NDArray[np.int32]] = network.family.__dict__
    if "length_cm" not in kept:
        road_cm = np.repeat(np.rint(roads.seg_length_m * 100).astype(np.int32), 2)
        kept["length_cm"] = road_cm[network.graph.base_edge]
    return kept["length_cm"]


def _lengths(roads: Roads, network: Network) -> Lengths:
    """The lengths of a metric's shortcuts; kept with the network, as all matrices of one version share them."""
    kept: dict[str, Lengths] = network.__dict__
    if "lengths" not in kept:
        kept["lengths"] = measure(network.hierarchy, network.metric, _length_cm(roads, network))
    return kept["lengths"]


def _distance_metric(roads: Roads, network: Network) -> Metric:
    """A metric of centimetres, closed where the network's own is; kept with it."""
    kept: dict[str, Metric] = network.__dict__
    if "distance" not in kept:
        is_open = network.metric.cost_ms != CLOSED
        kept["distance"] = customize(network.hierarchy, np.where(is_open, _length_cm(roads, network), CLOSED))
    return kept["distance"]


def _polygons(areas: Sequence[dict[str, Any]]) -> list[Any]:
    """The coordinates of GeoJSON polygons, those of multipolygons one by one."""
    found: list[Any] = []
    for area in areas:
        coordinates = area.get("coordinates")
        if area.get("type") == "MultiPolygon" and isinstance(coordinates, list) and coordinates:
            found += coordinates
        elif area.get("type") == "Polygon":
            found.append(coordinates)
        else:
            raise BadQuery(
                f"avoid.areas: type {str(area.get('type'))[:40]!r} is no area",
                hint="give GeoJSON Polygon or MultiPolygon",
            )
    return found


def get_metrics(world: World) -> Metrics:
    """The metrics of the world's snapshot."""
    return _metrics(world)


def _metrics(world: World) -> Metrics:
    metrics: Metrics = world.overlay["directions"]
    return metrics


def _snap(
    directions: Directions, roads: Roads, network: Network, places: Sequence[Place], names: Sequence[str]
) -> list[Snap]:
    return snap_together(
        directions.index,
        directions.shapes,
        network,
        places,
        directions.driving_side,
        names=names,
        levels=roads.seg_level,
    )


def _ways(
    network: Network, snaps: Sequence[Snap], places: Sequence[Place], alternatives: int, names: Sequence[str]
) -> list[list[Leg]]:
    if alternatives and len(snaps) == 2:
        found = [[leg] for leg in find_ways(network, snaps[0], snaps[1], alternatives)]
        failed = 0
    else:
        legs = find_legs(network, snaps, [place.through for place in places])
        found, failed = ([], legs) if isinstance(legs, int) else ([legs], 0)
    if not found:
        first, last = places[failed].lonlat, places[failed + 1].lonlat
        raise Unprocessable(
            f"no way leads from {names[failed]}={_text(first)} to {names[failed + 1]}={_text(last)} "
            f"by {network.profile}",
            hint="they may lie in parts that no road joins, or behind a closed road; "
            "try a point beside, fewer exclusions or another profile",
        )
    return found


def _timed(
    world: World,
    ask: Ask,
    profile: str,
    legs: list[Leg],
    stays_s: Sequence[float],
    arrive: datetime | None,
    shapes: tuple[LegShape, ...] = (),
) -> Route:
    moment = arrive or ask.at
    if moment is None:
        return Route(tuple(legs), shapes, (), tuple(stays_s))
    costs_at = _metrics(world).timetable(world, profile, ask.options, moment, ask.tenant)
    depart_ms = as_ms(moment)
    if arrive is not None:
        legs, depart_ms = retime_back(legs, stays_s, depart_ms, costs_at)
    legs, there_ms = retime(legs, stays_s, depart_ms, costs_at, None if arrive else depart_ms)
    return Route(tuple(legs), shapes, (), tuple(stays_s), depart_ms / 1000, there_ms / 1000)


def _with_shapes(directions: Directions, route: Route) -> Route:
    """The route with the line of each leg."""
    shapes = []
    for leg in route.legs:
        line, begins = path_shape(directions.shapes, leg.edges, leg.first_fraction, leg.last_fraction)
        shapes.append(LegShape(line, begins, lengths_along_m(line)))
    return replace(route, shapes=tuple(shapes))


def _with_steps(
    directions: Directions, roads: Roads, network: Network, route: Route, places: Sequence[Place], with_junctions: bool
) -> Route:
    """The route with the instructions of each leg."""
    profile = directions.profiles[network.profile]
    ends = zip(route.legs, route.shapes, places, places[1:])
    steps = tuple(
        list_steps(roads, directions.star, profile, network, leg, shape, start.lonlat, end.lonlat, with_junctions)
        for leg, shape, start, end in ends
    )
    return replace(route, steps=steps)


def _text(lonlat: tuple[float, float]) -> str:
    return f"{lonlat[0]:g},{lonlat[1]:g}"

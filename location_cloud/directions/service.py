"""The question about directions: which way is the quickest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.dataset import SECTION, Directions, RoutingNetwork
from location_cloud.directions.model import Route, Waypoint
from location_cloud.directions.steps import list_steps
from location_cloud.errors import Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from routing.errors import OffRoad
from routing.query import find_path
from routing.search import part_ms
from routing.shape import line_length_m, path_shape
from routing.snap import Candidates, get_nearest
from routing.trip import CLOSED, EdgePoints, Path, edge_points

if TYPE_CHECKING:
    from location_cloud.storage.world import World


def find_route(
    world: World, start: tuple[float, float], end: tuple[float, float], profile: str, radius_m: float
) -> Route:
    """The quickest way between two points, lon, lat in degrees, each put on the nearest usable road.

    profile: "car", "bicycle" or "foot". radius_m: the farthest that a road may be.

    Raises Unprocessable if no road is near a point or no way leads from one to the other.
    """
    directions = world.section(SECTION)
    roads = world.section(ROADS)
    network = directions.networks[profile]
    snap = partial(_snap, directions, radius_m=radius_m, profile=profile)
    first = snap(network.is_connected, start, name="from")
    last = snap(network.is_connected, end, name="to")
    no_way = Unprocessable(
        f"no way leads from {_text(start)} to {_text(end)} by {profile}",
        hint="they may lie in parts that no road joins, or behind a closed road; try a point beside or another profile",
    )
    if network.part[first.segment[0]] != network.part[last.segment[0]]:
        try:
            first = snap(network.is_largest, start, name="from")
            last = snap(network.is_largest, end, name="to")
        except Unprocessable:
            raise no_way from None
    path = find_path(network.hierarchy, network.metric, _points(network, first), _points(network, last))
    if path is None:
        raise no_way
    return _as_route(directions, roads, network, path, first, last)


def _snap(
    directions: Directions,
    allowed: NDArray[np.uint8],
    lonlat: tuple[float, float],
    *,
    radius_m: float,
    profile: str,
    name: str,
) -> Candidates:
    try:
        return get_nearest(directions.index, lonlat, 1, radius_m, allowed)
    except OffRoad as error:
        raise Unprocessable(
            f"{name}={_text(lonlat)}: no road for {profile} within {radius_m:g} m",
            hint="is the point inside the imported data (/v1/datasets)? is it lon,lat? a larger radius_m may help",
        ) from error


def _points(network: RoutingNetwork, found: Candidates) -> EdgePoints:
    """A point on a segment as a point on each of its directions that is open."""
    segment, fraction = int(found.segment[0]), float(found.fraction[0])
    both = [(2 * segment, fraction), (2 * segment + 1, 1.0 - fraction)]
    usable = [(edge, along) for edge, along in both if network.cost_ms[edge] != CLOSED]
    return edge_points([edge for edge, _ in usable], [along for _, along in usable])


def _as_route(
    directions: Directions, roads: Roads, network: RoutingNetwork, path: Path, first: Candidates, last: Candidates
) -> Route:
    line_e7, begins = path_shape(directions.shapes, path.edges, path.first_fraction, path.last_fraction)
    duration_ms = edge_durations_ms(network.cost_ms, path)
    steps = list_steps(
        roads, directions.shapes, network.graph, network.cost_ms, path.edges, duration_ms, line_e7, begins
    )
    return Route(
        line=line_e7 / 1e7,
        distance_m=line_length_m(line_e7),
        duration_ms=int(duration_ms.sum()),
        steps=steps,
        start=_waypoint(roads, first),
        end=_waypoint(roads, last),
    )


def edge_durations_ms(cost_ms: NDArray[np.int32], path: Path) -> NDArray[np.int64]:
    """Milliseconds spent on each edge of the path; the first and the last count only the part that is driven."""
    spent = cost_ms[path.edges].astype(np.int64)
    before = part_ms(int(spent[0]), path.first_fraction)
    after = int(spent[-1]) - part_ms(int(spent[-1]), path.last_fraction)
    spent[0] -= before
    spent[-1] -= after
    return spent


def _waypoint(roads: Roads, found: Candidates) -> Waypoint:
    lon, lat = found.lonlat[0]
    name = roads.names[int(roads.seg_name[found.segment[0]])]
    return Waypoint((float(lon), float(lat)), name, float(found.distance_m[0]))


def _text(lonlat: tuple[float, float]) -> str:
    return f"{lonlat[0]:g},{lonlat[1]:g}"

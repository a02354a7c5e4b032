"""The area, or the roads, that can be reached from a place within given times or distances, or from which it can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.directions.formats import lonlat_list
from location_cloud.directions.json_bytes import POINT_ROOM, put_points_e7
from location_cloud.directions.model import Contour, Snap
from location_cloud.directions.network import Network
from location_cloud.errors import BadQuery, TooLarge
from routing.contour import Areas, find_areas
from routing.customize import Metric
from routing.field import reach_edges
from routing.gates import list_delays
from routing.metric import lengths_m
from routing.raster import Reach
from routing.reached import Lines, find_lines
from routing.scratch import borrow
from routing.shape import EdgeShapes
from routing.trip import CLOSED, UNREACHED, EdgePoints, edge_points

METRICS = {"time": 1000, "distance": 100}
"""What a limit counts, and how many units of a cost make one of the limit: milliseconds in a second, centimetres in a
metre."""

DIRECTIONS = ("from", "to")
"""Where one gets to from the place, and where one can come from."""

MOST_CONTOURS = 10
"""As openrouteservice serves; more are a heat map."""

OPEN, CLOSE, COMMA = b"[],"

LONGEST_S, FARTHEST_M = 4 * 3600, 300_000
"""Ceilings: a province. With one search whatever the limit, they bound the size of the answer."""


@dataclass(frozen=True, eq=False)
class Field:
    """At what cost every road is reached, as the search found it, and of what.

    snaps: the places, one or more. entry_cost: (roads,) or (graph.edges,) int64, cost at the beginning of every edge,
    or, towards the places, what is left at its end; routing.trip.UNREACHED where it is not reached.
    cost: as long, int32, what each edge costs; None = the network's milliseconds. Centimetres for metric "distance".
    Local roads are reached as the last (towards the places: first) stretch where `cost` says what they take.
    """

    snaps: Sequence[Snap]
    entry_cost: NDArray[np.int64]
    metric: str = "time"
    direction: str = "from"
    cost: NDArray[np.int32] | None = None


def find_field(
    network: Network,
    shapes: EdgeShapes,
    snaps: Sequence[Snap],
    most: float,
    metric: str = "time",
    direction: str = "from",
    lengths: Metric | None = None,
    is_borrowed: bool = False,
) -> Field:
    """At what cost every road is reached from the places, or leads to them, up to a limit.

    most: the largest limit asked, seconds or metres. lengths: for "distance", the hierarchy's metric of centimetres,
    with the same edges closed. is_borrowed: the costs stand in memory that this thread's next such field is written to.

    Raises BadQuery as `checked_limits`, ValueError if lengths are needed and missing.
    """
    (limit,) = checked_limits([most], metric)
    if metric == "distance" and lengths is None:
        raise ValueError("distances need a metric of lengths; customize one on centimetres")
    weights = network.metric if lengths is None or metric == "time" else lengths
    local = network.local_ms if weights is network.metric else _local_cm(network, shapes, weights)
    entry = reach_edges(
        network.hierarchy,
        weights,
        place_points(shapes, snaps, metric, direction),
        round(limit * METRICS[metric]),
        _is_backward(direction),
        network.graph.base_edge,
        borrow("edges' costs", network.graph.roads, np.int64) if is_borrowed else None,
        (network.graph, local),
    )
    return Field(snaps, entry, metric, direction, open_costs(weights, local))


def open_costs(weights: Metric, local: NDArray[np.int32]) -> NDArray[np.int32]:
    """What every edge costs that is open anywhere in a trip; kept with the metric."""
    kept: tuple[NDArray[np.int32], NDArray[np.int32]] | None = weights.__dict__.get("open costs")
    if kept is None or kept[0] is not local:
        kept = weights.__dict__["open costs"] = local, np.where(weights.cost_ms == CLOSED, local, weights.cost_ms)
    return kept[1]


def _local_cm(network: Network, shapes: EdgeShapes, lengths: Metric) -> NDArray[np.int32]:
    """(graph.edges,) the lengths of local roads; CLOSED elsewhere. Kept with the metric of lengths."""
    kept: NDArray[np.int32] | None = lengths.__dict__.get("local lengths")
    if kept is None:
        kept = np.full(network.graph.edges, CLOSED, np.int32)
        local = np.flatnonzero((lengths.cost_ms == CLOSED) & (network.local_ms != CLOSED))
        kept[local] = np.rint(_lengths_cm(shapes, network.graph.base_edge[local]))
        lengths.__dict__["local lengths"] = kept
    return kept


def checked_limits(values: Sequence[float], metric: str = "time") -> tuple[float, ...]:
    """The limits in rising order, each once: seconds or metres.

    Raises BadQuery for a metric that is none or a limit that is not above 0, TooLarge for more than 10, or for more
    than 4 hours or 300 km.
    """
    if metric not in METRICS:
        raise BadQuery(f"metric={metric} must be one of {', '.join(METRICS)}")
    if not values:
        raise BadQuery("no limit is given", hint="say how far: for example minutes=5,10,15")
    if len(values) > MOST_CONTOURS:
        raise TooLarge(f"{len(values)} contours are asked, {MOST_CONTOURS} are the ceiling", hint="ask fewer limits")
    most, unit = (LONGEST_S, "s") if metric == "time" else (FARTHEST_M, "m")
    for value in values:
        if not value > 0:
            raise BadQuery(f"limit {value:g} {unit} must be above 0")
        if value > most:
            raise TooLarge(f"limit {value:g} {unit} is over the ceiling of {most} {unit}", hint="ask a smaller one")
    return tuple(sorted({float(value) for value in values}))


def find_isochrone(
    network: Network,
    shapes: EdgeShapes,
    field: Field,
    limits: Sequence[float],
    cell_m: float | None = None,
    hole_m2: float | None = None,
) -> tuple[Contour, ...]:
    """What is reached within each limit, smallest first: valid polygons, each within the next.

    limits: seconds or metres (see `checked_limits`). cell_m, hole_m2: as `routing.contour.find_areas`.

    Raises BadQuery and TooLarge as `checked_limits`, routing.errors.BadCost and BadPoint where the field does not fit.
    """
    return as_contours(find_outlines(network, shapes, field, limits, cell_m, hole_m2), field.metric)


def find_outlines(
    network: Network,
    shapes: EdgeShapes,
    field: Field,
    limits: Sequence[float],
    cell_m: float | None = None,
    hole_m2: float | None = None,
) -> Areas:
    """As `find_isochrone`, packed, with the tolerance that holds."""
    unit = METRICS.get(field.metric, 1)
    whole = [round(limit * unit) for limit in checked_limits(limits, field.metric)]
    return find_areas(shapes, as_reach(network, shapes, field), np.unique(whole), cell_m, hole_m2)


def find_reached(network: Network, shapes: EdgeShapes, field: Field, limit: float) -> Lines:
    """The roads reached within a limit, cut exactly there; two lines where both directions are. Errors as above."""
    (most,) = checked_limits([limit], field.metric)
    return find_lines(shapes, as_reach(network, shapes, field), round(most * METRICS[field.metric]))


def as_contours(areas: Areas, metric: str = "time") -> tuple[Contour, ...]:
    """Packed areas as contours with shapely polygons, in degrees."""
    shapes = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON,
        areas.points_e7 / 1e7,
        (areas.ring_start, areas.polygon_start, areas.limit_start),
    )
    values = (areas.limits / METRICS[metric]).tolist()
    return tuple(Contour(value, metric, shape) for value, shape in zip(values, shapes))


def contour_features(areas: Areas, metric: str = "time", as_text: bool = False) -> list[dict[str, Any]]:
    """One GeoJSON feature a limit, smallest first, with its value and how exact it is.

    as_text: geometries as finished JSON (orjson.Fragment) in a fifth of the time, for answers that stay in WGS-84.
    """
    return [
        {
            "type": "Feature",
            "geometry": orjson.Fragment(contour_json(areas, place)) if as_text else _geometry(areas, place),
            "properties": {
                "value": limit / METRICS[metric],
                "metric": metric,
                "tolerance_m": round(areas.tolerance_m, 1),
            },
        }
        for place, limit in enumerate(areas.limits.tolist())
    ]


def _geometry(areas: Areas, place: int) -> dict[str, Any]:
    polygons = [[lonlat_list(ring) for ring in rings] for rings in areas.rings(place)]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def contour_json(areas: Areas, place: int) -> bytes:
    """The geometry of one limit as finished GeoJSON text: as in `contour_features`, digit by digit."""
    first, last = int(areas.limit_start[place]), int(areas.limit_start[place + 1])
    rings = areas.ring_start[areas.polygon_start[first] : areas.polygon_start[last] + 1]
    points = int(rings[-1] - rings[0])
    text = borrow("GeoJSON", POINT_ROOM * points + 4 * len(rings) + 4 * (last - first) + 2, np.uint8)
    polygons = areas.polygon_start[first : last + 1]
    size = _write_polygons(areas.points_e7, areas.ring_start, polygons, text)
    polygon_text = text[:size].tobytes()
    if last - first == 1:
        return b'{"type":"Polygon","coordinates":' + polygon_text[1:-1] + b"}"
    return b'{"type":"MultiPolygon","coordinates":' + polygon_text + b"}"


def reached_features(lines: Lines, metric: str = "time") -> list[dict[str, Any]]:
    """One GeoJSON feature for each part of a road reached, with the cost at its beginning and end."""
    unit = METRICS[metric]
    word = "s" if metric == "time" else "m"
    start = lines.line_start.tolist()
    coordinates = lonlat_list(lines.line_e7)
    return [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": coordinates[start[i] : start[i + 1]]},
            "properties": {"edge": edge, f"begin_{word}": begin / unit, f"end_{word}": end / unit},
        }
        for i, (edge, begin, end) in enumerate(
            zip(lines.edge.tolist(), lines.begin_cost.tolist(), lines.end_cost.tolist())
        )
    ]


def as_reach(network: Network, shapes: EdgeShapes, field: Field) -> Reach:
    """The field over road edges: aliases folded onto the edges they drive, local roads at the places added."""
    is_backward = _is_backward(field.direction)
    graph = network.graph
    roads = graph.roads
    cost = network.metric.cost_ms if field.cost is None else field.cost
    entry = field.entry_cost[:roads]
    if len(field.entry_cost) > roads:
        entry = _fold(field.entry_cost, cost, graph.base_edge, roads, is_backward)
    cost = cost[:roads]
    points = place_points(shapes, field.snaps, field.metric, field.direction)
    on_roads = points.edge < roads  # an end is given on its edge and again on the aliases of it
    starts = EdgePoints(points.edge[on_roads], points.fraction[on_roads], points.extra_ms[on_roads])
    reach = Reach(entry, cost, starts, is_backward)
    return _with_local(network, shapes, field, reach) if any(snap.is_local for snap in field.snaps) else reach


def place_points(shapes: EdgeShapes, snaps: Sequence[Snap], metric: str, direction: str) -> EdgePoints:
    """Where trips begin (or end) at any of the places, extras in milliseconds or centimetres."""
    is_backward = _is_backward(direction)
    points = [snap.ends if is_backward else snap.starts for snap in snaps]
    edge, fraction, extra = (
        np.concatenate([getattr(each, name) for each in points]) for name in ("edge", "fraction", "extra_ms")
    )
    if metric == "distance" and extra.any():
        ways = [way for snap in snaps for way in _padded_ways(snap, is_backward)]
        first = [snap for snap in snaps for _ in range(len(snap.ends if is_backward else snap.starts))]
        extra = np.array([_way_cm(shapes, snap, way, is_backward) for snap, way in zip(first, ways)], np.int64)
    return EdgePoints(edge, fraction, extra)


def _is_backward(direction: str) -> bool:
    if direction not in DIRECTIONS:
        raise BadQuery(f"direction={direction} must be one of {', '.join(DIRECTIONS)}")
    return direction == "to"


def _padded_ways(snap: Snap, is_backward: bool) -> list[NDArray[np.int32]]:
    """The local edges between the place and each of its points, in driving order; none on public roads."""
    points, ways = (snap.ends, snap.end_edges) if is_backward else (snap.starts, snap.start_edges)
    return [*ways, *[np.empty(0, np.int32)] * (len(points) - len(ways))]


def _way_cm(shapes: EdgeShapes, snap: Snap, way: NDArray[np.int32], is_backward: bool) -> int:
    """The length of a local way; of the edge that the place lies on only the part that is driven."""
    if not len(way):
        return 0
    lengths = _lengths_cm(shapes, way)
    at = -1 if is_backward else 0
    along = _along(snap, int(way[at]))
    return int(lengths.sum() - lengths[at] + lengths[at] * (along if is_backward else 1.0 - along))


def _lengths_cm(shapes: EdgeShapes, edges: NDArray[np.int32]) -> NDArray[np.float64]:
    return lengths_m(shapes.shape_start, shapes.shape_e7, shapes.edge_segment[edges]) * 100.0


def _along(snap: Snap, edge: int) -> float:
    """The place's fraction in the edge's driving direction."""
    return snap.fraction if edge % 2 == 0 else 1.0 - snap.fraction


def _with_local(network: Network, shapes: EdgeShapes, field: Field, reach: Reach) -> Reach:
    """The reach with the local roads that lead from the places to public ones (or back) filled in."""
    entry, cost = reach.entry_cost.copy(), reach.cost.copy()
    edges, fractions = [], []
    points = place_points(shapes, field.snaps, field.metric, field.direction)
    ways = [way for snap in field.snaps for way in _padded_ways(snap, reach.is_backward)]
    for left, public, way in zip(points.extra_ms.tolist(), network.graph.base_edge[points.edge].tolist(), ways):
        # From where the public road begins back to the place: what is spent when each edge is entered.
        order = way if reach.is_backward else way[::-1]
        turns = _turns_ms(network, field.metric, public, way, reach.is_backward)
        for edge, own, turn in zip(order.tolist(), _local_costs(network, shapes, field.metric, order), turns):
            cost[edge] = own
            left -= own + turn
            if left >= 0:
                entry[edge] = min(entry[edge], left)
    for snap in field.snaps:
        both = np.array([2 * snap.segment, 2 * snap.segment + 1], np.int32)
        for edge, own in zip(both.tolist(), _local_costs(network, shapes, field.metric, both)):
            if snap.is_local and network.local_ms[edge] != CLOSED:
                cost[edge] = own
                edges.append(edge)
                fractions.append(_along(snap, edge))
    more = edge_points(np.array(edges, np.int32), np.array(fractions, np.float64))
    starts = (
        np.concatenate([getattr(reach.starts, name), getattr(more, name)]) for name in ("edge", "fraction", "extra_ms")
    )
    return Reach(entry, cost, EdgePoints(*starts), reach.is_backward)


def _local_costs(network: Network, shapes: EdgeShapes, metric: str, edges: NDArray[np.int32]) -> list[int]:
    if metric == "distance":
        return [round(length) for length in _lengths_cm(shapes, edges).tolist()]
    return [int(network.local_ms[edge]) for edge in edges.tolist()]


def _turns_ms(network: Network, metric: str, public: int, way: NDArray[np.int32], is_backward: bool) -> list[int]:
    """What the turns of a local way take, from the one between it and the public road on."""
    if metric == "distance":
        return [0] * len(way)
    driven = np.append(np.int32(public), way) if is_backward else np.append(way, np.int32(public))
    turns: list[int] = list_delays(network.graph, network.metric.cost_ms, network.local_ms, driven)[1:].tolist()
    return turns if is_backward else turns[::-1]


@cached(nogil=True)
def _write_polygons(points, ring_start, polygon_start, text):  # type: ignore[no-untyped-def]  # kernels
    """A list of polygons, each a list of rings, each a list of points; gives how many bytes were written."""
    text[0], size = OPEN, 1
    for polygon in range(len(polygon_start) - 1):
        if polygon > 0:
            size = _put(text, size, COMMA)
        size = _put(text, size, OPEN)
        for ring in range(polygon_start[polygon], polygon_start[polygon + 1]):
            if ring > polygon_start[polygon]:
                size = _put(text, size, COMMA)
            size = _put(text, size, OPEN)
            low, high = ring_start[ring], ring_start[ring + 1]
            size = put_points_e7(text, size, points[low:high], high - low)
            size = _put(text, size, CLOSE)
        size = _put(text, size, CLOSE)
    return _put(text, size, CLOSE)


@cached(nogil=True)
def _put(text, size, letter):  # type: ignore[no-untyped-def]
    text[size] = letter
    return size + 1


@cached(nogil=True)
def _fold(entry, cost, base_edge, roads, is_backward):  # type: ignore[no-untyped-def]  # a kernel; as_reach is typed
    """The least cost of a road edge and its aliases; who enters by an alias has paid for the turn."""
    folded = entry[:roads].copy()
    for alias in range(roads, len(entry)):
        if cost[alias] != CLOSED and entry[alias] != UNREACHED:
            road = base_edge[alias]
            turn = 0 if is_backward else cost[alias] - cost[road]
            folded[road] = min(folded[road], entry[alias] + turn)
    return folded

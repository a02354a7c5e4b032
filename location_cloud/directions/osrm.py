"""OSRM's questions read from an address, and its answers written: translation only.

Source: OSRM HTTP API v5.24 (project-osrm.org, "General options", "Services"); checked against osrm-routed 26.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.directions.formats import decode_polyline, route_line
from location_cloud.directions.joining import joined
from location_cloud.directions.json_bytes import GEOMETRIES, POLYLINE
from location_cloud.directions.model import Found, Leg, LegShape, Place, Route, Snap
from location_cloud.directions.osrm_writer import OVERVIEWS, Writer, as_line, line_json
from location_cloud.directions.overview import simplified
from location_cloud.errors import BadQuery, CloudError, NotFound, TooLarge, Unprocessable
from location_cloud.roads.model import Roads

MOST_COORDINATES = {"route": 500, "nearest": 1, "trip": 100, "table": 1000, "match": 1000}
"""osrm-routed's own ceilings are 500, 100 places a table, 100 a trip and 100 a match."""

FARTHEST_M = 2000.0
"""How far a road may be where no radius is given; OSRM has no bound, but a point at sea has no street."""

MOST_ALTERNATIVES = 3
_FLAGS = {"true": True, "false": False}
_PLAIN = {
    "overview",
    "geometries",
    "steps",
    "exclude",
    "alternatives",
    "annotations",
    "skip_waypoints",
    "generate_hints",
}
_EXCLUDES = ("toll", "ferry", "motorway", "tunnel", "bridge", "unpaved")


@dataclass(frozen=True)
class Question:
    """An OSRM address, understood. geometry: place in GEOMETRIES. overview: "full", "simplified" or "false".

    silent: numbers of the coordinates of a route where no leg ends. annotations: what of each edge is listed.
    sources, targets: of a table; None = all. parts: of a table, "duration" and/or "distance".
    """

    places: tuple[Place, ...]
    exclude: frozenset[str] = frozenset()
    alternatives: int = 0
    steps: bool = False
    annotations: frozenset[str] = frozenset()
    geometry: int = POLYLINE
    overview: str = "simplified"
    has_waypoints: bool = True
    has_hints: bool = True
    sources: tuple[int, ...] | None = None
    targets: tuple[int, ...] | None = None
    parts: frozenset[str] = frozenset(("duration",))
    fallback_m_s: float = 0.0
    falls_back_from_road: bool = False
    scale: float = 1.0
    silent: frozenset[int] = frozenset()
    number: int = 1
    roundtrip: bool = True
    first: bool = False
    last: bool = False


def read_query(query: str) -> dict[str, str]:
    """The parameters of a query string; of repeated ones the last."""
    found = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            found[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return found


def read_question(service: str, coordinates: str, given: Mapping[str, str]) -> Question:
    """What an OSRM address asks. Raises BadQuery, whose `extra` has OSRM's code, and TooLarge."""
    lonlats = _coordinates(service, coordinates.removesuffix(".json"))
    count = len(lonlats)
    values = dict(given)
    radiuses = _each(values.pop("radiuses", ""), count, "radiuses")
    bearings = _each(values.pop("bearings", ""), count, "bearings")
    approaches = _each(values.pop("approaches", ""), count, "approaches")
    _each(values.pop("hints", ""), count, "hints")
    _choice(values.pop("snapping", "default"), ("default", "any"), "snapping")
    waypoints = values.pop("waypoints", "")
    straight = _flag(values.pop("continue_straight", "default"), "continue_straight", service == "route")
    stops = _numbers(waypoints, count, "waypoints") if waypoints and waypoints != "all" else tuple(range(count))
    if count > 1 and stops and (stops[0] != 0 or stops[-1] != count - 1):
        raise _invalid("waypoints must contain the first and the last coordinate", "InvalidValue")
    places = tuple(
        _place(
            i, lonlats[i], radiuses[i], bearings[i], approaches[i], (i not in stops) or (straight and 0 < i < count - 1)
        )
        for i in range(count)
    )
    alternatives = values.pop("alternatives", "false")
    fields: dict[str, Any] = {
        "alternatives": _alternatives(alternatives, count),
        "exclude": _exclude(values.pop("exclude", "")),
        "steps": _flag(values.pop("steps", "false"), "steps"),
        "annotations": _annotations(service, values.pop("annotations", "false")),
        "geometry": GEOMETRIES.index(_choice(values.pop("geometries", "polyline"), GEOMETRIES, "geometries")),
        "overview": _choice(
            values.pop("overview", "simplified"), ("simplified", "full", "false", "by_legs"), "overview"
        ),
        "has_waypoints": not _flag(values.pop("skip_waypoints", "false"), "skip_waypoints"),
        "has_hints": _flag(values.pop("generate_hints", "true"), "generate_hints"),
    }
    if service == "route":
        fields["silent"] = frozenset(range(count)) - frozenset(stops)
    if service == "table":
        fields["parts"] = fields.pop("annotations") or frozenset(("duration",))
        fields["sources"] = _numbers(values.pop("sources", "all"), count, "sources")
        fields["targets"] = _numbers(values.pop("destinations", "all"), count, "destinations")
        if "fallback_speed" in values:
            fields["fallback_m_s"] = _number(values.pop("fallback_speed"), "fallback_speed", 1e-3, 1e4)
        fields["scale"] = _number(values.pop("scale_factor", "1"), "scale_factor", 1e-6, 1e4)
        where = _choice(values.pop("fallback_coordinate", "input"), ("input", "snapped"), "fallback_coordinate")
        fields["falls_back_from_road"] = where == "snapped"
    elif service == "nearest":
        fields["number"] = int(_number(values.pop("number", "1"), "number", 1, 100))
    elif service == "trip":
        fields["roundtrip"] = _flag(values.pop("roundtrip", "true"), "roundtrip")
        fields["first"] = _choice(values.pop("source", "any"), ("any", "first"), "source") == "first"
        fields["last"] = _choice(values.pop("destination", "any"), ("any", "last"), "destination") == "last"
    if values:
        raise _invalid(f"there is no option {min(values)!r} for {service}", "InvalidOptions")
    return Question(places, **fields)


@lru_cache(maxsize=256)
def read_plain(query: str) -> Question | None:
    """What a query string asks of a route between two plain places; its places are none. None = ask `read_question`."""
    given = read_query(query)
    if not given.keys() <= _PLAIN:
        return None
    try:
        asked = read_question("route", "0,0;0,0", given)
    except CloudError:
        return None
    is_plain = not asked.annotations and asked.overview in OVERVIEWS
    return replace(asked, places=()) if is_plain else None


def read_two(coordinates: str) -> tuple[Place, Place] | None:
    """Two plain places; None = there are more. Raises as `read_question`."""
    lonlats = _coordinates("route", coordinates.removesuffix(".json"))
    return None if len(lonlats) != 2 else (Place(lonlats[0], FARTHEST_M), Place(lonlats[1], FARTHEST_M))


# --- answers -------------------------------------------------------------------------------------------------------


def routes_bytes(writer: Writer, roads: Roads, asked: Question, found: Found) -> bytes:
    """The answer of the route service."""
    lines = [route_json(writer, roads, asked, route, asked.places) for route in found.routes]
    parts = [b'{"code":"Ok","routes":[', b",".join(lines), b"]"]
    if asked.has_waypoints:
        waypoints = [waypoint(asked, snap, name) for snap, name in zip(found.snaps, found.names)]
        parts += [b',"waypoints":', orjson.dumps(waypoints)]
    return b"".join((*parts, b"}"))


def trip_bytes(
    writer: Writer, roads: Roads, asked: Question, found: Found, order: Sequence[int], along: Sequence[Place]
) -> bytes:
    """The answer of the trip service. order: numbers of the coordinates as they are visited; along: those places."""
    line = route_json(writer, roads, asked, found.routes[0], along)
    places = {number: place for place, number in enumerate(order)}
    waypoints = [
        {
            **waypoint(asked, found.snaps[places[i]], found.names[places[i]]),
            "trips_index": 0,
            "waypoint_index": places[i],
        }
        for i in range(len(order))
    ]
    return b"".join((b'{"code":"Ok","trips":[', line, b'],"waypoints":', orjson.dumps(waypoints), b"}"))


def route_json(writer: Writer, roads: Roads, asked: Question, route: Route, places: Sequence[Place]) -> bytes:
    """One route object, which leads along the places."""
    legs = []
    coordinates = b""
    for leg, shape, start, end in _stretches(route, places, asked.silent):
        line, coordinates = writer.leg(leg, shape, start, end, asked.geometry, asked.steps)
        if asked.annotations:
            line = line[:-1] + b',"annotation":' + orjson.dumps(_annotation(roads, asked, leg, shape)) + b"}"
        legs.append(line)
    parts: list[bytes] = [b'{"legs":[', b",".join(legs), b"]"]
    if asked.overview == "full" and coordinates and len(legs) == 1:
        parts += [b',"geometry":', as_line(coordinates)]
    elif asked.overview != "false":
        line_e7 = route_line(route)
        if asked.overview == "simplified":
            line_e7 = simplified(line_e7)
        parts += [b',"geometry":', line_json(line_e7, asked.geometry)]
    parts += [b',"weight_name":"duration"', _totals(route.duration_ms, route.distance_m)]
    return b"".join(parts)


def _stretches(
    route: Route, places: Sequence[Place], silent: frozenset[int]
) -> Iterator[tuple[Leg, LegShape, Place, Place]]:
    """The legs from waypoint to waypoint, with the places at their ends. silent: numbers of those that are none."""
    if not silent:
        yield from zip(route.legs, route.shapes, places, places[1:])
        return
    begin, leg, shape = places[0], route.legs[0], route.shapes[0]
    for number in range(1, len(places) - 1):
        if number in silent:
            leg, shape = joined(leg, shape, route.legs[number], route.shapes[number])
        else:
            yield leg, shape, begin, places[number]
            begin, leg, shape = places[number], route.legs[number], route.shapes[number]
    yield leg, shape, begin, places[-1]


def waypoint(asked: Question, snap: Snap, name: str) -> dict[str, Any]:
    """A coordinate on the road."""
    found = {
        "location": [round(snap.lonlat[0], 6), round(snap.lonlat[1], 6)],
        "name": name,
        "distance": round(snap.distance_m, 6),
    }
    return {"hint": "", **found} if asked.has_hints else found


def near_waypoint(asked: Question, roads: Roads, snap: Snap, name: str) -> dict[str, Any]:
    """A road near a coordinate, with the OSM nodes at its ends in driving direction."""
    ends = (roads.seg_from, roads.seg_to)
    own = snap.starts.edge[snap.starts.edge >> 1 == snap.segment]
    is_back = len(own) > 0 and int(own[0]) % 2 == 1  # none of its own on a private road: as drawn
    first, last = ends[::-1] if is_back else ends
    nodes = [int(roads.node_osm_id[first[snap.segment]]), int(roads.node_osm_id[last[snap.segment]])]
    return {**waypoint(asked, snap, name), "nodes": nodes}


def error_code(error: CloudError) -> str:
    """OSRM's word for a failure."""
    if "osrm" in error.extra:
        return str(error.extra["osrm"])
    if isinstance(error, TooLarge):
        return "TooBig"
    if isinstance(error, NotFound):
        return "InvalidUrl"
    if isinstance(error, Unprocessable):
        return "NoRoute" if "no way leads" in error.detail else "NoSegment"
    return "InvalidQuery"


def _totals(duration_ms: int, distance_m: float) -> bytes:
    seconds = round(duration_ms / 1000, 1)
    return f',"weight":{seconds},"duration":{seconds},"distance":{round(distance_m, 1)}}}'.encode()


def _annotation(roads: Roads, asked: Question, leg: Leg, shape: LegShape) -> dict[str, Any]:
    metres = np.diff(shape.along_m[shape.begins])
    seconds = leg.along_ms / 1000.0  # OSRM counts turns in steps and legs only
    speed = np.divide(metres, seconds, out=np.zeros(len(metres)), where=seconds > 0)
    segment, is_back = leg.edges // 2, leg.edges % 2 == 1
    first = np.where(is_back, roads.seg_to[segment], roads.seg_from[segment])[:1]
    heads = np.where(is_back, roads.seg_from[segment], roads.seg_to[segment])
    columns: dict[str, NDArray[Any]] = {
        "distance": np.round(metres, 1),
        "duration": np.round(seconds, 1),
        "weight": np.round(seconds, 1),
        "speed": np.round(speed, 1),
        "datasources": np.zeros(len(metres), np.int64),
        "nodes": roads.node_osm_id[np.concatenate([first, heads])],
    }
    found: dict[str, Any] = {name: columns[name].tolist() for name in columns if name in asked.annotations}
    return {**found, "metadata": {"datasource_names": ["duration"]}} if "datasources" in found else found


# --- parameters ----------------------------------------------------------------------------------------------------


def _invalid(message: str, code: str) -> BadQuery:
    return BadQuery(message, hint="see OSRM's HTTP API for the options of this service", osrm=code)


def _coordinates(service: str, text: str) -> list[tuple[float, float]]:
    for name, precision in (("polyline(", 5), ("polyline6(", 6)):
        if text.startswith(name) and text.endswith(")"):
            points = decode_polyline(text[len(name) : -1], precision, MOST_COORDINATES[service])
            return [(lon, lat) for lon, lat in (points / 1e7).tolist()]
    parts = text.split(";")
    if len(parts) > MOST_COORDINATES[service]:
        raise TooLarge(
            f"{len(parts)} coordinates; the most for {service} is {MOST_COORDINATES[service]}", hint="ask in parts"
        )
    if len(parts) < (1 if service in ("nearest", "table") else 2):
        raise _invalid("Number of coordinates needs to be at least two.", "InvalidOptions")
    found = []
    for part in parts:
        try:
            lon, lat = map(float, part.split(","))
        except ValueError:
            raise _invalid(
                f"Query string malformed close to {part[:40]!r}: it is not lon,lat", "InvalidQuery"
            ) from None
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
            raise _invalid(f"Invalid coordinate value {part[:40]!r}: is it lon,lat?", "InvalidValue")
        found.append((lon, lat))
    return found


def _place(
    number: int, lonlat: tuple[float, float], radius: str, bearing: str, approach: str, is_through: bool
) -> Place:
    if not (radius or bearing or approach):
        return Place(lonlat, FARTHEST_M, through=is_through)
    heading_deg, tolerance_deg = None, 45.0
    if bearing:
        try:
            heading_deg, tolerance_deg = (float(part) for part in bearing.split(","))
        except ValueError:
            raise _invalid(f"bearings[{number}]={bearing[:20]!r} is not value,range", "InvalidQuery") from None
        if not (0 <= heading_deg <= 360 and 0 <= tolerance_deg <= 180):
            raise _invalid(f"bearings[{number}]={bearing}: 0..360 and 0..180", "InvalidOptions")
    most_m = FARTHEST_M
    if radius and radius != "unlimited":
        most_m = _number(radius, f"radiuses[{number}]", 0.001, 1e6)
    side = _choice(approach or "unrestricted", ("unrestricted", "curb", "opposite"), f"approaches[{number}]")
    heading = None if heading_deg is None else heading_deg % 360
    return Place(lonlat, min(most_m, 10_000.0), heading, tolerance_deg, side, through=is_through)


def _each(text: str, count: int, name: str) -> list[str]:
    if not text:
        return [""] * count
    parts = text.split(";")
    if len(parts) != count:
        raise _invalid(f"Number of {name} does not match number of coordinates", "InvalidOptions")
    return parts


def _numbers(text: str, count: int, name: str) -> tuple[int, ...]:
    if text == "all":
        return tuple(range(count))
    try:
        numbers = tuple(int(part) for part in text.split(";"))
    except ValueError:
        raise _invalid(f"{name}={text[:40]!r} must be numbers of coordinates, or all", "InvalidQuery") from None
    if not all(0 <= number < count for number in numbers):
        raise _invalid(f"{name}={text[:40]}: numbers are 0..{count - 1}", "InvalidOptions")
    return numbers


def _number(text: str, name: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not least <= value <= most:
        raise _invalid(f"{name}={text[:20]!r} must be a number in {least:g}..{most:g}", "InvalidOptions")
    return value


def _flag(text: str, name: str, default: bool = False) -> bool:
    if text == "default":
        return default
    if text not in _FLAGS:
        raise _invalid(f"{name}={text[:20]!r} must be true or false", "InvalidQuery")
    return _FLAGS[text]


def _choice(text: str, allowed: Sequence[str], name: str) -> str:
    if text not in allowed:
        raise _invalid(f"{name}={text[:20]!r} must be one of {', '.join(allowed)}", "InvalidQuery")
    return text


def _alternatives(text: str, count: int) -> int:
    if text in _FLAGS:
        number = 1 if _FLAGS[text] else 0
    else:
        number = int(_number(text, "alternatives", 0, 1000))
    return min(number, MOST_ALTERNATIVES) if count == 2 else 0


def _annotations(service: str, text: str) -> frozenset[str]:
    known = (
        ("duration", "distance")
        if service == "table"
        else ("duration", "distance", "weight", "speed", "nodes", "datasources")
    )
    if text in _FLAGS:
        return frozenset(known) if _FLAGS[text] else frozenset()
    return frozenset(_choice(part, known, "annotations") for part in text.split(","))


def _exclude(text: str) -> frozenset[str]:
    return frozenset(_choice(part, _EXCLUDES, "exclude") for part in text.split(",")) if text else frozenset()

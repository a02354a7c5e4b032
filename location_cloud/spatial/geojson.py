"""GeoJSON (RFC 7946) from strangers checked into shapes, shapes written out, and coordinates replaced in replies."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.antimeridian import cut_antimeridian, unwrapped, unwrapped_polygon
from location_cloud.spatial.errors import BadGeometry
from location_cloud.spatial.lonlat import Floats, off_the_globe
from location_cloud.spatial.recoordinate import map_coordinates

__all__ = [
    "MOST_VERTICES",
    "as_feature",
    "as_geojson",
    "map_coordinates",
    "normalised_geometry",
    "parse_feature",
    "parse_geometry",
]

# How deep `coordinates` nests: 0 is one position.
DEPTH: Final = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
MOST_VERTICES: Final = 100_000  # parsed and checked in about 0.3 s; callers declare less where that suffices
MOST_COLLECTIONS: Final = 4  # GeometryCollections inside one another; RFC 7946 advises against any


def json_schema_of(*kinds: str) -> dict[str, Any]:
    """The JSON Schema of a geometry of one of these kinds ("Polygon", "LineString"), as far as a schema can say it.

    For the models of bodies: `parse_geometry` is what checks one.
    """
    coordinates: dict[str, Any] = {"type": "array", "minItems": 1}
    if set(kinds) <= {"Polygon", "MultiPolygon"}:
        coordinates["items"] = {"type": "array", "minItems": 1}
    else:
        coordinates["minItems"] = 2
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"enum": list(kinds)}, "coordinates": coordinates},
        "description": f"GeoJSON {', '.join(kinds[:-1])}{' or ' if kinds[1:] else ''}{kinds[-1]}",
    }


def parse_geometry(value: object, max_vertices: int = MOST_VERTICES) -> BaseGeometry:
    """The shape of a GeoJSON geometry that may come from anyone: valid, two-dimensional, within -180..180.

    Rings are turned as RFC 7946 asks (outer counter-clockwise), shapes over the antimeridian are cut there, elevations
    are left out.

    value: parsed JSON.   max_vertices: more positions than this are refused before any other work.

    Raises BadGeometry naming the place in the document and what is wrong with it.
    """
    budget = max_vertices
    for kind, coordinates in _leaves(value, "geometry", 0):
        budget -= _count(coordinates, DEPTH[kind], budget)
        if budget < 0:
            raise BadGeometry(f"the geometry has more than {max_vertices} positions; simplify or split it")
    return _shape(value, "geometry")


def parse_feature(value: object, max_vertices: int = MOST_VERTICES) -> tuple[BaseGeometry | None, dict[str, Any]]:
    """The shape (None when the feature has none) and the properties of a GeoJSON feature. As `parse_geometry`."""
    if not isinstance(value, Mapping) or value.get("type") != "Feature":
        raise BadGeometry('a feature is an object with "type": "Feature", "geometry" and "properties"')
    properties = value.get("properties")
    if properties is not None and not isinstance(properties, Mapping):
        raise BadGeometry("feature.properties must be an object or null")
    geometry = value.get("geometry")
    shape = None if geometry is None else parse_geometry(geometry, max_vertices)
    return shape, dict(properties or {})


def normalised_geometry(value: object, max_vertices: int = MOST_VERTICES) -> dict[str, Any]:
    """The geometry as we store and send it: `parse_geometry`, written back as GeoJSON."""
    return as_geojson(parse_geometry(value, max_vertices))


def as_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A shape as a GeoJSON geometry: rings turned and the antimeridian cut as RFC 7946 asks, plain lists."""
    shape = shapely.orient_polygons(cut_antimeridian(shapely.force_2d(geometry)))
    result: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return result


def as_feature(
    geometry: BaseGeometry | None, properties: Mapping[str, Any], feature_id: str | int | None = None
) -> dict[str, Any]:
    """A GeoJSON feature of a shape and its properties."""
    feature: dict[str, Any] = {"type": "Feature"}
    if feature_id is not None:
        feature["id"] = feature_id
    feature["geometry"] = None if geometry is None else as_geojson(geometry)
    feature["properties"] = dict(properties)
    return feature


def _leaves(value: object, where: str, depth: int) -> Iterator[tuple[str, object]]:
    """Type and coordinates of every simple geometry, shallow checks done."""
    if not isinstance(value, Mapping):
        raise BadGeometry(f"{where} must be a GeoJSON geometry object, not {_name(value)}")
    kind = value.get("type")
    if kind == "GeometryCollection":
        parts = value.get("geometries")
        if not isinstance(parts, list):
            raise BadGeometry(f"{where}.geometries must be a list")
        if depth >= MOST_COLLECTIONS:
            raise BadGeometry(f"{where} nests more than {MOST_COLLECTIONS} GeometryCollections; flatten it")
        for at, part in enumerate(parts):
            yield from _leaves(part, f"{where}.geometries[{at}]", depth + 1)
    elif isinstance(kind, str) and kind in DEPTH:
        yield kind, value.get("coordinates")
    else:
        known = ", ".join([*DEPTH, "GeometryCollection"])
        raise BadGeometry(f"{where}.type={str(kind)[:40]} is not a geometry type; use one of {known}")


def _count(coordinates: object, depth: int, budget: int) -> int:
    """Positions in nested lists, given up once beyond the budget. Wrong nesting is found later."""
    if depth == 0 or not isinstance(coordinates, list):
        return 1
    if depth == 1 or len(coordinates) > budget:
        return len(coordinates)
    total = 0
    for part in coordinates:
        total += _count(part, depth - 1, budget)
        if total > budget:
            break
    return total


def _shape(value: Any, where: str) -> BaseGeometry:
    kind = value["type"]
    if kind == "GeometryCollection":
        parts = [_shape(part, f"{where}.geometries[{at}]") for at, part in enumerate(value["geometries"])]
        return GeometryCollection(parts)
    shape = _BUILDERS[kind](value.get("coordinates"), f"{where}.coordinates")
    if not shape.is_valid:
        raise BadGeometry(f"{where} is not valid: {shapely.is_valid_reason(shape)}; draw it without crossing itself")
    return shapely.orient_polygons(cut_antimeridian(shape))


def _point(value: object, where: str) -> BaseGeometry:
    return Point(_position(value, where))


def _multi_point(value: object, where: str) -> BaseGeometry:
    return MultiPoint([_position(part, f"{where}[{at}]") for at, part in enumerate(_list(value, where))])


def _line(value: object, where: str) -> BaseGeometry:
    return LineString(unwrapped(_positions(value, where, 2)))


def _multi_line(value: object, where: str) -> BaseGeometry:
    return MultiLineString([_line(part, f"{where}[{at}]") for at, part in enumerate(_list(value, where))])


def _polygon(value: object, where: str) -> BaseGeometry:
    rings = [_ring(part, f"{where}[{at}]") for at, part in enumerate(_list(value, where))]
    if not rings:
        raise BadGeometry(f"{where} has no ring; a polygon needs an outer one")
    return unwrapped_polygon(rings)


def _multi_polygon(value: object, where: str) -> BaseGeometry:
    parts = [_polygon(part, f"{where}[{at}]") for at, part in enumerate(_list(value, where))]
    if not parts:
        raise BadGeometry(f"{where} has no polygon")
    return MultiPolygon(parts)


_BUILDERS: Final[dict[str, Callable[[object, str], BaseGeometry]]] = {
    "Point": _point,
    "MultiPoint": _multi_point,
    "LineString": _line,
    "MultiLineString": _multi_line,
    "Polygon": _polygon,
    "MultiPolygon": _multi_polygon,
}


def _ring(value: object, where: str) -> Floats:
    ring = _positions(value, where, 4)
    if (ring[0] != ring[-1]).any():
        raise BadGeometry(f"{where} is not closed; its last position must repeat the first")
    return ring


def _positions(value: object, where: str, least: int) -> Floats:
    items = _list(value, where)
    if len(items) < least:
        raise BadGeometry(f"{where} has {len(items)} positions and needs at least {least}")
    return np.array([_position(item, f"{where}[{at}]") for at, item in enumerate(items)], dtype=np.float64)


def _position(value: object, where: str) -> tuple[float, float]:
    if not isinstance(value, list) or not 2 <= len(value) <= 4:
        raise BadGeometry(f"{where} must be [longitude, latitude], not {_name(value)}")
    for number in value:
        # bool is an int in Python, and JSON's true is no coordinate.
        if type(number) not in (float, int):
            raise BadGeometry(f"{where} must hold numbers, not {_name(number)}")
    lon, lat = value[0], value[1]
    # Compared before conversion: refuses NaN, infinities and whole numbers too large for a float.
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        usual = off_the_globe(float(lon), float(lat), where) if abs(lon) < 1e9 and abs(lat) < 1e9 else None
        raise BadGeometry(usual or f"{where} is off the globe; longitude is -180..180, latitude -90..90")
    return float(lon), float(lat)


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadGeometry(f"{where} must be a list, not {_name(value)}")
    return value


def _name(value: object) -> str:
    names = {dict: "an object", list: "a list of another length", str: "text", bool: "true or false"}
    return names.get(type(value), "null" if value is None else f"{str(value)[:40]}")

"""Reads an operator's GeoJSON, as one collection or as one feature a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from location_cloud.errors import BadInput
from location_cloud.places.model_own import MOST_ROWS, Bad, RawRows
from location_cloud.places.own_size import most_rows
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry

MOST_BYTES = 512 << 20
"""Of one file: it is held in memory whole, at ten times its size."""

WORLD = ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326")
"""Names of WGS-84 that old files state (GeoJSON 2008; RFC 7946 knows no other system)."""


def read_geojson(path: Path) -> RawRows:
    """The features of a file; a line or an area stands where a point inside it is.

    Raises BadInput if it is no GeoJSON, or says that it is in another coordinate system, BadInput if it is too large.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise BadInput(f"{path}: {size:,} bytes, at most {MOST_BYTES:,}")
    raw = RawRows("feature", note="read as GeoJSON")
    features = _features(path, path.read_bytes(), raw)
    if len(features) > MOST_ROWS:
        raise BadInput(f"{path}: more than {MOST_ROWS:,} features; split the file")
    good: list[dict[str, Any]] = []
    points: list[tuple[float, float]] = []
    for number, feature in features:
        try:
            point = _point(feature)
        except (SpatialError, shapely.errors.ShapelyError, TypeError, ValueError, KeyError) as error:
            raw.bad.append(Bad(number, f"its geometry cannot be read: {' '.join(str(error).split())[:120]}"))
            continue
        raw.number.append(number)
        points.append(point)
        properties = feature.get("properties")
        good.append(properties if isinstance(properties, dict) else {})
    names = dict.fromkeys(str(key) for properties in good for key in properties)
    if len(good) > (most := most_rows(path, len(names))):
        raise BadInput(f"{path}: more than {most:,} features with {len(names)} properties; split the file")
    raw.columns = {name: [_as_text(properties.get(name)) for properties in good] for name in names}
    raw.lonlat = np.array(points, np.float64).reshape(-1, 2)
    return raw


def _features(path: Path, data: bytes, raw: RawRows) -> list[tuple[int, dict[str, Any]]]:
    try:
        content = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        lines = _lines(data, raw)
        if not lines:
            raise BadInput(f"{path}: not a GeoJSON file: {error}") from error
        return lines
    if not isinstance(content, dict) or content.get("type") not in ("FeatureCollection", "Feature"):
        raise BadInput(f"{path}: not a GeoJSON file: a FeatureCollection is needed")
    stated = content.get("crs")
    about = stated.get("properties") if isinstance(stated, dict) else None
    name = about.get("name", "") if isinstance(about, dict) else ""
    if name and name not in (*WORLD, "EPSG:4490", "urn:ogc:def:crs:EPSG::4490"):
        raise BadInput(f"{path}: its coordinates are in {name}; convert it to WGS-84 (ogr2ogr -t_srs EPSG:4326)")
    features = [content] if content["type"] == "Feature" else content.get("features")
    if not isinstance(features, list):
        raise BadInput(f'{path}: "features" must be a list of features')
    found = []
    for number, feature in enumerate(features, 1):
        if isinstance(feature, dict):
            found.append((number, feature))
        else:
            raw.bad.append(Bad(number, "it is no feature"))
    return found


def _lines(data: bytes, raw: RawRows) -> list[tuple[int, dict[str, Any]]]:
    """Features of a file with one a line (RFC 8142)."""
    found, bad = [], []
    for number, line in enumerate(data.splitlines(), 1):
        text = line.strip(b"\x1e \t\r")
        if not text:
            continue
        try:
            feature = orjson.loads(text)
        except orjson.JSONDecodeError:
            feature = None
        if isinstance(feature, dict) and feature.get("type") == "Feature":
            found.append((number, feature))
        else:
            bad.append(Bad(number, "it is no feature"))
    if found:
        raw.bad += bad
        raw.what = "line"
    return found


def _point(feature: dict[str, Any]) -> tuple[float, float]:
    geometry = feature.get("geometry")
    if geometry is None:
        return float("nan"), float("nan")
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        lon, lat = geometry["coordinates"][:2]
        return float(lon), float(lat)
    inside = shapely.point_on_surface(parse_geometry(geometry))
    return float(inside.x), float(inside.y)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else str(value)

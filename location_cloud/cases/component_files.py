"""Components as files tell them: lines of CSV, features of GeoJSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry

MOST_LINES = 20_000
"""Components of one file: some 3 s to store."""

MOST_TOLD = 20
"""Wrong lines that are told of one file."""

MOST_TEXT, MOST_NOTE = 200, 2000

TEXTS = ("name", "owner", "maintainer", "supervisor", "state", "source", "note")
FIELDS = ("id", "class", *TEXTS, "first_seen", "simulated")
KNOWN = (*FIELDS, "lon", "lat")

SHAPES = ("Point", "LineString", "Polygon", "MultiLineString", "MultiPolygon")

_ID = re.compile(r"[0-9]{16}")
_CLASS = re.compile(r"[0-9]{4}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class ToldComponent:
    """A component as it is told. where: line or feature, for errors. id: "" = it gets one. told: fields of TEXTS."""

    where: str
    id: str
    class_code: str
    geometry: BaseGeometry
    told: Mapping[str, str]
    is_simulated: bool = False


def read_csv(content: bytes) -> list[ToldComponent]:
    """Components of a table with a head of KNOWN names (class, lon, lat are needed), separated by comma, UTF-8.

    Raises BadQuery that names the lines, TooLarge.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadQuery(f"the table is not UTF-8: byte {error.start}", hint="save it as UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in reader.fieldnames or ()]
        missing = [name for name in ("class", "lon", "lat") if name not in head]
        unknown = [name for name in head if name not in KNOWN]
        if missing or unknown or len(set(head)) != len(head):
            wrong = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown) or 'a name twice'}"
            raise BadQuery(f"the head of the table {wrong}", hint=f"it may have {', '.join(KNOWN)}")
        reader.fieldnames = head
        return _collected((f"line {reader.line_num}", row) for row in reader)
    except csv.Error as error:
        raise BadQuery(f"line {reader.line_num}: {error}", hint="quote cells that have commas or quotes") from None


def read_geojson(content: bytes) -> list[ToldComponent]:
    """Components of a FeatureCollection whose properties have names of FIELDS. Raises BadQuery, TooLarge."""
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadQuery(f"the body is not JSON: {error}", hint="send a GeoJSON FeatureCollection") from None
    features = told.get("features") if isinstance(told, dict) and told.get("type") == "FeatureCollection" else None
    if not isinstance(features, list):
        raise BadQuery("that is no FeatureCollection", hint='{"type": "FeatureCollection", "features": [...]}')
    return _collected((f"features[{place}]", _properties(feature)) for place, feature in enumerate(features))


def read_told(rows: Iterable[Mapping[str, Any]]) -> list[ToldComponent]:
    """Components that a body tells one by one, with a geometry each. Raises BadQuery, TooLarge."""
    return _collected((f"components[{place}]", row) for place, row in enumerate(rows))


def _properties(feature: Any) -> Mapping[str, Any]:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return {"class": None}
    named = {name: value for name, value in feature["properties"].items() if name in FIELDS and value is not None}
    return (
        {"id": feature["id"], **named, "geometry": feature.get("geometry")}
        if _is_id(feature)
        else {
            **named,
            "geometry": feature.get("geometry"),
        }
    )


def _is_id(feature: Mapping[str, Any]) -> bool:
    return isinstance(feature.get("id"), str) and _ID.fullmatch(feature["id"]) is not None


def _collected(rows: Iterator[tuple[str, Mapping[str, Any]]]) -> list[ToldComponent]:
    found: list[ToldComponent] = []
    wrong: list[str] = []
    for where, row in rows:
        if len(found) + len(wrong) >= MOST_LINES:
            raise TooLarge(f"more than {MOST_LINES:,} components in one file", hint="send it in parts")
        try:
            found.append(_component(where, row))
        except (BadQuery, SpatialError) as error:
            wrong.append(f"{where}: {error}")
    if wrong:
        more = f" and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
        raise BadQuery("; ".join(wrong[:MOST_TOLD]) + more, hint="nothing was stored; repair these and send it again")
    seen: dict[str, str] = {}
    for each in found:
        if each.id and seen.setdefault(each.id, each.where) != each.where:
            raise BadQuery(f"{each.where}: id {each.id} stands at {seen[each.id]}, too", hint="each component once")
    return found


def _component(where: str, row: Mapping[str, Any]) -> ToldComponent:
    if None in row:
        raise BadQuery("it has more cells than the head")
    code, class_code = _text(row, "id", 16), _text(row, "class", 4)
    if not _CLASS.fullmatch(class_code):
        raise BadQuery(f"class {class_code!r} is not four digits")
    if code and (not _ID.fullmatch(code) or code[6:10] != class_code):
        raise BadQuery(f"id {code!r} is not county 6 + class {class_code} + serial 6 digits")
    simulated = row.get("simulated") or False
    if simulated not in (False, True, "true", "false", "0", "1"):
        raise BadQuery(f"simulated is true or false, not {str(simulated)[:20]!r}")
    told = {name: _text(row, name, MOST_NOTE if name == "note" else MOST_TEXT) for name in TEXTS if name in row}
    return ToldComponent(where, code, class_code, _geometry(row), told, simulated in (True, "true", "1"))


def _geometry(row: Mapping[str, Any]) -> BaseGeometry:
    told = row.get("geometry")
    if told is None:
        try:
            told = {"type": "Point", "coordinates": [float(row["lon"]), float(row["lat"])]}
        except (KeyError, TypeError, ValueError):
            raise BadQuery(f"lon {row.get('lon')!r}, lat {row.get('lat')!r} are no degrees") from None
    shape = parse_geometry(told, max_vertices=10_000)
    if shape.geom_type not in SHAPES or shape.is_empty:
        raise BadQuery(f"geometry {shape.geom_type} does not serve")
    return shape


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most or _CONTROL.search(value):
        raise BadQuery(f"{name} is a text of up to {most} characters")
    return value.strip()

"""Positions in links and machine forms: geo: addresses, WKT, GeoJSON, and the links of map services in their datum."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from location_cloud.spatial.crs import Crs, as_wgs84
from location_cloud.spatial.position import Form, Position, radius_of_digits_m, shown

_PAIR: Final = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)[,~ ;/]\s?(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)(?![0-9.])")
_GEO: Final = re.compile(r"geo:(-?[0-9.]{1,24}),(-?[0-9.]{1,24})(?:,-?[0-9.]{1,24})?((?:[;?].*)?)", re.IGNORECASE)
_WKT: Final = re.compile(
    r"(?:srid ?= ?([0-9]{4}) ?; ?)?point ?(?:z|m|zm)? ?\( ?(-?[0-9.]{1,24}) (-?[0-9.]{1,24})"
    r"(?: -?[0-9.]{1,24}){0,2} ?\)",
    re.IGNORECASE,
)
_AT: Final = re.compile(r"@(-?[0-9]{1,3}\.[0-9]{1,20}),(-?[0-9]{1,3}\.[0-9]{1,20})")
_PIN: Final = re.compile(r"!3d(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)!4d(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)")
_HASH_MAP: Final = re.compile(r"#(?:map=)?[0-9.]{1,6}/(-?[0-9]{1,3}\.[0-9]{1,20})/(-?[0-9]{1,3}\.[0-9]{1,20})")

_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2})+")

_SRIDS: Final[dict[str, Crs]] = {"4326": "wgs84", "4490": "cgcs2000"}

# Who shows which datum, by the end of the host or by the scheme. Amap, Tencent and Google's pages in China: GCJ-02;
# Baidu: BD-09 (each service's own "URI API" pages).
_SERVICES: Final[tuple[tuple[str, Crs], ...]] = (
    ("amap.com", "gcj02"),
    ("autonavi.com", "gcj02"),
    ("amapuri", "gcj02"),
    ("androidamap", "gcj02"),
    ("iosamap", "gcj02"),
    ("map.qq.com", "gcj02"),
    ("qqmap", "gcj02"),
    ("map.baidu.com", "bd09"),
    ("baidumap", "bd09"),
    ("bdapp", "bd09"),
    ("google.cn", "gcj02"),
)

_NAMED_DATUMS: Final[dict[str, Crs]] = {
    "wgs84": "wgs84", "wgs84ll": "wgs84", "gaode": "gcj02", "gcj02": "gcj02", "gcj02ll": "gcj02", "bd09": "bd09",
    "bd09ll": "bd09",
}  # fmt: skip
"""Values of coord_type=, coordinate= and coordtype= in Baidu's and Amap's links."""

_LON_FIRST: Final = frozenset({"position", "lnglat", "center", "dest", "from", "to"})
_LAT_FIRST: Final = ("query", "q", "ll", "sll", "cp", "latlng", "location", "marker", "coord", "destination", "daddr")
_LON_KEYS: Final = ("mlon", "lon", "lng", "longitude", "pointx", "x", "dlon", "slon")
_LAT_KEYS: Final = ("mlat", "lat", "latitude", "pointy", "y", "dlat", "slat")

CLOSED_CODE: Final = re.compile(r"(?:///|https?://(?:www\.)?(?:w3w\.co|what3words\.com)/).{1,200}", re.IGNORECASE)
"""what3words addresses: the words are a trade secret and only their company's servers know where they are."""


def read_machine_form(text: str, crs: Crs) -> Position | None:
    """The position of a geo: address, a WKT point, a GeoJSON point or a map service's link; None for other text.

    crs: the datum of WKT and JSON; links have their service's own, geo: is WGS-84 by definition (RFC 5870).
    """
    text = text.strip()
    if found := _GEO.fullmatch(text):
        return _geo(found)
    if found := _WKT.fullmatch(" ".join(text.split())):
        named = _SRIDS.get(found[1]) if found[1] else crs
        return _position(found[2], found[3], "wkt", named) if named else None
    if text.startswith(("{", "[")) and text.endswith(("}", "]")):
        return _json(text, crs)
    if "://" in text[:24] or text.startswith("geo:"):
        return _link(text)
    return None


def _geo(found: re.Match[str]) -> Position | None:
    parameters = dict(part.partition("=")[::2] for part in re.split("[;?&]", found[3].lower()))
    if parameters.get("crs", "wgs84") != "wgs84":
        return None
    asked = _PAIR.match(parameters.get("q", ""))  # Android writes geo:0,0?q=lat,lon(label)
    lat, lon = asked.groups() if asked else found.groups()[:2]
    position = _position(lon, lat, "geo uri", "wgs84")
    uncertainty = parameters.get("u", "")
    if position is None or not re.fullmatch(r"[0-9]{1,8}(?:\.[0-9]{1,8})?", uncertainty):
        return position
    return _with_accuracy(position, float(uncertainty))


def _json(text: str, crs: Crs) -> Position | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, Mapping) and isinstance(value.get("geometry"), Mapping):
        value = value["geometry"]
    if isinstance(value, Mapping) and value.get("type") == "Point":
        value = value.get("coordinates")
    elif not isinstance(value, list) or "." not in text:
        return None  # {"lat": ..} is read with the other spellings; [5, 7] is no position
    if not isinstance(value, list) or len(value) not in (2, 3):
        return None
    lon, lat = value[:2]
    if isinstance(lon, bool) or isinstance(lat, bool) or not all(isinstance(each, int | float) for each in (lon, lat)):
        return None
    if abs(lat) > 90 or abs(lon) > 180:
        return None  # the other spellings find lat,lon
    return _position(repr(lon), repr(lat), "geojson", crs)


def _link(text: str) -> Position | None:
    crs = _datum_of(text)
    text = _PERCENT.sub(lambda found: bytes.fromhex(found.group().replace("%", "")).decode("utf-8", "replace"), text)
    before, _mark, rest = text.partition("?")
    values = {name.lower(): value for name, _equals, value in (part.partition("=") for part in re.split("[&#]", rest))}
    for name in ("coord_type", "coordtype", "coordinate", "coord"):
        crs = _NAMED_DATUMS.get(values.get(name, "").lower(), crs)
    if values.get("dev") == "1":  # Amap's apps: "to be shifted", so the numbers are WGS-84
        crs = "wgs84"
    pair = _pin(text) or _in_query(values) or _in_path(before, text)
    return _position(*pair, "map link", crs) if pair else None


def _datum_of(text: str) -> Crs:
    scheme, _, rest = text.partition("://")
    host = re.split("[/?#:]", rest, maxsplit=1)[0].lower()
    for name, crs in _SERVICES:
        if scheme.lower() == name or host == name or host.endswith(f".{name}"):
            return crs
    return "wgs84"


def _pin(text: str) -> tuple[str, str] | None:
    """The marked place of a Google link stands behind the view's middle, and is the one meant."""
    found = _PIN.search(text)
    return (found[2], found[1]) if found else None


def _in_query(values: Mapping[str, str]) -> tuple[str, str] | None:
    for lon_key, lat_key in zip(_LON_KEYS, _LAT_KEYS):
        lon, lat = values.get(lon_key, ""), values.get(lat_key, "")
        if _is_number(lon) and _is_number(lat):
            return lon, lat
    for name in _LON_FIRST:
        if (found := _PAIR.match(values.get(name, ""))) and name in values:
            return _range_ordered(found[1], found[2])
    if "p" in values:  # Amap: id,lat,lon,name,address
        parts = values["p"].split(",")
        if len(parts) > 2 and _is_number(parts[1]) and _is_number(parts[2]):
            return parts[2], parts[1]
    for name in _LAT_FIRST:
        found = _PAIR.search(values.get(name, "")[:200])
        if found:
            return _range_ordered(found[2], found[1])
    return None


def _in_path(before: str, text: str) -> tuple[str, str] | None:
    found = _AT.search(text) or _HASH_MAP.search(text)
    if found:
        return found[2], found[1]
    found = _PAIR.search(before[:500].replace("+", ""), before.find("/", 9) if before.find("/", 9) > 0 else len(before))
    return _range_ordered(found[2], found[1]) if found and "." in found.group() else None


def _range_ordered(lon: str, lat: str) -> tuple[str, str]:
    """The two numbers, changed round only where the latitude would lie beyond 90 degrees."""
    return (lat, lon) if abs(float(lat)) > 90.0 >= abs(float(lon)) else (lon, lat)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,3}(?:\.[0-9]{1,20})?", text) is not None


def _position(lon_text: str, lat_text: str, form: Form, crs: Crs) -> Position | None:
    try:
        lon, lat = float(lon_text), float(lat_text)
    except ValueError:
        return None
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        return None
    at = as_wgs84([(lon, lat)], crs)[0]
    units = [10.0 ** -len(text.partition(".")[2]) for text in (lat_text, lon_text)]
    accuracy_m = round(radius_of_digits_m(lat, *units), 3)
    return Position((float(at[0]), float(at[1])), form, crs, shown((lon, lat)), accuracy_m)


def _with_accuracy(position: Position, accuracy_m: float) -> Position:
    return replace(position, accuracy_m=max(position.accuracy_m, accuracy_m))

"""Markers, paths and areas as an address writes them: `label:A|color:c4262e|125.03,46.58|125.1,46.6`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from location_cloud.errors import BadQuery
from location_cloud.maps.sprites import list_icons
from location_cloud.maps.staticmap import Area, Marker, Path
from location_cloud.spatial.bbox import parse_lonlat
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.polyline import decode_polyline

Points: TypeAlias = list[tuple[float, float]]
AsWgs84: TypeAlias = Callable[[Points], Points]

MOST_POINTS = 20_000
"""Of one path or area."""

MOST_WIDTH_PX = 40.0
MOST_LABEL = 4

COLOR = re.compile(r"#?([0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?)")


def parse_markers(text: str, as_wgs84: AsWgs84) -> list[Marker]:
    """Pins of one look. Raises BadQuery naming the word that cannot be read."""
    words, points = _split("markers", text, ("label", "color", "icon"), as_wgs84)
    label = words.get("label", "")
    if len(label) > MOST_LABEL:
        raise BadQuery(f"markers: label {label!r} is longer than {MOST_LABEL} characters", hint="shorten it")
    color, icon = check_color("markers", words.get("color", "c4262e")), check_icon("markers", words.get("icon", ""))
    return [Marker(point, label, color, icon) for point in points]


def parse_path(text: str, as_wgs84: AsWgs84) -> Path:
    """A line of two points or more. Raises BadQuery."""
    words, points = _split("path", text, ("color", "width"), as_wgs84)
    if len(points) < 2:
        raise BadQuery(f"path: {len(points)} point", hint="a path needs two: path=lon,lat|lon,lat")
    return Path(points, check_color("path", words.get("color", "0b5cad")), _width("path", words.get("width", "5")))


def parse_area(text: str, as_wgs84: AsWgs84) -> Area:
    """A surface within three points or more. Raises BadQuery."""
    words, points = _split("area", text, ("fill", "color", "width"), as_wgs84)
    if len(points) < 3:
        raise BadQuery(f"area: {len(points)} points", hint="an area needs three: area=lon,lat|lon,lat|lon,lat")
    return Area(
        (points,),
        check_color("area", words.get("fill", "0b5cad33")),
        check_color("area", words.get("color", "0b5cad")),
        _width("area", words.get("width", "2")),
    )


def check_color(where: str, text: str) -> str:
    """The colour as `#rrggbb` or `#rrggbbaa`. Raises BadQuery."""
    found = COLOR.fullmatch(text)
    if found is None:
        raise BadQuery(f"{where}: {text[:20]!r} is no colour", hint="write six or eight hexadecimal digits: 0b5cad")
    return "#" + found[1].lower()


def check_icon(where: str, name: str) -> str:
    """The name of an icon, or nothing. Raises BadQuery."""
    if name and (name not in list_icons() or not list_icons()[name].colour):
        names = ", ".join(icon.name for icon in list_icons().values() if icon.colour)
        raise BadQuery(f"{where}: there is no icon {name[:32]!r}", hint=f"there are: {names}")
    return name


def read_polyline(where: str, text: str, precision: int) -> Points:
    """The points of an encoded polyline. Raises BadQuery."""
    try:
        line = decode_polyline(text, precision)
    except SpatialError as error:
        raise BadQuery(
            f"{where}: {error}", hint="percent-encode it in an address; precision is 5 (enc) or 6 (enc6)"
        ) from None
    points: Points = [(lon, lat) for lon, lat in (line / 1e7).tolist()]
    return check_count(where, points)


def check_count(where: str, points: Points) -> Points:
    """The points. Raises BadQuery if there are too many."""
    if len(points) > MOST_POINTS:
        raise BadQuery(f"{where}: {len(points)} points; the most is {MOST_POINTS}", hint="simplify the line")
    return points


def _split(where: str, text: str, names: tuple[str, ...], as_wgs84: AsWgs84) -> tuple[dict[str, str], Points]:
    """The `name:value` words and the points. What follows `enc:` is taken as it stands: `|` may be part of it."""
    plain, marker, encoded = text.partition("enc:") if "enc:" in text else text.partition("enc6:")
    words: dict[str, str] = {}
    points: Points = []
    for word in plain.split("|"):
        name, colon, value = word.partition(":")
        if colon and name in names:
            words[name] = value
        elif colon:
            raise BadQuery(
                f"{where}: there is no {name[:20]!r}", hint=f"there are: {', '.join(names)}, and points lon,lat"
            )
        elif word:
            points.append(_point(where, word))
    if marker:
        points += read_polyline(where, encoded, 6 if marker == "enc6:" else 5)
    return words, as_wgs84(check_count(where, points)) if points else points


def _point(where: str, word: str) -> tuple[float, float]:
    try:
        return parse_lonlat(word, where)
    except SpatialError as error:
        raise BadQuery(str(error), hint="points are lon,lat in degrees, | between them") from None


def _width(where: str, text: str) -> float:
    try:
        width = float(text)
    except ValueError:
        width = -1.0
    if not 0 <= width <= MOST_WIDTH_PX:
        raise BadQuery(f"{where}: width {text[:20]!r} is no number from 0 to {MOST_WIDTH_PX:g}", hint="pixels")
    return width

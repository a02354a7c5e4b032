"""Longitude and latitude as people write them: decimal, with minutes, with seconds, in every order and punctuation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import Crs, as_wgs84
from location_cloud.spatial.position import (
    BY_AREA,
    BY_CUSTOM,
    BY_FOCUS,
    LIKE_A_NAME,
    SURE,
    Form,
    Position,
    apart_m,
    radius_of_digits_m,
    shown,
)
from location_cloud.spatial.position_tokens import Token, Tokens

_LETTER: Final = {
    "number": "n",
    "sign": "s",
    "axis": "A",
    "degree": "D",
    "minute": "M",
    "second": "C",
    "colon": "K",
    "comma": "P",
    "space": "W",
}

# Angles over the letters above. Marks may be missing behind the last number of an angle.
_ANGLE: Final = r"(s?n(?:W?DW?(?:nW?MW?(?:nW?C?)?|nW?)?)?|s?nKn(?:Kn)?)"
_BARE: Final = r"(s?nWn(?:Wn)?|s?n)"
_HEIGHT: Final = "(?:W?PW?s?n)?"
_BEFORE: Final = re.compile(rf"A(?:W?A)?W?{_ANGLE}W?P?W?A(?:W?A)?W?{_ANGLE}{_HEIGHT}")
_AFTER: Final = re.compile(rf"{_ANGLE}W?AW?P?W?{_ANGLE}W?A{_HEIGHT}")
_ROUND: Final = re.compile(rf"AW?{_ANGLE}W?AW?P?W?AW?{_ANGLE}W?A")
_PLAIN: Final = re.compile(rf"{_ANGLE}(?:W?(P)W?|(W)){_ANGLE}{_HEIGHT}")
_ISO: Final = re.compile(r"(sn)(sn)(?:sn)?")
_BARE_BEFORE: Final = re.compile(rf"AW?{_BARE}W?P?W?AW?{_BARE}")
_BARE_AFTER: Final = re.compile(rf"{_BARE}W?AW?P?W?{_BARE}W?A")
_BARE_PLAIN: Final = re.compile(r"(s?nWnWn)W?PW?(s?nWnWn)")
_COMMAS: Final = re.compile(r"(s?n)P(n)[WP](s?n)P(n)")
"""46,58758 125,10307: commas for decimal points, as most of Europe writes."""

_SIDES: Final = {"E": (0, 1), "W": (0, -1), "N": (1, 1), "S": (1, -1), "lon": (0, 0), "lat": (1, 0), "x": (0, 0)}
_SIDES["y"] = (1, 0)

_PLAIN_LEAST_DECIMALS: Final = 1
"""Two numbers with only a space between them are a position if both have this many decimals: 46 125 is not."""

_FAR_M: Final = 500_000.0
_MUCH_NEARER: Final = 4.0
"""The reading that is this many times nearer to the focus, and not beyond _FAR_M, is taken for the meant one."""


@dataclass(frozen=True, slots=True)
class _Angle:
    """One angle.

    value: degrees, signed. unit: degrees of its last digit. parts: how many numbers it has. decimals: of a single
    number, 9 = it has several. axis: 0 longitude, 1 latitude, None = nobody says.
    """

    value: float
    unit: float
    parts: int
    decimals: int
    axis: int | None = None


def read_degrees(
    tokens: Tokens, crs: Crs, near: tuple[float, float] | None = None, area: Bbox | None = None
) -> Position | None:
    """The position that the pieces of a text mean; None if they are no longitude and latitude.

    crs: the datum, unless the text names one. near, area: degrees; decide the order where both are possible.
    """
    items = _tidied(tokens.items)
    letters = "".join(_LETTER[item.kind] for item in items)
    pair = _pair(letters, items)
    if pair is None:
        return None
    crs = tokens.crs or crs
    first, second, is_lat_first_by_custom = pair
    axes = _axes(first, second)
    if axes is None:
        return None
    if first.axis is not None:
        readings = [(first, second) if axes == (0, 1) else (second, first)]
    elif is_lat_first_by_custom:
        readings = [(second, first), (first, second)]
    else:
        readings = [(first, second), (second, first)]
    good = [(lon, lat) for lon, lat in readings if abs(lon.value) <= 180.0 and abs(lat.value) <= 90.0]
    if not good:
        return None
    position = _decided(good, crs, near, area)
    is_bare = set(letters) <= {"n", "P"} and first.unit == second.unit == 1.0
    return replace(position, confidence=min(position.confidence, LIKE_A_NAME)) if is_bare else position


def _decided(
    readings: list[tuple[_Angle, _Angle]], crs: Crs, near: tuple[float, float] | None, area: Bbox | None
) -> Position:
    places = [as_wgs84([(lon.value, lat.value)], crs)[0].tolist() for lon, lat in readings]
    points = [(float(lon), float(lat)) for lon, lat in places]
    order, confidence = _order(points, near, area)
    lon, lat = readings[order[0]]
    return Position(
        lonlat=points[order[0]],
        form=_FORMS[max(lon.parts, lat.parts)],
        crs=crs,
        name=shown((lon.value, lat.value)),
        accuracy_m=round(radius_of_digits_m(lat.value, lat.unit, lon.unit), 3),
        confidence=confidence,
        alternatives=tuple(points[at] for at in order[1:]),
    )


def _order(
    points: list[tuple[float, float]], near: tuple[float, float] | None, area: Bbox | None
) -> tuple[list[int], int]:
    """Which reading is meant, by range first (then there is one), by the area, by the focus, by custom."""
    if len(points) == 1 or points[0] == points[1]:
        return [0], SURE
    if area is not None:
        inside = [bool(area.contains([point])[0]) for point in points]
        if inside[0] != inside[1]:
            return ([0, 1] if inside[0] else [1, 0]), BY_AREA
    if near is not None:
        away_m = [apart_m(point, near) for point in points]
        nearer = 0 if away_m[0] <= away_m[1] else 1
        if away_m[nearer] <= _FAR_M and away_m[nearer] * _MUCH_NEARER < away_m[1 - nearer]:
            return [nearer, 1 - nearer], BY_FOCUS
    return [0, 1], BY_CUSTOM


_FORMS: Final[dict[int, Form]] = {1: "decimal", 2: "degrees, minutes", 3: "degrees, minutes, seconds"}


def _pair(letters: str, items: list[Token]) -> tuple[_Angle, _Angle, bool] | None:
    """Both angles, and whether custom has the latitude first; None if the pieces are no pair of angles."""
    for pattern in (_ROUND, _BEFORE, _AFTER, _BARE_BEFORE, _BARE_AFTER):
        if found := pattern.fullmatch(letters):
            angles = _angles(found, items, 1, 2)
            return (*angles, False) if angles else None
    if found := _COMMAS.fullmatch(letters):
        return _with_commas(found, items)
    if found := _ISO.fullmatch(letters):
        angles = _angles(found, items, 1, 2)
        return _latitude_first(*angles) if angles else None
    if found := _BARE_PLAIN.fullmatch(letters):
        angles = _angles(found, items, 1, 2)
        return (*angles, True) if angles else None
    found = _PLAIN.fullmatch(letters)
    angles = _angles(found, items, 1, 4) if found else None
    if found is None or angles is None or max(angle.parts for angle in angles) > 3:
        return None
    is_marked = "D" in letters or "K" in letters
    decimals = min(angle.decimals for angle in angles)
    if found[3] and not is_marked and decimals < _PLAIN_LEAST_DECIMALS:
        return None
    # By custom: lon,lat with a comma, as this API and GeoJSON have it; lat lon with a space, as receivers show it.
    return (*angles, bool(found[3]) or is_marked)


def _latitude_first(first: _Angle, second: _Angle) -> tuple[_Angle, _Angle, bool]:
    """ISO 6709: +46.58758+125.10307 has the latitude first by definition."""
    return replace(first, axis=1), replace(second, axis=0), True


def _with_commas(found: re.Match[str], items: list[Token]) -> tuple[_Angle, _Angle, bool] | None:
    numbers = [item.text for item in items if item.kind == "number"]
    if any("." in text for text in numbers) or min(len(numbers[1]), len(numbers[3])) < 3:
        return None
    joined = []
    for group, whole, fraction in ((1, numbers[0], numbers[1]), (3, numbers[2], numbers[3])):
        sign = -1 if _is_minus(items[found.start(group) : found.end(group)]) else 1
        angle = _angle_of([f"{whole}.{fraction}"], sign, is_packed=False)
        if angle is None:
            return None
        joined.append(angle)
    return joined[0], joined[1], True


def _angles(found: re.Match[str], items: list[Token], one: int, other: int) -> tuple[_Angle, _Angle] | None:
    """The angles of two groups, each with the axis that stands beside it."""
    angles = []
    is_packed = found.re is _ISO or any(item.kind == "axis" for item in items)
    for group in (one, other):
        start, end = found.span(group)
        numbers = [item.text for item in items[start:end] if item.kind == "number"]
        sign = -1 if _is_minus(items[start:end]) else 1
        angle = _angle_of(numbers, sign, is_packed)
        if angle is None:
            return None
        angles.append(angle)
    if found.re in (_BEFORE, _BARE_BEFORE, _ROUND):
        sides = [_words(items[: found.start(1)]), _words(items[found.end(1) : found.start(2)])]
        if found.re is _ROUND:
            sides = [_words(items[: found.start(1)]), _words(items[found.end(2) :])]
            between = _words(items[found.end(1) : found.start(2)])
            sides = [[*sides[0], between[0]], [between[1], *sides[1]]]
    elif found.re in (_AFTER, _BARE_AFTER):
        sides = [_words(items[found.end(1) : found.start(2)]), _words(items[found.end(2) :])]
    else:
        return angles[0], angles[1]
    first, second = _sided(angles[0], sides[0]), _sided(angles[1], sides[1])
    return (first, second) if first and second else None


def _words(items: list[Token]) -> list[str]:
    return [item.text for item in items if item.kind == "axis"]


def _sided(angle: _Angle, words: list[str]) -> _Angle | None:
    """The angle with the axis and the side that words give it; None if they contradict each other or its sign."""
    axes = {_SIDES[word][0] for word in words}
    signs = {_SIDES[word][1] for word in words} - {0}
    if len(axes) != 1 or len(signs) > 1:
        return None
    sign = signs.pop() if signs else 1
    return replace(angle, value=angle.value * sign, axis=axes.pop())


def _axes(first: _Angle, second: _Angle) -> tuple[int, int] | None:
    if first.axis is None or second.axis is None:
        return 0, 1
    return (first.axis, second.axis) if first.axis != second.axis else None


def _is_minus(items: list[Token]) -> bool:
    return any(item.kind == "sign" and item.text == "-" for item in items)


def _angle_of(numbers: list[str], sign: int, is_packed: bool) -> _Angle | None:
    """The angle of one to three numbers; of one with four to seven digits in front of the point, packed DDMMSS."""
    whole, _point, fraction = numbers[0].partition(".")
    if is_packed and len(numbers) == 1 and 4 <= len(whole) <= 7:
        digits = 2 if len(whole) % 2 == 0 else 3
        rest = whole[digits:]
        numbers = [whole[:digits], *(rest[at : at + 2] for at in range(0, len(rest), 2))]
        numbers[-1] += f".{fraction}" if fraction else ""
    if any("." in number for number in numbers[:-1]) or len(numbers[0].partition(".")[0]) > 3:
        return None
    values = [float(number) for number in numbers]
    if any(value >= 60.0 for value in values[1:]):
        return None
    decimals = len(numbers[-1].partition(".")[2])
    size = 60.0 ** (len(numbers) - 1)
    degrees = sum(value / 60.0**at for at, value in enumerate(values))
    return _Angle(sign * degrees, 10.0**-decimals / size, len(numbers), decimals if len(numbers) == 1 else 9)


def _tidied(items: tuple[Token, ...]) -> list[Token]:
    """Without spaces at the ends and beside each other."""
    kept: list[Token] = []
    for item in items:
        if item.kind == "space" and (not kept or kept[-1].kind == "space"):
            continue
        kept.append(item)
    while kept and kept[-1].kind == "space":
        kept.pop()
    return kept

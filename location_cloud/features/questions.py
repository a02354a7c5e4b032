"""What a question about features says: the box, the time, the values of properties.

Source: OGC 17-069r4, OGC API - Features - Part 1: Core 1.0.1, 7.15; OGC 19-079r2, Part 3: Filtering, 6 (queryables as
parameters); RFC 3339.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

import numpy as np

from location_cloud.errors import BadQuery
from location_cloud.feature_sets import Property, Value
from location_cloud.features.model import BBOX, CRS84
from location_cloud.features.systems import MERCATOR, as_lonlat
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.errors import SpatialError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.I
)
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")

MOST_VALUE = 500
"""Characters of a value."""


def read_bbox(text: str, system: str = CRS84) -> Bbox:
    """The box of four numbers, or of six with heights, which no feature here has. system: that its corners are in.

    Raises BadQuery.
    """
    if not re.fullmatch(BBOX, text):
        raise BadQuery(
            f"bbox={text[:80]} is not four or six numbers", hint="west,south,east,north in the order of bbox-crs"
        )
    numbers = [float(part) for part in text.split(",")]
    half = len(numbers) // 2
    if half == 3 and numbers[2] > numbers[5]:
        raise BadQuery(
            f"bbox={text[:80]} has its bottom above its top", hint="the order is west,south,low,east,north,high"
        )
    corners = np.array([numbers[:2], numbers[half : half + 2]])
    if system == MERCATOR and (corners[0] > corners[1]).any():
        raise BadQuery(
            f"bbox={text[:80]} has its first corner beyond the second", hint="the order is west,south,east,north"
        )
    try:
        (west, south), (east, north) = as_lonlat(corners, system).tolist()
        return Bbox(west, south, east, north)
    except SpatialError as error:
        raise BadQuery(f"bbox={text[:80]}: {error}", hint="west,south,east,north in the order of bbox-crs") from error


def read_time(text: str) -> tuple[datetime | None, datetime | None]:
    """The first moment and the last one that are meant; None = open on that side. A day is all of it, in UTC.

    Raises BadQuery.
    """
    first, slash, last = text.partition("/")
    if not slash:
        return _moment(first), _moment(first, is_end=True)
    begins = None if first in ("", "..") else _moment(first)
    ends = None if last in ("", "..") else _moment(last, is_end=True)
    if begins is not None and ends is not None and begins > ends:
        raise BadQuery(f"datetime={text[:80]} ends before it begins", hint="the order is first/last")
    return begins, ends


def _moment(text: str, is_end: bool = False) -> datetime:
    try:
        if _DAY.fullmatch(text):
            day = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
            return day + timedelta(days=1, microseconds=-1) if is_end else day
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadQuery(
        f"datetime={text[:80]} is no time",
        hint="2026-11-01T00:00:00Z, 2026-11-01, or two of them with / between; .. is an open end",
    )


def read_values(
    given: Mapping[str, str], properties: Mapping[str, Property], known: tuple[str, ...]
) -> dict[str, Value]:
    """The values that properties should have. known: other parameters, for the hint. Raises BadQuery."""
    found = {}
    for name, text in given.items():
        about = properties.get(name)
        if about is None or not about.is_queryable or name in known:
            names = ", ".join((*known, *queryable(properties, known)))
            raise BadQuery(
                f"{name[:80]}={text[:40]}: there is no parameter of that name", hint=f"parameters are: {names}"
            )
        found[name] = _value(name, text, about)
    return found


def queryable(properties: Mapping[str, Property], known: tuple[str, ...]) -> dict[str, Property]:
    """The properties that features are chosen by. known: names of other parameters, which hide properties of theirs."""
    return {name: about for name, about in properties.items() if about.is_queryable and name not in known}


def _value(name: str, text: str, about: Property) -> Value:
    if len(text) > MOST_VALUE:
        raise BadQuery(f"{name} has {len(text)} characters; the most is {MOST_VALUE}", hint="give the whole value")
    if about.values and text not in about.values:
        raise BadQuery(f"{name}={text[:80]} is none of its values", hint=f"use one of {', '.join(about.values)}")
    if about.kind == "boolean":
        if text not in ("true", "false"):
            raise BadQuery(f"{name}={text[:80]} is neither true nor false", hint="write true or false")
        return text == "true"
    if about.kind == "integer" and not _INTEGER.fullmatch(text):
        raise BadQuery(f"{name}={text[:80]} is no whole number", hint="write plain digits such as 12")
    if about.kind == "number" and not _NUMBER.fullmatch(text):
        raise BadQuery(f"{name}={text[:80]} is no number", hint="write 12 or 1.5")
    if about.kind in ("integer", "number"):
        number = int(text) if _INTEGER.fullmatch(text) else float(text)
        if abs(number) > 9e18 or (about.kind == "integer" and abs(number) >= 2**31):
            raise BadQuery(f"{name}={text[:80]} is beyond every value", hint="nothing here is that large")
        return number
    if "\0" in text:
        raise BadQuery(f"{name} has a character that no text here has", hint="leave out the character U+0000")
    return text

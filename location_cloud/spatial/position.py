"""A position that somebody wrote down: where it is, how it was written, and how sure and how exact that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import Crs

Form = Literal[
    "decimal",
    "degrees, minutes",
    "degrees, minutes, seconds",
    "geo uri",
    "wkt",
    "geojson",
    "map link",
    "utm",
    "mgrs",
    "gauss-kruger",
    "plus code",
    "beidou",
    "geohash",
    "quadkey",
    "maidenhead",
    "gars",
]

METRES_PER_DEGREE: Final = 111_195.0
"""Of latitude, on the sphere of 6371 km; for radii only."""

SURE, BY_AREA, BY_FOCUS, BY_CUSTOM, LIKE_A_NAME = 100, 95, 85, 70, 40
"""Confidence: nothing else can be meant; the other order lies outside the area, or far from the focus; order by
custom; a short code that may just as well be somebody's name for something."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position as read from a text.

    lonlat: degrees, WGS-84; of a cell its middle. form: how it was written. crs: the datum it was read in.
    name: the same in one spelling: "125.10307,46.58758" (lon,lat in `crs`) or the code. accuracy_m: radius that holds
    every position that would be written so: half the diagonal of the last digit, or of the cell.
    confidence: 0 to 100, that this reading is meant (see SURE and the others). cell: the box of a code, degrees; of UTM
    and MGRS squares the box around them; None for points. alternatives: the other readings, WGS-84, the likeliest
    first.
    """

    lonlat: tuple[float, float]
    form: Form
    crs: Crs
    name: str
    accuracy_m: float
    confidence: int = SURE
    cell: Bbox | None = None
    alternatives: tuple[tuple[float, float], ...] = ()


def radius_of_digits_m(lat: float, lat_unit_deg: float, lon_unit_deg: float) -> float:
    """Half the diagonal, metres, of what one unit of the last digits of latitude and longitude covers."""
    height_m = lat_unit_deg * METRES_PER_DEGREE
    width_m = lon_unit_deg * METRES_PER_DEGREE * math.cos(math.radians(lat))
    return math.hypot(height_m, width_m) / 2


def radius_of_box_m(box: Bbox) -> float:
    """Half the diagonal of a box, metres."""
    return radius_of_digits_m(box.centre[1], box.height_deg, box.width_deg)


def apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two positions in degrees, on the sphere: good to 0.6 %, for choosing between readings."""
    lat, other_lat = math.radians(one[1]), math.radians(other[1])
    half = (
        math.sin((other_lat - lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin(math.radians(other[0] - one[0]) / 2) ** 2
    )
    return 2 * math.degrees(math.asin(min(1.0, math.sqrt(half)))) * METRES_PER_DEGREE


def shown(lonlat: tuple[float, float]) -> str:
    """A position as lon,lat in degrees, with as many of eight decimals as it needs."""
    return ",".join(f"{number:.8f}".rstrip("0").rstrip(".") for number in lonlat)

"""Boxes in longitude and latitude, and the two texts in which clients write places: w,s,e,n and lon,lat."""

import itertools
import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely.geometry import MultiPolygon, Polygon, box

from location_cloud.spatial.errors import BadCoordinate
from location_cloud.spatial.lonlat import Bools, as_points, off_the_globe

# Smallest radius of curvature of the WGS-84 ellipsoid, a(1-e2), metres: the meridian at the equator.
# A degree is nowhere shorter, so a box made with it never cuts the circle it surrounds.
SMALLEST_RADIUS_M = 6_335_439.0

# What the published patterns of points and boxes allow; float() alone would also read 1_0, +1, 1e2, inf and １.
_NUMBER = re.compile(r" *-?(?:[0-9]{1,2}|[1-9][0-9]+)(?:\.[0-9]+)? *")


@dataclass(frozen=True, slots=True)
class Bbox:
    """A box on the globe in degrees, closed on all sides; west > east means it crosses the antimeridian.

    Raises BadCoordinate for numbers that are not finite, off the globe, or south > north.
    """

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        for lon, lat in ((self.west, self.south), (self.east, self.north)):
            if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
                raise BadCoordinate(off_the_globe(lon, lat, "bbox corner"))
        if self.south > self.north:
            raise BadCoordinate(
                f"bbox south={self.south} is above north={self.north}; the order is west,south,east,north"
            )

    @property
    def crosses_antimeridian(self) -> bool:
        """Whether the box runs east over +-180 degrees."""
        return self.west > self.east

    @property
    def width_deg(self) -> float:
        """Degrees of longitude from west to east, going east."""
        return self.east - self.west + (360.0 if self.crosses_antimeridian else 0.0)

    @property
    def height_deg(self) -> float:
        """Degrees of latitude."""
        return self.north - self.south

    @property
    def centre(self) -> tuple[float, float]:
        """The middle as (lon, lat)."""
        lon = self.west + self.width_deg / 2.0
        return (lon - 360.0 if lon > 180.0 else lon, (self.south + self.north) / 2.0)

    def as_tuple(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return (self.west, self.south, self.east, self.north)

    def split(self) -> tuple["Bbox", ...]:
        """One or two boxes that do not cross the antimeridian and cover the same ground."""
        if not self.crosses_antimeridian:
            return (self,)
        return (
            Bbox(self.west, self.south, 180.0, self.north),
            Bbox(-180.0, self.south, self.east, self.north),
        )

    def as_polygon(self) -> Polygon | MultiPolygon:
        """The box as a shape, counter-clockwise; two rectangles when it crosses the antimeridian."""
        parts = [box(*part.as_tuple()) for part in self.split()]
        return parts[0] if len(parts) == 1 else MultiPolygon(parts)

    def contains(self, lonlat: npt.ArrayLike) -> Bools:
        """Which points lie in the box, border included: (n,) bool for (n, 2) points."""
        points = as_points(lonlat)
        lon, lat = points[:, 0], points[:, 1]
        in_lat = (lat >= self.south) & (lat <= self.north)
        if self.crosses_antimeridian:
            return in_lat & ((lon >= self.west) | (lon <= self.east))
        return in_lat & (lon >= self.west) & (lon <= self.east)

    def intersects(self, other: "Bbox") -> bool:
        """Whether the two boxes share at least one point."""
        if self.south > other.north or other.south > self.north:
            return False
        return any(a.west <= b.east and b.west <= a.east for a in _touching(self) for b in _touching(other))

    def union(self, other: "Bbox") -> "Bbox":
        """The narrowest box that holds both; it crosses the antimeridian when that is the shorter way."""
        south, north = min(self.south, other.south), max(self.north, other.north)
        best = Bbox(-180.0, south, 180.0, north)
        for west, east in itertools.product((self.west, other.west), (self.east, other.east)):
            candidate = Bbox(west, south, east, north)
            if candidate.width_deg < best.width_deg and _spans(candidate, self) and _spans(candidate, other):
                best = candidate
        return best


def parse_bbox(text: str, name: str = "bbox") -> Bbox:
    """The box written as "west,south,east,north" in degrees: digits, a minus sign and a fraction if need be.

    name: the parameter's name, for the message.

    Raises BadCoordinate with the offending text when it is not four numbers on the globe.
    """
    west, south, east, north = _parse_numbers(text, 4, name, "west,south,east,north")
    for lon, lat in ((west, south), (east, north)):
        if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
            hint = (
                "is it south,west,north,east?"
                if abs(lat) <= 180.0 and abs(lon) <= 90.0
                else ("longitude is -180..180 and latitude -90..90")
            )
            raise BadCoordinate(f"{name}={text} is off the globe; {hint}")
    if south > north:
        raise BadCoordinate(f"{name}={text} has south above north; the order is west,south,east,north")
    return Bbox(west, south, east, north)


def parse_lonlat(text: str, name: str = "point") -> tuple[float, float]:
    """The point written as "lon,lat" in degrees: digits, a minus sign and a fraction if need be.

    name: the parameter's name, for the message.

    Raises BadCoordinate, for example "to=46.6,125.1 is off the globe; is it lat,lon?".
    """
    lon, lat = _parse_numbers(text, 2, name, "lon,lat")
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        raise BadCoordinate(off_the_globe(lon, lat, name))
    return (lon, lat)


def around(lonlat: tuple[float, float], radius_m: float) -> Bbox:
    """A box that holds every point within a distance of the given one, slightly too large, never too small.

    lonlat: (lon, lat) degrees.   radius_m: metres, >= 0.

    Raises BadCoordinate for a point off the globe or a radius that is negative or not a number.
    """
    lon, lat = lonlat
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        raise BadCoordinate(off_the_globe(lon, lat))
    if not 0.0 <= radius_m < math.inf:
        raise BadCoordinate(f"radius_m={radius_m} must be a finite number of metres, 0 or more")
    angle = radius_m / SMALLEST_RADIUS_M
    # On the sphere of the smallest radius the angle is too large for the meridian already; along the parallel
    # geodetic latitudes, up to 0.19 degrees off the sphere's, ask for 1 % more (tested against geodesics).
    dlat = math.degrees(angle)
    south, north = lat - dlat, lat + dlat
    if south <= -90.0 or north >= 90.0:
        return Bbox(-180.0, max(south, -90.0), 180.0, min(north, 90.0))
    ratio = math.sin(min(angle * 1.01, math.pi / 2)) / math.cos(math.radians(lat))
    if ratio >= 1.0:
        return Bbox(-180.0, south, 180.0, north)
    dlon = math.degrees(math.asin(ratio))
    return Bbox(_wrapped(lon - dlon), south, _wrapped(lon + dlon), north)


def bounds_of(lonlat: npt.ArrayLike) -> Bbox:
    """The smallest box, not crossing the antimeridian, that holds all points (n, 2), n >= 1.

    Raises BadCoordinate when there is no point or one is off the globe.
    """
    points = as_points(lonlat)
    if len(points) == 0:
        raise BadCoordinate("no point given, so there is no box around them")
    (west, south), (east, north) = np.min(points, axis=0), np.max(points, axis=0)
    return Bbox(float(west), float(south), float(east), float(north))


def _parse_numbers(text: str, count: int, name: str, form: str) -> list[float]:
    parts = text.split(",")
    if len(parts) != count or not all(map(_NUMBER.fullmatch, parts)):
        raise BadCoordinate(
            f"{name}={text[:80]} is not {form}: {count} decimal numbers in degrees such as -7.5, commas between"
        )
    return [float(part) for part in parts]


def _wrapped(lon: float) -> float:
    return lon - 360.0 if lon > 180.0 else lon + 360.0 if lon < -180.0 else lon


def _touching(box_: Bbox) -> tuple[Bbox, ...]:
    """The parts of a box, plus the zero-width twin of a side that lies on the antimeridian."""
    parts = box_.split()
    twins = [Bbox(-180.0, p.south, -180.0, p.north) for p in parts if p.east == 180.0]
    twins += [Bbox(180.0, p.south, 180.0, p.north) for p in parts if p.west == -180.0]
    return (*parts, *twins)


def _spans(outer: Bbox, inner: Bbox) -> bool:
    """Whether the longitudes of the inner box all lie in the outer one."""
    if outer.width_deg >= 360.0:
        return True
    start = (inner.west - outer.west) % 360.0
    return start + inner.width_deg <= outer.width_deg + 1e-12

"""The classes of the invented city: what is where, and a plane to draw in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

METRES = 111_195.0
"""Of a degree of latitude on the sphere of 6,371 km."""

Point = tuple[float, float]


@dataclass
class Road:
    """A named street. junction: numbers of its crossings in the city's list, in order; lonlat: (n, 2) all vertices."""

    name: str
    name_en: str
    district: int
    highway: str
    junctions: list[int]
    nodes: list[int] = field(default_factory=list)
    lonlat: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))


@dataclass
class House:
    """A lot with its number. how: node, building, interpolated (between the ends of a way) or "" = not in the file."""

    road: int
    value: int
    number: str
    lonlat: Point
    how: str


@dataclass
class Thing:
    """Anything with a name and a position. radius_m: half its extent."""

    name: str
    tags: dict[str, str]
    lonlat: Point
    district: int
    radius_m: float = 0.0


@dataclass
class Compound:
    """A residential compound: outline, buildings by their number, gates by their side."""

    name: str
    district: int
    lonlat: Point
    ring: list[Point]
    buildings: list[tuple[str, dict[str, str], Point, list[Point]]]
    gates: list[tuple[str, Point]]
    radius_m: float


@dataclass
class Route:
    """A numbered road with its chainage: metres written on posts at (n,) places along it; jumps where it is broken."""

    ref: str
    name: str
    highway: str
    lonlat: NDArray[np.float64]
    chainage_m: NDArray[np.float64]
    posts: list[tuple[int, Point]]
    breaks: list[float]


@dataclass
class City:
    """Everything that is where. nodes: positions of all road nodes; number i has the OSM id i + 1."""

    seed: int
    districts: list[tuple[str, str, shapely.Polygon]]
    nodes: list[Point] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    houses: list[House] = field(default_factory=list)
    pois: list[Thing] = field(default_factory=list)
    wells: list[Thing] = field(default_factory=list)
    villages: list[Thing] = field(default_factory=list)
    stops: list[Thing] = field(default_factory=list)
    compounds: list[Compound] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    crossings: list[tuple[int, int, Point]] = field(default_factory=list)


class Plane:
    """Metres east and north around a point."""

    def __init__(self, centre: Point) -> None:
        self.centre = centre
        self.scale = np.array([METRES * math.cos(math.radians(centre[1])), METRES])

    def lonlat(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) degrees, rounded as OSM rounds."""
        degrees: NDArray[np.float64] = np.round(np.asarray(metres) / self.scale + self.centre, 7)
        return degrees

    def point(self, east: float, north: float) -> Point:
        """One of them."""
        lon, lat = self.lonlat(np.array([east, north]))
        return float(lon), float(lat)


def at_chainage(lonlat: NDArray[np.float64], chainage: NDArray[np.float64], wanted: float) -> Point:
    """The position at which a route's chainage reads so many metres."""
    return (
        round(float(np.interp(wanted, chainage, lonlat[:, 0])), 7),
        round(float(np.interp(wanted, chainage, lonlat[:, 1])), 7),
    )

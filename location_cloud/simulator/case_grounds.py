"""Simulated unit grids where nobody has drawn any: squares around the towns of an area, cut at the district's border.

The districts' borders and the towns' names and codes are real, and so is the place of a town that GeoNames knows; where
it is not openly known, a place in its district is drawn by chance. Nothing of it is the city's own division.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.model import LEVELS, POSITIONS, Areas
from location_cloud.errors import BadInput
from location_cloud.grids.model import MOST_OF_A_COMMUNITY, NewGrid
from location_cloud.simulator.chance import normal, uniform
from routing.metric import metres_per_degree

NOTE = "simulated"

TOWN_LEVEL = LEVELS.index("town")
KNOWN_PLACES = (POSITIONS.index("populated place"), POSITIONS.index("boundary"))

CITY_ENDING = "街道"
CITY_RADIUS_M, VILLAGE_RADIUS_M = 1200.0, 800.0
"""How far squares are laid around a subdistrict of the city, and around another town. Ours."""

CITY_HOUSEHOLDS_KM2, VILLAGE_HOUSEHOLDS_KM2, THINS_OUT = 4000.0, 700.0, 1.2
"""Simulated households in the middle, and the exponent by which they get fewer towards the edge. Ours."""

LEAST_SHARE = 0.2
"""Of a square that the district's border leaves, for it to be a grid."""

COMMUNITY = "000"
"""Stands in the codes where the community would: it is none, so that no real one is named."""

_X, _Y, _FULL = range(341, 344)
TRIES = 200


@dataclass(frozen=True)
class Town:
    """Where squares are laid. district: its shape, degrees. is_city: a subdistrict of the city."""

    code: str
    name: str
    lonlat: tuple[float, float]
    district: BaseGeometry
    is_city: bool

    @property
    def radius_m(self) -> float:
        """How far its squares reach."""
        return CITY_RADIUS_M if self.is_city else VILLAGE_RADIUS_M


def find_towns(areas: Areas, code: str, seed: int) -> list[Town]:
    """The towns below an area, each with its place. Raises BadInput if there are none."""
    shape_of = dict(zip(areas.bounded.tolist(), areas.shapes, strict=True))
    found = []
    for row in np.flatnonzero(areas.level == TOWN_LEVEL).tolist():
        own, district = areas.code[row], shape_of.get(int(areas.parent[row]))
        if not own.startswith(code) or not own.isdecimal() or len(own) != 9 or district is None:
            continue
        known = int(areas.position[row]) in KNOWN_PLACES
        lonlat = tuple(areas.lonlat[row].tolist()) if known else _place_in(district, int(own), seed)
        found.append(Town(own, areas.name[row], lonlat, district, areas.name[row].endswith(CITY_ENDING)))
    if not found:
        raise BadInput(
            f"area {code} has no towns with nine-digit codes in districts whose border is known: name --area 2306, "
            "or import unit grids, and cases are simulated in those",
        )
    return found


def lay_squares(towns: Sequence[Town], side_m: float, seed: int) -> list[NewGrid]:
    """Unit grids of that side, numbered in each town from west to east and north to south, with simulated households.

    A square that two towns would have belongs to the nearer one: none overlaps another.
    """
    place = np.array([town.lonlat for town in towns])
    step = side_m / np.array(metres_per_degree(float(place[:, 1].mean())))
    near: dict[tuple[int, int], tuple[float, int]] = {}
    for number, town in enumerate(towns):
        for column, row, away_m in _cells(town, step, side_m):
            near[column, row] = min(near.get((column, row), (np.inf, 0)), (away_m, number))
    grids: list[NewGrid] = []
    by_town: dict[int, list[tuple[int, int, float]]] = {}
    for (column, row), (away_m, number) in near.items():
        by_town.setdefault(number, []).append((-row, column, away_m))
    for number, cells in sorted(by_town.items()):
        grids += _grids_of(towns[number], sorted(cells), step, side_m, seed)
    return grids


def unite_towns(grids: Sequence[NewGrid]) -> list[NewGrid]:
    """A village grid for each town of the countryside, of all its squares."""
    by_town: dict[str, list[NewGrid]] = {}
    for grid in grids:
        if grid.land_use == "rural":
            by_town.setdefault(grid.parent, []).append(grid)
    return [
        NewGrid(
            code=f"{town}-1",
            geometry=shapely.union_all([each.geometry for each in own]),
            name=own[0].name.rsplit(" ", 1)[0],
            area_code=town,
            parent=town,
            households=sum(each.households or 0 for each in own),
            land_use="rural",
            note=NOTE,
        )
        for town, own in sorted(by_town.items())
    ]


def _cells(town: Town, step: NDArray[np.float64], side_m: float) -> Iterator[tuple[int, int, float]]:
    """(column, row, metres from the town's middle) of the squares of one lattice that lie around a town."""
    middle = np.array(town.lonlat) / step
    reach = int(town.radius_m / side_m) + 1
    for column in range(int(middle[0]) - reach, int(middle[0]) + reach + 1):
        for row in range(int(middle[1]) - reach, int(middle[1]) + reach + 1):
            away_m = float(np.hypot(column + 0.5 - middle[0], row + 0.5 - middle[1])) * side_m
            if away_m <= town.radius_m:
                yield column, row, away_m


def _grids_of(
    town: Town, cells: Sequence[tuple[int, int, float]], step: NDArray[np.float64], side_m: float, seed: int
) -> Iterator[NewGrid]:
    middle_km2 = CITY_HOUSEHOLDS_KM2 if town.is_city else VILLAGE_HOUSEHOLDS_KM2
    sequence = 0
    for minus_row, column, away_m in cells:
        west, south = np.array((column, -minus_row)) * step
        square = shapely.box(west, south, west + step[0], south + step[1])
        cut = shapely.intersection(square, town.district)
        share = cut.area / square.area
        if cut.geom_type not in ("Polygon", "MultiPolygon") or share < LEAST_SHARE:
            continue
        sequence += 1
        if sequence > MOST_OF_A_COMMUNITY:
            raise BadInput(f"{town.name} would have more than {MOST_OF_A_COMMUNITY} grids: choose larger squares")
        density = middle_km2 * (1.0 - min(away_m / (town.radius_m * 1.1), 1.0)) ** THINS_OUT
        density *= float(np.exp(0.5 * normal(seed, _FULL, int(town.code), sequence)[0]))
        yield NewGrid(
            code=f"{town.code}{COMMUNITY}{sequence:03}",
            geometry=cut,
            name=f"{town.name} {sequence}",
            area_code=town.code,
            parent=town.code,
            households=max(round(density * share * side_m**2 / 1e6), 1),
            land_use="urban" if town.is_city else "rural",
            note=NOTE,
        )


def _place_in(district: BaseGeometry, code: int, seed: int) -> tuple[float, float]:
    """A place in a district by chance, the same one for a seed."""
    west, south, east, north = district.bounds
    chance = np.stack([uniform(seed, kind, code, np.arange(TRIES)) for kind in (_X, _Y)], axis=1)
    points = np.array([west, south]) + chance * np.array([east - west, north - south])
    inside = np.flatnonzero(shapely.contains_xy(district, points))
    found = points[inside[0]] if len(inside) else np.array(district.representative_point().coords[0])
    return float(found[0]), float(found[1])

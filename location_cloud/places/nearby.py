"""What is near a position: the nearest house, the nearest named road and its side, named places with their bearing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.grid import CELL_DEG, PackedGrid
from location_cloud.places.model import METRES_PER_DEGREE, Places
from location_cloud.spatial.measure import bearing_deg, compass_point, distance_m

REACHES_M = (150.0, 600.0)
"""Tried before the whole radius: in a city the nearest road is almost always within the first."""


@dataclass(frozen=True)
class Near:
    """One thing near a position.

    row: place, or the house's street; house_row: house, -1 = none. lonlat: of the thing, of a road its nearest point.
    bearing_deg: from the thing to the position asked for, degrees from north; direction: the same as one of the
    8 winds, so a position 166 m to the "SW" of a shop reads as such. of a road the direction is the side.
    """

    row: int
    house_row: int
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: str


def nearest_house(places: Places, lonlat: tuple[float, float], radius_m: float) -> Near | None:
    """The nearest mapped address within a radius in metres."""
    rows = _nearest_points(places.house_grid, places.house_lonlat, lonlat, radius_m, 1)
    if not len(rows):
        return None
    house = int(rows[0])
    return _near(int(places.house_street[house]), house, places.house_lonlat[house], lonlat)


def nearest_pois(places: Places, lonlat: tuple[float, float], radius_m: float, limit: int) -> list[Near]:
    """The nearest named points of interest within a radius in metres, the nearest first."""
    rows = _nearest_points(places.poi_grid, places.lonlat, lonlat, radius_m, limit)
    return [_near(int(row), -1, places.lonlat[row], lonlat) for row in rows]


def nearest_road(places: Places, lonlat: tuple[float, float], radius_m: float) -> Near | None:
    """The nearest named road within a radius in metres, at its nearest point."""
    scale = _scale(lonlat)
    for reach_m in _reaches(radius_m):
        # A segment is filed at its middle, and no segment is longer than a cell.
        reach = reach_m / scale + CELL_DEG / 2
        segments = places.segment_grid.find_near(lonlat, (float(reach[0]), float(reach[1])))
        if not len(segments):
            continue
        start = places.segment_vertex[segments]
        a = (places.vertex[start] / 1e7 - lonlat) * scale
        b = (places.vertex[start + 1] / 1e7 - lonlat) * scale
        along = b - a
        share = -(a * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
        foot = a + np.clip(share, 0, 1)[:, None] * along
        apart_m = np.hypot(foot[:, 0], foot[:, 1])
        best = int(np.lexsort((places.segment_road[segments], apart_m))[0])
        if apart_m[best] <= reach_m:
            return _near(int(places.segment_road[segments[best]]), -1, foot[best] / scale + lonlat, lonlat)
    return None


def _nearest_points(
    grid: PackedGrid, points: NDArray[np.float64], lonlat: tuple[float, float], radius_m: float, limit: int
) -> NDArray[np.int32]:
    scale = _scale(lonlat)
    found = np.zeros(0, np.int32)
    for reach_m in _reaches(radius_m):
        reach = reach_m / scale
        items = grid.find_near(lonlat, (float(reach[0]), float(reach[1])))
        offset = (points[items] - lonlat) * scale
        apart_m = np.hypot(offset[:, 0], offset[:, 1])
        order = np.lexsort((items, apart_m))
        found = items[order][apart_m[order] <= reach_m][:limit]
        if len(found) >= limit:
            break
    return found


def _reaches(radius_m: float) -> list[float]:
    return [*(reach for reach in REACHES_M if reach < radius_m), radius_m]


def _scale(lonlat: tuple[float, float]) -> NDArray[np.float64]:
    """Metres per degree east and north; within 5 km the plane is 0.6 % off, and what is told is geodesic."""
    return METRES_PER_DEGREE * np.array([max(np.cos(np.radians(lonlat[1])), 0.01), 1.0])


def _near(row: int, house: int, at: NDArray[np.float64], lonlat: tuple[float, float]) -> Near:
    metres = float(distance_m(at, lonlat)[0])
    bearing = float(bearing_deg(at, lonlat)[0]) if metres > 0 else 0.0
    return Near(row, house, (float(at[0]), float(at[1])), round(metres, 1), round(bearing, 1), compass_point(bearing))

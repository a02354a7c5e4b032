"""What is near a position: the nearest house, the nearest named road and its side, named places with their bearing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.model import Places
from location_cloud.places.nearby_kernels import BEARING, LAT, LON, METRES, VALUES, find_points, find_things
from location_cloud.spatial.measure import compass_point

HOUSE, ROAD_FOOT, FIRST_POI = range(3)
"""Columns of `Things`."""


@dataclass(frozen=True)
class Near:
    """One thing near a position.

    row: place, or the house's street; house_row: house, -1 = none. lonlat: of the thing, of a road its nearest point.
    bearing_deg: from the thing to the position asked for, degrees from north; direction: the same as one of the
    8 winds, so a position 166 m to the "SW" of a shop reads as such. of a road the direction is the side.
    segment, share: of a road, where on it: row of its segment and how far along that (0 to 1); -1 = none.
    """

    row: int
    house_row: int
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: str
    segment: int = -1
    share: float = 0.0


class Things(NamedTuple):
    """The nearest things of n positions: a house, a road, then points of interest, the nearest first.

    row: (n, 2 + limit) int64 row of the house, the road's segment, the places; -1 = none within the radius.
    at: (n, 2 + limit, 4) degrees, metres, and degrees from north from the thing to the position. share: (n,) see Near.
    """

    row: NDArray[np.int64]
    at: NDArray[np.float64]
    share: NDArray[np.float64]


def find_nearest(places: Places, lonlat: NDArray[np.float64], radius_m: float, limit: int) -> Things:
    """What is nearest to each of (n, 2) positions in degrees, within a radius in metres."""
    n = len(lonlat)
    row = np.full((n, FIRST_POI + limit), -1, np.int64)
    at = np.zeros((n, FIRST_POI + limit, VALUES))
    share = np.zeros(n)
    find_things(
        places.house_grid.cell,
        places.house_grid.item,
        places.house_lonlat,
        places.segment_grid.cell,
        places.segment_grid.item,
        places.vertex,
        places.segment_vertex,
        places.poi_grid.cell,
        places.poi_grid.item,
        places.lonlat,
        np.ascontiguousarray(lonlat, np.float64),
        float(radius_m),
        row,
        at,
        share,
    )
    return Things(row, at, share)


def list_near(places: Places, things: Things, position: int) -> list[Near | None]:
    """The things of one position in the order of their columns; None where there is none."""
    rows, at = things.row[position].tolist(), things.at[position].tolist()
    near: list[Near | None] = []
    for column, (row, values) in enumerate(zip(rows, at)):
        if row < 0:
            near.append(None)
        elif column == HOUSE:
            near.append(near_of(int(places.house_street[row]), values, house_row=row))
        elif column == ROAD_FOOT:
            road = int(places.segment_road[row])
            near.append(near_of(road, values, segment=row, share=float(things.share[position])))
        else:
            near.append(near_of(row, values))
    return near


def near_of(row: int, values: list[float], house_row: int = -1, segment: int = -1, share: float = 0.0) -> Near:
    """A thing from its values as the kernels write them."""
    bearing = values[BEARING]
    return Near(
        row,
        house_row,
        (values[LON], values[LAT]),
        round(values[METRES], 1),
        round(bearing, 1) % 360.0,
        compass_point(bearing),
        segment,
        share,
    )


def nearest_house(places: Places, lonlat: tuple[float, float], radius_m: float) -> Near | None:
    """The nearest mapped address within a radius in metres."""
    return _near(places, lonlat, radius_m, 0)[HOUSE]


def nearest_road(places: Places, lonlat: tuple[float, float], radius_m: float) -> Near | None:
    """The nearest named road within a radius in metres, at its nearest point."""
    return _near(places, lonlat, radius_m, 0)[ROAD_FOOT]


def nearest_pois(places: Places, lonlat: tuple[float, float], radius_m: float, limit: int) -> list[Near]:
    """The nearest named points of interest within a radius in metres, the nearest first."""
    return [near for near in _near(places, lonlat, radius_m, limit)[FIRST_POI:] if near]


def nearest_of(
    cell: NDArray[np.int64],
    item: NDArray[np.int32],
    points: NDArray[np.float64],
    lonlat: tuple[float, float],
    radius_m: float,
    limit: int,
) -> list[Near]:
    """The nearest points of a packed grid, each with its item as row; points: (n, 2) degrees by item."""
    row, at = np.full(limit, -1, np.int64), np.zeros((limit, VALUES))
    find_points(cell, item, points, *lonlat, radius_m, row, at)
    return [near_of(each, values) for each, values in zip(row.tolist(), at.tolist()) if each >= 0]


def _near(places: Places, lonlat: tuple[float, float], radius_m: float, limit: int) -> list[Near | None]:
    return list_near(places, find_nearest(places, np.array([lonlat]), radius_m, limit), 0)

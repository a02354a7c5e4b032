"""Which of two readings of a position is meant, by where anything is known."""

from __future__ import annotations

from dataclasses import replace

from location_cloud.areas.model import Areas
from location_cloud.places.model import METRES_PER_DEGREE, Places
from location_cloud.spatial.position import BY_AREA, BY_CUSTOM, Position

KNOWN_M = 5_000.0
"""A position is in the area served if a boundary holds it or a mapped place, road or house lies this near."""


def settle_order(places: Places, areas: Areas, position: Position) -> Position:
    """The position in the one of its readings (lat,lon or lon,lat; band S or south) that lies in the area served.

    Left as it is where the text decided, or where none or several of the readings lie there.
    """
    if position.confidence > BY_CUSTOM or not position.alternatives:
        return position
    readings = (position.lonlat, *position.alternatives)
    known = [reading for reading in readings if is_served(places, areas, reading)]
    if len(known) != 1:
        return position
    if known[0] == position.lonlat:
        return replace(position, confidence=BY_AREA)
    others = tuple(reading for reading in readings if reading != known[0])
    first, _comma, second = position.name.partition(",")
    name = f"{second},{first}" if second else position.name
    return replace(position, lonlat=known[0], name=name, confidence=BY_AREA, alternatives=others)


def is_served(places: Places, areas: Areas, lonlat: tuple[float, float]) -> bool:
    """Whether anything is known around a position in degrees."""
    if areas.find_deepest_at(lonlat) >= 0:
        return True
    reach_deg = KNOWN_M / METRES_PER_DEGREE
    grids = (places.segment_grid, places.poi_grid, places.house_grid)
    return any(len(grid.find_near(lonlat, (reach_deg, reach_deg))) for grid in grids)

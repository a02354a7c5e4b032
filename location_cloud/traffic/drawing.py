"""Which roads the map of traffic shows: from which zoom, under which id, on which side of their line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.countries import get_country
from location_cloud.roads.edges import edge_access
from location_cloud.roads.model import CAR, CLASSES, SERVICES, Roads

DEGREE_E7 = 10_000_000
"""Steps of a degree in which roads keep positions."""

SET, LAYER, ATTRIBUTE = "traffic", "traffic", "level"

_FROM_ZOOM = {"motorway": 7, "trunk": 7, "primary": 9, "secondary": 10, "tertiary": 11, "service": 14}
_OTHER_ZOOM, _LINK_ZOOM = 12, 11
"""The zoom from which each class is drawn; streets of a city fill a screen from 12 on."""

DRAWN = tuple(CLASSES.index(name) for name in CLASSES[: CLASSES.index("track")])
"""Classes that cars drive on: motorway to service, and road."""


def drawn_edges(roads: Roads) -> NDArray[np.int32]:
    """The edges that the layer shows, ascending: roads that cars may drive in that direction, without driveways."""
    is_street = np.isin(roads.seg_class, DRAWN) & (roads.seg_service != SERVICES.index("driveway"))
    is_street &= roads.seg_service != SERVICES.index("parking_aisle")
    is_open = (edge_access(roads) & CAR) != 0
    return np.flatnonzero(np.repeat(is_street, 2) & is_open).astype(np.int32)


def sides(roads: Roads, edges: NDArray[np.int32]) -> NDArray[np.int8]:
    """Where edges are drawn: 1 right of their line, -1 left of it, 0 on it, as nobody drives the other way."""
    hand = -1 if get_country(roads.country_code).driving_side == "left" else 1
    return np.where(np.isin(edges ^ 1, edges, assume_unique=True), hand, 0).astype(np.int8)


def first_zooms(roads: Roads, edges: NDArray[np.int32]) -> NDArray[np.uint8]:
    """The zoom from which each edge is drawn."""
    by_class = np.array([_zoom(name) for name in CLASSES], np.uint8)
    zooms: NDArray[np.uint8] = by_class[roads.seg_class[edges >> 1]]
    return zooms


def feature_ids(keys: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The ids of edges on the map, of their lasting keys. Below 2^53, what a browser can tell apart, for OSM's ways."""
    return keys.view(np.uint64)


def _zoom(name: str) -> int:
    return _LINK_ZOOM if name.endswith("_link") else _FROM_ZOOM.get(name, _OTHER_ZOOM)


def vertices(roads: Roads, edges: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places in shape_e7 of the edges' lines in driving direction, and where each line begins among them."""
    segment, is_back = edges >> 1, (edges & 1) == 1
    first, last = roads.shape_start[segment], roads.shape_start[segment + 1] - 1
    count = last - first + 1
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    along = np.arange(start[-1]) - np.repeat(start[:-1], count)
    begin, step = np.where(is_back, last, first), np.where(is_back, -1, 1)
    return np.repeat(begin, count) + along * np.repeat(step, count), start

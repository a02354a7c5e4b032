"""Points of interest around a point, in boxes, polygons and areas, and along a line."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import TooLarge
from location_cloud.places.model import METRES_PER_DEGREE, Places
from location_cloud.places.poi_index import RANKS, PoiIndex
from location_cloud.places.poi_kernels import (
    Columns,
    Names,
    count_in_boxes,
    first_in_boxes,
    list_along,
    list_in_boxes,
    select_pois,
)
from location_cloud.spatial.bbox import Bbox, around
from location_cloud.spatial.measure import distance_m

WORLD = np.array([[-180.0, -90.0, 180.0, 90.0]])

NOWHERE = np.full(2, np.nan)

LEAST_STRETCH_M = 500.0
"""A line is searched in stretches of about this, or of the buffer if that is more: boxes of fewer double points."""

LONGEST_PIECE_M = 2_000.0
"""Longer pieces of a line are cut: the box of a slanting one would hold half a city."""

MOST_COMPARED = 200_000_000
"""Places near the stretches of a line times the points of these: about a second."""

COUNTED = 20_000
"""Of about this many points all are looked at and counted; of more only as many as the page needs."""

_NO_AREAS = np.zeros(0, np.bool_)


@dataclass(frozen=True)
class Wanted:
    """Which points of interest.

    tags: (len(PoiIndex.tags),) bool. name: what a name must hold, "" = anything. is_by_distance: else by importance.
    """

    tags: NDArray[np.bool_]
    name: str
    is_by_distance: bool
    limit: int
    offset: int


@dataclass(frozen=True)
class PoiPage:
    """Some of a longer list.

    total: how many there are in all, -1 = more than COUNTED, not counted. place: (f,) int32 positions in the index.
    metres: (f,) from the point asked about, NaN = none was.
    along: (f, 3) of a line: metres along it, metres off it, side (-1 left, 1 right); None = no line.
    """

    total: int
    place: NDArray[np.int32]
    metres: NDArray[np.float64]
    along: NDArray[np.float64] | None = None


def pois_around(places: Places, at: tuple[float, float], radius_m: float, wanted: Wanted) -> PoiPage:
    """Points of interest within metres of a position in degrees."""
    return _best(places, _boxes(around(at, radius_m)), wanted, np.array(at, np.float64), radius_m)


def pois_in_box(places: Places, box: Bbox, wanted: Wanted, at: tuple[float, float] | None = None) -> PoiPage:
    """Points of interest in a box. at: degrees, where distances are measured from."""
    return _best(places, _boxes(box), wanted, NOWHERE if at is None else np.array(at, np.float64), np.inf)


def pois_in_areas(
    places: Places, in_area: NDArray[np.bool_], wanted: Wanted, at: tuple[float, float] | None = None
) -> PoiPage:
    """Points of interest in administrative areas. in_area: by row of the areas section."""
    return _best(places, WORLD, wanted, NOWHERE if at is None else np.array(at, np.float64), np.inf, in_area)


def pois_in_polygon(
    places: Places, polygon: BaseGeometry, wanted: Wanted, at: tuple[float, float] | None = None
) -> PoiPage:
    """Points of interest inside a polygon or multipolygon, its border included."""
    index = places.pois
    boxes = np.array([part.bounds for part in shapely.get_parts(polygon)], np.float64).reshape(-1, 4)
    whole = np.array([polygon.bounds]) if len(boxes) > 1 else boxes  # parts may overlap in their boxes
    found = list_in_boxes(_columns(index), whole, wanted.tags, _names(places, wanted.name))
    shapely.prepare(polygon)
    lonlat = _lonlat(index, found)
    found = found[shapely.intersects_xy(polygon, lonlat[:, 0], lonlat[:, 1])]
    metres = distance_m(_lonlat(index, found), at) if at is not None else _unknown(found)
    is_by_distance = wanted.is_by_distance and at is not None
    first = metres if is_by_distance else -index.rank[found].astype(np.float64)
    order = np.lexsort((index.row[found], np.nan_to_num(metres), first))
    page = order[wanted.offset : wanted.offset + wanted.limit]
    return PoiPage(len(found), found[page], metres[page])


def pois_along(places: Places, line: NDArray[np.float64], buffer_m: float, wanted: Wanted) -> PoiPage:
    """Points of interest within metres of a line (v, 2) in degrees, in the order in which one passes them.

    With is_by_distance False the most important ones first. Raises TooLarge over MOST_COMPARED.
    """
    index = places.pois
    line, chunk, boxes = _stretches(line, buffer_m)
    share = int(index.counts[wanted.tags].sum()) / max(len(index), 1)
    near = [count_in_boxes(index.cell, boxes[at : at + 1]) for at in range(len(boxes))]
    compared = share * float(np.dot(near, np.diff(chunk)))
    if compared > MOST_COMPARED:
        raise TooLarge(
            f"the line has too many points for so many places within {buffer_m:g} m",
            hint="send fewer points, a smaller buffer_m, a category, or the line in parts",
        )
    names = _names(places, wanted.name)
    found, value = list_along(_columns(index), line, chunk, boxes, buffer_m, wanted.tags, names)
    value[:, 2] = np.sign(value[:, 2])
    first = value[:, 0] if wanted.is_by_distance else -index.rank[found].astype(np.float64)
    page = np.lexsort((index.row[found], value[:, 0], first))[wanted.offset : wanted.offset + wanted.limit]
    return PoiPage(len(found), found[page], np.full(len(page), np.nan), value[page])


def importance_of(index: PoiIndex, place: int) -> float:
    """Importance, 0 to 1, of a position in the index."""
    return round(float(index.rank[place]) / RANKS, 3)


def _best(
    places: Places,
    boxes: NDArray[np.float64],
    wanted: Wanted,
    centre: NDArray[np.float64],
    radius_m: float,
    in_area: NDArray[np.bool_] = _NO_AREAS,
) -> PoiPage:
    index, names = places.pois, _names(places, wanted.name)
    has_centre = not bool(np.isnan(centre[0]))
    is_by_distance = wanted.is_by_distance and has_centre
    need = wanted.offset + wanted.limit
    share = int(index.counts[wanted.tags].sum()) / max(len(index), 1)
    if share * count_in_boxes(index.cell, boxes) <= max(COUNTED, need):
        reaches, is_whole = [radius_m], True
    elif is_by_distance:
        reaches = [radius_m / 4**step for step in range(6, -1, -1)] if np.isfinite(radius_m) else [radius_m]
        is_whole = False
    else:
        near = (centre, float(radius_m))
        found = first_in_boxes(_columns(index), index.best, boxes, wanted.tags, in_area, *near, need, names)
        found = found[wanted.offset :]
        return PoiPage(-1, found, distance_m(_lonlat(index, found), centre) if has_centre else _unknown(found))
    for reach_m in reaches:
        if reach_m < radius_m:
            boxes_too = _boxes(around((float(centre[0]), float(centre[1])), reach_m))
            if share * count_in_boxes(index.cell, boxes_too) < need:
                continue
        else:
            boxes_too = boxes
        total, found, metres = select_pois(
            _columns(index), boxes_too, wanted.tags, in_area, centre, float(reach_m), is_by_distance, need, names
        )
        if len(found) == need:
            break
    counted = total if is_whole or reach_m == radius_m else -1
    return PoiPage(counted, found[wanted.offset :], (metres if has_centre else _unknown(found))[wanted.offset :])


def _lonlat(index: PoiIndex, found: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.asarray(index.point[found] / 1e7).reshape(-1, 2)


def _unknown(found: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.full(len(found), np.nan)


def _columns(index: PoiIndex) -> Columns:
    return Columns(index.cell, index.point, index.category, index.rank, index.area, index.row)


def _names(places: Places, needle: str) -> Names:
    folded = unicodedata.normalize("NFKC", needle).lower().encode()
    others = (places.other_start, places.other_name.data, places.other_name.start)
    return Names(np.frombuffer(folded, np.uint8), places.name.data, places.name.start, *others)


def _boxes(box: Bbox) -> NDArray[np.float64]:
    return np.array([part.as_tuple() for part in box.split()], np.float64)


def _stretches(
    line: NDArray[np.float64], buffer_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """The line with no piece too long, the first vertex of each stretch, and the box round each with the buffer."""
    length = distance_m(line[:-1], line[1:])
    pieces = np.maximum(1, np.ceil(length / LONGEST_PIECE_M)).astype(np.int64)
    within = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    spot = np.append(np.repeat(np.arange(len(pieces)), pieces) + within / np.repeat(pieces, pieces), len(line) - 1.0)
    vertices = np.arange(len(line))
    line = np.column_stack([np.interp(spot, vertices, line[:, axis]) for axis in (0, 1)])
    passed = np.append(0.0, np.cumsum(np.repeat(length / pieces, pieces)))
    stretch = (passed[:-1] // max(LEAST_STRETCH_M, buffer_m)).astype(np.int64)
    chunk = np.append(np.flatnonzero(np.diff(stretch, prepend=-1)), len(line) - 1)
    low = np.minimum(np.minimum.reduceat(line[:-1], chunk[:-1]), line[chunk[1:]])
    high = np.maximum(np.maximum.reduceat(line[:-1], chunk[:-1]), line[chunk[1:]])
    farthest = np.minimum(np.maximum(np.abs(low[:, 1]), np.abs(high[:, 1])), 89.0)
    reach = 1.01 * buffer_m / METRES_PER_DEGREE
    across = reach / np.cos(np.radians(farthest))
    margin = np.column_stack([across, np.full(len(low), reach)])
    return line, chunk.astype(np.int64), np.column_stack([low - margin, high + margin])

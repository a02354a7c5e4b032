"""What a road's surroundings say of it: which country it lies in, whether in a built-up area, whether it has a twin."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import OsmExtract, Tags
from location_cloud.roads.countries import box_country
from location_cloud.roads.model import CAR, CLASSES, DUAL, FERRY, LINK, ONEWAY, ROUNDABOUT, URBAN
from location_cloud.roads.ways import TOLD_RURAL, TOLD_URBAN
from location_cloud.spatial.china import is_in_china, uses_gcj02

Columns = dict[str, NDArray[Any]]
METRES_PER_E7 = 0.0111319
"""Of a degree of latitude at the equator: 40,075 km / 360 / 1e7; good to 0.6 % everywhere."""

CELL_M = 250.0
URBAN_KM_PER_KM2 = 3.0
"""A built-up area has so many km of residential streets a km2 around it (3 x 3 cells of 250 m). Of the
segments around Heidelberg that are tagged DE:urban 97 % have more, of those tagged DE:rural 17 %."""

TWIN_M = 45.0
"""Farthest apart that the carriageways of one street lie: two of four lanes and a planted median."""

_STREETS = np.array([CLASSES.index(name) for name in ("residential", "living_street", "pedestrian")], np.uint8)
_BELOW_STREETS = CLASSES.index("living_street")
_MOTORWAY = CLASSES.index("motorway")


def find_country(osm: OsmExtract) -> str:
    """The country of an extract as ISO 3166-1 alpha-2, "" = not known.

    Asked in this order: the country boundary around its middle, the only country boundary that touches it, the
    addresses' addr:country (most of them), China's outline, coarse boxes of the countries whose rules are shipped.
    """
    if not len(osm.nodes.id):
        return ""
    middle = np.median(osm.nodes.lonlat_e7, axis=0) / 1e7
    for tags, geometry in zip(osm.areas.tags, osm.areas.geometry):
        if (code := _boundary_code(tags)) and shapely.contains_xy(geometry, *middle):
            return code
    touching = {code for tags in osm.relations.tags if (code := _boundary_code(tags))}
    if len(touching) == 1:
        return touching.pop()
    told = Counter(
        tags["addr:country"] for part in (osm.nodes.tags, osm.ways.tags) for tags in part if "addr:country" in tags
    )
    for code, count in told.most_common(1):
        if 2 * count > told.total() and len(code) == 2 and code.isalpha() and code.isupper():
            return code
    if code := box_country(float(middle[0]), float(middle[1])):
        return code
    if is_in_china(middle[None])[0]:
        return "CN" if uses_gcj02(middle[None])[0] else "TW"
    return ""


def _boundary_code(tags: Tags) -> str:
    if tags.get("admin_level") != "2" or tags.get("boundary") != "administrative":
        return ""
    code = tags.get("ISO3166-1") or tags.get("ISO3166-1:alpha2", "")
    return code if len(code) == 2 else ""


def urban_and_dual(columns: Columns, told_urban: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The bits URBAN and DUAL of each segment: (s,) uint32. told_urban: what speed zone tags say (ways.TOLD_...)."""
    flags = np.zeros(len(columns["seg_from"]), np.uint32)
    if not len(flags):
        return flags
    xy_m = _plane_m(columns["shape_e7"])
    start = columns["shape_start"]
    middle_m = xy_m[(start[:-1] + start[1:] - 1) // 2]
    is_urban = _density_km_per_km2(columns, middle_m) >= URBAN_KM_PER_KM2
    flags[(is_urban & (told_urban != TOLD_RURAL)) | (told_urban == TOLD_URBAN)] |= URBAN
    flags[_is_dual(columns, xy_m, middle_m)] |= DUAL
    return flags


def _plane_m(shape_e7: NDArray[np.int32]) -> NDArray[np.float64]:
    """Points in metres on a plane that fits the middle of the city."""
    shrink = float(np.cos(np.radians(float(np.median(shape_e7[:, 1])) / 1e7)))
    xy_m: NDArray[np.float64] = shape_e7 * np.array([METRES_PER_E7 * shrink, METRES_PER_E7])
    return xy_m


def _density_km_per_km2(columns: Columns, middle_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kilometres of residential streets a km2 in the 3 x 3 cells around each segment's middle."""
    cell = np.floor(middle_m / CELL_M).astype(np.int64)
    key = (cell[:, 0] << 32) + cell[:, 1]
    cells, place = np.unique(key, return_inverse=True)
    street_m = np.where(np.isin(columns["seg_class"], _STREETS), columns["seg_length_m"], 0.0)
    own_m = np.bincount(place, weights=street_m, minlength=len(cells))
    around_m: NDArray[np.float64] = np.zeros(len(cells))
    for east in (-1, 0, 1):
        for north in (-1, 0, 1):
            wanted = cells + (east << 32) + north
            at = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
            around_m += np.where(cells[at] == wanted, own_m[at], 0.0)
    density: NDArray[np.float64] = np.asarray(around_m[place] / 1000.0 / (9 * (CELL_M / 1000.0) ** 2))
    return density


def _is_dual(columns: Columns, xy_m: NDArray[np.float64], middle_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """One-way roads, ramps and roundabouts left out, that are motorways, tagged so, or have a twin.

    A twin bears the same name or number and runs the other way beside them.
    """
    flags, kind = columns["seg_flags"], columns["seg_class"]
    fits = ((flags & ONEWAY) != 0) & ((flags & (LINK | ROUNDABOUT | FERRY)) == 0) & (kind < _BELOW_STREETS)
    dual: NDArray[np.bool_] = fits & (((flags & DUAL) != 0) | (kind == _MOTORWAY))
    rows = np.flatnonzero(fits & ~dual & ((columns["seg_name"] > 0) | (columns["seg_ref"] > 0)))
    if not len(rows):
        return dual
    start = columns["shape_start"]
    count = start[rows + 1] - start[rows]
    point = np.arange(count.sum()) + np.repeat(start[rows] - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    lines = shapely.linestrings(xy_m[point], indices=np.repeat(np.arange(len(rows)), count))
    ahead = xy_m[start[rows + 1] - 1] - xy_m[start[rows]]
    ahead[(columns["seg_access_forward"][rows] & CAR) == 0] *= -1.0
    ahead /= np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]
    points = shapely.points(middle_m[rows])
    mine, other = shapely.STRtree(lines).query(points, predicate="dwithin", distance=TWIN_M)
    against = (ahead[mine] * ahead[other]).sum(axis=1) < -0.85  # within 30 degrees of opposite
    name, ref = columns["seg_name"][rows], columns["seg_ref"][rows]
    same = ((name[mine] == name[other]) & (name[mine] > 0)) | ((ref[mine] == ref[other]) & (ref[mine] > 0))
    dual[rows[mine[against & same]]] = True
    return dual

"""Geometries of OSM objects in batches, their lasting ids, and how large they are on the map."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import NODE, RELATION, OsmAreas, OsmExtract
from tiles.features import FlatGeometries

DEGREES = 1e-7
WORLD_M = 40_075_016.685578488
"""Side of the world in EPSG:3857, metres: 2 pi 6378137."""

TILE_PX = 512
"""Pixels along a vector tile as MapLibre draws it."""

_DRAWN = 1 << 48
"""Ids of objects that an editor drew and nobody uploaded (negative in OSM) begin here."""


def way_lines(osm: OsmExtract, ways: NDArray[np.int64]) -> tuple[FlatGeometries, NDArray[np.bool_]]:
    """Lines of the given ways (positions in osm.ways) that have two known nodes or more, and which ones have."""
    start = osm.ways.ref_start
    length = start[ways + 1] - start[ways]
    kept = length >= 2
    ways, length = ways[kept], length[kept]
    part_start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    place = np.arange(part_start[-1]) + np.repeat(start[ways] - part_start[:-1], length)
    lonlat = osm.nodes.lonlat_e7[osm.ways.ref[place]] * DEGREES
    return FlatGeometries(lonlat, part_start, np.arange(len(ways) + 1)), kept


def points(lonlat: NDArray[np.float64]) -> FlatGeometries:
    """The places, (n, 2) degrees, as a point each."""
    each = np.arange(len(lonlat) + 1)
    return FlatGeometries(lonlat, each, each)


def node_lonlat(osm: OsmExtract, tagged: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, 2) degrees of tagged nodes (positions in osm.nodes.tagged)."""
    lonlat: NDArray[np.float64] = osm.nodes.lonlat_e7[osm.nodes.tagged[tagged]] * np.float64(DEGREES)
    return lonlat


def surface_lonlat(areas: OsmAreas, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, 2) degrees of a point inside each of the chosen areas."""
    found: NDArray[np.float64] = shapely.get_coordinates(shapely.point_on_surface(areas.geometry[chosen]))
    return found


def line_ids(way_id: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Feature ids of lines: the id of the way, with which the lasting key of each of its edges begins."""
    return np.where(way_id < 0, _DRAWN - way_id, way_id).astype(np.uint64)


def node_ids(node_id: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Feature ids of nodes: ten times the OSM id, and 1."""
    return line_ids(node_id) * np.uint64(10) + np.uint64(NODE + 1)


def area_ids(areas: OsmAreas, chosen: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Feature ids of areas: ten times the OSM id, and 2 for a way, 3 for a relation."""
    digit = np.where(areas.kind[chosen] == RELATION, 3, 2).astype(np.uint64)
    return line_ids(areas.id[chosen]) * np.uint64(10) + digit


def area_sides(areas: OsmAreas, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Side of the square as large as each area, (n,), where the side of the Mercator world is 1."""
    shapes = areas.geometry[chosen]
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    stretch = 1 / np.cos(np.radians((bounds[:, 1] + bounds[:, 3]) / 2))  # of Mercator to the north, against degrees
    sides: NDArray[np.float64] = np.sqrt(shapely.area(shapes) * stretch) / 360
    return sides


def line_lengths(lines: FlatGeometries) -> NDArray[np.float64]:
    """Length of each line, (n,), where the side of the Mercator world is 1."""
    if not len(lines):
        return np.zeros(0)
    step = np.diff(lines.lonlat, axis=0)
    step[:, 1] /= np.cos(np.radians(lines.lonlat[1:, 1]))
    length = np.append(np.hypot(step[:, 0], step[:, 1]), 0.0)
    length[lines.part_start[1:] - 1] = 0.0  # from one line to the next
    sums: NDArray[np.float64] = np.add.reduceat(length, lines.part_start[:-1]) / 360
    return sums


def zoom_by_size(size: NDArray[np.float64], px: float, first: NDArray[np.uint8], all_from: int) -> NDArray[np.uint8]:
    """The zoom from which each object is drawn: not before `first`, and as soon as its size on the map is px pixels.

    size: (n,), where the side of the world is 1. From zoom all_from on everything is drawn.
    """
    with np.errstate(divide="ignore"):
        large = np.ceil(np.log2(px / (size * TILE_PX)))
    latest = np.maximum(first, all_from)
    zooms: NDArray[np.uint8] = np.clip(np.nan_to_num(large, posinf=24), first, latest).astype(np.uint8)
    return zooms

"""Geometries of OSM objects as arrays of shapely objects, made in batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import RELATION, OsmAreas, OsmExtract

DEGREES = 1e-7


def way_lines(osm: OsmExtract, ways: NDArray[np.int64]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Lines of the given ways (positions in osm.ways) and the positions that have one: two known nodes or more."""
    length = osm.ways.ref_start[ways + 1] - osm.ways.ref_start[ways]
    ways = ways[length >= 2]
    length = length[length >= 2]
    if not len(ways):
        return np.empty(0, object), ways
    owner = np.repeat(np.arange(len(ways)), length)
    offset = np.arange(len(owner)) - np.repeat(np.cumsum(length) - length, length)
    refs = osm.ways.ref[np.repeat(osm.ways.ref_start[ways], length) + offset]
    lines: NDArray[np.object_] = shapely.linestrings(osm.nodes.lonlat_e7[refs] * DEGREES, indices=owner)
    return lines, ways


def node_points(osm: OsmExtract, tagged: NDArray[np.int64]) -> NDArray[np.object_]:
    """Points of the given tagged nodes (positions in osm.nodes.tagged)."""
    points: NDArray[np.object_] = shapely.points(osm.nodes.lonlat_e7[osm.nodes.tagged[tagged]] * DEGREES)
    return points


def area_ids(areas: OsmAreas, chosen: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Feature ids of areas: twice the OSM id, plus one for relations, as osmium numbers areas."""
    ids: NDArray[np.uint64] = (areas.id[chosen] * 2 + (areas.kind[chosen] == RELATION)).astype(np.uint64)
    return ids


def columns(rows: list[dict[str, Any]], fields: tuple[str, ...]) -> dict[str, list[Any]]:
    """The rows turned into columns; an absent value is None."""
    return {field: [row.get(field) for row in rows] for field in fields}

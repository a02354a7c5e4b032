"""What OpenStreetMap says of the ground as a walker and a searcher see it: land cover, lines to follow, structures."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import OsmExtract, TagColumns
from location_cloud.searches.model import DRAINAGE, LAND_COVERS, POWER, RAIL, RIDGE


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COVERS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("built", "landuse", _words("residential commercial industrial retail construction garages railway farmyard port")),
    ("built", "amenity", _words("school university hospital college parking")),
    ("grass", "landuse", _words("grass meadow village_green recreation_ground cemetery")),
    ("grass", "natural", _words("grassland fell tundra")),
    ("grass", "leisure", _words("park garden pitch golf_course common dog_park")),
    ("field", "landuse", _words("farmland orchard vineyard plant_nursery allotments greenhouse_horticulture")),
    ("scrub", "natural", _words("scrub heath shrubbery")),
    ("woodland", "landuse", _words("forest")),
    ("woodland", "natural", _words("wood")),
    ("sand", "natural", _words("sand beach dune shoal")),
    ("rock", "natural", _words("bare_rock scree rock shingle glacier stone")),
    ("rock", "landuse", _words("quarry")),
    ("wetland", "natural", _words("wetland mud")),
    ("water", "natural", _words("water bay")),
    ("water", "landuse", _words("reservoir basin salt_pond")),
    ("water", "waterway", _words("riverbank dock")),
)
"""Land cover, key, values (OSM wiki, "Map features"); where areas lie one over the other, the later line counts."""

LINES: tuple[tuple[int, str, frozenset[str]], ...] = (
    (DRAINAGE, "waterway", _words("river stream canal drain ditch tidal_channel")),
    (RAIL, "railway", _words("rail light_rail narrow_gauge disused abandoned preserved")),
    (RIDGE, "natural", _words("ridge arete cliff")),
    (POWER, "power", _words("line minor_line")),
)
"""Kind, key, values of ways that people follow or stop at; roads, tracks and paths are the roads section's."""


def chosen(columns: TagColumns, key: str, values: frozenset[str]) -> NDArray[np.int64]:
    """Rows of the objects whose key has one of the values."""
    column = columns[key]
    fits = np.fromiter((value in values for value in column.values), bool, len(column.values))
    return column.rows[fits[column.codes]] if len(column.rows) else column.rows


def cover_areas(osm: OsmExtract) -> list[tuple[int, NDArray[np.object_]]]:
    """(code of LAND_COVERS, polygons of it) in the order in which they are painted."""
    return [
        (LAND_COVERS.index(cover), osm.areas.geometry[chosen(osm.areas.columns, key, values)])
        for cover, key, values in COVERS
    ]


def followed_lines(osm: OsmExtract) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.uint8]]:
    """Lines other than roads: (k, 2) degrees * 10^7 of their points, (n + 1,) where each begins, (n,) their kinds."""
    found = [(kind, chosen(osm.ways.columns, key, values)) for kind, key, values in LINES]
    ways = np.concatenate([rows for _, rows in found])
    kinds = np.concatenate([np.full(len(rows), kind, np.uint8) for kind, rows in found])
    begin = osm.ways.ref_start
    length = begin[ways + 1] - begin[ways]
    ways, kinds, length = ways[length >= 2], kinds[length >= 2], length[length >= 2]
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    place = np.arange(start[-1]) + np.repeat(begin[ways] - start[:-1], length)
    line_e7: NDArray[np.int32] = osm.nodes.lonlat_e7[osm.ways.ref[place]]
    return line_e7, start, kinds


def structures(osm: OsmExtract) -> NDArray[np.int32]:
    """(m, 2) degrees * 10^7, the middle of the box around each building: who is lost is found in sheds and ruins."""
    column = osm.areas.columns["building"]
    is_one = np.fromiter((value != "no" for value in column.values), bool, len(column.values))
    rows = column.rows[is_one[column.codes]] if len(column.rows) else column.rows
    bounds = shapely.bounds(osm.areas.geometry[rows]).reshape(-1, 4)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    rounded: NDArray[np.int32] = np.rint(middle * 1e7).astype(np.int32)
    return rounded

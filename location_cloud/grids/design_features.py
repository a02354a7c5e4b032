"""What borders may follow beside roads, and what they should not cut: read from an import, kept as plain corners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import OsmAreas, OsmExtract, TagColumns

WATER_LINE, OTHER_LINE, WATER, BUILDING = range(4)
"""Values of `kind`."""

DEGREE_E7 = 10_000_000

WATERWAYS = frozenset({"river", "stream", "canal", "drain", "ditch", "dock"})
RAILWAYS = frozenset({"rail", "tram", "light_rail", "narrow_gauge", "subway"})
BARRIERS = frozenset({"wall", "city_wall", "fence", "hedge", "retaining_wall", "guard_rail"})
NATURAL = frozenset({"wood", "scrub", "grassland", "heath", "tree_row", "cliff"})
AMENITIES = frozenset({"parking", "school", "university", "hospital", "grave_yard"})
"""Values of keys of OpenStreetMap (its wiki, "Map features") whose edges a border may follow."""

MOST_LEVELS = 100


@dataclass(frozen=True)
class Features:
    """Lines and rings of a snapshot as columns: n of them, (n + 1,) starts into corners of 1e-7 degree.

    kind: (n,) uint8: WATER_LINE, OTHER_LINE, or the outer ring of WATER or of a BUILDING. levels: (n,) uint8 storeys of
    a building, 0 = not told. box_e7: (n, 4) int32 west, south, east, north. start: (n + 1,) int64. corner_e7: (k, 2)
    int32 lon, lat.
    """

    kind: NDArray[np.uint8]
    levels: NDArray[np.uint8]
    box_e7: NDArray[np.int32]
    start: NDArray[np.int64]
    corner_e7: NDArray[np.int32]

    def in_box(self, kind: int, box: tuple[float, float, float, float]) -> NDArray[np.int64]:
        """Rows of a kind whose box touches the given one (degrees)."""
        west, south, east, north = (round(edge * DEGREE_E7) for edge in box)
        b = self.box_e7
        hit = (self.kind == kind) & (b[:, 0] <= east) & (b[:, 2] >= west) & (b[:, 1] <= north) & (b[:, 3] >= south)
        return np.flatnonzero(hit)

    def shapes(self, rows: NDArray[np.int64], is_ring: bool) -> NDArray[np.object_]:
        """Lines, or valid polygons of rings, in degrees."""
        lengths = self.start[rows + 1] - self.start[rows]
        number = np.repeat(np.arange(len(rows)), lengths)
        place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + self.start[rows][number]
        corners = self.corner_e7[place] / DEGREE_E7
        if not len(rows):
            return np.empty(0, object)
        if not is_ring:
            return np.asarray(shapely.linestrings(corners, indices=number), object)
        return np.asarray(shapely.make_valid(shapely.polygons(shapely.linearrings(corners, indices=number))), object)


def read_features(osm: OsmExtract) -> Features:
    """The lines and rings of an extract."""
    lines, line_kind = _lines(osm)
    rings, ring_kind, levels = _rings(osm.areas)
    parts = [*lines, *rings]
    lengths = np.array([len(part) for part in parts], np.int64)
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    corner = np.concatenate([np.empty((0, 2), np.int32), *parts]).astype(np.int32)
    low = [np.minimum.reduceat(corner, start[:-1]) if len(parts) else np.empty((0, 2), np.int32)]
    high = [np.maximum.reduceat(corner, start[:-1]) if len(parts) else np.empty((0, 2), np.int32)]
    return Features(
        np.concatenate([line_kind, ring_kind]).astype(np.uint8),
        np.concatenate([np.zeros(len(lines)), levels]).astype(np.uint8),
        np.concatenate([*low, *high], axis=1).astype(np.int32),
        start,
        corner,
    )


def _lines(osm: OsmExtract) -> tuple[list[NDArray[np.int32]], NDArray[np.uint8]]:
    """Corners and kind of the ways that borders follow; what lies in a tunnel is left out."""
    columns, count = osm.ways.columns, len(osm.ways.id)
    water = _has(columns, count, "waterway", WATERWAYS) | _has(columns, count, "natural", {"water", "coastline"})
    water |= _has(columns, count, "landuse", {"basin", "reservoir"})
    other = _has(columns, count, "railway", RAILWAYS) | _has(columns, count, "barrier", BARRIERS)
    other |= (
        _has(columns, count, "landuse") | _has(columns, count, "leisure") | _has(columns, count, "natural", NATURAL)
    )
    other |= _has(columns, count, "amenity", AMENITIES)
    hidden = _has(columns, count, "tunnel") & ~_has(columns, count, "tunnel", {"no"})
    hidden |= _has(columns, count, "building") | _has(columns, count, "highway")
    start = osm.ways.ref_start
    rows = np.flatnonzero((water | other) & ~hidden & (np.diff(start) > 1))
    kind = np.where(water[rows], WATER_LINE, OTHER_LINE).astype(np.uint8)
    return [osm.nodes.lonlat_e7[osm.ways.ref[start[row] : start[row + 1]]] for row in rows.tolist()], kind


def _rings(areas: OsmAreas) -> tuple[list[NDArray[np.int32]], NDArray[np.uint8], NDArray[np.uint8]]:
    """Outer rings of water and of buildings above ground."""
    columns, count = areas.columns, len(areas.id)
    building = _has(columns, count, "building") & ~_has(columns, count, "building", {"no", "entrance", "roof"})
    water = _has(columns, count, "natural", {"water"}) | _has(columns, count, "waterway", {"riverbank", "dock"})
    rows = np.flatnonzero(building | water)
    shapes, owner = shapely.get_parts(areas.geometry[rows], return_index=True)
    rings = shapely.get_exterior_ring(shapes)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    corners = np.rint(xy * DEGREE_E7).astype(np.int32)
    parts = np.split(corners, np.flatnonzero(np.diff(ring)) + 1) if len(corners) else []
    of = rows[owner]
    return parts, np.where(building[of], BUILDING, WATER).astype(np.uint8), _levels(columns, count)[of]


def _levels(columns: TagColumns, count: int) -> NDArray[np.uint8]:
    column = columns["building:levels"]
    numbers = [min(int(text), MOST_LEVELS) if text.isascii() and text.isdigit() else 0 for text in column.values]
    levels = np.zeros(count, np.uint8)
    levels[column.rows] = np.array([*numbers, 0], np.uint8)[column.codes]
    return levels


def _has(columns: TagColumns, count: int, key: str, values: Any = None) -> NDArray[np.bool_]:
    """Which objects have a key, with one of the values if some are given."""
    column = columns[key]
    found = np.zeros(count, bool)
    if values is None:
        found[column.rows] = True
    else:
        wanted = np.array([*(text in values for text in column.values), False])
        found[column.rows] = wanted[column.codes]
    return found

"""The sea of an extract as surfaces, from its pieces of coastline: land lies to their left, water to their right."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.capability import Import, MapLayer
from location_cloud.extract import OsmExtract
from location_cloud.maps.kinds import parse_words
from location_cloud.maps.osm_shapes import way_lines
from tiles.features import FlatGeometries, LayerFeatures

COASTLINE = parse_words("natural=coastline")
ON_LAND = parse_words("highway")

MARGIN = 0.25
"""How far the sea is drawn beyond the city's streets, each way, as a share of their extent."""

INNER = 0.01
"""Share of the streets' nodes on each side that do not stretch the extent: single ways run far out."""

BESIDE_DEG = 1e-7
"""How far from the middle of a piece of coast it is asked which surface lies there."""


def ocean_features(import_: Import) -> LayerFeatures:
    """The sea round the imported streets; nothing without coastline in the data: then all is land, as the background.

    An extract holds only pieces of coast. Their loose ends are led straight to the nearest side of a box round the
    city, the box is cut along them, and each surface is water if most of the coast around it says so.
    Source: OSM wiki, "Tag:natural=coastline".
    """
    surfaces = find_ocean(import_.osm)
    ids = np.arange(1, len(surfaces) + 1, dtype=np.uint64)
    return LayerFeatures("ocean", ids, "polygon", surfaces)


def find_ocean(osm: OsmExtract) -> NDArray[np.object_]:
    """Polygons of the sea, degrees."""
    coast, _ = way_lines(osm, COASTLINE[0].find(osm.ways.columns))
    streets, _ = way_lines(osm, ON_LAND[0].find(osm.ways.columns))
    if not len(coast) or not len(streets):
        return np.empty(0, object)
    box = _box_around(streets)
    shapely.prepare(box)
    pieces = shapely.clip_by_rect(_as_lines(coast), *shapely.bounds(box).tolist())
    pieces = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_parts(pieces)), directed=True))
    if not len(pieces):
        return np.empty(0, object)
    cuts = shapely.union_all([shapely.boundary(box), *pieces, *_led_to_the_side(pieces, box)])
    surfaces = shapely.get_parts(shapely.polygonize(shapely.get_parts(cuts)))
    return np.asarray(surfaces[_water_votes(surfaces, pieces) > 0], object)


def _box_around(streets: FlatGeometries) -> shapely.Polygon:
    low, high = np.quantile(streets.lonlat, [INNER, 1 - INNER], axis=0)
    margin = np.maximum((high - low) * MARGIN, 1e-3)
    return shapely.box(*(low - margin).tolist(), *(high + margin).tolist())


def _as_lines(flat: FlatGeometries) -> NDArray[np.object_]:
    lines: NDArray[np.object_] = shapely.linestrings(
        flat.lonlat, indices=np.repeat(np.arange(len(flat)), np.diff(flat.part_start))
    )
    return lines


def _parts(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    parts = shapely.get_parts(geometries)
    lines: NDArray[np.object_] = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    return lines


def _led_to_the_side(pieces: NDArray[np.object_], box: shapely.Polygon) -> NDArray[np.object_]:
    """Straight lines from the loose ends of the coast to the nearest point of the box's sides."""
    open_ones = pieces[~shapely.is_closed(pieces)]
    ends = np.concatenate([shapely.get_point(open_ones, 0), shapely.get_point(open_ones, -1)])
    lines = shapely.shortest_line(ends, shapely.boundary(box))
    return np.asarray(lines[shapely.length(lines) > 0], object)


def _water_votes(surfaces: NDArray[np.object_], pieces: NDArray[np.object_]) -> NDArray[np.float64]:
    """For each surface the length of coast to the left of which it is not, less that to the left of which it is."""
    lonlat, piece = shapely.get_coordinates(pieces, return_index=True)
    begin = np.flatnonzero(piece[1:] == piece[:-1])
    step = lonlat[begin + 1] - lonlat[begin]
    length = np.hypot(step[:, 0], step[:, 1])
    begin, step, length = begin[length > 0], step[length > 0], length[length > 0]
    to_the_right = np.column_stack([step[:, 1], -step[:, 0]]) / length[:, None] * BESIDE_DEG
    middle = lonlat[begin] + step / 2
    votes = np.zeros(len(surfaces))
    tree = shapely.STRtree(surfaces)
    for side, sign in ((to_the_right, 1.0), (-to_the_right, -1.0)):
        segment, surface = tree.query(shapely.points(middle + side), predicate="within")
        np.add.at(votes, surface, sign * length[segment])
    return votes


OCEAN = MapLayer("ocean", "base", ocean_features, {}, is_local=False)

"""Shapely geometries in degrees as flat arrays of whole grid points, with polygons valid on the grid."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from tiles.errors import BadFeatures
from tiles.features import FlatGeometries, Kind, LayerFeatures
from tiles.mercator import grid_from_lonlat

_ALLOWED: dict[Kind, tuple[GeometryType, GeometryType]] = {
    "point": (GeometryType.POINT, GeometryType.MULTIPOINT),
    "line": (GeometryType.LINESTRING, GeometryType.MULTILINESTRING),
    "polygon": (GeometryType.POLYGON, GeometryType.MULTIPOLYGON),
}
_LOOSE_DEG = 1e-6  # how far beyond 180 or 90 degrees the noise of a projection may lead


class GridShapes(NamedTuple):
    """Parts (points, lines, rings) of n features on the grid; rings without their closing vertex."""

    feature_start: NDArray[np.int64]  # (n + 1,) into parts
    part_start: NDArray[np.int64]  # (p + 1,) into xy
    is_hole: NDArray[np.uint8]  # (p,) 1 = hole of the last part before it that is none
    xy: NDArray[np.int32]  # (v, 2)


def grid_shapes(features: LayerFeatures) -> GridShapes:
    """The features' parts on the grid, repeated vertices dropped; a feature may come out with no part.

    Shells have positive area by the surveyor's formula, holes negative. Polygons that are invalid, or become so on the
    grid, are rebuilt there by shapely's make_valid, which joins overlapping parts.
    Raises BadFeatures for another kind of geometry or a coordinate off the globe.
    """
    geometries = as_shapely(features)
    allowed = [-1, *_ALLOWED[features.kind]]  # -1 is None, a feature without a shape
    wrong = np.nonzero(~np.isin(shapely.get_type_id(geometries), allowed))[0]
    if len(wrong):
        found = shapely.get_type_id(geometries[wrong[0]])
        raise BadFeatures(
            f"row {wrong[0]} of layer {features.name!r} is a {GeometryType(found).name}; a {features.kind} layer takes "
            + " or ".join(kind.name for kind in _ALLOWED[features.kind])
        )
    _check_on_globe(features.name, geometries)
    on_grid = shapely.transform(geometries, lambda lonlat: grid_from_lonlat(lonlat).astype(np.float64))
    if features.kind == "polygon":
        on_grid = shapely.orient_polygons(_valid_on_grid(on_grid))  # shells positive in the formula of `ring_area2`
    return _flatten(on_grid, closed=features.kind == "polygon")


def as_shapely(features: LayerFeatures) -> NDArray[np.object_]:
    """The geometries as shapely objects, made from flat arrays if they are not yet; None where there is none."""
    flat = features.geometries
    if not isinstance(flat, FlatGeometries):
        return np.asarray(flat, dtype=object)
    offsets: tuple[NDArray[np.int64], ...]
    if features.kind == "point":
        multi, offsets = GeometryType.MULTIPOINT, (flat.part_start[flat.feature_start],)
    elif features.kind == "line":
        multi, offsets = GeometryType.MULTILINESTRING, (flat.part_start, flat.feature_start)
    else:
        is_hole = np.zeros(len(flat.part_start) - 1, bool) if flat.is_hole is None else flat.is_hole
        shells_before = np.concatenate([[0], np.cumsum(~is_hole)])
        shell_start = np.append(np.nonzero(~is_hole)[0], len(is_hole))
        multi, offsets = GeometryType.MULTIPOLYGON, (flat.part_start, shell_start, shells_before[flat.feature_start])
    made: NDArray[np.object_] = shapely.from_ragged_array(multi, np.asarray(flat.lonlat, dtype=np.float64), offsets)
    return made


def _check_on_globe(layer: str, geometries: NDArray[np.object_]) -> None:
    lonlat, row = shapely.get_coordinates(geometries, return_index=True)
    off = np.nonzero(~(np.abs(lonlat) <= np.array([180, 90]) + _LOOSE_DEG).all(axis=1))[0]  # NaN is off, too
    if len(off):
        lon, lat = lonlat[off[0]]
        raise BadFeatures(
            f"row {row[off[0]]} of layer {layer!r} has the point {lon},{lat}, off the globe; is it lon,lat in degrees?"
        )


def _valid_on_grid(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    bad = np.nonzero(~shapely.is_valid(polygons) & ~shapely.is_missing(polygons))[0]
    if not len(bad):
        return polygons
    mended = shapely.make_valid(polygons[bad], method="structure", keep_collapsed=False)
    snapped = shapely.set_precision(mended, 1.0)
    parts, owner = shapely.get_parts(snapped, return_index=True)
    areal = shapely.get_type_id(parts) == GeometryType.POLYGON
    result = polygons.copy()
    result[bad] = shapely.multipolygons(np.empty((len(bad), 0), dtype=object))
    shapely.multipolygons(parts[areal], indices=bad[owner[areal]], out=result)
    return result


def _flatten(geometries: NDArray[np.object_], *, closed: bool) -> GridShapes:
    parts, owner = shapely.get_parts(geometries, return_index=True)
    is_hole = np.zeros(len(parts), np.uint8)
    if closed:
        parts, polygon = shapely.get_rings(parts, return_index=True)
        is_hole = np.concatenate([[False], polygon[1:] == polygon[:-1]])[: len(parts)].astype(np.uint8)
        owner = owner[polygon]
    coordinates, part = shapely.get_coordinates(parts, return_index=True)
    xy = coordinates.astype(np.int32)
    same_part = part[1:] == part[:-1]
    keep = np.ones(len(xy), bool)
    keep[1:] = ~(same_part & (xy[1:] == xy[:-1]).all(axis=1))
    if closed:
        last = np.ones(len(xy), bool)
        last[:-1] = ~same_part
        keep &= ~last  # a ring's last vertex repeats its first
    counts = np.bincount(part[keep], minlength=len(parts))
    return GridShapes(
        feature_start=np.searchsorted(owner, np.arange(len(geometries) + 1)).astype(np.int64),
        part_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        is_hole=is_hole,
        xy=np.ascontiguousarray(xy[keep]),
    )

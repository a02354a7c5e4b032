"""The BeiDou cells of a beat: what its coverage is counted in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.patrols.model import Floats, Ints
from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.errors import SpatialError

LEVEL = 6
"""Cells of 2 seconds of arc, 43 x 62 m at 46.6 degrees: a few steps to either side of whoever walks through."""

MOST_CELLS = 100_000
"""Of one beat: 260 square kilometres."""

STEP_DEG = 1e-5
"""How far apart points on a line are looked at: a metre; a corner cut by less than that is not told of."""

GROUND, LINES = ("Polygon", "MultiPolygon"), ("LineString", "MultiLineString")


def cells_of(shapes: Sequence[BaseGeometry]) -> Ints:
    """Keys of the cells whose middle lies in the ground, and of those that lines run through; each once, ascending.

    Ground so small that it holds no cell's middle has the cells that it meets. Raises BadQuery for another kind of
    shape or one that has no cells, TooLarge over MOST_CELLS.
    """
    parts = [part for shape in shapes for part in shapely.get_parts(shape).tolist()]
    wrong = [part.geom_type for part in parts if part.geom_type not in (*GROUND, *LINES)]
    if wrong:
        raise BadQuery(f"a {wrong[0]} is no ground of a beat", hint="give polygons or lines")
    try:
        found = [_of_ground(part) if part.geom_type in GROUND else _of_line(part) for part in parts]
    except SpatialError as error:
        raise BadQuery(f"the ground of the beat: {error}", hint="points are lon,lat in degrees") from error
    keys = np.unique(np.concatenate([np.empty(0, np.int64), *found]))
    if len(keys) > MOST_CELLS:
        raise _too_many(len(keys))
    if not len(keys):
        raise BadQuery("the beat has no ground", hint="give grids, roads or a geometry")
    return keys


def boxes_of(keys: Ints) -> Floats:
    """West, south, east and north of cells, (n, 4) degrees."""
    column, row = BEIDOU.cells_of_keys(keys, LEVEL)
    lattice = BEIDOU.lattice(LEVEL)
    sides = lattice.column_edges(column), lattice.row_edges(row), lattice.column_edges(column + 1)
    return np.stack([*sides, lattice.row_edges(row + 1)], axis=1).astype(np.float64)


def centres_of(keys: Ints) -> Floats:
    """Middles of cells, (n, 2) degrees."""
    boxes = boxes_of(keys)
    return (boxes[:, :2] + boxes[:, 2:]) / 2.0


def codes_of(keys: Ints) -> list[str]:
    """What cells are called."""
    codes: list[str] = BEIDOU.codes(*BEIDOU.cells_of_keys(keys, LEVEL), LEVEL).tolist()
    return codes


def spans_of(keys: Ints) -> CellSpans:
    """Cells as runs of columns in rows."""
    column, row = BEIDOU.cells_of_keys(keys, LEVEL)
    return CellSpans.merged(LEVEL, row, column, column)


def shape_of(keys: Ints) -> BaseGeometry:
    """The ground of cells as one shape. Cells next to each other share corners to the last bit, so borders between them
    fall out by comparison alone, in a tenth of the time of a union.
    """
    return shapely.coverage_union_all(shapely.box(*boxes_of(keys).T))


def ground_of(keys: Ints) -> dict[str, Any] | None:
    """The same as a GeoJSON MultiPolygon, in a quarter of the time of `shapely.geometry.mapping`; None of no cells."""
    if not len(keys):
        return None
    polygons = shapely.get_parts(shape_of(keys))
    _, points, (ring, polygon) = shapely.to_ragged_array(polygons)
    places, rings = points.tolist(), [slice(*each) for each in pairwise(ring.tolist())]
    shells = [[places[each] for each in rings[first:after]] for first, after in pairwise(polygon.tolist())]
    return {"type": "MultiPolygon", "coordinates": shells}


def _of_ground(shape: BaseGeometry) -> Ints:
    spans = BEIDOU.polyfill(shape, LEVEL, "centre")
    if not spans.count:
        spans = BEIDOU.polyfill(shape, LEVEL, "intersects")
    if spans.count > MOST_CELLS:
        raise _too_many(spans.count)
    column, row = spans.cells()
    return BEIDOU.keys(column, row, LEVEL)


def _of_line(shape: BaseGeometry) -> Ints:
    if shape.length / STEP_DEG > 10 * MOST_CELLS:
        raise TooLarge(f"a line of {shape.length:.3f} degrees", hint="make several beats of it")
    points = shapely.get_coordinates(shapely.segmentize(shape, STEP_DEG))
    return np.unique(BEIDOU.encode_keys(points, LEVEL))


def _too_many(count: int) -> TooLarge:
    return TooLarge(f"the beat has {count:,} cells; the most is {MOST_CELLS:,}", hint="make several beats of it")

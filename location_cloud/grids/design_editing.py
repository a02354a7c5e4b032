"""Grids changed by hand: a border moved, two merged, one split, a corner moved, and never a gap or an overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids.design_blocks import Shapes, node_lines, on_raster
from location_cloud.grids.design_plane import GRAIN_M
from location_cloud.grids.design_steps import dissolve

LEAST_PART_M2 = 1.0
"""Smaller pieces that a line cuts off are a matter of drawing and stay with whom they touch."""

NEAR_CORNER_M = 2.0
"""How near to a corner one must point to mean it."""


def merge_grids(shapes: Shapes, one: int, two: int) -> dict[int, Any]:
    """The shapes that change when grid two becomes part of grid one; None = gone. shapes: (n,) polygons in metres.

    Raises Unprocessable if the two do not touch along a line.
    """
    whole = shapely.coverage_union_all(shapes[[one, two]])
    if whole.geom_type != "Polygon":
        raise Unprocessable("the two grids do not share a border", hint="merge neighbours")
    return {one: shapely.normalize(whole), two: None}


def split_grid(shapes: Shapes, grid: int, line: Any) -> dict[int, Any]:
    """The shapes that change when a line divides a grid; row n, after the last, is the new one: its smaller part.

    line: LineString in metres from border to border of the grid, or beyond.

    Raises Unprocessable if the line does not make two pieces.
    """
    parts = _cut(shapes, [grid], line)
    if len(parts[1]) != 2:
        raise Unprocessable(
            f"the line makes {len(parts[1])} pieces of the grid, not 2",
            hint="draw it from one border of the grid to another, without touching itself",
        )
    small, large = sorted(parts[1], key=lambda part: part.area)
    return parts[0] | {grid: large, len(shapes): small}


def move_border(shapes: Shapes, one: int, two: int, line: Any) -> dict[int, Any]:
    """The shapes that change when a line becomes the border between two neighbours.

    Raises Unprocessable if they are none, or the line does not make two pieces of both together, one of each.
    """
    if shapely.coverage_union_all(shapes[[one, two]]).geom_type != "Polygon":
        raise Unprocessable("the two grids do not share a border", hint="move the border of neighbours")
    changed, pieces = _cut(shapes, [one, two], line)
    if len(pieces) != 2:
        raise Unprocessable(
            f"the line makes {len(pieces)} pieces of the two grids, not 2",
            hint="draw it right through both together, from outer border to outer border",
        )
    share = [piece.intersection(shapes[one]).area / piece.area for piece in pieces]
    first = 0 if share[0] >= share[1] else 1
    return changed | {one: pieces[first], two: pieces[1 - first]}


def move_corner(shapes: Shapes, fixed: Any, corner: tuple[float, float], to: tuple[float, float]) -> dict[int, Any]:
    """The shapes that change when a corner moves that grids share.

    fixed: the borders of communities: corners on them stay. corner, to: metres.

    Raises BadQuery if no corner is there, Unprocessable if the corner must stay or a grid would cross another.
    """
    near = np.flatnonzero(shapely.dwithin(shapely.boundary(shapes), shapely.Point(corner), NEAR_CORNER_M))
    xy, row = shapely.get_coordinates(shapes[near], return_index=True)
    away = np.hypot(*(xy - corner).T) if len(xy) else np.empty(0)
    if not len(away) or away.min() > NEAR_CORNER_M:
        raise BadQuery(
            f"no grid has a corner within {NEAR_CORNER_M:g} m of there", hint="point at a corner of a border"
        )
    old = xy[int(np.argmin(away))]
    if shapely.dwithin(fixed, shapely.Point(old), 1e-3):
        raise Unprocessable("the corner lies on the border of a community", hint="grids do not cross such borders")
    rows = near[np.unique(row[(xy == old).all(axis=1)])]
    new = np.round(np.array(to) / GRAIN_M) * GRAIN_M

    def moved(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where((at == old).all(axis=1)[:, None], new, at)

    changed = np.asarray(shapely.transform(shapes[rows], moved), object)
    if not shapely.is_valid(changed).all() or not _cover_the_same(changed, shapes[rows]):
        raise Unprocessable("a border would cross another one there", hint="move the corner less far")
    return dict(zip(rows.tolist(), shapely.normalize(changed)))


def _cover_the_same(changed: Shapes, before: Shapes) -> bool:
    """Whether valid polygons cover the ground that others covered, none of it twice."""
    after = shapely.union_all(changed)
    is_once = abs(shapely.area(changed).sum() - after.area) < 1e-6
    return bool(is_once and after.symmetric_difference(shapely.coverage_union_all(before)).area < 1e-6)


def _cut(shapes: Shapes, rows: list[int], line: Any) -> tuple[dict[int, Any], list[Any]]:
    """Neighbours with the corners that a line adds to them, and the pieces that it makes of some grids together."""
    whole = shapely.coverage_union_all(shapes[rows])
    cut = shapely.intersection(on_raster(np.array([line], object))[0], whole)
    beside = np.setdiff1d(np.flatnonzero(shapely.intersects(shapes, whole)), rows)
    rings = [*shapely.boundary(shapes[beside]), whole.boundary, cut]
    faces = np.asarray(shapely.get_parts(shapely.polygonize([node_lines(np.array(rings, object))])), object)
    at = shapely.point_on_surface(faces)
    mine = shapely.intersects(whole, at)
    changed: dict[int, Any] = {}
    face, owner = shapely.STRtree(shapes[beside]).query(at, predicate="intersects")
    face, owner = face[~mine[face]], owner[~mine[face]]
    for number, shape in zip(np.unique(owner).tolist(), _by_owner(faces[face], owner)):
        row = int(beside[number])
        if shapely.get_num_coordinates(shape) != shapely.get_num_coordinates(shapes[row]):
            changed[row] = shape
    return changed, _without_crumbs(faces[mine])


def _by_owner(faces: Shapes, owner: NDArray[np.int64]) -> Shapes:
    return dissolve(faces, np.unique(owner, return_inverse=True)[1].ravel()) if len(faces) else faces


def _without_crumbs(pieces: Shapes) -> list[Any]:
    """The pieces, those below LEAST_PART_M2 joined to the neighbour with the longest border."""
    found = sorted(pieces, key=lambda piece: -piece.area)
    while len(found) > 1 and found[-1].area < LEAST_PART_M2:
        crumb = found.pop()
        shared = [shapely.intersection(piece.boundary, crumb.boundary).length for piece in found]
        most = int(np.argmax(shared))
        found[most] = shapely.coverage_union_all([found[most], crumb])
    return [shapely.normalize(piece) for piece in found]

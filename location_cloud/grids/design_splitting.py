"""Blocks that are too large, cut again and again until every piece can be a grid, round the buildings in the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.grids.design_blocks import Shapes, node_lines
from location_cloud.grids.design_cuts import MOST, find_cut, segments_of

LEAST_OFF = 0.4
"""What a cut must take off a block, in targets, to be worth it."""

NEAR_M = 1e-5
"""What lies so near to a line was made by noding it: some grains of the raster."""

DEEPEST = 24
"""Halvings of a block: a bound for shapes that no cut makes smaller."""


def split_block(block: Any, size: float, buildings: Shapes) -> Shapes:
    """A block in pieces of at most MOST targets; what no cut makes smaller stays one piece.

    block: polygon in metres. size: of it, in targets; spread evenly over its area. buildings: those that touch it.

    Corners of pieces lie on the raster, within half a grain of the edge of the neighbour that they were put on.
    """
    pieces: list[Any] = []
    waiting = [(block, size, buildings, 0)]
    while waiting:
        piece, amount, inside, depth = waiting.pop()
        cut = find_cut(piece, amount, segments_of(inside)) if amount > MOST and depth < DEEPEST else None
        parts = np.array([piece], object) if cut is None else _cut_along(piece, amount, cut.line, inside)
        if len(parts) < 2:
            pieces.append(piece)
            continue
        area = shapely.area(parts)
        for part, share in zip(parts, area / area.sum()):
            near = inside[shapely.intersects(part, inside)] if len(inside) and share * amount > MOST else inside[:0]
            waiting.append((part, share * amount, near, depth + 1))
    return np.array(pieces, object)


def _cut_along(block: Any, size: float, line: Any, buildings: Shapes) -> Shapes:
    """The parts of a block: round its buildings, or straight if that leaves too much whole."""
    parts = _parts(block, bend(block, line, buildings))
    area = shapely.area(parts)
    if len(parts) < 2 or area.max() / area.sum() * size > size - LEAST_OFF:
        parts = _parts(block, np.array([shapely.intersection(line, block)], object))
    return parts


def bend(block: Any, line: Any, buildings: Shapes) -> Shapes:
    """The cut along a straight line, led round each building that it meets, on the side where less of it lies.

    Gives LineStrings within the block. Where the way round is shut, they may not reach from border to border.
    """
    met = buildings[shapely.crosses(line, buildings)] if len(buildings) else buildings
    if not len(met):
        return np.array([shapely.intersection(line, block)], object)
    rings = shapely.boundary(met)
    pieces = shapely.get_parts(node_lines(np.array([line, block.boundary, *rings], object)))
    at = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    inner = shapely.contains_properly(block, at) & ~shapely.dwithin(block.boundary, at, NEAR_M)
    pieces, at = pieces[inner], at[inner]
    aside = _left_m(line, shapely.get_coordinates(at))
    lesser = -np.sign(_left_m(line, shapely.get_coordinates(shapely.centroid(met))))
    along = np.abs(aside) <= NEAR_M
    keep = along.copy()
    for building, ring, side in zip(met, rings, lesser):
        keep &= ~(along & shapely.contains_properly(building, at))
        keep |= shapely.dwithin(ring, at, NEAR_M) & (np.sign(aside) == side) & ~along
    return np.asarray(pieces[keep], object)


def _left_m(line: Any, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from a straight line to points, those on its left positive."""
    (x1, y1), (x2, y2) = line.coords[0], line.coords[-1]
    turned: NDArray[np.float64] = (x2 - x1) * (xy[:, 1] - y1) - (y2 - y1) * (xy[:, 0] - x1)
    return np.asarray(turned / np.hypot(x2 - x1, y2 - y1), np.float64)


def _parts(block: Any, lines: Shapes) -> Shapes:
    faces = np.asarray(shapely.get_parts(shapely.polygonize([node_lines(np.array([block.boundary, *lines], object))])))
    return np.asarray(faces[shapely.contains(block, shapely.point_on_surface(faces))], object)

"""How good grids are: sizes, borders on roads, buildings cut; and the same of plain squares, to be compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.grids.design_atoms import ON_LINE_M, find_seams, lies_on
from location_cloud.grids.design_blocks import Shapes
from location_cloud.grids.design_merging import HIGH, LOW

CUT_SHARE, CUT_M2 = 0.01, 1.0
"""A building is cut if two grids have so much of it, the larger of the two: less is a matter of drawing."""

SQUARE_NEAR_M = 5.0
"""Borders of squares count as on a road so near to it; those of a design only within a millimetre."""

SAMPLE_M = 10.0
"""Between the points at which borders of squares are measured."""


@dataclass(frozen=True)
class Quality:
    """What a set of grids is like.

    grids: how many. cover: their area by that of the ground. overlap_m2: what two of them share. in_range: share of
    0.5 to 1.5 targets. spread: of the sizes, standard deviation by mean. on_road: share of the borders between them
    that follows roads or water; on_line: railways, walls and edges of fields, too. The borders of communities are
    given, not chosen, and not counted. buildings_cut: share of the buildings; None = none are known.
    """

    grids: int
    cover: float
    overlap_m2: float
    in_range: float
    spread: float
    on_road: float
    on_line: float
    buildings_cut: float | None


def measure_grids(
    shapes: Shapes,
    community: NDArray[np.int32],
    size: NDArray[np.float64],
    communities: Shapes,
    roads: Shapes,
    others: Shapes,
    buildings: Shapes,
) -> Quality:
    """The quality of a partition in metres. size: of each grid in targets."""
    seams = find_seams(shapes)
    chosen = community[seams.pair[:, 0]] == community[seams.pair[:, 1]]
    middle, length = shapely.points(seams.middle[chosen]), seams.length_m[chosen]
    on_road = lies_on(middle, roads)
    on_line = on_road | lies_on(middle, others)
    whole = max(float(length.sum()), ON_LINE_M)
    ground = float(shapely.area(communities).sum())
    return Quality(
        len(shapes),
        float(shapely.area(shapes).sum()) / ground,
        _overlap_m2(shapes),
        *_sizes(size),
        float(length[on_road].sum()) / whole,
        float(length[on_line].sum()) / whole,
        cut_share(shapes, buildings),
    )


def cut_share(shapes: Shapes, buildings: Shapes) -> float | None:
    """The share of buildings that lie in more than one grid; None if there are none."""
    if not len(buildings):
        return None
    building, grid = shapely.STRtree(shapes).query(buildings, predicate="intersects")
    several = np.bincount(building, minlength=len(buildings))[building] > 1
    building, grid = building[several], grid[several]
    shared = shapely.area(shapely.intersection(buildings[building], shapes[grid]))
    counts = shared > np.maximum(CUT_M2, CUT_SHARE * shapely.area(buildings)[building])
    cut = np.bincount(building[counts], minlength=len(buildings)) > 1
    return float(np.count_nonzero(cut)) / len(buildings)


def measure_squares(communities: Shapes, side_m: float, roads: Shapes, buildings: Shapes) -> Quality:
    """The quality of squares of a side, laid over the ground and clipped to it."""
    ground = shapely.union_all(communities)
    west, south, east, north = ground.bounds
    x, y = np.arange(west, east, side_m), np.arange(south, north, side_m)
    corner = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    squares = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + side_m, corner[:, 1] + side_m)
    shapely.prepare(ground)
    squares = squares[shapely.intersects(ground, squares)]
    whole = shapely.contains(ground, squares)
    area = np.where(whole, side_m * side_m, 0.0)
    area[~whole] = shapely.area(shapely.intersection(squares[~whole], ground))
    near = _share_near(_samples(ground, x, y), roads)
    sizes = _sizes(area[area > 0] / side_m**2)
    cut = _cut_by_squares(buildings, west, south, side_m)
    return Quality(int((area > 0).sum()), 1.0, 0.0, *sizes, near, near, cut)


def _sizes(size: NDArray[np.float64]) -> tuple[float, float]:
    if not len(size):
        return 1.0, 0.0
    fits = (size >= LOW) & (size <= HIGH)
    return float(fits.mean()), float(size.std() / max(size.mean(), 1e-12))


def _overlap_m2(shapes: Shapes) -> float:
    """What pairs share; shared corners make it nothing, and then it need not be measured."""
    if shapely.coverage_is_valid(shapes):
        return 0.0
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = one < two
    return float(shapely.area(shapely.intersection(shapes[one[once]], shapes[two[once]])).sum())


def _samples(ground: object, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points every SAMPLE_M along the lines of a raster that lie on the ground, (n, 2)."""
    along_y = np.arange(y[0], y[-1], SAMPLE_M)
    along_x = np.arange(x[0], x[-1], SAMPLE_M)
    upright = np.stack(np.meshgrid(x[1:], along_y, indexing="ij"), axis=-1).reshape(-1, 2)
    level = np.stack(np.meshgrid(along_x, y[1:], indexing="ij"), axis=-1).reshape(-1, 2)
    points = np.concatenate([upright, level])
    return np.asarray(points[shapely.contains_xy(ground, points[:, 0], points[:, 1])], np.float64)


def _share_near(points: NDArray[np.float64], roads: Shapes) -> float:
    if not len(points) or not len(roads):
        return 0.0
    found = shapely.STRtree(roads).query(shapely.points(points), predicate="dwithin", distance=SQUARE_NEAR_M)[0]
    return len(np.unique(found)) / len(points)


def _cut_by_squares(buildings: Shapes, west: float, south: float, side_m: float) -> float | None:
    """The share of buildings that a line of the raster goes through."""
    if not len(buildings):
        return None
    boxes = np.floor((shapely.bounds(buildings) - [west, south, west, south]) / side_m)
    return float((boxes[:, :2] != boxes[:, 2:]).any(axis=1).mean())

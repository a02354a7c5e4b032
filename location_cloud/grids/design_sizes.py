"""How much a piece of ground is, in targets: by its area, its households, or the metres that a patrol walks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.grids.design_blocks import Blocks, Ground, Shapes

Measure = Literal["area", "households", "patrol"]

OPEN_FROM = 4.0
"""Ground without a road through it is open land if it is larger than so many targets, or water."""

OPEN_BUILT = 0.05
"""The most of it that buildings may cover."""

LARGEST_GRID = 100.0
"""A grid by households or by patrol is at most so many times the ground of an average one: empty ground counts, too."""

Sizes = Callable[[Blocks], NDArray[np.float64]]


@dataclass(frozen=True)
class Wish:
    """What a grid should be. measure: of what. target: of each grid, m2, households or metres of road to walk.

    open_weight: what a square metre of open land counts, beside one of built-up land: 0.1 makes grids of fields, woods
    and water ten times as large; 1 makes all alike. For the measure area only.
    """

    measure: Measure
    target: float
    open_weight: float = 0.1


def sizes_by(wish: Wish, ground: Ground, coarse: Blocks, fine: Blocks) -> Sizes:
    """What gives the sizes of pieces, in targets.

    coarse: blocks between roads and water alone. fine: those between all lines; each lies in a coarse one.
    """
    if wish.measure == "area":
        density = np.where(open_land(wish.target, ground, coarse, fine), wish.open_weight, 1.0) / wish.target
        tree = shapely.STRtree(fine.shapes)
        return lambda blocks: shapely.area(blocks.shapes) * _value_at(blocks.shapes, tree, density)
    places, amount = (ground.places, ground.households) if wish.measure == "households" else walked(ground.roads)
    points = shapely.points(places)
    area = float(shapely.area(ground.communities).sum())
    empty = float(amount.sum()) / wish.target / LARGEST_GRID / max(area, 1.0)

    def sizes(blocks: Blocks) -> NDArray[np.float64]:
        point, block = shapely.STRtree(blocks.shapes).query(points, predicate="intersects")
        point, first = np.unique(point, return_index=True)
        found = np.bincount(block[first], amount[point], len(blocks.shapes))
        return np.asarray(found / wish.target + shapely.area(blocks.shapes) * empty, np.float64)

    return sizes


def open_land(target_m2: float, ground: Ground, coarse: Blocks, fine: Blocks) -> NDArray[np.bool_]:
    """(fine,) Which blocks are fields, woods, water: far from roads, and hardly built on."""
    area = shapely.area(fine.shapes)
    around = _value_at(fine.shapes, shapely.STRtree(coarse.shapes), shapely.area(coarse.shapes))
    built: NDArray[np.float64] = np.zeros(len(area))
    if len(ground.buildings):
        tree = shapely.STRtree(fine.shapes)
        building, block = tree.query(shapely.point_on_surface(ground.buildings), predicate="intersects")
        built = built + np.bincount(block, shapely.area(ground.buildings)[building], len(area))
    is_open = (around > OPEN_FROM * target_m2) & (built < OPEN_BUILT * area)
    if len(ground.water):
        tree = shapely.STRtree(ground.water)
        is_open[tree.query(shapely.point_on_surface(fine.shapes), predicate="intersects")[0]] = True
    return np.asarray(is_open, bool)


def walked(roads: Shapes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places along roads and the metres that each stands for: half on either side, for a border belongs to both."""
    xy, line = shapely.get_coordinates(roads, return_index=True)
    follows = np.flatnonzero(line[1:] == line[:-1])
    step = xy[follows + 1] - xy[follows]
    metres = np.hypot(step[:, 0], step[:, 1])
    pieces = np.maximum(1, np.ceil(metres / 20.0)).astype(np.int64)
    row = np.repeat(np.arange(len(step)), pieces)
    part = (np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + 0.5) / pieces[row]
    middle = xy[follows][row] + step[row] * part[:, None]
    aside = 0.01 * np.stack([-step[row, 1], step[row, 0]], axis=1) / metres[row, None].clip(1e-9)
    return np.concatenate([middle + aside, middle - aside]), np.tile(metres[row] / pieces[row] / 2, 2)


def _value_at(shapes: Shapes, tree: shapely.STRtree, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """The value of the polygon of a tree that each shape lies in; the tree's are a partition."""
    shape, found = tree.query(shapely.point_on_surface(shapes), predicate="intersects")
    values = np.zeros(len(shapes))
    values[shape] = value[found]
    return values

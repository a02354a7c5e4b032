"""The way from roads and buildings to grids, step by step, so that whoever takes the steps can tell, stop or go on."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.grids.design_atoms import Atoms, contract, join_atoms
from location_cloud.grids.design_blocks import (
    Blocks,
    Ground,
    Shapes,
    borders_of,
    make_blocks,
    node_lines,
    on_raster,
    reaching,
)
from location_cloud.grids.design_merging import HIGH, LOW, MOST, join_pockets, merge_atoms, price_borders
from location_cloud.grids.design_sizes import Sizes, Wish, sizes_by
from location_cloud.grids.design_splitting import split_block
from location_cloud.grids.design_spurs import lead_on
from location_cloud.grids.design_trading import Trade

Grid = NDArray[np.int64]


@dataclass(frozen=True)
class Designed:
    """The grids of a design: (n,) polygons in metres, the community of each, and its size in targets."""

    shapes: Shapes
    community: NDArray[np.int32]
    size: NDArray[np.float64]


def design_grids(given: Ground, wish: Wish) -> Generator[float, None, Designed]:
    """The grids of some communities; yields how much of the work is done, 0 to 1, every second or so.

    Roads, water, other lines and dead ends led on make blocks; those that are too large are cut, all are joined to
    grids, neighbours trade atoms, and what has still the wrong size is divided together with a neighbour.
    """
    ground = _prepared(given)
    lines = np.concatenate([ground.roads, ground.others, borders_of(ground.communities)])
    drawing = node_lines(lines)
    fine = make_blocks(ground.communities, drawing)
    yield 0.1
    coarse = shapely.union_all(np.concatenate([ground.roads, borders_of(ground.communities)]))
    sizes = sizes_by(wish, ground, make_blocks(ground.communities, coarse), fine)
    lines = np.concatenate([lines, lead_on(drawing, ground.buildings)])
    yield 0.2
    blocks = make_blocks(ground.communities, node_lines(lines))
    size = sizes(blocks)
    pieces: list[Any] = []
    large = _too_large(blocks, size)
    near = shapely.STRtree(ground.buildings)
    for number, (block, amount) in enumerate(large):
        pieces.extend(split_block(block, amount, ground.buildings[near.query(block, predicate="intersects")]))
        if number % 50 == 49:
            yield 0.2 + 0.4 * number / len(large)
    lines = np.concatenate([lines, borders_of(np.array(pieces, object))])
    atoms = _atoms(ground, lines, sizes)
    side_m = float(np.sqrt(shapely.area(atoms.shapes).sum() / max(atoms.size.sum(), 1.0)))
    yield 0.7
    grid = join_grids(atoms, side_m)
    yield 0.8
    atoms, grid = _mend(ground, lines, sizes, atoms, grid, side_m)
    yield 0.9
    shapes = dissolve(atoms.shapes, grid)
    joined = contract(atoms, grid)
    return Designed(shapes, joined.community, joined.size)


def join_grids(atoms: Atoms, side_m: float) -> Grid:
    """The grid of each atom."""
    price = price_borders(atoms, side_m)
    return Trade(atoms, price, merge_atoms(atoms, price)).improve()


def dissolve(shapes: Shapes, grid: Grid) -> Shapes:
    """The polygons of a partition as those of its groups."""
    order = np.argsort(grid, kind="stable")
    groups = np.split(shapes[order], np.flatnonzero(np.diff(grid[order])) + 1)
    whole = [group[0] if len(group) == 1 else shapely.coverage_union_all(group) for group in groups]
    return np.asarray(shapely.normalize(np.array(whole, object)), object)


def _prepared(given: Ground) -> Ground:
    """What matters of the ground, on the raster."""
    communities = on_raster(given.communities)
    shapely.prepare(communities)
    roads, others = (reaching(on_raster(lines), communities) for lines in (given.roads, given.others))
    buildings, water = (reaching(shapes, communities) for shapes in (given.buildings, given.water))
    if len(buildings) and len(others):
        others = _outside(others, buildings)
    return Ground(communities, roads, others, buildings, water, given.places, given.households)


def _outside(lines: Shapes, buildings: Shapes) -> Shapes:
    """The lines without what lies in buildings: no border should follow them there."""
    line, building = shapely.STRtree(buildings).query(lines, predicate="crosses")
    if not len(line):
        return lines
    order = np.argsort(line, kind="stable")
    rows, first = np.unique(line[order], return_index=True)
    inside = [shapely.union_all(group) for group in np.split(buildings[building[order]], first[1:])]
    left = shapely.difference(lines[rows], np.array(inside, object))
    return on_raster(np.concatenate([np.delete(lines, rows), shapely.get_parts(left)]))


def _too_large(blocks: Blocks, size: NDArray[np.float64]) -> list[tuple[Any, float]]:
    """Blocks with the pockets that only they touch, as polygons to be split, and their sizes."""
    nothing = np.empty(0, object)
    group = join_pockets(join_atoms(blocks, size, nothing, nothing, nothing))
    total = np.bincount(group, size)
    chosen = np.flatnonzero((total > MOST)[group])
    if not len(chosen):
        return []
    numbers, place = np.unique(group[chosen], return_inverse=True)
    found: list[tuple[Any, float]] = []
    for shape, amount in zip(dissolve(blocks.shapes[chosen], place.ravel()), total[numbers].tolist()):
        parts = shapely.get_parts(shape)
        area = shapely.area(parts)
        found.extend(zip(parts, (area / area.sum() * amount).tolist()))
    return found


def _atoms(ground: Ground, lines: Shapes, sizes: Sizes) -> Atoms:
    blocks = make_blocks(ground.communities, node_lines(lines))
    return join_atoms(blocks, sizes(blocks), ground.roads, ground.others, ground.buildings)


def _mend(ground: Ground, lines: Shapes, sizes: Sizes, atoms: Atoms, grid: Grid, side_m: float) -> tuple[Atoms, Grid]:
    """Atoms and grids after those of the wrong size were divided anew, each with a neighbour if it is too small."""
    groups = _to_divide(contract(atoms, grid))
    near = shapely.STRtree(ground.buildings)
    shapes: list[Any] = []
    for group, amount in groups:
        whole = shapely.coverage_union_all(atoms.shapes[np.isin(grid, group)])
        if whole.geom_type == "Polygon":
            pieces = split_block(whole, amount, ground.buildings[near.query(whole, predicate="intersects")])
            if len(pieces) > 1:
                shapes.extend(pieces)
    if not shapes:
        return atoms, grid
    pieces = np.array(shapes, object)
    mended = _atoms(ground, np.concatenate([lines, borders_of(pieces)]), sizes)
    at = shapely.point_on_surface(mended.shapes)
    number = np.zeros(len(at), np.int64)
    for first, tree, values in ((0, atoms.shapes, grid), (int(grid.max()) + 1, pieces, np.arange(len(pieces)))):
        row, found = shapely.STRtree(tree).query(at, predicate="intersects")
        number[row] = values[found] + first
    start = np.unique(number, return_inverse=True)[1].ravel()
    cells = contract(mended, start)
    merged = merge_atoms(cells, price_borders(cells, side_m))[start]
    new = set(merged[number > int(grid.max())].tolist())
    return mended, Trade(mended, price_borders(mended, side_m), merged).improve(new)


def _to_divide(cells: Atoms) -> list[tuple[list[int], float]]:
    """Grids of the wrong size, the small ones with the neighbour that makes the smallest whole; none is taken twice."""
    around: list[list[int]] = [[] for _ in cells.size]
    for one, two in cells.pair.tolist():
        around[one].append(two)
        around[two].append(one)
    size: list[float] = cells.size.tolist()
    taken: set[int] = set()
    found = []
    for cell in sorted(range(len(size)), key=lambda row: (size[row], row)):
        free = [other for other in around[cell] if other not in taken]
        if LOW <= size[cell] <= HIGH or cell in taken or (size[cell] < LOW and not free):
            continue
        group = [cell] if size[cell] > HIGH else [cell, min(free, key=lambda row: (size[row], row))]
        taken.update(group)
        found.append((group, sum(size[row] for row in group)))
    return found

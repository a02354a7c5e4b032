"""Atoms: the smallest pieces of ground that grids are put together from, with what lies between any two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.grids.design_blocks import Blocks, Shapes
from location_cloud.grids.design_plane import GRAIN_M

ON_LINE_M = 1e-3
"""A border nearer to a road than this follows it; noding moves a line by some grains of the raster."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seams:
    """Straight pieces of border between two neighbours. pair: (s, 2) their rows, the lower one first.

    middle: (s, 2) metres. length_m: (s,).
    """

    pair: Ints
    middle: Floats
    length_m: Floats


@dataclass(frozen=True)
class Atoms:
    """A partition of the ground as a graph. shapes: (n,) polygons. community: (n,) int32. size: (n,) in targets.

    pair: (e, 2) neighbours of one community, the lower row first, ascending. road_m, other_m, open_m: (e,) metres of
    the border between them that follow a road or water, another line, none. through_m: (e,) those through buildings.
    """

    shapes: Shapes
    community: NDArray[np.int32]
    size: Floats
    pair: Ints
    road_m: Floats
    other_m: Floats
    open_m: Floats
    through_m: Floats


def join_atoms(blocks: Blocks, size: Floats, roads: Shapes, others: Shapes, buildings: Shapes) -> Atoms:
    """The graph of a partition. size: (n,) of each piece, in targets."""
    seams = find_seams(blocks.shapes)
    within = blocks.community[seams.pair[:, 0]] == blocks.community[seams.pair[:, 1]]
    pair, middle, length = seams.pair[within], seams.middle[within], seams.length_m[within]
    points = shapely.points(middle)
    on_road = lies_on(points, roads)
    on_other = ~on_road & lies_on(points, others)
    through = np.zeros(len(points), bool)
    if len(buildings):
        through[np.unique(shapely.STRtree(buildings).query(points, predicate="within")[0])] = True
    key, place = np.unique(pair[:, 0] * len(size) + pair[:, 1], return_inverse=True)
    place = place.ravel()

    def total(mask: NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(place, length * mask, len(key)), np.float64)

    pairs = np.stack([key // len(size), key % len(size)], axis=1)
    kinds = total(on_road), total(on_other), total(~(on_road | on_other))
    return Atoms(blocks.shapes, blocks.community, size, pairs, *kinds, total(through))


def find_seams(shapes: Shapes) -> Seams:
    """Where polygons of a partition touch. Their corners lie on the raster, and each one's are the other's, too."""
    rings, owner = shapely.get_rings(shapes, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    corner = number_corners(xy)
    follows = np.flatnonzero(ring[1:] == ring[:-1])
    ends = np.sort(np.stack([corner[follows], corner[follows + 1]], axis=1), axis=1)
    key = ends[:, 0] * (int(corner.max(initial=0)) + 1) + ends[:, 1]
    order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(key[order][1:] == key[order][:-1])
    one, two = follows[order[twice]], follows[order[twice + 1]]
    pair = np.sort(np.stack([owner[ring[one]], owner[ring[two]]], axis=1), axis=1)
    differ = pair[:, 0] != pair[:, 1]
    one, pair = one[differ], pair[differ]
    step = xy[one + 1] - xy[one]
    return Seams(pair, xy[one] + step / 2, np.hypot(step[:, 0], step[:, 1]))


def number_corners(xy: Floats) -> Ints:
    """A number for each corner, the same where they are the same point of the raster."""
    grains = np.round(xy / GRAIN_M)
    _, number = np.unique(grains[:, 0] + 1j * grains[:, 1], return_inverse=True)
    return np.asarray(number.ravel(), np.int64)


def lies_on(points: Shapes, lines: Shapes) -> NDArray[np.bool_]:
    """Which points lie on one of the lines."""
    found = np.zeros(len(points), bool)
    if len(lines) and len(points):
        found[shapely.STRtree(_pieces(lines)).query(points, predicate="dwithin", distance=ON_LINE_M)[0]] = True
    return found


def _pieces(lines: Shapes) -> Any:
    """Every straight piece of the lines: a tree of whole lines measures each of their corners for each point near."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    follows = np.flatnonzero(line[1:] == line[:-1])
    return shapely.linestrings(np.stack([xy[follows], xy[follows + 1]], axis=1))


def contract(atoms: Atoms, grid: Ints) -> Atoms:
    """The graph of grids made of atoms. grid: (n,) of each atom, numbers from 0. The shapes are left out."""
    count = int(grid.max(initial=-1)) + 1
    ends = np.sort(grid[atoms.pair], axis=1)
    apart = np.flatnonzero(ends[:, 0] != ends[:, 1])
    key, place = np.unique(ends[apart, 0] * count + ends[apart, 1], return_inverse=True)
    metres = (
        np.asarray(np.bincount(place.ravel(), column[apart], len(key)), np.float64)
        for column in (atoms.road_m, atoms.other_m, atoms.open_m, atoms.through_m)
    )
    community = np.zeros(count, np.int32)
    community[grid] = atoms.community
    size = np.asarray(np.bincount(grid, atoms.size, count), np.float64)
    return Atoms(np.empty(0, object), community, size, np.stack([key // count, key % count], axis=1), *metres)

"""Which tiles an archive of a set needs: those that its layers, its box and the wanted area touch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.errors import TooLarge
from location_cloud.tile_sets import WORLD, Box
from tiles.covering import MOST_TILES, large_features, occupied_tiles
from tiles.errors import TooManyTiles
from tiles.index import LayerIndex
from tiles.mercator import BUFFER, EXTENT_BITS, GRID_ZOOM, TileRange, lonlat_from_grid, tiles_in_bbox
from tiles.pmtiles import Integers, tile_ids, tiles_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

HINT = "give a smaller --bbox or --area, or fewer zooms with --zoom"

SMALL = 256
"""Tiles that a feature's box may touch before its shape is looked at: an empty tile costs some microseconds."""

MARGIN = BUFFER + 8
"""Units beyond a tile's side within which a large shape counts: what is simplified may come a little nearer."""


def wanted_tiles(
    z: int, box: Box | None, area: BaseGeometry | None, layers: Sequence[LayerIndex] | None = None
) -> Integers:
    """The numbers of the zoom's tiles within a box (degrees) and an area (WGS-84), rising.

    layers: only tiles that one of their features may be in; None = all. Raises TooLarge over MOST_TILES.
    """
    found = [np.zeros(0, np.int64)]
    for part in _parts(box or WORLD, area):
        tiles = tiles_in_bbox(*part, z)
        if layers is None:
            _check(tiles.tile_count, z)
            x, y = (each.ravel() for each in np.meshgrid(_span(tiles, 0), _span(tiles, 1)))
        else:
            x, y = _touched(tiles, layers)
        if area is not None:
            inside = _touches_area(area, z, x, y)
            x, y = x[inside], y[inside]
        found.append(tile_ids(z, x, y))
    return np.unique(np.concatenate(found))


def within(numbers: Integers, box: Box | None, area: BaseGeometry | None) -> Integers:
    """Those of the numbered tiles of one zoom that a box (degrees) and an area (WGS-84) touch."""
    if not len(numbers) or (box is None and area is None):
        return numbers
    z, x, y = tiles_of(numbers)
    kept = np.zeros(len(numbers), np.bool_)
    for part in _parts(box or WORLD, area):
        tiles = tiles_in_bbox(*part, int(z[0]))
        kept |= (x >= tiles.x_min) & (x <= tiles.x_max) & (y >= tiles.y_min) & (y <= tiles.y_max)
    if area is not None:
        kept[kept] = _touches_area(area, int(z[0]), x[kept], y[kept])
    return numbers[kept]


def _check(count: int, z: int) -> None:
    if count > MOST_TILES:
        raise TooLarge(
            f"zoom {z} has {count:,} tiles there; the most is {MOST_TILES:,}",
            hint=HINT,
        )


def _parts(box: Box, area: BaseGeometry | None) -> Iterator[Box]:
    """What the box, or each part of one over the antimeridian, has in common with the area's; no empty ones."""
    west, south, east, north = box
    for a, b in ((west, east),) if west <= east else ((west, 180.0), (-180.0, east)):
        part = a, south, b, north
        if area is not None:
            other = area.bounds
            part = max(a, other[0]), max(south, other[1]), min(b, other[2]), min(north, other[3])
        if part[0] <= part[2] and part[1] <= part[3]:
            yield part


def _span(tiles: TileRange, axis: int) -> Integers:
    return np.arange((tiles.x_min, tiles.y_min)[axis], (tiles.x_max, tiles.y_max)[axis] + 1)


def _touched(tiles: TileRange, layers: Sequence[LayerIndex]) -> tuple[Integers, Integers]:
    """Columns and rows of the tiles in the range that a feature of the layers may be in, buffers included."""
    try:
        small = occupied_tiles(layers, tiles.z, tiles, SMALL)
    except TooManyTiles as error:
        raise TooLarge(str(error), hint=HINT) from error
    keys = [small[:, 2] << 32 | small[:, 1]]
    for layer in layers:
        for row, corner in zip(*large_features(layer, tiles, SMALL), strict=True):
            keys.append(_descended(_shape(layer, int(row)), corner, tiles.z))
        keys = [np.unique(np.concatenate(keys))]
        _check(len(keys[0]), tiles.z)
    return keys[0] & 0xFFFFFFFF, keys[0] >> 32


def _descended(shape: BaseGeometry, corner: Integers, z: int) -> Integers:
    """Keys of the tiles of a rectangle that a shape on the grid comes near: coarse squares first, then within those."""
    shapely.prepare(shape)
    x_min, y_min, x_max, y_max = corner.tolist()
    coarse = max((max(x_max - x_min, y_max - y_min) + 1).bit_length() - 4, 0)
    keys = np.zeros(0, np.int64)
    for step in range(coarse, -1, -1):
        low, high = corner[:2] >> step, corner[2:] >> step
        if step == coarse:
            x, y = (
                each.ravel() for each in np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
            )
        else:
            x = ((keys & 0xFFFFFFFF)[:, None] * 2 + [0, 1, 0, 1]).ravel()
            y = ((keys >> 32)[:, None] * 2 + [0, 0, 1, 1]).ravel()
            kept = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
            x, y = x[kept], y[kept]
        _check(len(x), z)
        side, reach = 1 << GRID_ZOOM - z + step, (MARGIN << (GRID_ZOOM - z) >> EXTENT_BITS) + 1
        west, north = x * side, y * side
        squares = shapely.box(west - reach, north - reach, west + side + reach, north + side + reach)
        near = shapely.intersects(shape, squares)
        keys = y[near] << 32 | x[near]
    return keys


def _shape(layer: LayerIndex, row: int) -> BaseGeometry:
    """A feature's shape on the grid, to ask which squares it meets."""
    columns = layer.columns
    parts = range(int(columns.feature_start[row]), int(columns.feature_start[row + 1]))
    rings = [columns.xy[columns.part_start[part] : columns.part_start[part + 1]] for part in parts]
    if layer.kind == "point":
        return shapely.MultiPoint(np.concatenate(rings))
    if layer.kind == "line":
        return shapely.MultiLineString([ring for ring in rings if len(ring) > 1])
    polygons: list[tuple[NDArray[np.int32], list[NDArray[np.int32]]]] = []
    for part, ring in zip(parts, rings, strict=True):
        if len(ring) < 3:
            continue
        if columns.is_hole[part] and polygons:
            polygons[-1][1].append(ring)
        else:
            polygons.append((ring, []))
    shape: BaseGeometry = shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in polygons])
    return shape if shape.is_valid else shapely.make_valid(shape)


def _touches_area(area: BaseGeometry, z: int, x: Integers, y: Integers) -> NDArray[np.bool_]:
    shift = GRID_ZOOM - z
    north_west = lonlat_from_grid(np.stack([x, y], axis=1) << shift)
    south_east = lonlat_from_grid(np.stack([x + 1, y + 1], axis=1) << shift)
    shapely.prepare(area)
    squares = shapely.box(north_west[:, 0], south_east[:, 1], south_east[:, 0], north_west[:, 1])
    found: NDArray[np.bool_] = shapely.intersects(area, squares)
    return found

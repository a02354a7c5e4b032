"""Pixels of a mosaic: any box of Web Mercator at any size, the scene on top first, the next ones where it has none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.imagery import installed
from location_cloud.imagery.covering import EMPTY, PARTLY
from location_cloud.imagery.handles import COVERS, READERS
from location_cloud.imagery.model import TILE_PX, Box, Scene

Bools = NDArray[np.bool_]

SNAP = 1e-5
"""Of a pixel: what float arithmetic leaves of a whole number; metres of the whole world are exact to 4e-9."""


class Pixels(NamedTuple):
    """values: (bands, rows, columns), 0 where not valid. valid: (rows, columns)."""

    values: NDArray[Any]
    valid: Bools


class _Part(NamedTuple):
    """The part of a picture that a scene covers: columns and rows of the picture, and the window of the file there."""

    column: int
    row: int
    columns: int
    rows: int
    window: tuple[float, float, float, float]
    """Left, top, width, height in pixels of the file."""


def read_mosaic(
    home: Path, scenes: Sequence[Scene], box_m: Box, columns: int, rows: int, bands: tuple[int, ...]
) -> Pixels:
    """The pixels of a box in metres of Web Mercator.

    scenes: the one on top first. bands: their numbers from 1.
    Raises NotReady, NotInstalled.
    """
    dtype = np.result_type(*(scene.bands[band - 1].dtype for scene in scenes for band in bands)) if scenes else np.uint8
    values = np.zeros((len(bands), rows, columns), dtype)
    valid = np.zeros((rows, columns), np.bool_)
    for scene in scenes:
        part = _part_of(scene, box_m, columns, rows)
        if part is None or _state(home, scene, part) == EMPTY:
            continue
        found = _read(home, scene, part, bands)
        there = slice(part.row, part.row + part.rows), slice(part.column, part.column + part.columns)
        if not valid.any():
            values[:, *there] = found.values
            valid[there] = found.valid
        else:
            is_new = found.valid & ~valid[there]
            values[:, *there][:, is_new] = found.values[:, is_new]
            valid[there] |= found.valid
        if valid.all():
            break
    return Pixels(values, valid)


def _part_of(scene: Scene, box_m: Box, columns: int, rows: int) -> _Part | None:
    """Where the picture shows the scene's grid; None if not a single pixel's middle lies in it."""
    west, south, east, north = box_m
    step_x, step_y = (east - west) / columns, (north - south) / rows
    left, bottom, right, top = scene.grid.bounds_m
    first_column = max(0, math.ceil((left - west) / step_x - 0.5 - SNAP))
    end_column = min(columns, math.floor((right - west) / step_x + 0.5 + SNAP))
    first_row = max(0, math.ceil((north - top) / step_y - 0.5 - SNAP))
    end_row = min(rows, math.floor((north - bottom) / step_y + 0.5 + SNAP))
    if first_column >= end_column or first_row >= end_row:
        return None
    pixel_m = scene.grid.pixel_m
    size = scene.grid.columns * TILE_PX, scene.grid.rows * TILE_PX
    x, width = _clip(
        (west + first_column * step_x - left) / pixel_m, (end_column - first_column) * step_x / pixel_m, size[0]
    )
    y, height = _clip((top - north + first_row * step_y) / pixel_m, (end_row - first_row) * step_y / pixel_m, size[1])
    return _Part(first_column, first_row, end_column - first_column, end_row - first_row, (x, y, width, height))


def _clip(start: float, length: float, size: int) -> tuple[float, float]:
    """A window along one side, whole numbers made exact, kept within the file (at most half a pixel is cut off)."""
    if abs(start - round(start)) < SNAP:
        start = float(round(start))
    if length > SNAP and abs(length - round(length)) < SNAP:
        length = float(round(length))
    low, high = max(0.0, start), min(float(size), start + length)
    return low, high - low


def _state(home: Path, scene: Scene, part: _Part) -> int:
    """What the cover says if the part is exactly one tile of the scene or lies within one; else unknown (PARTLY)."""
    grid = scene.grid
    x, y, width, height = part.window
    scale = width / part.columns
    up = round(math.log2(scale)) if scale > 1 else 0
    up = max(0, min(up, grid.levels - 1))
    side = TILE_PX << up
    column, row = int(x // side), int(y // side)
    if x + width > (column + 1) * side or y + height > (row + 1) * side:
        return PARTLY
    cover = COVERS.get(home, scene)
    return cover.state(grid.max_zoom - up, (grid.x >> up) + column, (grid.y >> up) + row)


def _read(home: Path, scene: Scene, part: _Part, bands: tuple[int, ...]) -> Pixels:
    rasterio = installed.rasterio()
    wanted = [*bands, len(scene.bands) + 1] if scene.has_alpha else list(bands)
    with READERS.borrow(home, scene) as dataset:
        found = dataset.read(
            wanted,
            window=rasterio.windows.Window(*part.window),
            out_shape=(len(wanted), part.rows, part.columns),
            resampling=_resampling(scene, part),
        )
    if scene.has_alpha:
        opaque = np.iinfo(found.dtype).max
        valid = found[-1] > opaque // 2
        values = found[:-1]
    elif scene.nodata is None:
        valid = _within_cover(home, scene, part)
        return Pixels(found, valid)
    else:
        values = found
        valid = np.isfinite(found).all(axis=0) if math.isnan(scene.nodata) else (found != scene.nodata).all(axis=0)
    if not valid.all():
        values = np.where(valid, values, values.dtype.type(0))
    return Pixels(values, valid)


def _within_cover(home: Path, scene: Scene, part: _Part) -> Bools:
    """Validity of files without alpha and nodata: whole tiles are there or not."""
    left, top, width, height = part.window
    grid, cover = scene.grid, COVERS.get(home, scene)
    at_x = ((left + (np.arange(part.columns) + 0.5) * width / part.columns) // TILE_PX).astype(int)
    at_y = ((top + (np.arange(part.rows) + 0.5) * height / part.rows) // TILE_PX).astype(int)
    columns, rows = range(at_x[0], at_x[-1] + 1), range(at_y[0], at_y[-1] + 1)
    there = [[cover.state(grid.max_zoom, grid.x + x, grid.y + y) != EMPTY for x in columns] for y in rows]
    valid: Bools = np.array(there)[np.ix_(at_y - at_y[0], at_x - at_x[0])]
    return valid


def _resampling(scene: Scene, part: _Part) -> Any:
    """None where the file has exactly these pixels; smooth between them, and for codes always the nearest."""
    kinds = installed.rasterio().enums.Resampling
    scale = part.window[2] / part.columns
    up = math.log2(scale)
    if scene.kind == "classes" or (abs(up - round(up)) < SNAP and 0 <= round(up) < scene.grid.levels):
        return kinds.nearest
    return kinds.average if scale >= 1 << scene.grid.levels else kinds.bilinear

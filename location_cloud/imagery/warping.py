"""The first pass of a conversion: a source onto the web's grid, window by window, and what its pixels tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from location_cloud.imagery import installed
from location_cloud.imagery.model import TILE_PX, Band, Box, Grid, Kind
from location_cloud.imagery.model_conversion import Job
from location_cloud.imagery.opening import NO_HEIGHT, has_alpha_band

Pixels: TypeAlias = NDArray[Any]
Report: TypeAlias = Callable[[str, int], None]
"""Hears of each step: its title with the number of windows in it (0 = unknown); then ("", windows done)."""

WINDOW_PX = 2048
SAMPLES_A_WINDOW = 4096
HEIGHT_STEPS = 32
"""Heights are kept to 1/32 m: their last bits are then zero, and deflate finds them."""


@dataclass
class Counted:
    """What the first pass learns: which tiles hold data (0 none, 1 some, 2 only), samples of each band."""

    names: list[str]
    tiles: NDArray[np.uint8]
    samples: list[list[Pixels]]

    def bands(self, dtype: str) -> tuple[Band, ...]:
        """The bands with figures of their samples."""
        found = []
        for name, parts in zip(self.names, self.samples, strict=True):
            values = np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)
            values = values[np.isfinite(values)]
            if not len(values):
                values = np.zeros(1)
            low, high = np.percentile(values, (2, 98))
            figures = (values.min(), values.max(), values.mean(), low, high)
            found.append(Band(name, dtype, *(round(float(figure), 6) for figure in figures)))
        return tuple(found)


def warp(
    job: Job,
    opened: list[Any],
    kind: Kind,
    grid: Grid,
    bounds_m: Box,
    nodata: float | None,
    has_alpha: bool,
    dtype: str,
    target: Path,
    report: Report,
) -> Counted:
    """Writes the sources' pixels, on the grid, into a plain tiled GeoTIFF; tells which tiles hold data, and samples.

    bounds_m: the part of the grid that holds data. nodata, has_alpha, dtype: as `opening.validity_of` gives them.
    """
    rasterio = installed.rasterio()
    west, _, _, north = grid.bounds_m
    transform = rasterio.transform.from_origin(west, north, grid.pixel_m, grid.pixel_m)
    width, height = grid.columns * TILE_PX, grid.rows * TILE_PX
    alphas = [has_alpha_band(each) for each in opened]
    bands = [tuple(range(1, each.count + 1 - alpha)) for each, alpha in zip(opened, alphas, strict=True)]
    count = sum(map(len, bands))
    as_rgb = kind == "picture" and count == 1
    stored = 3 if as_rgb else count
    resampling = rasterio.enums.Resampling.nearest if kind == "classes" else rasterio.enums.Resampling.bilinear
    options: dict[str, Any] = {
        "crs": "EPSG:3857",
        "transform": transform,
        "width": width,
        "height": height,
        "resampling": resampling,
        "warp_mem_limit": 128,
    }
    views = []
    for each, alpha in zip(opened, alphas, strict=True):
        if each.nodata is None and not alpha:
            views.append(rasterio.vrt.WarpedVRT(each, add_alpha=True, **options))
        else:
            views.append(rasterio.vrt.WarpedVRT(each, **options))
    counted = Counted(
        _names(job, opened, bands), np.zeros((grid.rows, grid.columns), np.uint8), [[] for _ in range(stored)]
    )
    if as_rgb:
        counted.names = ["red", "green", "blue"]
    windows = _windows(grid, bounds_m)
    report("warping", len(windows))
    profile = {
        "driver": "GTiff",
        "dtype": dtype,
        "count": stored + has_alpha,
        "width": width,
        "height": height,
        "crs": "EPSG:3857",
        "transform": transform,
        "tiled": True,
        "blockxsize": TILE_PX,
        "blockysize": TILE_PX,
        "sparse_ok": True,
        "compress": "zstd",
        "zstd_level": 1,
        "interleave": "pixel",
        "BIGTIFF": "IF_SAFER",
        "nodata": nodata,
    }
    with rasterio.open(target, "w", **profile) as out:
        _interpret(out, kind, stored, has_alpha)
        for column, row, columns, rows in windows:
            window = rasterio.windows.Window(column, row, columns, rows)
            parts, is_valid = [], np.ones((rows, columns), np.bool_)
            for view, wanted in zip(views, bands, strict=True):
                parts.append(view.read(wanted, window=window))
                is_valid &= view.dataset_mask(window=window) != 0
            values = np.concatenate(parts)
            values, is_valid = _as_stored(values, is_valid, kind, nodata, dtype, opened[0])
            if as_rgb:
                values = np.repeat(values, 3, axis=0)
            if is_valid.any():
                if has_alpha:
                    opaque = np.iinfo(dtype).max
                    alpha_band = np.where(is_valid, opaque, 0).astype(dtype)
                    values = np.concatenate([values, alpha_band[None]])
                out.write(values, window=window)
                _count(counted, values[:stored], is_valid, column, row)
            report("", 1)
    for view in views:
        view.close()
    return counted


def _as_stored(
    values: Pixels, is_valid: NDArray[np.bool_], kind: Kind, nodata: float | None, dtype: str, source: Any
) -> tuple[Pixels, NDArray[np.bool_]]:
    if kind == "elevation":
        heights = values.astype(np.float64) * (source.scales[0] or 1.0) + source.offsets[0]
        is_valid = is_valid & np.isfinite(heights[0])
        heights = np.round(heights * HEIGHT_STEPS) / HEIGHT_STEPS
        return np.where(is_valid, heights, NO_HEIGHT).astype(np.float32), is_valid
    if values.dtype.kind == "f":
        is_valid = is_valid & np.isfinite(values).all(axis=0)
    absent = 0 if nodata is None else nodata
    return np.where(is_valid, values, absent).astype(dtype), is_valid


def _names(job: Job, opened: list[Any], bands: list[tuple[int, ...]]) -> list[str]:
    if len(opened) == 1:
        source = opened[0]
        named = [source.descriptions[band - 1] or source.colorinterp[band - 1].name for band in bands[0]]
        plain = [name if name not in ("gray", "undefined", "palette") else "" for name in named]
        return [(name or f"b{number + 1}")[:64] for number, name in enumerate(plain)]
    return [
        f"{name}" if len(wanted) == 1 else f"{name}_{band}"
        for name, wanted in zip(job.band_names, bands, strict=True)
        for band in wanted
    ]


def _windows(grid: Grid, bounds_m: Box) -> list[tuple[int, int, int, int]]:
    """Windows of whole tiles over the part of the grid that holds data: column, row, columns, rows in pixels."""
    left, _, _, top = grid.bounds_m
    west, south, east, north = bounds_m

    def between(low: float, high: float, size: int) -> tuple[int, int]:
        first = max(0, math.floor(low / grid.pixel_m / TILE_PX)) * TILE_PX
        return first, min(size, math.ceil(high / grid.pixel_m / TILE_PX) * TILE_PX)

    x_first, x_end = between(west - left, east - left, grid.columns * TILE_PX)
    y_first, y_end = between(top - north, top - south, grid.rows * TILE_PX)
    return [
        (x, y, min(WINDOW_PX, x_end - x), min(WINDOW_PX, y_end - y))
        for y in range(y_first, y_end, WINDOW_PX)
        for x in range(x_first, x_end, WINDOW_PX)
    ]


def _count(counted: Counted, values: Pixels, is_valid: NDArray[np.bool_], column: int, row: int) -> None:
    rows, columns = is_valid.shape[0] // TILE_PX, is_valid.shape[1] // TILE_PX
    blocks = is_valid.reshape(rows, TILE_PX, columns, TILE_PX)
    state = blocks.any(axis=(1, 3)).astype(np.uint8) + blocks.all(axis=(1, 3))
    counted.tiles[row // TILE_PX :, column // TILE_PX :][:rows, :columns] = state
    step = max(1, math.isqrt(is_valid.size // SAMPLES_A_WINDOW))
    kept = is_valid[::step, ::step]
    for samples, band in zip(counted.samples, values, strict=True):
        samples.append(band[::step, ::step][kept])


def _interpret(out: Any, kind: Kind, stored: int, has_alpha: bool) -> None:
    of = installed.rasterio().enums.ColorInterp
    if kind == "picture" and stored == 3:
        out.colorinterp = [of.red, of.green, of.blue, *([of.alpha] if has_alpha else [])]
    elif has_alpha:
        out.colorinterp = [of.gray, *[of.undefined] * (stored - 1), of.alpha]

"""A source that is an aligned COG already: which grid it has, and that its tiles can be handed out as they are."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.imagery.aligned import AlignedFile
from location_cloud.imagery.gridding import MOST_TOP_TILES
from location_cloud.imagery.model import HALF_WORLD_M, MAX_ZOOM, TILE_PX, Compression, Grid

MARKS: dict[Compression, bytes] = {"webp": b"RIFF", "jpeg": b"\xff\xd8"}
OFF_PX = 0.01
"""Of a pixel: how far a grid may lie beside the web's and still be it."""


def find_grid(source: Any) -> Grid | None:
    """The grid of a source whose blocks and overviews are tiles of the web's grid; None if they are not."""
    shift = source.transform
    if source.crs.to_epsg() != 3857 or set(source.block_shapes) != {(TILE_PX, TILE_PX)}:
        return None
    if source.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") != "COG" or shift.b or shift.d or shift.a != -shift.e:
        return None
    exact = math.log2(2 * HALF_WORLD_M / TILE_PX / shift.a) if shift.a > 0 else math.nan
    if not (math.isfinite(exact) and abs(exact - round(exact)) < 1e-9 and 0 <= round(exact) <= MAX_ZOOM):
        return None
    zoom, levels = round(exact), len(source.overviews(1)) + 1
    side = 2 * HALF_WORLD_M / (1 << zoom)
    places = [(shift.c + HALF_WORLD_M) / side, (HALF_WORLD_M - shift.f) / side]
    places += [source.width / TILE_PX, source.height / TILE_PX]
    whole = [round(place) for place in places]
    step = 1 << (levels - 1)
    if any(abs(place - near) * TILE_PX > OFF_PX or near % step for place, near in zip(places, whole, strict=True)):
        return None
    if source.overviews(1) != [2**level for level in range(1, levels)] or max(whole[2:]) > 2 * MOST_TOP_TILES * step:
        return None
    return Grid(zoom, zoom - levels + 1, *whole)


def find_compression(source: Any) -> Compression | None:
    """How its tiles are compressed if a browser shows them as they lie there; None if it would not."""
    colours = [each.name for each in source.colorinterp]
    if set(source.dtypes) != {"uint8"} or colours[:3] != ["red", "green", "blue"] or source.nodata is not None:
        return None
    kind = source.tags(ns="IMAGE_STRUCTURE").get("COMPRESSION", "")
    if kind == "WEBP" and colours[3:] in ([], ["alpha"]):
        return "webp"
    has_mask = any(flag.name == "per_dataset" for flag in source.mask_flag_enums[0])
    return "jpeg" if kind == "YCbCr JPEG" and len(colours) == 3 and not has_mask else None


def check_tiles(path: Path, grid: Grid, compression: Compression) -> NDArray[np.bool_] | None:
    """(rows, columns) which tiles of the finest level are there; None if any of any level is not what it must be."""
    try:
        file = AlignedFile(path, grid)
        there = np.zeros((grid.rows, grid.columns), np.bool_)
        for up in range(grid.levels):
            for row in range(grid.rows >> up):
                for column in range(grid.columns >> up):
                    body = file.find(grid.max_zoom - up, (grid.x >> up) + column, (grid.y >> up) + row)
                    if body is not None and not body.startswith(MARKS[compression]):
                        return None
                    if up == 0:
                        there[row, column] = body is not None
    except (struct.error, LookupError, ValueError, TypeError, OverflowError):
        return None
    return there

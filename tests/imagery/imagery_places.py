"""Where a place lies in tiles, and the colour that a tile has there."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from PIL import Image

from location_cloud.tile_sets import Tile, TileAt


def place_of(lonlat: tuple[float, float], zoom: int) -> tuple[float, float]:
    """Column and row with fractions."""
    lon, lat = lonlat
    y = 0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)
    return (lon + 180) / 360 * 2**zoom, y * 2**zoom


def tile_of(lonlat: tuple[float, float], zoom: int, form: Any, **others: Any) -> TileAt:
    """The tile that holds a place."""
    x, y = place_of(lonlat, zoom)
    return TileAt(zoom, others.pop("x", int(x)), others.pop("y", int(y)), form, **others)


def pixels(body: bytes) -> np.ndarray:
    """(rows, columns, 4) of a picture file."""
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGBA"))


def pixel(tile: Tile | None, lonlat: tuple[float, float], zoom: int) -> list[int]:
    """Red, green, blue, alpha of a place in its tile."""
    assert tile is not None
    x, y = place_of(lonlat, zoom)
    picture = pixels(tile.body)
    return [int(value) for value in picture[int(y % 1 * len(picture)), int(x % 1 * len(picture))]]

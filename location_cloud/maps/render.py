"""What a picture of a map is: the view, what lies over it, and the one interface behind which programs draw it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

PictureForm: TypeAlias = Literal["png", "jpg", "webp"]

ReadTile: TypeAlias = Callable[[str], "bytes | None"]
"""What lies behind an address below `city://`: a tile, an icon sheet; None = nothing there."""

WORLD_PX = 512
"""Side of the whole world at zoom 0, CSS pixels. Source: MapLibre style specification, "zoom"."""

SCHEME = "city"
"""Addresses of this kind are answered by the caller: a picture is drawn without the network."""


@dataclass(frozen=True)
class View:
    """A cut-out of the map. lon, lat: its middle, degrees; zoom as MapLibre counts; width, height in CSS pixels.

    ratio: picture pixels per CSS pixel. tile: z, x, y if it is exactly that tile, so that labels meet at its edges.
    """

    lon: float
    lat: float
    zoom: float
    width_px: int
    height_px: int
    ratio: float = 1.0
    tile: tuple[int, int, int] | None = None

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a point lies in the view, CSS pixels from the upper left corner."""
        scale = WORLD_PX * 2**self.zoom
        x, y = mercator(lon, lat)
        middle_x, middle_y = mercator(self.lon, self.lat)
        return (x - middle_x) * scale + self.width_px / 2, (y - middle_y) * scale + self.height_px / 2


@dataclass(frozen=True)
class Style:
    """A style to draw with. key: names the document; another document has another key."""

    key: str
    document: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One picture. over: shapes on top, in CSS pixels of the view (`staticmap`). quality: of jpg and webp.

    parts: 2 = cut into two by two pictures of their own, row by row; 1 = left whole.
    """

    style: Style
    view: View
    form: PictureForm
    over: list[dict[str, Any]] = field(default_factory=list)
    quality: int = 85
    parts: int = 1


class Backend(Protocol):
    """A program that draws maps."""

    name: str

    def draw(self, style: Style, view: View) -> bytes:
        """The view as PNG or as RGBA: (height, width, 4) bytes in rows, straight alpha."""


def mercator(lon: float, lat: float) -> tuple[float, float]:
    """A point on the square of the world, 0..1 from the north-west corner. Source: EPSG 3857 on a unit square."""
    return (lon + 180) / 360, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2


def unmercator(x: float, y: float) -> tuple[float, float]:
    """The reverse of `mercator`."""
    return x * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))


def tile_view(z: int, x: int, y: int, side_px: int, ratio: float) -> View:
    """The view of a tile whose side is so many CSS pixels."""
    lon, lat = unmercator((x + 0.5) / 2**z, (y + 0.5) / 2**z)
    zoom = z - math.log2(WORLD_PX / side_px)
    return View(lon, lat, zoom, side_px, side_px, ratio, (z, x, y))

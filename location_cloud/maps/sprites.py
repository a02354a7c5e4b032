"""The sheet of map icons: drawn here from shapes of our own, without any picture file or picture library.

An icon is a text of shapes in a square of 24 units: `line WIDTH x,y x,y ...`, `poly x,y ...`, `disc x,y RADIUS`,
`ring x,y RADIUS WIDTH`, `box x,y x,y [ROUNDING]`, separated by semicolons; a minus before a shape cuts it out.
"""

from __future__ import annotations

import importlib.resources
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

UNITS = 24
"""Side of the square that icons are drawn in."""

ICON_PX = 19
"""Side of an icon on the map, CSS pixels; a disc of 17 with a rim of 1 around it."""

SAMPLES = 4
"""Points each way in a pixel; their share inside is the pixel's cover."""

COLUMNS = 8

SDF_RADIUS_PX, SDF_EDGE = 8.0, 0.25
"""How a distance becomes a grey value in a tinted icon. Source: Mapbox, tiny-sdf (radius, cutoff)."""


@dataclass(frozen=True)
class Icon:
    """One icon. shape: in units, y downwards. colour: of its disc, "" = none, the style tints it.

    width_px, height_px: on the map, CSS pixels.
    """

    name: str
    shape: shapely.Geometry
    colour: str
    width_px: int
    height_px: int


@cache
def icon_document() -> dict[str, Any]:
    """The file that icons and their meanings are written in."""
    text = (importlib.resources.files("location_cloud.maps") / "styles/icons.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    return document


@cache
def list_icons() -> dict[str, Icon]:
    """Every icon by name."""
    document = icon_document()
    discs = [
        Icon(name, _parse_shapes(text), document["groups"][group], ICON_PX, ICON_PX)
        for name, (group, text) in document["icons"].items()
    ]
    tinted = [
        Icon(name, _parse_shapes(text), "", width, height) for name, (width, height, text) in document["tinted"].items()
    ]
    return {icon.name: icon for icon in (*discs, *tinted)}


def _parse_shapes(text: str) -> shapely.Geometry:
    whole = shapely.Polygon()
    for part in text.split(";"):
        words = part.split()
        shape = _parse_shape(words[0].lstrip("-"), words[1:])
        whole = whole.difference(shape) if words[0].startswith("-") else whole.union(shape)
    return whole


def _parse_shape(kind: str, words: list[str]) -> shapely.Geometry:
    points = [tuple(float(number) for number in word.split(",")) for word in words if "," in word]
    numbers = [float(word) for word in words if "," not in word]
    if kind == "line":
        return shapely.LineString(points).buffer(numbers[0] / 2)
    if kind == "poly":
        return shapely.Polygon(points)
    if kind == "box":
        rounding = numbers[0] if numbers else 0.0
        return shapely.box(*points[0], *points[1]).buffer(-rounding).buffer(rounding)
    disc = shapely.Point(points[0]).buffer(numbers[0])
    if kind == "disc":
        return disc
    width = numbers[1] / 2
    return (
        shapely.Point(points[0])
        .buffer(numbers[0] + width)
        .difference(shapely.Point(points[0]).buffer(numbers[0] - width))
    )


@cache
def draw_sheet(ratio: int) -> tuple[dict[str, dict[str, Any]], bytes]:
    """The index and the PNG of all icons.

    ratio: picture pixels per CSS pixel. Gives name -> place in the sheet, as the MapLibre style specification wants.
    Source: MapLibre style specification, "Sprite".
    """
    icons = list_icons()
    side = max(max(icon.width_px, icon.height_px) for icon in icons.values()) * ratio + 1
    rows = -(-len(icons) // COLUMNS)
    sheet = np.zeros((rows * side, COLUMNS * side, 4), np.uint8)
    index: dict[str, dict[str, Any]] = {}
    for number, icon in enumerate(icons.values()):
        x, y = number % COLUMNS * side, number // COLUMNS * side
        picture = draw_icon(icon, ratio)
        height, width = picture.shape[:2]
        sheet[y : y + height, x : x + width] = picture
        index[icon.name] = {"x": x, "y": y, "width": width, "height": height, "pixelRatio": ratio}
        if not icon.colour:
            index[icon.name]["sdf"] = True
    return index, as_png(sheet)


def draw_icon(icon: Icon, ratio: int) -> NDArray[np.uint8]:
    """The icon as (height, width, 4) RGBA, straight alpha; a tinted one has its distances as alpha."""
    width, height = icon.width_px * ratio, icon.height_px * ratio
    if not icon.colour:
        return _distances(icon.shape, width, height, ratio)
    unit = UNITS / width
    xy = (np.arange(width * SAMPLES) + 0.5) / SAMPLES * unit
    x, y = np.meshgrid(xy, xy)
    rim = np.hypot(x - UNITS / 2, y - UNITS / 2)
    px = unit * ratio
    outer, inner = rim <= UNITS / 2, rim <= UNITS / 2 - px
    shapely.prepare(icon.shape)
    white = shapely.contains_xy(icon.shape, x, y) & inner
    cover = _shrink(outer)
    bright = _shrink((outer & ~inner) | white) / np.maximum(cover, 1e-9)
    colour = np.array([int(icon.colour[i : i + 2], 16) for i in (1, 3, 5)])
    picture = np.empty((height, width, 4), np.uint8)
    picture[..., :3] = np.rint(colour + (255 - colour) * np.minimum(bright, 1)[..., None])
    picture[..., 3] = np.rint(cover * 255)
    return picture


def _distances(shape: shapely.Geometry, width: int, height: int, ratio: int) -> NDArray[np.uint8]:
    x, y = np.meshgrid((np.arange(width) + 0.5) / ratio, (np.arange(height) + 0.5) / ratio)
    points = shapely.points(x, y)
    outside_px = shapely.distance(shape, points) * ratio - shapely.distance(shape.boundary, points) * ratio * (
        shapely.contains_xy(shape, x, y)
    )
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., 3] = np.clip(np.rint(255 * (1 - SDF_EDGE - outside_px / SDF_RADIUS_PX)), 0, 255)
    return picture


def _shrink(samples: NDArray[np.bool_]) -> NDArray[np.float64]:
    height, width = samples.shape
    shares: NDArray[np.float64] = samples.reshape(height // SAMPLES, SAMPLES, width // SAMPLES, SAMPLES).mean(
        axis=(1, 3)
    )
    return shares


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """(height, width, 4) RGBA as a PNG. Source: W3C PNG, chunks IHDR, IDAT, IEND; rows without filter."""
    height, width = pixels.shape[:2]
    rows = np.zeros((height, width * 4 + 1), np.uint8)
    rows[:, 1:] = pixels.reshape(height, width * 4)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    written = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)

"""The tile matrix sets: how the world is cut at each level, and the numbers that catalogues of tiles name them with.

Sources: OGC 17-083r4 (Two Dimensional Tile Matrix Set 2.0), annex D.1 WebMercatorQuad; OGC 07-057r7 (WMTS 1.0.0),
annex E.4 GoogleMapsCompatible; the capabilities documents of Tianditu (vec_w, vec_c), whose levels begin at 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from location_cloud.errors import BadQuery
from location_cloud.tile_sets import Box, Matrix, TileSet

RADIUS_M: Final = 6_378_137.0
"""Semi-major axis of WGS-84 and of CGCS2000."""

HALF_WORLD_M: Final = math.pi * RADIUS_M

METRES_A_DEGREE: Final = RADIUS_M * math.pi / 180
"""What OGC 17-083r4, 6.1.2, counts a degree as, whatever the latitude."""

Scale: TypeAlias = Literal["ogc", "tianditu"]
"""Which screens a scale denominator is for. The resolutions of both are the same."""

PIXEL_M: Final[dict[Scale, float]] = {"ogc": 0.00028, "tianditu": 0.0254 / 96}
"""The width of a screen's pixel, metres: as OGC defines it, and of 96 to the inch, as Tianditu writes its documents."""

USUAL_LEVEL: Final = 18
"""The last level of GoogleMapsCompatible and of Tianditu."""

PLAIN_PX: Final = 256
"""Tile width that the well-known sets are defined with. Vector tiles have no pixels: they are listed with these."""

RASTER_FORMS = frozenset(("png", "jpg", "webp"))


@dataclass(frozen=True)
class MatrixSet:
    """One way to cut the world into tiles of so many pixels.

    name: in WMTS documents. ogc_name: in OGC API Tiles. uri: where it is registered; empty if it is not.
    corner: of the north-west, in the order of the axes of the reference system. last_level: the one of most tiles.
    """

    matrix: Matrix
    tile_px: int
    last_level: int
    name: str
    ogc_name: str
    title: str
    epsg: int
    uri: str
    well_known: str
    axes: tuple[str, str]
    corner: tuple[float, float]

    @property
    def first_level(self) -> int:
        """The level of the fewest tiles."""
        return first_level(self.matrix)

    def cell(self, level: int) -> float:
        """How wide a pixel is, in units of the reference system: metres or degrees."""
        width = 2 * HALF_WORLD_M if self.matrix == "w" else 360.0
        return width / self.tile_px / (1 << level)

    def scale_denominator(self, level: int, scale: Scale = "ogc") -> float:
        """How many times smaller than the equator a tile is drawn on a screen of that kind."""
        metres = 1.0 if self.matrix == "w" else METRES_A_DEGREE
        return self.cell(level) * metres / PIXEL_M[scale]


@dataclass(frozen=True)
class Limits:
    """The tiles of one level that a set can have, both ends included."""

    level: int
    min_column: int
    max_column: int
    min_row: int
    max_row: int


def matrix_set(matrix: Matrix, tile_px: int = PLAIN_PX, last_level: int = USUAL_LEVEL) -> MatrixSet:
    """The set of that matrix with tiles of so many pixels, down to a level.

    "w" and "c" are of 256 pixels and end with level 18; others are named by what they have else: w512, w-16, w512-19.
    """
    ending = "" if tile_px == PLAIN_PX else str(tile_px)
    depth = "" if last_level == USUAL_LEVEL else f"-{last_level}"
    if matrix == "w":
        return MatrixSet(
            "w",
            tile_px,
            last_level,
            f"w{ending}{depth}",
            f"WebMercatorQuad{ending}",
            f"Google Maps Compatible for the World, tiles of {tile_px} px",
            3857,
            "" if ending else "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
            "" if ending or depth else "GoogleMapsCompatible",
            ("X", "Y"),
            (-HALF_WORLD_M, HALF_WORLD_M),
        )
    return MatrixSet(
        "c",
        tile_px,
        last_level,
        f"c{ending}{depth}",
        f"CGCS2000Quad{ending}",
        f"CGCS2000 in degrees, levels as in Tianditu, tiles of {tile_px} px",
        4490,
        "",
        "",
        ("Lat", "Lon"),
        (90.0, -180.0),
    )


def sets_of(tile_set: TileSet) -> tuple[MatrixSet, ...]:
    """The matrix sets that a tile set is listed with in WMTS documents, the best to read it with first.

    GDAL and QGIS look for tiles down to the last level of a matrix set, whatever limits say: pictures get one that ends
    where they end, and the usual one of that name besides.
    """
    is_picture = bool(RASTER_FORMS & set(tile_set.forms))
    tile_px = tile_set.tile_px if is_picture else PLAIN_PX
    last = tile_set.max_zoom if is_picture else max(tile_set.max_zoom, USUAL_LEVEL)
    found = [matrix_set(matrix, tile_px, last) for matrix in tile_set.matrices]
    usual = [matrix_set(matrix) for matrix in tile_set.matrices] if tile_px == PLAIN_PX else []
    return tuple(dict.fromkeys((*found, *usual)))


def first_level(matrix: Matrix) -> int:
    """The level of the fewest tiles: one in "w", two side by side in "c"."""
    return 0 if matrix == "w" else 1


def grid_size(matrix: Matrix, level: int) -> tuple[int, int]:
    """Columns and rows of a level."""
    columns = 1 << level
    return columns, columns if matrix == "w" else columns >> 1


def limits_in(matrix: Matrix, level: int, box: Box) -> Limits:
    """The tiles of a level that a box touches. box: west, south, east, north, degrees; west > east: all columns."""
    west, south, east, north = box
    if west > east:
        west, east = -180.0, 180.0
    columns, rows = grid_size(matrix, level)
    return Limits(
        level,
        _part((west + 180) / 360, columns),
        _part((east + 180) / 360, columns),
        _part(_from_north(matrix, north), rows),
        _part(_from_north(matrix, south), rows),
    )


def _part(fraction: float, count: int) -> int:
    return min(max(int(fraction * count), 0), count - 1)


def _from_north(matrix: Matrix, lat: float) -> float:
    """Where a latitude lies between the northern edge of the matrix, 0, and its southern, 1."""
    if matrix == "c":
        return (90 - lat) / 180
    sine = math.sin(math.radians(min(max(lat, -89.9), 89.9)))
    return min(max(0.5 - math.atanh(sine) / (2 * math.pi), 0.0), 1.0)


def flipped_row(matrix: Matrix, level: int, row: int) -> int:
    """The row counted from the other side: TMS counts from the south. Raises BadQuery if there is no such row."""
    rows = grid_size(matrix, level)[1]
    if row >= rows:
        raise BadQuery(
            f"y={row}: at zoom {level} y goes from 0 to {rows - 1}",
            hint="in the TMS scheme tiles are counted from the south-west corner of the world",
        )
    return rows - 1 - row


def parse_quadkey(text: str) -> tuple[int, int, int]:
    """Zoom, column, row of a quadkey, one digit 0-3 a zoom. Source: Bing Maps Tile System."""
    x = y = 0
    for digit in text:
        x, y = x << 1 | int(digit) & 1, y << 1 | int(digit) >> 1
    return len(text), x, y

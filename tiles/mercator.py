"""Web Mercator as tiles use it: degrees to and from a whole-number grid, tile bounds, tile ranges and other row names.

The grid is the pixel grid of zoom 28 with one pixel a tile: x grows eastwards from 180 W, y southwards from
85.0511 N, both from 0 to 2^28. One step is 0.149 m at the equator and exactly one unit of a zoom-16 tile
of extent 4096, so tiles of zoom 16 and deeper lose nothing by rounding, and 2^28 leaves an int32 room for buffers.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiles.errors import BadTile

GRID_ZOOM = 28
GRID_SIZE = 1 << GRID_ZOOM
EXTENT_BITS = 12
EXTENT = 1 << EXTENT_BITS  # units along the side of a tile; the usual value of MVT writers
BUFFER = 64  # units beyond each side that are still drawn, so that wide strokes do not end at the edge
FULL_ZOOM = GRID_ZOOM - EXTENT_BITS  # from here on a tile unit is not larger than a grid step
MAX_ZOOM = 24  # the deepest zoom of MapLibre; 1/256 grid step a unit
MAX_LATITUDE_DEG = float(np.degrees(np.arctan(np.sinh(np.pi))))  # 85.0511...: where the square world ends


class TileRange(NamedTuple):
    """A rectangle of tiles of one zoom, both ends included."""

    z: int
    x_min: int
    y_min: int
    x_max: int
    y_max: int

    @property
    def tile_count(self) -> int:
        """The number of tiles."""
        return (self.x_max - self.x_min + 1) * (self.y_max - self.y_min + 1)

    def tiles(self) -> Iterator[tuple[int, int, int]]:
        """Each tile as (z, x, y), row by row from the north-west."""
        for y in range(self.y_min, self.y_max + 1):
            for x in range(self.x_min, self.x_max + 1):
                yield self.z, x, y


def whole_world(z: int) -> TileRange:
    """All tiles of a zoom."""
    return TileRange(z, 0, 0, (1 << z) - 1, (1 << z) - 1)


def check_tile(z: int, x: int, y: int) -> None:
    """Raises BadTile unless (z, x, y) names a tile of the XYZ scheme."""
    if not 0 <= z <= MAX_ZOOM:
        raise BadTile(f"z={z} is no zoom level; use 0 to {MAX_ZOOM}")
    last = (1 << z) - 1
    for name, value in (("x", x), ("y", y)):
        if not 0 <= value <= last:
            raise BadTile(f"{name}={value} is outside the world at z={z}; use 0 to {last}")


def grid_from_lonlat(lonlat: NDArray[np.float64]) -> NDArray[np.int32]:
    """Grid points of (n, 2) longitudes and latitudes in degrees, as (n, 2) int32.

    What lies beyond 180 degrees or beyond the latitude of 85.0511 is put on the edge of the world.
    Source: spherical Mercator, EPSG method 1024; halves round towards south-east.
    """
    lonlat = np.asarray(lonlat, dtype=np.float64)
    latitude = np.radians(np.clip(lonlat[:, 1], -MAX_LATITUDE_DEG, MAX_LATITUDE_DEG))
    grid = np.empty(lonlat.shape)
    grid[:, 0] = (lonlat[:, 0] / 360 + 0.5) * GRID_SIZE
    grid[:, 1] = (0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi)) * GRID_SIZE
    return np.clip(np.floor(grid + 0.5), 0, GRID_SIZE).astype(np.int32)


def lonlat_from_grid(xy: NDArray[np.int32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitudes and latitudes in degrees, (n, 2), of (n, 2) grid points."""
    grid = np.asarray(xy, dtype=np.float64) / GRID_SIZE
    lonlat = np.empty(grid.shape)
    lonlat[:, 0] = (grid[:, 0] - 0.5) * 360
    lonlat[:, 1] = np.degrees(np.arctan(np.sinh((0.5 - grid[:, 1]) * 2 * np.pi)))
    return lonlat


def degree_grid_from_lonlat(lonlat: NDArray[np.float64]) -> NDArray[np.int32]:
    """Grid points of degrees where the world is cut in degrees: EPSG:4490 and 4326, WMTS matrix set "c".

    x grows eastwards from 180 W, y southwards from 90 N, 2^28 steps around the globe both ways: at level z there are
    2^z columns and 2^(z-1) rows, and `encode_tile` draws (z, x, y) as it does in Mercator.
    Source: GB/T 35651-2017; Tianditu's matrix set c. What lies off the globe is put on its edge.
    """
    lonlat = np.asarray(lonlat, dtype=np.float64)
    grid = np.empty(lonlat.shape)
    grid[:, 0] = (lonlat[:, 0] + 180) / 360 * GRID_SIZE
    grid[:, 1] = (90 - lonlat[:, 1]) / 360 * GRID_SIZE
    return np.clip(np.floor(grid + 0.5), 0, [GRID_SIZE, GRID_SIZE // 2]).astype(np.int32)


def tile_lonlat_bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in degrees, without buffer. Raises BadTile."""
    check_tile(z, x, y)
    side = float(1 << (GRID_ZOOM - z))
    (west, north), (east, south) = lonlat_from_grid(
        np.array([[x * side, y * side], [(x + 1) * side, (y + 1) * side]])
    ).tolist()
    return west, south, east, north


def tiles_in_bbox(west: float, south: float, east: float, north: float, z: int) -> TileRange:
    """The tiles of zoom z that a box in degrees touches; a point gives the one tile that it lies in.

    Raises BadTile if the box is turned round or no number; a box over the antimeridian is two boxes.
    """
    if not (west <= east and south <= north):
        raise BadTile(f"bbox {west},{south},{east},{north} must be west<=east, south<=north; split it at 180 degrees")
    check_tile(z, 0, 0)
    corners = grid_from_lonlat(np.array([[west, north], [east, south]]))
    (x_min, y_min), (x_max, y_max) = np.minimum(corners >> (GRID_ZOOM - z), (1 << z) - 1).tolist()
    return TileRange(z, x_min, y_min, x_max, y_max)


def tms_row(z: int, y: int) -> int:
    """The row that TMS, which counts from the south, gives to row y of XYZ; also the other way round."""
    check_tile(z, 0, y)
    return (1 << z) - 1 - y


def quadkey(z: int, x: int, y: int) -> str:
    """The quadkey of a tile: one digit 0-3 a zoom level, "" for the whole world.

    Source: Bing Maps Tile System. Raises BadTile.
    """
    check_tile(z, x, y)
    return "".join(str((x >> bit & 1) | (y >> bit & 1) << 1) for bit in range(z - 1, -1, -1))


def tile_from_quadkey(key: str) -> tuple[int, int, int]:
    """The tile (z, x, y) of a quadkey. Raises BadTile if a character is not 0-3 or the key is too long."""
    if len(key) > MAX_ZOOM or not set(key) <= set("0123"):
        raise BadTile(f"quadkey={key[:40]!r} must be at most {MAX_ZOOM} digits from 0 to 3")
    x = y = 0
    for digit in key:
        x = x << 1 | int(digit) & 1
        y = y << 1 | int(digit) >> 1
    return len(key), x, y

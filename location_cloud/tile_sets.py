"""What a tile set is to whoever serves it: capabilities offer sets, the faces of maps ask them for tiles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from location_cloud.capability import Cache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from location_cloud.spatial.crs import Crs

Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

Matrix: TypeAlias = Literal["w", "c"]
"""How the world is cut: "w" = Web Mercator (EPSG:3857); "c" = degrees (EPSG:4490), 2^z by 2^(z-1) tiles, z from 1."""

Form: TypeAlias = Literal["mvt", "png", "jpg", "webp", "bin"]
"""What a tile is written as: the ending of its address."""

MEDIA_TYPES: Mapping[Form, str] = {
    "mvt": "application/vnd.mapbox-vector-tile",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "bin": "application/octet-stream",
}

WORLD: Box = (-180.0, -85.05112877980659, 180.0, 85.05112877980659)
"""What Web Mercator shows of the world."""


@dataclass(frozen=True, slots=True)
class TileAt:
    """Which tile: column from the west, row from the north (XYZ); crs is what its coordinates pretend to be."""

    z: int
    x: int
    y: int
    form: Form = "mvt"
    matrix: Matrix = "w"
    crs: Crs = "wgs84"


@dataclass(frozen=True, slots=True)
class Tile:
    """A finished tile. etag: strong validator of the bytes as they are, without quotes; computed from them if empty.

    encoding: "gzip" if the body is packed already.
    """

    body: bytes
    etag: str = ""
    encoding: str = ""


NOTHING = Tile(b"")
"""Says that there is no tile where None says something else."""


@dataclass(frozen=True)
class VectorLayer:
    """What a TileJSON says of one layer. fields: attribute -> "String", "Number" or "Boolean"."""

    name: str
    fields: Mapping[str, str]
    min_zoom: int
    max_zoom: int


@dataclass(frozen=True)
class TileSet:
    """Tiles under one name.

    read: the tile, or None where the set has nothing; it is only asked for zooms, forms, matrices and systems that
    the set names, and for columns and rows of the grid. It may raise CloudError.
    many: (n, 3) zoom, column, row of vector tiles of one zoom -> the tiles that `read` gives one by one, sooner.
    numbers: zoom, box in degrees, area in WGS-84 -> PMTiles numbers, rising, of the tiles there that may hold anything;
    None = all within the bounds. Several threads may call read and many at once.
    title: by language. bounds: of everything in it; core: where a map of it opens; None = the world.
    at_hand: what `read` gives if that takes no more than about a millisecond and waits for nobody, with NOTHING for a
    tile that the set does not have; else None. The thread that reads the public port asks it.
    cache: a value of `capability.Cache`. scope: what a caller's key must carry.
    """

    name: str
    title: Mapping[str, str]
    forms: tuple[Form, ...]
    read: Callable[[TileAt], Tile | None]
    many: Callable[[NDArray[np.int64]], Sequence[Tile | None]] | None = None
    numbers: Callable[[int, Box | None, BaseGeometry | None], NDArray[np.int64]] | None = None
    min_zoom: int = 0
    max_zoom: int = 14
    bounds: Box | None = None
    core: Box | None = None
    attribution: str = ""
    layers: tuple[VectorLayer, ...] = ()
    matrices: tuple[Matrix, ...] = ("w",)
    systems: tuple[Crs, ...] = ("wgs84",)
    tile_px: int = 512
    at_hand: Callable[[TileAt], Tile | None] | None = None
    cache: str = Cache.SHORT
    scope: str = "maps:read"
    extra: Mapping[str, object] = field(default_factory=dict)
    """More members of its TileJSON."""


def always_at_hand(read: Callable[[TileAt], Tile | None]) -> Callable[[TileAt], Tile | None]:
    """The `at_hand` of a set whose every tile is."""
    return lambda at: read(at) or NOTHING


class StoredSets(Mapping[str, TileSet]):
    """Sets of which each is looked up in a store when it is asked for."""

    @abstractmethod
    def find_at_hand(self, name: str) -> TileSet | None:
        """The set if it is found without asking the store, at least what reading its tiles needs of it; else None."""

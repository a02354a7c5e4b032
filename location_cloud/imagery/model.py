"""What a scene is, and how large one may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["picture", "data", "classes", "elevation"]
"""picture: 8-bit colours as they are seen; data: measured values; classes: codes with a palette; elevation: metres."""

Compression: TypeAlias = Literal["webp", "jpeg", "deflate"]

Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north: degrees, or metres where it says so."""

TILE_PX = 256
"""Side of a stored tile: what XYZ, WMTS and TiTiler clients ask for unless told otherwise."""

MAX_ZOOM = 24
"""0.9 cm a pixel at the equator: finer than any survey flight."""

HALF_WORLD_M = 20037508.342789244
"""Half the side of Web Mercator's square, metres (EPSG:3857: pi x 6378137)."""

EVERYBODY = ""
"""The tenant of scenes that all may see; no key can belong to it."""

MAX_PIXELS = 40_000_000_000
"""Of one scene, as given and as converted: 200,000 x 200,000, a city at 10 cm."""

MAX_PIXELS_PER_BYTE = 10_000
"""A file that declares more for each of its bytes is empty or a bomb: deflate's best is 1,032."""

MAX_BANDS = 64
MAX_BLOCK_BYTES = 1_000_000_000
"""What GDAL must hold at once to read one pixel of the source."""

MAX_FILE_BYTES = 500_000_000_000


@dataclass(frozen=True, slots=True)
class Band:
    """One band. minimum, maximum, mean, low and high (2nd and 98th percentile) are of a sample of its values."""

    name: str
    dtype: str
    minimum: float = 0.0
    maximum: float = 255.0
    mean: float = 127.0
    low: float = 0.0
    high: float = 255.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a scene's pixels lie: a rectangle of tiles of zoom max_zoom, north-west tile first.

    Its columns and rows start and end at tiles of min_zoom, so that each overview lies on tiles as well.
    """

    max_zoom: int
    min_zoom: int
    x: int
    y: int
    columns: int
    rows: int

    @property
    def pixel_m(self) -> float:
        """Side of a pixel in metres of Web Mercator."""
        return 2 * HALF_WORLD_M / TILE_PX / (1 << self.max_zoom)

    @property
    def levels(self) -> int:
        """Number of resolutions, the full one included."""
        return self.max_zoom - self.min_zoom + 1

    @property
    def bounds_m(self) -> Box:
        """The rectangle in metres of Web Mercator."""
        side = self.pixel_m * TILE_PX
        west, north = self.x * side - HALF_WORLD_M, HALF_WORLD_M - self.y * side
        return west, north - self.rows * side, west + self.columns * side, north


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Scene:
    """One picture or raster of the store. Its file never changes; a new one has a new key.

    key: names its files. id: names it in its set, for people. taken, added: ISO 8601 with zone; taken "" = unknown.
    bounds: degrees. footprint: GeoJSON geometry as text, as objects it would take most of the memory. resolution_m: of
    its source on the ground, at its middle.
    bands: without the alpha band, which comes last where has_alpha. nodata: value of pixels without data.
    palette: value -> red, green, blue, alpha, of classes. digest: of the source file and how it was converted.
    """

    key: str
    tenant: str
    set: str
    id: str
    title: str
    kind: Kind
    taken: str
    added: str
    bounds: Box
    footprint: bytes
    resolution_m: float
    bands: tuple[Band, ...]
    grid: Grid
    compression: Compression
    nodata: float | None
    has_alpha: bool
    palette: dict[int, tuple[int, int, int, int]]
    licence: str
    attribution: str
    source: str
    digest: str
    bytes: int


@dataclass(frozen=True)
class Wish:
    """What the operator says of the files. Empty = as the files say; kind and compression None = by content."""

    set: str
    tenant: str = EVERYBODY
    taken: str = ""
    licence: str = ""
    attribution: str = ""
    kind: Kind | None = None
    compression: Compression | None = None

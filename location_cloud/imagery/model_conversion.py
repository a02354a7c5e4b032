"""What is asked of a conversion, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from location_cloud.imagery.model import Band, Box, Compression, Grid, Kind


@dataclass(frozen=True)
class Job:
    """What to convert. files: their bands side by side. folder: where to write scene.tif, cover.npy; not shared.

    kind, compression: None = by content.
    """

    title: str
    files: tuple[Path, ...]
    band_names: tuple[str, ...]
    folder: Path
    kind: Kind | None = None
    compression: Compression | None = None


@dataclass(frozen=True)
class Converted:
    """What came out: the members of a Scene that its pixels decide."""

    kind: Kind
    bounds: Box
    footprint: dict[str, object]
    resolution_m: float
    bands: tuple[Band, ...]
    grid: Grid
    compression: Compression
    nodata: float | None
    has_alpha: bool
    palette: dict[int, tuple[int, int, int, int]]

"""What may be read: a source is opened as GeoTIFF and nothing else, and only within the ceilings."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from location_cloud.errors import BadInput
from location_cloud.imagery import installed
from location_cloud.imagery.model import MAX_BANDS, MAX_BLOCK_BYTES, MAX_PIXELS, MAX_PIXELS_PER_BYTE, Kind
from location_cloud.imagery.model_conversion import Job
from location_cloud.imagery.sources import HGT_ENDINGS, check_tiff, read_hgt

NO_HEIGHT = -32768.0
"""What a void of a file of heights holds, as in SRTM."""

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
ELEVATION_WORDS = ("dem", "dtm", "dsm", "srtm", "elev", "height", "hgt", "aster", "copernicus")
"""In the name of a file of one band: then its values are heights."""


def as_tiff(path: Path, folder: Path) -> Path:
    """The file as a GeoTIFF: itself, or what an SRTM tile says written into the folder. Raises BadInput."""
    if path.name.lower().endswith(HGT_ENDINGS):
        return _hgt_as_tiff(path, folder)
    check_tiff(path)
    return path


def _hgt_as_tiff(path: Path, folder: Path) -> Path:
    """Heights stand at posts, the outermost on the degree lines: pixels reach half a step beyond."""
    rasterio = installed.rasterio()
    content, columns, rows, west, south = read_hgt(path)
    step_x, step_y = 1 / (columns - 1), 1 / (rows - 1)
    heights = np.frombuffer(content, ">i2").reshape(rows, columns).astype(np.int16)
    plain = folder / f"{path.name.split('.')[0]}.tif"
    transform = rasterio.transform.from_origin(west - step_x / 2, south + 1 + step_y / 2, step_x, step_y)
    with rasterio.open(
        plain,
        "w",
        driver="GTiff",
        width=columns,
        height=rows,
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=transform,
        nodata=-32768,
    ) as file:
        file.write(heights, 1)
    return plain


def open_source(path: Path, named: Path) -> Any:
    """The source, opened as GeoTIFF and nothing else, and within the ceilings. Raises BadInput."""
    source = installed.rasterio().open(path.resolve(), driver="GTiff")
    try:
        _check(source, path, named)
    except BadInput:
        source.close()
        raise
    return source


def _check(source: Any, path: Path, named: Path) -> None:
    pixels = source.width * source.height
    shown = f"{named}: {source.width:,} x {source.height:,} pixels"
    if pixels > MAX_PIXELS:
        raise BadInput(f"{shown}; the most is {MAX_PIXELS:,}")
    if pixels > path.stat().st_size * MAX_PIXELS_PER_BYTE:
        raise BadInput(f"{shown} in {path.stat().st_size:,} bytes: it is empty, or made to fill a disk")
    if not 1 <= source.count <= MAX_BANDS:
        raise BadInput(f"{named}: {source.count} bands; 1 to {MAX_BANDS} can be read")
    if any(dtype not in DTYPES for dtype in source.dtypes):
        raise BadInput(f"{named}: values of type {', '.join(set(source.dtypes))}; one of {', '.join(DTYPES)} is needed")
    rows, columns = source.block_shapes[0]
    if rows * columns * source.count * np.dtype(source.dtypes[0]).itemsize > MAX_BLOCK_BYTES:
        raise BadInput(f"{named}: stored in blocks of {columns:,} x {rows:,}; store it in tiles of 512 x 512 first")
    if source.crs is None or source.transform.is_identity:
        raise BadInput(f"{named}: does not say where it lies (no coordinate system or position inside)")


def kind_of(source: Any, path: Path, files: int) -> Kind:
    """What the values of a source are, as far as the file and its name tell. files: how many make up the scene."""
    interpretations = {each.name for each in source.colorinterp}
    if "palette" in interpretations and source.count == 1 and source.dtypes[0] == "uint8":
        return "classes"
    if path.name.lower().endswith(HGT_ENDINGS):
        return "elevation"
    words = path.stem.lower()
    if files == 1 and source.count == 1 and source.dtypes[0] != "uint8" and any(w in words for w in ELEVATION_WORDS):
        return "elevation"
    if source.dtypes[0] == "uint8" and source.count - ("alpha" in interpretations) in (1, 3) and files == 1:
        return "picture"
    return "data"


def check_wish(job: Job, kind: Kind, opened: list[Any]) -> None:
    """Raises BadInput if the files cannot be of that kind, or cannot be compressed so."""
    source, name = opened[0], job.files[0]
    bands = sum(each.count - has_alpha_band(each) for each in opened)
    if kind == "picture" and (bands not in (1, 3) or any(set(each.dtypes) != {"uint8"} for each in opened)):
        raise BadInput(f"{name}: a picture has one or three bands of 8 bits, this has {bands} of {source.dtypes[0]}")
    if kind == "elevation" and bands != 1:
        raise BadInput(f"{name}: heights are one band, this has {bands}")
    if kind == "classes" and (bands != 1 or source.colorinterp[0].name != "palette"):
        raise BadInput(f"{name}: classes are one band with a palette")
    if job.compression in ("jpeg", "webp") and kind != "picture":
        raise BadInput(f"{name}: {job.compression} is for pictures; {kind} is kept without loss")


def validity_of(opened: list[Any], kind: Kind) -> tuple[float | None, bool, str]:
    """How absent pixels will be told: value of nodata, whether by alpha instead, and the type of the values."""
    source = opened[0]
    common = np.result_type(*(dtype for each in opened for dtype in each.dtypes)).name
    dtype = {"float64": "float32", "int8": "int16", "int64": "float32"}.get(common, common)
    if kind == "elevation":
        return NO_HEIGHT, False, "float32"
    if kind == "picture":
        return None, True, "uint8"
    if source.nodata is not None and kind != "classes":
        return float(source.nodata), False, dtype
    if dtype == "float32":
        return math.nan, False, dtype
    return None, True, dtype


def has_alpha_band(source: Any) -> bool:
    """Whether its last band is alpha."""
    return bool(source.colorinterp[-1].name == "alpha")

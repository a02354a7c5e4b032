"""One source raster becomes one file of the store: a cloud optimized GeoTIFF whose blocks are tiles of the web's grid.

In two passes: warped window by window (so that progress shows and an interrupt is heard), then packed with overviews.
Not taken: GDAL's COG driver on the source in one call, which neither tells how far it is nor can be stopped.
"""

from __future__ import annotations

import math
import shutil
import warnings
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from location_cloud.errors import BadInput
from location_cloud.imagery import installed
from location_cloud.imagery.covering import build_cover
from location_cloud.imagery.gridding import grid_of
from location_cloud.imagery.keeping import check_tiles, find_compression, find_grid
from location_cloud.imagery.model import MAX_PIXELS, TILE_PX, Compression, Grid, Kind
from location_cloud.imagery.model_conversion import Converted, Job
from location_cloud.imagery.opening import as_tiff, check_wish, kind_of, open_source, validity_of
from location_cloud.imagery.placing import footprint_of, footprint_of_box, place_of, union
from location_cloud.imagery.warping import Counted, Report, warp

QUALITY = 85
"""Of JPEG and WebP, of 100: no loss that is seen on a map, a tenth of the pixels' bytes."""


def convert(job: Job, report: Report) -> Converted:
    """Converts the job's files. Raises BadInput, naming the file, for what cannot or may not be read."""
    rasterio = installed.rasterio()
    opened: list[Any] = []
    try:
        with rasterio.Env(GDAL_NUM_THREADS="1"), warnings.catch_warnings():
            # Said better by `_check`. This changes the whole process for a moment: conversions run in one of their own.
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # rasterio 1.4 multiplies transforms the old way
            opened.extend(open_source(as_tiff(file, job.folder), file) for file in job.files)
            return _convert(job, opened, report)
    except (rasterio.errors.RasterioError, rasterio._err.CPLE_BaseError, MemoryError) as error:
        raise BadInput(f"{job.files[0]}: cannot be read: {error}") from error
    finally:
        for each in opened:
            each.close()


def _convert(job: Job, opened: list[Any], report: Report) -> Converted:
    first, name = opened[0], job.files[0]
    kind = job.kind or kind_of(first, name, len(opened))
    check_wish(job, kind, opened)
    placed = [place_of(each, file) for each, file in zip(opened, job.files, strict=True)]
    bounds_m = union([bounds for bounds, _ in placed])
    kept = find_grid(first) if kind == "picture" and first.count >= 3 else None
    grid = kept or grid_of(bounds_m, min(resolution for _, resolution in placed), kind == "elevation")
    if grid.columns * grid.rows * TILE_PX**2 > 4 * MAX_PIXELS:  # at most half of each side is margin
        raise BadInput(f"{name}: would have more than {MAX_PIXELS:,} pixels at zoom {grid.max_zoom}")
    palette = first.colormap(1) if kind == "classes" else {}
    nodata, has_alpha, dtype = validity_of(opened, kind)
    warped = job.folder / "warped.tif"
    counted = warp(job, opened, kind, grid, bounds_m, nodata, has_alpha, dtype, warped, report)
    compression = _keep(job, first, grid, counted) if kept else None
    if compression is not None:
        has_alpha = first.count == 4
    else:
        compression = job.compression or _compression(kind, dtype, counted)
        has_alpha = has_alpha and compression != "jpeg"
        report("overviews and packing", 0)
        _pack(warped, job.folder / "scene.tif", grid, kind, compression, has_alpha)
    warped.unlink()
    np.save(job.folder / "cover.npy", build_cover(counted.tiles, grid))
    footprint, bounds = footprint_of(first) if len(opened) == 1 else footprint_of_box(bounds_m)
    latitude = math.radians((bounds[1] + bounds[3]) / 2)
    return Converted(
        kind=kind,
        bounds=bounds,
        footprint=footprint,
        resolution_m=round(min(resolution for _, resolution in placed) * math.cos(latitude), 4),
        bands=counted.bands(dtype),
        grid=grid,
        compression=compression,
        nodata=nodata,
        has_alpha=has_alpha,
        palette={int(value): tuple(colour) for value, colour in palette.items()},
    )


def _keep(job: Job, source: Any, grid: Grid, counted: Counted) -> Compression | None:
    """Keeps the source as it is, without loss, if its tiles can be handed out so; gives how they are compressed."""
    compression = find_compression(source)
    if compression is None or job.compression not in (None, compression):
        return None
    file = job.folder / "scene.tif"
    shutil.copyfile(job.files[0], file)
    there = check_tiles(file, grid, compression)
    if there is None:
        return None
    counted.tiles[~there] = 0
    return compression


def _compression(kind: Kind, dtype: str, counted: Counted) -> Compression:
    """WebP where a picture has holes or ragged edges (JPEG knows no alpha), JPEG where every tile is full."""
    if kind != "picture" or dtype != "uint8":
        return "deflate"
    return "webp" if (counted.tiles == 1).any() else "jpeg"


def _pack(warped: Path, target: Path, grid: Grid, kind: Kind, compression: Compression, has_alpha: bool) -> None:
    rasterio = installed.rasterio()
    options: dict[str, Any] = {
        "TILING_SCHEME": "GoogleMapsCompatible",
        "BLOCKSIZE": TILE_PX,
        "COMPRESS": compression.upper(),
        "OVERVIEW_COUNT": grid.levels - 1,
        "OVERVIEW_RESAMPLING": "MODE" if kind == "classes" else "AVERAGE",
        "ADD_ALPHA": "NO",
        "SPARSE_OK": "YES",
        "BIGTIFF": "IF_SAFER",
    }
    if grid.levels == 1:
        options["OVERVIEWS"] = "NONE"
    if compression == "deflate":
        options["PREDICTOR"] = "YES"
    else:
        options["QUALITY"] = QUALITY
    if has_alpha or kind != "picture":
        rasterio.shutil.copy(warped, target, driver="COG", **options)
        return
    colours = _without_alpha(warped)
    with rasterio.open(colours, driver="VRT") as source:
        rasterio.shutil.copy(source, target, driver="COG", **options)


def _without_alpha(warped: Path) -> str:
    """The three colours of our own file as GDAL's virtual raster."""
    with installed.rasterio().open(warped, driver="GTiff") as source:
        size = f'rasterXSize="{source.width}" rasterYSize="{source.height}"'
        where = ", ".join(repr(value) for value in source.transform.to_gdal())
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><ColorInterp>{colour}</ColorInterp><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{escape(str(warped))}</SourceFilename><SourceBand>{band}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
        for band, colour in ((1, "Red"), (2, "Green"), (3, "Blue"))
    )
    return f"<VRTDataset {size}><SRS>EPSG:3857</SRS><GeoTransform>{where}</GeoTransform>{bands}</VRTDataset>"

"""An operator's question: the tiles of a set in one file, PMTiles or MBTiles, each tile as it is served."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from location_cloud.capability import Progress
from location_cloud.errors import BadInput
from location_cloud.maps import service
from location_cloud.maps.archive_cover import wanted_tiles
from location_cloud.maps.archive_stream import PackedTiles, one_by_one, pack_tiles
from location_cloud.maps.archive_writer import GENERATOR, TILE_TYPES, Caption, PmtilesWriter
from location_cloud.maps.service_archives import ENDINGS, room_named
from location_cloud.maps.store_mbtiles import MbtilesWriter
from location_cloud.storage.disk import Disk
from location_cloud.tile_sets import Box, Form, TileSet
from tiles.errors import BadArchive
from tiles.pmtiles import tiles_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from location_cloud.storage.world import World


FORMS: tuple[Form, ...] = tuple(TILE_TYPES)
"""What an archive may hold."""


@dataclass(frozen=True)
class Written:
    """What `build` wrote."""

    tiles: int
    bytes: int


def build(
    world: World,
    tenant: str,
    file: Path,
    name: str,
    progress: Progress,
    box: Box | None = None,
    area: BaseGeometry | None = None,
    zooms: tuple[int, int] | None = None,
    form: Form | None = None,
) -> Written:
    """Writes the tiles of a set to a PMTiles or MBTiles file, each as it is served; the ending says which.

    box: west, south, east, north in degrees, west > east over the antimeridian. area: WGS-84. zooms: both included.
    Whatever interrupts it, the file is the old one (or none) until the new one is whole.
    Raises BadInput for what cannot be written, NotFound without such a set, TooLarge, Full.
    """
    if file.suffix.lower() not in ENDINGS:
        raise BadInput(f"{file}: the name must end in {' or '.join(ENDINGS)}")
    if file.is_dir():
        raise BadInput(f"{file} is a folder")
    if not file.parent.is_dir():
        raise BadInput(f"{file}: there is no folder {file.parent}")
    tile_set = service.get_set(world, tenant, name)
    form = form or tile_set.forms[0]
    if form not in tile_set.forms or form not in TILE_TYPES:
        raise BadInput(f"{name} has no {form} tiles for an archive; there are: {', '.join(tile_set.forms)}")
    lowest, deepest = zooms or (tile_set.min_zoom, tile_set.max_zoom)
    if not tile_set.min_zoom <= lowest <= deepest <= tile_set.max_zoom:
        raise BadInput(f"zooms {lowest}-{deepest}: {name} has {tile_set.min_zoom} to {tile_set.max_zoom}")
    find_numbers = tile_set.numbers or (lambda z, box, area: wanted_tiles(z, box or tile_set.bounds, area))
    numbers = np.concatenate([find_numbers(z, box, area) for z in range(lowest, deepest + 1)])
    progress.step(f"{name} to {file.name}", len(numbers))
    make = tile_set.many if tile_set.many and form == "mvt" else one_by_one(tile_set.read, form)
    stream = pack_tiles(make, numbers, form, progress)
    shown = _shown_box(tile_set, box, area)
    center = _center(tile_set, shown, (lowest, deepest))
    caption = Caption(form, form == "mvt", shown, center, _metadata(tile_set, lowest, deepest))
    with _renamed_when_whole(file) as hidden:
        if file.suffix.lower() == ".pmtiles":
            tiles = _write_pmtiles(hidden, stream, caption)
        else:
            tiles = _write_mbtiles(hidden, stream, caption)
        size = hidden.stat().st_size
    return Written(tiles, size)


def _write_pmtiles(hidden: Path, stream: Iterator[PackedTiles], caption: Caption) -> int:
    try:
        with PmtilesWriter(hidden) as writer:
            for numbers, bodies in stream:
                writer.add(numbers, bodies)
            return writer.finish(caption)
    except BadArchive as error:
        raise BadInput(f"nothing is written: {error}") from error


def _write_mbtiles(hidden: Path, stream: Iterator[PackedTiles], caption: Caption) -> int:
    tiles, lowest, deepest = 0, 99, 0
    with MbtilesWriter(hidden) as writer:
        for numbers, bodies in stream:
            if not numbers:
                continue
            z, x, y = tiles_of(np.array(numbers, np.int64))
            writer.add(list(zip(z.tolist(), x.tolist(), y.tolist(), strict=True)), bodies)
            tiles, lowest, deepest = tiles + len(numbers), min(lowest, int(z.min())), max(deepest, int(z.max()))
        if not tiles:
            raise BadInput("nothing is written: there is no tile to write")
        writer.finish(_mbtiles_metadata(caption, lowest, deepest))
    return tiles


def _mbtiles_metadata(caption: Caption, lowest: int, deepest: int) -> dict[str, Any]:
    """The rows that sections "Content" and "Vector tileset metadata" ask for."""
    told = {name: value for name, value in caption.metadata.items() if name != "vector_layers"}
    told |= {
        "format": "pbf" if caption.form == "mvt" else caption.form,
        "minzoom": str(lowest),
        "maxzoom": str(deepest),
    }
    if caption.bounds is not None:
        told["bounds"] = ",".join(f"{degrees:.7f}" for degrees in caption.bounds)
    if caption.center is not None:
        told["center"] = f"{caption.center[0]:.7f},{caption.center[1]:.7f},{caption.center[2]}"
    if caption.form == "mvt":
        told["json"] = {"vector_layers": caption.metadata.get("vector_layers", [])}
    return told


def _metadata(tile_set: TileSet, lowest: int, deepest: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": service.title_of(tile_set, "en"),
        "description": service.title_of(tile_set, "zh-CN"),
        "attribution": tile_set.attribution,
        "type": "baselayer",
        "version": "1",
        "generator": GENERATOR,
    }
    if tile_set.layers:
        found["vector_layers"] = [
            {
                "id": layer.name,
                "fields": dict(layer.fields),
                "minzoom": max(layer.min_zoom, lowest),
                "maxzoom": min(layer.max_zoom, deepest),
            }
            for layer in tile_set.layers
            if layer.min_zoom <= deepest and layer.max_zoom >= lowest
        ]
    return found


def _shown_box(tile_set: TileSet, box: Box | None, area: BaseGeometry | None) -> Box | None:
    if area is not None:
        west, south, east, north = area.bounds
        return west, south, east, north
    return box if box is not None and box[0] <= box[2] else tile_set.bounds


def _center(tile_set: TileSet, box: Box | None, zooms: tuple[int, int]) -> tuple[float, float, int] | None:
    """Where a map of the set opens, if the archive has that place."""
    lon, lat, zoom = service.find_view(tile_set)
    if box is None or not (box[0] <= lon <= box[2] and box[1] <= lat <= box[3]):
        return None
    return lon, lat, min(max(zoom, zooms[0]), zooms[1])


@contextlib.contextmanager
def _renamed_when_whole(file: Path) -> Iterator[Path]:
    """A hidden name beside the file, which becomes the file at the end of the block; removed if that fails."""
    hidden = file.with_name(f".{file.name}.{os.getpid()}.part")
    disk = Disk()
    for left in file.parent.glob(f".{glob.escape(file.name)}.*.part"):
        _remove_if_left(left)
    try:
        with room_named(file.parent):
            yield hidden
            disk.sync_file(hidden)
            disk.rename(hidden, file)
            disk.sync_folder(file.parent)
    finally:
        hidden.unlink(missing_ok=True)


def _remove_if_left(part: Path) -> None:
    """Removes what a build that was killed left behind, but not what another process is writing."""
    writer = part.name.split(".")[-2]
    if writer.isdecimal() and int(writer) != os.getpid():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(int(writer), 0)
            return
    part.unlink(missing_ok=True)

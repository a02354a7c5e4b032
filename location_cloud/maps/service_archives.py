"""The questions of an operator about archives of tiles: import, list and remove them."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from location_cloud.capability import Progress
from location_cloud.errors import BadInput, Full, NotFound
from location_cloud.maps import archives
from location_cloud.maps.archive_check import (
    MAX_METADATA_BYTES,
    MAX_PACKED_BYTES,
    bounds_of,
    check_archive,
    safe_attribution,
    said,
    vector_layers,
)
from location_cloud.maps.archive_stream import PackedTiles
from location_cloud.maps.archive_writer import Caption, PmtilesWriter
from location_cloud.maps.archives import ABOUT, FOLDER, REGISTER, TILES, About
from location_cloud.maps.store_mbtiles import MbtilesReader, open_mbtiles
from location_cloud.storage.disk import Disk
from location_cloud.storage.publish import make_home, only_publisher, write_durably
from location_cloud.tile_sets import Form
from tiles.errors import BadArchive, TileError
from tiles.packed import GZIP_MAGIC, pack
from tiles.pmtiles import E7, tile_ids, tiles_of

NAME = re.compile(r"[a-z0-9_-]{1,64}")
ENDINGS = (".pmtiles", ".mbtiles")
BUILDING = ".building-"

RESERVED = frozenset({"base", "traffic", "styles", "tms"})
"""Names that the product's own sets and addresses have, whether they are there yet or not."""

MAX_ARCHIVES = 1_000

MBTILES_FORMATS: Mapping[str, Form] = {
    "pbf": "mvt",
    "mvt": "mvt",
    "png": "png",
    "jpg": "jpg",
    "jpeg": "jpg",
    "webp": "webp",
}


def add(
    home: Path, name: str, file: Path, progress: Progress, taken: Collection[str] = (), scope: str = "maps:read"
) -> About:
    """Imports an archive under a name, in place of an older one of that name, and says what it holds.

    taken: names of the sets that others offer. scope: what a caller's key must carry to see it.
    Every worker reads it from the moment this returns; until then the older one. Tiles of the older one that a worker
    or a client keeps are shown for a minute at most (`Cache.BRIEF`).
    Raises BadInput naming what is wrong with the file or the name, Full.
    """
    _check_name(name, taken)
    if file.suffix.lower() not in ENDINGS:
        raise BadInput(f"{file}: archives end in {' or '.join(ENDINGS)}")
    if not file.is_file():
        raise BadInput(f"{file}: there is no such file")
    make_home(home)
    shelf = home / FOLDER
    shelf.mkdir(mode=0o700, exist_ok=True)
    with only_publisher(home), room_named(home):
        register = archives.read_register(home)
        if name not in register and len(register) >= MAX_ARCHIVES:
            raise BadInput(
                f"there are {len(register):,} archives already; remove one: location-cloud tiles remove NAME"
            )
        _remove_others(shelf, register)
        hidden = shelf / f"{BUILDING}{os.getpid()}"
        hidden.mkdir()
        try:
            about = _fill(hidden, file, scope, progress)
            folder = f"{name}@{secrets.token_hex(6)}"
            _seal(hidden, shelf / folder)
            _register(shelf, {**register, name: folder})
        except TileError as error:
            raise BadInput(f"{file}: {error}") from error
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
        _remove_others(shelf, archives.read_register(home))
    return about


def remove(home: Path, name: str) -> None:
    """Takes an archive away; who reads it at this moment finishes. Kept tiles are shown for a minute at most.

    Raises NotFound if there is none of that name.
    """
    if not (home / FOLDER).is_dir() or name not in archives.read_register(home):
        raise NotFound(f"there is no archive {name!r}", hint="location-cloud tiles list shows them")
    with only_publisher(home):
        register = archives.read_register(home)
        register.pop(name, None)
        _register(home / FOLDER, register)
        _remove_others(home / FOLDER, register)


def list_archives(home: Path) -> dict[str, About | None]:
    """What is said of each archive by its name; None if it is damaged."""
    found: dict[str, About | None] = {}
    for name, folder in sorted(archives.read_register(home).items()):
        try:
            found[name] = archives.load_about(home / FOLDER / folder)
        except (OSError, ValueError, TypeError, KeyError):
            found[name] = None
    return found


def describe(about: About) -> str:
    """What an archive holds, in a line."""
    zooms = f"zooms {about.min_zoom}-{about.max_zoom}"
    return f"{about.title}: {about.tiles:,} {about.form} tiles, {zooms}, {about.size / 1e6:,.1f} MB of {about.source}"


def name_from(file: Path) -> str:
    """A name for the archive of a file where none is given: the file's own, in the letters that names may have."""
    return re.sub(r"[^a-z0-9_-]+", "-", file.name.split(".")[0].lower()).strip("-")[:64]


def _check_name(name: str, taken: Collection[str]) -> None:
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{name[:80]!r} is no name for tiles: use a-z, 0-9, _ and -, at most 64 of them, as in tiles add NAME FILE"
        )
    if name in RESERVED or name in taken:
        raise BadInput(f"{name!r} is a set of the product; choose another name for the archive")


def _fill(hidden: Path, file: Path, scope: str, progress: Progress) -> About:
    """Puts the archive's files into the hidden folder. Raises BadArchive, BadInput."""
    tiles = hidden / TILES
    if file.suffix.lower() == ".mbtiles":
        _convert(file, tiles, progress)
    else:
        progress.step(f"copy {file.name}")
        shutil.copyfile(file, tiles)
    size = tiles.stat().st_size
    if not size:
        raise BadArchive("it is empty")
    with tiles.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        checked = check_archive(data, progress)
    archives.save_directory(hidden, checked.entries, checked.hashes)
    z, _, _ = tiles_of(np.array([checked.entries.ids[0], checked.entries.ids[-1] + checked.entries.runs[-1] - 1]))
    zooms = int(z[0]), int(z[1])
    header, metadata = checked.header, checked.metadata
    box = bounds_of(checked)
    lon, lat = header.center_lon_e7 / E7, header.center_lat_e7 / E7
    is_inside = box[0] <= lon <= box[2] and box[1] <= lat <= box[3]
    about = About(
        title=said(metadata, "name") or file.stem,
        form=checked.form,
        is_packed=checked.is_packed,
        min_zoom=zooms[0],
        max_zoom=zooms[1],
        bounds=box,
        center=(lon, lat, min(max(header.center_zoom, zooms[0]), zooms[1])) if is_inside else None,
        attribution=safe_attribution(str(metadata.get("attribution") or "")),
        description=said(metadata, "description"),
        layers=vector_layers(metadata, zooms) if checked.form == "mvt" else (),
        tile_px=checked.tile_px,
        scope=scope,
        tiles=int(checked.entries.runs.sum()),
        size=size,
        source=file.name,
    )
    (hidden / ABOUT).write_bytes(about.as_json())
    return about


def _convert(file: Path, target: Path, progress: Progress) -> None:
    """Writes the tiles of an MBTiles file as PMTiles. Raises BadInput, BadArchive."""
    with open_mbtiles(file, max(MAX_PACKED_BYTES, MAX_METADATA_BYTES)) as source, PmtilesWriter(target) as writer:
        told = source.metadata()
        form = MBTILES_FORMATS.get(told.get("format", ""))
        if form is None:
            raise BadInput(f"{file}: its format is {told.get('format')!r}; read are: {', '.join(MBTILES_FORMATS)}")
        progress.step(f"read {file.name}", source.count())
        for numbers, bodies in _numbered(source, form):
            writer.add(numbers, bodies)
            progress.advance(len(numbers))
        writer.finish(_caption(told, form))


def _numbered(source: MbtilesReader, form: Form) -> Iterator[PackedTiles]:
    for places, bodies in source.batches():
        z, x, y = np.array(places, np.int64).T
        numbers = np.empty(len(places), np.int64)
        for zoom in np.unique(z):
            rows = z == zoom
            numbers[rows] = tile_ids(int(zoom), x[rows], y[rows])
        yield numbers.tolist(), [_as_packed(body) for body in bodies] if form == "mvt" else bodies


def _as_packed(body: bytes) -> bytes:
    """Vector tiles should be gzip in MBTiles; some writers leave them plain."""
    return body if body.startswith(GZIP_MAGIC) else pack(body)


def _caption(told: dict[str, str], form: Form) -> Caption:
    metadata: dict[str, Any] = {name: told[name] for name in ("name", "description", "attribution") if name in told}
    if form == "mvt":
        metadata |= _json_object(told.get("json", "{}"))
    bounds, center = _floats(told.get("bounds", ""), 4), _floats(told.get("center", ""), 3)
    is_box = bounds is not None and -180 <= bounds[0] < bounds[2] <= 180 and -90 <= bounds[1] < bounds[3] <= 90
    is_place = center is not None and abs(center[0]) <= 180 and abs(center[1]) <= 90 and 0 <= center[2] <= 30
    return Caption(
        form,
        form == "mvt",
        (bounds[0], bounds[1], bounds[2], bounds[3]) if bounds is not None and is_box else None,
        (center[0], center[1], int(center[2])) if center is not None and is_place else None,
        metadata,
    )


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadArchive(f"its metadata row 'json' is no JSON: {error}") from error
    return {"vector_layers": found.get("vector_layers") or []} if isinstance(found, dict) else {}


def _floats(text: str, count: int) -> list[float] | None:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return found if len(found) == count and bool(np.isfinite(found).all()) else None


# --- the folder -----------------------------------------------------------------------------------


def _seal(hidden: Path, folder: Path) -> None:
    """Makes the files durable and gives the folder its name."""
    disk = Disk()
    for file in hidden.iterdir():
        disk.sync_file(file)
    disk.sync_folder(hidden)
    disk.rename(hidden, folder)
    disk.sync_folder(folder.parent)


def _register(shelf: Path, register: Mapping[str, str]) -> None:
    """Makes these the archives that are served, at once for every reader and durably."""
    disk = Disk()
    temporary = shelf / f".{REGISTER}-new"
    write_durably(temporary, orjson.dumps(register), disk)
    disk.rename(temporary, shelf / REGISTER)
    disk.sync_folder(shelf)


def _remove_others(shelf: Path, register: Mapping[str, str]) -> None:
    """Removes folders that nothing names: replaced, removed or half built. Who maps a file keeps it until done."""
    named = set(register.values())
    for folder in shelf.iterdir():
        if folder.is_dir() and folder.name not in named:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def room_named(folder: Path) -> Iterator[None]:
    """A full disk is named as such. Raises Full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full(f"no room left below {folder}: {error}", hint="free some space; nothing was changed") from error
        raise

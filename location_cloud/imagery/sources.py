"""Which raster files a path means: a GeoTIFF, an SRTM tile, a folder of them, a STAC item or a MosaicJSON."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from location_cloud.errors import BadInput
from location_cloud.imagery.model import MAX_BANDS, MAX_FILE_BYTES

TIFF_ENDINGS = (".tif", ".tiff")
HGT_ENDINGS = (".hgt", ".hgt.zip")
TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of TIFF and BigTIFF in both byte orders. Source: TIFF 6.0, section 2; BigTIFF design."""

MAX_JSON_BYTES = 64_000_000
MAX_FILES = 100_000
"""Of one folder or mosaic."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?", re.ASCII)
"""A day, or a time with zone (RFC 3339)."""

HGT_SIDES = {1201 * 1201 * 2: 1201, 1801 * 3601 * 2: 1801, 3601 * 3601 * 2: 3601}
"""Bytes of an SRTM tile -> posts a row: 3", 2" x 1" (north of 50 degrees) and 1". Source: SRTM Topo guide, 2.1."""

HGT_NAME = re.compile(r"(?<![A-Za-z0-9])([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """What becomes one scene.

    files: the bands of all of them, in order; one but for STAC items whose bands are files. taken: ISO 8601 or "".
    band_names: of the files' first bands, where they are several.
    """

    title: str
    files: tuple[Path, ...]
    taken: str = ""
    licence: str = ""
    attribution: str = ""
    band_names: tuple[str, ...] = field(default=())


def list_sources(path: Path) -> list[Source]:
    """The scenes that a path means. Raises BadInput with the file's name if there is none or one lies outside."""
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file")
    if path.name.lower().endswith(".json"):
        return _of_json(path)
    return [_of_file(path)]


def check_tiff(path: Path) -> None:
    """Raises BadInput unless the file begins as a TIFF: whatever else bears the name is never shown to GDAL."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise BadInput(f"{path}: {size:,} bytes; the most is {MAX_FILE_BYTES:,}")
    with path.open("rb") as file:
        start = file.read(64)
    if start[:4] not in TIFF_MARKS:
        shown = "an XML document" if start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" else repr(start[:8])
        raise BadInput(f"{path}: not a TIFF; it begins as {shown}")


def read_hgt(path: Path) -> tuple[bytes, int, int, int, int]:
    """The heights of an SRTM tile: big-endian int16 row by row from the north-west, posts a row and rows, and the
    longitude and latitude of its south-west corner in whole degrees.

    Raises BadInput if name, size or archive are not those of a tile.
    """
    named = HGT_NAME.search(path.name)
    if named is None:
        raise BadInput(f"{path}: an SRTM tile is named by its south-west corner, e.g. N46E125.hgt")
    if path.name.lower().endswith(".zip"):
        content = _unzipped_hgt(path)
    else:
        content = path.read_bytes() if path.stat().st_size in HGT_SIDES else b""
    columns = HGT_SIDES.get(len(content))
    if columns is None:
        raise BadInput(f"{path}: an SRTM tile has {' or '.join(f'{size:,}' for size in HGT_SIDES)} bytes")
    latitude = int(named[2]) * (1 if named[1] in "Nn" else -1)
    longitude = int(named[4]) * (1 if named[3] in "Ee" else -1)
    return content, columns, len(content) // 2 // columns, longitude, latitude


def _unzipped_hgt(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.lower().endswith(".hgt")]
            if len(members) != 1 or members[0].file_size not in HGT_SIDES:
                raise BadInput(f"{path}: an archive with exactly one SRTM tile is needed")
            with archive.open(members[0]) as file:  # read to the declared size and no further: no bomb
                return file.read(members[0].file_size)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError) as error:
        raise BadInput(f"{path}: not a zip archive that can be read: {error}") from error


def _of_file(path: Path) -> Source:
    name = path.name.lower()
    if name.endswith(HGT_ENDINGS):
        return Source(path.name.split(".")[0], (path,))
    if not name.endswith(TIFF_ENDINGS):
        raise BadInput(f"{path}: give GeoTIFF (.tif), SRTM (.hgt, .hgt.zip), a folder, a STAC item or a MosaicJSON")
    check_tiff(path)
    return Source(path.name.rsplit(".", 1)[0], (path,), _date_in(path.name))


def _of_folder(folder: Path) -> list[Source]:
    endings = TIFF_ENDINGS + HGT_ENDINGS
    found = sorted(entry for entry in folder.iterdir() if entry.is_file() and entry.name.lower().endswith(endings))
    if not found:
        raise BadInput(f"{folder}: holds no .tif, .hgt or .hgt.zip")
    _check_count(folder, len(found))
    return [_of_file(_inside(folder, entry.name, folder)) for entry in found]


def _of_json(path: Path) -> list[Source]:
    if path.stat().st_size > MAX_JSON_BYTES:
        raise BadInput(f"{path}: {path.stat().st_size:,} bytes of JSON; the most is {MAX_JSON_BYTES:,}")
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{path}: not JSON: {error}") from error
    if isinstance(document, dict) and "mosaicjson" in document:
        return _of_mosaic(path, document)
    if isinstance(document, dict) and document.get("type") == "Feature" and isinstance(document.get("assets"), dict):
        return [_of_item(path, document)]
    raise BadInput(f"{path}: neither a STAC item nor a MosaicJSON")


def _of_item(path: Path, item: dict[str, Any]) -> Source:
    """Source: STAC Item 1.0 and 1.1; what it calls GeoTIFF, "data" before "visual"."""
    rasters: dict[str, dict[str, Any]] = {
        str(name): asset for name, asset in item["assets"].items() if isinstance(asset, dict) and _is_tiff(asset)
    }
    chosen = {name: asset for name, asset in rasters.items() if _has_role(asset, "data")}
    chosen = chosen or {name: asset for name, asset in rasters.items() if _has_role(asset, "visual")} or rasters
    if not chosen or len(chosen) > MAX_BANDS:
        raise BadInput(f"{path}: the item has {len(chosen)} GeoTIFF assets; 1 to {MAX_BANDS} can be read")
    properties = item.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    taken = properties.get("datetime") or properties.get("start_datetime") or ""
    if taken and not (isinstance(taken, str) and is_moment(taken)):
        raise BadInput(
            f"{path}: datetime is {str(taken)[:40]!r}, not a time with its zone such as 2024-05-31T03:20:00Z"
        )
    files = tuple(_inside(path.parent, asset.get("href"), path) for asset in chosen.values())
    for file in files:
        check_tiff(file)
    named = properties.get("providers")
    providers = [each for each in named if isinstance(each, dict)] if isinstance(named, list) else []
    return Source(
        title=str(item.get("id") or path.stem)[:100],
        files=files,
        taken=taken,
        licence=str(properties.get("license") or "")[:200],
        attribution=", ".join(str(each.get("name") or "") for each in providers)[:200],
        band_names=tuple(chosen) if len(files) > 1 else (),
    )


def _is_tiff(asset: dict[str, Any]) -> bool:
    media, href = asset.get("type"), asset.get("href")
    if isinstance(media, str):
        return media.startswith(("image/tiff", "image/vnd.stac.geotiff"))
    return isinstance(href, str) and href.lower().endswith(TIFF_ENDINGS)


def _has_role(asset: dict[str, Any], role: str) -> bool:
    roles = asset.get("roles")
    return isinstance(roles, list) and role in roles


def _of_mosaic(path: Path, document: dict[str, Any]) -> list[Source]:
    """Source: MosaicJSON 0.0.3: quadkey -> assets, the first on top."""
    tiles = document.get("tiles")
    if not isinstance(tiles, dict) or not all(isinstance(assets, list) for assets in tiles.values()):
        raise BadInput(f'{path}: "tiles" of a MosaicJSON is an object of lists')
    hrefs = dict.fromkeys(str(asset) for assets in tiles.values() for asset in assets)
    _check_count(path, len(hrefs))
    if not hrefs:
        raise BadInput(f"{path}: the mosaic names no asset")
    attribution = str(document.get("attribution") or "")[:200]
    found = [_of_file(_inside(path.parent, href, path)) for href in hrefs]
    return [Source(each.title, each.files, each.taken, attribution=attribution) for each in found]


def _inside(folder: Path, href: object, named_in: Path) -> Path:
    """The file that a document names, if it lies in the folder, links followed; else BadInput."""
    if not isinstance(href, str) or not href or "\0" in href:
        raise BadInput(f"{named_in}: an asset without a usable href")
    parts = urlsplit(href)
    if parts.scheme not in ("", "file") or parts.netloc:
        raise BadInput(f"{named_in}: {href[:200]} is not a local file; fetch it into {folder} first")
    written = unquote(parts.path) if parts.scheme == "file" else href
    root = Path(os.path.realpath(folder))
    file = Path(os.path.realpath(root / written))
    if not file.is_relative_to(root):
        raise BadInput(f"{named_in}: {href[:200]} lies outside {folder}; only files below it are read")
    if not file.is_file():
        raise BadInput(f"{named_in}: {href[:200]} is not there")
    return file


def _check_count(path: Path, count: int) -> None:
    if count > MAX_FILES:
        raise BadInput(f"{path}: {count:,} files; the most at a time is {MAX_FILES:,}")


def _date_in(name: str) -> str:
    """A day written in a file's name, 20240131 or 2024-01-31; "" if there is none."""
    found = re.search(r"(?<!\d)(19|20)(\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)", name)
    day = f"{found[1]}{found[2]}-{found[3]}-{found[4]}" if found else ""
    return day if is_moment(day) else ""


def is_moment(text: str) -> bool:
    """Whether it is a day of the calendar, or a time of such a day with its zone."""
    try:
        return MOMENT.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False

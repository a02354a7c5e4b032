"""Reads OpenStreetMap files (.osm.pbf, .osm, .osm.gz, .osm.bz2) into columns: checked, merged and clipped."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import osmium
from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Progress, Source
from location_cloud.errors import BadInput
from location_cloud.extract import OsmExtract
from location_cloud.storage.memory import rare_collections
from location_cloud.storage.osm_columns import as_extract, clip_extract
from location_cloud.storage.osm_objects import FileObjects, read_objects
from location_cloud.storage.osm_xml import check_xml, find_bad_element
from location_cloud.storage.pbf import Block, list_blocks, read_blocks, read_chunks

log = logging.getLogger(__name__)

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")

_CHUNK_BYTES = 1 << 20
"""Piece of the file handed to osmium at once: small enough for a progress bar, large enough for its threads."""

_EMPTY_FILE = b'<osm version="0.6"/>'

OsmiumErrors = (osmium.InvalidLocationError, RuntimeError, ValueError, OverflowError, OSError, MemoryError)
"""What osmium raises on a file it cannot read."""


@rare_collections()
def read_osm(
    paths: Sequence[Path], clip: BaseGeometry | None, progress: Progress
) -> tuple[OsmExtract, tuple[Source, ...]]:
    """Everything tagged in the given files, and where it came from.

    paths: one or more files; objects in several of them are taken once, in their latest version.
    clip: WGS-84 polygon; ways with a node inside are kept whole, areas that touch it, points inside it. None = all.
    progress: told the bytes read, file by file.

    Nodes that no file holds are left out of their ways; broken areas are left out and counted in the log. The box in
    a file's header is never used: it is often wrong.
    Raises BadInput, naming file and byte, for anything that is not a whole OSM file.
    """
    if not paths:
        raise BadInput("no OSM file given; name one or more .osm.pbf or .osm files")
    for path in paths:
        _check_name(path)
    objects = _read_single(paths[0], progress) if len(paths) == 1 and paths[0].suffix == ".pbf" else None
    if objects is None:
        objects = _read_merged(paths, progress)
    progress.step("arrange map data")
    extract, broken = as_extract(objects)
    if broken:
        log.warning("%d areas are broken in the data and were left out", broken)
    if clip is not None:
        extract = clip_extract(extract, clip)
    return extract, tuple(_source(path, _as_text(objects.newest_s)) for path in paths)


def _read_single(path: Path, progress: Progress) -> FileObjects | None:
    """What one PBF file holds; None if osmium must say which of an object's versions is the latest."""
    with _readable(path):
        next(read_blocks(path, lambda size: None))  # ours says where the header is damaged, osmium does not
    header = _header(path)
    objects = _read(path, progress)
    return objects if objects.is_each_once or header.get("sorting") == "Type_then_ID" else None


def _read(path: Path, progress: Progress) -> FileObjects:
    progress.step(f"read {path.name}", path.stat().st_size)
    with _readable(path):
        return read_objects(path, progress)


# --- checking and merging ----------------------------------------------------------------------------------------


def _check_name(path: Path) -> None:
    if not path.exists():
        raise BadInput(f"{path}: no such file")
    if not path.is_file():
        raise BadInput(f"{path}: not a file; name an .osm.pbf or .osm file")
    if not path.name.endswith(SUFFIXES):
        raise BadInput(f"{path}: unknown kind of file; its name must end in one of {', '.join(SUFFIXES)}")


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from error


def _read_merged(paths: Sequence[Path], progress: Progress) -> FileObjects:
    blocks: dict[Path, list[Block]] = {}
    for path in paths:
        progress.step(f"check {path.name}", path.stat().st_size)
        with _readable(path):
            if path.suffix == ".pbf":
                blocks[path] = list_blocks(path, progress.advance)
            else:
                check_xml(path, progress.advance)
                blocks[path] = []
    with tempfile.TemporaryDirectory(prefix="location-cloud-osm-") as scratch:
        return _read(_merge(blocks, Path(scratch), progress), progress)


def _merge(blocks: Mapping[Path, list[Block]], scratch: Path, progress: Progress) -> Path:
    """One sorted file with the latest version of every object. Memory: about 100 bytes a node."""
    merger = osmium.MergeInputReader()
    for path, parts in blocks.items():
        progress.step(f"sort {path.name}", sum(block.size for block in parts))
        if parts:
            _each_piece(path, parts, progress, lambda chunk: merger.add_buffer(chunk, "pbf"))
            continue
        try:
            merger.add_file(str(path.absolute()))
        except OsmiumErrors as error:
            place = find_bad_element(path)
            raise BadInput(f"{path}: {place + ': ' if place else ''}{_one_line(error)}") from error
    merged = scratch / "merged.osm.pbf"
    # Written uncompressed: it is read once, at once.
    writer = osmium.io.Writer(osmium.io.File(str(merged), "pbf,pbf_compression=none"))
    empty = osmium.io.FileBuffer(_EMPTY_FILE, "osm")
    with osmium.io.Reader(empty) as nothing:
        merger.apply_to_reader(nothing, writer)
    writer.close()
    return merged


def _each_piece(path: Path, blocks: list[Block], progress: Progress, use: Callable[[bytes], object]) -> None:
    """Hands a PBF file to `use` piece by piece; names the byte of the block that osmium cannot read."""
    for part, chunk in read_chunks(path, blocks, _CHUNK_BYTES):
        try:
            use(chunk)
        except OsmiumErrors as error:
            if place := _first_bad_block(path, [blocks[0], *part]):
                raise BadInput(f"{path}: {place}: {_one_line(error)}; download it again") from error
            raise  # osmium reads it: the fault is ours
        progress.advance(sum(block.size for block in part))


def _first_bad_block(path: Path, blocks: list[Block]) -> str:
    """Where the first block starts that osmium cannot read, "" if it reads them all."""
    for part, chunk in read_chunks(path, blocks, 1):
        memory = osmium.io.FileBuffer(chunk, "pbf")
        try:
            with osmium.io.Reader(memory) as reader:
                osmium.apply(reader)
        except OsmiumErrors:
            return f"byte {part[0].offset}"
    return ""


# --- sources -----------------------------------------------------------------------------------------------------


def _header(path: Path) -> osmium.io.Header:
    try:
        with osmium.io.Reader(str(path.absolute()), osmium.osm.NOTHING) as reader:
            return reader.header()
    except OsmiumErrors as error:
        raise BadInput(f"{path}: byte 0: {_one_line(error)}") from error


def _header_date(path: Path) -> str:
    header = _header(path)
    return str(header.get("osmosis_replication_timestamp") or header.get("timestamp"))


def _source(path: Path, newest: str) -> Source:
    return Source(
        name=path.name,
        licence="ODbL 1.0",
        attribution="© OpenStreetMap contributors",
        date=_header_date(path) or newest,
        url="https://www.openstreetmap.org/copyright",
    )


def _as_text(time_s: int) -> str:
    """A time as ISO 8601; "" of objects that carry none, and of one that no calendar has."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if 0 < time_s < 1 << 32 else ""


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__

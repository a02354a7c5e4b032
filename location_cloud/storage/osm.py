"""Reads OpenStreetMap files (.osm.pbf, .osm, .osm.gz, .osm.bz2) into columns: checked, merged and clipped."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import osmium
from osmium.geom import WKBFactory as WkbFactory
from osmium.osm import Area, Node, Relation, Way
from osmium.osm.types import OSMEntity
from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Progress, Source
from location_cloud.errors import BadInput
from location_cloud.extract import NODE, RELATION, WAY, OsmExtract
from location_cloud.storage.area_tags import is_area
from location_cloud.storage.osm_columns import LONG_AGO, Found, as_extract, clip_extract
from location_cloud.storage.osm_xml import check_xml, find_bad_element
from location_cloud.storage.pbf import Block, list_blocks, read_chunks

log = logging.getLogger(__name__)

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")

_CHUNK_BYTES = 1 << 20
"""Piece of the file handed to osmium at once: small enough for a progress bar, large enough for its threads."""

_EMPTY_FILE = b'<osm version="0.6"/>'
_MEMBER_KINDS = {"n": NODE, "w": WAY, "r": RELATION}

OsmiumErrors = (osmium.InvalidLocationError, RuntimeError, ValueError, OverflowError, OSError, MemoryError)
"""What osmium raises on a file it cannot read."""


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
    blocks = {path: _checked_blocks(path, progress) for path in paths}
    with tempfile.TemporaryDirectory(prefix="location-cloud-osm-") as scratch:
        single = paths[0]
        if len(paths) == 1 and blocks[single] and _header(single).get("sorting") == "Type_then_ID":
            found = _read_objects(single, blocks[single], progress)
        else:
            found = _read_merged(blocks, Path(scratch), progress)
    if found.broken_areas:
        log.warning("%d areas are broken in the data and were left out", found.broken_areas)
    progress.step("arrange map data")
    extract = as_extract(found)
    if clip is not None:
        extract = clip_extract(extract, clip)
    return extract, tuple(_source(path, _as_text(found.newest)) for path in paths)


# --- checking and merging ----------------------------------------------------------------------------------------


def _checked_blocks(path: Path, progress: Progress) -> list[Block]:
    """The blocks of a PBF file; an empty list for a good XML file."""
    if not path.exists():
        raise BadInput(f"{path}: no such file")
    if not path.is_file():
        raise BadInput(f"{path}: not a file; name an .osm.pbf or .osm file")
    if not path.name.endswith(SUFFIXES):
        raise BadInput(f"{path}: unknown kind of file; its name must end in one of {', '.join(SUFFIXES)}")
    progress.step(f"check {path.name}", path.stat().st_size)
    try:
        if path.suffix == ".pbf":
            return list_blocks(path, progress.advance)
        check_xml(path, progress.advance)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from error
    return []


def _read_merged(blocks: Mapping[Path, list[Block]], scratch: Path, progress: Progress) -> Found:
    merged = _merge(blocks, scratch, progress)
    try:
        return _read_objects(merged, list_blocks(merged, lambda size: None), progress)
    except BadInput as error:
        for path, parts in blocks.items():
            if parts and (place := _first_bad_block(path, parts)):
                raise BadInput(f"{path}: {place}: damaged block; download it again") from error
        raise


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


# --- reading -----------------------------------------------------------------------------------------------------


def _read_objects(path: Path, blocks: list[Block], progress: Progress) -> Found:
    """All tagged objects of a sorted PBF file."""
    found = Found()
    manager = osmium.area.AreaManager()
    # Not flex_mem: a forged id makes it reserve memory for every id below.
    locations = osmium.NodeLocationsForWays(osmium.index.create_map("sparse_mem_array"))
    locations.ignore_errors()
    pool = osmium.io.ThreadPool()
    tagged = osmium.filter.EmptyTagFilter()
    # Tags and position of a node in one call: asking tag by tag took three times as long.
    as_feature = osmium.filter.GeoInterfaceFilter()
    as_feature.enable_for(osmium.osm.NODE)
    areas = osmium.BufferIterator(tagged)
    wkb = WkbFactory()

    def find_areas(chunk: bytes) -> None:
        # The buffer is named because the reader does not keep it alive.
        memory = osmium.io.FileBuffer(chunk, "pbf")
        with osmium.io.Reader(memory, osmium.osm.RELATION, pool) as reader:
            osmium.apply(reader, tagged, manager.first_pass_handler())

    def take_all(chunk: bytes) -> None:
        memory = osmium.io.FileBuffer(chunk, "pbf")
        with osmium.io.Reader(memory, osmium.osm.ALL, pool) as reader:
            take(osmium.OsmFileIterator(reader, locations, second_pass, tagged, as_feature))

    def take(things: Iterable[OSMEntity]) -> None:
        for thing in things:
            _take(found, thing, wkb, drawn)
            if isinstance(thing, Node):
                continue  # completes no area
            for area in areas:
                _take_area(found, area, wkb)
        for area in areas:
            _take_area(found, area, wkb)

    progress.step("find areas", sum(block.size for block in blocks))
    _each_piece(path, blocks, progress, find_areas)
    second_pass = manager.second_pass_to_buffer(areas)  # not before the first pass is over: it would crash
    drawn = _drawn_nodes(path, blocks)
    progress.step("read map data", sum(block.size for block in blocks))
    _each_piece(path, blocks, progress, take_all)
    return found


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
    wkb = WkbFactory()
    for part, chunk in read_chunks(path, blocks, 1):
        memory = osmium.io.FileBuffer(chunk, "pbf")
        try:
            for thing in osmium.FileProcessor(memory):
                _take(Found(), thing, wkb, {})
        except OsmiumErrors:
            return f"byte {part[0].offset}"
    return ""


def _drawn_nodes(path: Path, blocks: list[Block]) -> dict[int, tuple[float, float]]:
    """Positions of nodes with negative ids: drawn in an editor, not uploaded; osmium's index has no place for them.

    In a sorted file they come first, so the search ends at the first ordinary node.
    """
    drawn: dict[int, tuple[float, float]] = {}
    for _, chunk in read_chunks(path, blocks, 1):
        for node in osmium.FileProcessor(osmium.io.FileBuffer(chunk, "pbf"), osmium.osm.NODE):
            if not isinstance(node, Node) or node.id > 0:
                return drawn
            if node.location.valid():
                drawn[node.id] = (node.location.lon, node.location.lat)
    return drawn


def _take(found: Found, thing: OSMEntity, wkb: WkbFactory, drawn: dict[int, tuple[float, float]]) -> None:
    if isinstance(thing, Way):
        _take_way(found, thing, wkb, drawn)
    elif isinstance(thing, Node):
        _take_node(found, thing)
    elif isinstance(thing, Relation):
        _take_relation(found, thing)
    else:
        return
    found.newest = max(found.newest, thing.timestamp)


def _take_node(found: Found, node: Node) -> None:
    if (feature := getattr(node, "__geo_interface__", None)) is not None:  # set by the reader's filter
        found.tagged_id.append(node.id)
        found.tagged_lonlat.append(feature["geometry"]["coordinates"])
        found.tagged_tags.append(feature["properties"])
    elif node.location.valid():
        found.tagged_id.append(node.id)
        found.tagged_lonlat.append((node.location.lon, node.location.lat))
        found.tagged_tags.append(dict(node.tags))


def _take_way(found: Found, way: Way, wkb: WkbFactory, drawn: dict[int, tuple[float, float]]) -> None:
    found.way_id.append(way.id)
    found.way_tags.append(dict(way.tags))
    found.way_refs.append([node.ref for node in way.nodes])
    try:
        # One call for all coordinates; asking node by node took three times as long.
        found.way_shape.append(wkb.create_linestring(way, osmium.geom.use_nodes.ALL))
    except (osmium.InvalidLocationError, RuntimeError):  # absent nodes, or fewer than two
        found.way_shape.append(
            [
                (node.location.lon, node.location.lat) if node.location.valid() else drawn.get(node.ref)
                for node in way.nodes
            ]
        )
    if way.is_closed() and len(way.nodes) > 3 and way.id > 0 and is_area(found.way_tags[-1]):
        found.broken_areas += 1  # taken back when the area arrives


def _take_relation(found: Found, relation: Relation) -> None:
    tags = dict(relation.tags)
    found.relation_id.append(relation.id)
    found.relation_tags.append(tags)
    found.relation_members.append(
        [(_MEMBER_KINDS[member.type], member.ref, member.role) for member in relation.members]
    )
    if tags.get("type") in ("multipolygon", "boundary"):
        found.broken_areas += 1


def _take_area(found: Found, area: OSMEntity, wkb: WkbFactory) -> None:
    if not isinstance(area, Area):
        return
    tags = dict(area.tags)
    if area.from_way() and not is_area(tags):
        return
    try:
        shape = wkb.create_multipolygon(area)
    except (osmium.InvalidLocationError, RuntimeError):
        return
    found.area_id.append(area.orig_id())
    found.area_kind.append(WAY if area.from_way() else RELATION)
    found.area_wkb.append(shape)
    found.area_tags.append(tags)
    found.broken_areas -= 1


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


def _as_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment > LONG_AGO else ""


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__

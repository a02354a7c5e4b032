"""Is an .osm file (plain, .gz or .bz2) whole, harmless XML? Says the line and byte where it is not."""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn
from xml.parsers import expat

from location_cloud.errors import BadInput
from location_cloud.storage.pbf import FREE_BYTES, MAX_UNCOMPRESSED_BYTES

MAX_XML_RATIO = 300
"""Uncompressed per compressed byte: real extracts reach 10 with gzip and 25 with bzip2, a bomb 1,032 and far more."""

_PIECE = 1 << 18


def check_xml(path: Path, advance: Callable[[int], None]) -> None:
    """Reads the whole file once and raises BadInput, with line and byte, unless it is one well-formed <osm> document.

    advance: told the bytes of the file on disk as they are used up.

    A DOCTYPE is refused outright: OSM has none, and entities can read files and grow without end.
    """
    parser = _parser(path)
    parser.StartElementHandler = _root_guard(path, parser)
    _feed(path, parser, advance)


def find_bad_element(path: Path) -> str:
    """Where the first element with a wrong number, time or member type stands ("line 3, byte 96: ..."), or ""."""
    parser = _parser(path)
    found: list[str] = []

    def look(name: str, attributes: dict[str, str]) -> None:
        if not found and (wrong := _wrong_attribute(name, attributes)):
            found.append(f"line {parser.CurrentLineNumber}, byte {parser.CurrentByteIndex}: <{name}> with {wrong}")

    parser.StartElementHandler = look
    _feed(path, parser, lambda size: None)
    return found[0] if found else ""


def _parser(path: Path) -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def refuse(*declaration: object) -> NoReturn:
        raise BadInput(f"{path}: {_place(parser)}: a DOCTYPE is not allowed in an OSM file")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _root_guard(path: Path, parser: expat.XMLParserType) -> Callable[[str, dict[str, str]], None]:
    def guard(name: str, attributes: dict[str, str]) -> None:
        parser.StartElementHandler = None
        if name != "osm":
            raise BadInput(f"{path}: {_place(parser)}: the document is <{name[:40]}>, <osm> is needed")

    return guard


def _feed(path: Path, parser: expat.XMLParserType, advance: Callable[[int], None]) -> None:
    size = path.stat().st_size
    if size == 0:
        raise BadInput(f"{path}: the file is empty; download it again")
    ceiling = min(max(FREE_BYTES, size * MAX_XML_RATIO), MAX_UNCOMPRESSED_BYTES)
    with path.open("rb") as raw, _unpacked(path, raw) as text:
        told = total = 0
        while True:
            try:
                piece = text.read(_PIECE)
            except (EOFError, OSError, ValueError, zlib.error) as error:
                raise BadInput(f"{path}: near byte {raw.tell()}: damaged or cut off: {error}") from error
            total += len(piece)
            if total > ceiling:
                raise BadInput(f"{path}: near byte {raw.tell()}: expands to over {ceiling} bytes; this is no map")
            try:
                parser.Parse(piece, not piece)
            except expat.ExpatError as error:
                place = f"line {error.lineno}, byte {max(parser.ErrorByteIndex, 0)}"
                raise BadInput(f"{path}: {place}: {expat.ErrorString(error.code)}; is it an OSM file?") from error
            advance(raw.tell() - told)
            told = raw.tell()
            if not piece:
                return


def _unpacked(path: Path, raw: IO[bytes]) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.GzipFile(fileobj=raw, mode="rb")  # type: ignore[return-value]  # typeshed: not declared an IO
    if path.suffix == ".bz2":
        return bz2.BZ2File(raw, "rb")
    return raw


def _place(parser: expat.XMLParserType) -> str:
    return f"line {parser.CurrentLineNumber}, byte {parser.CurrentByteIndex}"


_INTEGERS = {
    "node": ("id", "version", "changeset", "uid"),
    "way": ("id", "version", "changeset", "uid"),
    "relation": ("id", "version", "changeset", "uid"),
    "nd": ("ref",),
    "member": ("ref",),
}
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_COORDINATE = re.compile(r"-?(\d{1,3}(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _wrong_attribute(name: str, attributes: dict[str, str]) -> str:
    for key in _INTEGERS.get(name, ()):
        if key in attributes and not _INTEGER.fullmatch(attributes[key]):
            return f"{key}={attributes[key][:40]!r}"
    if not _TIME.fullmatch(attributes.get("timestamp", "2004-08-09T00:00:00Z")):
        return f"timestamp={attributes['timestamp'][:40]!r}"
    if name == "node":
        for key in ("lon", "lat"):
            if not _COORDINATE.fullmatch(attributes.get(key, "0")):
                return f"{key}={attributes[key][:40]!r}"
    if name == "member" and attributes.get("type") not in ("node", "way", "relation"):
        return f"type={attributes.get('type')!r}"
    return ""

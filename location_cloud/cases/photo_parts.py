"""The parts that files of pictures are made of, found without decoding any.

Source: ITU-T T.81 annex B (JPEG), PNG 1.2 and its extension eXIf, RFC 9649 (WebP), GIF89a, ISO/IEC 14496-12 (boxes, of
which HEIC and MP4 are made) and 23008-12 (items).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MOST_PARTS = 20_000
"""Of one file: an animation has some thousand."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next marker behind compressed data: stuffed zeros and restarts belong to it."""


class DamagedError(ValueError):
    """A file is not made as its first bytes say."""


@dataclass(frozen=True)
class Part:
    """kind: its name in the format. begin, end: of the whole part; body: where its content begins."""

    kind: str
    begin: int
    body: int
    end: int


def jpeg_parts(content: bytes) -> Iterator[Part]:
    """Segments by marker ("e1" is APP1); "scan" is compressed data; what lies behind the end is left out."""
    if content[:2] != b"\xff\xd8":
        raise DamagedError("no JPEG")
    at = 2
    for _ in range(MOST_PARTS):
        while content[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if content[at : at + 1] != b"\xff" or at + 2 > len(content):
            raise DamagedError("no marker where a segment ends")
        marker = content[at + 1]
        if marker == 0xD9:
            yield Part("d9", at, at + 2, at + 2)
            return
        end = at + 2 + _number(content, at + 2, ">H")
        if end < at + 4 or end > len(content):
            raise DamagedError("a segment ends outside")
        yield Part(f"{marker:02x}", at, at + 4, end)
        at = end
        if marker == 0xDA:
            found = _SCAN_END.search(content, at)
            scan_end = len(content) if found is None else found.start()
            yield Part("scan", at, at, scan_end)
            if found is None:  # cut off: viewers show what is there
                return
            at = scan_end
    raise DamagedError("too many segments")


def png_parts(content: bytes) -> Iterator[Part]:
    """Chunks up to IEND."""
    if not content.startswith(PNG_SIGNATURE):
        raise DamagedError("no PNG")
    at = len(PNG_SIGNATURE)
    for _ in range(MOST_PARTS):
        length = _number(content, at, ">I")
        end = at + 12 + length
        if end > len(content):
            raise DamagedError("a chunk ends outside")
        kind = content[at + 4 : at + 8].decode("latin-1")
        yield Part(kind, at, at + 8, end)
        if kind == "IEND":
            return
        at = end
    raise DamagedError("too many chunks")


def webp_parts(content: bytes) -> Iterator[Part]:
    """Chunks of the RIFF; what lies behind it is left out."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise DamagedError("no WebP")
    last = 8 + _number(content, 4, "<I")
    if last > len(content):
        raise DamagedError("the file is cut off")
    at = 12
    for _ in range(MOST_PARTS):
        if at >= last:
            return
        length = _number(content, at + 4, "<I")
        end = at + 8 + length + length % 2
        if at + 8 + length > last:
            raise DamagedError("a chunk ends outside")
        yield Part(content[at : at + 4].decode("latin-1"), at, at + 8, min(end, last))
        at = end
    raise DamagedError("too many chunks")


def gif_parts(content: bytes) -> Iterator[Part]:
    """Blocks: "image", an extension by its label ("fe" = comment, "ff" = application), "end"."""
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        raise DamagedError("no GIF")
    at = 13 + _table_size(_number(content, 10, "B"))
    yield Part("head", 0, 0, at)
    for _ in range(MOST_PARTS):
        kind = _number(content, at, "B")
        if kind == 0x3B:
            yield Part("end", at, at, at + 1)
            return
        if kind == 0x21:
            end = _sub_blocks(content, at + 2)
            yield Part(f"{_number(content, at + 1, 'B'):02x}", at, at + 2, end)
        elif kind == 0x2C:
            end = _sub_blocks(content, at + 11 + _table_size(_number(content, at + 9, "B")))
            yield Part("image", at, at + 10, end)
        else:
            raise DamagedError("no block where one ends")
        at = end
    raise DamagedError("too many blocks")


def boxes(content: bytes, begin: int, end: int) -> Iterator[Part]:
    """Boxes of ISO media between two places."""
    at = begin
    for _ in range(MOST_PARTS):
        if at == end:
            return
        size, body = _number(content, at, ">I"), at + 8
        if size == 1:
            size, body = _number(content, at + 8, ">Q"), at + 16
        elif size == 0:  # to the end
            size = end - at
        if size < body - at or at + size > end:
            raise DamagedError("a box ends outside")
        yield Part(content[at + 4 : at + 8].decode("latin-1"), at, body, at + size)
        at += size
    raise DamagedError("too many boxes")


def find_box(content: bytes, begin: int, end: int, kind: str) -> Part | None:
    """The first box of that kind."""
    return next((each for each in boxes(content, begin, end) if each.kind == kind), None)


def metadata_items(content: bytes) -> list[tuple[str, int, int]]:
    """Where a HEIC keeps what its camera wrote: (item type "Exif" or "mime", begin, end) of each stretch."""
    meta = find_box(content, 0, len(content), "meta")
    if meta is None:
        return []
    info = find_box(content, meta.body + 4, meta.end, "iinf")
    places = find_box(content, meta.body + 4, meta.end, "iloc")
    if info is None or places is None:
        return []
    kinds = dict(_item_kinds(content, info))
    return [
        (kinds[item], begin, end)
        for item, begin, end in _item_places(content, places)
        if kinds.get(item) in ("Exif", "mime") and 0 <= begin < end <= len(content)
    ]


def _item_kinds(content: bytes, info: Part) -> Iterator[tuple[int, str]]:
    is_long = _number(content, info.body, "B") > 0
    for box in boxes(content, info.body + (8 if is_long else 6), info.end):
        version = _number(content, box.body, "B")
        if box.kind == "infe" and version >= 2:
            item = _number(content, box.body + 4, ">H" if version == 2 else ">I")
            at = box.body + (8 if version == 2 else 10)
            yield item, content[at : at + 4].decode("latin-1")


def _item_places(content: bytes, places: Part) -> Iterator[tuple[int, int, int]]:
    version = _number(content, places.body, "B")
    sizes = _number(content, places.body + 4, ">H")
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    cursor = _Cursor(content, places.body + 6, places.end)
    for _ in range(min(cursor.take(4 if version == 2 else 2), MOST_PARTS)):
        item = cursor.take(4 if version == 2 else 2)
        method = cursor.take(2) & 15 if version else 0
        cursor.take(2)
        base = cursor.take(base_size)
        for _ in range(min(cursor.take(2), MOST_PARTS)):
            if version:
                cursor.take(index_size)
            begin = base + cursor.take(offset_size)
            length = cursor.take(length_size)
            if method == 0:  # the others lie inside of boxes, where cameras put none of these
                yield item, begin, begin + length


class _Cursor:
    """Numbers of varying sizes, one behind the other."""

    def __init__(self, content: bytes, at: int, end: int) -> None:
        self.content, self.at, self.end = content, at, end

    def take(self, size: int) -> int:
        if self.at + size > self.end:
            raise DamagedError("a table ends outside")
        self.at += size
        return int.from_bytes(self.content[self.at - size : self.at], "big")


def _table_size(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(content: bytes, at: int) -> int:
    """Where a chain of blocks of up to 255 bytes ends."""
    while size := _number(content, at, "B"):
        at += 1 + size
    return at + 1


def _number(content: bytes, at: int, form: str) -> int:
    try:
        found: int = struct.unpack_from(form, content, at)[0]
    except struct.error:
        raise DamagedError("the file is cut off") from None
    return found

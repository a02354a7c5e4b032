"""What the first bytes of a picture say: that it is one of its kind, and how wide it is."""

from __future__ import annotations

from location_cloud.tile_sets import Form
from tiles.errors import BadArchive

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


def picture_px(data: bytes, form: Form) -> int:
    """The width in pixels. Raises BadArchive if the data are no PNG, JPEG or WebP, as the form says."""
    if form == "png" and data[:8] == PNG and data[12:16] == b"IHDR":
        width = int.from_bytes(data[16:20], "big")
    elif form == "jpg" and data[:3] == JPEG:
        width = _jpeg_px(data)
    elif form == "webp" and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        width = _webp_px(data)
    else:
        width = 0
    if not width:
        raise BadArchive(f"no {form} picture")
    return width


def _jpeg_px(data: bytes) -> int:
    """From the first start-of-frame segment. Source: ITU-T T.81, B.1.1.3 and B.2.2."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big")
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0


def _webp_px(data: bytes) -> int:
    """From the first chunk. Source: RFC 9649, sections 2.5 to 2.7; RFC 6386, 9.1."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little") if len(data) >= 30 else 0
    if kind == b"VP8L":
        return 1 + (int.from_bytes(data[21:23], "little") & 0x3FFF) if len(data) >= 25 and data[20] == 0x2F else 0
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(data[26:28], "little") & 0x3FFF
    return 0

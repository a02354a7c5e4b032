"""Files that are sent with a case: what they are by their bytes, what a photo tells, and a copy that tells nothing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from location_cloud.cases.exif import Exif, only_orientation, read_exif
from location_cloud.cases.photo_parts import (
    PNG_SIGNATURE,
    DamagedError,
    boxes,
    find_box,
    gif_parts,
    jpeg_parts,
    metadata_items,
    png_parts,
    webp_parts,
)
from location_cloud.errors import TooLarge, Unprocessable

JPEG, PNG, WEBP, HEIC, GIF = "image/jpeg", "image/png", "image/webp", "image/heic", "image/gif"
PDF, MP4 = "application/pdf", "video/mp4"

MOST_BYTES = 25_000_000
"""The largest file that is taken; phones' photos have 2 to 12 MB, their videos 1 to 2 MB a second."""

MOST_PIXELS = 120_000_000
"""Of one picture: the largest sensors of phones have 108 million. More would be a bomb for whoever decodes it."""

ENDINGS = {JPEG: "jpg", PNG: "png", WEBP: "webp", HEIC: "heic", GIF: "gif", PDF: "pdf", MP4: "mp4"}


@dataclass(frozen=True)
class Photo:
    """What a file is. width, height: pixels as stored, before a viewer turns it; None = no picture, or not told."""

    media: str
    width: int | None
    height: int | None
    exif: Exif


def sniff(content: bytes) -> str | None:
    """The media type that the bytes have; None if they are none of those that are taken, or damaged.

    The whole file is walked part by part: first bytes alone would let a page pass as a picture.
    """
    found = _first_bytes(content)
    if found is None:
        return None
    try:
        if _IS_WHOLE[found](content):
            return found
    except DamagedError:
        pass
    return None


def look(content: bytes) -> Photo:
    """What the file is and tells; nothing of it is decoded.

    Raises Unprocessable if it is of no media type that is taken, TooLarge over its ceiling of bytes or pixels.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge(f"the file has {len(content)} bytes", hint=f"up to {MOST_BYTES} are taken")
    media = sniff(content)
    if media is None:
        raise Unprocessable(
            "the file is none of those that are taken, or damaged", hint="send JPEG, PNG, WebP, HEIC, GIF, PDF or MP4"
        )
    width, height = _SIZES[media](content) if media in _SIZES else (None, None)
    if width is not None and height is not None and width * height > MOST_PIXELS:
        raise TooLarge(f"a picture of {width} x {height} pixels", hint=f"up to {MOST_PIXELS} are taken")
    return Photo(media, width, height, read_exif(_tiff(content, media)))


def public_copy(content: bytes) -> bytes | None:
    """The picture without what its camera wrote, thumbnails and all that lies behind its end, turned as before.

    Not a pixel is changed. None for what cannot be shown to the public without being read: PDF, MP4, damaged files.
    """
    media = sniff(content)
    if media is None or media not in _STRIPS:
        return None
    orientation = read_exif(_tiff(content, media)).orientation
    return _STRIPS[media](content, orientation)


# --- what it is --------------------------------------------------------------------------------------------------

_BRANDS = {
    HEIC: (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1"),
    MP4: (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"3gp4", b"3gp5"),
}


def _first_bytes(content: bytes) -> str | None:
    if content[:3] == b"\xff\xd8\xff":
        return JPEG
    if content[:8] == PNG_SIGNATURE:
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    if content[:5] == b"%PDF-":
        return PDF
    if content[4:8] == b"ftyp":
        return next((media for media, brands in _BRANDS.items() if content[8:12] in brands), None)
    return None


def _is_jpeg(content: bytes) -> bool:
    return "scan" in {part.kind for part in jpeg_parts(content)} and _jpeg_size(content) is not None


def _is_png(content: bytes) -> bool:
    parts = list(png_parts(content))
    head = parts[0]
    crc = zlib.crc32(content[head.begin + 4 : head.end - 4])
    is_head = head.kind == "IHDR" and head.end - head.body == 17 and content[head.end - 4 : head.end] == _packed(crc)
    return is_head and any(part.kind == "IDAT" for part in parts)


def _is_webp(content: bytes) -> bool:
    parts = list(webp_parts(content))
    return bool(parts) and parts[0].kind in ("VP8 ", "VP8L", "VP8X")


def _is_gif(content: bytes) -> bool:
    return "image" in {part.kind for part in gif_parts(content)}


def _is_pdf(content: bytes) -> bool:
    return content[5:7] in (b"1.", b"2.") and b"%%EOF" in content[-1024:] and b"startxref" in content[-2048:]


def _is_heic(content: bytes) -> bool:
    return {"ftyp", "meta"} <= {box.kind for box in boxes(content, 0, len(content))}


def _is_mp4(content: bytes) -> bool:
    return {"ftyp", "moov"} <= {box.kind for box in boxes(content, 0, len(content))}


_IS_WHOLE: Mapping[str, Callable[[bytes], bool]] = {
    JPEG: _is_jpeg,
    PNG: _is_png,
    WEBP: _is_webp,
    GIF: _is_gif,
    PDF: _is_pdf,
    HEIC: _is_heic,
    MP4: _is_mp4,
}


# --- how large it is ---------------------------------------------------------------------------------------------

_FRAMES = {f"{marker:02x}" for marker in range(0xC0, 0xD0)} - {"c4", "c8", "cc"}
"""Markers of a JPEG that begin a frame; the three others are tables."""


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    for part in jpeg_parts(content):
        if part.kind in _FRAMES and part.end - part.body >= 5:
            height, width = struct.unpack_from(">HH", content, part.body + 1)
            return (width, height) if width and height else None
    return None


def _png_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _webp_size(content: bytes) -> tuple[int | None, int | None]:
    part = next(webp_parts(content))
    at = part.body
    if part.end - at < 10 and part.kind != "VP8L":
        return None, None
    if part.kind == "VP8X":
        return _three(content, at + 4) + 1, _three(content, at + 7) + 1
    if part.kind == "VP8L":
        bits = int.from_bytes(content[at + 1 : at + 5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, at + 6)
    return width & 0x3FFF, height & 0x3FFF


def _heic_size(content: bytes) -> tuple[int | None, int | None]:
    """The largest of its images: a large picture is made of tiles that have sizes of their own."""
    try:
        at = find_box(content, 0, len(content), "meta")
        for kind, skip in (("iprp", 4), ("ipco", 0)):
            at = at and find_box(content, at.body + skip, at.end, kind)
        found = [
            struct.unpack_from(">II", content, box.body + 4)
            for box in (boxes(content, at.body, at.end) if at else ())
            if box.kind == "ispe" and box.end - box.body >= 12
        ]
    except DamagedError:
        return None, None
    return max(found, key=lambda size: size[0] * size[1]) if found else (None, None)


_SIZES: Mapping[str, Callable[[bytes], tuple[int | None, int | None]]] = {
    JPEG: lambda content: _jpeg_size(content) or (None, None),
    PNG: _png_size,
    GIF: _gif_size,
    WEBP: _webp_size,
    HEIC: _heic_size,
}


# --- what it tells -----------------------------------------------------------------------------------------------


def _tiff(content: bytes, media: str) -> bytes:
    """The block that the camera wrote; b"" = none."""
    try:
        if media == JPEG:
            for part in jpeg_parts(content):
                if part.kind == "e1" and content[part.body : part.body + 6] == b"Exif\0\0":
                    return content[part.body + 6 : part.end]
        elif media == PNG:
            return next((content[part.body : part.end - 4] for part in png_parts(content) if part.kind == "eXIf"), b"")
        elif media == WEBP:
            found = next((content[part.body : part.end] for part in webp_parts(content) if part.kind == "EXIF"), b"")
            return found.removeprefix(b"Exif\0\0")
        elif media == HEIC:
            for kind, begin, end in metadata_items(content):
                if kind == "Exif" and end - begin > 8:
                    return content[begin + 4 + int.from_bytes(content[begin : begin + 4], "big") : end]
    except DamagedError:
        pass
    return b""


# --- a copy that tells nothing -----------------------------------------------------------------------------------


def _strip_jpeg(content: bytes, orientation: int) -> bytes:
    out = [b"\xff\xd8"]
    if orientation != 1:
        told = b"Exif\0\0" + only_orientation(orientation)
        out.append(b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told)
    for part in jpeg_parts(content):
        is_metadata = part.kind == "fe" or part.kind[0] == "e"
        is_profile = part.kind == "e2" and content[part.body : part.body + 12] == b"ICC_PROFILE\0"
        if not is_metadata or is_profile or part.kind in ("e0", "ee"):  # JFIF and Adobe say how colours are coded
            out.append(content[part.begin : part.end])
    return b"".join(out)


_PNG_SHOWN = {
    *("IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "bKGD", "pHYs"),
    *("acTL", "fcTL", "fdAT"),
}
"""Chunks that a picture is shown by; texts, times and eXIf are not among them."""


def _strip_png(content: bytes, orientation: int) -> bytes:
    out = [PNG_SIGNATURE]
    for part in png_parts(content):
        if part.kind in _PNG_SHOWN:
            out.append(content[part.begin : part.end])
        if part.kind == "IHDR" and orientation != 1:
            body = b"eXIf" + only_orientation(orientation)
            out.append(_packed(len(body) - 4) + body + _packed(zlib.crc32(body)))
    return b"".join(out)


_WEBP_SHOWN = {"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"}
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
"""Flags of VP8X. Source: RFC 9649, 2.7.1."""


def _strip_webp(content: bytes, orientation: int) -> bytes:
    out = []
    for part in webp_parts(content):
        if part.kind not in _WEBP_SHOWN:
            continue
        chunk = bytearray(content[part.begin : part.end])
        chunk += b"\0" * (len(chunk) % 2)
        if part.kind == "VP8X":
            chunk[8] &= 0xFF & ~(_WEBP_EXIF | _WEBP_XMP)
            chunk[8] |= _WEBP_EXIF if orientation != 1 else 0
        out.append(bytes(chunk))
    if orientation != 1:
        told = only_orientation(orientation)
        out.append(b"EXIF" + struct.pack("<I", len(told)) + told + b"\0" * (len(told) % 2))
    body = b"WEBP" + b"".join(out)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _strip_gif(content: bytes, _orientation: int) -> bytes:
    return b"".join(
        content[part.begin : part.end]
        for part in gif_parts(content)
        if part.kind not in ("fe", "ff") or content[part.body + 1 : part.body + 12] == b"NETSCAPE2.0"
    )


def _strip_heic(content: bytes, _orientation: int) -> bytes | None:
    """Its metadata overwritten where they lie: offsets into the file stay true. It is turned by a box of its own."""
    out = bytearray(content)
    empty = b"\0\0\0\0II*\0" + struct.pack("<IHI", 8, 0, 0)
    try:
        for kind, begin, end in metadata_items(content):
            filling = empty if kind == "Exif" and end - begin >= len(empty) else b""
            out[begin:end] = filling + b"\0" * (end - begin - len(filling))
    except DamagedError:
        return None
    return bytes(out)


_STRIPS: Mapping[str, Callable[[bytes, int], bytes | None]] = {
    JPEG: _strip_jpeg,
    PNG: _strip_png,
    WEBP: _strip_webp,
    GIF: _strip_gif,
    HEIC: _strip_heic,
}


def _packed(number: int) -> bytes:
    return struct.pack(">I", number)


def _three(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 3], "little")

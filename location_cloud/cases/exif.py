"""What a camera wrote beside its picture: where, when, and which side is up.

Source: TIFF 6.0 (header, directories), Exif 2.32 (CIPA DC-008: tags of Exif and of GPS). Pillow, which reads these too,
is an extra of the product; this much of it is needed everywhere.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import Any

MOST_ENTRIES = 1000
"""Of one directory; cameras write below a hundred."""

ORIENTATION, EXIF_PART, GPS_PART = 0x0112, 0x8769, 0x8825
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011
LAT_SIDE, LAT, LON_SIDE, LON = 1, 2, 3, 4

ASCII, SHORT, LONG, RATIONAL = 2, 3, 4, 5
SIZES = {1: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, 7: 1, 9: 4, 10: 8}

_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")


@dataclass(frozen=True)
class Exif:
    """Where, when and which side up.

    lonlat: WGS-84 degrees, as phones write; None = not told. taken: "2026-11-23T10:00:00", with "+08:00" if the camera
    told its offset; "" = not told. orientation: 1-8, how a viewer turns the picture.
    """

    lonlat: tuple[float, float] | None = None
    taken: str = ""
    orientation: int = 1


def read_exif(tiff: bytes) -> Exif:
    """What a TIFF block says; what is damaged or out of range in it is not told rather than an error."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return Exif()
    reader = _Reader(tiff, order)
    first = reader.directory(struct.unpack_from(order + "I", tiff, 4)[0])
    camera = reader.directory(_number(first.get(EXIF_PART)))
    place = reader.directory(_number(first.get(GPS_PART)))
    orientation = _number(first.get(ORIENTATION))
    return Exif(_lonlat(place), _taken(camera), orientation if 1 <= orientation <= 8 else 1)


def only_orientation(orientation: int) -> bytes:
    """A TIFF block that says which side is up and nothing else."""
    return struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, ORIENTATION, SHORT, 1, orientation, 0, 0)


class _Reader:
    """A TIFF block and its byte order."""

    def __init__(self, tiff: bytes, order: str) -> None:
        self.tiff, self.order = tiff, order

    def directory(self, at: int) -> dict[int, Any]:
        """Tag -> text, or tuple of numbers, of the directory that begins there; {} at 0 or outside."""
        if not 0 < at <= len(self.tiff) - 2:
            return {}
        (count,) = struct.unpack_from(self.order + "H", self.tiff, at)
        rows = min(count, MOST_ENTRIES, (len(self.tiff) - at - 2) // 12)
        found = {}
        for row in range(rows):
            tag, kind, number = struct.unpack_from(self.order + "HHI", self.tiff, at + 2 + 12 * row)
            value = self._value(kind, number, at + 10 + 12 * row)
            if value is not None:
                found[tag] = value
        return found

    def _value(self, kind: int, number: int, at: int) -> Any:
        size = SIZES.get(kind, 0) * number
        if not 0 < size <= 1000:  # longer ones are makers' notes
            return None
        if size > 4:
            (at,) = struct.unpack_from(self.order + "I", self.tiff, at)
        if at + size > len(self.tiff):
            return None
        if kind == ASCII:
            return self.tiff[at : at + size].split(b"\0")[0].decode("ascii", "replace").strip()
        if kind in (SHORT, LONG):
            return struct.unpack_from(f"{self.order}{number}{'H' if kind == SHORT else 'I'}", self.tiff, at)
        if kind == RATIONAL:
            parts = struct.unpack_from(f"{self.order}{2 * number}I", self.tiff, at)
            return tuple(over / under if under else math.nan for over, under in zip(parts[::2], parts[1::2]))
        return None


def _number(value: Any) -> int:
    return int(value[0]) if isinstance(value, tuple) and isinstance(value[0], int) else 0


def _lonlat(place: dict[int, Any]) -> tuple[float, float] | None:
    lon, lat = _degrees(place.get(LON), place.get(LON_SIDE), "EW"), _degrees(place.get(LAT), place.get(LAT_SIDE), "NS")
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        return None
    return None if lon == lat == 0 else (lon, lat)  # what cameras write that have no fix


def _degrees(parts: Any, side: Any, sides: str) -> float | None:
    if not isinstance(parts, tuple) or not 1 <= len(parts) <= 3 or side not in tuple(sides):
        return None
    value = sum(part / 60**power for power, part in enumerate(parts))
    return None if math.isnan(value) else math.copysign(value, 1 if side == sides[0] else -1)


def _taken(camera: dict[int, Any]) -> str:
    match = _TIME.fullmatch(str(camera.get(TAKEN, "")))
    if match is None or match[1] == "0000":
        return ""
    offset = str(camera.get(TAKEN_OFFSET, ""))
    return f"{match[1]}-{match[2]}-{match[3]}T{match[4]}{offset if _OFFSET.fullmatch(offset) else ''}"

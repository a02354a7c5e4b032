"""Positions as a GTFS Realtime feed, which passengers' apps and dispatchers' tools read.

The few messages of vehicle positions are written here, in 40 lines: the official bindings bring a protobuf runtime that
nothing else of ours needs. Sources: gtfs.org/documentation/realtime/proto (field numbers, GTFS Realtime 2.0);
protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np

from location_cloud.tracks.model import Fixes

MEDIA_TYPE = "application/x-protobuf"

SIMULATED = "simulated"
"""Label of a vehicle that is none."""

VARINT, LENGTH, FIXED32 = 0, 2, 5


def write_feed(pages: Iterable[Fixes], now_s: float) -> bytes:
    """A FeedMessage with the position of each fix's device; a full data set. pages: each device once.

    Simulated vehicles have the label and the beginning of the entity's id "simulated". Takes 10 us a vehicle.
    """
    header = _text(1, "2.0") + _number(2, 0) + _number(3, int(now_s))
    entities = (_entity(fixes, place) for fixes in pages for place in range(len(fixes)))
    return _message(1, header) + b"".join(_message(2, entity) for entity in entities)


def _entity(fixes: Fixes, place: int) -> bytes:
    name = fixes.device_names[int(fixes.device[place])]
    is_simulated = bool(fixes.is_simulated[place])
    lon, lat = fixes.lonlat[place]
    position = _float(1, lat) + _float(2, lon)
    if not np.isnan(fixes.heading_deg[place]):
        position += _float(3, fixes.heading_deg[place])
    if not np.isnan(fixes.speed_kmh[place]):
        position += _float(5, fixes.speed_kmh[place] / 3.6)  # metres a second
    vehicle = _text(1, name) + (_text(2, SIMULATED) if is_simulated else b"")
    told = _message(2, position) + _number(5, int(fixes.time_s[place])) + _message(8, vehicle)
    return _text(1, f"{SIMULATED}:{name}" if is_simulated else name) + _message(4, told)


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | LENGTH) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | VARINT) + _varint(value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | FIXED32) + struct.pack("<f", value)


def _varint(value: int) -> bytes:
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)

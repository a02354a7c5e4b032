"""OSRM's answer to a table as JSON text: a million numbers written by a compiled loop, none of them a Python object."""

from __future__ import annotations

import numba
import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.directions.model import Matrix
from location_cloud.directions.osrm import Question, table, waypoint
from location_cloud.roads.model import Roads
from routing.trip import CLOSED

MS_IN_TENTH, CM_IN_TENTH = 100, 10
"""Of a second, of a metre."""

LONGEST = 16
"""Bytes of a number and its comma at most, and of digits written beyond its end: 21474836.5 metres."""

_PADDED = np.array([list(f"{number:04d}".encode()) for number in range(10_000)], np.uint8)
_SHORT = np.array([[*f"{number:<4d}".encode(), len(str(number))] for number in range(10_000)], np.uint8)
"""Four digits of every number below 10,000, with leading zeros, and from the left with how many they are: written
whole and the surplus written over, as the branches of a loop over digits cost ten times the digits."""


def osrm_table_bytes(roads: Roads, asked: Question, matrix: Matrix) -> bytes:
    """The answer of the table service."""
    names = roads.names
    snaps = list(matrix.sources), [] if matrix.targets is matrix.sources else list(matrix.targets)
    rows = [
        orjson.dumps([waypoint(asked, snap, names[int(roads.seg_name[snap.segment])]) for snap in side])
        for side in snaps
    ]
    if asked.scale != 1.0:
        numbers = orjson.dumps(
            table(asked, matrix, [""] * (len(matrix.sources) + len(matrix.targets))), option=orjson.OPT_SERIALIZE_NUMPY
        )
        head = numbers[: numbers.rindex(b',"sources":')]
    else:
        parts = [b'{"code":"Ok"']
        if "duration" in asked.parts:
            parts += [b',"durations":', tenths_json(matrix.durations_ms, MS_IN_TENTH)]
        if "distance" in asked.parts and matrix.distances_cm is not None:
            parts += [b',"distances":', tenths_json(matrix.distances_cm, CM_IN_TENTH)]
        head = b"".join(parts)
    targets = rows[0] if matrix.targets is matrix.sources else rows[1]
    return b"".join((head, b',"sources":', rows[0], b',"destinations":', targets, b"}"))


def tenths_json(values: NDArray[np.int32], tenth: int) -> bytes:
    """Rows of whole numbers as JSON arrays of numbers with one decimal; null where a value is CLOSED.

    tenth: how many of the values' unit a tenth of the written unit has, MS_IN_TENTH or CM_IN_TENTH; halves go to
    the even tenth, as numpy rounds. Takes 10 ns a number.
    """
    rows = np.ascontiguousarray(values, np.int32)
    text = np.empty(rows.size * LONGEST + 2 * len(rows) + 2, np.uint8)
    return text[: _write_rows(rows, tenth, _SHORT, _PADDED, text)].tobytes()


@numba.njit(cache=True, nogil=True)
def _write_rows(rows, tenth, short, padded, text):  # type: ignore[no-untyped-def]  # a kernel; typed above
    is_hundred, half, size = tenth == 100, np.uint32(tenth // 2), 0
    text[size] = 91  # [
    size += 1
    for i in range(rows.shape[0]):
        if i:
            text[size] = 44  # ,
            size += 1
        text[size] = 91
        size += 1
        for j in range(rows.shape[1]):
            if j:
                text[size] = 44
                size += 1
            value = rows[i, j]
            if value == CLOSED:
                text[size], text[size + 1], text[size + 2], text[size + 3] = 110, 117, 108, 108  # null
                size += 4
                continue
            number = np.uint32(value)
            whole = number // np.uint32(100) if is_hundred else number // np.uint32(10)
            left = number - whole * np.uint32(100) if is_hundred else number - whole * np.uint32(10)
            if left > half or (left == half and whole & np.uint32(1)):
                whole += np.uint32(1)
            number = whole // np.uint32(10)
            last = whole - number * np.uint32(10)
            if number >= np.uint32(10_000):
                above = number // np.uint32(10_000)
                number -= above * np.uint32(10_000)
                for k in range(4):
                    text[size + k] = short[above, k]
                size += short[above, 4]
                for k in range(4):
                    text[size + k] = padded[number, k]
                size += 4
            else:
                for k in range(4):
                    text[size + k] = short[number, k]
                size += short[number, 4]
            text[size], text[size + 1] = 46, np.uint8(48 + last)  # .
            size += 2
        text[size] = 93  # ]
        size += 1
    text[size] = 93
    return size + 1

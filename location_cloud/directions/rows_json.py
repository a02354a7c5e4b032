"""Rows of numbers as JSON text: a million written by a compiled loop, none of them a Python object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.scratch import at_desk, borrow
from routing.trip import CLOSED

Int32s = NDArray[np.int32]

MS_IN_TENTH, CM_IN_TENTH = 100, 10
"""Of a second, of a metre."""

MS, CM = 1000, 100
"""Parts of a second and of a metre."""

LONGEST = 16
"""Bytes of a number and its comma at most, and of digits written beyond its end: 21474836.475 metres."""

_PADDED = np.array([list(f"{number:04d}".encode()) for number in range(10_000)], np.uint8)
_SHORT = np.array([[*f"{number:<4d}".encode(), len(str(number))] for number in range(10_000)], np.uint8)
"""Four digits of every number below 10,000, with leading zeros, and from the left with how many they are: written
whole and the surplus written over, as the branches of a loop over digits cost ten times the digits."""


def tenths_json(values: Int32s, tenth: int) -> bytes:
    """Rows of whole numbers as JSON arrays of numbers with one decimal; null where a value is CLOSED or below 0.

    tenth: how many of the values' unit a tenth of the written unit has, MS_IN_TENTH or CM_IN_TENTH; halves go to
    the even tenth, as numpy rounds. Takes 10 ns a number.
    """
    return _rows_json(values, tenth, True)


def rows_json(values: Int32s, parts: int) -> bytes:
    """The same with all decimals.

    parts: how many of the values' unit the written unit has, MS or CM.
    """
    return _rows_json(values, parts, False)


def _rows_json(values: Int32s, parts: int, is_rounded: bool) -> bytes:
    rows = np.ascontiguousarray(values, np.int32)
    room = rows.size * LONGEST + 2 * len(rows) + 2
    with at_desk():
        text = borrow("rows of numbers", room, np.uint8)
        return text[: _write_rows(rows, parts, is_rounded, _SHORT, _PADDED, text)].tobytes()


@cached(nogil=True)
def _write_rows(rows, parts, is_rounded, short, padded, text):  # type: ignore[no-untyped-def]  # kernels; typed above
    """is_rounded: to one decimal, of which one has so many parts; else all decimals are written, one unit has parts."""
    is_hundred, half, size = parts == 100, np.uint32(parts // 2), 0
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
            if value < 0 or value == CLOSED:
                text[size], text[size + 1], text[size + 2], text[size + 3] = 110, 117, 108, 108  # null
                size += 4
                continue
            whole = np.uint32(value)
            if is_hundred:  # divisors that the compiler knows cost a tenth
                number = whole // np.uint32(100)
            elif is_rounded:
                number = whole // np.uint32(10)
            else:
                number = whole // np.uint32(1000)
            left = whole - number * np.uint32(parts)
            if is_rounded:
                if left > half or (left == half and number & np.uint32(1)):
                    number += np.uint32(1)
                whole = number
                number //= np.uint32(10)
                left = whole - number * np.uint32(10)
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
            text[size] = 46  # .
            if is_rounded:
                text[size + 1] = np.uint8(48 + left)
                size += 2
            elif is_hundred:
                text[size + 1], text[size + 2] = padded[left, 2], padded[left, 3]
                size += 3
            else:
                text[size + 1], text[size + 2], text[size + 3] = padded[left, 1], padded[left, 2], padded[left, 3]
                size += 4
        text[size] = 93  # ]
        size += 1
    text[size] = 93
    return size + 1

"""Which row an OpenStreetMap object is: a sorted table of all objects that places and houses came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts

LETTERS = b"nwr"
MOST_DIGITS = 17
"""Numbers of OpenStreetMap have 11 digits today; these fit into 64 bits beside the letter."""


@dataclass(frozen=True)
class OsmIndex:
    """key: (m,) int64, sorted; row: (m,) int32, of equal keys the lowest first."""

    key: NDArray[np.int64]
    row: NDArray[np.int32]

    def find(self, osm: str) -> int:
        """The first row of an object such as "n12"; -1 = there is none."""
        key = key_of(osm)
        at = int(np.searchsorted(self.key, key))
        return int(self.row[at]) if key >= 0 and at < len(self.key) and self.key[at] == key else -1


def key_of(osm: str) -> int:
    """The number that stands for an object, -1 if the text is none."""
    letter = LETTERS.find(osm[:1].encode()) if osm[:1] else -1
    digits = osm[1:]
    is_one = letter >= 0 and digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS
    return int(digits) * 4 + letter if is_one else -1


def build_osm_index(texts: Texts) -> OsmIndex:
    """The table of texts such as "n12"; others are left out. 1 M texts take about a quarter of a second."""
    start, size = texts.start[:-1], np.diff(texts.start)
    rows = np.flatnonzero((size >= 2) & (size <= MOST_DIGITS + 1))
    letter = np.full(256, -1, np.int64)
    letter[np.frombuffer(LETTERS, np.uint8)] = np.arange(len(LETTERS))
    kind = letter[texts.data[start[rows]]] if len(rows) else np.zeros(0, np.int64)
    number = np.zeros(len(rows), np.int64)
    is_number = kind >= 0
    for digit in range(1, int(size[rows].max()) if len(rows) else 0):
        open_rows = np.flatnonzero(size[rows] > digit)
        value = texts.data[start[rows[open_rows]] + digit].astype(np.int64) - ord("0")
        is_number[open_rows] &= (value >= 0) & (value <= 9)
        number[open_rows] = number[open_rows] * 10 + value
    rows, key = rows[is_number], (number * 4 + kind)[is_number]
    order = np.lexsort((rows, key))
    return OsmIndex(key[order], rows[order].astype(np.int32))

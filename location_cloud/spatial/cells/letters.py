"""Letters of many codes at once turned into the numbers that they stand for."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.lonlat import Ints


def values_of(letters: npt.NDArray[np.uint32], alphabet: str, any_case: bool = False) -> Ints:
    """The place of each letter (code points, any shape) in an alphabet of ASCII letters; -1 for all others.

    any_case: small letters and capitals are the same.
    """
    table = _table(alphabet, any_case)
    return table[np.minimum(letters, len(table) - 1)]


def as_texts(letters: npt.NDArray[np.uint32]) -> npt.NDArray[np.str_]:
    """The texts (n,) of code points (n, length)."""
    texts: npt.NDArray[Any] = np.ascontiguousarray(letters, dtype=np.uint32).view(f"<U{letters.shape[1]}")
    return texts.ravel()


@cache
def _table(alphabet: str, any_case: bool) -> Ints:
    table = np.full(129, -1, dtype=np.int64)  # the last one stands for all beyond ASCII
    for place, letter in enumerate(alphabet):
        for form in {letter, letter.lower(), letter.upper()} if any_case else {letter}:
            table[ord(form)] = place
    return table

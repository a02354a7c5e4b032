"""What search needs of whoever keeps the names: candidates for a question; how good each is, is decided in `match`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import Texts

NAME, ALIAS, PINYIN, INITIALS = 0, 1, 2, 3
"""What a key is of the place: its name, another name, the syllables of a name, their first letters."""

ALL_KINDS = 255
"""Bits of all kinds of places: bit i = model.KINDS[i]."""


@dataclass(frozen=True)
class Candidates:
    """c places that may be meant, each with the one of its names that speaks for it; a place may stand here twice.

    doc: (c,) int64 rows of places. form: (c,) int8 of NAME, ALIAS, PINYIN, INITIALS: what of it was found.
    is_inner: (c,) bool, the question begins at a later word of the name. size: (c,) int32 bytes of the form it was
    found by. names: folded texts, and text: (c,) int64 the row of each one's name in them: its characters, or a reading
    where is_reading; rows that are the same stand together.
    """

    doc: NDArray[np.int64]
    form: NDArray[np.int8]
    is_inner: NDArray[np.bool_]
    size: NDArray[np.int32]
    names: Texts
    text: NDArray[np.int64]
    is_reading: NDArray[np.bool_]


class CandidateSource(Protocol):
    """Names of places, asked with folded texts. kinds: bits, only places of these kinds. Answers are deterministic.

    focus: (lon, lat) degrees; where there are more than `limit`, near places come before important ones.
    """

    def exact(self, folded: str, limit: int, kinds: int, focus: tuple[float, float] | None = None) -> Candidates:
        """Places with exactly this name, reading or initials; the most important of each form if there are more."""

    def reach(self, folded: str) -> int:
        """How many characters of a text some name may begin with: no longer part of it is a name. All if not known."""

    def prefix(self, folded: str, limit: int, kinds: int, focus: tuple[float, float] | None = None) -> Candidates:
        """Places one of whose names, readings or initials begins so; names also at the beginning of each word."""

    def similar(self, folded: str, limit: int, kinds: int) -> Candidates:
        """Places of at least `limit` names (where there are) that are spelled or sound most alike, in no order."""

"""What an operator's file is before its rows are understood: texts by column, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 5_000_000
"""Rows of one file; a province has 2 M addresses."""

MOST_COLUMNS = 1_000
"""Of one file."""

MOST_CELLS = 200_000_000
"""Rows times columns: each takes 8 bytes even where it is empty."""


@dataclass(frozen=True)
class Bad:
    """A row that is left out. number: its line, or feature, counted from 1. why: a sentence."""

    number: int
    why: str


@dataclass
class RawRows:
    """The rows of a file. columns: texts by column name, "" = empty. number: line of each row, or feature.

    lonlat: (n, 2) where the file has geometries, NaN = none; None where positions stand in columns. what: "line" or
    "feature", for messages. note: what was found out about the file, for the user.
    """

    what: str
    number: list[int] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    lonlat: NDArray[np.float64] | None = None
    bad: list[Bad] = field(default_factory=list)
    note: str = ""

    def __len__(self) -> int:
        return len(self.number)

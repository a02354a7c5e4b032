"""Sets of cells as runs of columns in rows: a city of 1.8 million cells is 1,800 runs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from location_cloud.spatial.lonlat import Bools, Ints


@dataclass(frozen=True, slots=True)
class CellSpans:
    """Cells of one level: in row `row[i]`, the columns `first[i]` to `last[i]`, both included.

    row, first, last: (n,) int64, sorted by row then column; runs neither overlap nor touch.
    """

    level: int
    row: Ints
    first: Ints
    last: Ints

    @classmethod
    def merged(cls, level: int, row: Ints, first: Ints, last: Ints) -> "CellSpans":
        """The set covered by runs that may overlap, touch, be empty (last < first) and come in any order."""
        nothing = np.empty(0, dtype=np.int64)
        return _swept(level, (row, first, last), (nothing, nothing, nothing), lambda a, b: a > 0)

    @property
    def count(self) -> int:
        """How many cells there are."""
        return int((self.last - self.first + 1).sum())

    def __len__(self) -> int:
        return len(self.row)

    def cells(self) -> tuple[Ints, Ints]:
        """Columns and rows (count,) of every cell, row by row from the south-west."""
        length = self.last - self.first + 1
        start = np.repeat(self.first - (np.cumsum(length) - length), length)
        return start + np.arange(len(start)), np.repeat(self.row, length)

    def union(self, other: "CellSpans") -> "CellSpans":
        """The cells that are in either set, of the same level."""
        return self._combined(other, lambda a, b: (a > 0) | (b > 0))

    def difference(self, other: "CellSpans") -> "CellSpans":
        """The cells of this set that are not in the other, of the same level."""
        return self._combined(other, lambda a, b: (a > 0) & (b == 0))

    def intersection(self, other: "CellSpans") -> "CellSpans":
        """The cells that are in both sets, of the same level."""
        return self._combined(other, lambda a, b: (a > 0) & (b > 0))

    def _combined(self, other: "CellSpans", keep: Callable[[Ints, Ints], Bools]) -> "CellSpans":
        if self.level != other.level:
            raise ValueError(f"cannot combine level {self.level} with level {other.level}; coarsen one first")
        return _swept(self.level, (self.row, self.first, self.last), (other.row, other.first, other.last), keep)


Runs = tuple[Ints, Ints, Ints]


def _swept(level: int, a: Runs, b: Runs, keep: Callable[[Ints, Ints], Bools]) -> CellSpans:
    """Walk along all rows at once, counting how many runs of a and of b are open, and keep where asked."""
    row, at, in_a, in_b = (np.concatenate(parts) for parts in zip(_events(a, 0), _events(b, 1)))
    order = np.lexsort([at, row])
    row, at, in_a, in_b = row[order], at[order], np.cumsum(in_a[order]), np.cumsum(in_b[order])
    # Only the last of several events at one place tells what is open from there on.
    final = np.ones(len(row), dtype=np.bool_)
    final[:-1] = (row[1:] != row[:-1]) | (at[1:] != at[:-1])
    row, at, kept = row[final], at[final], keep(in_a[final], in_b[final])
    change = np.flatnonzero(np.diff(kept.astype(np.int8), prepend=0))
    # Runs are closed at the end of each row, so changes come in pairs of one row: open, close.
    return CellSpans(level, row[change[::2]], at[change[::2]], at[change[1::2]] - 1)


def _events(runs: Runs, which: int) -> tuple[Ints, Ints, Ints, Ints]:
    row, first, last = runs
    real = last >= first
    row, first, last = row[real], first[real], last[real]
    one, none = np.ones(2 * len(row), dtype=np.int64), np.zeros(2 * len(row), dtype=np.int64)
    one[len(row) :] = -1
    sides = (one, none) if which == 0 else (none, one)
    return np.concatenate([row, row]), np.concatenate([first, last + 1]), *sides

"""Packed columns: read-only, and grouped by a key as rows (row r holds order[start[r]:start[r + 1]])."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached

Scalar = TypeVar("Scalar", bound=np.generic)


@cached(nogil=True)
def group_rows(key: NDArray[np.int32], rows: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which items carry each key, in their original order.

    key: (items,) int32 in [0, rows); the caller has checked the range.

    Gives start (rows + 1,) int32 and order (items,) int32. Source: counting sort.
    """
    start = np.zeros(rows + 1, np.int32)
    for k in key:
        start[k + 1] += 1
    for row in range(rows):
        start[row + 1] += start[row]
    place = start[:-1].copy()
    order = np.empty(len(key), np.int32)
    for item in range(len(key)):
        row = key[item]
        order[place[row]] = item
        place[row] += 1
    return start, order


def as_read_only(array: NDArray[Any], dtype: type[Scalar]) -> NDArray[Scalar]:
    """The same numbers as a packed read-only array of a type, copied only if they are not packed or not of the type.

    Mapped files are read-only; when fresh arrays are as well, every kernel is compiled once instead of twice. A memory
    map comes back as the plain array under it, as numba is slow to recognise a subclass.
    """
    view = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view

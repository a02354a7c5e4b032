"""A packed grid over the pieces of all segments: which roads lie near a place."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kernels.caching import cached
from routing.errors import BadGraph
from routing.metric import E7
from routing.rows import as_read_only
from routing.shape import checked_shapes

CELL_M = 100.0
"""Grid cell: about a city block, so that the first look, four cells, mostly suffices and meets a few dozen pieces."""

METRES_PER_DEGREE = 111_195.0
"""Of latitude on a mean sphere; it sizes the cells only, distances use `routing.metric`."""

COLUMN_BITS = 32


@dataclass(frozen=True, eq=False)
class SegmentIndex:
    """Where each piece of road lies: the occupied cells only, row by row, so that open country costs nothing.

    Rows of cells have equal height in degrees; each has its own cell width, so that cells stay about square up to the
    poles. The cells of a row are neighbours in `cell_key`, so a window costs two binary searches for each row.

    cell_key (cells,) int64 row * 2^32 + column, rising; cell_start (cells + 1,) int32; entry_point, entry_segment
    (entries,) int32: the shape point at which a piece that touches the cell begins, and its segment.
    row_width_e7 (rows,) int64; corner_e7 (2,) int64: southern edge of row 0, height of a row.
    shape_start, shape_e7: the shapes indexed, not copied.
    """

    cell_key: NDArray[np.int64]
    cell_start: NDArray[np.int32]
    entry_point: NDArray[np.int32]
    entry_segment: NDArray[np.int32]
    row_width_e7: NDArray[np.int64]
    corner_e7: NDArray[np.int64]
    shape_start: NDArray[np.int32]
    shape_e7: NDArray[np.int32]

    @property
    def segments(self) -> int:
        """Number of segments indexed."""
        return len(self.shape_start) - 1

    @cached_property
    def row_start(self) -> NDArray[np.int32]:
        """(rows + 1,) int32: row r has the cells row_start[r] .. row_start[r + 1] - 1. Computed once."""
        first = np.arange(len(self.row_width_e7) + 1, dtype=np.int64) << COLUMN_BITS
        return as_read_only(np.searchsorted(self.cell_key, first), np.int32)

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """The index's own arrays by name, to be written to files beside the shapes."""
        return {name: getattr(self, name) for name in _OWN_ARRAYS}

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[np.generic]], shape_start: ArrayLike, shape_e7: ArrayLike
    ) -> "SegmentIndex":
        """The index whose `as_arrays` this is, over the same shapes; memory maps are not copied.

        Raises BadGraph if an array is missing, of another type, or points outside the shapes.
        """
        own: dict[str, NDArray[Any]] = {}
        for name, dtype in _OWN_ARRAYS.items():
            if name not in arrays:
                raise BadGraph(f"index array {name} is missing; build the index again")
            if arrays[name].dtype != dtype or arrays[name].ndim != 1:
                raise BadGraph(
                    f"{name} must be a {np.dtype(dtype)} column, not {arrays[name].dtype} {arrays[name].shape}"
                )
            own[name] = as_read_only(arrays[name], dtype)
        start, shape = checked_shapes(shape_start, shape_e7)
        index = cls(**own, shape_start=start, shape_e7=shape)
        cells, entries = len(index.cell_key), len(index.entry_point)
        fits = len(index.cell_start) == cells + 1 and len(index.entry_segment) == entries
        fits = fits and len(index.corner_e7) == 2 and bool(np.all(index.row_width_e7 > 0))
        if not fits or index.cell_start[0] != 0 or index.cell_start[-1] != entries:
            raise BadGraph("the index arrays do not fit each other; build the index again")
        if np.any(np.diff(index.cell_start) < 0) or np.any(np.diff(index.cell_key) <= 0):
            raise BadGraph("cell_start and cell_key must rise; build the index again")
        south, height = index.corner_e7.tolist()
        if height < 1 or len(index.row_width_e7) != _count_rows(shape, south, height):
            raise BadGraph("the index covers another area than the shapes; build it again")
        if entries and not _entries_fit(index.entry_point, index.entry_segment, index.shape_start):
            raise BadGraph("the index belongs to other shapes; build it again")
        return index


_OWN_ARRAYS: dict[str, type[np.generic]] = {
    "cell_key": np.int64,
    "cell_start": np.int32,
    "entry_point": np.int32,
    "entry_segment": np.int32,
    "row_width_e7": np.int64,
    "corner_e7": np.int64,
}


def build_segment_index(shape_start: ArrayLike, shape_e7: ArrayLike, cell_m: float = CELL_M) -> SegmentIndex:
    """The index of segments given by their shapes.

    shape_start: (segments + 1,) integers; shape_e7: (points, 2) int32 lon and lat in 1e-7 degree, two points or more a
    segment, equal ones allowed. A shape across the antimeridian must come cut there, as in OSM.
    cell_m: metres, 1 to 100,000.

    Takes about 0.2 s for a million pieces.
    Raises BadGraph for shapes that are no shapes, or a cell size outside 1 m..100 km.
    """
    start, shape = checked_shapes(shape_start, shape_e7)
    if not 1.0 <= cell_m <= 100_000.0:
        raise BadGraph(f"cell_m={cell_m} must lie in 1..100000 metres")
    height = int(cell_m / METRES_PER_DEGREE * E7)
    south = int(shape[:, 1].min()) if len(shape) else 0
    rows = _count_rows(shape, south, height)
    middle_deg = (south + (np.arange(rows) + 0.5) * height) / E7
    # One cell round the globe at the pole itself, where a degree of longitude has no width.
    width = np.minimum(height / np.maximum(np.cos(np.radians(middle_deg)), 1e-9), 360 * E7).astype(np.int64)
    key, point, segment = _cover(start, shape, south, height, width)
    order = np.argsort(key, kind="stable")
    cell_key, first = np.unique(key[order], return_index=True)
    return SegmentIndex(
        as_read_only(cell_key, np.int64),
        as_read_only(np.append(first, len(key)), np.int32),
        as_read_only(point[order], np.int32),
        as_read_only(segment[order], np.int32),
        as_read_only(width, np.int64),
        as_read_only(np.array([south, height]), np.int64),
        start,
        shape,
    )


def _count_rows(shape_e7: NDArray[np.int32], south: int, height: int) -> int:
    return (int(shape_e7[:, 1].max()) - south) // height + 1 if len(shape_e7) else 0


@cached(nogil=True)
def _entries_fit(point, segment, shape_start):  # type: ignore[no-untyped-def]
    for i in range(len(point)):
        if not 0 <= segment[i] < len(shape_start) - 1:
            return False
        if not shape_start[segment[i]] <= point[i] < shape_start[segment[i] + 1] - 1:
            return False
    return True


@cached(nogil=True)
def _cover(shape_start, shape_e7, south, height, width):  # type: ignore[no-untyped-def]
    """(cell key, point, segment) of every piece in every cell it touches."""
    size = 0
    for fill in range(2):
        key = np.empty(size, np.int64)
        points = np.empty(size, np.int32)
        segments = np.empty(size, np.int32)
        size = 0
        for segment in range(len(shape_start) - 1):
            for point in range(shape_start[segment], shape_start[segment + 1] - 1):
                ax, ay = np.int64(shape_e7[point, 0]), np.int64(shape_e7[point, 1])
                bx, by = np.int64(shape_e7[point + 1, 0]), np.int64(shape_e7[point + 1, 1])
                if ay > by:
                    ax, ay, bx, by = bx, by, ax, ay
                for row in range((ay - south) // height, (by - south) // height + 1):
                    low, high = south + row * height, south + (row + 1) * height
                    if by == ay:
                        x0, x1 = min(ax, bx), max(ax, bx)
                    else:
                        # The piece within this row, one unit wider on both sides against rounding.
                        slope = (bx - ax) / (by - ay)
                        at_low = ax + (max(low, ay) - ay) * slope
                        at_high = ax + (min(high, by) - ay) * slope
                        x0 = np.int64(math.floor(min(at_low, at_high))) - 1
                        x1 = np.int64(math.ceil(max(at_low, at_high))) + 1
                    for column in range((x0 + 180 * E7 + 1) // width[row], (x1 + 180 * E7 + 1) // width[row] + 1):
                        if fill:
                            key[size] = (np.int64(row) << COLUMN_BITS) + column
                            points[size] = point
                            segments[size] = segment
                        size += 1
    return key, points, segments


@cached(nogil=True)
def first_cell(key, low, high, wanted):  # type: ignore[no-untyped-def]
    """The first cell of a range of `cell_key` whose key is not below the wanted one; the range's end if none is."""
    low, high = np.int64(low), np.int64(high)
    while low < high:
        middle = (low + high) >> 1
        if key[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low

"""The cell that a record is filed under: level 5 of the BeiDou grid as one whole number, so that a code is a range."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.cells.beidou import Beidou, is_polar
from location_cloud.spatial.errors import BadCode
from location_cloud.spatial.lonlat import Ints, as_lonlat

INDEX_LEVEL: Final = 5
"""Of GB/T 39409-2020: 4 seconds of arc, 85 x 124 m in Daqing, the 万米 cell of a city's grid management."""

NO_CELL: Final = -1
"""Where the code has no cell: from 88 degrees of latitude to the poles. No `cell_range` holds it."""

_BEIDOU: Final = Beidou()


class CellRange(NamedTuple):
    """Index cells from low to high, both included."""

    low: int
    high: int


def index_cell(lons: npt.ArrayLike, lats: npt.ArrayLike) -> Ints:
    """The index cells (n,) int64 of positions in degrees, -1 from 88 degrees of latitude on.

    lons, lats: (n,) degrees, or single numbers (n is 1 then). The numbers sort like the level 5 codes, and all cells
    below a coarser one are a run of them: `cell_range`.

    Raises BadCoordinate for what lies off the globe or is no number.
    """
    points = as_lonlat(np.column_stack([np.atleast_1d(lons), np.atleast_1d(lats)]))
    polar = is_polar(points[:, 1])
    if polar.any():
        points[polar, 1] = 0.0
    return np.where(polar, NO_CELL, _BEIDOU.encode_keys(points, INDEX_LEVEL))


def index_cell_of(lon: float | None, lat: float | None) -> int | None:
    """The index cell of one position in degrees as a plain number; None where there is no position."""
    return None if lon is None or lat is None else int(index_cell(lon, lat)[0])


def cell_range(code: str) -> CellRange:
    """The least and the greatest index cell below a BeiDou code, both included: `cell BETWEEN low AND high`.

    code: of level 0 to 5. Raises BadCode for what is no such code, and for finer ones, which no index can tell apart.
    """
    column, row, level = _BEIDOU.parse(code)
    if level > INDEX_LEVEL:
        raise BadCode(
            f"cell={code[:40]} is of level {level}, but records are filed by level {INDEX_LEVEL} "
            f"(85 x 124 m in Daqing); use {code[:11]}"
        )
    many = 1
    for step in range(level + 1, INDEX_LEVEL + 1):
        many *= _BEIDOU.radix(step)
    low = int(_BEIDOU.keys(np.array([column]), np.array([row]), level)[0]) * many
    return CellRange(low, low + many - 1)


def index_code(cell: int) -> str:
    """The level 5 code of an index cell. Raises BadCode for a number that is none."""
    return index_codes([cell])[0]


def index_codes(cells: npt.ArrayLike) -> list[str]:
    """The level 5 codes of index cells, "" where there is none (NO_CELL). Raises BadCode for a number that is none."""
    numbers = np.asarray(cells, np.int64).reshape(-1)
    there = numbers >= 0
    codes = np.full(len(numbers), "", "U16")
    if there.any():
        codes[there] = _BEIDOU.codes(*_BEIDOU.cells_of_keys(numbers[there], INDEX_LEVEL), INDEX_LEVEL)
    found: list[str] = codes.tolist()
    return found

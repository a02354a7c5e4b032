"""BeiDou reference codes, GB/T 39409-2020 clause 7: a cell told by its distance from a known one nearby."""

from typing import Final

import numpy as np

from location_cloud.spatial.cells.beidou import DIGITS, LAT_PARTS, LENGTH, LON_PARTS, STYLE, Beidou
from location_cloud.spatial.errors import BadCode

COARSEST_BASE: Final = 5
"""Coarser cells have up to 15 children a side, which one symbol of a reference code cannot say."""

MOST_CELLS: Final = 7
"""Cells of the base's level that a target may lie away from it, each way."""

AWAY: Final = "01234567"
BACK: Final = "0ABCDEFG"
"""1 to 7 cells west or south are A to G."""

_BEIDOU: Final = Beidou()


def refer(code: str, base: str) -> str:
    """A cell as seen from a base: N50J47539B8255346152 from N50J47539B82 is N50J47539B82-00-55-34-61-52.

    Pairs tell cells east and north, the first at the base's level, then one a level below it.

    Raises BadCode for codes that do not exist, bases above level 5 or finer than the code, and cells further than 7.
    """
    column, row, level = _BEIDOU.parse(code)
    base_column, base_row, base_level = _BEIDOU.parse(base)
    if not COARSEST_BASE <= base_level <= level:
        raise BadCode(f"{base} is of level {base_level}; a base is of level 5 to {max(level, 5)}, the level of {code}")
    ups = [(column, row)]
    for step in range(level, base_level, -1):
        c, r = _BEIDOU.parent_index(np.array([ups[-1][0]]), np.array([ups[-1][1]]), step)
        ups.append((int(c[0]), int(r[0])))
    east, north = ups[-1][0] - base_column, ups[-1][1] - base_row
    if max(abs(east), abs(north)) > MOST_CELLS:
        raise BadCode(f"{code} lies {east} cells east and {north} north of {base}; a reference reaches 7 each way")
    pairs = [_symbol(east) + _symbol(north)]
    for step, (own_column, own_row) in zip(range(base_level + 1, level + 1), ups[-2::-1]):
        pairs.append(_symbol(_away(own_column, LON_PARTS[step])) + _symbol(_away(own_row, LAT_PARTS[step])))
    return "-".join([base, *pairs])


def resolve(text: str) -> str:
    """The code that a reference code stands for. Raises BadCode."""
    base, *pairs = text.split("-")
    column, row, level = _BEIDOU.parse(base)
    wrong = f"{text[:60]} is no reference code such as N50J47539B82-00-55-34-61-52"
    if not pairs or level < COARSEST_BASE or level + len(pairs) - 1 > len(LENGTH) - 1:
        raise BadCode(f"{wrong}: a base of level 5 to 10, then a pair for its level and for each finer one")
    values = [(_value(pair[:1]), _value(pair[1:])) for pair in pairs]
    if any(east is None or north is None for east, north in values):
        raise BadCode(f"{wrong}: pairs are two of 0-7 and A-G")
    numbers = [(east or 0, north or 0) for east, north in values]
    lattice = _BEIDOU.lattice(level)
    column, row = column + numbers[0][0], row + numbers[0][1]
    column = (column - lattice.first_column) % lattice.columns + lattice.first_column
    if not lattice.first_row <= row <= lattice.last_row:
        raise BadCode(f"{wrong}: it leads beyond 88 degrees")
    code = str(_BEIDOU.codes(np.array([column]), np.array([row]), level)[0])
    for step, (east, north) in enumerate(numbers[1:], level + 1):
        i, j = (-east if column < 0 else east), (-north if row < 0 else north)
        if not (0 <= i < LON_PARTS[step] and 0 <= j < LAT_PARTS[step]):
            raise BadCode(f"{wrong}: level {step} has no cell {east} east and {north} north in {code}")
        code += DIGITS[2 * j + i] if STYLE[step] == "z" else DIGITS[i] + DIGITS[j]
    return code


def _away(number: int, parts: int) -> int:
    """A column or row within its parent, counted from the meridian or equator, less than 0 west or south."""
    return -(~number % parts) if number < 0 else number % parts


def _symbol(cells: int) -> str:
    return AWAY[cells] if cells >= 0 else BACK[-cells]


def _value(symbol: str) -> int | None:
    if len(symbol) == 1 and symbol in AWAY:
        return AWAY.index(symbol)
    return -BACK.index(symbol) if len(symbol) == 1 and symbol in BACK else None

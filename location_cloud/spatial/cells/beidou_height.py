"""Height as BeiDou code, GB/T 39409-2020 clause 6: shells whose thickness grows with the distance from the centre.

Experimental: products agree on the formula, but not on how high the code reaches nor how it is joined with the cell.
"""

import math
from typing import Final

from location_cloud.spatial.errors import BadCode, BadCoordinate

RADIUS_M: Final = 6_378_137.0
"""Of the sphere that the standard counts from: CGCS2000's semi-major axis."""

PER_STEP: Final = 2048 * 3600
"""Shells of the finest level in one step of the logarithm, as 1/2048 seconds in a degree."""

STEP: Final = math.log(1 + math.pi / 180)

BITS: Final = (6, 3, 1, 4, 4, 1, 3, 3, 3, 3)
"""Of each level 1 to 10; level 1 is written with two decimal digits, the others with one hexadecimal digit."""

ALL_BITS: Final = sum(BITS)


def encode_height(height_m: float, level: int = 10) -> str:
    """The code of a height in metres above the ellipsoid: a sign, two digits, and one for each further level.

    Raises BadCoordinate for heights that have none, BadCode for levels but 1 to 10.
    """
    if isinstance(level, bool) or level not in range(1, 11):
        raise BadCode(f"level={level} of a height does not exist; use 1 to 10")
    if not (math.isfinite(height_m) and height_m > -RADIUS_M):
        raise BadCoordinate(f"height {height_m:.10g} m lies below the centre of the earth or is no number")
    shell = math.floor(PER_STEP * math.log1p(height_m / RADIUS_M) / STEP)
    if abs(shell) >= 1 << ALL_BITS:
        raise BadCoordinate(f"height {height_m:.10g} m lies beyond the highest shell, {_height_m(1 << ALL_BITS):.0f} m")
    text, left = ("1" if shell < 0 else "0"), ALL_BITS
    for bits in BITS[:level]:
        left -= bits
        value = (abs(shell) >> left) & ((1 << bits) - 1)
        text += f"{value:02d}" if bits == BITS[0] else f"{value:X}"
    return text


def decode_height(code: str) -> tuple[float, float]:
    """The lowest and the highest height, metres, that a code holds. Raises BadCode."""
    wrong = f"{code[:40]} is no BeiDou height: 0 or 1, two digits 00-63, then up to nine digits such as 000004801646"
    level = len(code) - 2
    if not 1 <= level <= 10 or code[0] not in "01" or not (code[1:3].isascii() and code[1:3].isdigit()):
        raise BadCode(wrong)
    values = [int(code[1:3]), *("0123456789ABCDEF".find(symbol) for symbol in code[3:])]
    shell, left = 0, ALL_BITS
    for value, bits in zip(values, BITS):
        if not 0 <= value < 1 << bits:
            raise BadCode(wrong)
        left -= bits
        shell |= value << left
    thick = 1 << left
    # Shells below the ellipsoid are counted downwards, by their lower sides.
    low, high = (shell, shell + thick) if code[0] == "0" else (-shell - thick + 1, -shell + 1)
    return _height_m(low), _height_m(high)


def _height_m(shell: int) -> float:
    return RADIUS_M * math.expm1(shell / PER_STEP * STEP)

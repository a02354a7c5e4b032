"""Short Plus Codes: the end of a code, for people who know which town is meant (specification, "Short Codes")."""

from __future__ import annotations

from typing import Final

from location_cloud.spatial.cells.pluscode import ALPHABET, SEPARATOR_AT, PlusCode
from location_cloud.spatial.errors import BadCode

_PLUSCODE: Final = PlusCode()

_PAIR_DEG: Final = (20.0, 1.0, 0.05, 0.0025, 0.000125)
"""Height and width that each pair of digits tells, degrees."""

_NEARER_THAN: Final = 0.3
"""Share of a cell within which the reference must lie for its digits to be left out: half a cell, less a margin."""


def is_short(code: str) -> bool:
    """Whether a text is a short code such as Q3+26 or 22+: 0, 2, 4 or 6 digits, a +, and none or two or more."""
    before, plus, after = code.upper().partition("+")
    digits = before + after
    is_complete = bool(plus) and len(before) in (0, 2, 4, 6) and len(after) != 1
    return is_complete and bool(digits) and set(digits) <= set(ALPHABET)


def is_full(code: str) -> bool:
    """Whether a text is a full code, of any length: digits beyond the fifteenth say nothing, but are allowed."""
    try:
        _PLUSCODE.parse(code[: SEPARATOR_AT + 8])
    except BadCode:
        return False
    return set(code[SEPARATOR_AT + 8 :].upper()) <= set(ALPHABET)


def shorten(code: str, lonlat: tuple[float, float]) -> str:
    """The code without the digits that somebody near a position (degrees) can add; whole if it is too far away.

    Raises BadCode for what is no full code of eight digits or more.
    """
    if "0" in code:
        raise BadCode(f"{code[:40]} is filled up with zeros and cannot be shortened")
    lon, lat = _PLUSCODE.decode(code).centre
    apart_deg = max(abs(lat - lonlat[1]), abs((lon - lonlat[0] + 180.0) % 360.0 - 180.0))
    for pairs in (4, 3, 2):
        if len(code) > 2 * pairs + 1 and apart_deg < _PAIR_DEG[pairs - 1] * _NEARER_THAN:
            return code.upper()[2 * pairs :]
    return code.upper()


def recover(code: str, lonlat: tuple[float, float]) -> str:
    """The full code nearest to a position (degrees) of which a short one is the end; a full one as it is.

    Raises BadCode for what is neither.
    """
    if is_full(code):
        return code.upper()
    if not is_short(code):
        raise BadCode(
            f"{code[:40]} is no Plus Code: 2, 4, 6 or 8 digits of {ALPHABET}, a +, and no or two digits or more"
        )
    missing = SEPARATOR_AT - code.index("+")
    whole = (_PLUSCODE.encode(lonlat, 10)[:missing] + code.upper())[: SEPARATOR_AT + 8]
    lon, lat = _PLUSCODE.decode(whole).centre
    step_deg = _PAIR_DEG[missing // 2 - 1]
    if lonlat[1] + step_deg / 2 < lat and lat - step_deg >= -90.0:
        lat -= step_deg
    elif lonlat[1] - step_deg / 2 > lat and lat + step_deg <= 90.0:
        lat += step_deg
    if lonlat[0] + step_deg / 2 < lon:
        lon -= step_deg
    elif lonlat[0] - step_deg / 2 > lon:
        lon += step_deg
    return _PLUSCODE.encode(((lon + 180.0) % 360.0 - 180.0, lat), len(whole) - 1)

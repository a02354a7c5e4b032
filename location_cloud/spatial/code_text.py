"""Codes of cells as people write them: Plus Codes, BeiDou, MGRS, geohash, quadkey, Maidenhead, GARS."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from location_cloud.spatial.bbox import Bbox, bounds_of
from location_cloud.spatial.cells import BEIDOU, GEOHASH, PLUSCODE, QUADKEY, CellSystem
from location_cloud.spatial.cells.pluscode import ALPHABET as PLUS_DIGITS
from location_cloud.spatial.cells.pluscode_short import is_full, is_short, recover
from location_cloud.spatial.errors import BadCode
from location_cloud.spatial.field_squares import parse_gars, parse_maidenhead
from location_cloud.spatial.mgrs import parse_mgrs
from location_cloud.spatial.position import BY_CUSTOM, LIKE_A_NAME, SURE, Form, Position, apart_m, radius_of_box_m

_PLUS: Final = re.compile(r"([2-9CFGHJMPQRVWX0]{0,8}\+[2-9CFGHJMPQRVWX]{0,12})(?:[ ,，、]{1,3}(\S.{0,120}))?")
_PLUS_LAST: Final = re.compile(r"(\S.{0,120}?)[ ,，、]{1,3}([2-9CFGHJMPQRVWX]{2,8}\+[2-9CFGHJMPQRVWX]{2,7})")
_BEIDOU: Final = re.compile(r"[NS][0-9]{2}[A-V](?:[0-9A-F]{2}[0-9A-F]{0,14})?")
_MGRS: Final = re.compile(r"(?:[0-9]{1,2} ?[C-HJ-NP-X]|[ABYZ]) ?[A-HJ-NP-Z]{2} ?(?:[0-9]{1,5} [0-9]{1,5}|[0-9]{0,10})")
_GEOHASH: Final = re.compile(r"[0-9b-hjkmnp-z]{5,12}")
_QUADKEY: Final = re.compile(r"[0-3]{1,30}")

_LABEL: Final = re.compile(
    r"(beidou|北斗网格码|北斗网格|北斗码|北斗|网格码|mgrs|usng|plus ?code|olc|geohash|geohash码|quadkey"
    r"|maidenhead|locator|qth|gars)"
    r" ?[:：= ] ?(.{1,160})",
    re.IGNORECASE,
)

_NAMES_LOOK_SO: Final = re.compile(r"[a-z]+[0-9]+[a-z]?|[0-9]+[a-z]+")
"""g1011, b12c, 10th: letters then digits are roads, wells and houses, digits then letters are numbers of something."""

GEOHASH_NEAR_M: Final = 200_000.0
"""A geohash that looks like a name is one only this near to where the caller looks."""

_SURE_BEIDOU_CHARS: Final = 7
"""Codes of levels 1 and 2, four and six characters, may as well be names."""

_SURE_MGRS_CHARS: Final = 9
"""With four digits, a square of 1 km; 10KVA50 may be a transformer."""


def read_code(
    text: str,
    near: tuple[float, float] | None = None,
    area: Bbox | None = None,
    is_position: bool = False,
) -> Position | None:
    """The cell that the whole text names, otherwise None.

    near, area: degrees; a short Plus Code is completed near the point, or in the middle of the area.
    is_position: the text is known to be a position; otherwise codes that names look like (most geohashes, quadkeys,
    coarse BeiDou cells) are only read with their system in front ("geohash: ezs42"), or if they lie where is looked.
    """
    text = " ".join(text.split())
    if found := _LABEL.fullmatch(text):
        reader = _BY_LABEL[found[1].lower().replace(" ", "")]
        return reader(found[2].strip(), near or (area.centre if area else None))
    code = text.upper()
    if "+" in code:
        return _plus_code(text, near or (area.centre if area else None))
    if _BEIDOU.fullmatch(code):
        position = _beidou(code)
        if position is not None:
            return position
    if _MGRS.fullmatch(code):
        position = _mgrs(code)
        if position is not None and (is_position or any(char.isdigit() for char in code[4:])):
            return position
    return _like_names(text, near, area, is_position)


def split_plus_code(text: str) -> tuple[str, str] | None:
    """(short Plus Code, name of the place it is near) of a text such as "Q3+26 大庆"; None for everything else.

    Look the place up, then ask `read_code` with the code and the place as `near`.
    """
    text = " ".join(text.split())
    if found := _PLUS.fullmatch(text.upper()):
        code, place = found[1], text[found.start(2) : found.end(2)] if found[2] else ""
    elif found := _PLUS_LAST.fullmatch(text.upper()):
        code, place = found[2], text[found.start(1) : found.end(1)]
    else:
        return None
    return (code, place.strip(" ,，、")) if place and not is_full(code) and _is_short_or_odd(code) else None


def _plus_code(text: str, near: tuple[float, float] | None) -> Position | None:
    found = _PLUS.fullmatch(text.upper())
    if found is None:
        return None
    code = found[1]
    if is_full(code):
        return _cell(PLUSCODE, code[:16], "plus code")
    if found[2] or near is None:
        return None
    if is_short(code):
        return _cell(PLUSCODE, recover(code, near), "plus code", BY_CUSTOM)
    return _odd_plus_code(code, near)


def _is_short_or_odd(code: str) -> bool:
    return is_short(code) or is_short("2" + code)


def _odd_plus_code(code: str, near: tuple[float, float]) -> Position | None:
    """A short code whose first letter got lost on the way, 4Q3+26: of the twenty codes it may be, the nearest."""
    if not is_short("2" + code):
        return None
    codes = [recover(digit + code, near) for digit in PLUS_DIGITS]
    nearest = min(codes, key=lambda each: apart_m(PLUSCODE.decode(each).centre, near))
    return _cell(PLUSCODE, nearest, "plus code", LIKE_A_NAME)


def _like_names(text: str, near: tuple[float, float] | None, area: Bbox | None, is_position: bool) -> Position | None:
    """Geohashes (and with is_position quadkeys, locators) by themselves."""
    if is_position:
        if len(text) >= 8 and _QUADKEY.fullmatch(text):
            return _cell(QUADKEY, text, "quadkey", BY_CUSTOM)
        for reader in (_gars, _maidenhead):
            if (position := reader(text, None)) is not None:
                return replace(position, confidence=LIKE_A_NAME)
    code = text.lower() if is_position else text
    if not _GEOHASH.fullmatch(code) or code.isdigit() or code.isalpha():
        return None
    position = _cell(GEOHASH, code, "geohash", LIKE_A_NAME)
    if position is None or is_position:
        return position
    if not _NAMES_LOOK_SO.fullmatch(code) and len(code) >= 7:
        return position
    is_inside = area is not None and bool(area.contains([position.lonlat])[0])
    is_near = near is not None and apart_m(position.lonlat, near) <= GEOHASH_NEAR_M
    return position if (is_inside or is_near) and not _NAMES_LOOK_SO.fullmatch(code) else None


def _beidou(code: str) -> Position | None:
    return _cell(BEIDOU, code, "beidou", SURE if len(code) >= _SURE_BEIDOU_CHARS else LIKE_A_NAME)


def _mgrs(code: str) -> Position | None:
    if " " in code and not re.search(r"[0-9] [0-9]", code):
        code = code.replace(" ", "")
    elif " " in code:
        east, north = re.split("[A-Z ]+", code)[-2:]
        if len(east) != len(north):
            return None
    try:
        square = parse_mgrs(code)
    except BadCode:
        return None
    name = code.replace(" ", "")
    confidence = SURE if len(name) >= _SURE_MGRS_CHARS else LIKE_A_NAME
    box = bounds_of(square.corners)
    is_plain = box.width_deg < 90.0  # else the square lies across the antimeridian or about a pole
    radius_m = round(square.size_m / 2**0.5, 3)
    return Position(square.centre, "mgrs", "wgs84", name, radius_m, confidence, box if is_plain else None)


def _cell(system: CellSystem, code: str, form: Form, confidence: int = SURE) -> Position | None:
    try:
        box = system.decode(code)
    except BadCode:
        return None
    return Position(box.centre, form, "wgs84", code, round(radius_of_box_m(box), 3), confidence, box)


def _box(read: Callable[[str], Bbox], code: str, form: Form) -> Position | None:
    try:
        box = read(code)
    except BadCode:
        return None
    return Position(box.centre, form, "wgs84", code, round(radius_of_box_m(box), 3), SURE, box)


def _gars(code: str, _near: tuple[float, float] | None) -> Position | None:
    return _box(parse_gars, code.upper(), "gars")


def _maidenhead(code: str, _near: tuple[float, float] | None) -> Position | None:
    return _box(parse_maidenhead, code, "maidenhead") if len(code) >= 4 else None


Reader = Callable[[str, "tuple[float, float] | None"], "Position | None"]

_BY_LABEL: Final[dict[str, Reader]] = {
    **dict.fromkeys(
        ("beidou", "北斗网格码", "北斗网格", "北斗码", "北斗", "网格码"),
        lambda code, _near: _cell(BEIDOU, code.upper().replace("-", "").replace(" ", ""), "beidou"),
    ),
    **dict.fromkeys(("mgrs", "usng"), lambda code, _near: _mgrs(code.upper())),
    **dict.fromkeys(("pluscode", "olc"), _plus_code),
    **dict.fromkeys(("geohash", "geohash码"), lambda code, _near: _cell(GEOHASH, code.lower(), "geohash")),
    "quadkey": lambda code, _near: _cell(QUADKEY, code, "quadkey"),
    **dict.fromkeys(("maidenhead", "locator", "qth"), _maidenhead),
    "gars": _gars,
}

"""Questions with a form of their own: coordinates in words and digits, and house numbers in every order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from location_cloud.places.fold import arabic_numerals
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells import BEIDOU, PLUSCODE
from location_cloud.spatial.errors import BadCode

_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,15})?)"
_MARKS = r"(?:\s?[°度]\s?(?:(\d{1,2}(?:\.\d{1,9})?)\s?[′'’分]\s?(?:(\d{1,2}(?:\.\d{1,9})?)\s?(?:″|\"|”|''|′′|秒)?)?)?)?"
_WORDS = r"(东经|西经|北纬|南纬|[NSEWnsew])"
_BEFORE = re.compile(rf"\s*{_WORDS}\s?[:：]?\s?{_NUMBER}{_MARKS}\s*[,，;]?\s*{_WORDS}\s?[:：]?\s?{_NUMBER}{_MARKS}\s*")
_AFTER = re.compile(rf"\s*{_NUMBER}{_MARKS}\s?{_WORDS}\s*[,，;]?\s*{_NUMBER}{_MARKS}\s?{_WORDS}\s*")
_PLAIN = re.compile(rf"\s*{_NUMBER}{_MARKS}(\s*[,，;]\s*|\s+){_NUMBER}{_MARKS}\s*")

_AXIS = {"东经": (0, 1), "西经": (0, -1), "北纬": (1, 1), "南纬": (1, -1)}
_AXIS |= {"e": (0, 1), "w": (0, -1), "n": (1, 1), "s": (1, -1)}

_BEIDOU = re.compile(r"[NS]\d{2}[A-V][0-9A-F]{4,20}")
_PLUS = re.compile(r"[2-9CFGHJMPQRVWX]{8}\+[2-9CFGHJMPQRVWX]{2,7}")

MAX_COORDINATE_CHARS = 80

_CHINESE_HOUSE = re.compile(r"(?P<number>\d{1,5}(?:-\d{1,4})?)\s?[号號]")
_WESTERN_NUMBER = re.compile(
    r"(?<![\w.])\d{1,5}(?:\s?[a-z](?!\w))?(?:\s?[-–/]\s?\d{1,4}(?:\s?[a-z](?!\w))?)?(?!\w|\.)", re.IGNORECASE
)

_NO_SPACE = re.compile(r"(?:(?<=[^\W\d_]{3})|(?<=[^\W\d_]{2}\.))(?=\d)")
"""Where a word and a number touch: mannerheimintie10, Hauptstr.5; after fewer letters it is a road's number, G10."""


@dataclass(frozen=True)
class AskedHouse:
    """One way to read a question as a house on a street.

    street, number: as asked. context: words that should say where. rest: what follows the number in Chinese order
    (building, unit, room, the caller's story).
    """

    street: str
    number: str
    context: tuple[str, ...] = ()
    rest: str = ""


def parse_coordinates(text: str) -> tuple[float, float] | None:
    """(lon, lat) in degrees if the whole text is a position, otherwise None.

    Reads 125.1,46.6 and 46.6,125.1 (what lies beyond 90 is the longitude; in doubt lon,lat with a comma and lat lon
    with a space), 46°35′15.3″N 125°6′11″E, 北纬46.58 东经125.10, 46度35分15秒.
    """
    text = unicodedata.normalize("NFKC", text.strip()) if len(text) <= MAX_COORDINATE_CHARS else ""
    if found := _BEFORE.fullmatch(text):
        first, second = found.group(1, 2, 3, 4), found.group(5, 6, 7, 8)
    elif found := _AFTER.fullmatch(text):
        first, second = found.group(4, 1, 2, 3), found.group(8, 5, 6, 7)
    else:
        return _parse_plain(text)
    (axis, value), (other, other_value) = _signed(*first), _signed(*second)
    if axis == other:
        return None
    return _on_globe(value, other_value) if axis == 0 else _on_globe(other_value, value)


def parse_cell(text: str) -> tuple[str, Bbox] | None:
    """(name of the system, cell) if the whole text is a BeiDou grid code or a full Plus Code, otherwise None.

    BeiDou codes count from 8 characters on (level 3, 2 km); a shorter one is more likely a name.
    """
    code = text.strip().upper()
    system = BEIDOU if _BEIDOU.fullmatch(code) else PLUSCODE if _PLUS.fullmatch(code) else None
    if system is None:
        return None
    try:
        return system.name, system.decode(code)
    except BadCode:
        return None


def list_asked_houses(text: str) -> Iterator[AskedHouse]:
    """Every way to read the text as street and house number, the likeliest first."""
    plain = arabic_numerals(unicodedata.normalize("NFKC", text))
    for found in _CHINESE_HOUSE.finditer(plain):
        street = plain[: found.start()].strip(" ,，、。;")
        if street:
            yield AskedHouse(street, found["number"], (), plain[found.end() :].strip(" ,，、。"))
    yield from _western_houses(plain)
    spaced = _NO_SPACE.sub(" ", plain)
    if spaced != plain:
        yield from _western_houses(spaced)


def _western_houses(plain: str) -> Iterator[AskedHouse]:
    parts = [part.strip() for part in re.split(r"[,，;]", plain) if part.strip()]
    for place, part in enumerate(parts[:6]):
        others = tuple(parts[:place] + parts[place + 1 :])
        numbers = list(_WESTERN_NUMBER.finditer(part))[:4]
        for found in reversed(numbers):
            before, after = part[: found.start()].strip(), part[found.end() :].strip()
            if _has_letters(before):
                yield AskedHouse(before, found.group(), (*others, after) if after else others)
            elif _has_letters(after) and not before:
                yield AskedHouse(after, found.group(), others)
                words = after.split()
                if len(words) > 1:  # 12 Main Street Springfield
                    yield AskedHouse(" ".join(words[:-1]), found.group(), (*others, words[-1]))


def _parse_plain(text: str) -> tuple[float, float] | None:
    found = _PLAIN.fullmatch(text)
    if not found:
        return None
    first, between, second = found.group(1, 2, 3), found.group(4), found.group(5, 6, 7)
    is_marked = all("." in part[0] or part[1] for part in (first, second))
    has_comma = bool(between.strip())
    if not (has_comma or is_marked):
        return None
    one, two = _degrees(*first), _degrees(*second)
    is_lat_first = abs(two) > 90 or (abs(one) <= 90 and not has_comma)
    return _on_globe(two, one) if is_lat_first else _on_globe(one, two)


def _signed(word: str, degrees: str, minutes: str | None, seconds: str | None) -> tuple[int, float]:
    axis, sign = _AXIS[word.lower()]
    return axis, sign * _degrees(degrees, minutes, seconds)


def _degrees(degrees: str, minutes: str | None, seconds: str | None) -> float:
    size = abs(float(degrees)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return -size if degrees.startswith("-") else size


def _on_globe(lon: float, lat: float) -> tuple[float, float] | None:
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)

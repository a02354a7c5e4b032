"""Words, numbers and marks of a position written in degrees or plane metres, in any language's punctuation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from location_cloud.spatial.crs import Crs

MAX_TOKENS: Final = 40
"""More than any way to write two angles has."""

Kind = Literal["number", "sign", "axis", "degree", "minute", "second", "colon", "comma", "space"]

# Before NFKC, which would turn º into o, ″ into two ′, and ´ into a space with an accent.
_MARKS: Final = str.maketrans(
    {
        **dict.fromkeys("°º˚⁰∘◦゜ﾟ", "°"),
        **dict.fromkeys("′'’‘´`＇ʹʼ׳ˊ‛", "'"),
        **dict.fromkeys('″"”“˝＂ʺ״〃„‟', '"'),
        **dict.fromkeys("−–—‐‑‒－﹣", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff", ""),
    }
)

_AXES: Final = {
    "东经": "E", "東經": "E", "西经": "W", "西經": "W", "北纬": "N", "北緯": "N", "南纬": "S", "南緯": "S",
    "经度": "lon", "經度": "lon", "纬度": "lat", "緯度": "lat", "东": "E", "東": "E", "西": "W", "南": "S", "北": "N",
    "longitude": "lon", "latitude": "lat", "long": "lon", "lon": "lon", "lng": "lon", "lat": "lat",
    "x": "x", "y": "y", "north": "N", "south": "S", "east": "E", "west": "W", "n": "N", "s": "S", "e": "E", "w": "W",
}  # fmt: skip
"""Words that tell an axis, a side, or of plane coordinates a column."""

_DATUMS: Final[dict[str, Crs]] = {
    "wgs84": "wgs84", "gps": "wgs84", "cgcs2000": "cgcs2000", "国家2000": "cgcs2000", "大地2000": "cgcs2000",
    "gcj02": "gcj02", "火星坐标系": "gcj02", "火星坐标": "gcj02", "火星": "gcj02", "高德坐标": "gcj02", "高德": "gcj02",
    "腾讯坐标": "gcj02", "腾讯": "gcj02", "bd09": "bd09", "bd09ll": "bd09", "百度坐标": "bd09", "百度": "bd09",
}  # fmt: skip
"""Names of datums that may stand beside the numbers; "gps" is what receivers show, WGS-84."""

_UNITS: Final[dict[str, Kind]] = {
    "度": "degree", "degrees": "degree", "degree": "degree", "deg": "degree", "d": "degree", "°": "degree",
    "分": "minute", "minutes": "minute", "minute": "minute", "min": "minute", "'": "minute",
    "秒": "second", "seconds": "second", "second": "second", "sec": "second", '"': "second", "''": "second",
}  # fmt: skip

_LABELS: Final = frozenset(
    {
        "坐标", "座标", "坐标系", "坐标为", "坐标是", "经纬度", "经纬度坐标", "位置", "位置是", "定位", "地点",
        "地址", "我在", "在", "是", "为", "约", "大约", "大概", "附近", "左右", "米", "和", "与", "高斯", "高斯坐标",
        "平面坐标", "position", "pos", "location", "loc", "coordinates", "coordinate", "coords", "coord", "point", "at",
        "is", "and", "m",
    }
)  # fmt: skip
"""Words around a position that say nothing about it."""

_TOKEN: Final = re.compile(
    r"""(?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<datum>(?:wgs|cgcs|gcj|bd)[ -]?[0-9]{2,4}(?:ll)?|(?:国家|大地)2000)
    | (?P<word>[a-z]+|[\u4e00-\u9fff]+)
    | (?P<mark>''|["'°])
    | (?P<sign>[+-](?=[0-9.]))
    | (?P<comma>\ ?[,;，；、|~。]\ ?)
    | (?P<colon>:(?=[0-9]))
    | (?P<space>[ :=&(){}\[\]/<>.-]+)
    """,
    re.VERBOSE,
)

_CHINESE_NUMBER: Final = re.compile(
    "(?<=[经纬經緯度分东西南北東])[零〇一二两三四五六七八九十百]+(?:点[零〇一二两三四五六七八九]+)?(?=[度分秒])"
)
_CHINESE_DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}

_WORDS_BY_LENGTH: Final = sorted((word for word in {*_AXES, *_LABELS, *_DATUMS, *_UNITS} if word >= "\u4e00"), key=len)
_HAN_WORD: Final = re.compile("|".join(map(re.escape, reversed(_WORDS_BY_LENGTH))))
_ONLY_BEHIND_NUMBERS: Final = frozenset({"d", "m"})


@dataclass(frozen=True, slots=True)
class Token:
    """One piece. text: a number's digits, a sign, an axis as in _AXES' values; otherwise empty."""

    kind: Kind
    text: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The pieces of a text, and the datum that it names; None = it names none."""

    items: tuple[Token, ...]
    crs: Crs | None


def plain_text(text: str) -> str:
    """The text with one kind of each mark, half-width, in small letters, single spaces, Chinese numbers as digits."""
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS)).casefold()
    plain = " ".join(plain.split())
    return _CHINESE_NUMBER.sub(_arabic, plain) if any(char in plain for char in "度分") else plain


def list_tokens(plain: str) -> Tokens | None:
    """The pieces of a text as `plain_text` gives it; None if there is any word that no position has."""
    items: list[Token] = []
    crs: Crs | None = None
    at = 0
    while at < len(plain):
        found = _TOKEN.match(plain, at)
        if found is None or len(items) >= MAX_TOKENS:
            return None
        at = found.end()
        kind, text = found.lastgroup, found.group()
        if kind == "datum" or kind == "word":
            named = _DATUMS.get(text.replace("-", "").replace(" ", ""))
            if named:
                crs = named
                items.append(Token("space"))
                continue
            words = _read_word(text, items)
            if words is None:
                return None
            for word in words:
                if word in _DATUMS:
                    crs = _DATUMS[word]
                items.append(_token_of(word))
        elif (kind == "mark" and text != "°") or kind == "colon":
            is_of_number = bool(items) and items[-1].kind == "number"  # else it quotes a word: {"lat": 46.6}
            items.append(Token(_UNITS.get(text, "colon") if is_of_number else "space"))
        elif kind == "mark":
            items.append(Token("degree"))
        else:
            items.append(Token(kind, text if kind in ("number", "sign") else ""))  # type: ignore[arg-type]  # group names are kinds
    return Tokens(tuple(items), crs)


def _read_word(text: str, before: list[Token]) -> list[str] | None:
    """The known words that a run of letters is made of; None if there is another one."""
    if text in _AXES or text in _LABELS or text in _UNITS:
        if text in _ONLY_BEHIND_NUMBERS and not (before and before[-1].kind == "number"):
            return None
        return [text]
    if text < "\u4e00":
        return None
    words, at = [], 0
    while at < len(text):
        found = _HAN_WORD.match(text, at)
        if found is None:
            return None
        words.append(found.group())
        at = found.end()
    return words


def _token_of(word: str) -> Token:
    if word in _AXES:
        return Token("axis", _AXES[word])
    if word in _UNITS:
        return Token(_UNITS[word])
    return Token("space")


def _arabic(found: re.Match[str]) -> str:
    whole, _point, fraction = found.group().partition("点")
    if any(char in whole for char in "十百"):
        total = digit = 0
        for char in whole:
            if char in "十百":
                total += (digit or 1) * (10 if char == "十" else 100)
                digit = 0
            else:
                digit = _CHINESE_DIGITS[char]
        text = str(total + digit)
    else:
        text = "".join(str(_CHINESE_DIGITS[char]) for char in whole)
    return text + ("." + "".join(str(_CHINESE_DIGITS[char]) for char in fraction) if fraction else "")

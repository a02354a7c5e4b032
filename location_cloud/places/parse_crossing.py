"""Two roads that meet, in words: A路与B街交叉口, A路B街路口, corner of A and B, A / B, A Ecke B."""

from __future__ import annotations

import re
from collections.abc import Iterator

from location_cloud.places.parse_noise import has_han

_CALLED = re.compile(
    r"(?:的|处)?(?:十字|丁字|三岔|[Tt][字型])?(?:交叉(?:路口|口|处)?|交汇[处口]?|交会[处口]?|交界处?|交口|相交(?:的?地方|处)?|红绿灯|路口|街口|道口|拐角处?"
    r"|转角处?|口|角)(?:处|附近|那里|这里|上|旁边?)?$"
)
"""What a Chinese crossing ends with."""

_BETWEEN = re.compile(r"\s*(?:以?与|和|跟|及|同|、|/|&|×|\+|交|,|;)\s*")
_ROAD_END = re.compile("(?:大街|大道|公路|高速|街|路|道|巷|线|胡同|环)(?:[东南西北中]段)?")
_NO_CROSSING = re.compile("[一二三四五六七八九十]$")

_BEFORE_WORDS = re.compile(
    r"(?i)^(?:at\s+)?(?:the\s+)?(?:corner|intersection|crossing|junction|crossroads|ecke|kreuzung|coin|angle|croisement|"
    r"carrefour)(?:\s+(?:of|von|de|du|des|der|rue|zwischen|between))?\s+"
)
_AFTER_WORDS = re.compile(
    r"(?i)\s+(?:corner|intersection|crossing|junction|crossroads|ecke|kreuzung|risteys|risteyksessä|kulma|kulmassa)$"
)
_LATIN = re.compile("(?i)(?<![a-z])(?:and|at|of|corner)(?![a-z])")
_STRONG = re.compile(
    r"(?i)\s*(?:&|×|\s@\s|\s(?:and|und|et|ja|och|ecke|corner|x|at|cnr|meets|crosses)\s)\s*|\s*/\s*(?=[^\W\d])"
)


def list_crossings(text: str) -> Iterator[tuple[str, str]]:
    """Every way to read a text as the names of two roads that meet, the likeliest first."""
    if has_han(text):
        yield from _chinese(text)
        if _LATIN.search(text) is None:
            return
    body = _AFTER_WORDS.sub("", _BEFORE_WORDS.sub("", text, count=1), count=1)
    parts = [part.strip(" ,") for part in _STRONG.split(body)]
    parts = parts if len(parts) > 1 else [part.strip() for part in body.split(",")] if body != text else parts
    if len(parts) == 2 and all(_has_letters(part) for part in parts):
        yield parts[0], parts[1]


def _chinese(text: str) -> Iterator[tuple[str, str]]:
    end = _CALLED.search(text)
    body = (text[: end.start()] if end else text).strip(" ,")
    for between in list(_BETWEEN.finditer(body))[:4]:
        one, other = body[: between.start()].strip(), body[between.end() :].strip()
        if one and other and (end or (_ends_as_road(one) and _ends_as_road(other))):
            yield one, other
    if end or body.count(" ") == 1:
        # A路B街路口: the first road may end behind each 路, 街 ...; 路口 took the last road's own ending: A街B路口
        whole = text[: end.start() + 1] if end and text[end.start()] in "路街道" else body
        for first in list(_ROAD_END.finditer(body))[:6]:
            one, other = whole[: first.end()].strip(), whole[first.end() :].strip(" 与和")
            if len(other) > 1 and not _NO_CROSSING.match(other):
                yield one, other
                if whole != body and len(body) - first.end() > 1:
                    yield one, body[first.end() :].strip()


def _ends_as_road(text: str) -> bool:
    return any(found.end() == len(text) for found in _ROAD_END.finditer(text))


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)

"""Kilometre posts in words: K123+400, G10绥满高速 123公里400米 下行, A 5 km 12.4."""

from __future__ import annotations

import re
from dataclasses import dataclass

from location_cloud.places.numerals import NUMBER, number_of
from location_cloud.places.parse_noise import has_han

UP, DOWN = 1, 2
"""Sides as posts name them: 上行 or Z (left, rising numbers run against it), 下行 or Y (right)."""

_K = re.compile(
    r"(?<![a-zA-Z])(?P<ramp>[ZYAzya]?)[Kk]\s?(?P<km>\d{1,4})(?:\s?[+加]\s?(?P<m>\d{1,3}(?:\.\d{1,3})?)|(?P<tenths>\.\d{1,3}))?"
    r"(?:公里|千米|km)?",
)
_WORDS = re.compile(
    rf"第?(?P<km>{NUMBER})\s?(?:公里|千米|[Kk][Mm])(?:桩号?)?\s?(?:[加+零]?\s?(?P<m>{NUMBER})\s?(?:米|m(?![a-z]))?)?"
)
_WESTERN = re.compile(
    r"(?i)(?<![a-z])(?:km|kilometer|kilometre|kilomètre|pk)\s?(?P<km>\d{1,4})(?P<tenths>[.,]\d{1,3})?(?!\d)"
)
_NUMBERED = re.compile(r"(?<![A-Za-z\d])[A-Za-z]{1,2}\s?\d{1,4}(?!\d)")

_UP = re.compile("上行(?:线|方向|侧)?|左幅|左侧|左线")
_DOWN = re.compile("下行(?:线|方向|侧)?|右幅|右侧|右线")
_HEADING = re.compile(r"(?:往|去|朝|向|至)(?P<to>[\u4e00-\u9fff]{2,6}?)(?:方向|走|开|行驶)")
_AROUND = re.compile(
    r"^(?:[\s,.;:、。]|在|距|离)+|(?:[\s,.;:、。的在处]|附近|左右|大约|约|位置|里程碑|桩号|公里桩|路段|段|里程|方向|第)+$"
)
_OFFSET = re.compile("[东南西北][侧边面]?(?:方向)?(?:约|大约)?$|往前$|距离?$")
_CLASSES = {"国道": "G", "省道": "S", "县道": "X", "乡道": "Y"}
_CLASS = re.compile(
    r"(?P<before>\d{1,4})\s?(?P<name>国道|省道|县道|乡道)|(?P<named>国道|省道|县道|乡道)\s?(?P<behind>\d{1,4})"
)


@dataclass(frozen=True)
class KmPost:
    """A place on a numbered road.

    route: what the road is called, as asked; "" = not said. metres: as written on the posts. side: UP, DOWN or 0 =
    not said. is_ramp: on a ramp (AK). written: the part that says the kilometre. heading: "哈尔滨" of 往哈尔滨方向.
    """

    route: str
    metres: float
    side: int = 0
    is_ramp: bool = False
    written: str = ""
    heading: str = ""


def parse_km_post(text: str) -> KmPost | None:
    """The kilometre post that a text asks for, None if it asks for none."""
    found = _K.search(text) or (_spoken(text) if has_han(text) else _WESTERN.search(text) or _spoken(text))
    if found is None:
        return None
    parts = found.groupdict()
    metres = 1000 * number_of(parts["km"])
    if parts.get("m"):
        metres += number_of(parts["m"])
    if parts.get("tenths"):
        metres += 1000 * float("0." + parts["tenths"][1:])
    ramp = (parts.get("ramp") or "").upper()
    rest = text[: found.start()] + " " + text[found.end() :]
    side = UP if ramp == "Z" or _UP.search(rest) else DOWN if ramp == "Y" or _DOWN.search(rest) else 0
    rest = _DOWN.sub(" ", _UP.sub(" ", rest))
    heading = _HEADING.search(rest)
    if heading:
        rest = rest[: heading.start()] + " " + rest[heading.end() :]
    to = heading["to"] if heading else ""
    return KmPost(_route(rest), metres, side, ramp == "A", found.group().strip(), to)


def _spoken(text: str) -> re.Match[str] | None:
    found = _WORDS.search(text)
    if found is None or _OFFSET.search(text[: found.start()]):
        return None
    return found


def _route(rest: str) -> str:
    return " ".join(part for part in (_AROUND.sub("", part) for part in rest.split()) if part)


def route_names(route: str) -> list[str]:
    """What to look a route up by, the likeliest first: its number, the words around it, the whole.

    >>> route_names("G10绥满高速")
    ['G10', '绥满高速', 'G10绥满高速']
    """
    number = _NUMBERED.search(route)
    named = _CLASS.search(route) if number is None else None
    if named:
        letter = _CLASSES[named["name"] or named["named"]]
        return [f"{letter}{named['before'] or named['behind']}", route]
    if number is None:
        return [route] if route else []
    rest = (route[: number.start()] + " " + route[number.end() :]).strip()
    return list(dict.fromkeys(part for part in (number.group().replace(" ", ""), rest, route) if part))

"""Building, unit, floor and room of an address: XX小区3号楼2单元501室, 3栋2门501, 3-2-501, A座1203."""

from __future__ import annotations

import re
from dataclasses import dataclass

from location_cloud.places.fold import arabic_numerals

_BUILDING = (
    r"(?:第?(?P<building>[a-z]?\d{1,4}[a-z]?|[a-z])\s?(?:号(?:楼座?|栋|幢|公寓|宿舍楼?|教学楼)|#楼?|栋楼?|幢楼?|座|楼))"
)
_UNIT = r"(?:第?(?P<unit>\d{1,2}|[a-z甲乙丙丁])\s?(?:号?单元|号?门洞?|梯|号门|区))"
_FLOOR = r"(?:第?(?P<floor>-?\d{1,2})\s?(?:层|楼|f))"
_ROOM = r"(?:(?P<room>\d{2,5}[a-z]?)\s?(?:号?室|号?房间?|号房|户|号)?)"
_WRITTEN = re.compile(rf"(?i)(?<![\d-])(?:{_BUILDING}\s?)?(?:{_UNIT}\s?)?(?:{_FLOOR}\s?)?{_ROOM}?$")
_DASHED = re.compile(r"(?i)(?<![\d-])(?P<building>[a-z]?\d{1,3}[a-z]?)-(?P<unit>\d{1,2})-(?P<room>\d{2,5})室?$")
_ENDING = re.compile(r"(?i)(?:\d[a-z]?|[号楼寓舍座栋幢#元门洞梯区层f室房间户])\s*$")
"""How each of these ends. Most questions end otherwise, and to look for all of them at every letter takes 60 us."""

_NUMERAL = re.compile(r"([一二三四五六七八九十]{1,3})(?=栋|幢|座|门(?![\u4e00-\u9fff])|门\d|层|楼\d|号楼|#)")


@dataclass(frozen=True)
class AskedUnit:
    """A part of a compound or house. place: the text before it. building, unit, floor, room: "" = not said."""

    place: str
    building: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    written: str = ""


def parse_unit(text: str) -> AskedUnit | None:
    """The building, unit and room that a text ends with, None if it ends with none."""
    plain = arabic_numerals(text)
    plain = _NUMERAL.sub(lambda match: arabic_numerals(f"{match[1]}号")[:-1], plain)
    if not _ENDING.search(plain):
        return None
    found = _DASHED.search(plain) or next((each for each in _WRITTEN.finditer(plain) if each.group()), None)
    if found is None or found.start() == 0:
        return None
    parts = {name: (value or "").lower() for name, value in found.groupdict().items()}
    has_name = any(parts[name] for name in ("building", "unit")) or parts.get("floor")
    if not has_name and not found.group().endswith(("室", "房", "房间", "户")):
        return None
    return AskedUnit(plain[: found.start()].strip(" ,"), written=found.group(), **parts)

"""The number of a building within a compound, however it is written: 3号楼, 3栋, 3#, A座, Haus 3, Block C."""

from __future__ import annotations

import re
import unicodedata

from location_cloud.places.fold import arabic_numerals

_NUMBER = r"[a-z]?\d{1,4}(?:-\d{1,3})?[a-z]?|[a-z]|[甲乙丙丁]|[东西南北中][a-z\d]?"

_CHINESE = re.compile(
    rf"第?({_NUMBER})\s?(?:号(?:办公|宿舍|教学|实验|住宅|综合|病房|门诊)?(?:楼|栋|幢|公寓)|#\s?楼?|栋楼?|幢楼?|座|楼)$"
)

_KINDS = "haus|gebäude|bau|trakt|building|bldg|block|tower|wing|bâtiment|bat|immeuble|talo|rakennus|budova|корпус|房屋"
_WESTERN = re.compile(rf"(?:^|[\s,(])(?:{_KINDS})\.?\s?(?:nr\.?\s?|no\.?\s?)?([a-z]?\d{{1,4}}[a-z]?|[a-z])$")
_BEHIND = re.compile(rf"(?:^|[\s,(])([a-z]?\d{{1,4}}[a-z]?|[a-z])\.?\s(?:{_KINDS})$")
_BARE = re.compile(r"[a-z]?\d{1,4}[a-z]?|[a-z]")

_NUMERAL = re.compile("([零〇一二三四五六七八九十百]{1,5})(?=号|#|栋|幢|座|楼)")


def part_number(text: str, is_bare: bool = False) -> str:
    """The folded number that a building's name ends with, "" if it ends with none.

    is_bare: the text is known to be a number, so "12" is one, too.

    >>> part_number("书香小区十二号楼"), part_number("A3栋"), part_number("Haus 7b")
    ('12', 'a3', '7b')
    """
    return split_part(text, is_bare)[1]


def split_part(text: str, is_bare: bool = False) -> tuple[str, str]:
    """(what stands before a building's number, the number folded); ("", "") if the text ends with none.

    >>> split_part("书香小区3号楼")
    ('书香小区', '3')
    """
    if len(text) > 80:
        return "", ""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    plain = _NUMERAL.sub(lambda match: arabic_numerals(f"{match[1]}号")[:-1], plain)
    if is_bare and _BARE.fullmatch(plain):
        return "", plain
    found = _CHINESE.search(plain) or _WESTERN.search(plain) or _BEHIND.search(plain)
    if found is None:
        return "", ""
    before = plain[: found.start()].rstrip(" ,(-")
    is_cut = bool(before) and before[-1].isascii() and before[-1].isalnum()
    return ("", "") if is_cut and found.re is _CHINESE else (before, found[1])

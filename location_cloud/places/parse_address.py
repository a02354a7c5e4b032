"""House numbers in every order: 团结大街202号, 88弄3支弄5号, 146 世纪巷, Hauptstr. 5a, 12 bis rue X, Tie 12 B 34."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from location_cloud.places.fold import arabic_numerals
from location_cloud.places.parse_noise import has_han

MAX_PARTS = 6

_STEM = "[甲乙丙丁戊附]?"
_CHINESE = re.compile(
    rf"(?P<number>{_STEM}\d{{1,5}}[甲乙丙丁a-zA-Z]?(?:\s?[-~–]\s?\d{{1,4}})?(?:附\d{{1,3}})?)\s?[号號]"
    r"(?!楼(?![下前后上里内道梯底])|栋|幢|线|井|站|公路|泵|桥|路|街|院?小区|宿舍|公寓|地|厂|矿|教学|单元|码头|计量|转油|联合|门(?!市|面|前|口|牌))"
    r"(?P<more>(?:之|附|-)\d{1,3}号?|[甲乙丙丁](?!级))?(?:大?院|门牌|门面|门市|底商)?"
)
_LANE = re.compile(r"(?P<number>\d{1,5}弄(?:\d{1,3}支弄)?(?:\d{1,4}号)?)")
_WELL = re.compile(r"[-\d]$")

_LETTER = r"(?:\s?(?:bis|ter|quater|[a-z甲乙丙丁]))"
_WESTERN = re.compile(
    rf"(?<![\w.])\d{{1,5}}(?:{_LETTER}(?!\w))?(?:\s?[-–/]\s?\d{{1,4}}(?:{_LETTER}(?!\w))?|\s?[-–]\s?[a-z](?!\w))?(?!\w|\.)",
    re.IGNORECASE,
)
_STAIR = re.compile(r"(?i)^(?P<unit>[a-z])?\s?(?P<room>\d{1,3})?(?![\w])")
_APARTMENT = re.compile(
    r"(?i)[\s,]+(?:apt|apartment|unit|flat|suite|app|appt|wohnung|whg|as|bst|#)\.?\s?(?P<room>\w{1,5})\s*$"
)
_NUMBER_WORD = re.compile(r"(?i)(?<!\w)(?:no|nr|nro|number|hausnummer|haus|house|n°|nº|№)\s?\.?:?\s?(?=\d)")
_HAO = re.compile(r"(?i)(?<=\d)\s?hao(?![a-z])")

_NO_SPACE = re.compile(r"(?:(?<=[^\W\d_]{3})|(?<=[^\W\d_]{2}\.))(?=\d)")
"""Where a word and a number touch: mannerheimintie10, Hauptstr.5; after fewer letters it is a road's number, G10."""


@dataclass(frozen=True)
class AskedHouse:
    """One way to read a question as a house on a street.

    street, number: as asked. context: words that should say where. rest: what follows the number in Chinese order
    (a compound, a building, the caller's story). unit, room: behind the number, 12 B 34. taken_off: last words of the
    street, taken for a town's name; the reading makes sense only if they are one.
    """

    street: str
    number: str
    context: tuple[str, ...] = ()
    rest: str = ""
    unit: str = ""
    room: str = ""
    taken_off: str = ""


def list_asked_houses(text: str) -> Iterator[AskedHouse]:
    """Every way to read a text (in Unicode's compatibility form) as street and house number, the likeliest first."""
    plain = arabic_numerals(text) if has_han(text) else _HAO.sub("", _NUMBER_WORD.sub("", text))
    if has_han(plain):
        yield from _chinese(plain)
    yield from _western(plain)
    spaced = _NO_SPACE.sub(" ", plain)
    if spaced != plain:
        yield from _western(spaced)


def _chinese(plain: str) -> Iterator[AskedHouse]:
    for found in _CHINESE.finditer(plain):
        street = plain[: found.start()].strip(" ,、。;")
        if not street or _WELL.search(street):
            continue
        number = found["number"] + (found["more"] or "").removesuffix("号")
        rest = plain[found.end() :].strip(" ,、。")
        lane = _LANE.search(street)
        if lane and lane.end() == len(street):
            yield AskedHouse(street[: lane.start()], f"{lane.group()}{number}号", (), rest)
        yield AskedHouse(street, number.replace(" ", ""), (), rest)
    if "弄" in plain:
        for found in _LANE.finditer(plain):
            if found.start():
                yield AskedHouse(plain[: found.start()], found["number"], (), plain[found.end() :].strip(" ,、。"))


def _western(plain: str) -> Iterator[AskedHouse]:
    apartment = _APARTMENT.search(plain)
    room = apartment["room"] if apartment else ""
    parts = _joined([part.strip() for part in re.split(r"[,;\n]", plain[: apartment.start()] if apartment else plain)])
    for place, part in enumerate(parts[:MAX_PARTS]):
        others = tuple(parts[:place] + parts[place + 1 :])
        numbers = list(_WESTERN.finditer(part))[:4]
        for found in reversed(numbers):
            before, after = part[: found.start()].strip(), part[found.end() :].strip()
            number = " ".join(found.group().split())
            if _has_letters(before):
                unit, flat, rest = _stairs(number, after)
                if unit or flat:
                    yield AskedHouse(before, number, (*others, rest) if rest else others, "", unit, flat or room)
                yield AskedHouse(before, number, (*others, after) if after else others, "", "", room)
            elif _has_letters(after) and not before:
                yield AskedHouse(after, number, others, "", "", room)
                words = after.split()
                for count in range(1, min(3, len(words))):  # 12 Main Street Springfield
                    town = " ".join(words[-count:])
                    yield AskedHouse(" ".join(words[:-count]), number, (*others, town), "", "", room, town)


def _joined(parts: list[str]) -> list[str]:
    """Parts between commas, a bare number with the street it belongs to: "12, rue X", "Via X, 12"."""
    joined: list[str] = []
    for part in parts:
        is_bare = part[:1].isdigit() and _WESTERN.fullmatch(part) is not None and len(part) < 5
        is_behind = is_bare and bool(joined) and not any(char.isdigit() for char in joined[-1])
        is_street = bool(part and joined and joined[-1][:1].isdigit()) and _WESTERN.fullmatch(joined[-1]) is not None
        if is_behind or is_street:
            joined[-1] = f"{joined[-1]} {part}"
        elif part:
            joined.append(part)
    return joined


def _stairs(number: str, after: str) -> tuple[str, str, str]:
    """(staircase, flat, what is left) behind a number, as in Finland: 12 B 34."""
    found = _STAIR.match(after)
    letter = number[-1] if number[-1].isalpha() and " " in number else ""
    if found is None or not (found["unit"] or (letter and found["room"])):
        return "", "", after
    unit = (found["unit"] or letter).upper()
    return unit, found["room"] or "", after[found.end() :].strip()


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)

"""What a caller's story says: known names anywhere in it, and what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from location_cloud.places.fold import arabic_numerals, fold
from location_cloud.places.lookup import Lookup, list_splits
from location_cloud.places.model import POI, ROAD, SETTLEMENT
from location_cloud.places.numerals import NUMBER, number_of
from location_cloud.places.parse_noise import has_han

MAX_ROAD_ENDS, MAX_ROAD_CHARS, MAX_ROADS = 8, 12, 4
MAX_COMPOUND_CHARS = 14
MAX_AREA_STARTS = 24
MAX_WORDS, MAX_STREET_WORDS, LEAST_STREET = 16, 6, 5

BETWEEN = "|"
"""Between the road and the two others of a section's text."""

MAX_BETWEEN = 14
"""Characters between a street and its number: 白桦大道呢，就是那个100号."""

_ROAD_END = re.compile("(?:大街|大道|公路|[街路道巷线])(?:[东南西北中]段)?")
_CROSSING = re.compile(
    r"交叉|交[汇会界口]|相交|路口|街口|道口|十字|丁字|三岔|红绿灯|转盘|环岛|拐[角弯]|转[角弯]|[街路道巷]口|^口|[×&/]|(?i:corner|crossing|intersection|junction|\b(?:and|at)\b)"
)
_CORNER = re.compile(r"(?i)\b(?:corner|crossing|intersection|junction)\b")
_UP_TO = re.compile("[至到]|之间")
_NUMBER_BEHIND = re.compile(
    rf"^(?P<between>\D{{0,{MAX_BETWEEN}}}?)(?P<number>[甲乙丙丁]?\d{{1,5}}[甲乙丙丁a-zA-Z]?)\s?号(?!楼|栋|幢|线|井|院?小区)"
)
_NUMBER_CALLED = re.compile(r"^[\s,的]{0,2}(?:门牌号?码?|号码)\s?[是为:]?\s?(?P<number>\d{1,5}[甲乙丙丁a-zA-Z]?)(?!\d)")
_NUMBER_LAST = re.compile(
    r"^\s?(?P<number>\d{1,5}[甲乙丙丁a-zA-Z]?)(?![\d.+\-:公千里层楼米年月日时点分秒人个名辆台车岁路号栋幢座弄线])"
)
"""Directly behind the street, and nothing that is counted."""

_MISHEARD = re.compile(
    r"(?P<road>[\u4e00-\u9fff\d]{1,8}?(?:大街|大道|答道|[街路道巷]))\s?(?P<number>\d{1,5}[甲乙丙丁]?)"
    r"(?:\s?号|(?![\d层楼米年月日时人个辆台]))"
)
_NUMBER_BEFORE = re.compile(r"(?P<number>\d{1,5}[甲乙丙丁a-zA-Z]?)\s?号[\s,、]{1,3}$")
_WESTERN_NUMBER = re.compile(r"(?i)\d{1,4}[a-z]?(?:[-/]\d{1,4}[a-z]?)?")
_POSTCODE = re.compile(r"\d{5}")
_NUMBER_SIGNS = ("nr", "no", "n°", "hausnummer", "numéro", "number", "höhe")
_BUILDING = re.compile(
    r"(?i)第?(?P<building>(?<![\d-])[a-z]?\d{1,4}[a-z]?|(?<![a-z])[a-z])\s?(?:号(?:楼座?|栋|幢|公寓|宿舍楼?)|#\s?楼?|栋楼?|幢楼?|座(?!桥)|号?楼(?=[东西]?侧?\d?单元))"
)
_INSIDE = re.compile(
    r"(?i)^[\s,、的]*(?:第?(?P<unit>\d{1,2}|[甲乙丙丁a-z])\s?(?:号?单元|门洞?(?!口)|梯))?[\s,、的]*"
    r"(?:(?P<floor>\d{1,2})\s?(?:层|楼))?[\s,、]*(?:(?P<room>\d{3,5}[a-z]?)\s?(?:号?室|房间?|户|号)?(?!\d))?"
)
_NUMERAL = re.compile("([一二三四五六七八九十]{1,3})(?=栋|幢|座|门洞|号楼|#|层)")
_BEFORE_BUILDING = [
    re.compile(rf"{inside}[\s,、的]*$")
    for inside in ("", "(?:里面|里边|院内|院里|里|内)?", "(?:小区|家属院|大院|院)?(?:里面|里边|院内|院里|里|内)?")
]
_KILOMETRE = re.compile(
    rf"(?i)k?\s?(?P<km>\d{{1,4}}|{NUMBER})\s?(?:公里|千米|km|k)?(?:桩号?)?\s?(?:[+加]|零)\s?(?P<m>\d{{1,3}}|{NUMBER})\s?(?:m(?![a-z])|米)?"
    rf"|k\s?(?P<bare>\d{{1,4}})(?:公里)?|(?P<spoken>\d{{1,4}}|{NUMBER})\s?(?:公里|千米|km)(?:处|桩)?(?:(?P<rest>\d{{1,3}}|{NUMBER})\s?米)?"
)
_SIDES = re.compile("上行|下行")


@dataclass(frozen=True)
class Said:
    """One thing that a text says, in the form that the grammar reads.

    form: "km_post", "section", "crossing", "unit" or "address". text: as the grammar reads it, with the area said.
    left: the words that have no part in it. is_clear: a word says that it is this; two streets alone may be a way.
    """

    form: str
    text: str
    left: str
    is_clear: bool = True


def list_anchored(lookup: Lookup, text: str) -> Iterator[Said]:
    """What a text says of known roads, compounds and routes, wherever they stand in it, the likeliest first."""
    if not has_han(text):
        yield from _km_posts(lookup, text)
        yield from _western_houses(lookup, text)
        return
    plain = _NUMERAL.sub(lambda match: arabic_numerals(f"{match[1]}号")[:-1], arabic_numerals(text))
    yield from _km_posts(lookup, plain)
    roads = _known_roads(lookup, plain)
    around = _first_area(lookup, plain[: roads[0][0]] if roads else plain)
    yield from _units(lookup, plain, around)
    yield from _houses(plain, roads, around)
    yield from _crossings(plain, roads, around)
    if not roads:
        yield from _misheard(lookup, plain, around)


def _known_roads(lookup: Lookup, text: str) -> list[tuple[int, int]]:
    """(start, end) of the roads' names in a text, the longest ones, in its order."""
    roads: list[tuple[int, int]] = []
    for end in list(_ROAD_END.finditer(text))[:MAX_ROAD_ENDS]:
        least = roads[-1][1] if roads else 0
        starts = [at for at in range(max(least, end.end() - MAX_ROAD_CHARS), end.start()) if text[at].isalnum()]
        start = next((at for at in starts if len(lookup.exact(text[at : end.end()], (ROAD,)).doc)), -1)
        if start >= 0:
            roads.append((start, end.end()))
    return roads[:MAX_ROADS]


def _first_area(lookup: Lookup, text: str) -> str:
    """The areas that a text says in one run, "" if none."""
    for start in range(min(len(text) - 1, MAX_AREA_STARTS)):
        if lookup.begins_area(text[start : start + 2]):
            splits = list_splits(lookup, text[start:])
            sure = [split for split in splits[1:] if split.around[-1].is_sure]
            if sure:
                return "".join(said.text for said in sure[-1].around)
    return ""


def _km_posts(lookup: Lookup, text: str) -> Iterator[Said]:
    refs, names = lookup.places.route_ref.as_list(), lookup.places.route_name.as_list()
    lower = text.lower()
    called = {name.lower() for name in [*refs, *names] if name and name.lower() in lower}
    for name in sorted(called, key=lambda name: (-len(name), name)):
        at = lower.find(name)
        if at and lower[at - 1].isascii() and lower[at - 1].isalnum():
            continue
        end = at + len(name)
        for found in list(_KILOMETRE.finditer(text, end))[:1]:
            km, metres = found["km"] or found["bare"] or found["spoken"], found["m"] or found["rest"]
            side = _SIDES.search(text)
            written = (
                f"{name} K{number_of(km):.0f}+{number_of(metres) if metres else 0:03.0f} {side.group() if side else ''}"
            )
            yield Said("km_post", written, _left(text, (at, end), found.span()))


def _units(lookup: Lookup, text: str, around: str) -> Iterator[Said]:
    for found in list(_BUILDING.finditer(text))[:2]:
        inside = _INSIDE.match(text[found.end() :])
        parts = inside.groupdict() if inside else {}
        end = found.end() + (inside.end() if inside else 0)
        written = f"{found['building']}号楼" + "".join(
            f"{parts[name]}{word}"
            for name, word in (("unit", "单元"), ("floor", "层"), ("room", "室"))
            if parts.get(name)
        )
        before = text[: found.start()]
        for place in dict.fromkeys(ending.sub("", before) for ending in _BEFORE_BUILDING):
            starts = range(max(0, len(place) - MAX_COMPOUND_CHARS), len(place) - 1)
            start = next((at for at in starts if _is_compound(lookup, place[at:])), -1)
            if start >= 0:
                left = _left(text, (start, len(place)), (found.start(), end))
                yield Said("unit", f"{around}{place[start:]}{written}", left)
                break
        behind = text[end:].lstrip(" ,、")
        size = next(
            (n for n in range(min(MAX_COMPOUND_CHARS, len(behind)), 2, -1) if _is_compound(lookup, behind[:n])), 0
        )
        if size and not before.strip():
            yield Said("unit", f"{around}{behind[:size]}{written}", behind[size:].strip(" ,、"))


def _is_compound(lookup: Lookup, name: str) -> bool:
    found = lookup.exact(name, (POI, SETTLEMENT))
    return bool(len(found.doc)) and fold(name) != "" and not name[0].isdigit()


def _misheard(lookup: Lookup, text: str, around: str) -> Iterator[Said]:
    """A street that nothing here is called, behind an area: its name may be misspelt."""
    if not around:
        return
    at = next((end for end in range(2, len(text)) if fold(text[:end]).endswith(around)), -1)
    found = _MISHEARD.search(text, at) if at > 0 else None
    if found and found.start() - at <= 4:
        start = at - len(around)
        yield Said(
            "address", f"{around}{found['road']}{found['number']}号", _left(text, (max(start, 0), at), found.span())
        )


def _western_houses(lookup: Lookup, text: str) -> Iterator[Said]:
    """A street of known name with a number beside it, and a postcode or town among the other words."""
    words = text.replace(",", " ").split()[:MAX_WORDS]
    for size in range(min(MAX_STREET_WORDS, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            name, end = " ".join(words[start : start + size]), start + size
            if len(name) < LEAST_STREET or not len(lookup.exact(name, (ROAD,)).doc):
                continue
            if end < len(words) and words[end].lower().rstrip(".") in _NUMBER_SIGNS:
                end += 1
            if end < len(words) and _WESTERN_NUMBER.fullmatch(words[end]):
                behind = end + 1
                if re.fullmatch("[a-zA-Z]", "".join(words[behind : behind + 1])):  # 12 B is not 12
                    behind += 1
                number, others = "".join(words[end:behind]), words[:start] + words[behind:]
            elif start and _WESTERN_NUMBER.fullmatch(words[start - 1]):
                number, others = words[start - 1], words[: start - 1] + words[end:]
            else:
                continue
            towns = [
                word for word in others if _POSTCODE.fullmatch(word) or (len(word) > 3 and lookup.said(fold(word)))
            ]
            for context in dict.fromkeys((", ".join([f"{name} {number}", *towns]), f"{name} {number}")):
                yield Said("address", context, " ".join(word for word in others if word not in towns))
            return


def _houses(text: str, roads: list[tuple[int, int]], around: str) -> Iterator[Said]:
    for place, (start, end) in enumerate(roads):
        until = roads[place + 1][0] if place + 1 < len(roads) else len(text)
        behind = text[end:until]
        found = _NUMBER_BEHIND.search(behind) or _NUMBER_CALLED.search(behind) or _NUMBER_LAST.search(behind)
        if found:
            left = _left(text, (start, end), (end + found.start("number"), end + found.end()))
            yield Said("address", f"{around}{text[start:end]}{found['number']}号", left)
        elif number := _NUMBER_BEFORE.search(text[:start]):
            left = _left(text, (start, end), number.span())
            behind_area = around or fold(text[end:].strip(" ,、"))
            yield Said("address", f"{behind_area}{text[start:end]}{number['number']}号", left)


def _crossings(text: str, roads: list[tuple[int, int]], around: str) -> Iterator[Said]:
    if len(roads) > 2 and _UP_TO.search(text[roads[1][1] :]):
        names_of = [text[start:end] for start, end in roads[:3]]
        yield Said("section", f"{around}{BETWEEN.join(names_of)}", _left(text, *roads[:3]))
    for place, one in enumerate(roads):
        for other in roads[place + 1 :]:
            between = text[one[1] : other[0]]
            is_clear = bool(_CROSSING.search(text[one[1] :]) or _CORNER.search(text)) and len(between) <= MAX_BETWEEN
            names = text[one[0] : one[1]], text[other[0] : other[1]]
            yield Said("crossing", f"{around}{names[0]}与{names[1]}交叉口", _left(text, one, other), is_clear)


def _left(text: str, *taken: tuple[int, int]) -> str:
    """The words of a text outside some spans."""
    parts, at = [], 0
    for start, end in sorted(taken):
        parts.append(text[at:start])
        at = max(at, end)
    parts.append(text[at:])
    return " ".join(part.strip(" ,、。;:") for part in parts if part.strip(" ,、。;:"))

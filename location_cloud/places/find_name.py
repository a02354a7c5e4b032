"""Places by their names, with the areas said around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.fuzz import partial_ratio_alignment

from location_cloud.areas.model import LEVELS, Areas
from location_cloud.places.fold import fold
from location_cloud.places.found import ENOUGH, SURE, Found, share_understood
from location_cloud.places.lookup import OUTSIDE, Lookup, Said, find_exact_inside, list_splits, split_said
from location_cloud.places.match import FIRST_HAN, Matches
from location_cloud.places.model import (
    AREA,
    KINDS,
    LEVEL_OF_AREA,
    LEVEL_POI,
    LEVEL_ROAD,
    METRES_PER_DEGREE,
    POI,
    ROAD,
    SETTLEMENT,
    Places,
)
from location_cloud.places.parse_noise import has_han
from location_cloud.places.parts import split_part
from location_cloud.places.wording import WORDING

_WHICH = (
    "(?:我们?|他|她)?(?:这里?|那里?|附近|前[面方]|[后对]面|旁边|周围|我们?家)?"
    "的?[有是]?(?:[一1这那某哪]?[个家条座处所])?的?"
)
_SORTS = "|".join(map(re.escape, sorted(WORDING.vague, key=lambda word: (-len(word), word))))
_VAGUE = re.compile(rf"{_WHICH}(?:{_SORTS})?|\d{{1,5}}(?:号楼?|室|米|公里)?")
"""Folded: a sort of place, without a name, or a number alone."""

BESIDE_ROAD_M = 250.0
"""How far from a vertex of its street's line a place may lie: a vertex at least every grid cell of 222 m."""

MAX_ROAD_ENDS, MAX_ON_STREET, MAX_VERTICES = 3, 40, 2000

_ROAD_END = re.compile("(?:大街|大道|公路|[街路道巷])")
_SORT = re.compile("(?<=..)(?:小区|家属院|大院|院|屯|村)$")
"""What callers add to a compound's or village's name."""

_GAP = re.compile(r"(?<=[A-Za-z\d])\s+(?=[A-Za-z]?\d)")
"""Between the numbers of an oil well, as spoken: 喇14 33 1."""

SURE_NAME = 0.9
"""Likeness from which a whole question counts as understood: one slip in ten letters."""

SHARED_PERCENT = 60.0
"""Likeness of a run of letters below which it is not what the name answers."""

MOST_OF_AN_AREA = 0.66
"""Most that an area scores while part of the question is not understood."""

GUESS = ENOUGH - 0.02
"""Score of a name that is only like a word which names nothing."""

MOST_OF_A_NUMBER = 0.66
"""Most that a building called by its number alone scores: every compound has a 3号楼."""

IN_ITS_AREA = 0.06
"""What lies in the area that was said is worth so much more; not if one letter is all that is left of its name: what
begins with all the letters is likelier."""

WORTH = 0.25
"""Names so much less like the question than the best one are no answers beside it."""


def find_named(lookup: Lookup, text: str) -> list[Found]:
    """The text as a name: exactly, in the areas it begins with; else whole, on a street, beside other words.

    A text that names only a sort of place (一个加油站, 路口) or a number is no name: what is like it scores as a guess,
    unless a category, focus or area narrows it.
    """
    found = _find_named(lookup, text)
    is_narrowed = lookup.wish.category or lookup.wish.focus or lookup.wish.area >= 0
    folded = fold(text)
    if is_narrowed or not _VAGUE.fullmatch(folded):
        return found

    def is_called_so(each: Found) -> bool:  # 怡园 only sounds like 医院
        return each.score >= SURE and (not has_han(text) or folded in fold(each.name))

    return [each if is_called_so(each) else replace(each, score=min(each.score, GUESS)) for each in found]


def _find_named(lookup: Lookup, text: str) -> list[Found]:
    split, inside = find_exact_inside(lookup, text, ())
    found = list(ranked(lookup, inside, split.rest, split.around))
    if any(each.score >= SURE for each in found):
        return found
    if _SORT.search(split.rest):  # 衡阳公寓小区 is 衡阳公寓
        split, inside = find_exact_inside(lookup, _SORT.sub("", text), (POI, SETTLEMENT))
        inside = Matches(inside.doc, SURE * inside.score)
        found += ranked(lookup, inside, split.rest, split.around)
        if any(each.score >= SURE for each in found):
            return found
    for asked in dict.fromkeys((text, _GAP.sub("-", text))):
        found += ranked(lookup, lookup.named(asked), asked, [])
    if any(each.score >= SURE for each in found):
        return found
    splits = list_splits(lookup, text)
    around, rest = split_said(lookup, text)
    if around and rest:
        found += ranked(lookup, lookup.named(rest), rest, around)
        found += _areas_only(lookup, around, text, rest)
    elif splits[-1].around and not splits[-1].rest:
        found += _areas_only(lookup, splits[-1].around, text, "")
    found += find_on_street(lookup, around, rest)
    for name, context in _name_and_context(text):
        said = lookup.said_in(context)
        if said:
            found += ranked(lookup, lookup.named(name), name, [said])
        elif "," in text:
            found += ranked(lookup, lookup.named(name), name, [], context)
    return found


def find_on_street(lookup: Lookup, around: list[Said], text: str) -> Iterator[Found]:
    """Places called by their street, too: 世纪路老巷口汉堡 is 老巷口汉堡(世纪路店), or one so called on the street."""
    for end in list(_ROAD_END.finditer(text))[:MAX_ROAD_ENDS]:
        road, name = text[: end.end()], text[end.end() :].removeprefix("的").strip()
        rows = lookup.exact(road, (ROAD,)).doc
        if len(name) < 2 or not len(rows):
            continue
        yield from ranked(lookup, lookup.named(f"{name}{road}店"), f"{name}{road}", around)
        called = lookup.named(name, (POI,))
        best = called.doc[np.argsort(-called.score, kind="stable")[:MAX_ON_STREET]]
        keep = np.isin(called.doc, best)
        doc, score = called.doc[keep], called.score[keep]
        off_m = np.min(
            [road_distance_m(lookup.places, int(row), lookup.places.lonlat[doc]) for row in rows[:8]], axis=0
        )
        near = Matches(doc, score * np.where(off_m <= BESIDE_ROAD_M, 1.0, OUTSIDE))
        yield from ranked(lookup, near, name, around)


def line_of(places: Places, road: int) -> NDArray[np.float64]:
    """(v, 2) degrees: vertices of a road's line, at most MAX_VERTICES; its middle if it has none."""
    low, high = np.searchsorted(places.segment_road, (road, road + 1))
    start = places.segment_vertex[low:high]
    if not len(start):
        return np.asarray(places.lonlat[road])[None, :]
    return np.asarray(places.vertex[np.unique(np.r_[start, start + 1])[:MAX_VERTICES]] / 1e7)


def road_distance_m(places: Places, road: int, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from each point to the nearest vertex of a road's line, whose segments are no longer than a grid cell."""
    vertices = line_of(places, road)
    shrink = np.cos(np.radians(vertices[0, 1]))
    away = (lonlat[:, None, :] - vertices[None, :, :]) * (shrink, 1.0)
    return np.asarray(np.hypot(away[..., 0], away[..., 1]).min(axis=1) * METRES_PER_DEGREE)


def ranked(lookup: Lookup, matches: Matches, asked: str, around: list[Said], unmatched: str = "") -> Iterator[Found]:
    """The best of some places as answers.

    asked: what their names answer. around: areas that they should lie in. unmatched: what else was asked.
    """
    doc = matches.doc
    if not len(doc):
        return
    places, wish = lookup.places, lookup.wish
    inside = lookup.factor(doc, around)
    score = matches.score * inside * (0.93 if unmatched else 1.0)
    rank = score + 0.08 * places.importance[doc] + 0.12 * lookup.nearness(doc)
    rank = rank + (IN_ITS_AREA if around and len(asked) > 1 else 0.0) * (inside == 1.0)
    first = -np.rint(100 * score) if wish.is_by_confidence else np.zeros(len(doc))
    order = np.lexsort((doc, -rank, first))[: wish.limit]
    least = max(float(score.max()) - WORTH, 0.4)
    for place in order[score[order] >= least].tolist():
        yield _named(lookup, int(doc[place]), float(score[place]), float(rank[place]), asked, around, unmatched)


def level_of(places: Places, areas: Areas, row: int) -> str:
    """The level of a place as Chinese map services name them."""
    kind = places.kind[row]
    if kind == AREA:
        return LEVEL_OF_AREA[LEVELS[areas.level[places.area[row]]]]
    if kind == SETTLEMENT:
        category = places.categories[places.category[row]]
        return {"place=city": "市", "place=town": "乡镇"}.get(category, "村庄")
    return LEVEL_ROAD if kind == ROAD else LEVEL_POI


def said_parts(around: list[Said]) -> tuple[tuple[str, str], ...]:
    """What the areas of a question were taken for."""
    return tuple((each.text, "area") for each in around)


def _areas_only(lookup: Lookup, around: list[Said], text: str, rest: str) -> Iterator[Found]:
    last = np.array(around[-1].rows)
    if lookup.wish.kinds and not set(lookup.wish.kinds) & set(lookup.places.kind[last].tolist()):
        return
    understood = share_understood(text, rest)
    factor = lookup.factor(last, around[:-1])
    for place in np.lexsort((last, -lookup.places.importance[last], -factor))[:4].tolist():
        row = int(last[place])
        score = min(0.5 + 0.5 * understood, MOST_OF_AN_AREA) if rest else 1.0
        lon, lat = lookup.places.lonlat[row].tolist()
        if not lookup.holds((lon, lat)):
            continue
        yield Found(
            kind=KINDS[lookup.places.kind[row]],
            level=level_of(lookup.places, lookup.areas, row),
            name=lookup.places.name[row],
            row=row,
            lonlat=(lon, lat),
            accuracy_m=float(lookup.places.accuracy_m[row]),
            precise=False,
            score=score * float(factor[place]),
            matched=said_parts(around),
            unmatched=rest,
            rank=score * float(factor[place]) + 0.08 * float(lookup.places.importance[row]),
            comprehension=understood,
        )


def _name_and_context(text: str) -> Iterator[tuple[str, str]]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > 1:
        yield parts[0], " ".join(parts[1:])
        return
    words = text.split()
    if 1 < len(words) <= 8 and not has_han(text):
        yield " ".join(words[:-1]), words[-1]
        yield " ".join(words[1:]), words[0]
    elif len(words) == 2:
        yield words[0], words[1]


def _named(
    lookup: Lookup, row: int, score: float, rank: float, asked: str, around: list[Said], unmatched: str
) -> Found:
    places = lookup.places
    kind = int(places.kind[row])
    lon, lat = places.lonlat[row].tolist()
    score = min(score, MOST_OF_A_NUMBER if kind == POI and _is_number_only(places.name[row]) else 1.0)
    understood, left_over = _understood(asked, places.name[row], score)
    rest = " ".join(part for part in (left_over, unmatched) if part)
    return Found(
        kind=KINDS[kind],
        level=level_of(places, lookup.areas, row),
        name=places.name[row],
        row=row,
        lonlat=(lon, lat),
        accuracy_m=float(places.accuracy_m[row]),
        precise=kind == POI and score >= 0.97,
        score=score,
        matched=(*said_parts(around), (understood, KINDS[kind])),
        unmatched=rest,
        rank=rank,
        comprehension=share_understood(asked + unmatched, rest),
    )


def _is_number_only(name: str) -> bool:
    """Whether a name is one of many of its sort: 3号楼, B座."""
    before, number = split_part(name)
    return bool(number) and not before


def _understood(asked: str, name: str, score: float) -> tuple[str, str]:
    """The part of the question that a name answers, and the rest; all of it where the name is as good as equal.

    A name found by its pinyin or another of its names shares no run of letters with the question: then, too, all of it.
    """
    if score >= SURE_NAME or len(asked.lower()) != len(asked):
        return asked, ""
    found = partial_ratio_alignment(asked.lower(), name.lower())
    if found is None or found.score < SHARED_PERCENT:
        return asked, ""
    start, end = found.src_start, found.src_end
    while 0 < end < len(asked) and _is_one_word(asked[end - 1], asked[end]):
        end += 1
    rest = (asked[:start].strip(), asked[end:].strip())
    return asked[start:end], " ".join(part for part in rest if part)


def _is_one_word(one: str, next_one: str) -> bool:
    """Whether two neighbours belong together: both letters of an alphabet, or both digits."""
    are_letters = one.isalpha() and next_one.isalpha() and max(one, next_one) < FIRST_HAN
    return are_letters or (one.isdigit() and next_one.isdigit())

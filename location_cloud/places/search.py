"""From words to places: typed forms first, then names, ranked by likeness, context, focus and importance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.fuzz import partial_ratio_alignment

from location_cloud.areas.model import LEVELS, Areas
from location_cloud.places.fold import fold, fold_words
from location_cloud.places.houses import find_house, fold_number
from location_cloud.places.match import (
    FIRST_HAN,
    Matches,
    distance_m,
    find_context,
    is_in_context,
    match_names,
    nearness,
    split_areas,
)
from location_cloud.places.model import (
    AREA,
    KINDS,
    LEVEL_ADDRESS,
    LEVEL_CELL,
    LEVEL_COORDINATE,
    LEVEL_OF_AREA,
    LEVEL_POI,
    LEVEL_ROAD,
    ROAD,
    SETTLEMENT,
    Places,
)
from location_cloud.places.parse import AskedHouse, list_asked_houses, parse_cell, parse_coordinates
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import Crs, as_wgs84

ENOUGH = 0.62
"""Likeness below which a place is no answer, only the best guess: two of three letters differ there."""

SURE_NAME = 0.9
"""Likeness from which a whole question counts as understood: one slip in ten letters."""

SHARED_PERCENT = 60.0
"""Likeness of a run of letters below which it is not what the name answers."""

STREET_ENOUGH = 0.74
"""Likeness that a street needs before its house numbers are looked at."""

NO_HOUSE = 0.76
"""Share of a street's likeness that is left where it has no such number: under 0.8 of an estimated one, over
match.OTHER_NUMBER of names that only hold the street's."""

OUTSIDE = 0.78
"""Share of a house's likeness that is left where it lies outside the area or town asked for: also under 0.8."""

MAX_STREETS = 60

MAX_READINGS = 5
"""Ways to read one question as a house; a text full of numbers has dozens, and none of them helps."""


@dataclass(frozen=True)
class Found:
    """One answer.

    row: place, or house if is_house; -1 = a position of its own. precise: the thing itself, not something around it.
    confidence: 0 to 100. accuracy_m: radius that holds it with 95 %. matched: part of the question -> what it was
    taken for. unmatched: what nobody understood. rank: for sorting, the larger the better.
    """

    kind: str
    level: str
    name: str
    row: int
    lonlat: tuple[float, float]
    accuracy_m: float
    precise: bool
    confidence: int
    matched: tuple[tuple[str, str], ...]
    unmatched: str
    rank: float
    street: str = ""
    number: str = ""
    house_row: int = -1


@dataclass(frozen=True)
class Wish:
    """Where and how the caller looks: focus pulls, bbox (degrees) excludes.

    focus, bbox: WGS-84. crs: in which coordinates in the text are written. is_typing: the text may go on.
    """

    focus: tuple[float, float] | None = None
    bbox: Bbox | None = None
    limit: int = 10
    crs: Crs = "wgs84"
    is_typing: bool = False

    @property
    def is_by_confidence(self) -> bool:
        """Whether answers are sorted by confidence; near a focus and while typing, rank knows better."""
        return self.focus is None and not self.is_typing


def find_places(places: Places, areas: Areas, text: str, wish: Wish) -> list[Found]:
    """Answers to a question, the best first; those below ENOUGH only if there is nothing better.

    Sorted by confidence, equal ones by rank (context, importance); with a focus by rank alone.
    """
    lonlat = parse_coordinates(text)
    if lonlat is not None:
        return [_coordinates(text, lonlat, wish.crs)]
    cell = parse_cell(text)
    if cell is not None:
        return [_cell(text, *cell)]
    found = [*_by_name(places, areas, text, wish)]
    if not any(each.confidence >= 97 and fold(each.name) == fold(text) for each in found):
        found += _by_house(places, areas, text, wish)
    return _each_once(_sorted(found, wish))[: wish.limit]


def _sorted(found: list[Found], wish: Wish) -> list[Found]:
    def key(each: Found) -> tuple[int, float, int, int]:
        return (-each.confidence if wish.is_by_confidence else 0, -each.rank, each.row, each.house_row)

    return sorted(found, key=key)


def _coordinates(text: str, asked: tuple[float, float], crs: Crs) -> Found:
    lon, lat = as_wgs84([asked], crs)[0]
    name = ",".join(f"{number:.8f}".rstrip("0").rstrip(".") for number in asked)
    matched = ((text.strip(), "coordinates"),)
    return Found("coordinates", LEVEL_COORDINATE, name, -1, (float(lon), float(lat)), 1.0, True, 100, matched, "", 2.0)


def _cell(text: str, system: str, box: Bbox) -> Found:
    corner, centre = np.array((box.west, box.south)), np.array(box.centre)
    radius_m = float(distance_m(corner, centre))
    code = text.strip().upper()
    return Found("cell", LEVEL_CELL, code, -1, box.centre, round(radius_m, 2), True, 100, ((code, system),), "", 2.0)


def _by_name(places: Places, areas: Areas, text: str, wish: Wish) -> Iterator[Found]:
    """The whole text as a name; then with the areas it begins with, or the words behind the comma, as context."""
    whole = match_names(places, text)
    yield from _ranked(places, areas, whole, text, wish, [], "")
    if len(whole.score) and whole.score.max() >= 0.999:
        return
    around, rest = split_areas(places, areas, text)
    if around and rest:
        inside = match_names(places, rest)
        yield from _ranked(places, areas, inside, rest, wish, around, "")
    elif around:
        matches = Matches(np.array(around[-1:]), np.ones(1))
        yield from _ranked(places, areas, matches, text, wish, around[:-1], "")
    for name, context in _name_and_context(text):
        settlements = find_context(places, context)
        if settlements:
            yield from _ranked(places, areas, match_names(places, name), name, wish, settlements[:1], "")
        elif "," in text or "，" in text:
            yield from _ranked(places, areas, match_names(places, name), name, wish, [], context)


def _name_and_context(text: str) -> Iterator[tuple[str, str]]:
    parts = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    if len(parts) > 1:
        yield parts[0], parts[1]
        return
    words = text.split()
    if 1 < len(words) <= 8:
        yield " ".join(words[:-1]), words[-1]
        yield " ".join(words[1:]), words[0]


def _ranked(
    places: Places, areas: Areas, matches: Matches, asked: str, wish: Wish, around: list[int], unmatched: str
) -> Iterator[Found]:
    doc, score = _allowed(places, matches, wish)
    if not len(doc):
        return
    inside = np.ones(len(doc))
    for each in around:
        inside *= np.where(is_in_context(places, areas, doc, each) | (doc == each), 1.0, 0.8)
    score = score * inside * (0.93 if unmatched else 1.0)
    rank = score + 0.08 * places.importance[doc] + 0.12 * nearness(places, doc, wish.focus)
    rank = rank + (0.06 if around else 0.0) * (inside == 1.0)
    first = -np.rint(100 * score) if wish.is_by_confidence else np.zeros(len(doc))
    for place in np.lexsort((doc, -rank, first))[: wish.limit]:
        yield _named(places, areas, int(doc[place]), float(score[place]), float(rank[place]), asked, around, unmatched)


def _allowed(places: Places, matches: Matches, wish: Wish) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if wish.bbox is None or not len(matches.doc):
        return matches.doc, matches.score
    keep = wish.bbox.contains(places.lonlat[matches.doc])
    return matches.doc[keep], matches.score[keep]


def _named(
    places: Places,
    areas: Areas,
    doc: int,
    score: float,
    rank: float,
    asked: str,
    around: list[int],
    unmatched: str,
) -> Found:
    kind = int(places.kind[doc])
    lon, lat = places.lonlat[doc]
    understood, left_over = _understood(asked, places.name[doc], score)
    as_what = (understood, KINDS[kind])
    return Found(
        kind=KINDS[kind],
        level=_level(places, areas, doc),
        name=places.name[doc],
        row=doc,
        lonlat=(float(lon), float(lat)),
        accuracy_m=float(places.accuracy_m[doc]),
        precise=kind not in (AREA, ROAD, SETTLEMENT) and score >= 0.97,
        confidence=_percent(score),
        matched=(*((places.name[each], "area") for each in around), as_what),
        unmatched=" ".join(part for part in (left_over, unmatched) if part),
        rank=rank,
    )


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


def _level(places: Places, areas: Areas, doc: int) -> str:
    kind = places.kind[doc]
    if kind == AREA:
        return LEVEL_OF_AREA[LEVELS[areas.level[places.area[doc]]]]
    if kind == SETTLEMENT:
        category = places.categories[places.category[doc]]
        return {"place=city": "市", "place=town": "乡镇"}.get(category, "村庄")
    return LEVEL_ROAD if kind == ROAD else LEVEL_POI


@dataclass(frozen=True)
class _Context:
    """What a question says about where its street is: areas before it, words behind it, and whether it is there."""

    around: list[int]
    settled: list[tuple[str, list[int]]]
    is_inside: bool


def _by_house(places: Places, areas: Areas, text: str, wish: Wish) -> list[Found]:
    found: list[Found] = []
    for order, asked in enumerate(list_asked_houses(text)):
        found += _houses_of(places, areas, asked, wish)
        if order >= MAX_READINGS - 1 or any(each.confidence >= 97 and each.precise for each in found):
            break
    return found


def _houses_of(places: Places, areas: Areas, asked: AskedHouse, wish: Wish) -> list[Found]:
    around, rest = split_areas(places, areas, asked.street)
    matches = match_names(places, asked.street, (ROAD, SETTLEMENT))
    if around and rest and not (len(matches.score) and matches.score.max() >= 0.999):
        matches = match_names(places, rest, (ROAD, SETTLEMENT))
    else:
        around, rest = [], asked.street
    keep = matches.score >= STREET_ENOUGH
    doc, score = _allowed(places, Matches(matches.doc[keep], matches.score[keep]), wish)
    settled = [(context, find_context(places, context)) for context in _context_parts(asked.context)]
    bonus = np.zeros(len(doc))
    is_inside = np.ones(len(doc), bool)
    for each in around:
        inside = is_in_context(places, areas, doc, each)
        bonus += np.where(inside, 0.05, -0.15)
        is_inside &= inside
    for _context, candidates in settled:
        if candidates:
            inside = np.logical_or.reduce([is_in_context(places, areas, doc, each) for each in candidates])
            bonus += np.where(inside, 0.05, -0.05)
            is_inside &= inside
    rank = score + bonus + 0.12 * nearness(places, doc, wish.focus)
    best = np.lexsort((doc, -rank))[:MAX_STREETS]
    found = []
    for each in best:
        where = _Context(around, settled, bool(is_inside[each]))
        found.append(_house(places, areas, int(doc[each]), asked, rest, float(score[each]), float(rank[each]), where))
    return found


def _context_parts(context: tuple[str, ...]) -> list[str]:
    """The words of the context, a leading postcode on its own: "91207 Lauf" -> 91207 and Lauf."""
    parts = []
    for text in context:
        words = text.split()
        if len(words) > 1 and words[0].isdigit():
            parts += [words[0], " ".join(words[1:])]
        elif text:
            parts.append(text)
    return parts


def _house(
    places: Places,
    areas: Areas,
    street: int,
    asked: AskedHouse,
    street_text: str,
    score: float,
    rank: float,
    where: _Context,
) -> Found:
    rows = places.houses(street)
    written = places.house_written.take(range(rows.start, rows.stop))
    number = fold_number(asked.number)
    house = find_house(number, written, places.house_value[rows], places.house_lonlat[rows])
    what = "street" if places.kind[street] == ROAD else KINDS[places.kind[street]]
    matched = [*((places.name[each], "area") for each in where.around), (street_text, what)]
    if house is None:
        lon, lat = places.lonlat[street]
        words = [context for context, candidates in where.settled if not candidates]
        kind = KINDS[places.kind[street]]
        return Found(
            kind=kind,
            level=_level(places, areas, street),
            name=places.name[street],
            row=street,
            lonlat=(float(lon), float(lat)),
            accuracy_m=float(places.accuracy_m[street]),
            precise=False,
            confidence=_percent(score * NO_HOUSE * (1.0 if where.is_inside else OUTSIDE)),
            matched=tuple(matched),
            unmatched=" ".join([asked.number, *words, asked.rest]).strip(),
            rank=rank - 0.1,
            street=places.name[street] if kind == "road" else "",
        )
    row = rows.start + house.row
    matched.append((asked.number, "house number" if house.is_mapped else "house number, estimated"))
    unmatched = []
    is_inside = where.is_inside
    for context, candidates in where.settled:
        if _is_town(places, row, context):
            is_inside = True
            rank += 0.06
            matched.append((context, "town"))
        elif candidates:
            matched.append((context, "area"))
        else:
            unmatched.append(context)
            rank -= 0.03
    shown = places.house_number[row] if house.is_mapped else asked.number
    share = (0.95 if unmatched or asked.rest else 1.0) * (1.0 if house.is_mapped else 0.8)
    score *= 1.0 if is_inside else OUTSIDE
    return Found(
        kind="address",
        level=LEVEL_ADDRESS,
        name=f"{places.name[street]}{'' if _is_chinese(places.name[street]) else ' '}{shown}",
        row=street,
        lonlat=house.lonlat,
        accuracy_m=round(house.accuracy_m, 1),
        precise=house.is_mapped and score >= 0.97,
        confidence=_percent(score * share),
        matched=tuple(matched),
        unmatched=" ".join([*unmatched, asked.rest]).strip(),
        rank=rank + (0.15 if house.is_mapped else 0.05),
        street=places.name[street],
        number=shown,
        house_row=row,
    )


def _is_town(places: Places, house: int, context: str) -> bool:
    folded = fold(context)
    town = fold(places.house_town[house])
    return bool(folded) and (folded == fold(places.house_postcode[house]) or (bool(town) and town.startswith(folded)))


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


def _percent(score: float) -> int:
    return max(0, min(100, round(100 * score)))


def _each_once(found: list[Found]) -> list[Found]:
    kept: dict[tuple[str, int, int, str], Found] = {}
    for each in found:
        kept.setdefault((each.kind, each.row, each.house_row, each.number), each)
    return list(kept.values())


def suggest_places(places: Places, areas: Areas, text: str, wish: Wish) -> list[Found]:
    """Places whose name, pinyin or initials begin so, as somebody types; misspelt ones if there are none."""
    words = fold_words(text)
    if not words:
        return []
    wish = replace(wish, is_typing=True)
    matches = match_names(places, text, is_typing=True)
    if not len(matches.doc):
        matches = match_names(places, text)
    found = list(_ranked(places, areas, matches, text, wish, [], ""))
    if any(char.isdigit() for char in text):
        found += [each for each in _by_house(places, areas, text, wish) if each.kind == "address"]
    kept = [each for each in _each_once(_sorted(found, wish)) if each.confidence >= 100 * ENOUGH]
    return _apart(kept)[: wish.limit]


def _apart(found: list[Found]) -> list[Found]:
    """One line for things of one name and kind within 300 m: a list of eight equal stops helps nobody."""
    kept: list[Found] = []
    for each in found:
        same = [other for other in kept if (other.name, other.kind) == (each.name, each.kind)]
        if not any(distance_m(np.array(each.lonlat), np.array(other.lonlat)) < 300 for other in same):
            kept.append(replace(each))
    return kept

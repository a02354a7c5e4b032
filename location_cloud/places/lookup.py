"""One question's way to the names: each looked up once, only what the caller wants, with the areas said around."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from location_cloud.areas.model import Areas
from location_cloud.places.categories import category_mask
from location_cloud.places.fold import fold, fold_words
from location_cloud.places.found import Wish
from location_cloud.places.match import EXACT, Matches, is_in_context, match_names, nearness
from location_cloud.places.model import AREA, KINDS, ROAD, SETTLEMENT, Places
from location_cloud.places.parse_noise import has_han
from location_cloud.places.sources import INITIALS, PINYIN
from location_cloud.places.wording import WORDING

OUTSIDE = 0.8
"""Share of the likeness that is left outside an area that was said: callers take a neighbouring district's name."""

MAX_SAID = 8
MAX_NAME = 16
"""Areas said in one question, and letters of the longest Chinese area name that counts."""

MAX_WORDS, MAX_LETTERS = 10, 36
"""Of one area: du er bo te meng gu zu zi zhi xian."""

MIN_PINYIN = 5
"""Letters from which pinyin counts as an area's name."""

MAX_SAME = 64
LARGE = 0.75
"""Importance from which an area is known by its short name: districts and cities."""

AREAS = 1 << AREA | 1 << SETTLEMENT
NONE = Matches(np.zeros(0, np.int64), np.zeros(0))
MOST_LOOKUPS = 12
"""Names of one question that are looked up for what is like them, about a millisecond each among a million; whatever is
typed ends after so many. Real questions take one to five."""

MAX_EXACT, MAX_READINGS = 256, 6
ANY = tuple(range(len(KINDS)))
STREETS = (ROAD, SETTLEMENT)
"""What house numbers hang on."""

_ORDINAL = re.compile(r"^(\d{1,3})(?:st|nd|rd|th)$")
_ROAD_GOES_ON = re.compile("大?[街道路]|巷|胡同|高速|公路|线")
"""Before these an area's short name is part of a road's name: 萨尔图大街 does not lie in 萨尔图区 by its name."""

_FULL_NAME = (*"省市区县旗镇乡村屯", "街道", "社区", "委会", "林场", "农场", "牧场", "苏木", "新区")
_FULL_NAME_WORDS = ("district", "county", "city", "town", "township", "village", "province")


@dataclass(frozen=True, slots=True)
class Said:
    """An area or settlement named in the question.

    rows: places of that name, the most important first. is_sure: by its full name, or the short one of something large.
    """

    text: str
    rows: tuple[int, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Split:
    """A text as areas that it begins with, and the rest."""

    around: list[Said]
    rest: str


class Lookup:
    """Names of one snapshot as one caller wants them."""

    def __init__(self, places: Places, areas: Areas, wish: Wish) -> None:
        self.places, self.areas, self.wish = places, areas, wish
        self._matches: dict[tuple[str, tuple[int, ...]], Matches] = {}
        self._said: dict[str, Said | None] = {}
        self.splits: dict[str, list[Split]] = {}

    def named(self, text: str, kinds: tuple[int, ...] = ()) -> Matches:
        """Places of some kinds that a text may name, only those that the caller wants; none after MOST_LOOKUPS."""
        kinds = kinds or self.wish.kinds
        key = (text, kinds)
        if key not in self._matches:
            if len(self._matches) >= MOST_LOOKUPS:
                return NONE
            found = match_names(self.places, text, kinds, self.wish.is_typing, self.wish.focus)
            self._matches[key] = self._wanted(found)
        return self._matches[key]

    def exact(self, text: str, kinds: tuple[int, ...]) -> Matches:
        """Places of some kinds, all if none are given, with exactly this name or reading that the caller wants."""
        folded = fold(text)
        if not folded:
            return NONE
        wanted = _mask(kinds or self.wish.kinds or ANY)
        found = self.places.index.exact(folded, MAX_EXACT, wanted, self.wish.focus)
        if not len(found.doc):
            return NONE
        keep = found.form < (INITIALS if folded.isascii() and len(folded) >= MIN_PINYIN else PINYIN)
        if not keep.any():
            return NONE
        if len(found.doc) == 1:  # most names; np.unique takes 15 us
            doc, first = found.doc, np.zeros(1, np.int64)
        else:
            doc, first = np.unique(found.doc[keep], return_index=True)
        # A name's own writing comes before its reading.
        score = EXACT[found.form[keep]].astype(np.float64)[first]
        return self._wanted(Matches(doc, np.maximum(score, EXACT[PINYIN]) if folded.isascii() else np.ones(len(doc))))

    def said(self, folded: str) -> Said | None:
        """Areas and settlements with exactly this folded name, None if there is none."""
        if folded not in self._said:
            self._said[folded] = self._find_said(folded)
        return self._said[folded]

    def _find_said(self, folded: str) -> Said | None:
        found = self.places.index.exact(folded, MAX_SAME, AREAS)
        if not len(found.doc):
            return None
        # Initials of an area are too short to be told from words.
        docs = np.unique(found.doc[found.form < (INITIALS if len(folded) >= MIN_PINYIN else PINYIN)])
        if not len(docs):
            return None
        importance = self.places.importance[docs]
        if float(importance.max()) >= LARGE:  # 萨尔图 is the district, not its sub-district of that name
            docs = docs[importance >= LARGE]
            importance = self.places.importance[docs]
        order = np.lexsort((docs, -importance))[:MAX_SAID]
        endings = _FULL_NAME_WORDS if folded.isascii() else _FULL_NAME
        is_sure = folded.endswith(endings) or float(importance.max()) >= LARGE
        return Said(folded, tuple(docs[order].tolist()), is_sure)

    def said_in(self, text: str) -> Said | None:
        """The area or settlement that a text names, or that its first words name."""
        found = self.said(fold(text))
        if found is None:
            around, _rest = split_said(self, text)
            found = around[-1] if around else None
        return found

    def begins_area(self, text: str) -> bool:
        """Whether the name of an area or settlement begins so."""
        folded = fold(text)
        return bool(folded) and len(self.places.index.prefix(folded, 1, AREAS).doc) > 0

    def factor(self, docs: NDArray[np.int64], around: list[Said]) -> NDArray[np.float64]:
        """For each place the share of its likeness that is left, 1 where it lies in all the areas that were said."""
        factor = np.ones(len(docs))
        for each in around:
            inside = np.zeros(len(docs), bool)
            for row in each.rows:
                inside |= is_in_context(self.places, self.areas, docs, row) | (docs == row)
            factor *= np.where(inside, 1.0, OUTSIDE)
        return factor

    def nearness(self, docs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Pull of the focus point on each place, 0 without one."""
        return nearness(self.places, docs, self.wish.focus)

    def holds(self, lonlat: tuple[float, float]) -> bool:
        """Whether a position lies where the caller looks."""
        bbox, area = self.wish.bbox, self.wish.area
        if bbox is not None and not bbox.contains(np.array([lonlat]))[0]:
            return False
        if area < 0:
            return True
        row = self.areas.find_deepest_at(lonlat)
        return row == area or area in self.areas.ancestors(row)

    def _wanted(self, found: Matches) -> Matches:
        wish, doc = self.wish, found.doc
        if not len(doc) or (wish.bbox is None and wish.area < 0 and not wish.category):
            return found
        keep = np.ones(len(doc), bool)
        if wish.bbox is not None:
            keep &= wish.bbox.contains(self.places.lonlat[doc])
        if wish.area >= 0:
            keep &= is_below(self.areas, self.places.area[doc], wish.area)
        if wish.category:
            mask = category_mask(self.places.categories, wish.category)
            names = self.places.categories if mask is None else []  # then it is the beginning of a tag, "amenity"
            kept = mask if mask is not None else np.array([name.startswith(wish.category) for name in names], bool)
            keep &= kept[self.places.category[doc]]
        return Matches(doc[keep], found.score[keep])


@cache
def _mask(kinds: tuple[int, ...]) -> int:
    return sum({1 << kind for kind in kinds})


def is_below(areas: Areas, rows: NDArray[np.int32], top: int) -> NDArray[np.bool_]:
    """Whether each row of the areas section is another one or lies below it."""
    rows = rows.astype(np.int64)
    below = rows == top
    while (rows >= 0).any():
        rows = np.where(rows >= 0, areas.parent[rows], -1)
        below |= rows == top
    return np.asarray(below)


def list_splits(lookup: Lookup, text: str) -> list[Split]:
    """The text as it is, then without the first area said, the first two and so on; the longest names are taken first.

    Chinese: letter by letter, the rest folded; 萨尔图 counts as 萨尔图区 unless a road's name goes on after it. Other
    languages: whole words; the rest as written.
    """
    if text not in lookup.splits:
        lookup.splits[text] = _split_chinese(lookup, text) if has_han(text) else _split_words(lookup, text)
    return lookup.splits[text]


def split_said(lookup: Lookup, text: str) -> tuple[list[Said], str]:
    """(areas and settlements that a text surely begins with, the rest): 湖滨 of 湖滨药店 may be a village, or not."""
    split = _sure(list_splits(lookup, text))
    return split.around, split.rest


def find_exact_inside(lookup: Lookup, text: str, kinds: tuple[int, ...]) -> tuple[Split, Matches]:
    """What of some kinds a text names exactly, with the areas before it; the longest name of them."""
    splits = list_splits(lookup, text)
    for split in splits:
        found = lookup.exact(split.rest, kinds)
        if len(found.doc):
            return split, found
    return splits[0], NONE


def find_inside(lookup: Lookup, text: str, kinds: tuple[int, ...], enough: float) -> tuple[Split, Matches]:
    """What of some kinds a text names, with the areas before it; the longest exact name first, then what is like it."""
    splits = list_splits(lookup, text)
    for split in splits:
        found = _exact_or_read(lookup, split.rest, kinds)
        if len(found.doc):
            return split, found
    best, matches = splits[0], NONE
    for split in (_sure(splits), splits[0]):
        if split.rest:
            found = lookup.named(split.rest, kinds)
            keep = found.score >= enough
            if keep.any() and found.score.max() > matches.score.max(initial=0.0):
                best, matches = split, Matches(found.doc[keep], found.score[keep])
    return best, matches


def _exact_or_read(lookup: Lookup, text: str, kinds: tuple[int, ...]) -> Matches:
    """Places of exactly this name, and Chinese streets that are written so in English."""
    found = [lookup.exact(text, kinds)]
    for reading in _read_as_pinyin(text):
        read = lookup.exact(lookup.places.pinyin.spell_digits(reading), kinds)
        found.append(Matches(read.doc, np.full(len(read.doc), float(EXACT[PINYIN]))))
    if len(found) == 1:
        return found[0]
    docs = np.concatenate([each.doc for each in found])
    # The first of a place's scores is the best one: its own name comes before readings.
    doc, first = np.unique(docs, return_index=True)
    return Matches(doc, np.concatenate([each.score for each in found])[first])


def _read_as_pinyin(text: str) -> Iterator[str]:
    """Jingming East Road as jingmingdonglu: how Chinese streets are written in English."""
    words = text.casefold().split()
    if 1 < len(words) <= MAX_WORDS and words[-1].rstrip(".") in WORDING.street_words and text.isascii():
        words = [_ORDINAL.sub(r"\1", word.rstrip(".")) for word in words]
        readings = [WORDING.street_words.get(word, (word,)) for word in words]
        yield from ("".join(parts) for parts in islice(product(*readings), MAX_READINGS))


def _sure(splits: list[Split]) -> Split:
    """The last split before an area that only a short name of something small stands for."""
    sure = splits[0]
    for split in splits[1:]:
        if not split.around[-1].is_sure:
            break
        sure = split
    return sure if sure.rest or len(splits) == 1 else splits[-1]


def _split_chinese(lookup: Lookup, text: str) -> list[Split]:
    rest = fold(text)
    splits = [Split([], text)]
    while rest and len(splits) <= MAX_SAID:
        said = _leading(lookup, rest)
        if said is None:
            break
        rest = _without_filling(rest[len(said.text) :])
        splits.append(Split([*splits[-1].around, said], rest))
    return splits


def _without_filling(rest: str) -> str:
    """肇州那个元宝路: what stands between an area and the next part is no part of either."""
    size = next((size for size in (3, 2, 1) if rest[:size] in WORDING.between and len(rest) > size), 0)
    return rest[size:]


def _leading(lookup: Lookup, rest: str) -> Said | None:
    for size in range(lookup.places.index.reach(rest[:MAX_NAME]), 1, -1):
        name = rest[:size]
        if name.isdigit():
            break
        if not name.endswith(_FULL_NAME) and _ROAD_GOES_ON.match(rest[size:]):
            continue
        said = lookup.said(name)
        if said is not None:
            return said
    return None


def _split_words(lookup: Lookup, text: str) -> list[Split]:
    words = text.split()
    folded = ["".join(fold_words(word)) for word in words]
    splits = [Split([], text)]
    first = 0
    while first < len(words) - 1 and len(splits) <= MAX_SAID:
        size, said = _leading_words(lookup, folded[first:-1][:MAX_WORDS])
        if said is None:
            break
        first += size
        splits.append(Split([*splits[-1].around, said], " ".join(words[first:])))
    return splits


def _leading_words(lookup: Lookup, folded: list[str]) -> tuple[int, Said | None]:
    """(how many of the words name an area or settlement, the longest name of such; that one)."""
    reach = lookup.places.index.reach("".join(folded)[: MAX_LETTERS + 1])
    for size in range(len(folded), 0, -1):
        name = "".join(folded[:size])
        if 1 < len(name) <= min(reach, MAX_LETTERS) and not name[0].isdigit():
            said = lookup.said(name)
            if said is not None:
                return size, said
    return 0, None

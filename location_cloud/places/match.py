"""Which places a name may mean, and how alike the two are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from location_cloud.areas.model import Areas
from location_cloud.places.fold import fold
from location_cloud.places.model import AREA, SETTLEMENT, Places
from location_cloud.places.names import INITIALS, NAME, PINYIN

EXACT = np.array([1.0, 0.996, 0.97, 0.93], np.float32)
"""Likeness of a key that equals the question, by its kind: name, other name, pinyin, initials."""

PREFIX, WORD_PREFIX, INITIALS_PREFIX = 0.86, 0.80, 0.80
"""Likeness of a name that begins so; plus a tenth for the share of it that was given."""

OTHER_NUMBER = 0.75
"""Share of the likeness that is left where the question has a number and the name does not: Helsinki 00100, 00130."""

HELD_NAME = 0.63
"""Likeness of a whole name inside a question, whatever numbers stand around it: the hospital of "hospital, bed 5"."""

SOUNDS_LIKE = 0.78
"""Share of the likeness of Latin letters to the pinyin of a name: under a name that holds them, 0.78."""

FIRST_HAN = "\u2e80"
"""From here on one character may be a word; before, it is a letter."""

MAX_PREFIX = 200
MAX_SIMILAR = 48

_ROAD_GOES_ON = re.compile("大?[街道路]|巷|胡同")
"""Before these an area's short name is part of a road's name: 萨尔图大街 does not lie in 萨尔图区 by its name."""

_DIGITS = re.compile(r"\d+")

_FULL_NAME = tuple("省市区县镇乡村")

NEAR_KM = 2.0
"""Where the pull of the focus point has fallen by half."""


@dataclass(frozen=True)
class Matches:
    """doc: (m,) int64 places, each once, ascending. score: (m,) float64, 0 to 1, likeness of the best name."""

    doc: NDArray[np.int64]
    score: NDArray[np.float64]


def match_names(places: Places, text: str, kinds: Iterable[int] = (), is_typing: bool = False) -> Matches:
    """Places that the text may name.

    kinds: only these; empty = all. is_typing: one letter may begin a name, and no name is misspelt; otherwise a single
    letter names only what is called exactly so.
    """
    folded = fold(text)
    if not folded:
        return Matches(np.zeros(0, np.int64), np.zeros(0))
    index = places.index
    exact = index.find_exact(folded)
    is_letter = len(folded) == 1 and folded < FIRST_HAN and not is_typing
    if is_letter:
        exact = exact[index.key_kind[exact] < PINYIN]
    keys, scores = [exact], [EXACT[index.key_kind[exact]].astype(np.float64)]
    low, high = index.find_prefix(folded) if not is_letter else (0, 0)
    entries = _best_entries(places, low, high)
    keys.append(index.entry_key[entries])
    scores.append(_prefix_scores(places, folded, entries))
    if not (len(exact) or is_typing or is_letter):
        similar, likeness = _similar(places, folded)
        keys.append(similar)
        scores.append(likeness)
    doc = index.key_doc[np.concatenate(keys)].astype(np.int64)
    score = np.concatenate(scores)
    wanted = tuple(kinds)
    if wanted:
        keep = np.isin(places.kind[doc], wanted)
        doc, score = doc[keep], score[keep]
    return _best_by_doc(doc, score)


def match_exact(places: Places, folded: str, kinds: tuple[int, ...]) -> NDArray[np.int64]:
    """Places of some kinds with exactly this folded name; pinyin and initials do not count."""
    keys = places.index.find_exact(folded)
    if not len(keys):
        return np.zeros(0, np.int64)
    doc = places.index.key_doc[keys[places.index.key_kind[keys] < PINYIN]].astype(np.int64)
    return np.unique(doc[np.isin(places.kind[doc], kinds)])


def split_areas(places: Places, areas: Areas, text: str) -> tuple[list[int], str]:
    """(places of the areas that a Chinese question begins with, the rest of it, folded).

    The longest name wins; 萨尔图 counts as 萨尔图区 unless a road's name goes on after it.
    """
    rest = fold(text)
    found: list[int] = []
    while len(found) < 6:
        for size in range(min(len(rest), 16), 1, -1):
            name, behind = rest[:size], rest[size:]
            if rest[0].isascii() or (not name.endswith(_FULL_NAME) and _ROAD_GOES_ON.match(behind)):
                continue
            docs = match_exact(places, name, (AREA,))
            if len(docs):
                inside = is_in_context(places, areas, docs, found[-1]) if found else np.ones(len(docs), bool)
                found.append(int(docs[np.lexsort((-places.importance[docs], ~inside))[0]]))
                rest = behind
                break
        else:
            break
    return found, rest


def is_in_context(places: Places, areas: Areas, docs: NDArray[np.int64], around: int) -> NDArray[np.bool_]:
    """Whether each place lies in another one: by the tree of areas, its boundary, or the radius of one without."""
    radius_m = max(float(places.accuracy_m[around]), 3_000.0)
    is_near = distance_m(places.lonlat[docs], places.lonlat[around]) <= radius_m
    if places.kind[around] != AREA:
        return np.asarray(is_near)
    row = int(places.area[around])
    inside = places.area[docs].astype(np.int64)
    is_below = inside == row
    while (inside >= 0).any():
        inside = np.where(inside >= 0, areas.parent[inside], -1)
        is_below |= inside == row
    has_boundary = areas.wkb_start[row + 1] > areas.wkb_start[row]
    return np.asarray(is_below if has_boundary else is_below | (is_near & (places.kind[docs] != AREA)))


def find_context(places: Places, text: str) -> list[int]:
    """Settlements and areas with exactly this name, the most important first."""
    docs = match_exact(places, fold(text), (AREA, SETTLEMENT))
    return [int(doc) for doc in docs[np.argsort(-places.importance[docs], kind="stable")][:8]]


def nearness(places: Places, docs: NDArray[np.int64], focus: tuple[float, float] | None) -> NDArray[np.float64]:
    """Pull of the focus point on each place, 1 at the point to 0 far away; all 0 without one."""
    if focus is None:
        return np.zeros(len(docs))
    km = distance_m(places.lonlat[docs], np.array(focus)) / 1000
    return np.asarray(1 / (1 + (km / NEAR_KM) ** 1.2))


def distance_m(lonlat: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres on the sphere of 6371 km from each point to another; 0.6 % wrong at most."""
    lon, lat = np.radians(lonlat[..., 0]), np.radians(lonlat[..., 1])
    lon_to, lat_to = np.radians(other[..., 0]), np.radians(other[..., 1])
    half = np.sin((lat_to - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat_to) * np.sin((lon_to - lon) / 2) ** 2
    return np.asarray(2 * 6_371_008.8 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def _best_entries(places: Places, low: int, high: int) -> NDArray[np.int64]:
    entries = np.arange(low, high)
    if len(entries) <= MAX_PREFIX:
        return entries
    weight = places.importance[places.index.key_doc[places.index.entry_key[low:high]]]
    weight = weight + 0.3 * (places.index.entry_offset[low:high] == 0)
    best = np.argpartition(-weight, MAX_PREFIX)[:MAX_PREFIX]
    return entries[np.sort(best)]


def _prefix_scores(places: Places, folded: str, entries: NDArray[np.int64]) -> NDArray[np.float64]:
    index = places.index
    keys = index.entry_key[entries]
    size = index.key.start[keys + 1] - index.key.start[keys]
    share = len(folded.encode()) / np.maximum(size, 1)
    base = np.where(index.entry_offset[entries] == 0, PREFIX, WORD_PREFIX)
    base = np.where(index.key_kind[keys] == INITIALS, INITIALS_PREFIX, base)
    return np.asarray(base + 0.1 * np.minimum(share, 1.0) - 0.01 * (index.key_kind[keys] != NAME))


def _similar(places: Places, folded: str) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    index = places.index
    spelled, _initials = places.pinyin.spell(folded)
    by_characters = index.find_similar(folded, MAX_SIMILAR)
    by_sound = index.find_similar(spelled, MAX_SIMILAR) if spelled else np.zeros(0, np.int32)
    by_sound = by_sound[index.key_kind[by_sound] == PINYIN]
    is_latin = folded < FIRST_HAN and not spelled
    share = np.where(is_latin & (index.key_kind[by_characters] == PINYIN), SOUNDS_LIKE, 1.0)
    scores = [_likeness(folded, index.key[key]) * part for key, part in zip(by_characters, share)]
    # Two words that only sound alike are a little less alike than those with the same characters.
    scores += [0.97 * fuzz.ratio(spelled, index.key[key]) / 100 for key in by_sound]
    return np.concatenate([by_characters, by_sound]), np.array(scores, np.float64)


def _likeness(asked: str, name: str) -> float:
    ratio = fuzz.ratio(asked, name) / 100
    is_held = len(name) >= 3 and name in asked
    if is_held:
        ratio = max(ratio, 0.6 + 0.3 * len(name) / len(asked))
    elif len(asked) >= 2 and asked in name:
        ratio = max(ratio, 0.78)
    if set(_DIGITS.findall(asked)) - set(_DIGITS.findall(name)):
        return max(OTHER_NUMBER * ratio, HELD_NAME if is_held else 0.0)
    return float(ratio)


def _best_by_doc(doc: NDArray[np.int64], score: NDArray[np.float64]) -> Matches:
    order = np.lexsort((-score, doc))
    doc, score = doc[order], score[order]
    first = np.r_[True, doc[1:] != doc[:-1]] if len(doc) else np.zeros(0, bool)
    return Matches(doc[first], score[first])

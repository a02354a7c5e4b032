"""Which places a name may mean, and how alike the two are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.areas.model import Areas
from location_cloud.places.fold import fold
from location_cloud.places.likeness import MAX_ASKED, OTHER_NUMBER, SOUND_SHARE, rate
from location_cloud.places.model import AREA, Places
from location_cloud.places.pinyin import PinyinTable
from location_cloud.places.sources import ALL_KINDS, INITIALS, NAME, PINYIN, Candidates, CandidateSource

__all__ = ["OTHER_NUMBER", "Matches", "match_names"]

EXACT = np.array([1.0, 0.996, 0.97, 0.93], np.float32)
"""Likeness of a key that equals the question, by its kind: name, other name, pinyin, initials."""

PREFIX, WORD_PREFIX, INITIALS_PREFIX = 0.86, 0.80, 0.80
"""Likeness of a name that begins so; plus a tenth for the share of it that was given."""

FIRST_HAN = "\u2e80"
"""From here on one character may be a word; before, it is a letter."""

MAX_EXACT = 2000
"""Places of one name; of more than these the most important, or the ones near the focus."""

MAX_PREFIX = 200

MAX_SIMILAR = 160
"""Names that are compared letter by letter: retrieval puts the right one among these, not among the first 10."""

KEPT_SIMILAR = 200
"""Places of the names most alike that are handed on."""

LEAST_ALIKE = 0.4
"""Likeness below which two names have nothing to do with each other."""

NEAR_KM = 2.0
"""Where the pull of the focus point has fallen by half."""


@dataclass(frozen=True)
class Matches:
    """doc: (m,) int64 places, each once, ascending. score: (m,) float64, 0 to 1, likeness of the best name."""

    doc: NDArray[np.int64]
    score: NDArray[np.float64]


def match_names(
    places: Places,
    text: str,
    kinds: Iterable[int] = (),
    is_typing: bool = False,
    focus: tuple[float, float] | None = None,
) -> Matches:
    """Places that the text may name.

    kinds: only these; empty = all. is_typing: the text may go on, and a name is misspelt only if none begins so;
    otherwise a single letter names only what is called exactly so. focus: (lon, lat); where more places begin so than
    are looked at, those near it are among them.
    """
    folded = fold(text)[:MAX_ASKED]
    if not folded:
        return Matches(np.zeros(0, np.int64), np.zeros(0))
    wanted = sum({1 << kind for kind in kinds}) or ALL_KINDS
    found = _candidates(places.index, places.pinyin, folded, wanted, is_typing, focus)
    return _best_by_doc(np.concatenate([doc for doc, _ in found]), np.concatenate([score for _, score in found]))


def _candidates(
    source: CandidateSource,
    table: PinyinTable,
    folded: str,
    kinds: int,
    is_typing: bool,
    focus: tuple[float, float] | None,
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """(places, likeness) of what is called so, begins so, or else is alike."""
    exact = source.exact(folded, MAX_EXACT, kinds, focus)
    is_letter = len(folded) == 1 and folded < FIRST_HAN and not is_typing
    found = [(exact.doc, EXACT[exact.form].astype(np.float64))]
    if is_letter:
        is_name = exact.form < PINYIN
        return [(exact.doc[is_name], found[0][1][is_name])]
    begins = source.prefix(folded, MAX_PREFIX, kinds, focus)
    found.append((begins.doc, _prefix_scores(folded, begins)))
    has_digits = any("0" <= char <= "9" for char in folded)
    if has_digits and folded.isascii() and not folded.isdigit() and not len(begins.doc):
        found.append(_read_aloud(source, table.spell_digits(folded), kinds, focus))
    if not (len(exact.doc) or (is_typing and any(len(doc) for doc, _ in found))):
        spelled = table.spell(folded)[0]
        similar = source.similar(folded, MAX_SIMILAR, kinds)
        found.append(_rated(folded, spelled, similar, table, is_typing))
        if spelled:
            same = source.exact(spelled, MAX_EXACT, kinds, focus)
            sounds = same.form == PINYIN
            found.append((same.doc[sounds], np.full(int(sounds.sum()), SOUND_SHARE)))
    return found


def _read_aloud(
    source: CandidateSource, spelled: str, kinds: int, focus: tuple[float, float] | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Places whose reading begins with pinyin in which a digit was typed: daqing3zhong."""
    begins = source.prefix(spelled, MAX_PREFIX, kinds, focus)
    is_read = begins.form == PINYIN
    return begins.doc[is_read], _prefix_scores(spelled, begins)[is_read]


def warm(places: Places) -> None:
    """Asks names of every sort, so that what is compiled is ready."""
    for text in ("大", "da", "大庆第1医原"):
        match_names(places, text, is_typing=True, focus=(125.0, 46.6))
    match_names(places, "大庆第1医原")


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


def _prefix_scores(folded: str, begins: Candidates) -> NDArray[np.float64]:
    share = len(folded.encode()) / np.maximum(begins.size, 1)
    base = np.where(begins.is_inner, WORD_PREFIX, PREFIX)
    base = np.where(begins.form == INITIALS, INITIALS_PREFIX, base)
    return np.asarray(base + 0.1 * np.minimum(share, 1.0) - 0.01 * (begins.form != NAME))


def _rated(
    folded: str, spelled: str, similar: Candidates, table: PinyinTable, is_open: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(places, likeness) of the candidates that are most alike."""
    likeness = np.zeros(len(similar.doc))
    asked, sound = (np.frombuffer(text[: 6 * MAX_ASKED].encode(), np.uint8) for text in (folded, spelled))
    names = similar.names
    rate(asked, sound, names.data, names.start, similar.text, similar.is_reading, table.readings, is_open, likeness)
    best = np.argsort(-likeness, kind="stable")[:KEPT_SIMILAR]
    best = best[likeness[best] >= LEAST_ALIKE]
    return similar.doc[best], likeness[best]


def _best_by_doc(doc: NDArray[np.int64], score: NDArray[np.float64]) -> Matches:
    order = np.lexsort((-score, doc))
    doc, score = doc[order], score[order]
    first = np.r_[True, doc[1:] != doc[:-1]] if len(doc) else np.zeros(0, bool)
    return Matches(doc[first], score[first])

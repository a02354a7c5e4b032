"""What else a question may have meant: how far the answer may be off for it, and what to ask to tell them apart."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from location_cloud.areas.model import LEVELS, Areas
from location_cloud.places.found import Found
from location_cloud.places.model import KINDS, METRES_PER_DEGREE, Places
from location_cloud.places.nearby import nearest_road
from location_cloud.places.numerals import NUMBER, number_of
from location_cloud.places.parse_noise import has_han

TIED = 0.03
"""Scores this close do not tell which of two was meant."""

APART_M = 300.0
"""Tied answers nearer than this are one place for a crew."""

SOFTNESS = 0.03
"""Difference of scores at which one candidate is e times as likely as the other."""

MOST = 8
"""Candidates that count."""

_WORDS = {
    "country": ("国家", "country"),
    "province": ("省", "province"),
    "city": ("市", "city"),
    "district": ("区", "district"),
    "town": ("乡镇", "town"),
    "village": ("村", "village"),
}


_ASIDE = re.compile(
    rf"(?P<number>{NUMBER})(?:多|来|几|余)?\s?(?P<unit>米|公里|千米|里地)"
    rf"|(?:往|向|朝|以)(?:[东南西北前后左右]|回)|[东南西北]{{1,2}}(?:侧|边|面|头|方)|斜?对[面过]|后身|拐进去"
)
ASIDE_M = 100.0
"""How far "to its east" or "on the other side" may be."""


def hedged(found: Found) -> Found:
    """An answer that is not as exact as it says where words that nobody understood tell of a way from it."""
    said = _ASIDE.search(found.unmatched) if found.unmatched else None
    if said is None:
        is_part = found.kind == "poi" and any(char.isdigit() for char in found.unmatched)
        return replace(found, precise=False) if is_part else found
    far_m = ASIDE_M
    if said["number"]:
        far_m = max(far_m, number_of(said["number"]) * {"米": 1.0, "里地": 500.0}.get(said["unit"], 1000.0))
    return replace(found, precise=False, accuracy_m=found.accuracy_m + far_m)


def with_alternatives(found: Sequence[Found]) -> list[Found]:
    """The answers, the radius of the first widened so that it holds with 95 % whichever of them was meant."""
    if len(found) < 2:
        return list(found)
    first = found[0]
    weights = [math.exp(min(0.0, (each.score - first.score) / SOFTNESS)) for each in found[:MOST]]
    reach = sorted((apart_m(first, each) + each.accuracy_m, weight) for each, weight in zip(found[:MOST], weights))
    held, total = 0.0, sum(weights)
    for radius_m, weight in reach:
        held += weight
        if held >= 0.95 * total:
            return [replace(first, accuracy_m=max(first.accuracy_m, radius_m)), *found[1:]]
    return list(found)


def apart_m(one: Found, other: Found) -> float:
    """Metres between two answers."""
    shrink = math.cos(math.radians(one.lonlat[1]))
    return math.hypot((one.lonlat[0] - other.lonlat[0]) * shrink, one.lonlat[1] - other.lonlat[1]) * METRES_PER_DEGREE


def ties(found: Sequence[Found]) -> list[Found]:
    """The first answer and those that are as good but elsewhere; none if it is alone."""
    tied = [each for each in found[1:MOST] if found[0].score - each.score < TIED and apart_m(found[0], each) > APART_M]
    return [found[0], *tied] if tied else []


def question_between(places: Places, areas: Areas, answers: Sequence[Found], text: str) -> str:
    """What to ask to tell tied answers apart, in the language of the question: "哪个区？红岗区 / 让胡路区"."""
    is_chinese = has_han(text)
    chains = [_chain(areas, each, places) for each in answers]
    for level in LEVELS:
        names = [chain.get(level, "") for chain in chains]
        if len(set(names)) > 1:
            return _asked(_WORDS[level][0 if is_chinese else 1], names, is_chinese)
    cities = [places.house_town[each.house_row] if each.house_row >= 0 else "" for each in answers]
    if len(set(cities)) > 1:
        return _asked("市" if is_chinese else "town", cities, is_chinese)
    names = [each.name for each in answers]
    if len(set(names)) > 1:
        return _asked("" if is_chinese else "one", names, is_chinese)
    roads = [nearest_road(places, each.lonlat, 1000.0) for each in answers]
    names = [places.name[road.row] if road else "" for road in roads]
    return _asked(
        "条路" if is_chinese else "road",
        [places.name[road.row] if road else "" for road in roads],
        is_chinese,
        "附近的哪",
    )


def _asked(what: str, names: Sequence[str], is_chinese: bool, which: str = "哪个") -> str:
    told = " / ".join(dict.fromkeys(name for name in names if name))
    return f"{which}{what}？{told}" if is_chinese else f"Which {what}? {told}"


def _chain(areas: Areas, found: Found, places: Places) -> dict[str, str]:
    is_own = found.row >= 0 and found.house_row < 0 and found.kind in KINDS
    row = int(places.area[found.row]) if is_own else areas.find_deepest_at(found.lonlat)
    rows = [row, *areas.ancestors(row)] if row >= 0 else []
    return {LEVELS[areas.level[each]]: areas.name[each] for each in reversed(rows)}

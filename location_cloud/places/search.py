"""From words to places: every way to read a question gives candidates, and the best reading of the whole of it wins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from location_cloud.areas.model import Areas
from location_cloud.places.find_anchor import Said as SaidSo
from location_cloud.places.find_anchor import list_anchored
from location_cloud.places.find_crossing import find_crossings, find_sections
from location_cloud.places.find_house import find_houses
from location_cloud.places.find_km_post import find_km_posts
from location_cloud.places.find_name import MOST_OF_AN_AREA, find_named, ranked
from location_cloud.places.find_offset import find_offsets
from location_cloud.places.find_part import list_parts
from location_cloud.places.find_unit import find_units
from location_cloud.places.fold import fold
from location_cloud.places.found import ENOUGH, SETTLED, SURE, Found, Wish, share_understood
from location_cloud.places.lookup import Lookup, find_exact_inside, split_said
from location_cloud.places.match import distance_m
from location_cloud.places.model import LEVEL_CELL, LEVEL_COORDINATE, ROAD, Places
from location_cloud.places.parse_noise import Question, read_question
from location_cloud.places.parse_offset import parse_offset
from location_cloud.places.read_position import Said, read_position
from location_cloud.places.uncertainty import hedged, with_alternatives
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.position import LIKE_A_NAME

ONE_NAME_M = 300.0
"""Things of one name and kind this close are one line of a list: eight equal stops help nobody."""


LIKE_A_CODE = 0.8
"""Score of a code that may as well be a name, where no name is as good."""

UNCLEAR, UNCLEAR_M = 0.9, 150.0
"""Share of the likeness that is left, and radius, where two streets are named and nothing says that they cross."""

STORY_COST = 0.2
"""Most that words around a place cost which nobody knows."""

MAX_PARTS = 6


def find_places(places: Places, areas: Areas, text: str, wish: Wish) -> list[Found]:
    """Answers to a question, the best first; those below ENOUGH only if there is nothing better.

    Sorted by confidence, equal ones by rank (context, importance); with a focus by rank alone.
    Raises ChainageOutOfRange where a road is known and its kilometre is not.
    """
    question = read_question(text)

    def find_town(name: str) -> tuple[float, float] | None:
        found = find_places(places, areas, name, Wish(limit=1))
        return found[0].lonlat if found and found[0].score >= ENOUGH else None

    said = read_position(places, areas, text.strip(), wish, _loaded_box(places, question), find_town)
    if said is not None and said.position.confidence > LIKE_A_NAME:
        return _positions(text.strip(), said)[: wish.limit]
    lookup = Lookup(places, areas, wish)
    found: list[Found] = []
    # Among European words "am" and "in" also begin streets' names: Am Steg 5.
    first, second = (question.core, question.text) if question.is_chinese else (question.text, question.core)
    for each in dict.fromkeys((first, second)):
        found += find_by_grammar(lookup, each)
        if _is_settled(found):
            break
    else:
        found += _find_in_story(lookup, question)
    if said is not None and not any(one.score >= LIKE_A_CODE for one in found):
        sure = replace(said.position, confidence=round(100 * LIKE_A_CODE))
        found += _positions(text.strip(), replace(said, position=sure))
    found = [hedged(each) for each in found if _is_wanted(each, wish)]
    return with_alternatives(_each_once(_sorted(found, wish)))[: wish.limit]


def _is_wanted(found: Found, wish: Wish) -> bool:
    """Crossings and kilometre posts are parts of roads: not wanted where other kinds are."""
    return not wish.kinds or ROAD in wish.kinds or found.kind not in ("crossing", "km_post")


def _loaded_box(places: Places, question: Question) -> Bbox | None:
    """About where the places are, for a text that may be a code."""
    return None if question.is_chinese or not any(char.isdigit() for char in question.text) else places.box


def find_by_grammar(lookup: Lookup, text: str) -> list[Found]:
    """Candidates of every reading of a text without noise, not sorted; the first sure reading ends the search."""
    whole = lookup.exact(text, ())
    if len(whole.doc) and whole.score.max() >= SURE:
        return list(ranked(lookup, whole, text, []))
    found: list[Found] = []
    for find in (find_km_posts, find_crossings, _find_offsets, find_units, find_houses, _find_anchored, find_named):
        found += find(lookup, text)
        if _is_settled(found) or (find is _find_anchored and any(each.score >= SETTLED for each in found)):
            break
    return found


FINDERS = {
    "km_post": find_km_posts,
    "section": find_sections,
    "crossing": find_crossings,
    "unit": find_units,
    "address": find_houses,
}
"""Who finds what a text says, by `find_anchor.Said.form`."""


def _find_anchored(lookup: Lookup, text: str) -> list[Found]:
    """Candidates of known names anywhere in a text and what belongs to them; the rest counts as not understood."""
    found: list[Found] = []
    for said in list_anchored(lookup, text):
        found += [
            _with_story(each, said, share_understood(text, said.left))
            for each in FINDERS[said.form](lookup, said.text)
            if each.kind == ("road" if said.form == "section" else said.form) and not each.unmatched
        ]
        if any(each.score >= SETTLED for each in found):
            break
    return found


def _with_story(found: Found, said: SaidSo, understood: float) -> Found:
    sure = 1.0 if said.is_clear else UNCLEAR
    return replace(
        found,
        score=found.score * sure * (1 - STORY_COST * (1 - understood)),
        accuracy_m=found.accuracy_m if said.is_clear else max(found.accuracy_m, UNCLEAR_M),
        precise=found.precise and said.is_clear,
        comprehension=understood,
        unmatched=said.left,
    )


def _find_in_story(lookup: Lookup, question: Question) -> list[Found]:
    """Candidates of the parts of a question whose other words nobody knows; the rest counts as not understood."""
    found: list[Found] = []
    for part in list_parts(lookup, question)[:MAX_PARTS]:
        inside = find_by_grammar(lookup, part)
        share = len(fold(part)) / max(len(fold(question.core)), 1)
        for each in inside:
            understood = min(1.0, share) * each.comprehension
            left = f"{each.unmatched} {question.core.replace(part, ' ', 1)}".strip()
            score = each.score * (1 - STORY_COST * (1 - understood))
            if each.kind in ("area", "settlement"):
                score = min(score, MOST_OF_AN_AREA)
            found.append(replace(each, score=score, comprehension=understood, unmatched=left, rank=each.rank - 0.1))
        if _is_settled(inside):
            break
    return found


def _is_settled(found: list[Found]) -> bool:
    def accounts_for_all(each: Found) -> bool:
        return each.comprehension == 1.0 or each.kind == "crossing"  # two known roads that meet are no chance

    return any(each.score >= SURE or (each.score >= SETTLED and accounts_for_all(each)) for each in found)


def _find_offsets(lookup: Lookup, text: str) -> list[Found]:
    if parse_offset(text) is None:  # most texts; looking up whether something is called so takes ten times as long
        return []
    _split, itself = find_exact_inside(lookup, text, ())
    if len(itself.doc):  # 英勇村委会 is called so
        return []
    return find_offsets(lookup, text, _landmarks)


def suggest_places(places: Places, areas: Areas, text: str, wish: Wish) -> list[Found]:
    """Places whose name, pinyin or initials begin so, as somebody types; misspelt ones if there are none."""
    text = read_question(text).text
    typing = Lookup(places, areas, replace(wish, is_typing=True))
    found = list(ranked(typing, typing.named(text), text, []))
    around, rest = split_said(typing, text)
    if around and rest:
        found += ranked(typing, typing.named(rest), rest, around)
    if any(char.isdigit() for char in text):
        found += [each for each in find_houses(typing, text) if each.kind == "address"]
    if not found:
        whole = Lookup(places, areas, wish)
        found += ranked(whole, whole.named(text), text, [])
    kept = [each for each in _each_once(_sorted(found, typing.wish)) if each.score >= ENOUGH]
    return _apart(kept)[: wish.limit]


def _landmarks(lookup: Lookup, text: str) -> list[Found]:
    found = [each for each in find_by_grammar(lookup, text) if each.kind != "offset"]
    return _each_once(_sorted(found, lookup.wish))


def _sorted(found: list[Found], wish: Wish) -> list[Found]:
    def key(each: Found) -> tuple[int, float, int, int]:
        return (-each.confidence if wish.is_by_confidence else 0, -each.rank, each.row, each.house_row)

    return sorted(found, key=key)


def _positions(text: str, said: Said) -> list[Found]:
    position = said.position
    kind, level = ("coordinates", LEVEL_COORDINATE) if position.cell is None else ("cell", LEVEL_CELL)
    matched = ((said.part, position.form),)
    share = len(fold(said.part)) / max(len(fold(text)), 1) if said.rest else 1.0
    found = []
    for order, lonlat in enumerate((position.lonlat, *position.alternatives)):
        score = position.confidence / 100 if order == 0 else 0.4
        name = position.name if order == 0 else ",".join(f"{each:.8f}".rstrip("0").rstrip(".") for each in lonlat)
        found.append(
            Found(
                kind,
                level,
                name,
                -1,
                lonlat,
                max(position.accuracy_m, 1.0),
                True,
                score,
                matched,
                said.rest,
                2.0 - order,
                comprehension=min(share, 1.0),
            )
        )
    return found


def _each_once(found: list[Found]) -> list[Found]:
    kept: dict[tuple[str, int, int, str, tuple[float, float]], Found] = {}
    for each in found:
        spot = (round(each.lonlat[0], 6), round(each.lonlat[1], 6))
        kept.setdefault((each.kind, each.row, each.house_row, each.number, spot), each)
    return list(kept.values())


def _apart(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for each in found:
        same = [other for other in kept if (other.name, other.kind) == (each.name, each.kind)]
        if not any(distance_m(np.array(each.lonlat), np.array(other.lonlat)) < ONE_NAME_M for other in same):
            kept.append(each)
    return kept

"""Houses by street and number, also where nobody mapped the number, or where the street has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from location_cloud.places.find_name import level_of, said_parts
from location_cloud.places.find_number import find_house
from location_cloud.places.fold import fold
from location_cloud.places.found import SETTLED, Found, share_understood
from location_cloud.places.houses import fold_number
from location_cloud.places.lookup import STREETS, Lookup, Said, find_inside, list_splits, split_said
from location_cloud.places.match import Matches
from location_cloud.places.model import KINDS, LEVEL_ADDRESS, ROAD, Places
from location_cloud.places.parse_address import AskedHouse, list_asked_houses
from location_cloud.places.parse_noise import has_han

STREET_ENOUGH = 0.74
"""Likeness that a street needs before its house numbers are looked at."""

NO_HOUSE = 0.76
"""Share of a street's likeness that is left where it has no such number: under ESTIMATED, over match.OTHER_NUMBER of
names that only hold the street's."""

ESTIMATED = 0.85
"""Share that is left where the number lies between mapped ones."""

LEFT_OVER = 0.2
"""Most of the likeness that words behind a house cost: who knows street and number knows where."""

MAX_STREETS = 60
"""Streets of one name whose numbers are looked at."""

MAX_HOUSES = 12
MAX_READINGS = 4
"""Ways to read one question as a house; a text full of numbers has dozens, and none of them helps."""


@dataclass(frozen=True)
class _Context:
    """What a question says about where its street is: areas around it, words behind it that name a town or nothing."""

    around: list[Said]
    words: tuple[str, ...]
    settled: tuple[Said | None, ...]


@dataclass(frozen=True, slots=True)
class _Street:
    """A street that may be meant: its row, what the question calls it, its likeness, share left of it by the areas
    that were said, rank.
    """

    row: int
    text: str
    score: float
    inside: float
    rank: float


def find_houses(lookup: Lookup, text: str) -> list[Found]:
    """Houses, or streets without the number, that a text asks for."""
    found: list[Found] = []
    for order, asked in enumerate(list_asked_houses(text)):
        found += _houses_of(lookup, asked, text)
        if order >= MAX_READINGS - 1 or any(each.score >= SETTLED and each.comprehension == 1.0 for each in found):
            break
    return found


def _houses_of(lookup: Lookup, asked: AskedHouse, text: str) -> Iterator[Found]:
    if asked.taken_off and lookup.said(fold(asked.taken_off)) is None:
        return
    around, rest, matches = _streets(lookup, asked.street)
    behind, unread = split_said(lookup, asked.rest) if asked.rest else ([], "")
    asked = replace(asked, rest=unread)
    words = _context_parts(asked.context)
    context = _Context([*around, *behind], words, tuple(lookup.said_in(word) for word in words))
    doc, score = matches.doc, matches.score
    if not len(doc):
        return
    towns = [said for said in context.settled if said]
    factor = lookup.factor(doc, [*context.around, *towns])
    rank = score * factor + 0.12 * lookup.nearness(doc)
    best = np.lexsort((doc, -rank))[:MAX_STREETS]
    numbered = [each for each in best.tolist() if _has_number(lookup.places, int(doc[each]), asked.number)]
    others = [each for each in best.tolist() if each not in set(numbered)]
    for each in [*numbered, *others][:MAX_HOUSES]:
        street = _Street(int(doc[each]), rest, float(score[each]), float(factor[each]), float(rank[each]))
        found = _house(lookup, street, asked, context, text)
        if lookup.holds(found.lonlat):
            yield found


def _streets(lookup: Lookup, text: str) -> tuple[list[Said], str, Matches]:
    """(areas said before the street, what it is called, streets it may be)."""
    split, matches = find_inside(lookup, text, STREETS, STREET_ENOUGH)
    if len(matches.doc):
        return split.around, split.rest, matches
    last = list_splits(lookup, text)[-1]
    if not last.around or last.rest:
        return [], text, matches
    rows = np.array(sorted(last.around[-1].rows))
    return last.around[:-1], last.around[-1].text, Matches(rows, np.ones(len(rows)))


def _has_number(places: Places, street: int, number: str) -> bool:
    rows = places.houses(street)
    value = places.house_value
    wanted = _value(number)
    low = rows.start + int(np.searchsorted(value[rows], wanted))
    return wanted > 0 and low < rows.stop and int(value[low]) == wanted


def _value(number: str) -> int:
    digits = ""
    for char in number:
        if char.isdigit():
            digits += char
        elif digits:
            break
    return int(digits[:6]) if digits.isascii() and digits else 0


def _house(
    lookup: Lookup,
    street: _Street,
    asked: AskedHouse,
    context: _Context,
    text: str,
) -> Found:
    places, inside = lookup.places, street.inside
    rows = places.houses(street.row)
    written = _Numbers(places, rows.start)
    known = (places.house_value[rows], places.house_lonlat[rows], places.house_estimated[rows])
    house = find_house(fold_number(asked.number), written, *known)
    if house is None:
        return _street_only(lookup, street, asked, context, text)
    row = rows.start + house.row
    matched = [*said_parts(context.around), (street.text, _kind(places, street.row))]
    matched.append((asked.number, "house number" if house.is_mapped else "house number, estimated"))
    unmatched = [asked.rest] if asked.rest else []
    bonus = 0.0
    for word, said in zip(context.words, context.settled):
        if is_town(places, row, word):
            inside = 1.0
            bonus += 0.06
            matched.append((word, "town"))
        elif said:
            matched.append((word, "area"))
        else:
            unmatched.append(word)
            bonus -= 0.03
    left = " ".join(unmatched)
    understood = share_understood(text, left)
    quality = 1.0 if house.is_mapped else ESTIMATED
    score = street.score * inside * quality * (1 - LEFT_OVER * (1 - understood))
    shown = places.house_number[row] if house.is_mapped else asked.number
    name = places.name[street.row]
    if asked.unit or asked.room:
        matched.append((" ".join(part for part in (asked.unit, asked.room) if part), "unit"))
    return Found(
        kind="address",
        level=LEVEL_ADDRESS,
        name=f"{name}{'' if has_han(name) else ' '}{shown}",
        row=street.row,
        lonlat=house.lonlat,
        accuracy_m=house.accuracy_m,
        precise=house.is_exact and score >= 0.9,
        score=score,
        matched=tuple(matched),
        unmatched=left,
        rank=street.rank + bonus + (0.15 if house.is_mapped else 0.05),
        street=name,
        number=shown,
        house_row=row,
        unit=asked.unit,
        room=asked.room,
        comprehension=understood,
    )


class _Numbers(Sequence[str]):
    """The folded numbers of a street's houses, read when they are needed."""

    def __init__(self, places: Places, start: int) -> None:
        self._written, self._start = places.house_written, start

    def __len__(self) -> int:
        return len(self._written) - self._start

    def __getitem__(self, row: Any) -> Any:
        return self._written[self._start + row]


def _street_only(
    lookup: Lookup,
    street: _Street,
    asked: AskedHouse,
    context: _Context,
    text: str,
) -> Found:
    places, row = lookup.places, street.row
    lon, lat = places.lonlat[row].tolist()
    words = [word for word, said in zip(context.words, context.settled) if not said]
    left = " ".join(part for part in (asked.number, *words, asked.rest) if part)
    kind = KINDS[places.kind[row]]
    return Found(
        kind=kind,
        level=level_of(places, lookup.areas, row),
        name=places.name[row],
        row=row,
        lonlat=(lon, lat),
        accuracy_m=float(places.accuracy_m[row]),
        precise=False,
        score=street.score * NO_HOUSE * street.inside,
        matched=(*said_parts(context.around), (street.text, _kind(places, row))),
        unmatched=left,
        rank=street.rank - 0.1,
        street=places.name[row] if kind == "road" else "",
        comprehension=share_understood(text, left),
    )


def _kind(places: Places, street: int) -> str:
    return "street" if places.kind[street] == ROAD else KINDS[places.kind[street]]


def is_town(places: Places, house: int, text: str) -> bool:
    """Whether a text is the postcode of a mapped house, or its town's name or the beginning of it."""
    folded = fold(text)
    town = fold(places.house_town[house])
    return bool(folded) and (folded == fold(places.house_postcode[house]) or (bool(town) and town.startswith(folded)))


def _context_parts(context: tuple[str, ...]) -> tuple[str, ...]:
    """The words of the context, a postcode on its own: "91207 Lauf" -> 91207 and Lauf."""
    parts: list[str] = []
    for text in context:
        words = text.split()
        if len(words) > 1 and words[0].isdigit():
            parts += [words[0], " ".join(words[1:])]
        elif len(words) > 1 and words[-1].isdigit():
            parts += [" ".join(words[:-1]), words[-1]]
        elif text:
            parts.append(text)
    return tuple(parts)

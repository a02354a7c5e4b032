"""Every way to read a question, part by part: the grammar on its own, before any place is looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from location_cloud.places.fold import fold
from location_cloud.places.lookup import Lookup, split_said
from location_cloud.places.parse_address import list_asked_houses
from location_cloud.places.parse_crossing import list_crossings
from location_cloud.places.parse_km_post import parse_km_post
from location_cloud.places.parse_noise import read_question
from location_cloud.places.parse_offset import parse_offset
from location_cloud.places.parse_unit import parse_unit
from location_cloud.spatial.position_text import parse_position

MOST = 12
"""Readings given; a text full of numbers has dozens."""


@dataclass(frozen=True)
class Reading:
    """One way to read a text.

    form: "position", "km_post", "crossing", "offset", "unit", "address", "area" or "name". parts: text, as, start, end
    (characters of the question; -1 where it is spelt otherwise there). unmatched: what this reading leaves over.
    """

    form: str
    parts: tuple[dict[str, str | int], ...]
    unmatched: str = ""


def list_readings(lookup: Lookup, text: str) -> list[Reading]:
    """Every way to read a text, the likeliest first; the last one is a free name."""
    question = read_question(text)
    readings = [*_positions(lookup, question.text), *_typed(lookup, question.core, question.text)]
    return [*readings[: MOST - 1], _name(lookup, question.core, question.text)]


def _positions(lookup: Lookup, text: str) -> Iterator[Reading]:
    position = parse_position(text, lookup.wish.crs)
    if position is not None:
        yield Reading("position", _parts(text, [(text, position.form)]))


def _typed(lookup: Lookup, core: str, text: str) -> Iterator[Reading]:
    km = parse_km_post(core)
    if km is not None:
        sides = {0: "", 1: "up", 2: "down"}
        parts = [*_place(lookup, km.route, "route"), (km.written, "kilometre"), (sides[km.side], "side")]
        yield Reading("km_post", _parts(text, [*parts, (km.heading, "heading")]))
    for one, other in list_crossings(core):
        yield Reading("crossing", _parts(text, [*_place(lookup, one, "road"), *_place(lookup, other, "road")]))
    offset = parse_offset(core)
    if offset is not None:
        what = "gate" if offset.is_gate else "direction and distance"
        yield Reading("offset", _parts(text, [*_place(lookup, offset.landmark, "landmark"), (offset.written, what)]))
    unit = parse_unit(core)
    if unit is not None:
        named = [(getattr(unit, name), name) for name in ("building", "unit", "floor", "room")]
        yield Reading("unit", _parts(text, [*_place(lookup, unit.place, "place"), *named]))
    for house in list_asked_houses(core):
        inside = [(house.unit, "unit"), (house.room, "room"), *((word, "context") for word in house.context)]
        parts = [*_place(lookup, house.street, "street"), (house.number, "house number"), *inside]
        yield Reading("address", _parts(text, parts), house.rest)


def _name(lookup: Lookup, core: str, text: str) -> Reading:
    parts = _place(lookup, core, "name")
    return Reading("area" if all(what == "area" for _text, what in parts) else "name", _parts(text, parts))


def _place(lookup: Lookup, text: str, what: str) -> list[tuple[str, str]]:
    around, rest = split_said(lookup, text) if text else ([], "")
    return [*((said.text, "area") for said in around), *([(rest, what)] if rest else [])]


def _parts(text: str, parts: Iterable[tuple[str, str]]) -> tuple[dict[str, str | int], ...]:
    placed: list[dict[str, str | int]] = []
    at = 0
    for part, what in parts:
        if part:
            start, end = _find(text, part, at)
            at = max(at, end)
            placed.append({"text": text[start:end] if start >= 0 else part, "as": what, "start": start, "end": end})
    return tuple(placed)


def _find(text: str, part: str, at: int) -> tuple[int, int]:
    """Where a part stands, as written or folded, after what was found before; from the beginning if it is not there."""
    for begin in (at, 0):
        start = text.find(part, begin)
        if start >= 0:
            return start, start + len(part)
    folded = [fold(char) for char in text]
    wanted = fold(part)
    for start in range(len(text)):
        built = ""
        for end in range(start, len(text)):
            built += folded[end]
            if built == wanted and folded[start]:
                return start, end + 1
            if not wanted.startswith(built):
                break
    return -1, -1

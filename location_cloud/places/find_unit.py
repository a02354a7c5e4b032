"""Buildings, units and rooms of compounds (小区, campus) and of houses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from location_cloud.places.find_house import find_houses
from location_cloud.places.find_name import level_of, said_parts
from location_cloud.places.found import Found, share_understood
from location_cloud.places.lookup import NONE, Lookup, Split, find_exact_inside, find_inside
from location_cloud.places.match import Matches
from location_cloud.places.model import KINDS, OSM_ACCURACY_M, POI, SETTLEMENT
from location_cloud.places.parse_unit import AskedUnit, parse_unit

LEVEL_UNIT = "单元号"

ALIKE = 0.74
"""Likeness that a compound's name needs."""

NO_BUILDING = 0.9
"""Share of a compound's likeness that is left where nobody mapped the building."""

UNIT_ACCURACY_M = 2 * OSM_ACCURACY_M
"""A building's middle and one of its doors."""

MAX_COMPOUNDS = 12

_INSIDE = re.compile("(?:里面|里边|院内|院里|内|的)$")
_COMPOUND_INSIDE = re.compile("(?:小区|家属院|大院|院)(?:里面|里边|内|里|的)$")
"""创业城小区内 is in 创业城小区, or in 创业城."""


def find_units(lookup: Lookup, text: str) -> list[Found]:
    """Buildings that a text asks for, or the compound where nobody mapped them."""
    asked = parse_unit(text)
    if asked is None:
        return []
    found = list(_in_compounds(lookup, asked, text))
    if not any(each.kind == "unit" and each.score >= 0.97 for each in found):
        found += [_in_house(each, asked, text) for each in find_houses(lookup, asked.place) if each.kind == "address"]
    return found


def _in_compounds(lookup: Lookup, asked: AskedUnit, text: str) -> Iterator[Found]:
    split, matches = _compound(lookup, asked.place)
    around, name = split.around, split.rest
    if not len(matches.doc):
        return
    places = lookup.places
    factor = lookup.factor(matches.doc, around)
    score = matches.score * factor
    rank = score + 0.08 * places.importance[matches.doc] + 0.12 * lookup.nearness(matches.doc)
    for place in np.lexsort((matches.doc, -rank))[:MAX_COMPOUNDS].tolist():
        row = int(matches.doc[place])
        part = _part(lookup, row, asked.building)
        lon, lat = (places.part_lonlat[part] if part >= 0 else places.lonlat[row]).tolist()
        if not lookup.holds((lon, lat)):
            continue
        is_found = part >= 0
        value = float(score[place]) * (1.0 if is_found else NO_BUILDING)
        yield Found(
            kind="unit" if is_found else KINDS[places.kind[row]],
            level=LEVEL_UNIT if is_found else level_of(places, lookup.areas, row),
            name=f"{places.name[row]}{asked.written if is_found else ''}",
            row=row,
            lonlat=(lon, lat),
            accuracy_m=UNIT_ACCURACY_M if is_found else float(places.accuracy_m[row]),
            precise=is_found and value >= 0.9,
            score=value,
            matched=(*said_parts(around), (name, KINDS[places.kind[row]]), *_said(asked)),
            unmatched="",
            rank=float(rank[place]) * (1.0 if is_found else NO_BUILDING) + (0.15 if is_found else 0.0),
            building=asked.building,
            unit=asked.unit,
            room=asked.room,
            comprehension=share_understood(text, ""),
        )


def _compound(lookup: Lookup, text: str) -> tuple[Split, Matches]:
    kinds = (POI, SETTLEMENT)
    for name in dict.fromkeys((text, _INSIDE.sub("", text), _COMPOUND_INSIDE.sub("", text))):
        split, matches = find_exact_inside(lookup, name, kinds) if name else (Split([], text), NONE)
        if len(matches.doc):
            return split, matches
    return find_inside(lookup, text, kinds, ALIKE)


def _part(lookup: Lookup, row: int, building: str) -> int:
    """Row of a compound's building, -1 if it is not mapped."""
    places = lookup.places
    if building:
        for part in range(int(places.part_start[row]), int(places.part_start[row + 1])):
            if places.part_number[part] == building:
                return part
    return -1


def _in_house(found: Found, asked: AskedUnit, text: str) -> Found:
    return replace(
        found,
        building=asked.building,
        unit=asked.unit,
        room=asked.room,
        matched=(*found.matched, *_said(asked)),
        comprehension=share_understood(text, found.unmatched),
    )


def _said(asked: AskedUnit) -> Iterator[tuple[str, str]]:
    for name in ("building", "unit", "floor", "room"):
        if value := getattr(asked, name):
            yield value, name

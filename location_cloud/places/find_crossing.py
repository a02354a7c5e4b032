"""Where two roads meet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from location_cloud.places.find_name import said_parts
from location_cloud.places.found import Found, share_understood
from location_cloud.places.lookup import Lookup, find_inside
from location_cloud.places.model import OSM_ACCURACY_M, ROAD
from location_cloud.places.parse_crossing import list_crossings

LEVEL_CROSSING = "道路交叉路口"

ALIKE = 0.74
"""Likeness that a road's name needs."""

MAX_ROADS = 60
MAX_READINGS = 4

CROSSING_ACCURACY_M = OSM_ACCURACY_M + 15.0
"""A crossing's middle and the position of a node of it: half the width of two roads."""


def find_crossings(lookup: Lookup, text: str) -> list[Found]:
    """Crossings that a text asks for by the names of both roads."""
    found: list[Found] = []
    for order, (one, other) in enumerate(list_crossings(text)):
        found += _meetings(lookup, text, one, other)
        if order >= MAX_READINGS - 1 or any(each.score >= 0.97 for each in found):
            break
    return found


def _meetings(lookup: Lookup, text: str, one: str, other: str) -> Iterator[Found]:
    places = lookup.places
    split, first = find_inside(lookup, one, (ROAD,), ALIKE)
    split_too, second = find_inside(lookup, other, (ROAD,), ALIKE)
    around = [*split.around, *split_too.around]
    if not len(first.doc) or not len(second.doc):
        return
    likeness = dict(zip(second.doc.tolist(), second.score.tolist()))
    best = np.lexsort((first.doc, -first.score * lookup.factor(first.doc, around)))[:MAX_ROADS]
    rows: dict[tuple[int, int, int], float] = {}
    for place in best.tolist():
        road = int(first.doc[place])
        start, end = int(places.crossing_start[road]), int(places.crossing_start[road + 1])
        others = places.crossing_other[start:end]
        for at in np.flatnonzero(np.isin(others, second.doc)).tolist():
            pair = (min(road, int(others[at])), max(road, int(others[at])), start + at)
            rows[pair] = float(first.score[place]) * likeness[int(others[at])]
    if not rows:
        return
    roads = np.array([pair[0] for pair in rows], np.int64)
    factor = np.maximum(lookup.factor(roads, around), lookup.factor(np.array([pair[1] for pair in rows]), around))
    seen = set()
    for ((road, crossed, row), likeness_of_both), inside in zip(rows.items(), factor.tolist()):
        lon, lat = places.crossing_lonlat[row].tolist()
        spot = (road, crossed, round(lon, 6), round(lat, 6))
        if spot in seen or not lookup.holds((lon, lat)):
            continue
        seen.add(spot)
        score = likeness_of_both * inside
        yield Found(
            kind="crossing",
            level=LEVEL_CROSSING,
            name=f"{places.name[road]} / {places.name[crossed]}",
            row=road,
            lonlat=(lon, lat),
            accuracy_m=CROSSING_ACCURACY_M,
            precise=score >= 0.9,
            score=score,
            matched=(*said_parts(around), (one, "road"), (other, "road")),
            unmatched="",
            rank=score + 0.12 * float(lookup.nearness(np.array([road]))[0]) + 0.05,
            comprehension=share_understood(text, ""),
        )

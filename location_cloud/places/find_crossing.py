"""Where two roads meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from location_cloud.places.find_anchor import BETWEEN
from location_cloud.places.find_name import line_of, road_distance_m, said_parts
from location_cloud.places.found import Found, share_understood
from location_cloud.places.lookup import Lookup, Said, find_inside
from location_cloud.places.match import Matches, distance_m
from location_cloud.places.model import LEVEL_ROAD, OSM_ACCURACY_M, ROAD
from location_cloud.places.parse_crossing import list_crossings

LEVEL_CROSSING = "道路交叉路口"

ALIKE = 0.74
"""Likeness that a road's name needs."""

MAX_ROADS = 60
MAX_READINGS = 4
NEAREST_M, MAX_PAIRS = 300.0, 4
APART = 0.85
"""Share of the likeness that is left where two roads only come near each other."""


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


def find_sections(lookup: Lookup, text: str) -> list[Found]:
    """The middle of a road between two others, given as "road|one|other"."""
    on, one, other = text.split(BETWEEN)
    ends = [
        max(_meetings(lookup, text, on, each), key=lambda found: found.score, default=None) for each in (one, other)
    ]
    if ends[0] is None or ends[1] is None or (ends[0].row != ends[1].row and ends[0].street != ends[1].street):
        return []
    lonlat = np.mean([ends[0].lonlat, ends[1].lonlat], axis=0)
    half_m = float(distance_m(np.array(ends[0].lonlat), np.array(ends[1].lonlat))) / 2
    return [
        replace(
            ends[0],
            kind="road",
            level=LEVEL_ROAD,
            name=f"{on} ({one} - {other})",
            lonlat=(float(lonlat[0]), float(lonlat[1])),
            accuracy_m=OSM_ACCURACY_M + half_m,
            precise=False,
            score=min(ends[0].score, ends[1].score),
            matched=(*ends[0].matched, (other, "road")),
        )
    ]


def _nearest(lookup: Lookup, text: str, first: Matches, second: Matches, around: list[Said]) -> Iterator[Found]:
    """Where two roads come nearest to each other that do not meet in the data, within NEAREST_M; the closest pair."""
    places, best = lookup.places, (NEAREST_M, 0, 0, (0.0, 0.0))
    for road in first.doc[first.score >= 0.9][:MAX_PAIRS].tolist():
        spots = line_of(places, int(road))
        for other in second.doc[second.score >= 0.9][:MAX_PAIRS].tolist():
            off_m = road_distance_m(places, int(other), spots)
            at = int(np.argmin(off_m))
            if road != other and off_m[at] < best[0]:
                lon, lat = spots[at].tolist()
                best = (float(off_m[at]), int(road), int(other), (lon, lat))
    apart_m, road, other, spot = best
    if apart_m >= NEAREST_M or not lookup.holds(spot):
        return
    score = APART * float(lookup.factor(np.array([road]), around)[0])
    yield Found(
        kind="crossing",
        level=LEVEL_CROSSING,
        name=f"{places.name[road]} ～ {places.name[other]}",
        row=road,
        lonlat=spot,
        accuracy_m=CROSSING_ACCURACY_M + 2 * apart_m,
        precise=False,
        score=score,
        matched=(*said_parts(around), (places.name[road], "road"), (places.name[other], "road, near")),
        unmatched="",
        rank=score,
        comprehension=share_understood(text, ""),
    )


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
        yield from _nearest(lookup, text, first, second, around)
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

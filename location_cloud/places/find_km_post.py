"""Where a kilometre of a numbered road is, between the posts on both sides of it."""

from __future__ import annotations

import re

import numpy as np
from rapidfuzz.fuzz import ratio

from location_cloud.errors import Unprocessable
from location_cloud.places.fold import fold
from location_cloud.places.found import Found
from location_cloud.places.lookup import Lookup, split_said
from location_cloud.places.model import OSM_ACCURACY_M, Places
from location_cloud.places.parse_km_post import DOWN, UP, KmPost, parse_km_post, route_names

LEVEL_KM_POST = "公里桩"

ALIKE = 80.0
"""Percent of likeness that a route's name needs."""

UNNAMED = 0.7
"""Likeness of a route where the caller named none: also of the only one that has such a kilometre."""

SHARE_OF_GAP = 0.05
"""Of the way between two posts that a place between them may be off: posts stand where there was room."""

_ENDING = re.compile("(?:高速公路|快速路|高速|公路|国道|省道|县道|线|路)$")


class ChainageOutOfRange(Unprocessable):
    """The road is known, but its posts do not reach the kilometre that was asked for."""

    code = "chainage_out_of_range"
    title = "No such kilometre on that road"


def find_km_posts(lookup: Lookup, text: str) -> list[Found]:
    """Places on numbered roads that a text asks for by the kilometre; none if it does not, or names another road.

    Raises ChainageOutOfRange with the kilometres that there are.
    """
    asked = parse_km_post(text)
    if asked is None or not len(lookup.places.route_ref):
        return []
    _around, route = split_said(lookup, asked.route) if asked.route else ([], "")
    routes = _routes(lookup.places, route or asked.route)
    found = [each for row, score, name in routes for each in _on_route(lookup, row, score, name, asked, text)]
    if routes and not found and asked.route:
        raise _out_of_range(lookup.places, [row for row, _score, _name in routes], asked)
    return found


def _routes(places: Places, route: str) -> list[tuple[int, float, str]]:
    """(row of a route, likeness, its name as asked) of every route that may be meant; all where none was said."""
    refs, names = places.route_ref.as_list(), places.route_name.as_list()
    if not route:
        return [(row, UNNAMED, "") for row in range(len(refs))]
    for asked in route_names(route):
        folded = fold(asked)
        found = [(row, 1.0, asked) for row, ref in enumerate(refs) if ref == folded]
        found = found or [(row, 1.0, asked) for row, name in enumerate(names) if name and fold(name) == folded]
        short = _ENDING.sub("", folded)
        found = found or [(row, 0.98, asked) for row, name in enumerate(names) if short and _short(name) == short]
        if found:
            return found
    folded = _ENDING.sub("", fold(route))
    alike = [(row, ratio(folded, _short(name)), route) for row, name in enumerate(names) if name]
    best = max((score for _row, score, _name in alike), default=0.0)
    return [(row, score / 100, name) for row, score, name in alike if score == best >= ALIKE]


def _short(name: str) -> str:
    return _ENDING.sub("", fold(name))


def _on_route(lookup: Lookup, row: int, likeness: float, name: str, asked: KmPost, text: str) -> list[Found]:
    places = lookup.places
    rows = _side(places, row, asked.side or _heading_side(lookup, row, asked))
    metres = places.lrs_m[rows]
    if not len(metres) or not metres[0] <= asked.metres <= metres[-1]:
        return []
    points, posts = places.lrs_lonlat[rows], places.lrs_is_post[rows]
    lon, lat = (float(np.interp(asked.metres, metres, points[:, axis])) for axis in (0, 1))
    if not lookup.holds((lon, lat)):
        return []
    known = metres[posts] if posts.any() else metres
    gap_m = _gap(known, asked.metres)
    off_m = float(np.abs(known - asked.metres).min())
    ref, title = places.route_ref[row].upper(), places.route_name[row]
    side = {0: "", 1: "上行", 2: "下行"}[asked.side]
    matched = [(name, "route")] if name else []
    matched.append((asked.written, "kilometre"))
    km, rest_m = divmod(asked.metres, 1000)
    score = likeness * (0.9 if asked.is_ramp else 1.0)
    return [
        Found(
            kind="km_post",
            level=LEVEL_KM_POST,
            name=" ".join(part for part in (f"{ref}{title}", f"K{km:.0f}+{rest_m:03.0f}", side) if part),
            row=-1,
            lonlat=(lon, lat),
            accuracy_m=OSM_ACCURACY_M + 10.0 + SHARE_OF_GAP * (gap_m if off_m > 1 else 0.0),
            precise=off_m <= 1 and likeness >= 0.9,
            score=score,
            matched=tuple(matched),
            unmatched="",
            rank=score + 0.1 + 0.12 * _nearness(lookup, lon, lat),
            street=title or ref,
        )
    ]


def _nearness(lookup: Lookup, lon: float, lat: float) -> float:
    focus = lookup.wish.focus
    if focus is None:
        return 0.0
    km = float(np.hypot((lon - focus[0]) * np.cos(np.radians(lat)), lat - focus[1])) * 111.195
    return 1 / (1 + km / 10)


def _side(places: Places, row: int, side: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of a route that tell of one side, all where none does."""
    rows = np.arange(int(places.lrs_start[row]), int(places.lrs_start[row + 1]))
    sides = places.lrs_side[rows]
    if (sides == sides[:1]).all():
        return rows
    wanted = rows[(sides == 0) | (sides == (side or int(sides[sides > 0].min())))]
    return wanted if len(wanted) else rows


def _heading_side(lookup: Lookup, row: int, asked: KmPost) -> int:
    """The side of the carriageway that leads to a named place, 0 = nobody knows: DOWN is the one of rising numbers."""
    said = lookup.said(fold(asked.heading)) if asked.heading else None
    places = lookup.places
    rows = np.arange(int(places.lrs_start[row]), int(places.lrs_start[row + 1]))
    if said is None or len(rows) < 2:
        return 0
    away = places.lrs_lonlat[rows] - places.lonlat[said.rows[0]]
    away_km = np.hypot(away[:, 0] * np.cos(np.radians(places.lonlat[said.rows[0], 1])), away[:, 1]) * 111.195
    nearest_m = float(places.lrs_m[rows[int(np.argmin(away_km))]])
    if abs(nearest_m - asked.metres) < 1000.0:
        return 0
    return DOWN if nearest_m > asked.metres else UP


def _gap(known: np.ndarray[tuple[int], np.dtype[np.float64]], metres: float) -> float:
    above = int(np.clip(np.searchsorted(known, metres), 1, max(len(known) - 1, 1)))
    return float(known[above] - known[above - 1]) if len(known) > 1 else 1000.0


def _out_of_range(places: Places, rows: list[int], asked: KmPost) -> ChainageOutOfRange:
    ranges = []
    for row in rows:
        metres = places.lrs_m[int(places.lrs_start[row]) : int(places.lrs_start[row + 1])]
        if len(metres):
            name = f"{places.route_ref[row].upper()}{places.route_name[row]}"
            ranges.append({"route": name, "from_km": float(metres[0]) / 1000, "to_km": float(metres[-1]) / 1000})
    told = ", ".join(f"{each['route']} K{each['from_km']:.3f} to K{each['to_km']:.3f}" for each in ranges[:4])
    return ChainageOutOfRange(
        f"{asked.written} is outside the posts of {asked.route[:40]}: {told}",
        hint="ask for a kilometre within the range, or check the road's number",
        ranges=ranges,
        partial=None,
    )

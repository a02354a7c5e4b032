"""Where every kilometre of a numbered road is: its lines calibrated by the posts along them.

Lengths from the beginning of a road are not used: roads are rebuilt and shortened, their posts stay (断链, broken
chainage). Between two neighbouring posts the way along the road is stretched to what the posts say.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.places.fold import fold
from location_cloud.places.gather_roads import split_refs
from location_cloud.places.model import METRES_PER_DEGREE
from location_cloud.places.model_table import NumberedTable, PostTable

AT_ROAD_M = 60.0
"""A post without a number belongs to the numbered road this close."""

SAME_POST_M = 300.0
"""Posts of one kilometre this close are one: one on each side of the road."""

LONGER, SLACK_M = 3.0, 1_000.0
"""The way between two posts may be this many times what they say, and so much more, before it is no way at all."""

FALSE_M = 2_000.0
"""A post this much further from both its neighbours than three times the kilometres say, or this much closer than a
third of them, was written down wrongly."""


@dataclass(frozen=True)
class Routes:
    """Linear references of r routes, as the columns lrs_* of `model.Places`; ref folded."""

    ref: list[str]
    name: list[str]
    start: NDArray[np.int64]
    metres: NDArray[np.float64]
    lonlat: NDArray[np.float64]
    is_post: NDArray[np.bool_]
    side: NDArray[np.int8]


_Row = tuple[float, float, float, bool, int]
"""metres, lon, lat, is a post, side."""


def build_routes(lines: NumberedTable, posts: PostTable) -> Routes:
    """The linear reference of every road with posts."""
    of_line = [[fold(ref) for ref in split_refs(text)] or [fold(name)] for text, name in zip(lines.ref, lines.name)]
    lines_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    for line, refs in enumerate(of_line):
        for ref in refs:
            if ref:
                lines_of[int(lines.network[line]), ref].append(line)
    by_name = {
        (int(network), fold(name)): refs[0]
        for network, name, refs in zip(lines.network, lines.name, of_line, strict=True)
        if name and refs
    }
    posts_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    for post, ref in enumerate(_refs_of_posts(lines, posts, of_line)):
        network = int(posts.network[post])
        key = (network, ref if (network, ref) in lines_of else by_name.get((network, ref), ref))
        if key[1]:
            posts_of[key].append(post)
    refs, names, parts = [], [], []
    for network, ref in sorted(posts_of, key=lambda key: (key[1], key[0])):
        own = lines_of.get((network, ref), [])
        rows = _route(lines, own, posts, posts_of[network, ref])
        refs.append(ref)
        names.append(_name(lines, own, ref))
        parts.append(sorted(rows, key=lambda row: (row[0], row[4])))
    flat = [row for part in parts for row in part]
    return Routes(
        refs,
        names,
        np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64),
        np.array([row[0] for row in flat], np.float64),
        np.array([row[1:3] for row in flat], np.float64).reshape(-1, 2),
        np.array([row[3] for row in flat], np.bool_),
        np.array([row[4] for row in flat], np.int8),
    )


def _refs_of_posts(lines: NumberedTable, posts: PostTable, of_line: list[list[str]]) -> list[str]:
    """The folded number of each post's road: as written on it, else of the nearest numbered road."""
    found = [next((fold(part) for part in split_refs(text)), "") for text in posts.ref]
    nameless = np.array([post for post, ref in enumerate(found) if not ref], np.int64)
    if not len(nameless) or not len(lines):
        return found
    middle = np.cos(np.radians(float(np.median(posts.lonlat[:, 1]))))
    scale = np.array([middle, 1.0]) * METRES_PER_DEGREE
    owner = np.repeat(np.arange(len(lines)), np.diff(lines.start))
    tree = shapely.STRtree(shapely.linestrings(lines.vertex / 1e7 * scale, indices=owner))
    points = shapely.points(posts.lonlat[nameless] * scale)
    post, line = tree.query(points, predicate="dwithin", distance=AT_ROAD_M)
    same = posts.network[nameless[post]] == lines.network[line]
    post, line = post[same], line[same]
    apart_m = shapely.distance(points[post], tree.geometries[line])
    for each in np.lexsort((line, apart_m, post)).tolist():
        number = int(nameless[post[each]])
        found[number] = found[number] or (of_line[int(line[each])] or [""])[0]
    return found


def _name(lines: NumberedTable, own: list[int], ref: str) -> str:
    """The name that most of the road has, by its length; "" = none."""
    length: Counter[str] = Counter()
    for line in own:
        name = lines.name[line]
        if name and fold(name) != ref:
            part = lines.vertex[lines.start[line] : lines.start[line + 1]].astype(np.float64)
            length[name] += int(np.abs(np.diff(part, axis=0)).sum())
    return max(sorted(length), key=lambda name: length[name], default="")


def _route(lines: NumberedTable, own: list[int], posts: PostTable, members: list[int]) -> list[_Row]:
    scale = np.array([np.cos(np.radians(float(posts.lonlat[members, 1].mean()))), 1.0]) * METRES_PER_DEGREE
    net = _Net([lines.vertex[lines.start[line] : lines.start[line + 1]] / 1e7 * scale for line in own])
    rows: list[_Row] = []
    sides = sorted({int(posts.side[post]) for post in members})
    for side in sides:
        chosen = [post for post in members if posts.side[post] == side]
        kept = _plausible(posts.chainage_m[chosen], posts.lonlat[chosen] * scale)
        metres = posts.chainage_m[chosen][kept]
        xy = posts.lonlat[chosen][kept] * scale
        feet = net.feet(xy)
        for place in range(len(metres)):
            at = feet[place][0].xy if feet[place] else (float(xy[place, 0]), float(xy[place, 1]))
            rows.append((float(metres[place]), *_degrees(at, scale), True, side))
            if place + 1 < len(metres):
                rows += [
                    (m, *_degrees(point, scale), False, side)
                    for m, point in net.between(feet[place], feet[place + 1], metres[place], metres[place + 1])
                ]
    return rows


def _degrees(xy: tuple[float, float], scale: NDArray[np.float64]) -> tuple[float, float]:
    return round(xy[0] / float(scale[0]), 7), round(xy[1] / float(scale[1]), 7)


def _plausible(metres: NDArray[np.float64], xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Posts by kilometre, each kilometre once, without those that stand far from both their neighbours."""
    kept: list[int] = []
    for post in np.lexsort((xy[:, 1], xy[:, 0], metres)).tolist():
        if kept and metres[kept[-1]] == metres[post]:
            before = kept[-2] if len(kept) > 1 else -1
            if before >= 0 and _apart(xy, before, post) + SAME_POST_M < _apart(xy, before, kept[-1]):
                kept[-1] = post
            continue
        kept.append(post)
    order = np.array(kept, np.int64)
    if len(order) < 3:
        return order
    is_far = _is_odd(metres[order], xy[order], 1)
    is_false = np.zeros(len(order), bool)
    is_false[1:-1] = is_far[:-1] & is_far[1:] & ~_is_odd(metres[order], xy[order], 2)
    is_false[0] = is_far[0] and not is_far[1]
    is_false[-1] = is_far[-1] and not is_far[-2]
    return order[~is_false]


def _is_odd(metres: NDArray[np.float64], xy: NDArray[np.float64], step: int) -> NDArray[np.bool_]:
    """Whether posts, by kilometre, and the ones `step` behind are further apart than they say, or far too close."""
    apart_m = np.hypot(*(xy[step:] - xy[:-step]).T)
    said_m = metres[step:] - metres[:-step]
    return np.asarray((apart_m > said_m * LONGER + FALSE_M) | (said_m > apart_m * LONGER + FALSE_M), np.bool_)


def _apart(xy: NDArray[np.float64], one: int, other: int) -> float:
    return float(np.hypot(*(xy[one] - xy[other])))


@dataclass(frozen=True)
class _Foot:
    """Where a post stands on a line: between two nodes, a share of the way from the first. off_m: how far beside."""

    begin: int
    end: int
    share: float
    xy: tuple[float, float]
    off_m: float


class _Net:
    """The lines of one road as a graph, metres on a plane."""

    def __init__(self, lines: list[NDArray[np.float64]]) -> None:
        points = np.concatenate(lines) if lines else np.zeros((0, 2))
        # A tenth of a millimetre: the same node of two lines.
        key = np.rint(points * 1e4).astype(np.int64)
        _unique, first, number = np.unique(key, axis=0, return_index=True, return_inverse=True)
        self._xy = points[first]
        number = number.reshape(-1)
        line = np.repeat(np.arange(len(lines)), [len(part) for part in lines])
        linked = np.flatnonzero(line[1:] == line[:-1])
        self._begin, self._end = number[linked], number[linked + 1]
        length = np.hypot(*(self._xy[self._end] - self._xy[self._begin]).T)
        self._near: list[list[tuple[int, float]]] = [[] for _ in range(len(first))]
        for one, other, metres in zip(self._begin.tolist(), self._end.tolist(), length.tolist(), strict=True):
            self._near[one].append((other, metres))
            self._near[other].append((one, metres))
        segments = np.stack([self._xy[self._begin], self._xy[self._end]], axis=1)
        self._tree = shapely.STRtree(shapely.linestrings(segments)) if len(segments) else None

    def feet(self, xy: NDArray[np.float64]) -> list[list[_Foot]]:
        """Where each post may stand on the road, the nearest first; one foot for each stretch of carriageway."""
        found: list[list[_Foot]] = [[] for _ in range(len(xy))]
        if self._tree is None:
            return found
        post, segment = self._tree.query(shapely.points(xy), predicate="dwithin", distance=AT_ROAD_M)
        a, b = self._xy[self._begin[segment]], self._xy[self._end[segment]]
        along = b - a
        share = np.clip(((xy[post] - a) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9), 0, 1)
        foot = a + share[:, None] * along
        off = np.hypot(*(foot - xy[post]).T)
        for each in np.lexsort((segment, off, post)).tolist():
            known = found[int(post[each])]
            point = (float(foot[each, 0]), float(foot[each, 1]))
            if len(known) < 4 and all(np.hypot(point[0] - one.xy[0], point[1] - one.xy[1]) > 3 for one in known):
                begin, end = int(self._begin[segment[each]]), int(self._end[segment[each]])
                known.append(_Foot(begin, end, float(share[each]), point, float(off[each])))
        return found

    def between(
        self, first: list[_Foot], last: list[_Foot], low_m: float, high_m: float
    ) -> list[tuple[float, tuple[float, float]]]:
        """(metres as the posts count, point) of the road's own vertices between two posts; none if there is no way."""
        if not first or not last or high_m <= low_m:
            return []
        path = self._path(first, last, LONGER * (high_m - low_m) + SLACK_M)
        if len(path) < 3:
            return []
        points = np.array(path)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        if along[-1] <= 0:
            return []
        metres = low_m + along / along[-1] * (high_m - low_m)
        return [
            (float(m), (float(x), float(y)))
            for m, (x, y) in zip(metres[1:-1], points[1:-1], strict=True)
            if low_m < m < high_m
        ]

    def _path(self, first: list[_Foot], last: list[_Foot], most_m: float) -> list[tuple[float, float]]:
        """Points of the shortest way from any foot to any other, both feet included; empty if it is longer."""
        cost: dict[int, float] = {}
        came: dict[int, int | _Foot] = {}
        queue: list[tuple[float, int]] = []
        best, found = most_m, None  # type: float, tuple[int | _Foot, _Foot] | None
        targets: dict[int, list[tuple[float, _Foot]]] = defaultdict(list)
        for foot in last:
            length = self._length(foot)
            targets[foot.begin].append((foot.share * length + foot.off_m, foot))
            targets[foot.end].append(((1 - foot.share) * length + foot.off_m, foot))
        for foot in first:
            length = self._length(foot)
            for target in last:
                if {target.begin, target.end} == {foot.begin, foot.end}:
                    metres = float(np.hypot(foot.xy[0] - target.xy[0], foot.xy[1] - target.xy[1]))
                    if metres + foot.off_m + target.off_m < best:
                        best, found = metres + foot.off_m + target.off_m, (foot, target)
            for node, metres in ((foot.begin, foot.share * length), (foot.end, (1 - foot.share) * length)):
                if metres + foot.off_m < cost.get(node, np.inf):
                    cost[node], came[node] = metres + foot.off_m, foot
                    heapq.heappush(queue, (cost[node], node))
        while queue:
            metres, node = heapq.heappop(queue)
            if metres >= best:
                break
            if metres > cost[node]:
                continue
            for rest, target in targets.get(node, ()):
                if metres + rest < best:
                    best, found = metres + rest, (node, target)
            for other, length in self._near[node]:
                if metres + length < min(cost.get(other, np.inf), best):
                    cost[other], came[other] = metres + length, node
                    heapq.heappush(queue, (metres + length, other))
        if found is None:
            return []
        way, step = [found[1].xy], found[0]
        while not isinstance(step, _Foot):
            way.append((float(self._xy[step, 0]), float(self._xy[step, 1])))
            step = came[step]
        return [step.xy, *reversed(way)]

    def _length(self, foot: _Foot) -> float:
        return float(np.hypot(*(self._xy[foot.begin] - self._xy[foot.end])))

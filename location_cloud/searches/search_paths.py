"""Paths of several searchers or UAVs that gather the most probability within their range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.cells import Bools, Floats, Grid
from location_cloud.searches.growing import grow
from location_cloud.searches.tree_cover import cycle_around

Point = tuple[float, float]

MOST_BLOCKS = 60_000
"""Of a map, 4 detection ranges a side; so many take about two seconds."""
SHIFTS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5))
"""Of the blocks, in their sides: the best of these is kept."""
TURNS = 48
"""Places at which the round way is tried to be cut into the searchers' parts."""


@dataclass(frozen=True)
class Paths:
    """One line each. gathered: probability seen by all together, each cell once. bound: no plan can gather more."""

    lines_m: tuple[Floats, ...]
    gathered: float
    bound: float


def plan_paths(
    grid: Grid,
    p: Floats,
    starts_m: Sequence[Point | None],
    budget_m: float,
    detection_range_m: float,
    returns: bool = False,
) -> Paths:
    """Lines from each start, of at most budget_m each, that see as much probability as can be.

    p: (rows, columns). starts_m: one for each searcher; None = may begin anywhere. detection_range_m: a cell is seen
    when its middle lies within this of the line. returns: whether a line has to come back to its start.

    The ground is cut into blocks of two lanes by two; a connected set of the best blocks is grown, a spanning tree of
    it walked around, which passes every lane of it once and none twice, and the round way is cut into as many parts.
    (Exchanging single squares of it afterwards was tried: it added less than 1 %.)
    The bound is relaxed: the ground that budget and width can sweep at most, filled with the best cells.

    Raises BadQuery for no start, a start off the grid, sizes that are not positive, TooLarge over 60,000 blocks.
    Source: Gabriely and Rimon 2001 (spanning tree covering).
    """
    _check(grid, p, starts_m, budget_m, detection_range_m)
    best: tuple[float, tuple[Floats, ...]] = (-1.0, ())
    for shift in SHIFTS:
        blocks = _Blocks(grid, p, 2 * detection_range_m, shift)
        lines = _lines(blocks, starts_m, budget_m, returns)
        mass = gathered(grid, p, lines, detection_range_m)
        if mass > best[0]:
            best = mass, lines
    swept_m2 = len(starts_m) * (2 * detection_range_m * budget_m + np.pi * detection_range_m**2)
    return Paths(best[1], best[0], max(best[0], _best_cells(p, swept_m2 / grid.cell_m2)))


def gathered(grid: Grid, p: Floats, lines_m: Sequence[Floats], detection_range_m: float) -> float:
    """Probability of the cells whose middle lies within the range of any of the lines (asked every quarter cell)."""
    return float(p[seen(grid, lines_m, detection_range_m)].sum())


def seen(grid: Grid, lines_m: Sequence[Floats], detection_range_m: float) -> Bools:
    """(rows, columns) whether a cell's middle lies within the range of any of the lines (asked every quarter cell)."""
    rows, columns = (int(detection_range_m / size) + 1 for size in (grid.height_m, grid.width_m))
    mask = np.zeros((grid.rows + 2 * rows, grid.columns + 2 * columns), bool)
    for line in lines_m:
        points = _asked(np.asarray(line, np.float64), min(grid.width_m, grid.height_m) / 4)
        x, y = (points[:, 0] - grid.west_m) / grid.width_m, (points[:, 1] - grid.south_m) / grid.height_m
        near = (x > -columns) & (x < grid.columns + columns) & (y > -rows) & (y < grid.rows + rows)
        x, y = x[near], y[near]
        column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        for up in range(-rows, rows + 1):
            for right in range(-columns, columns + 1):
                east, north = (column + right + 0.5 - x) * grid.width_m, (row + up + 0.5 - y) * grid.height_m
                hit = east * east + north * north <= detection_range_m**2 * (1 + 1e-9)
                r, c = row[hit] + up + rows, column[hit] + right + columns
                inside = (r >= 0) & (r < mask.shape[0]) & (c >= 0) & (c < mask.shape[1])
                mask[r[inside], c[inside]] = True
    return mask[rows : rows + grid.rows, columns : columns + grid.columns]


class _Blocks:
    """The map's mass in blocks of two lanes by two, and where they lie."""

    def __init__(self, grid: Grid, p: Floats, lane_m: float, shift: tuple[float, float]) -> None:
        self.lane_m = lane_m
        side_m = 2 * lane_m
        self.west_m, self.south_m = grid.west_m - shift[0] * side_m, grid.south_m - shift[1] * side_m
        column = np.floor((grid.x_m - self.west_m) / side_m).astype(np.int64)
        row = np.floor((grid.y_m - self.south_m) / side_m).astype(np.int64)
        shape = int(row[-1]) + 1, int(column[-1]) + 1
        if shape[0] * shape[1] > MOST_BLOCKS:
            raise TooLarge(f"{shape} blocks are over {MOST_BLOCKS}", hint="take a smaller map or look farther")
        flat = (row[:, None] * shape[1] + column[None, :]).ravel()
        self.mass = np.asarray(np.bincount(flat, p.ravel(), shape[0] * shape[1]), np.float64).reshape(shape)

    def round_way_m(self, squares: float) -> Floats:
        """(n, 2) the way around the best blocks, over so many squares at most, four at least; it closes."""
        way = cycle_around(grow(self.mass, max(int(squares / 4), 1)))
        return np.asarray(np.array([self.west_m, self.south_m]) + (way[:, ::-1] + 0.5) * self.lane_m)


def _lines(blocks: _Blocks, starts: Sequence[Point | None], budget_m: float, returns: bool) -> tuple[Floats, ...]:
    """The lines over blocks; what the ways to and from the starts take is found by planning again with the rest."""
    ways = np.zeros(len(starts))
    for _ in range(3):
        squares = np.maximum((budget_m - ways) / blocks.lane_m, 1.0)
        way = blocks.round_way_m(float(squares.sum()))
        parts, turned, ways = _parts(way, squares, starts, returns)
        if not ways.any():
            break
    lines = []
    for start, part, is_back in zip(starts, parts, turned):
        line = part[::-1] if is_back else part
        lines.append(_within(line, start, budget_m, returns))
    return tuple(lines)


def _parts(
    way: Floats, squares: Floats, starts: Sequence[Point | None], returns: bool
) -> tuple[list[Floats], list[bool], Floats]:
    """The round way cut for the searchers, so that their ways to it are short: parts, whether backwards, those ways."""
    ends = np.concatenate([[0.0], np.cumsum(squares / squares.sum())]) * len(way)
    cuts = np.rint(ends).astype(np.int64)
    fixed = [k for k, start in enumerate(starts) if start is not None]
    turns = range(0, len(way), max(len(way) // TURNS, 1)) if fixed else range(1)
    best: tuple[float, list[int], int] = (np.inf, list(range(len(starts))), 0)
    cost = np.zeros((len(starts), len(starts)))
    for turn in turns:
        heads, tails = way[(cuts[:-1] + turn) % len(way)], way[(cuts[1:] - 1 + turn) % len(way)]
        for k in fixed:
            away = [np.hypot(*(end - np.asarray(starts[k])).T) for end in (heads, tails)]
            cost[k] = away[0] + away[1] if returns else np.minimum(*away)
        who, which = linear_sum_assignment(cost)
        if cost[who, which].sum() < best[0]:
            best = float(cost[who, which].sum()), which.tolist(), turn
    round_way = np.roll(way, -best[2], axis=0)
    parts, turned, ways = [], [], np.zeros(len(starts))
    for k, which in enumerate(best[1]):
        part = round_way[cuts[which] : max(cuts[which + 1], cuts[which] + 1)]
        start = starts[k]
        to = [0.0, 0.0] if start is None else [float(np.hypot(*(part[end] - np.asarray(start)))) for end in (0, -1)]
        parts.append(part)
        turned.append(to[1] < to[0])
        ways[k] = sum(to) if returns else min(to)
    return parts, turned, ways


def _within(part: Floats, start: Point | None, budget_m: float, returns: bool) -> Floats:
    """The line from the start along a part, cut where its budget ends, less the way back if it has to return."""
    line = part if start is None else np.concatenate([[start], part])
    home = line[0]
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    back = np.hypot(*(line - home).T) if returns else np.zeros(len(line))
    over = np.flatnonzero(walked + back > budget_m)
    if len(over):
        k = max(int(over[0]), 1)
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = (low + high) / 2
            end = line[k - 1] + middle * (line[k] - line[k - 1])
            need = walked[k - 1] + middle * (walked[k] - walked[k - 1])
            need += float(np.hypot(*(end - home))) if returns else 0.0
            low, high = (middle, high) if need <= budget_m else (low, middle)
        line = np.concatenate([line[:k], [line[k - 1] + low * (line[k] - line[k - 1])]])
    return _straight(np.concatenate([line, [home]]) if returns else line)


def _straight(line: Floats) -> Floats:
    """The same line without points that lie on the way between their neighbours."""
    steps = np.diff(line, axis=0)
    line = line[np.concatenate([[True], np.hypot(*steps.T) > 1e-9])]
    if len(line) < 3:
        return line
    ahead = np.diff(line, axis=0)
    ahead /= np.hypot(*ahead.T)[:, None]
    turns = np.abs(ahead[1:] - ahead[:-1]).max(axis=1) > 1e-9
    return np.asarray(line[np.concatenate([[True], turns, [True]])])


def _asked(line: Floats, apart_m: float) -> Floats:
    """Points along a line, at most so far apart."""
    if len(line) < 2:
        return line.reshape(-1, 2)
    count = np.maximum(np.ceil(np.hypot(*np.diff(line, axis=0).T) / apart_m), 1).astype(np.int64)
    leg = np.repeat(np.arange(len(count)), count)
    share = (np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)) / count[leg]
    return np.concatenate([line[leg] + share[:, None] * (line[leg + 1] - line[leg]), line[-1:]])


def _best_cells(p: Floats, count: float) -> float:
    """Mass of so many of the best cells, the last one in part."""
    best = np.sort(p.ravel())[::-1]
    whole = min(int(count), len(best))
    return float(best[:whole].sum() + (best[whole] * (count - whole) if whole < len(best) else 0.0))


def _check(grid: Grid, p: Floats, starts: Sequence[Point | None], budget_m: float, range_m: float) -> None:
    if p.shape != grid.shape or not (np.isfinite(p).all() and (p >= 0).all()):
        raise BadQuery(f"p must have the grid's shape {grid.shape} and be 0 or more", hint="draw the map again")
    if not starts or any(each is not None and grid.cells_of(each)[0] < 0 for each in starts):
        raise BadQuery("paths need one start or more, all of them on the map", hint="choose starts on the map")
    if not (0 < budget_m < np.inf and 0 < range_m < np.inf):
        raise BadQuery(
            f"budget_m={budget_m} and detection_range_m={range_m} must be positive", hint="give metres above 0"
        )

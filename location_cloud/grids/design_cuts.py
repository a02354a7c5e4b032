"""The best straight cut through a block: short, through gaps between buildings, and with fair pieces on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

ANGLES = 8
"""Directions that are tried, 22.5 degrees apart, the first one along the block's own edges."""

OFFSETS = 64
"""Parallel lines that are tried in each direction."""

PIECE = 1.3
"""A block becomes so few pieces that none is larger, in targets: fewer cuts leave more of the border on roads."""

LEAST, MOST = 0.6, 1.45
"""Sizes that a cut may leave to a piece, in targets; what a cell may have is 0.5 to 1.5."""

BUILDING_M = 12.0
"""A metre through a building weighs as much as so many metres over open ground."""

CHORD_M = 25.0
"""What each further crossing of a bent block weighs, metres."""

Segments = NDArray[np.float64]
"""(m, 4) x1, y1, x2, y2 in metres, along the rings: outer ones clockwise, holes the other way."""


@dataclass(frozen=True)
class Cut:
    """A straight line right through a block. line: LineString in metres, 1 m longer than the block at each end."""

    line: Any
    cost_m: float


def segments_of(polygons: Any) -> Segments:
    """The edges of polygons, outer rings clockwise and holes counter-clockwise."""
    turned = shapely.normalize(polygons)
    rings = shapely.get_rings(turned)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    follows = ring[1:] == ring[:-1]
    return np.column_stack([xy[:-1][follows], xy[1:][follows]])


def find_cut(block: Any, size: float, buildings: Segments, has_pieces: float = PIECE) -> Cut | None:
    """The cheapest straight cut that leaves whole numbers of pieces on both sides, or None.

    block: polygon in metres. size: of it, in targets. buildings: edges of the buildings in it, (m, 4) metres.

    Costs are metres: of the cut, those through buildings BUILDING_M-fold, further crossings CHORD_M each.
    """
    edges = segments_of(block)
    angle = _main_direction(edges, buildings) + np.arange(ANGLES) * (np.pi / ANGLES)
    turn = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    offsets = _offsets(edges, turn)
    area, length, crossings = _scan(edges, turn, offsets)
    cost = length + CHORD_M * np.maximum(crossings / 2 - 1, 0)
    if len(buildings):
        cost += (BUILDING_M - 1) * _scan(buildings, turn, offsets)[1]
    share = area / area[:, -1:].clip(1e-9) * size
    cost = np.where(_is_fair(share, size, has_pieces) & (crossings >= 2), cost, np.inf)
    place = int(np.argmin(cost))
    best = float(cost.flat[place])
    if not np.isfinite(best):
        return None
    way = place // OFFSETS
    return Cut(_line(edges, turn[way], float(offsets[way, place % OFFSETS])), best)


def _main_direction(edges: Segments, buildings: Segments) -> float:
    """The direction, radians modulo a quarter turn, that most of the edges have, by length."""
    both = np.concatenate([edges, buildings])
    dx, dy = both[:, 2] - both[:, 0], both[:, 3] - both[:, 1]
    angle = np.arctan2(dy, dx) * 4
    long = np.hypot(dx, dy)
    return float(np.arctan2((long * np.sin(angle)).sum(), (long * np.cos(angle)).sum()) / 4)


def _offsets(edges: Segments, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """(ANGLES, OFFSETS) how far the parallel lines lie to the left of 0, 0; the last ones lie beyond the block."""
    across = edges[:, 1, None] * turn[None, :, 0] - edges[:, 0, None] * turn[None, :, 1]
    low, high = across.min(0), across.max(0)
    steps = np.arange(1, OFFSETS + 1) / OFFSETS
    return np.asarray(low[:, None] + (high - low)[:, None] * steps * (1 + 1e-9), np.float64)


def _scan(
    segments: Segments, turn: NDArray[np.float64], offsets: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each parallel line: area to its right, length inside, and how many edges it crosses.

    Green: the area below a line is the integral of x dy over the edges below it, and the length inside is its
    derivative; both are sums of polynomials of the offset that begin and end with each edge, so they are added up in
    one pass over edges and one over lines, whatever their numbers.
    """
    ways = np.arange(len(turn))[None, :]
    x1 = segments[:, 0, None] * turn[:, 0] + segments[:, 1, None] * turn[:, 1]
    y1 = segments[:, 1, None] * turn[:, 0] - segments[:, 0, None] * turn[:, 1]
    x2 = segments[:, 2, None] * turn[:, 0] + segments[:, 3, None] * turn[:, 1]
    y2 = segments[:, 3, None] * turn[:, 0] - segments[:, 2, None] * turn[:, 1]
    rise = y2 - y1
    slope = np.divide(x2 - x1, rise, out=np.zeros_like(rise), where=np.abs(rise) > 1e-9)
    # Outer rings run clockwise: the right-hand border comes down, the left-hand border goes up.
    sign = np.where(np.abs(rise) > 1e-9, -np.sign(rise), 0.0)
    low, high = np.minimum(y1, y2), np.maximum(y1, y2)
    base = x1 - slope * y1
    step = (offsets[:, 1] - offsets[:, 0]).clip(1e-12)
    lines = offsets.shape[1]
    first = np.clip(np.ceil((low - offsets[:, 0]) / step).astype(np.int64), 0, lines)
    last = np.clip(np.ceil((high - offsets[:, 0]) / step).astype(np.int64), 0, lines)
    begin = (ways * (lines + 1) + first).ravel()
    end = (ways * (lines + 1) + last).ravel()

    def added(at_begin: NDArray[np.float64], at_end: NDArray[np.float64]) -> NDArray[np.float64]:
        size = len(turn) * (lines + 1)
        both = np.bincount(begin, at_begin.ravel(), size) + np.bincount(end, at_end.ravel(), size)
        return np.cumsum(both.reshape(len(turn), lines + 1)[:, :-1], axis=1)

    flat, tilt = sign * base, sign * slope
    before = flat * low + tilt * low * low / 2
    whole = flat * high + tilt * high * high / 2 - before
    level, gain, bend = added(-before, before + whole), added(flat, -flat), added(tilt, -tilt)
    area = level + gain * offsets + bend * offsets * offsets / 2
    length = gain + bend * offsets
    count = np.abs(sign)
    return area, np.maximum(length, 0.0), added(count, -count)


def _is_fair(share: NDArray[np.float64], size: float, piece: float) -> NDArray[np.bool_]:
    """Whether both sides can be made of whole pieces, n in all. share: size to the right, in targets."""
    n = max(2, int(np.ceil(size / piece)))
    fair = np.zeros(share.shape, bool)
    for k in range(max(1, n // 4), min(n - 1, n - n // 4) + 1):
        other = size - share
        ok = (share >= LEAST * k) & (share <= MOST * k) & (other >= LEAST * (n - k)) & (other <= MOST * (n - k))
        fair |= ok
    return fair


def _line(edges: Segments, turn: NDArray[np.float64], offset: float) -> Any:
    along = np.concatenate([edges[:, :2], edges[:, 2:]]) @ turn
    ends = np.array([along.min() - 1.0, along.max() + 1.0])
    across = np.array([-turn[1], turn[0]])
    return shapely.linestrings(ends[:, None] * turn + offset * across)

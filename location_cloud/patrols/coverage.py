"""Which cells of a beat a track has seen, when, and how long it stayed in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from location_cloud.patrols.beat_cells import LEVEL, boxes_of
from location_cloud.patrols.cleaning import Track
from location_cloud.patrols.model import Bools, Floats, Ints
from location_cloud.patrols.plane import as_plane
from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.cells.beidou import is_polar

SIGHT_M = 25.0
"""A cell is seen from as far as this: the width of a street with its pavements (rule of this product; national rules
name no distance)."""

PIECE_M = 10.0
"""Steps are shared out to cells in pieces no longer than this: a quarter of a cell."""

CHUNK = 12
"""Steps that are looked at together: a minute, by which `seen_s` is true. Each for itself took three times as long."""

MOST_PIECES = 40
"""Of one step; it is at most cleaning.JUMP_M long."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """seen_s: (n,) unix seconds when each cell of the beat was seen last, 0 = not seen. stayed_s: (n,) seconds in it.
    outside_s: seconds of the track in no cell of the beat.
    """

    seen_s: Floats
    stayed_s: Floats
    outside_s: float

    @property
    def is_seen(self) -> Bools:
        """(n,) whether each cell was seen."""
        return np.asarray(self.seen_s > 0)


def find_coverage(cells: Ints, track: Track) -> Coverage:
    """What of a beat a track covers.

    cells: keys, ascending. A cell is seen if a piece of the track, or a fix that stands alone, comes within SIGHT_M of
    the ground of the cell. Takes 15 ms for 5,760 fixes and 760 cells.
    """
    seen_s, stayed_s = np.zeros(len(cells)), np.zeros(len(cells))
    if not len(track) or not len(cells):
        return Coverage(seen_s, stayed_s, 0.0)
    lines, until_s = _lines(track)
    corner = boxes_of(cells)
    low, high = as_plane(corner[:, :2], track.origin), as_plane(corner[:, 2:], track.origin)
    near = _is_near(low, high, track.xy_m)
    boxes = shapely.box(*low[near].T, *high[near].T)
    box, line = shapely.STRtree(lines).query(boxes, predicate="dwithin", distance=SIGHT_M)
    np.maximum.at(seen_s, np.flatnonzero(near)[box], until_s[line])
    outside_s = _share_out(cells, track, stayed_s)
    return Coverage(seen_s, stayed_s, outside_s)


def _is_near(low: Floats, high: Floats, xy_m: Floats) -> Bools:
    """Which boxes lie within sight of the track's own box."""
    most, least = xy_m.max(axis=0) + SIGHT_M, xy_m.min(axis=0) - SIGHT_M
    return np.asarray((low <= most).all(axis=1) & (high >= least).all(axis=1))


def _lines(track: Track) -> tuple[Floats, Floats]:
    """The track as lines of up to CHUNK steps, fixes that stand alone as points; with when each was over."""
    count = len(track)
    begins_part = np.r_[True, ~track.is_joined]
    first = np.flatnonzero(begins_part)
    last = np.r_[first[1:], count] - 1
    within = np.arange(count) - np.repeat(first, last - first + 1)
    ends = np.repeat(last, last - first + 1)
    starts = np.flatnonzero((within % CHUNK == 0) & (np.arange(count) < ends))
    stops = np.minimum(starts + CHUNK, ends[starts])
    length = stops - starts + 1
    line = np.repeat(np.arange(len(starts)), length)
    place = np.arange(len(line)) - np.repeat(np.cumsum(length) - length, length) + starts[line]
    lines = shapely.linestrings(track.xy_m[place], indices=line) if len(line) else np.empty(0, object)
    alone = first[first == last]
    return np.concatenate([lines, shapely.points(track.xy_m[alone])]), track.walked.time_s[np.r_[stops, alone]]


def _share_out(cells: Ints, track: Track, stayed_s: Floats) -> float:
    """Adds the seconds of each piece to the cell of its middle; gives those in none."""
    joined, lonlat = track.is_joined, track.walked.lonlat
    begin, end, step_s = lonlat[:-1][joined], lonlat[1:][joined], track.steps_s[joined]
    pieces = np.clip(np.ceil(track.steps_m[joined] / PIECE_M), 1, MOST_PIECES).astype(np.int64)
    step = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(step)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (number + 0.5) / pieces[step]
    turned = (end - begin + 180.0) % 360.0 - 180.0  # the short way round at the antimeridian
    middle = begin[step] + turned[step] * share[:, None]
    middle[:, 0] = (middle[:, 0] + 180.0) % 360.0 - 180.0
    has_cell = ~is_polar(middle[:, 1])
    middle[~has_cell, 1] = 0.0
    keys = BEIDOU.encode_keys(middle, LEVEL)
    piece_s = (step_s / pieces)[step]
    place = np.minimum(np.searchsorted(cells, keys), len(cells) - 1)
    is_inside = (cells[place] == keys) & has_cell
    np.add.at(stayed_s, place[is_inside], piece_s[is_inside])
    return float(piece_s[~is_inside].sum())

"""Cuts ways into segments from junction to junction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from location_cloud.extract import OsmWays

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Pieces:
    """The segments of s pieces of ways.

    way: (s,) int64 place in OsmWays, ascending. position: (s,) int32 place of the first node in the way as OSM writes
    it. start: (s + 1,) int64; ref: (k,) int64 places in OsmNodes of each segment's nodes, both ends included.
    """

    way: Ints
    position: NDArray[np.int32]
    start: Ints
    ref: Ints


def cut_ways(ways: OsmWays, chosen: npt.ArrayLike, cuts: npt.ArrayLike, node_count: int) -> Pieces:
    """The segments of the chosen ways.

    chosen: places in OsmWays, ascending. cuts: places in OsmNodes where a way is cut in any case (barriers, via nodes).

    A way is cut where it meets another or itself, at `cuts`, and where a node is absent; a piece that returns to its
    start is cut once more, so that no segment starts where it ends. Pieces of a single node vanish.
    """
    way, ref, position, run = _flat_runs(ways, np.asarray(chosen, np.int64))
    first = np.ones(len(ref), bool)
    first[1:] = run[1:] != run[:-1]
    last = np.ones(len(ref), bool)
    last[:-1] = first[1:]
    uses = np.bincount(ref, minlength=node_count)
    forced = np.zeros(node_count, bool)
    forced[np.asarray(cuts, np.int64)] = True
    end = first | last | (uses[ref] > 1) | forced[ref]
    end |= _loop_cuts(ref, first, end)
    # A segment reaches from each end to the next one of the same run.
    ends = np.flatnonzero(end)
    pair = run[ends[1:]] == run[ends[:-1]]
    begin, finish = ends[:-1][pair], ends[1:][pair]
    length = finish - begin + 1
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    inside = np.arange(start[-1]) - np.repeat(start[:-1], length)
    return Pieces(way[begin], position[begin], start, ref[np.repeat(begin, length) + inside])


def _flat_runs(ways: OsmWays, chosen: Ints) -> tuple[Ints, Ints, NDArray[np.int32], Ints]:
    """The nodes of the chosen ways one after the other: way, node, position, and the number of the unbroken run."""
    length = np.diff(ways.ref_start)[chosen]
    offset = np.concatenate([[0], np.cumsum(length)])
    take = np.arange(offset[-1]) + np.repeat(ways.ref_start[chosen] - offset[:-1], length)
    way, ref, position = np.repeat(chosen, length), ways.ref[take], ways.position[take]
    new_way = np.ones(len(ref), bool)
    new_way[1:] = way[1:] != way[:-1]
    gap = np.zeros(len(ref), bool)
    gap[1:] = position[1:] - position[:-1] != 1
    run = np.cumsum(new_way | gap, dtype=np.int64)
    # A node written twice in a row is one node.
    twice = np.zeros(len(ref), bool)
    twice[1:] = (ref[1:] == ref[:-1]) & (run[1:] == run[:-1])
    keep = ~twice
    return way[keep], ref[keep], position[keep], run[keep]


def _loop_cuts(ref: Ints, first: Bools, end: Bools) -> Bools:
    """The middle node of every piece that returns to the node it starts from."""
    extra = np.zeros(len(ref), bool)
    ends = np.flatnonzero(end)
    begin, finish = ends[:-1], ends[1:]
    loop = (ref[begin] == ref[finish]) & ~first[finish] & (finish - begin > 1)
    extra[(begin[loop] + finish[loop]) // 2] = True
    return extra

"""The quickest drive between two places and others beside it in one compiled call, as `routing.drive` finds the one."""

import numpy as np

from kernels.caching import cached
from routing.alternatives import LOCAL_OPTIMALITY, MAX_SHARE, MAX_STRETCH, _ask_ways
from routing.drive import COST, LOCAL, _draw, _on_roads, _onto_roads, _points
from routing.local import BASE_EDGE
from routing.local_ends import _is_local
from routing.metric import lengths_along_m
from routing.packed import int32s
from routing.trip import UNREACHED

EDGES_END, POINTS_END = range(2)
"""Columns of what is told of each way: where its edges and its points end."""


@cached(nogil=True)
def _drive_ways(  # type: ignore[no-untyped-def]  # a kernel
    index, cch, places, metric, graph, shapes, usable, scratch, search, is_connected, ends, radius, others
):
    """(cost, rows, edges, edge_ms, segment, place, line, begins, along_m) of a drive and up to so many others.

    cost: of the quickest, UNREACHED without one, below 0 if not plain (see `routing.drive.find_drive`) or if an end
    is on a local road. rows (ways, 2): EDGES_END, POINTS_END; the ways stand one after the other, the quickest first.
    begins: of each way from 0 on, one more than its edges.
    """
    segment, distance, fraction, lonlat, is_plain = _on_roads(index, usable, is_connected, ends, radius)
    place = np.empty((2, 4))
    for i in range(2):
        place[i, 0], place[i, 1], place[i, 2], place[i, 3] = distance[i], fraction[i], lonlat[i, 0], lonlat[i, 1]
    cost, base_edge = int32s(metric, COST), int32s(graph, BASE_EDGE)
    reason, found, edges = np.int64(-1), np.empty((0, 5), np.int64), np.empty(0, np.int32)
    se, sf, sx = np.empty(0, np.int32), np.empty(0), np.empty(0, np.int64)
    ee, ef, ex = np.empty(0, np.int32), np.empty(0), np.empty(0, np.int64)
    local = int32s(usable, LOCAL)
    if is_plain and not _is_local(cost, local, segment[0]) and not _is_local(cost, local, segment[1]):
        se, sf, sx, starts = _points(metric, graph, usable, segment[0], fraction[0], False)
        ee, ef, ex, stops = _points(metric, graph, usable, segment[1], fraction[1], True)
        if starts > 0 and stops > 0:
            reason, found, edges = _ask_ways(
                cch, places, metric, scratch, search, se[:starts], sf[:starts], sx[:starts], ee[:stops], ef[:stops],
                ex[:stops], base_edge, others, MAX_STRETCH, MAX_SHARE, LOCAL_OPTIMALITY,
            )  # fmt: skip
    ways = len(found)
    if reason == 0:
        reason = found[0, 0] if ways > 0 else np.int64(UNREACHED)
    size, used, points = len(edges), 0, 0
    rows, driven, edge_ms = np.empty((ways, 2), np.int64), np.empty(size, np.int32), np.empty(size, np.int64)
    begins, line, along = np.empty(size + ways, np.int32), np.empty((0, 2), np.int32), np.empty(0)
    for way in range(ways):
        _, s, t, first, last = found[way]
        n = last - first
        own = edges[first:last]
        spent_ms, _ = _onto_roads(cost, base_edge, own, sf[s], sx[s], ef[t], ex[t])
        drawn, begun = _draw(index, shapes, own, sf[s], ef[t])
        if points + len(drawn) > len(line):
            room = (ways - way) * (len(drawn) + len(drawn) // 4) + points
            longer, longer_along = np.empty((room, 2), np.int32), np.empty(room)
            longer[:points], longer_along[:points] = line[:points], along[:points]
            line, along = longer, longer_along
        driven[used : used + n], edge_ms[used : used + n] = own, spent_ms
        begins[used + way : used + way + n + 1] = begun
        line[points : points + len(drawn)] = drawn
        along[points : points + len(drawn)] = lengths_along_m(drawn)
        used += n
        points += len(drawn)
        rows[way, EDGES_END], rows[way, POINTS_END] = used, points
    return reason, rows, driven, edge_ms, segment, place, line[:points], begins, along[:points]

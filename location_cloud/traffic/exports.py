"""Speeds as files that other routing engines read: OSRM's segment speeds, and speeds of ways for Valhalla's tools.

Sources: OSRM wiki, "Traffic": `from_osm_id,to_osm_id,edge_speed_in_km_h` of every pair of nodes that follow each other,
no header, no empty line, 0 = closed. Valhalla, "Historical traffic": its tools read speeds by their own graph ids, to
which `valhalla_ways_to_edges` maps `way id, direction`; so ours names ways and directions (1 as drawn, 0 against it).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.model import Roads
from location_cloud.traffic.drawing import vertices

Edges = NDArray[np.int32]

BLOCK_EDGES = 20_000
"""Written at a time: some 60,000 lines, 0.1 s."""


def osrm_lines(
    roads: Roads, vertex_osm_id: NDArray[np.int64], edges: Edges, kmh: NDArray[np.float32]
) -> Iterator[bytes]:
    """OSRM's segment speed file of some edges, in pieces. kmh: (n,) of each, 0 = closed; others count as 1 at least."""
    whole = np.where(kmh > 0, np.maximum(np.rint(kmh), 1), 0).astype(np.int64)
    for first in range(0, len(edges), BLOCK_EDGES):
        some = slice(first, first + BLOCK_EDGES)
        place, start = vertices(roads, edges[some])
        ids = vertex_osm_id[place]
        begins = np.ones(len(ids), bool)
        begins[start[1:] - 1] = False  # the last vertex of an edge begins no pair
        at = np.flatnonzero(begins)
        speed = np.repeat(whole[some], np.diff(start) - 1)
        rows = zip(ids[at].tolist(), ids[at + 1].tolist(), speed.tolist())
        yield "".join([f"{tail},{head},{kmh}\n" for tail, head, kmh in rows]).encode()


WAY_COLUMNS = "osm_way_id,direction,kmh,free_flow_kmh,length_m,measured_share\n"


def way_lines(
    roads: Roads,
    edges: Edges,
    kmh: NDArray[np.float32],
    free_flow_kmh: NDArray[np.float32],
    is_live: NDArray[np.bool_],
) -> Iterator[bytes]:
    """Mean speeds of ways by direction, with a head line; columns (n,) beside `edges`, which are ascending.

    kmh: 0 = closed: then the way counts as closed. free_flow_kmh may be NaN.
    """
    yield WAY_COLUMNS.encode()
    if not len(edges):
        return
    segment, is_back = edges >> 1, edges & 1
    order = np.lexsort((is_back, roads.seg_way[segment]))
    way, back = roads.seg_way[segment][order], is_back[order]
    begin = np.flatnonzero(np.append(True, (way[1:] != way[:-1]) | (back[1:] != back[:-1])))
    length = roads.seg_length_m[segment][order]
    known = np.nan_to_num(free_flow_kmh[order].astype(np.float64), nan=0.0)

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.add.reduceat(values, begin))

    with np.errstate(divide="ignore"):
        metres = total(length)
        speed = metres / total(length / kmh[order].astype(np.float64))
        free = metres / total(length / known)
        live = total(np.where(is_live[order], length, 0.0)) / metres
    columns = way[begin], 1 - back[begin], speed, free, metres, live
    rows = zip(*(column.tolist() for column in columns))
    lines = [f"{way},{to},{v:.1f},{f:.1f},{m:.1f},{s:.2f}\n" if f else f"{way},{to},{v:.1f},,{m:.1f},{s:.2f}\n"
             for way, to, v, f, m, s in rows]  # fmt: skip
    for first in range(0, len(lines), BLOCK_EDGES):
        yield "".join(lines[first : first + BLOCK_EDGES]).encode()

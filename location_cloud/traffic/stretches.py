"""Edges put together as people speak of them: a part of one road, one way, where the traffic is the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.edges import edge_heads, edge_key, edge_tails
from location_cloud.roads.model import CLASSES, Roads
from location_cloud.spatial.measure import bearing_deg, compass_point
from location_cloud.traffic.drawing import DEGREE_E7, vertices
from location_cloud.traffic.model import SOURCES
from location_cloud.traffic.model_picture import Picture, Stretch

Edges = NDArray[np.int32]


def chain(roads: Roads, edges: Edges, level: NDArray[np.uint8]) -> tuple[Edges, NDArray[np.int64]]:
    """The edges in driving order, and where each chain of them begins, one more at the end: cut where the way, the
    level or the line changes.

    level: (roads' edges,). A way is driven forward by rising numbers of segments, backward by falling ones. A list of
    chains took five times as long for a city of 30,000.
    """
    if not len(edges):
        return edges, np.zeros(1, np.int64)
    segment, is_back = edges >> 1, edges & 1
    order = np.lexsort((np.where(is_back, -segment, segment), is_back, roads.seg_way[segment]))
    edges = edges[order]
    follows = edge_heads(roads)[edges[:-1]] == edge_tails(roads)[edges[1:]]
    follows &= roads.seg_way[edges[:-1] >> 1] == roads.seg_way[edges[1:] >> 1]
    follows &= (edges[:-1] & 1 == edges[1:] & 1) & (level[edges[:-1]] == level[edges[1:]])
    follows &= edges[:-1] != edges[1:] ^ 1
    return edges, np.concatenate([[0], np.flatnonzero(~follows) + 1, [len(edges)]])


def describe(roads: Roads, picture: Picture, edges: Edges) -> Stretch:
    """A chain of edges in words. Its speed is that of driving all of it; its source is the surest of any edge."""
    estimate, first = picture.estimate, int(edges[0]) >> 1
    length_m = roads.seg_length_m[edges >> 1]
    kmh = estimate.kmh[edges].astype(np.float64)
    known = kmh > 0
    hours = (length_m[known] / 1000.0 / kmh[known]).sum()
    place, _ = vertices(roads, edges)
    line = roads.shape_e7[place[np.append(True, np.diff(place) != 0)]] / DEGREE_E7
    line = line[np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))]
    bearing = float(bearing_deg(line[:1], line[-1:])[0])
    sources = estimate.source[edges]
    return Stretch(
        name=roads.names[roads.seg_name[first]],
        ref=roads.names[roads.seg_ref[first]],
        road_class=CLASSES[roads.seg_class[first]],
        level=int(picture.seen_level[edges[0]]),
        kmh=float(length_m[known].sum() / 1000.0 / hours) if hours else None,
        length_m=float(length_m.sum()),
        bearing_deg=bearing,
        wind=compass_point(bearing),
        source=SOURCES[int(sources[sources > 0].min())] if (sources > 0).any() else SOURCES[0],
        is_simulated=bool(estimate.is_simulated[edges].any()),
        keys=tuple(edge_key(roads, edge) for edge in edges.tolist()),
        line=line,
    )

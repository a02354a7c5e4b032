"""Where named roads meet: shared nodes, roundabouts, and carriageways put together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from location_cloud.extract import OsmExtract
from location_cloud.places.model import CROSSING_M, METRES_PER_DEGREE
from location_cloud.places.model_table import LineTable

ROUNDABOUTS = ("roundabout", "circular", "jughandle")

_APART_M = 1e4
"""Third coordinate by which pairs of roads are moved apart; more than CROSSING_M."""


def list_crossings(
    osm: OsmExtract, lines: LineTable
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """(road, other road, lonlat) of every meeting under both roads, by road and other road.

    Roads that end at one roundabout meet in its middle. Meetings of one pair within CROSSING_M are one.
    """
    node, lonlat, road = _touches(osm, lines)
    first, second, place = _pairs(node, road)
    code = first.astype(np.int64) * (int(road.max(initial=0)) + 1) + second
    group, count = _clusters(code, lonlat[place])
    weight = np.maximum(np.bincount(group, minlength=count), 1)
    middle = np.stack([np.bincount(group, lonlat[place][:, axis], count) / weight for axis in (0, 1)], axis=1)
    begin = np.unique(group, return_index=True)[1]
    one, other = first[begin], second[begin]
    roads, others = np.concatenate([one, other]), np.concatenate([other, one])
    middles = np.concatenate([middle, middle])
    order = np.lexsort((middles[:, 1], middles[:, 0], others, roads))
    return roads[order].astype(np.int32), others[order].astype(np.int32), middles[order]


def _touches(osm: OsmExtract, lines: LineTable) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """(meeting place, its lonlat by number of the place, road) of every road at every node, each once."""
    road = np.repeat(lines.road.astype(np.int64), np.diff(lines.start))
    lonlat = osm.nodes.lonlat_e7 / 1e7
    circle, middle = _roundabouts(osm)
    at_circle = circle[lines.node] >= 0
    node = np.concatenate([lines.node, len(lonlat) + circle[lines.node[at_circle]]])
    road = np.concatenate([road, road[at_circle]])
    roads = int(road.max(initial=0)) + 1
    pair = np.unique(node * roads + road)
    return pair // roads, np.concatenate([lonlat, middle]), pair % roads


def _roundabouts(osm: OsmExtract) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(roundabout of each node, -1 = none; the middle of each roundabout)."""
    circle = np.full(len(osm.nodes.id), -1, np.int64)
    column = osm.ways.columns["junction"]
    ways = [row for row, code in zip(column.rows.tolist(), column.codes.tolist()) if column.values[code] in ROUNDABOUTS]
    if not ways:
        return circle, np.zeros((0, 2))
    start = osm.ways.ref_start
    parts = [osm.ways.ref[start[row] : start[row + 1]] for row in ways]
    nodes, place = np.unique(np.concatenate(parts), return_inverse=True)
    same_way = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    linked = same_way[1:] == same_way[:-1]
    links = coo_array(
        (np.ones(linked.sum(), bool), (place[:-1][linked], place[1:][linked])), shape=(len(nodes), len(nodes))
    )
    count, group = connected_components(links, directed=False)
    circle[nodes] = group
    weight = np.bincount(group, minlength=count)
    lonlat = osm.nodes.lonlat_e7[nodes] / 1e7
    return circle, np.stack([np.bincount(group, lonlat[:, axis], count) / weight for axis in (0, 1)], axis=1)


def _pairs(
    node: NDArray[np.int64], road: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(road, other road, meeting place) of every two roads at one place; road < other road.

    node, road: sorted by node, then road.
    """
    firsts, seconds, places = [node[:0]], [node[:0]], [node[:0]]
    step = 1
    while True:
        same = node[step:] == node[:-step] if step < len(node) else np.zeros(0, bool)
        if not same.any():
            break
        firsts.append(road[:-step][same])
        seconds.append(road[step:][same])
        places.append(node[step:][same])
        step += 1
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(places)


def _clusters(code: NDArray[np.int64], lonlat: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """(cluster of each meeting, number of clusters): meetings of one pair less than CROSSING_M from the next."""
    _unique, number = np.unique(code, return_inverse=True)
    group = number.astype(np.int64)
    several = np.flatnonzero(np.bincount(number, minlength=1)[number] > 1)
    if not len(several):
        return group, int(group.max(initial=-1)) + 1
    # One plane for each pair: a scale of each point's own latitude would move it by more than CROSSING_M.
    latitude = np.bincount(number, lonlat[:, 1]) / np.bincount(number)
    east_m = METRES_PER_DEGREE * np.cos(np.radians(latitude))[number[several]]
    xyz = np.stack([lonlat[several, 0] * east_m, lonlat[several, 1] * METRES_PER_DEGREE, number[several] * _APART_M], 1)
    pairs = cKDTree(xyz).query_pairs(CROSSING_M, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), bool), (several[pairs[:, 0]], several[pairs[:, 1]])), shape=(len(code),) * 2)
    found = connected_components(links, directed=False)[1]
    _unique, group = np.unique(found, return_inverse=True)
    return group.astype(np.int64), int(group.max()) + 1

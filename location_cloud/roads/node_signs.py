"""Traffic signals, stop signs and crossings on the nodes of roads: which of them are met when an edge is driven.

Source: OSM wiki, "Tag:highway=traffic_signals" (traffic_signals:direction), "Tag:highway=stop", "Key:stop",
"Tag:highway=crossing".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.extract import OsmNodes, Tags
from location_cloud.roads.model import BACKWARD, BOTH, FORWARD, MOTOR

BEFORE_JUNCTION_M = 20.0
"""A signal so near before a junction is its stop line: it speaks to who drives towards the junction, not away."""

SAME_JUNCTION_M = 30.0
"""Signals met within this distance belong to one junction and are waited at once: stop line and junction node, or the
two crossings of a dual carriageway."""

_ROUNDS = 4
"""Nodes that are looked through between a stop line and its junction (crossings of footways, barriers)."""

SIGNAL, STOP, CROSSING = 1, 2, 4
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class NodeSigns:
    """Nodes with signs. place: (m,) int64 in OsmNodes, ascending. kind: (m,) uint8 bits of SIGNAL, STOP, CROSSING.

    direction: (m,) uint8 FORWARD, BACKWARD, BOTH as tagged, 0 = not told. is_for_all: (m,) bool, a stop sign for all
    ways into the junction it is drawn on (stop=all).
    """

    place: NDArray[np.int64]
    kind: NDArray[np.uint8]
    direction: NDArray[np.uint8]
    is_for_all: NDArray[np.bool_]


def read_node_signs(nodes: OsmNodes) -> NodeSigns:
    """All signals, stop and give-way signs and crossings among the nodes."""
    rows = [(place, *_sign(tags)) for place, tags in zip(nodes.tagged.tolist(), nodes.tags) if "highway" in tags]
    table = np.array([row for row in rows if row[1]], np.int64).reshape(-1, 4)
    return NodeSigns(table[:, 0], table[:, 1].astype(np.uint8), table[:, 2].astype(np.uint8), table[:, 3] != 0)


def _sign(tags: Tags) -> tuple[int, int, bool]:
    kind = tags["highway"]
    if kind == "traffic_signals":
        crossing = CROSSING if tags.get("crossing", "no") != "no" else 0
        return SIGNAL | crossing, _direction(tags, "traffic_signals:direction"), False
    if kind in ("stop", "give_way"):
        return STOP, _direction(tags, "direction", f"{kind}:direction"), tags.get("stop") == "all"
    if kind == "crossing":
        return CROSSING, 0, False
    return 0, 0, False


def _direction(tags: Tags, *keys: str) -> int:
    words = {"forward": FORWARD, "backward": BACKWARD, "both": BOTH}
    return next((words[tags[key]] for key in keys if tags.get(key) in words), 0)


def count_signs(signs: NodeSigns, ref: NDArray[np.int64], along_m: NDArray[np.float64], columns: Columns) -> Columns:
    """The columns seg_signals_*, seg_stops_* and seg_crossings of a network.

    ref: (k,) places in OsmNodes of the shapes' points. along_m: (k,) metres from the first point of all shapes.
    columns: the segments' other columns.

    Where no direction is told, a signal near a junction of a two-way road is met by who drives towards it, a stop sign
    by who drives towards the nearer junction. Junctions are counted in ways for motor vehicles: a footway makes none.
    """
    net = _Chains(columns)
    met, sign = _meetings(signs, ref)
    start = columns["shape_start"]
    segment = np.searchsorted(start, met, side="right") - 1
    is_crossing = signs.kind[sign] & CROSSING != 0
    ahead_m = along_m[start[segment + 1] - 1] - along_m[met]
    behind_m = along_m[met] - along_m[start[segment]]
    # Each meeting twice, as seen from both directions; what stands at the tail was met before.
    seen = _Seen(
        edge=np.concatenate([2 * segment, 2 * segment + 1]),
        sign=np.concatenate([sign, sign]),
        ahead_m=np.concatenate([ahead_m, behind_m]),
        behind_m=np.concatenate([behind_m, ahead_m]),
        is_at_head=np.concatenate([met == start[segment + 1] - 1, met == start[segment]]),
        is_at_tail=np.concatenate([met == start[segment], met == start[segment + 1] - 1]),
    )
    edges = 2 * len(columns["seg_from"])
    signals = np.bincount(_met_signals(signs, seen, net), minlength=edges)
    stops = np.bincount(_met_stops(signs, seen, net), minlength=edges)
    crossings = _crossing_segments(ref[met[is_crossing]], segment[is_crossing], net.is_motor)
    return {
        "seg_signals_forward": _small(signals[0::2]),
        "seg_signals_backward": _small(signals[1::2]),
        "seg_stops_forward": _small(stops[0::2]),
        "seg_stops_backward": _small(stops[1::2]),
        "seg_crossings": _small(np.bincount(crossings, minlength=edges // 2)),
    }


@dataclass(frozen=True)
class _Seen:
    """Signs as met on edges: metres to the edge's head and from its tail; whether they stand at one of them."""

    edge: NDArray[np.int64]
    sign: NDArray[np.int64]
    ahead_m: NDArray[np.float64]
    behind_m: NDArray[np.float64]
    is_at_head: NDArray[np.bool_]
    is_at_tail: NDArray[np.bool_]


class _Chains:
    """How edges for motor vehicles run on through nodes where nothing else meets them.

    is_driven: (2s,) bool, edges open to motor vehicles; is_motor: (s,) bool, segments open in one direction or both.
    following: (2s,) the one edge that an edge runs on into, -1 = a junction, an end, or no road for motor vehicles.
    after_m: (2s,) metres from an edge's head to the next junction, inf = none near.
    """

    def __init__(self, columns: Columns) -> None:
        ends = np.stack([columns["seg_from"], columns["seg_to"]], axis=1).astype(np.int64)
        nodes = len(columns["node_osm_id"])
        self.tail, self.head = ends.ravel(), ends[:, ::-1].ravel()
        self.length_m = np.repeat(columns["seg_length_m"], 2)
        access = np.stack([columns["seg_access_forward"], columns["seg_access_backward"]], axis=1)
        self.is_driven = (access.ravel() & MOTOR) != 0
        self.is_motor = self.is_driven[0::2] | self.is_driven[1::2]
        motor = np.repeat(self.is_motor, 2)
        edges = np.flatnonzero(motor)
        degree = np.bincount(self.tail[edges], minlength=nodes)
        self.is_junction = degree > 2
        leaving = np.bincount(self.tail[edges], weights=edges, minlength=nodes).astype(np.int64)
        runs_on = motor & (degree[self.head] == 2)
        self.following = np.where(runs_on, leaving[self.head] - (np.arange(len(motor)) ^ 1), -1)
        self.after_m = np.where(motor & self.is_junction[self.head], 0.0, np.inf)
        for _ in range(_ROUNDS):
            further = self.length_m[self.following] + self.after_m[self.following]
            self.after_m = np.where(runs_on, further, self.after_m)

    def preceding(self) -> NDArray[np.int64]:
        """The edge that runs on into each edge, -1 = none."""
        reverse = self.following[np.arange(len(self.following)) ^ 1]
        return np.where(reverse >= 0, reverse ^ 1, -1)


def _meetings(signs: NodeSigns, ref: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Points of the shapes that carry a sign, and which."""
    if not len(signs.place):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    at = np.minimum(np.searchsorted(signs.place, ref), len(signs.place) - 1)
    met = np.flatnonzero(signs.place[at] == ref)
    return met, at[met]


def _met_signals(signs: NodeSigns, seen: _Seen, net: _Chains) -> NDArray[np.int64]:
    """The edge of each signal that is met, those of one junction once."""
    is_signal = signs.kind[seen.sign] & SIGNAL != 0
    told = np.where(net.is_motor[seen.edge >> 1], signs.direction[seen.sign], 0)  # of the road, not of a path across it
    in_junction = seen.is_at_head & net.is_junction[net.head[seen.edge]]
    to_m = seen.ahead_m + net.after_m[seen.edge]
    from_m = seen.behind_m + net.after_m[seen.edge ^ 1]
    # On a one-way road a signal can only mean those who drive there.
    is_left = (from_m <= BEFORE_JUNCTION_M) & (to_m > BEFORE_JUNCTION_M) & net.is_driven[seen.edge ^ 1]
    meant = np.where(told > 0, told & _driving(seen.edge) > 0, in_junction | ~is_left)
    rows = np.flatnonzero(is_signal & meant & ~seen.is_at_tail)
    rows = rows[np.lexsort((seen.behind_m[rows], seen.edge[rows]))]
    edge, behind_m, ahead_m = seen.edge[rows], seen.behind_m[rows], seen.ahead_m[rows]
    since_m = _since_last_m(net, edge, ahead_m)[edge] + behind_m
    again = np.flatnonzero(edge[1:] == edge[:-1]) + 1
    since_m[again] = behind_m[again] - behind_m[again - 1]
    kept: NDArray[np.int64] = edge[since_m > SAME_JUNCTION_M]
    return kept


def _since_last_m(net: _Chains, edge: NDArray[np.int64], ahead_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from the last signal before each edge to its tail, inf = none near. edge, ahead_m: of all signals met."""
    edges = len(net.head)
    last_m = np.full(edges, np.inf)  # from the last signal on an edge to its head
    np.minimum.at(last_m, edge, ahead_m)
    lit = np.zeros(len(net.is_junction), bool)
    lit[net.head[edge[ahead_m == 0.0]]] = True
    since_m = np.where((lit & net.is_junction)[net.tail], 0.0, np.inf)
    before = net.preceding()
    for _ in range(_ROUNDS):
        through_m = np.where(np.isfinite(last_m[before]), last_m[before], net.length_m[before] + since_m[before])
        since_m = np.where(before >= 0, through_m, since_m)
    return since_m


def _met_stops(signs: NodeSigns, seen: _Seen, net: _Chains) -> NDArray[np.int64]:
    """The edge of each stop and give-way sign that is met."""
    told = signs.direction[seen.sign]
    in_junction = seen.is_at_head & net.is_junction[net.head[seen.edge]]
    to_m = seen.ahead_m + net.after_m[seen.edge]
    from_m = seen.behind_m + net.after_m[seen.edge ^ 1]
    is_nearer = (to_m < from_m) | ((to_m == from_m) & (seen.ahead_m <= seen.behind_m))
    meant = np.where(in_junction, signs.is_for_all[seen.sign], is_nearer)
    meant = np.where(told > 0, told & _driving(seen.edge) > 0, meant)
    found: NDArray[np.int64] = seen.edge[(signs.kind[seen.sign] & STOP != 0) & meant & ~seen.is_at_tail]
    return found


def _driving(edge: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(edge & 1, BACKWARD, FORWARD)


def _crossing_segments(
    node: NDArray[np.int64], segment: NDArray[np.int64], is_motor: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The segments that crossings are counted to.

    At a node where segments meet: the first road and the first path, so that who passes along the road meets it once.
    """
    _, first = np.unique(2 * node + is_motor[segment], return_index=True)
    found: NDArray[np.int64] = segment[first]
    return found


def _small(count: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.minimum(count, 255).astype(np.uint8)

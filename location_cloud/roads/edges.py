"""The network seen as directed edges: ends, access, limits, rules, lasting keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.model import NO_LIMIT_KMH, RULE_KINDS, UNKNOWN_KMH, Roads

Number = TypeVar("Number", bound=np.generic)
_KEY = re.compile(r"(-?[0-9]{1,18}):([0-9]{1,9}):([fb])")


@dataclass(frozen=True)
class Topology:
    """How edges hang together for one kind of traveller.

    tail, head: (2s,) int32 nodes that an edge leaves and enters, below `nodes`.
    origin: (nodes,) int32 the road node each stands for; the first n are the road nodes themselves.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    nodes: int
    origin: NDArray[np.int32]


def edge_tails(roads: Roads) -> NDArray[np.int32]:
    """The node each edge leaves: (2s,) int32."""
    return edge_column(roads.seg_from, roads.seg_to)


def edge_heads(roads: Roads) -> NDArray[np.int32]:
    """The node each edge enters: (2s,) int32."""
    return edge_column(roads.seg_to, roads.seg_from)


def edge_access(roads: Roads) -> NDArray[np.uint16]:
    """Who may use each edge: (2s,) uint16 masks."""
    return edge_column(roads.seg_access_forward, roads.seg_access_backward)


def edge_limits_kmh(roads: Roads) -> NDArray[np.float32]:
    """The signed speed of each edge: (2s,) float32; NaN where no sign is known, inf where there is no limit."""
    signed = edge_column(roads.seg_maxspeed_forward_kmh, roads.seg_maxspeed_backward_kmh)
    limits = signed.astype(np.float32)
    limits[signed == UNKNOWN_KMH] = np.nan
    limits[signed == NO_LIMIT_KMH] = np.inf
    return limits


def edge_column(forward: NDArray[Number], backward: NDArray[Number]) -> NDArray[Number]:
    """Two columns of segments, forward and backward, as one of edges: (2s,)."""
    both = np.empty(2 * len(forward), forward.dtype)
    both[0::2] = forward
    both[1::2] = backward
    return both


def topology(roads: Roads, vehicles: int) -> Topology:
    """The ends of all edges for some kinds of traveller (access bits), cut where a barrier stops all of them.

    At a blocked node every segment gets an end of its own: the barrier can be driven up to from each side, and turned
    at, but not passed. It costs a node an end and no turn rule. A barrier that stops only some of them is not cut.
    """
    tail, head = edge_tails(roads), edge_heads(roads)
    blocked = (roads.node_blocked & vehicles) == vehicles
    extra = []
    nodes = roads.node_count
    for end, forward, backward in ((roads.seg_from, tail, head), (roads.seg_to, head, tail)):
        hit = np.flatnonzero(blocked[end])
        own = np.arange(nodes, nodes + len(hit), dtype=np.int32)
        forward[2 * hit] = own
        backward[2 * hit + 1] = own
        extra.append(np.asarray(end[hit], np.int32))
        nodes += len(hit)
    origin = np.concatenate([np.arange(roads.node_count, dtype=np.int32), *extra])
    return Topology(tail, head, nodes, origin)


def rules_for(roads: Roads, vehicle: int) -> list[tuple[str, tuple[int, ...]]]:
    """The turn rules that bind a traveller (one access bit): ("no" or "only", edges [from, via..., to]).

    Rules over an edge it may not use, or through a node it cannot pass, say nothing to it and are left out.
    """
    access, blocked = edge_access(roads), roads.node_blocked & vehicle
    head = edge_heads(roads)
    rules = []
    bounds = roads.rule_start.tolist()
    for number in np.flatnonzero(roads.rule_vehicles & vehicle).tolist():
        edges = roads.rule_edges[bounds[number] : bounds[number + 1]]
        if (access[edges] & vehicle).all() and not blocked[head[edges[:-1]]].any():
            rules.append((RULE_KINDS[roads.rule_kind[number]], tuple(edges.tolist())))
    return rules


def edge_key(roads: Roads, edge: int) -> str:
    """The lasting name of an edge: "way:position:f" as drawn, "way:position:b" backward."""
    segment = edge >> 1
    return f"{roads.seg_way[segment]}:{roads.seg_position[segment]}:{'b' if edge & 1 else 'f'}"


def find_edge(roads: Roads, key: str) -> int | None:
    """The edge of a lasting name; None if this network has no such segment, or the name is malformed."""
    if not (match := _KEY.fullmatch(key)):
        return None
    way, position = int(match[1]), int(match[2])
    first, last = np.searchsorted(roads.seg_way, [way, way + 1])
    segment = first + int(np.searchsorted(roads.seg_position[first:last], position))
    if segment == last or roads.seg_position[segment] != position:
        return None
    return int(2 * segment + (match[3] == "b"))


def edge_line_e7(roads: Roads, edge: int) -> NDArray[np.int32]:
    """The line of an edge in its direction: (k, 2) int32 lon, lat in 1e-7 degree."""
    segment = edge >> 1
    line = roads.shape_e7[roads.shape_start[segment] : roads.shape_start[segment + 1]]
    return line[::-1] if edge & 1 else line

"""What a driver sees at every junction: the roads there by direction, forbidden turns, arrows on the lanes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.roads.model import MOTOR, ONLY_RULE, ROUNDABOUT, Roads

LOOK_M = 10.0
"""How far along a road its bearing at a junction is taken: past the kerb, before the next bend. Source: OSRM looks
10 m along too (its coordinate extractor)."""

INDICATIONS = (
    "none",
    "straight",
    "sharp left",
    "left",
    "slight left",
    "slight right",
    "right",
    "sharp right",
    "uturn",
)
"""Arrows on a lane, bits 1 << place of `lane_arrows`; OSRM's words."""

_ARROWS = {
    "": "none",
    "none": "none",
    "through": "straight",
    "sharp_left": "sharp left",
    "left": "left",
    "slight_left": "slight left",
    "slight_right": "slight right",
    "right": "right",
    "sharp_right": "sharp right",
    "reverse": "uturn",
    "merge_to_left": "none",
    "merge_to_right": "none",
}
"""OSM's words (OSM wiki, "Key:turn"). A lane that ends (merge_to_*) shows no direction of its own."""

SLIP_M, CORNER_M = 150.0, 200.0
"""Longest slip lane around a corner, and how far from its ends the corner may lie; ours: longer ones are ramps."""

MOST_LANES = 16
"""A text that tells of more lanes than any road has is no use to a driver."""

A_EDGE, A_NAME, A_REF, A_FAR, A_SLIP, A_FLAGS, A_LOOKS, A_LANES = range(8)
CLASS_AT, IS_BANNING = 1 << 9, 1 << 20
"""See `Star.arms`."""


@dataclass(frozen=True, eq=False)
class Star:
    """The junction star of n nodes and s segments, in rows of memory-mapped arrays.

    start: (n + 1,) int32; the arms of node v are start[v]..start[v + 1], clockwise from north.
    place: (2s,) int32 each edge's arm. arms: (2s, 8) int32, all that is asked about an arm in one line of memory,
    columns A_...: the edge that leaves by it (edge ^ 1 is the one that comes in); numbers of its name and ref; the node
    at its other end; the node behind the slip lane around a corner that begins with it, -1 = it is none; seg_flags;
    LOOKS: 0..359 the bearing in which it leaves, taken LOOK_M along, CLASS_AT * class, IS_BANNING if some turn from the
    edge that comes in is forbidden; row of lanes of that edge's turn:lanes, 0 = none.
    ban_from, ban_to: (b,) int32 edges, ascending: the second may not follow the first. ban_vehicles: (b,) uint16 access
    bits of whom that binds.
    lane_start: (rows + 1,) int32; lane_arrows: uint16 bits of INDICATIONS, lanes from left to right.
    """

    start: NDArray[np.int32]
    place: NDArray[np.int32]
    arms: NDArray[np.int32]
    ban_from: NDArray[np.int32]
    ban_to: NDArray[np.int32]
    ban_vehicles: NDArray[np.uint16]
    lane_start: NDArray[np.int32]
    lane_arrows: NDArray[np.uint16]

    @property
    def edge(self) -> NDArray[np.int32]:
        """(2s,) the edge that leaves by each arm."""
        return self.arms[:, A_EDGE]

    @property
    def bearing_deg(self) -> NDArray[np.int32]:
        """(2s,) 0..359 in which each arm leaves."""
        return self.arms[:, A_LOOKS] % CLASS_AT

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """The columns by name, to be saved."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Star:
        """The inverse of `as_arrays`."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def build_star(roads: Roads) -> Star:
    """The star of every junction of the network; all segments, whoever may use them."""
    bearing = _bearings(roads.shape_start, roads.shape_e7)
    tail = np.stack([roads.seg_from, roads.seg_to], axis=1).ravel()
    order = np.lexsort((bearing, tail)).astype(np.int32)
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    start = np.zeros(roads.node_count + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=roads.node_count), out=start[1:])
    is_open = np.stack([roads.seg_access_forward, roads.seg_access_backward], axis=1).ravel() & MOTOR != 0
    slip_end = _slip_ends(
        start,
        order,
        bearing,
        roads.seg_from,
        roads.seg_to,
        roads.seg_length_m,
        is_open,
        np.repeat(roads.seg_flags & ROUNDABOUT != 0, 2),
    )
    bans = _bans(roads, start, order)
    edge_lanes, lane_start, lane_arrows = _lanes(roads)
    segment, arms = order >> 1, np.empty((len(order), 8), np.int32)
    arms[:, A_EDGE], arms[:, A_NAME], arms[:, A_REF] = order, roads.seg_name[segment], roads.seg_ref[segment]
    arms[:, A_FAR], arms[:, A_SLIP], arms[:, A_FLAGS] = tail[order ^ 1], slip_end[order], roads.seg_flags[segment]
    arms[:, A_LOOKS] = bearing[order] + CLASS_AT * roads.seg_class[segment].astype(np.int32)
    arms[:, A_LOOKS] += IS_BANNING * np.isin(order ^ 1, bans[0])
    arms[:, A_LANES] = edge_lanes[order ^ 1]
    return Star(start, place, arms, *bans, lane_start, lane_arrows)


def parse_turn_lanes(text: str) -> list[int]:
    """The arrows of each lane of a turn:lanes text, left to right, as bits of INDICATIONS.

    Unknown words count as no arrow; a text without any arrow, or with more than MOST_LANES lanes, gives [].
    Source: OSM wiki, "Key:turn:lanes".
    """
    lanes = []
    for lane in text.split("|"):
        words = {_ARROWS.get(word.strip(), "none") for word in re.split("[;,]", lane)}
        arrows = words - {"none"} or {"none"}
        lanes.append(sum(1 << INDICATIONS.index(word) for word in arrows))
    return lanes if len(lanes) <= MOST_LANES and any(lane != 1 for lane in lanes) else []


def _bans(
    roads: Roads, start: NDArray[np.int32], edge: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
    """Pairs of edges that signs forbid: "no" rules over one junction, and all that an "only" rule leaves out."""
    masks: dict[tuple[int, int], int] = {}
    tails = np.stack([roads.seg_from, roads.seg_to], axis=1).ravel()
    bounds = roads.rule_start.tolist()
    for rule in np.flatnonzero(np.diff(roads.rule_start) == 2).tolist():
        first, second = roads.rule_edges[bounds[rule] : bounds[rule + 1]].tolist()
        node = int(tails[second])
        arms = edge[start[node] : start[node + 1]].tolist()
        is_only = roads.rule_kind[rule] == ONLY_RULE
        for other in [arm for arm in arms if arm != second] if is_only else [second]:
            masks[first, other] = masks.get((first, other), 0) | int(roads.rule_vehicles[rule])
    pairs = np.array(sorted(masks), np.int32).reshape(-1, 2)
    vehicles = np.array([masks[pair] for pair in sorted(masks)], np.uint16)
    return pairs[:, 0].copy(), pairs[:, 1].copy(), vehicles


def _lanes(roads: Roads) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
    number = np.stack([roads.seg_turn_lanes_forward, roads.seg_turn_lanes_backward], axis=1).ravel()
    texts, row = np.unique(np.append(number, np.int32(0)), return_inverse=True)
    lanes = [parse_turn_lanes(roads.names[int(text)]) if text else [] for text in texts]
    counts = np.array([len(lane) for lane in lanes])
    lane_start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    arrows = np.array([arrow for lane in lanes for arrow in lane], np.uint16)
    known = np.where(counts > 0, np.arange(len(texts)), 0).astype(np.int32)
    return known[row[:-1]], lane_start, arrows


@cached(nogil=True)
def _bearings(shape_start: NDArray[np.int64], shape_e7: NDArray[np.int32]) -> NDArray[np.int16]:
    """The direction in which each edge leaves its node, whole degrees: that of the line to the point LOOK_M on."""
    segments = len(shape_start) - 1
    bearing = np.empty(2 * segments, np.int16)
    for edge in range(2 * segments):
        low, high = shape_start[edge >> 1], shape_start[(edge >> 1) + 1] - 1
        p, last, step = (high, low, -1) if edge & 1 else (low, high, 1)
        lat_m = 0.0111319  # metres in 1e-7 degree of a meridian; a direction needs no better
        lon_m = lat_m * np.cos(np.radians(shape_e7[p, 1] / 1e7))
        x, y, left = 0.0, 0.0, LOOK_M
        while p != last and left > 0.0:
            dx = (np.int64(shape_e7[p + step, 0]) - shape_e7[p, 0]) * lon_m
            dy = (np.int64(shape_e7[p + step, 1]) - shape_e7[p, 1]) * lat_m
            piece = np.hypot(dx, dy)
            share = min(1.0, left / piece) if piece > 0.0 else 1.0
            x, y, left = x + dx * share, y + dy * share, left - piece
            p += step
        bearing[edge] = np.int16(round(np.degrees(np.arctan2(x, y)))) % 360
    return bearing


@cached(nogil=True)
def _slip_ends(  # type: ignore[no-untyped-def]  # a kernel; build_star is typed
    start, star_edge, bearing, seg_from, seg_to, length_m, is_open, is_round
):
    """For each edge the end of the slip lane that it begins: a short one-way road that cuts the corner between the
    road it leaves and a street that crosses that road a little further on.
    """
    found = np.full(len(star_edge), -1, np.int32)
    for edge in range(len(star_edge)):
        if not is_open[edge] or is_open[edge ^ 1] or is_round[edge] or length_m[edge >> 1] > SLIP_M:
            continue
        tail = seg_to[edge >> 1] if edge & 1 else seg_from[edge >> 1]
        end = _chain_end(edge, SLIP_M, start, star_edge, seg_from, seg_to, length_m, is_open)
        if end < 0 or end == tail:
            continue
        for arm in range(start[tail], start[tail + 1]):
            main = star_edge[arm]
            if main == edge or not is_open[main] or is_round[main]:
                continue
            off = (bearing[edge] - bearing[main] + 180) % 360 - 180
            if abs(off) <= 60 and _crosses(
                main, end, off > 0, start, star_edge, bearing, seg_from, seg_to, length_m, is_open
            ):
                found[edge] = end
    return found


@cached(nogil=True)
def _chain_end(  # type: ignore[no-untyped-def]
    edge, limit_m, start, star_edge, seg_from, seg_to, length_m, is_open
):
    """The node where the only way on from an edge meets other roads, -1 = none within the limit."""
    left_m = limit_m
    for _ in range(8):
        left_m -= length_m[edge >> 1]
        node = seg_from[edge >> 1] if edge & 1 else seg_to[edge >> 1]
        roads, following = 0, -1
        for arm in range(start[node], start[node + 1]):
            other = star_edge[arm]
            if other != edge ^ 1 and (is_open[other] or is_open[other ^ 1]):
                roads += 1
                following = other
        if left_m < 0.0 or roads == 0:
            return -1
        if roads > 1:
            return node
        edge = following
        if not is_open[edge]:
            return -1
    return -1


@cached(nogil=True)
def _crosses(  # type: ignore[no-untyped-def]
    main, end, is_right, start, star_edge, bearing, seg_from, seg_to, length_m, is_open
):
    """Whether a street that crosses the road on which `main` leads leads to a node on its right (or left) nearby."""
    left_m = CORNER_M
    for _ in range(8):
        left_m -= length_m[main >> 1]
        node = seg_from[main >> 1] if main & 1 else seg_to[main >> 1]
        if left_m < 0.0 or node == end:
            return False
        heading = (bearing[main ^ 1] + 180) % 360
        ahead, ahead_off = -1, 46
        for arm in range(start[node], start[node + 1]):
            other = star_edge[arm]
            if other == main ^ 1 or not (is_open[other] or is_open[other ^ 1]):
                continue
            off = (bearing[other] - heading + 180) % 360 - 180
            is_aside = 45 <= abs(off) <= 150 and (off > 0) == is_right
            if is_aside and _leads(other, end, start, star_edge, bearing, seg_from, seg_to, length_m, is_open):
                return True
            if abs(off) < ahead_off and is_open[other]:
                ahead, ahead_off = other, abs(off)
        if ahead < 0:
            return False
        main = ahead
    return False


@cached(nogil=True)
def _leads(street, end, start, star_edge, bearing, seg_from, seg_to, length_m, is_open):  # type: ignore[no-untyped-def]
    """Whether a street, driven either way, leads about straight to a node nearby."""
    left_m = CORNER_M
    for _ in range(6):
        left_m -= length_m[street >> 1]
        node = seg_from[street >> 1] if street & 1 else seg_to[street >> 1]
        if node == end:
            return True
        if left_m < 0.0:
            return False
        heading = (bearing[street ^ 1] + 180) % 360
        ahead, ahead_off = -1, 46
        for arm in range(start[node], start[node + 1]):
            other = star_edge[arm]
            off = abs((bearing[other] - heading + 180) % 360 - 180)
            if other != street ^ 1 and (is_open[other] or is_open[other ^ 1]) and off < ahead_off:
                ahead, ahead_off = other, off
        if ahead < 0:
            return False
        street = ahead
    return False

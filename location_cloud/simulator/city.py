"""The streets as traffic meets them: how fast when empty, how much they suffer, where signals stand, where trips begin.

All of it is made from the roads and a seed, so that the same city is the same at every run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.free_speed import free_kmh, legal_kmh
from location_cloud.directions.network import Network
from location_cloud.directions.profiles import Profile, load_profiles
from location_cloud.roads.edges import edge_column
from location_cloud.roads.model import CLASSES, Roads
from location_cloud.simulator.chance import normal, uniform
from routing.metric import metres_per_degree, places_along
from routing.rows import as_read_only
from routing.trip import CLOSED

SUFFERING = {
    "motorway": 0.35,
    "trunk": 0.5,
    "primary": 0.6,
    "secondary": 0.55,
    "tertiary": 0.45,
    "unclassified": 0.25,
    "residential": 0.15,
}
"""Share of the speed lost in the centre at the worst hour, by class; links as their class, others none. Ours, so that
main roads of a centre come to 40 % of free flow: 拥堵 in the usual four levels."""

SUFFERING_SPREAD, OUTSKIRTS_SHARE, MOST_SUFFERING = 0.25, 0.35, 0.8
"""Standard deviation of its log from way to way; what is left of it far from the centre; the most there is. Ours."""

ENDS_PER_M = {
    "residential": 1.0,
    "living_street": 0.7,
    "tertiary": 1.2,
    "secondary": 1.0,
    "primary": 0.7,
    "unclassified": 0.5,
    "service": 0.3,
    "trunk": 0.05,
}
"""How many trips begin or end along a metre of road, by class, relative. Ours."""

CELL_M = 500.0
"""Side of the squares in which roads are counted: where there are many, people live and work."""

SPEED_SPREAD = 0.08
"""Standard deviation of log(free speed) from way to way: no road is driven exactly as its class says. Ours."""

CYCLES_S = (60.0, 75.0, 90.0, 100.0, 120.0)
LEAST_RED, MOST_RED = 0.3, 0.45
"""Signals' cycles and the share of red in them. Source: RiLSA 2015 section 2.7 (30-90 s, 120 s at most); reds ours."""

START_LOSS_S = 2.0
"""Lost by setting off at a green light. Source: HCM 2010, chapter 18: start-up lost time."""

SIGNAL_CELL_M = 60.0
"""Signals within squares of this side belong to one junction and change together."""

_FREE, _CYCLE, _RED, _OFFSET, _SUFFERS = range(101, 106)


@dataclass(frozen=True, eq=False)
class City:
    """Columns of edges unless said otherwise.

    free_kmh (edges,) float32 running speed on an empty road, NaN = no cars. length_m (segments,) float64.
    suffering (edges,) float32, share of speed lost at the worst hour; inbound (edges,) float32: -1 leads straight out
    of the centre, 1 straight into it. cell (edges,) int32: number of the square of CELL_M it lies in.
    cycle_s, red_s, offset_s (edges,) float32 of the signal at its end, cycle_s 0 = none. wait_s (edges,) float32: the
    mean time lost there.
    middle_m (segments, 2): about where each segment lies, metres east and north of the centre.
    ends_sum (segments,) float64: ascending, how many trips end up to each segment.
    shape_start, shape_e7: the roads' lines.
    """

    free_kmh: NDArray[np.float32]
    length_m: NDArray[np.float64]
    suffering: NDArray[np.float32]
    inbound: NDArray[np.float32]
    cell: NDArray[np.int32]
    cycle_s: NDArray[np.float32]
    red_s: NDArray[np.float32]
    offset_s: NDArray[np.float32]
    wait_s: NDArray[np.float32]
    middle_m: NDArray[np.float64]
    ends_sum: NDArray[np.float64]
    shape_start: NDArray[np.int32]
    shape_e7: NDArray[np.int32]

    def place_on(self, segment: NDArray[np.int64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where so much of each segment's length is passed: (n, 2) lon, lat degrees."""
        _, place_e7 = places_along(self.shape_start, self.shape_e7, segment.astype(np.int32), fraction)
        return place_e7 / 1e7


def build_city(roads: Roads, network: Network, seed: int, profile: Profile | None = None) -> City:
    """The streets of a network, of its snapshot's metric. profile: None = the shipped one of the network's name."""
    known = profile or load_profiles()[network.profile]
    free = _free_kmh(roads, network, known, seed)
    middle = (roads.seg_box_e7[:, :2].astype(np.float64) + roads.seg_box_e7[:, 2:]) / 2e7
    weight = _ends(roads, network)
    centre, middle_m = _around_centre(middle, weight)
    square = np.floor(middle_m / CELL_M).astype(np.int64)
    _, cell, count = np.unique(square, axis=0, return_inverse=True, return_counts=True)
    cell = cell.reshape(-1)
    density = np.bincount(cell, roads.seg_length_m, minlength=len(count))[cell]
    ends = weight * np.sqrt(density)
    radius_m = max(float(np.sqrt(np.average((middle_m**2).sum(axis=1), weights=ends))), 1.0) if ends.any() else 1.0
    by_class = np.array([SUFFERING.get(name.removesuffix("_link"), 0.0) for name in CLASSES])
    centrality = OUTSKIRTS_SHARE + (1.0 - OUTSKIRTS_SHARE) * np.exp(-((middle_m**2).sum(axis=1)) / (2.0 * radius_m**2))
    spread = np.exp(SUFFERING_SPREAD * normal(seed, _SUFFERS, roads.seg_way))
    suffering = np.clip(by_class[roads.seg_class] * centrality * spread, 0.0, MOST_SUFFERING)
    cycle, red, offset = _signals(roads, middle_m, centre, seed)
    red_share = np.divide(red, cycle, out=np.zeros_like(red), where=cycle > 0)
    return City(
        free_kmh=free,
        length_m=roads.seg_length_m,
        suffering=np.repeat(suffering, 2).astype(np.float32),
        inbound=_inbound(roads, middle_m, centre),
        cell=np.repeat(cell, 2).astype(np.int32),
        cycle_s=cycle.astype(np.float32),
        red_s=red.astype(np.float32),
        offset_s=offset.astype(np.float32),
        wait_s=(red * red_share / 2.0 + red_share * START_LOSS_S).astype(np.float32),
        middle_m=middle_m,
        ends_sum=np.cumsum(ends),
        shape_start=as_read_only(roads.shape_start, np.int32),
        shape_e7=as_read_only(roads.shape_e7, np.int32),
    )


def _free_kmh(roads: Roads, network: Network, profile: Profile, seed: int) -> NDArray[np.float32]:
    signed, usual = (each.reshape(-1, 2) for each in legal_kmh(roads, profile))
    kmh = (
        free_kmh(roads, profile, "", signed, usual) * np.exp(SPEED_SPREAD * normal(seed, _FREE, roads.seg_way))[:, None]
    )
    is_open = network.local_ms[: network.graph.roads] != CLOSED
    return np.where(is_open & (kmh.reshape(-1) > 0), kmh.reshape(-1), np.nan).astype(np.float32)


def _ends(roads: Roads, network: Network) -> NDArray[np.float64]:
    """How much each segment attracts trips by its kind: (segments,). Only public roads of the largest part do."""
    by_class = np.array([ENDS_PER_M.get(name, 0.0) for name in CLASSES])
    is_open = (network.metric.cost_ms[: network.graph.roads] != CLOSED).reshape(-1, 2).any(axis=1)
    return np.where(is_open & (network.is_largest == 1), by_class[roads.seg_class] * roads.seg_length_m, 0.0)


def _around_centre(
    lonlat: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The place around which trips end, lon, lat, and where each segment lies from it, metres east and north."""
    usual = np.average(lonlat, axis=0, weights=weight) if weight.any() else np.zeros(2)
    return usual, (lonlat - usual) * np.array(metres_per_degree(float(usual[1])))


def _node_m(roads: Roads, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((roads.node_e7 / 1e7 - centre) * np.array(metres_per_degree(float(centre[1]))))


def _inbound(roads: Roads, middle_m: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float32]:
    """The cosine between an edge's direction and the way to the centre: (edges,)."""
    node_m = _node_m(roads, centre)
    along = node_m[roads.seg_to] - node_m[roads.seg_from]
    size = np.hypot(*along.T) * np.hypot(*middle_m.T)
    cosine = np.divide(-(along * middle_m).sum(axis=1), size, out=np.zeros(len(size)), where=size > 0)
    return np.stack([cosine, -cosine], axis=1).reshape(-1).astype(np.float32)


def _signals(
    roads: Roads, middle_m: NDArray[np.float64], centre: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(cycle, red, offset) of every edge: those of one junction alike, but roads across it have red when others go."""
    node_m = _node_m(roads, centre)
    head = edge_column(roads.seg_to, roads.seg_from)
    has_signal = edge_column(roads.seg_signals_forward, roads.seg_signals_backward) > 0
    square = np.floor(node_m[head] / SIGNAL_CELL_M).astype(np.int64)
    junction = square[:, 0] * 1_000_003 + square[:, 1]
    cycle = np.array(CYCLES_S)[(uniform(seed, _CYCLE, junction) * len(CYCLES_S)).astype(np.intp)]
    red = cycle * (LEAST_RED + (MOST_RED - LEAST_RED) * uniform(seed, _RED, junction))
    along = np.abs(node_m[roads.seg_to] - node_m[roads.seg_from])
    is_east_west = np.repeat(along[:, 0] > along[:, 1], 2)
    offset = cycle * uniform(seed, _OFFSET, junction) + np.where(is_east_west, cycle / 2.0, 0.0)
    return np.where(has_signal, cycle, 0.0), np.where(has_signal, red, 0.0), offset

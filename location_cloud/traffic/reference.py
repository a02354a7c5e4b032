"""What traffic is measured against: free flow, and the speed usual at each hour of the week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import load_array
from location_cloud.directions.free_speed import free_kmh, legal_kmh
from location_cloud.directions.profiles import load_profiles
from location_cloud.directions.typical import Typical, load_typical
from location_cloud.roads.edges import edge_access, edge_column
from location_cloud.roads.model import CAR, Roads
from location_cloud.traffic.levels import OTHER, Levels, load_levels
from location_cloud.traffic.model import Factor

TYPICAL = "typical"
"""Folder below home in which directions looks for usual speeds, one sub-folder a snapshot (directions/metrics.py)."""

LEARNED = "traffic/free_flow"
"""Folder below home of learned free-flow speeds, one sub-folder a snapshot."""

SIGNAL_WAIT_S = 8.0
"""Mean wait at a signal on an empty road. Source: Webster 1958, uniform delay red^2 / (2 cycle) with 40 s of 100 s."""

DECAY_S = 2400.0
"""Where nothing is learned: after so long a deviation from the usual is e times smaller. Ours: queues of a rush hour
dissolve within one to two hours."""


@dataclass(frozen=True, eq=False)
class Reference:
    """One snapshot's expectations. free_flow_kmh: (edges,) float32, waiting at signals included, NaN = no cars.
    is_learned: (edges,) bool: from drives, not from class and signs. kind: (edges,) int8 group of `levels`, -1 = none.
    typical: usual speeds, None = no history. zone: of the city's clocks. decay_s: (groups,) float64, see predict.py.
    is_simulated: whether simulated drives were among those that it was learned from.
    """

    free_flow_kmh: NDArray[np.float32]
    is_learned: NDArray[np.bool_]
    kind: NDArray[np.int8]
    typical: Typical | None
    zone: tzinfo
    levels: Levels
    decay_s: NDArray[np.float64]
    is_simulated: bool = False

    def row(self, at_s: float) -> int:
        """Names the usual speeds of a moment: moments with equal ones have the same number; -1 = there are none."""
        return -1 if self.typical is None else self.typical.row(datetime.fromtimestamp(at_s, self.zone))

    def usual_kmh(self, at_s: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The usual speed of a moment, free flow where none is known; and where it is: two (edges,)."""
        row = self.row(at_s)
        if self.typical is None or row < 0:
            return self.free_flow_kmh, np.zeros(len(self.free_flow_kmh), bool)
        kmh = self.typical.kmh(row)
        is_known = (kmh > 0) & (self.free_flow_kmh > 0)
        return np.where(is_known, kmh, self.free_flow_kmh).astype(np.float32), is_known


def load_reference(home: Path, snapshot_id: str, roads: Roads, zone: tzinfo, levels: Levels | None = None) -> Reference:
    """What was learned for a snapshot (`location-cloud traffic learn`); class and signs where nothing was."""
    edges = 2 * roads.segment_count
    reference = plain_reference(roads, zone, levels, load_typical(home / TYPICAL / snapshot_id, edges))
    folder = home / LEARNED / snapshot_id
    try:
        learned, decay_s = load_array(folder, "free_flow_kmh"), load_array(folder, "decay_s")
        is_simulated = bool(load_array(folder, "is_simulated").any())
    except (OSError, ValueError):
        return reference
    if learned.shape != (edges,) or decay_s.shape != reference.decay_s.shape:
        return reference
    is_learned = (learned > 0) & (reference.free_flow_kmh > 0)
    free = np.where(is_learned, learned, reference.free_flow_kmh).astype(np.float32)
    return Reference(free, is_learned, reference.kind, reference.typical, zone, reference.levels, decay_s, is_simulated)


def learned_stamp(home: Path, snapshot_id: str) -> tuple[int, ...]:
    """Another one whenever something was learned anew for a snapshot."""
    folders = (home / TYPICAL / snapshot_id, home / LEARNED / snapshot_id)
    return tuple(folder.stat().st_mtime_ns if folder.exists() else 0 for folder in folders)


def plain_reference(
    roads: Roads, zone: tzinfo, levels: Levels | None = None, typical: Typical | None = None
) -> Reference:
    """The reference of a city without history: the shipped car's speeds, with the usual wait at signals."""
    levels = levels or load_levels()
    kind = levels.groups(roads)
    free = prior_kmh(roads)
    free[kind == OTHER] = np.nan
    decay_s = np.full(len(levels.names), DECAY_S)
    return Reference(free, np.zeros(len(free), bool), kind, typical, zone, levels, decay_s)


def prior_kmh(roads: Roads) -> NDArray[np.float32]:
    """Free flow by class, signs and signals, of the car profile: (edges,) float32 km/h, NaN where no car goes."""
    car = load_profiles()["car"]
    signed, usual = (each.reshape(-1, 2) for each in legal_kmh(roads, car))
    moving = free_kmh(roads, car, "", signed, usual).reshape(-1)
    length_m = np.repeat(roads.seg_length_m, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        spent_s = 3.6 * length_m / moving + SIGNAL_WAIT_S * edge_signals(roads)
        kmh = np.where((moving > 0) & (edge_access(roads) & CAR != 0), 3.6 * length_m / spent_s, np.nan)
    return kmh.astype(np.float32)


def edge_signals(roads: Roads) -> NDArray[np.uint8]:
    """Signals met when driving each edge: (edges,) uint8."""
    return edge_column(roads.seg_signals_forward, roads.seg_signals_backward)


@dataclass(frozen=True, eq=False)
class Slowed:
    """Expectations after factors. kmh: (edges,) float32. bits: (edges,) uint16, bit i = names[i] made it slower.
    most_kmh: (edges,) float32 caps, inf = none; empty if there are none. since_ms: (edges,) int64 before which drives
    say nothing; empty if all count.
    """

    kmh: NDArray[np.float32]
    bits: NDArray[np.uint16]
    names: tuple[str, ...]
    most_kmh: NDArray[np.float32]
    since_ms: NDArray[np.int64]


MOST_FACTORS = 16
"""Bits of a mask; of more the last ones share the last bit under the name "others"."""


def slow_down(usual_kmh: NDArray[np.float32], factors: Sequence[Factor]) -> Slowed:
    """The usual speeds under what is known besides, with the name of each factor that made one slower.

    Several factors of one edge multiply: snow slows what a closed lane slowed.
    """
    if not factors:
        no_bits = np.zeros(len(usual_kmh), np.uint16)
        return Slowed(usual_kmh, no_bits, (), np.empty(0, np.float32), np.empty(0, np.int64))
    kmh, bits = usual_kmh.copy(), np.zeros(len(usual_kmh), np.uint16)
    most_kmh = np.full(len(kmh), np.inf, np.float32)
    since_ms = np.full(len(kmh), np.iinfo(np.int64).min)
    for number, factor in enumerate(factors):
        edges = factor.edges
        before = kmh[edges]
        kmh[edges] = np.fmin(before * np.clip(factor.share, 0.01, 1.0), factor.most_kmh)
        most_kmh[edges] = np.minimum(most_kmh[edges], factor.most_kmh)
        is_slower = kmh[edges] < before
        bits[edges[is_slower]] |= np.uint16(1 << min(number, MOST_FACTORS - 1))
        if np.isfinite(factor.since_s):
            since_ms[edges] = np.maximum(since_ms[edges], np.int64(1000 * factor.since_s))
    names = tuple(factor.name for factor in factors)
    if len(names) > MOST_FACTORS:
        names = (*names[: MOST_FACTORS - 1], "others")
    return Slowed(kmh, bits, names, most_kmh, since_ms)

"""How fast traffic is on every edge now, from the drives of some vehicles.

Three steps, each in a file: what the vehicles on an edge say together (evidence.py), how that spreads to roads around
(fill.py), what it comes to in km/h, with source and variance (here). All are functions of the drives that are kept
(recent.py) and the moment, so whoever adds the same drives in another order gets the same estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from location_cloud.roads.model import Roads
from location_cloud.traffic.evidence import (
    EXPECTED_SPREAD,
    H_AGE,
    H_MEAN,
    H_SAMPLES,
    H_SIMULATED,
    H_VOICES,
    H_WEIGHT,
    SPREAD,
    hear,
)
from location_cloud.traffic.fill import AROUND_WEIGHT, around_means, build_neighbours, spread_out
from location_cloud.traffic.levels import level_of
from location_cloud.traffic.model import FILLED, LIVE, NONE, TYPICAL, Estimate, Factor
from location_cloud.traffic.recent import DRIVE, KEPT_S, Recent, as_drives
from location_cloud.traffic.reference import Reference, Slowed, edge_signals, slow_down
from location_cloud.traffic.standing import with_waiting
from routing.match_result import Traversals
from tiles.compiled import entry_point

LEAST_VOICE = 0.5
"""Of a vehicle, by age: an edge counts as measured up to one half-life after a vehicle drove all of it."""

LEAST_KNOWN = 0.25
"""From this share of heard voices on an edge without one is told as filled; below the hour's usual speed is as good."""

LEAST_AROUND = 5.0
"""So many voices on roads of its kind in its neighbourhood tell of an edge, too."""

FILL_SPREAD = 0.15
"""Relative error of a speed that nobody drove, besides that of what it was concluded from. Ours, from simulated cities:
how far single edges lie off their neighbours."""

LEAST_KMH, LEAST_FILLED_KMH = 1.0, 3.0
MOST_MEASURED_SHARE, MOST_FILLED_SHARE = 1.6, 1.1
"""Bounds of measured and of filled speeds: km/h, and shares of free flow. A measured mean above that is a mistake of
matching; a road that nobody drove is not called faster than it ever is."""


class EdgeSpeeds:
    """The traffic of one snapshot's roads. Not for several threads at once.

    Holds the newest drives of an hour, at most recent.PER_EDGE an edge: 13 MB at 300,000 drives.
    """

    def __init__(self, roads: Roads, reference: Reference) -> None:
        self.reference = reference
        self._edges = 2 * roads.segment_count
        self._length_m = np.ascontiguousarray(roads.seg_length_m, np.float64)
        self._signals = edge_signals(roads)
        self._near = build_neighbours(roads, ~np.isnan(reference.free_flow_kmh), reference.kind)
        half_life_s = reference.levels.half_life_s[np.maximum(reference.kind, 0)]
        self._half_life_s = half_life_s.astype(np.float32)
        self._recent = Recent()
        self._on = np.empty(0, DRIVE)
        self._expected: tuple[int, tuple[int, ...], Slowed, NDArray[np.bool_], NDArray[np.float32]] | None = None

    def expect(self, reference: Reference) -> None:
        """Measures against another reference of the same snapshot from now on, as when a week was learned anew."""
        self.reference, self._expected = reference, None

    def add(self, traversals: Traversals, is_simulated: ArrayLike = False) -> None:
        """Takes matched drives, in any order, as often as one likes: the same one counts once.

        traversals.track must name the vehicle for as long as drives are kept (its device's number), whichever batch it
        comes in. is_simulated: of all, or (n,) of each.
        """
        self._recent.add(as_drives(traversals, is_simulated, self._edges))

    def stand(self, on: Traversals, is_simulated: ArrayLike = False) -> None:
        """Takes the edges that vehicles are on and have not left, in place of those told before; see standing.py."""
        self._on = as_drives(on, is_simulated, self._edges)

    def at(self, now_s: float, factors: Sequence[Factor] = ()) -> Estimate:
        """The traffic at a moment. factors: what is known besides; they lower what is expected, not what is measured.

        Takes 35 ms for 356,000 edges, 150,000 of them with cars, and 100,000 drives.
        """
        drives = with_waiting(self._recent.settle(now_s - KEPT_S), self._on)
        expected, is_typical, expected_s = self._expect(now_s, factors)
        heard_at, heard = self._hear(drives, now_s, expected_s, expected.since_ms)
        near = self._near
        edges = np.flatnonzero(heard_at >= 0)
        rows = heard_at[edges]
        around, around_voices = around_means(near, edges, heard[H_MEAN, rows], heard[H_WEIGHT, rows])
        field, known, voices = spread_out(near, heard_at, heard[H_MEAN], heard[H_WEIGHT], around, heard[H_SAMPLES])
        kmh, variance, age_s = (np.empty(self._edges, np.float32) for _ in range(3))
        source = np.empty(self._edges, np.uint8)
        samples, is_simulated = np.zeros(self._edges, np.uint16), np.zeros(self._edges, bool)
        free = self.reference.free_flow_kmh
        any_simulated = bool(drives["is_simulated"].any()) or self.reference.is_simulated
        _conclude(
            expected.kmh, expected.bits, is_typical, expected.most_kmh, free, heard_at, heard, field, known, voices,
            near.cell, around_voices, any_simulated, self.reference.is_simulated,
            kmh, variance, age_s, source, samples, is_simulated,
        )  # fmt: skip
        level = level_of(kmh, free, self.reference.kind, self.reference.levels)
        factors_at = np.where((source == FILLED) | (source == TYPICAL), expected.bits, np.uint16(0))
        return Estimate(
            now_s, kmh, free, source, samples, variance, age_s, level, is_simulated, factors_at, expected.names
        )

    def _expect(self, now_s: float, factors: Sequence[Factor]) -> tuple[Slowed, NDArray[np.bool_], NDArray[np.float32]]:
        """What is usual now, where that was learned, and the seconds that it takes; kept for the hour."""
        key = self.reference.row(now_s), tuple(id(factor) for factor in factors)
        if self._expected is None or self._expected[:2] != key or factors:
            usual, is_typical = self.reference.usual_kmh(now_s)
            slowed = slow_down(usual, factors)
            with np.errstate(divide="ignore", invalid="ignore"):
                seconds = np.nan_to_num(3.6 * np.repeat(self._length_m, 2) / slowed.kmh, posinf=0.0)
            self._expected = *key, slowed, is_typical, seconds.astype(np.float32)
        return self._expected[2:]

    def _hear(
        self, drives: NDArray[Any], now_s: float, expected_s: NDArray[np.float32], since_ms: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[Any]]:
        """What is heard of each edge, judged by what its neighbourhood turns out to do: (edges,) row or -1; rows."""
        near, heard_at = self._near, np.full(self._edges, -1, np.int32)
        heard = np.empty((6, np.count_nonzero(np.diff(drives["edge"])) + 1))
        around = np.zeros(len(near.cell_kind))
        for _ in range(2):  # first against the hour's usual speeds, then against what is heard around as well
            rows = hear(
                drives, np.int64(1000 * now_s), self._length_m, expected_s, self._signals,
                self._half_life_s, since_ms, around, near.cell, heard_at, heard,
            )  # fmt: skip
            edges = np.flatnonzero(heard_at >= 0)
            at = heard_at[edges]
            around, _ = around_means(near, edges, heard[H_MEAN, at], heard[H_WEIGHT, at])
        return heard_at, heard[:, :rows]


@entry_point
def _conclude(
    expected_kmh: NDArray[np.float32],
    slowed_by: NDArray[np.uint16],
    is_typical: NDArray[np.bool_],
    most_kmh: NDArray[np.float32],
    free_kmh: NDArray[np.float32],
    heard_at: NDArray[np.int32],
    heard: NDArray[np.float64],
    field: NDArray[np.float32],
    known: NDArray[np.float32],
    voices: NDArray[np.float32],
    cell: NDArray[np.int32],
    around_voices: NDArray[np.float64],
    any_simulated: bool,
    is_reference_simulated: bool,
    kmh: NDArray[np.float32],
    variance: NDArray[np.float32],
    age_s: NDArray[np.float32],
    source: NDArray[np.uint8],
    samples: NDArray[np.uint16],
    is_simulated: NDArray[np.bool_],
) -> None:
    """Fills the columns of an estimate."""
    for edge in range(len(kmh)):
        kmh[edge], variance[edge], age_s[edge], source[edge] = np.nan, np.nan, np.nan, NONE
        free = free_kmh[edge]
        if not free > 0.0:
            continue
        row = heard_at[edge]
        spread2 = SPREAD**2 / (voices[edge] + AROUND_WEIGHT)
        if row >= 0:
            samples[edge] = heard[H_VOICES, row]
            age_s[edge] = heard[H_AGE, row]
        if row >= 0 and heard[H_SAMPLES, row] >= LEAST_VOICE:
            speed = expected_kmh[edge] * np.exp(-field[edge])
            kmh[edge] = min(max(speed, LEAST_KMH), MOST_MEASURED_SHARE * free)
            source[edge] = LIVE
            is_simulated[edge] = heard[H_SIMULATED, row] > 0.0
        elif known[edge] >= LEAST_KNOWN or around_voices[cell[edge]] >= LEAST_AROUND:
            speed = expected_kmh[edge] * np.exp(-field[edge])
            if len(most_kmh):
                speed = min(speed, most_kmh[edge])
            kmh[edge] = min(max(speed, LEAST_FILLED_KMH), MOST_FILLED_SHARE * free)
            source[edge] = FILLED
            spread2 += FILL_SPREAD**2
            is_simulated[edge] = any_simulated
        elif is_typical[edge] or slowed_by[edge]:
            kmh[edge] = expected_kmh[edge]
            source[edge] = FILLED if slowed_by[edge] else TYPICAL  # what is known besides is of today
            is_simulated[edge] = is_reference_simulated
            spread2 = EXPECTED_SPREAD**2
        else:
            continue
        variance[edge] = spread2 * kmh[edge] ** 2

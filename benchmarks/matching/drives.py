"""Simulated drives over the real road graph, and what a receiver would have recorded: the truth of the race.

Everything here is simulated. Drivers do not follow any engine's metric: each has his own times, edge by edge a quarter
off, and some mind the metres as well. Speeds are those of the profile times a factor, lower before bends and turns,
with stops at junctions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.dataset import Directions
from location_cloud.directions.network import Network
from routing.metric import metres_per_degree
from routing.search import find_path
from routing.shape import path_shape
from routing.trip import CLOSED, edge_points

STEP_M = 5.0
FASTER_M_S2, SLOWER_M_S2 = 1.5, 2.0
STOP_SHARE, STOP_S = 0.08, (5.0, 40.0)
"""Of junctions passed, and how long."""

LEAST_S, MOST_S = 420.0, 1500.0


@dataclass(frozen=True, eq=False)
class Drive:
    """One drive. line (n, 2) lon, lat; along_m (n,) metres from its beginning to each point; at_m (seconds + 1,) how
    far it had come at each second; edges: road edges driven.
    """

    line: NDArray[np.float64]
    along_m: NDArray[np.float64]
    at_m: NDArray[np.float64]
    edges: NDArray[np.int32]

    def places(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) lon and lat where it was."""
        metres = self.at_m[seconds.astype(np.intp)]
        return np.stack([np.interp(metres, self.along_m, self.line[:, axis]) for axis in (0, 1)], axis=1)

    def part(self, first_s: float, last_s: float) -> NDArray[np.float64]:
        """The line driven between two moments."""
        low, high = self.at_m[int(first_s)], self.at_m[int(last_s)]
        inside = self.line[(self.along_m > low) & (self.along_m < high)]
        ends = self.places(np.array([first_s, last_s]))
        return np.concatenate([ends[:1], inside, ends[1:]])


def simulate_drives(
    directions: Directions, network: Network, count: int, seed: int, stop_share: float = STOP_SHARE
) -> list[Drive]:
    """So many drives of 7 to 25 minutes between random places of the largest part of the network."""
    chance = np.random.default_rng(seed)
    graph, base_ms = network.graph, network.metric.cost_ms
    segment_m = directions.shapes.segment_m
    is_start = (base_ms[: graph.roads] != CLOSED) & np.repeat(network.part == 0, 2)
    starts = np.flatnonzero(is_start)
    drives: list[Drive] = []
    for _ in range(60 * count):
        if len(drives) == count:
            break
        own = np.exp(chance.normal(0.0, 0.25, len(segment_m)))
        minds_m = chance.choice([0.0, 0.3, 1.0])
        costs = base_ms * own[graph.base_edge >> 1] + minds_m * 72.0 * segment_m[graph.base_edge >> 1]
        own_ms = np.where(base_ms == CLOSED, CLOSED, np.minimum(costs, CLOSED - 1)).astype(np.int32)
        begin, end = chance.choice(starts, 2)
        path = find_path(graph, own_ms, edge_points(begin, chance.random()), edge_points(end, chance.random()))
        if path is None or not LEAST_S <= path.cost_ms / 1000.0 <= 2.0 * MOST_S:
            continue
        edges = graph.base_edge[path.edges]
        if len(edges) < 5:
            continue
        line_e7, begins = path_shape(directions.shapes, edges, path.first_fraction, path.last_fraction)
        drive = _drive(line_e7 / 1e7, begins, edges, network, segment_m, chance, stop_share)
        if LEAST_S <= len(drive.at_m) - 1 <= MOST_S:
            drives.append(drive)
    return drives


def _drive(
    line: NDArray[np.float64],
    begins: NDArray[np.int32],
    edges: NDArray[np.int32],
    network: Network,
    segment_m: NDArray[np.float64],
    chance: np.random.Generator,
    stop_share: float,
) -> Drive:
    lon_m, lat_m = metres_per_degree(float(line[:, 1].mean()))
    xy = line * (lon_m, lat_m)
    steps = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    edge_kmh = 3600.0 * segment_m[edges >> 1] / np.maximum(network.metric.cost_ms[edges], 1)
    edge_m_s = np.minimum(edge_kmh, 130.0) / 3.6 * chance.uniform(0.7, 1.05, len(edges))
    of_piece = np.clip(np.searchsorted(begins, np.arange(len(steps)), side="right") - 1, 0, len(edges) - 1)
    bearing = np.arctan2(*np.diff(xy, axis=0).T)
    bend = np.abs((np.diff(bearing) + math.pi) % (2 * math.pi) - math.pi)
    places = np.arange(0.0, along[-1], STEP_M)
    most = edge_m_s[of_piece[np.clip(np.searchsorted(along, places, side="right") - 1, 0, len(steps) - 1)]]
    for vertex in np.flatnonzero(bend > 0.35).tolist():
        at = int(along[vertex + 1] / STEP_M)
        most[at : at + 1] = np.minimum(most[at : at + 1], max(14.0 * (1.0 - bend[vertex] / 2.6), 2.5))
    stops = {
        int(along[begins[i]] / STEP_M): chance.uniform(*STOP_S)
        for i in range(1, len(edges))
        if chance.random() < stop_share
    }
    for at in stops:
        most[at : at + 1] = 1.0
    speed = most.tolist()
    for at in range(1, len(speed)):
        speed[at] = min(speed[at], math.sqrt(speed[at - 1] ** 2 + 2 * FASTER_M_S2 * STEP_M))
    for at in range(len(speed) - 2, -1, -1):
        speed[at] = min(speed[at], math.sqrt(speed[at + 1] ** 2 + 2 * SLOWER_M_S2 * STEP_M))
    spent = STEP_M / np.maximum(np.array(speed), 0.5)
    waits = np.zeros(len(speed))
    for at, seconds in stops.items():
        if at < len(waits):
            waits[at] = seconds
    arrive = np.concatenate([[0.0], np.cumsum(spent + waits)])[:-1]
    moments = np.stack([arrive, arrive + waits], axis=1).reshape(-1)
    moments += np.arange(len(moments)) * 1e-9  # rising, for interpolation
    seconds = np.arange(0.0, math.floor(moments[-1]) + 1.0)
    return Drive(line, along, np.interp(seconds, moments, np.repeat(places, 2)), edges)


@dataclass(frozen=True)
class Row:
    """How drives are recorded: a fix each interval_s, noise of sigma_m on both axes; correlated_s: 0 = white noise,
    else errors fade with that time, as those of reflections between houses do.
    """

    interval_s: int
    sigma_m: float
    correlated_s: float = 0.0

    @property
    def name(self) -> str:
        """As in the tables."""
        fading = f", fading in {self.correlated_s:g} s" if self.correlated_s else ""
        return f"{self.interval_s} s, {self.sigma_m:g} m{fading}"


def record(drives: Sequence[Drive], row: Row, seed: int) -> list[dict[str, Any]]:
    """Tracks as a receiver would tell them: time (seconds), lonlat, and the true line between first and last fix."""
    tracks = []
    for number, drive in enumerate(drives):
        chance = np.random.default_rng([seed, number, row.interval_s, int(row.sigma_m), int(row.correlated_s)])
        seconds = np.arange(0.0, len(drive.at_m), row.interval_s)
        noise = chance.normal(0.0, row.sigma_m, (len(seconds), 2))
        if row.correlated_s:
            keep = math.exp(-row.interval_s / row.correlated_s)
            for i in range(1, len(noise)):
                noise[i] = keep * noise[i - 1] + math.sqrt(1.0 - keep * keep) * noise[i]
        true = drive.places(seconds)
        lonlat = true + noise / metres_per_degree(float(true[:, 1].mean()))
        tracks.append(
            {
                "time": seconds.astype(int).tolist(),
                "lonlat": np.round(lonlat, 6).tolist(),
                "sigma": row.sigma_m,
                "line": drive.part(seconds[0], seconds[-1]),
                "edges": drive.edges,
            }
        )
    return tracks

"""Our side: the car's network of a snapshot, its matching, and the lines of what was matched."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.dataset import Directions, load
from routing.match import match_tracks
from routing.match_model import MatchModel
from routing.match_network import MatchNetwork, build_match_network
from routing.match_result import Matched
from routing.shape import path_shape

PROFILE = "car"
PLAIN = MatchModel()


class Ours:
    """The product's snapshot in a benchmark's home."""

    def __init__(self, folder: Path) -> None:
        snapshot = next(iter(sorted((folder / "home/snapshots").iterdir())))
        self.directions: Directions = load(snapshot / "directions")
        self.car = self.directions.networks[PROFILE]
        self.network: MatchNetwork = build_match_network(
            self.car.graph, self.directions.index, self.car.local_ms, self.directions.shapes.segment_m
        )

    def match(
        self, tracks: Sequence[dict[str, Any]], repeats: int = 1, model: MatchModel = PLAIN, threads: int = 1
    ) -> tuple[float, Matched]:
        """Processor seconds for all tracks at once, the least of some passes, and what was matched."""
        start = np.cumsum([0, *(len(track["time"]) for track in tracks)])
        lonlat = np.concatenate([np.array(track["lonlat"]) for track in tracks])
        times = np.concatenate([np.array(track["time"], np.float64) for track in tracks])
        sigma = np.repeat([track["sigma"] for track in tracks], np.diff(start))
        best = float("inf")
        for _ in range(repeats):
            begun = time.process_time()
            matched = match_tracks(self.network, start, lonlat, times, sigma, model=model, threads=threads)
            best = min(best, time.process_time() - begun)
        return best, matched

    def lines(self, matched: Matched, track: int) -> list[NDArray[np.float64]]:
        """The lines matched to a track: one for each part, cut where it turns round on a road."""
        rows = np.flatnonzero(matched.traversals.track == track)
        found, t = [], matched.traversals
        part, begin, end = t.part[rows], t.from_fraction[rows], t.to_fraction[rows]
        cuts = np.flatnonzero((part[1:] != part[:-1]) | (end[:-1] < 1.0) | (begin[1:] > 0.0))
        for piece in np.split(rows, cuts + 1):
            if len(piece):
                first, last = float(t.from_fraction[piece[0]]), float(t.to_fraction[piece[-1]])
                if len(piece) == 1 and last <= first:
                    continue
                line, _ = path_shape(self.directions.shapes, t.edge[piece], first, last)
                found.append(line / 1e7)
        return found

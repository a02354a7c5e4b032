"""Tracks that nobody drove: what they cost at most. Every one has as many fixes as one request may have."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.matching.ours import Ours
from benchmarks.routing.figures import Report, short
from location_cloud.directions.model_match import MOST_FIXES
from routing.match import match_tracks
from routing.metric import metres_per_degree

MOST_S = 10.0
"""Processor seconds that one track may take."""

FAR_M = 4500.0
"""Further than 5 km apart fixes are not joined at all."""


def race(ours: Ours, report: Report, seed: int) -> None:
    """Matches each track once, and prints a row."""
    report.head(f"{MOST_FIXES:,} fixes that nobody drove", "CPU s", "parts", "edges driven")
    for name, (seconds, lonlat, sigma_m) in _tracks(ours, np.random.default_rng(seed)).items():
        times, sigma = seconds * np.arange(len(lonlat)), np.full(len(lonlat), sigma_m)
        begun = time.process_time()
        found = match_tracks(ours.network, [0, len(lonlat)], lonlat, times, sigma)
        spent = time.process_time() - begun
        report.row(name, short(spent), int(found.snaps.part.max()) + 1, f"{len(found.traversals):,}")
        report.limit(f"strange tracks: {name}", spent, MOST_S, "s")


def _tracks(ours: Ours, chance: np.random.Generator) -> dict[str, tuple[float, NDArray[np.float64], float]]:
    """Name -> (seconds between fixes, lonlat, accuracy)."""
    shape = ours.directions.shapes.shape_e7 / 1e7
    west_south, east_north = np.quantile(shape, 0.05, axis=0), np.quantile(shape, 0.95, axis=0)
    middle, scale = np.median(shape, axis=0), metres_per_degree(float(shape[:, 1].mean()))
    off_m = np.hypot(*((shape - middle) * scale).T)
    to_and_fro = shape[[off_m.argmin(), np.abs(off_m - FAR_M).argmin()]][np.arange(MOST_FIXES) % 2]
    anywhere = chance.uniform(west_south, east_north, (MOST_FIXES, 2))
    near = middle + chance.uniform(-0.01, 0.01, (MOST_FIXES, 2))
    return {
        "4.5 km to and fro, 1 s": (1.0, to_and_fro, 5.0),
        "4.5 km to and fro, 2 min": (120.0, to_and_fro, 5.0),
        "anywhere, 2 min": (120.0, anywhere, 5.0),
        "anywhere, 2 min, to 200 m": (120.0, anywhere, 200.0),
        "about the centre, 1 s": (1.0, near, 5.0),
        "about the centre, 2 min, to 50 m": (120.0, near, 50.0),
        "standing, 1 s, noise of 50 m": (1.0, middle + chance.normal(0.0, 5e-4, (MOST_FIXES, 2)), 5.0),
        "all at one moment": (0.0, near, 5.0),
    }

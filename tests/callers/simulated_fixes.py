"""Simulated arrivals at towers around a phone whose place is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from location_cloud.callers.cell_sector import LIGHT_M_S

NS_PER_M = 1e9 / LIGHT_M_S

TOWN_M = 3000.0
"""Radius that towers stand in; the phone is in the inner half."""


@dataclass(frozen=True)
class Simulated:
    """late: number of the tower that hears an echo, -1 = none."""

    sites_m: np.ndarray
    times_ns: list[float]
    sigma_ns: np.ndarray
    phone_m: np.ndarray
    late: int


def simulate(
    chance: Generator, towers: int = 6, sigma_m: float = 30.0, late_m: float = 0.0, ring: bool = True
) -> Simulated:
    """One phone. late_m: mean of the detour to one tower, exponential; 0 = none. ring: towers stand all around."""
    angle = chance.uniform(0, 2 * np.pi, towers)
    radius = TOWN_M * np.sqrt(chance.uniform(0.05, 1, towers))
    if ring:
        angle = np.arange(towers) * 2 * np.pi / towers + chance.normal(0, 0.2, towers)
        radius = TOWN_M * chance.uniform(0.7, 1.3, towers)
    sites = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    phone = chance.uniform(-TOWN_M / 2, TOWN_M / 2, 2)
    ranges = np.linalg.norm(sites - phone, axis=1) + chance.normal(0, sigma_m, towers) + 12_345
    late = int(chance.integers(towers)) if late_m else -1
    if late_m:
        ranges[late] += chance.exponential(late_m)
    return Simulated(sites, (ranges * NS_PER_M).tolist(), np.full(towers, sigma_m * NS_PER_M), phone, late)


def is_inside(phone_m: np.ndarray, mean: np.ndarray, spread: np.ndarray, squared: float) -> bool:
    """Whether the ellipse holds the phone."""
    off = phone_m - mean
    return bool(off @ np.linalg.solve(spread, off) <= squared)

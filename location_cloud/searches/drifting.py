"""Where something in water drifted to, as a map over a search's cells: wind and current as they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Floats
from location_cloud.searches.drift import drift, particles_map
from location_cloud.searches.lattice import Lattice
from location_cloud.searches.leeway import LEEWAY

MOST_HOURS = 240.0
"""Of drift: beyond ten days, no wind forecast or current table is worth particles."""

SEED = 20_061_213
"""Of the random source: the same question has the same answer, and a replay the same map."""

MOST_STEPS = 2_000


def drift_particles(lattice: Lattice, told: Mapping[str, Any]) -> Floats:
    """(particles, 2) metres in the lattice's frame, where they are in the end.

    told: location, error_m, entered_at, until (datetimes), wind (each at, speed_m_s, from_deg), current (each at,
    speed_m_s, to_deg), object, particles, entered_within_s. Raises BadQuery where times do not rise or are too far.
    """
    begin, end = told["entered_at"].timestamp(), told["until"].timestamp()
    if not 0 < end - begin <= MOST_HOURS * 3600:
        raise BadQuery(f"until lies {(end - begin) / 3600:.1f} h after entered_at", hint=f"0 to {MOST_HOURS:g} h")
    random = np.random.default_rng(SEED)
    count = told["particles"]
    start = lattice.xy_m(np.array([told["location"]])) + random.normal(0, max(told["error_m"], 1e-3), (count, 2))
    since = begin + random.uniform(0, min(told["entered_within_s"], end - begin), count)
    wind_s, wind = _vectors(told["wind"], "from_deg", 180.0)
    current_s, current = _vectors(told["current"], "to_deg", 0.0)
    times = np.union1d(wind_s, current_s)
    return drift(
        start,
        since,
        end,
        times,
        _at(times, wind_s, wind),
        _at(times, current_s, current),
        LEEWAY[told["object"]],
        random,
        step_s=max(300.0, (end - begin) / MOST_STEPS),
        current_spread_m_s=told["current_spread_m_s"],
    )


def drift_map(lattice: Lattice, told: Mapping[str, Any]) -> tuple[Floats, float, str]:
    """(rows, columns) probability of each cell, the mass outside, and the source; as `drift_particles`."""
    grid = lattice.grid
    particles = drift_particles(lattice, told)
    value, outside = particles_map(grid, particles, max(told["error_m"] / 2, grid.width_m))
    return value, outside, f"leeway of {told['object']} (Allen and Plourde 1999; Allen 2005)"


def _vectors(rows: Sequence[Mapping[str, Any]], direction: str, turn_deg: float) -> tuple[Floats, Floats]:
    """Times (unix seconds) and metres a second towards east and north; still water or air where nothing is told."""
    if not rows:
        return np.zeros(1), np.zeros((1, 2))
    times = np.array([row["at"].timestamp() for row in rows])
    if (np.diff(times) <= 0).any():
        raise BadQuery("times of wind and of current must rise", hint="sort them by `at`, each once")
    angle = np.radians([row[direction] + turn_deg for row in rows])
    speed = np.array([row["speed_m_s"] for row in rows])
    return times, np.column_stack([np.sin(angle) * speed, np.cos(angle) * speed])


def _at(times: Floats, known: Floats, vectors: Floats) -> Floats:
    return np.column_stack([np.interp(times, known, vectors[:, axis]) for axis in (0, 1)])

"""Signal strengths as rings: how far away a transmitter is that is heard so strong, and how badly that is known.

Source: log-distance path loss with log-normal shadowing (Rappaport 2002, Wireless Communications, 4.9.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from location_cloud.callers.mesh import Mesh, polar_mesh
from location_cloud.callers.model import Strength
from location_cloud.errors import BadQuery

Floats = npt.NDArray[np.float64]

LEAST_M, MOST_M = 0.1, 200_000.0
"""Distances that are believed: beyond, somebody mixed up decibels."""

RINGS, RAYS = 28, 84


@dataclass(frozen=True)
class Ring:
    """site_m: the transmitter on the plane. radius_m: the likeliest distance by the strength alone. factor: a standard
    deviation more or less of shadowing multiplies or divides the distance by it.
    """

    site_m: Floats
    radius_m: float
    factor: float


def find_ring(strength: Strength, site_m: Floats) -> Ring:
    """The ring of one strength. Raises BadQuery for a distance that nobody believes."""
    decades = (strength.reference_dbm - strength.rssi_dbm) / (10 * strength.exponent)
    if not -6 < decades < 6:
        raise BadQuery(f"rssi_dbm={strength.rssi_dbm:g} is {decades:.0f} decades off its reference", hint="check both")
    radius_m = strength.reference_m * 10**decades
    if not LEAST_M <= radius_m <= MOST_M:
        raise BadQuery(
            f"rssi_dbm={strength.rssi_dbm:g} would be heard {radius_m:.3g} m away; {LEAST_M:g}..{MOST_M:g} is believed",
            hint="check reference_dbm, reference_m and exponent",
        )
    return Ring(site_m, radius_m, 10 ** (strength.sigma_db / (10 * strength.exponent)))


@dataclass(frozen=True)
class Rings:
    """What several strengths say together."""

    rings: tuple[Ring, ...]

    def mesh(self) -> Mesh:
        """Rings and rays around the nearest transmitter, out to where 3 standard deviations of shadowing reach."""
        nearest = min(self.rings, key=lambda ring: ring.radius_m * ring.factor)
        steps = np.linspace(-3, 3 + 2 * np.log(nearest.factor), RINGS)  # there is more ground further out
        radii = np.concatenate([[0.0], nearest.radius_m * nearest.factor**steps])
        return polar_mesh(nearest.site_m, radii, np.linspace(0, 2 * np.pi, RAYS + 1))

    def log_density(self, xy_m: Floats) -> Floats:
        """Uniform over the ground, times how likely each strength is there."""
        total = np.zeros(len(xy_m))
        for ring in self.rings:
            distance = np.maximum(np.hypot(*(xy_m - ring.site_m).T), LEAST_M)
            total -= (np.log(distance / ring.radius_m) / np.log(ring.factor)) ** 2 / 2
        return total

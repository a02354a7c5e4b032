"""How far lost people get: a smooth distribution of distance through published percentiles, and its map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicHermiteSpline
from scipy.special import ndtr, ndtri

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Floats, Grid

FINE = 9
"""Points a side in which a cell near the middle is measured; odd, so that none falls on the middle's corner."""


@dataclass(frozen=True)
class Ring:
    """A distribution of distance, exact at the given percentiles.

    Between them the probit of the share within runs over ln r along a monotone cubic, beyond them straight on.
    ln_r, probit, slope: (n,) its nodes.
    """

    ln_r: Floats
    probit: Floats
    slope: Floats

    def share_within(self, distance_m: ArrayLike) -> Floats:
        """Probability of being found within each distance (metres); 0 at 0."""
        probit, _ = self._at(distance_m)
        return np.asarray(ndtr(probit))

    def density_per_m(self, distance_m: ArrayLike) -> Floats:
        """Probability per metre of distance; 0 at 0."""
        probit, slope = self._at(distance_m)
        distance = np.maximum(np.asarray(distance_m, np.float64), 1e-300)
        normal = np.exp(-np.minimum(probit * probit, 1e3) / 2) / np.sqrt(2 * np.pi)
        return np.where(distance > 1e-300, normal * slope / distance, 0.0)

    def distance_m(self, share: float) -> float:
        """The distance within which this share is found, in (0, 1), to a millimetre."""
        if not 0 < share < 1:
            raise BadQuery(f"share={share} must be above 0 and below 1", hint="it is a part of 1")
        low, high = 1e-3, 1e9
        while high - low > 1e-3:
            middle = np.sqrt(low * high) if high > 2 * low else (low + high) / 2
            low, high = (middle, high) if self.share_within(middle) < share else (low, middle)
        return float(high)

    def _at(self, distance_m: ArrayLike) -> tuple[Floats, Floats]:
        """The probit and its slope by ln r."""
        with np.errstate(divide="ignore"):
            ln_r = np.log(np.asarray(distance_m, np.float64))
        inside = np.clip(ln_r, self.ln_r[0], self.ln_r[-1])
        curve = CubicHermiteSpline(self.ln_r, self.probit, self.slope)
        slope = curve(inside, 1)
        return curve(inside) + slope * np.where(ln_r == inside, 0.0, ln_r - inside), slope


def fit_ring(percent: ArrayLike, distance_m: ArrayLike) -> Ring:
    """A distribution through percentiles: (n,) percents in (0, 100), (n,) metres > 0, both strictly rising, n >= 2.

    Raises BadQuery for others. Source: Fritsch and Butland 1984 (slopes that keep a cubic monotone), the ends taking
    their secants; a lognormal alone misses published percentiles by up to .073.
    """
    percents, metres = np.asarray(percent, np.float64).ravel(), np.asarray(distance_m, np.float64).ravel()
    if len(percents) != len(metres) or len(percents) < 2:
        raise BadQuery(
            "a ring needs two percentiles or more, with a distance each", hint="25, 50, 75 and 95 % are usual"
        )
    if not (percents[0] > 0 and percents[-1] < 100 and (np.diff(percents) > 0).all()):
        raise BadQuery("percentiles must rise and lie above 0 and below 100", hint="give them in percent, rising")
    if not (metres[0] > 0 and (np.diff(metres) > 0).all() and np.isfinite(metres[-1])):
        raise BadQuery("distances must be above 0 metres and rise with the percentiles", hint="give metres, rising")
    ln_r, probit = np.log(metres), ndtri(percents / 100)
    step = np.diff(ln_r)
    secant = np.diff(probit) / step
    slope = np.concatenate([secant[:1], np.zeros(len(step) - 1), secant[-1:]])
    weight = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
    slope[1:-1] = (weight[0] + weight[1]) / (weight[0] / secant[:-1] + weight[1] / secant[1:])
    return Ring(ln_r, probit, slope)


def ring_map(grid: Grid, xy_m: tuple[float, float], ring: Ring) -> Floats:
    """(rows, columns) probability of each cell for a subject last known at a point; 1 - its sum lies outside the grid.

    Masses inside the rings agree with the percentiles to the cells' size; cells near the point are measured finer.
    """
    distance = grid.distance_m(xy_m)
    radius = np.linspace(0.0, float(distance.max()), 8192)
    radius = np.unique(np.concatenate([radius, np.geomspace(1.0, max(2.0, radius[-1]), 2048)]))
    per_m2 = ring.density_per_m(radius) / (2 * np.pi * np.maximum(radius, 1e-9))
    mass = np.interp(distance, radius, per_m2) * grid.cell_m2
    near = np.flatnonzero(distance.ravel() < 8 * max(grid.width_m, grid.height_m))
    fine = (np.arange(FINE) + 0.5) / FINE - 0.5
    east, north = (grid.middles_m(near) - np.asarray(xy_m)).T
    east_parts = east[:, None, None] + fine[None, None, :] * grid.width_m
    part = np.hypot(east_parts, north[:, None, None] + fine[None, :, None] * grid.height_m)
    of_part = ring.density_per_m(part) / (2 * np.pi * np.maximum(part, 1e-9))
    mass.ravel()[near] = of_part.mean(axis=(1, 2)) * grid.cell_m2
    return mass

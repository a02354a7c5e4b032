"""Positions with Gaussian errors, or one of several such: what a fix says, and arrivals of which one may be late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from location_cloud.callers.mesh import Mesh, box_mesh, reach

Floats = npt.NDArray[np.float64]

CELLS = 44
"""A side of the mesh: cells of a fifth of a standard deviation; moments of a Gaussian come out to 0.1 %."""

POINTS = 64
"""By which each Gaussian is told where a share of several together is looked for."""

_STEPS = (np.arange(POINTS) + 0.5) / POINTS
_GOLDEN = (np.arange(POINTS) * 0.6180339887498949 + 0.5) % 1
_SPREAD = np.stack([ndtri(_STEPS), ndtri(_GOLDEN)], axis=1)
"""Points of a Gaussian that fill it evenly: the golden-ratio lattice of the unit square (Niederreiter 1992) through its
quantiles. Sums over them are as good as over thousands of drawn ones, and come out the same each time."""


@dataclass(frozen=True)
class Mixture:
    """mean_m: (n, 2). spread_m2: (n, 2, 2) covariances. weights: (n,), adding up to 1, the heaviest first."""

    mean_m: Floats
    spread_m2: Floats
    weights: Floats

    def mesh(self) -> Mesh:
        """Cells along the axes of all of it."""
        mean, spread = self.moments()
        return box_mesh(mean, spread, CELLS)

    def log_density(self, xy_m: Floats) -> Floats:
        """As `mesh.Density`."""
        east, north = xy_m[:, :1] - self.mean_m[:, 0], xy_m[:, 1:] - self.mean_m[:, 1]
        inverse = np.linalg.inv(self.spread_m2)
        cross = 2 * inverse[:, 0, 1]
        squared = (
            east * (inverse[:, 0, 0] * east + cross * north) + inverse[:, 1, 1] * north**2
        )  # einsum: 4 times as long
        scale = np.log(self.weights) - np.log(np.linalg.det(self.spread_m2)) / 2
        each = scale - squared / 2
        top = each.max(axis=1)
        summed: Floats = top + np.log(np.exp(each - top[:, None]).sum(axis=1))
        return summed

    def moments(self) -> tuple[Floats, Floats]:
        """Mean (2,) and covariance (2, 2) of all of it."""
        mean: Floats = self.weights @ self.mean_m
        off = self.mean_m - mean
        spread: Floats = np.einsum("k,kij->ij", self.weights, self.spread_m2 + off[:, :, None] * off[:, None, :])
        return mean, spread

    def reach(self, level: float) -> float:
        """Squared Mahalanobis distance from its moments within which `level` of it lies; of one Gaussian exactly."""
        if len(self.weights) == 1:
            return float(-2 * np.log(1 - level))  # chi-square of two degrees of freedom
        roots = np.linalg.cholesky(self.spread_m2)
        points = self.mean_m[:, None, :] + np.einsum("kij,pj->kpi", roots, _SPREAD)
        weights = np.repeat(self.weights / POINTS, POINTS)
        mean, spread = self.moments()
        return reach(points.reshape(-1, 2), weights, mean, spread, level)


def gaussian(mean_m: npt.ArrayLike, sigma_m: float) -> Mixture:
    """One position with the same error along both axes."""
    spread = max(sigma_m, 0.01) ** 2 * np.eye(2)
    return Mixture(np.asarray(mean_m, np.float64).reshape(1, 2), spread[None], np.ones(1))


def apart(mixture: Mixture, times: float) -> list[Mixture]:
    """The mixture's groups that lie further apart than `times` the longest standard deviation within them.

    The heaviest first; one group is the usual case. Weights of a group add up to 1 again.
    """
    longest = float(np.sqrt(np.linalg.eigvalsh(mixture.spread_m2)[:, 1].max()))
    far = np.linalg.norm(mixture.mean_m[:, None] - mixture.mean_m, axis=2) > times * longest
    group = np.arange(len(mixture.weights))
    for one in range(len(group)):  # few: joins whatever is not far
        for other in np.nonzero(~far[one])[0]:
            group[group == group[other]] = group[one]
    parts = [group == each for each in dict.fromkeys(group.tolist())]
    parts.sort(key=lambda part: -mixture.weights[part].sum())
    return [
        Mixture(mixture.mean_m[part], mixture.spread_m2[part], mixture.weights[part] / mixture.weights[part].sum())
        for part in parts
    ]

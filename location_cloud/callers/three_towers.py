"""Where a phone is that only three towers hear: every place that fits, since two may, and some lie along a curve.

Gauss-Newton finds one place and a Gaussian about it. With three towers hyperbolas often meet twice or lie side by side
for kilometres: of 400 simulated fixes with towers anywhere its ellipse of 95 % held 84 %. Here the density is looked
at on squares that are halved where it may be high; that holds 94 to 95 %. Source: branch and bound, the bound being the
triangle inequality.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from location_cloud.callers.mixture import Mixture

Floats = npt.NDArray[np.float64]

FIRST = 16
"""Squares along a side to begin with."""

WIDE = 3.5
"""Standard deviations of the prior that the squares reach to each side."""

NEGLIGIBLE = 8.0
"""Squares whose logarithm of density cannot come within this of the best are left out: 0.0003 of it."""

FINE = 0.8
"""Side of the last squares, in the smallest standard deviation."""

MOST_SQUARES = 1200
"""Where more are left they stay as large as they are."""

MOST_PARTS = 24
"""Gaussians that the squares are told by."""

_QUARTERS = np.array([[-0.25, -0.25], [-0.25, 0.25], [0.25, -0.25], [0.25, 0.25]])


def place_three(
    sites_m: Floats, ranges_m: Floats, sigma_m: Floats, middle: Floats, near_m: float
) -> tuple[Mixture, float]:
    """The density, and the chi-square of the place that fits best.

    sites_m: (n, 2). ranges_m: (n,) up to a constant. sigma_m: (n,). middle, near_m: mean and standard deviation of
    where phones are that these towers hear. Takes 1 to 3 ms.
    """
    side = 2 * WIDE * near_m / FIRST
    steps = (np.arange(FIRST) + 0.5) * side - WIDE * near_m
    at = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    sites_m = sites_m - middle
    best, fine_m = -np.inf, FINE * float(sigma_m.min())
    while True:
        off = _off(sites_m, ranges_m, sigma_m, at)
        away2 = (at * at).sum(axis=1) / near_m**2
        told = -((off / sigma_m) ** 2).sum(axis=1) / 2 - away2 / 2
        best = max(best, float(told.max()))
        slack = np.maximum(np.abs(off) - side * np.sqrt(2), 0)  # an arrival less the mean changes by two ways at most
        near = np.maximum(np.sqrt(away2) - side / near_m / np.sqrt(2), 0)
        kept = ((slack / sigma_m) ** 2).sum(axis=1) + near**2 < 2 * (NEGLIGIBLE - best)
        if side <= fine_m or np.count_nonzero(kept) > MOST_SQUARES:
            break
        at, side = (at[kept][:, None, :] + side * _QUARTERS).reshape(-1, 2), side / 2
    chi2 = float(((off[told.argmax()] / sigma_m) ** 2).sum())
    if side > fine_m:  # the density of a square is not that of its middle
        rough_m2 = sigma_m**2 + side**2 / 6
        told = -(off**2 / rough_m2).sum(axis=1) / 2 - away2 / 2
    return _as_mixture(at[kept] + middle, told[kept], side), chi2


def _off(sites_m: Floats, ranges_m: Floats, sigma_m: Floats, at: Floats) -> Floats:
    """(n, towers) measured minus expected, the time of sending taken out."""
    east, north = at[:, :1] - sites_m[:, 0], at[:, 1:] - sites_m[:, 1]
    off = ranges_m - np.sqrt(east * east + north * north)
    weights = 1 / sigma_m**2
    told: Floats = off - (off @ weights / weights.sum())[:, None]
    return told


def _as_mixture(at: Floats, told: Floats, side: float) -> Mixture:
    """Squares that lie together in one of a coarser lattice as one Gaussian; as fine as MOST_PARTS lets."""
    weights = np.exp(told - told.max())
    weights /= weights.sum()
    cell, coarse = np.floor((at - at.min(axis=0)) / side + 0.5).astype(np.int64), 1
    while True:
        key = (cell[:, 0] // coarse << 32) + cell[:, 1] // coarse
        keys, part = np.unique(key, return_inverse=True)
        if (count := len(keys)) <= MOST_PARTS:
            break
        coarse *= 2
    share = np.bincount(part, weights, count)
    mean = np.stack([np.bincount(part, weights * at[:, k], count) for k in (0, 1)], axis=1) / share[:, None]
    off = at - mean[part]
    spread = np.empty((count, 2, 2))
    for i, k in ((0, 0), (0, 1), (1, 1)):
        spread[:, i, k] = spread[:, k, i] = np.bincount(part, weights * off[:, i] * off[:, k], count) / share
    spread += side**2 / 12 * np.eye(2)
    order = share.argsort()[::-1]
    return Mixture(mean[order], spread[order], share[order] / share.sum())

"""Where something in water drifts: leeway of wind and current on particles, and the circles of a datum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter
from scipy.special import erf

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.searches.cells import Floats, Grid
from location_cloud.searches.leeway import Leeway

MOST_MOVES = 200_000_000
"""Particles times steps of one call, about ten seconds."""


def drift(
    start_m: Floats,
    start_s: Floats,
    end_s: float,
    time_s: Floats,
    wind_m_s: Floats,
    current_m_s: Floats,
    leeway: Leeway,
    random: np.random.Generator,
    step_s: float = 300.0,
    current_spread_m_s: float = 0.0,
) -> Floats:
    """(particles, 2) metres where particles are at the end.

    start_m: (particles, 2) drawn from where the object may have entered; start_s: (particles,) when. time_s: (n,)
    rising; wind_m_s, current_m_s: (n, 2) towards east and north, at those times, linear between, held beyond. Wind is
    where it blows TO. current_spread_m_s: standard deviation of the current's error in each axis. Errors are drawn
    once for a particle: they last.

    Raises BadQuery for shapes that do not fit or a step that is not positive, TooLarge for over 200 million moves.
    """
    here = np.array(start_m, np.float64).reshape(-1, 2)
    begins = np.broadcast_to(np.asarray(start_s, np.float64), len(here))
    times = np.asarray(time_s, np.float64).ravel()
    wind, current = (np.asarray(each, np.float64).reshape(-1, 2) for each in (wind_m_s, current_m_s))
    if not len(times) == len(wind) == len(current) or not len(times) or not (np.diff(times) > 0).all():
        raise BadQuery("time_s must rise, with a wind and a current for each time", hint="sort them by time, each once")
    if not step_s > 0 or not np.isfinite(here).all():
        raise BadQuery(f"step_s={step_s} must be positive and start_m finite", hint="300 s is usual")
    if not len(here) or end_s <= begins.min():
        return here
    steps = int(np.ceil((end_s - begins.min()) / step_s))
    if steps * len(here) > MOST_MOVES:
        raise TooLarge(f"{len(here)} particles times {steps} steps", hint="take a longer step or fewer particles")
    goes_left = random.random(len(here)) < 0.5
    share, offset, spread = np.where(goes_left[:, None], leeway.left, leeway.right).T
    down_error = random.normal(0.0, leeway.downwind.spread_m_s, len(here))
    cross_error = random.normal(0.0, 1.0, len(here)) * spread
    current_error = random.normal(0.0, current_spread_m_s, here.shape)
    for step in range(steps):
        now = begins.min() + step * step_s
        lasts = np.clip(np.minimum(now + step_s, end_s) - np.maximum(now, begins), 0.0, None)
        middle = min(now + step_s / 2, end_s)
        blows = np.array([np.interp(middle, times, wind[:, axis]) for axis in (0, 1)])
        flows = np.array([np.interp(middle, times, current[:, axis]) for axis in (0, 1)])
        speed = float(np.hypot(*blows))
        ahead = blows / speed if speed else np.zeros(2)
        right = np.array([ahead[1], -ahead[0]])
        down = leeway.downwind.share * speed + leeway.downwind.offset_m_s + down_error
        cross = share * speed + offset + cross_error
        here += lasts[:, None] * (flows + current_error + down[:, None] * ahead + cross[:, None] * right)
    return here


def particles_map(grid: Grid, xy_m: Floats, spread_m: float = 0.0) -> tuple[Floats, float]:
    """(rows, columns) probability of each cell from particles, smoothed by a normal of that spread; mass outside."""
    cells = grid.cells_of(xy_m)
    inside = cells[cells >= 0]
    p = np.bincount(inside, minlength=grid.size).reshape(grid.shape) / max(len(cells), 1)
    if spread_m > 0:
        p = gaussian_filter(p, (spread_m / grid.height_m, spread_m / grid.width_m), mode="constant")
    return p, 1 - float(p.sum())


def total_error_m(position_error_m: ArrayLike, drift_error_m: ArrayLike, searcher_error_m: ArrayLike) -> Floats:
    """Total probable error of a datum, E^2 = X^2 + De^2 + Y^2, all as radii of 50 % circles. Source: IAMSAR vol. II."""
    x, de, y = (np.asarray(each, np.float64) for each in (position_error_m, drift_error_m, searcher_error_m))
    return np.asarray(np.sqrt(x * x + de * de + y * y))


def circle_share(factor: ArrayLike) -> Floats:
    """Probability within a circle of radius factor x E about the datum, E the 50 % radius: 1 - 2^(-f^2)."""
    f = np.asarray(factor, np.float64)
    return np.asarray(1 - np.exp2(-f * f))


def square_share(factor: ArrayLike) -> Floats:
    """The same within the square of half-side factor x E: erf(f sqrt(ln 2))^2."""
    return np.asarray(erf(np.asarray(factor, np.float64) * np.sqrt(np.log(2))) ** 2)


def datum_map(grid: Grid, xy_m: tuple[float, float], total_error_m: float) -> tuple[Floats, float]:
    """(rows, columns) probability of a circular normal whose 50 % circle has that radius, exact; mass outside.

    Raises BadQuery for a radius that is not positive.
    """
    if not total_error_m > 0:
        raise BadQuery(f"total_error_m={total_error_m} must be positive", hint="give metres above 0")
    scale = np.sqrt(np.log(2)) / total_error_m  # 1 / (sigma sqrt 2), as E = sigma sqrt(2 ln 2)
    west = grid.west_m - xy_m[0] + np.arange(grid.columns + 1) * grid.width_m
    south = grid.south_m - xy_m[1] + np.arange(grid.rows + 1) * grid.height_m
    p = np.outer(np.diff(erf(south * scale)), np.diff(erf(west * scale))) / 4
    return p, 1 - float(p.sum())

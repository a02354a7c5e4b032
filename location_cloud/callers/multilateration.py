"""Where a phone is that several towers hear, by when each hears it; one of them may hear an echo.

Sources: Gauss-Newton on whitened differences of arrival times (Torrieri 1984, IEEE Trans. AES 20, 183-198), here with
the unknown time of sending taken out, which is the same (covariance sigma^2 (I + 11^T) of differences to one tower);
chi-square test and exclusion of one measurement as in receiver autonomous integrity monitoring (Brown 1992); averaging
over what is left undecided by weights of hypotheses (Hoeting et al. 1999, Statist. Sci. 14, 382-417).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, log_ndtr

from location_cloud.callers.cell_sector import LIGHT_M_S
from location_cloud.callers.mixture import Mixture
from location_cloud.callers.model import Excluded
from location_cloud.callers.three_towers import place_three
from location_cloud.errors import Unprocessable

Floats = npt.NDArray[np.float64]

LEAST_TOWERS = 3
LEAST_FOR_EXCLUSION = 4

UNCHECKED = "three towers tell a place, and nothing tells whether one of them hears an echo"

LATE_SHARE = 0.3
"""How often one of the towers hears an echo: ours. In 2,000 simulated fixes of 6 towers the ellipse then holds 95 % of
clean ones and 91 % of those with a late tower; with 0.1, 94 and 90 %."""

LATE_M = 600.0
"""Mean of an echo's detour, taken to be exponential: 2 us, a town's (COST 207, Typical and Bad Urban)."""

FALSE_ALARM = 0.05
"""Share of clean fixes that the chi-square test doubts."""

NEAR_SPANS = 1.0
"""Who is heard is near: a Gaussian around the towers' middle, its standard deviation so many times the widest gap
between two of them. Keeps the far branch of a hyperbola from counting."""

LEAST_WEIGHT = 1e-4
"""Hypotheses below are left out."""

STEPS, ENOUGH_M = 15, 0.01
"""Of Gauss-Newton, at most, and the step below which it is done."""

GRID = 25
"""A side of the grid that first guesses are found on."""


@dataclass(frozen=True)
class Found:
    """density: where the phone is. excluded, warnings: what was left out and is doubtful."""

    density: Mixture
    excluded: tuple[Excluded, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Fit:
    """One row a hypothesis. at_m: (h, 2). spread_m2: (h, 2, 2). sent_m: (h,) variance of the sending time.
    chi2: (h,). left_m: (h, n) measured minus expected. lean: (h, n, 2) what a step does to that. evidence: (h,) log.
    """

    at_m: Floats
    spread_m2: Floats
    sent_m2: Floats
    chi2: Floats
    left_m: Floats
    lean: Floats
    evidence: Floats


def multilaterate(sites_m: Floats, times_ns: Sequence[int | float], sigma_ns: Floats) -> Found:
    """Where the phone is.

    sites_m: (n, 2) on the plane. times_ns: (n,) arrivals on one clock. sigma_ns: (n,) standard deviations.

    Takes 0.5 ms. Raises Unprocessable with fewer than 3 towers or with towers that tell nothing apart.
    """
    count = len(sites_m)
    if count < LEAST_TOWERS:
        raise Unprocessable(f"tdoa: {count} towers; at least {LEAST_TOWERS} are needed", hint="add arrivals")
    span_m = float(np.linalg.norm(sites_m[:, None] - sites_m, axis=2).max())
    if span_m < 1:
        raise Unprocessable("degenerate geometry: the towers of tdoa stand in one place", hint="give their positions")
    first = min(times_ns)  # as whole numbers: nanoseconds of the epoch are too long for a float
    sigma_m = sigma_ns * LIGHT_M_S * 1e-9
    widest_m = float(max(times_ns) - first) * LIGHT_M_S * 1e-9
    if not widest_m <= 3 * span_m + 10 * float(sigma_m.max()) + 20 * LATE_M:
        raise Unprocessable(
            f"tdoa: {widest_m / 1000:,.6g} km between arrivals at towers {span_m / 1000:.1f} km apart",
            hint="time_ns are nanoseconds on one clock",
        )
    ranges_m = np.array([float(time - first) for time in times_ns]) * LIGHT_M_S * 1e-9
    middle = sites_m.mean(axis=0)
    near_m = NEAR_SPANS * span_m
    if count < LEAST_FOR_EXCLUSION:
        density, chi2 = place_three(sites_m, ranges_m, sigma_m, middle, near_m)
        stretch = _misfit(chi2, 1)
        density = Mixture(density.mean_m, density.spread_m2 * stretch, density.weights)
        return Found(density, (), (UNCHECKED, *_unfit(stretch)))
    weights = np.tile(1 / sigma_m**2, (1 + count, 1))
    weights[np.arange(1, count + 1), np.arange(count)] = 0
    starts = _first_guesses(sites_m, ranges_m, weights, middle, span_m, near_m)
    weights = np.concatenate([weights, weights[:1]])  # the second best place of all towers
    fit = _fit(sites_m, ranges_m, sigma_m, weights, starts, middle, near_m)
    return _averaged(fit, sigma_m, count)


def _averaged(fit: _Fit, sigma_m: Floats, count: int) -> Found:
    """All hypotheses by their weights: none is late, tower k is late by a detour, the other place of all."""
    log_weight, mean, spread, late_m = _hypotheses(fit, sigma_m, count)
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    best = int(weights.argmax())
    freedom = count - 3
    doubt = float(chdtrc(freedom, fit.chi2[0]))
    excluded: tuple[Excluded, ...] = ()
    warnings: list[str] = []
    if doubt < FALSE_ALARM and 0 < best <= count:
        why = (
            f"late by about {late_m[best - 1]:,.0f} m, an echo: chi-square of all {fit.chi2[0]:.1f} (chance "
            f"{doubt:.2g}), without it {fit.chi2[best]:.1f}; it is this tower: {weights[best]:.0%}"
        )
        excluded = (Excluded(f"tdoa[{best - 1}]", why),)
        if weights[best] < 0.9:
            warnings.append("which tower is late is not sure; the ellipse allows for each")
    elif doubt < FALSE_ALARM:
        warnings.append(f"the arrival times contradict each other (chi-square {fit.chi2[0]:.1f}, chance {doubt:.2g})")
    order = weights.argsort()[::-1]
    order = order[weights[order] >= LEAST_WEIGHT]
    stretch = _misfit(fit.chi2[best], freedom - int(0 < best <= count))
    warnings += _unfit(stretch)
    shares = weights[order] / weights[order].sum()
    if not np.isfinite(mean[order]).all() or float(np.linalg.eigvalsh(spread[order])[:, 1].max()) > 1e12:
        raise Unprocessable("degenerate geometry: these arrivals fit places all along a line", hint="add a tower")
    return Found(Mixture(mean[order], spread[order] * stretch, shares), excluded, tuple(warnings))


def _hypotheses(fit: _Fit, sigma_m: Floats, count: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Log weight, mean and covariance of each hypothesis, and each tower's detour if it is the late one.

    The detour b of tower k has an exponential prior and is seen as its residual at the fit without k, with variance
    s^2: a Gaussian cut off at 0. Its mean and variance move and widen the position along `gain`.
    """
    log_weight, mean, spread = fit.evidence.copy(), fit.at_m.copy(), fit.spread_m2.copy()
    late = np.arange(1, len(log_weight) - 1)
    tower = late - 1
    lean = fit.lean[late, tower]
    seen_m = fit.left_m[late, tower]
    gain = np.einsum("kij,kj->ki", spread[late], lean)
    variance = sigma_m**2 + fit.sent_m2[late] + (lean * gain).sum(axis=1)
    deviation = np.sqrt(variance)
    middle = seen_m - variance / LATE_M
    ratio = middle / deviation
    hazard = np.exp(-(ratio**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(ratio))  # inverse Mills ratio
    late_m = middle + deviation * hazard
    left_over = np.clip(1 - hazard * (ratio + hazard), 1e-6, 1.0)
    log_weight[late] += np.log(LATE_SHARE / count) - np.log(LATE_M) - seen_m / LATE_M
    log_weight[late] += variance / (2 * LATE_M**2) + log_ndtr(ratio)
    log_weight[[0, -1]] += np.log(1 - LATE_SHARE)
    mean[late] += gain * ((seen_m - late_m) / variance)[:, None]
    shrink = (left_over - 1) / variance
    spread[late] += shrink[:, None, None] * gain[:, :, None] * gain[:, None, :]
    return log_weight, mean, spread, late_m


def _unfit(stretch: float) -> list[str]:
    told = f"even the best explanation does not fit; the ellipse is {stretch**0.5:.1f} times as long"
    return [told] if stretch > 1 else []


def _misfit(chi2: float, freedom: int) -> float:
    """By how much variances must grow for what is left to be usual (Birge ratio); 1 unless it is very unusual."""
    if freedom < 1 or chdtrc(freedom, chi2) > 1e-3:
        return 1.0
    return chi2 / freedom


def _first_guesses(
    sites_m: Floats, ranges_m: Floats, weights: Floats, middle: Floats, span_m: float, near_m: float
) -> Floats:
    """(h + 1, 2) best place of a grid for each hypothesis, and the second best of all towers, away from the first."""
    side = np.linspace(-1.2 * span_m, 1.2 * span_m, GRID)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2) + middle
    off = ranges_m - np.hypot(grid[:, None, 0] - sites_m[:, 0], grid[:, None, 1] - sites_m[:, 1])
    first = weights @ off.T
    chi2 = weights @ (off**2).T - first**2 / weights.sum(axis=1)[:, None] + _far2(grid, middle, near_m)
    square = np.pad(chi2[0].reshape(GRID, GRID), 1, constant_values=np.inf)
    around = np.min(
        [square[1 + dy : GRID + 1 + dy, 1 + dx : GRID + 1 + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)], axis=0
    )
    lowest = np.flatnonzero(square[1:-1, 1:-1] <= around)
    lowest = lowest[chi2[0][lowest].argsort()]
    other = lowest[min(1, len(lowest) - 1)]
    return np.concatenate([grid[chi2.argmin(axis=1)], grid[other : other + 1]])


def _far2(at_m: Floats, middle: Floats, near_m: float) -> Floats:
    """What being far from the towers costs, as a chi-square."""
    total: Floats = ((at_m - middle) ** 2).sum(axis=-1) / near_m**2
    return total


def _fit(
    sites_m: Floats,
    ranges_m: Floats,
    sigma_m: Floats,
    weights: Floats,
    starts: Floats,
    middle: Floats,
    near_m: float,
) -> _Fit:
    """Damped Gauss-Newton of all hypotheses at once. weights: (h, n), 0 = that tower is left out."""
    at = starts.copy()
    damping = 1e-3
    near = np.eye(2) / near_m**2
    for _ in range(STEPS):
        left, lean = _left(sites_m, ranges_m, weights, at)
        normal = np.einsum("hni,hnj,hn->hij", lean, lean, weights) + near
        pull = np.einsum("hni,hn->hi", lean, weights * left) + (middle - at) / near_m**2
        trace = np.trace(normal, axis1=1, axis2=2)[:, None, None]
        step = np.linalg.solve(normal + damping * trace * np.eye(2), pull[..., None])[..., 0]
        length = np.hypot(step[:, 0], step[:, 1])
        at = at + step * np.minimum(1.0, near_m / np.maximum(length, 1e-9))[:, None]
        damping *= 0.3
        if length.max() < ENOUGH_M:
            break
    left, lean = _left(sites_m, ranges_m, weights, at)
    normal = np.einsum("hni,hnj,hn->hij", lean, lean, weights) + near
    total = weights.sum(axis=1)
    spread = np.linalg.inv(normal)
    chi2 = (weights * left**2).sum(axis=1)
    # What the data say of a hypothesis: the Gaussian integral over position and sending time.
    used = weights > 0
    evidence = -(chi2 + _far2(at, middle, near_m)) / 2 - np.log(np.linalg.det(normal)) / 2 - np.log(total) / 2
    evidence -= (used * (np.log(sigma_m) + np.log(2 * np.pi) / 2)).sum(axis=1)
    if np.linalg.norm(at[0] - at[-1]) < 3 * np.sqrt(np.trace(spread[0])):  # the second best place led to the first one
        evidence[-1] = -np.inf
    return _Fit(at, spread, 1 / total, chi2, left, lean, evidence)


def _left(sites_m: Floats, ranges_m: Floats, weights: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Measured minus expected ranges with the sending time taken out, and how the expected ones change with a step."""
    away = np.hypot(at[:, None, 0] - sites_m[:, 0], at[:, None, 1] - sites_m[:, 1])
    off = ranges_m - away
    direction = _direction(sites_m, at)
    total = weights.sum(axis=1, keepdims=True)
    off = off - (weights * off).sum(axis=1, keepdims=True) / total
    lean: Floats = direction - ((weights[..., None] * direction).sum(axis=1) / total)[:, None, :]
    return off, lean


def _direction(sites_m: Floats, at: Floats) -> Floats:
    """(h, n, 2) unit vectors from towers to places."""
    off = at[:, None, :] - sites_m
    direction: Floats = off / np.maximum(np.linalg.norm(off, axis=2), 1e-6)[..., None]
    return direction

"""Where to send how much search effort so that the chance of success (POS) is greatest, with a proof of how near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import kl_div

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Bools, Floats

MOST_STEPS = 200
"""Newton steps; 15 to 40 are usual."""
TINY = 1e-14
"""Added to the first prices, in parts of all mass, where more effort than anybody needs makes gains vanish."""


@dataclass(frozen=True)
class Allocation:
    """The best effort found.

    effort: (cells, resources), in the unit of the available effort; columns add up to at most what there is.
    coverage: (cells,) sum of rate x effort. pos: what it adds to the probability of success, in the unit of p.
    gap: no other allocation can be better than pos + gap. marginal: (resources,) gain of one more unit of effort, also
    the prices by which the gap is proved.
    """

    effort: Floats
    coverage: Floats
    pos: float
    gap: float
    marginal: Floats


def allocate(p: ArrayLike, rate: ArrayLike, available: ArrayLike, gap: float = 1e-9) -> Allocation:
    """The effort for each cell and resource that makes sum p (1 - exp(-sum_r rate t)) greatest.

    p: (cells,) probability of each cell (any unit, >= 0). rate: (cells, resources) or (cells,) coverage that a unit of
    effort gives: W v / A; 0 = the resource cannot search there. available: (resources,) or a number, effort there is.
    gap: relative to the sum of p, where several resources may stop; one resource is exact.

    Does not depend on the order of cells or resources. All zero where there is nothing to gain.
    Raises BadQuery for shapes that do not fit, negative or unfinite numbers.
    Source: Charnes and Cooper 1958 (one resource); primal-dual interior point, each cell's Hessian being a diagonal
    plus rank one (several). The gap is that of the Lagrangian dual.
    """
    chance, rates, there_is = _checked(p, rate, available)
    effort = np.zeros_like(rates)
    useful = (rates > 0) & (chance > 0)[:, None] & (there_is > 0)
    cells, resources = np.flatnonzero(useful.any(axis=1)), np.flatnonzero(useful.any(axis=0))
    part = np.ix_(cells, resources)
    most, price = there_is[resources], np.zeros(len(resources))
    if len(resources) == 1:
        effort[part], price[0] = _one(np.log(chance[cells]), rates[part][:, 0], most[0])
    elif len(resources):
        scale = chance[cells].sum()
        share, worth = _several(chance[cells] / scale, rates[part] * most, gap)
        effort[part], price = share * most, worth * scale / most
    covered = (rates * effort).sum(axis=1)
    left = chance * np.exp(-covered)
    marginal = (left[:, None] * rates).max(axis=0, initial=0.0)
    marginal[resources] = price
    pos = float((chance * -np.expm1(-covered)).sum())
    gap_left = _bound(chance[cells], rates[part], most, price) - pos
    return Allocation(effort, covered, pos, max(gap_left, 0.0), marginal)


def duality_gap(p: ArrayLike, rate: ArrayLike, available: ArrayLike, effort: ArrayLike) -> float:
    """How much any other allocation could add to this one's POS at most; arguments as of `allocate`."""
    chance, rates, there_is = _checked(p, rate, available)
    rates = np.where(there_is > 0, rates, 0.0)
    spent = np.asarray(effort, np.float64).reshape(rates.shape)
    left = chance * np.exp(-(rates * spent).sum(axis=1))
    gain = left[:, None] * rates
    usual = (gain * spent).sum(axis=0) / np.maximum(spent.sum(axis=0), 1e-300)
    bounds = [_bound(chance, rates, there_is, price) for price in (gain.max(axis=0, initial=0.0), usual)]
    return max(min(bounds) - float((chance - left).sum()), 0.0)


def _checked(p: ArrayLike, rate: ArrayLike, available: ArrayLike) -> tuple[Floats, Floats, Floats]:
    chance = np.asarray(p, np.float64).ravel()
    rates = np.asarray(rate, np.float64)
    rates = rates[:, None] if rates.ndim == 1 else rates
    there_is = np.asarray(available, np.float64).ravel()
    if rates.shape != (len(chance), len(there_is)):
        raise BadQuery(f"rate is {rates.shape}, but there are {len(chance)} cells and {len(there_is)} resources")
    for name, values in (("p", chance), ("rate", rates), ("available effort", there_is)):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise BadQuery(f"{name} must be finite and 0 or more", hint="check widths, speeds, hours and areas")
    return chance, rates, there_is


def _bound(chance: Floats, rates: Floats, there_is: Floats, price: Floats) -> float:
    """What no allocation can exceed: effort sold at any prices, each cell buying what is worth it from the cheapest."""
    with np.errstate(divide="ignore", invalid="ignore"):
        cheapest = np.where(rates > 0, price / rates, np.inf).min(axis=1, initial=np.inf)
    bound = (price * there_is).sum() + kl_div(np.minimum(cheapest, chance), chance).sum()
    return float(min(bound, chance.sum()))


def _one(ln_chance: Floats, rate: Floats, available: float) -> tuple[Floats, float]:
    """(cells, 1) exact effort of one resource, and its price; all rates are above 0."""
    ln_gain = ln_chance + np.log(rate)
    order = np.argsort(-ln_gain, kind="stable")
    gain, per = ln_gain[order], 1 / rate[order]
    # With the first m cells searched, all of them come down to this common gain; m is right when it lies below its own.
    ln_common = (np.cumsum(gain * per) - available) / np.cumsum(per)
    searched = max(int(np.count_nonzero(ln_common < gain)), 1)
    common = ln_common[searched - 1]
    effort = np.zeros((len(rate), 1))
    effort[order[:searched], 0] = np.maximum(gain[:searched] - common, 0.0) * per[:searched]
    spent = effort.sum()
    # Numbers of very different size leave some effort over or under.
    return effort * (available / spent) if spent > 0 else effort, float(np.exp(common))


def _several(p: Floats, w: Floats, gap: float) -> tuple[Floats, Floats]:
    """(cells, resources) share of each resource, and their prices; p sums to 1, w is a whole resource's coverage."""
    can, whole = w > 0, np.ones(w.shape[1])
    share = can / can.sum(axis=0)
    gain = (p * np.exp(-(w * share).sum(axis=1)))[:, None] * w
    price = 1.1 * gain.max(axis=0) + TINY
    slack = np.where(can, price - gain, 1.0)
    best: tuple[float, Floats, Floats] = (np.inf, np.asarray(share), price)
    for _ in range(MOST_STEPS):
        left = p * np.exp(-(w * share).sum(axis=1))
        now = _bound(p, w, whole, price) - (1 - float(left.sum()))
        if now < best[0]:
            best = now, share, price
        if now <= gap:
            break
        target = 0.1 * float((share * slack).sum()) / np.count_nonzero(can)
        move, turn = _newton(w, can, share, slack, price, left, target)
        dual = np.where(can, (target - slack * move) / np.where(can, share, 1.0) - slack, 0.0)
        step, dual_step = _room(share, move), _room(slack, dual)
        share = np.maximum(share + step * move, 0.0)
        slack = slack + dual_step * dual
        price = np.maximum(price + dual_step * turn, 0.0)
    return _tidy(p, w, best[1] / best[1].sum(axis=0)), best[2]


def _newton(
    w: Floats, can: Bools, share: Floats, slack: Floats, price: Floats, left: Floats, target: float
) -> tuple[Floats, Floats]:
    """Changes of shares and prices towards the centre.

    A cell's matrix is diag(slack / share) + left w w'; its inverse is written so that nothing large cancels.
    """
    d = share / slack
    dw = d * w
    weight = w * dw
    q = weight.sum(axis=1, keepdims=True)
    e = left[:, None]
    gain = e * w
    denominator = 1 + e * q
    own = 1 + e * (q - weight)  # of the other resources in the cell
    rest = np.where(can, share * (gain - price) + target, 0.0) / slack  # d times the right side
    others = (w * rest).sum(axis=1, keepdims=True) - w * rest
    toward = (rest * own - e * dw * others) / denominator
    u = dw * np.sqrt(e / denominator)
    matrix = -(u.T @ u)
    np.fill_diagonal(matrix, (d * own / denominator).sum(axis=0))
    lack = 1 - share.sum(axis=0)
    turn = np.linalg.lstsq(matrix, toward.sum(axis=0) - lack, rcond=1e-14)[0]
    back = d * turn
    others = (w * back).sum(axis=1, keepdims=True) - w * back
    return toward - (back * own - e * dw * others) / denominator, turn


def _room(values: Floats, change: Floats) -> float:
    """The step that keeps all values above 0, at most a whole one."""
    falling = change < 0
    return min(1.0, 0.99 * float((values[falling] / -change[falling]).min(initial=np.inf)))


def _tidy(p: Floats, w: Floats, share: Floats) -> Floats:
    """One exact pass over the resources: each gets what is best beside the others. It makes tiny shares true zeros."""
    share = share.copy()
    ln_p = np.log(p)
    for r in range(w.shape[1]):
        can = w[:, r] > 0
        share[:, r] = 0.0
        beside = (w[can] * share[can]).sum(axis=1)
        share[can, r] = _one(ln_p[can] - beside, w[can, r], 1.0)[0][:, 0]
    return share

"""What a search that found nobody, or a clue, says about where the subject is; mass outside the area included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.cells import Floats


@dataclass(frozen=True)
class Belief:
    """Where the subject may be, as logarithms of weights: never rounded, normalised only when asked.

    log_weight: (states, cells) float64. One state, or two: a subject who answers calls, and one who does not.
    log_rest: (states,) the same for the rest of the world, where nobody searches.
    """

    log_weight: Floats
    log_rest: Floats


def begin(p: ArrayLike, rest_of_world: float, responsive: float | None = None) -> Belief:
    """The belief before any search.

    p: (cells,) or a map, >= 0, in any unit. rest_of_world: mass outside, in (0, 1). responsive: the chance that the
    subject answers; None = searchers' POD does not tell them apart, and there is one state.
    Raises BadQuery when p has no mass or a share is not in its range.
    """
    weight = np.asarray(p, np.float64).ravel()
    total = weight.sum()
    if not (np.isfinite(total) and total > 0 and (weight >= 0).all()):
        raise BadQuery("probabilities must be 0 or more and have a sum above 0", hint="draw the map again")
    if not 0 < rest_of_world < 1:
        raise BadQuery(f"rest_of_world={rest_of_world} must be above 0 and below 1", hint="0.05 is usual")
    if responsive is not None and not 0 < responsive < 1:
        raise BadQuery(
            f"responsive={responsive} must be above 0 and below 1; leave it out for one state",
            hint="0.8 is a usual guess",
        )
    states = np.log([1.0] if responsive is None else [responsive, 1 - responsive])
    inside = _log(weight) + np.log((1 - rest_of_world) / total)
    return Belief(inside + states[:, None], states + np.log(rest_of_world))


def probability(belief: Belief) -> tuple[Floats, float]:
    """(cells,) probability of each cell, and of the rest of the world; together 1 within 1e-12 after any updates."""
    p, rest = by_state(belief)
    return (p[0] if len(p) == 1 else p.sum(axis=0)), float(rest.sum())


def by_state(belief: Belief) -> tuple[Floats, Floats]:
    """(states, cells) and (states,): the same told apart by state of the subject; together 1."""
    top = max(belief.log_weight.max(), belief.log_rest.max())
    p = belief.log_weight - top  # worked on in place: each new array of a million cells costs as much as the sum
    np.exp(p, out=p)
    rest = np.exp(belief.log_rest - top)
    total = p.sum() + rest.sum()
    p *= 1 / total
    return p, rest / total


def responsive_share(belief: Belief) -> float:
    """The chance that the subject answers, given all so far. Raises BadQuery for a belief of one state."""
    if len(belief.log_rest) != 2:
        raise BadQuery(
            "this belief does not tell a subject who answers from one who does not",
            hint="tell the chance that the subject answers when the search begins",
        )
    p, rest = by_state(belief)
    return float(p[0].sum() + rest[0])


def after_search(
    belief: Belief,
    pod: ArrayLike | None = None,
    coverage: ArrayLike | None = None,
    pod_unresponsive: ArrayLike | None = None,
    cells: ArrayLike | None = None,
) -> Belief:
    """The belief after a search that found nobody: every cell keeps (1 - POD), all are normalised together.

    pod: (cells,) or a number, in [0, 1]; or coverage instead: random search, exp(-C) is kept, without a logarithm.
    pod_unresponsive: of a subject who does not answer, default the same. cells: the flat cells meant, default all.

    Raises BadQuery for values out of range; Unprocessable when nothing is left: the subject would be nowhere.
    Source: Bayes; Stone 1975. Not p + POS share p of older worksheets, which gives .25/.75 for 1/3, 2/3.
    """
    if (pod is None) == (coverage is None):
        raise BadQuery("a search has either a pod or a coverage", hint="give one of them")
    lost = [_minus_log_missed(pod) if coverage is None else _checked_coverage(coverage)]
    if pod_unresponsive is not None:
        if len(belief.log_rest) != 2:
            raise BadQuery(
                "pod_unresponsive needs a belief that began with a share of responsive",
                hint="tell the chance that the subject answers when the search begins",
            )
        lost.append(_minus_log_missed(pod_unresponsive))
    return _less(belief, lost, np.zeros(len(belief.log_rest)), cells)


def success(belief: Belief, pod: ArrayLike, pod_unresponsive: ArrayLike | None = None) -> float:
    """Probability of success (POS): that a search with these PODs finds the subject."""
    p, _ = by_state(belief)
    pods = [_checked_pod(pod), _checked_pod(pod if pod_unresponsive is None else pod_unresponsive)]
    return float(sum((state * each).sum() for state, each in zip(p, pods)))


def with_clue(belief: Belief, likelihood_ratio: ArrayLike, rest: float = 1.0) -> Belief:
    """The belief after a clue.

    likelihood_ratio: (cells,) >= 0, how many times likelier the clue is if the subject is there than on average;
    `evidence.near_clue` makes one. rest: of the rest of the world. Raises as `after_search`.
    """
    ratio = np.asarray(likelihood_ratio, np.float64).ravel()
    if not (ratio >= 0).all() or not rest >= 0 or not np.isfinite(ratio).all():
        raise BadQuery("a likelihood ratio must be 0 or more", hint="1 says nothing either way")
    return _less(belief, [-_log(ratio)], np.full(len(belief.log_rest), -_log(np.array(rest))), None)


def moved(belief: Belief, p: Floats, left: ArrayLike = 0.0) -> Belief:
    """The belief after the subject moved.

    p: (states, cells) probabilities after the move (`motion.forward` of `by_state`'s). left: (states,) what went off
    the area, which joins the rest of the world. Raises BadQuery for another shape.
    """
    weight = np.asarray(p, np.float64).reshape(len(belief.log_rest), -1)
    if weight.shape != belief.log_weight.shape or not (weight >= 0).all():
        raise BadQuery(f"p must have the shape {belief.log_weight.shape} and be 0 or more")
    _, rest = by_state(belief)
    return Belief(_log(weight), _log(rest + np.asarray(left, np.float64)))


def _less(belief: Belief, lost: list[Floats], rest_lost: Floats, cells: ArrayLike | None) -> Belief:
    """The belief with these logarithms taken off its weights, the same for all states or one for each."""
    size = belief.log_weight.shape[1]
    count = size if cells is None else len(np.asarray(cells))
    if any(each.shape not in ((), (1,), (count,)) for each in lost):
        raise BadQuery(f"give one value, or one for each of the {count} cells", hint="draw the map again")
    if cells is None:
        weight = belief.log_weight - (np.stack(np.broadcast_arrays(*lost)) if len(lost) > 1 else lost[0])
    else:
        weight = belief.log_weight.copy()
        for state in range(len(weight)):
            weight[state, np.asarray(cells, np.int64)] -= lost[min(state, len(lost) - 1)]
    after = Belief(weight, belief.log_rest - rest_lost)
    if not max(weight.max(), after.log_rest.max()) > -np.inf:
        raise Unprocessable("nothing is left: the subject would be nowhere", hint="a POD of 1 everywhere is no POD")
    return after


def _checked_pod(pod: ArrayLike | None) -> Floats:
    found = np.asarray(pod, np.float64).ravel()
    if not ((found >= 0) & (found <= 1)).all():
        raise BadQuery("POD must be in [0, 1]", hint="a POD is a part of 1, not a percent")
    return found


def _minus_log_missed(pod: ArrayLike | None) -> Floats:
    return -_log(1 - _checked_pod(pod))


def _checked_coverage(coverage: ArrayLike | None) -> Floats:
    covered = np.asarray(coverage, np.float64).ravel()
    if not (covered >= 0).all():
        raise BadQuery("coverage must be 0 or more", hint="coverage is area swept over area")
    return covered


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):  # 0 becomes -inf, which is what it means
        return np.asarray(np.log(values))

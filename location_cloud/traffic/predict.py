"""How fast traffic will be within the next hours: what is unusual now fades into what is usual then.

    kmh(t + d) = usual(t + d) * (kmh(t) / usual(t)) ^ exp(-d / tau)

tau by kind of road, learned from history (history.py), reference.DECAY_S until then. Where nothing usual is known, what
is now stays: there is nothing better to fade into.

Source: Rice & van Zwet 2004, "A simple and effective method for predicting travel times on freeways": linear regression
on the present state with a coefficient that falls with the lead; the exponential form is that of an autoregressive
process of the first order (Box, Jenkins 1970).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery
from location_cloud.traffic.model import FILLED, LIVE, Estimate, Factor
from location_cloud.traffic.reference import Reference, slow_down

FURTHEST_S = 6 * 3600.0
"""Further ahead nothing of now is left; usual speeds are what there is."""


def predict(
    estimate: Estimate,
    reference: Reference,
    ahead_s: float,
    factors_then: Sequence[Factor] = (),
    factors_now: Sequence[Factor] = (),
) -> NDArray[np.float32]:
    """The speed of every edge so many seconds after an estimate: (edges,) km/h, NaN = nothing is known.

    factors_then: what will be known to slow traffic (snow that is forecast, lanes that stay closed); factors_now: those
    that the estimate was made with.

    Takes 4 ms for 356,000 edges, all in float32. Raises BadQuery if ahead_s lies outside 0..FURTHEST_S.
    """
    if not 0.0 <= ahead_s <= FURTHEST_S:
        raise BadQuery(f"{ahead_s:g} s ahead is outside 0..{FURTHEST_S:g}", hint="ask for typical speeds instead")
    usual_then, is_typical = reference.usual_kmh(estimate.at_s + ahead_s)
    now = slow_down(reference.usual_kmh(estimate.at_s)[0], factors_now)
    then = slow_down(usual_then, factors_then)
    fades = np.exp(-ahead_s / reference.decay_s).astype(np.float32)
    keeps = np.where(is_typical, fades[np.maximum(reference.kind, 0)], np.float32(1.0))
    is_told = (estimate.source == LIVE) | (estimate.source == FILLED)
    with np.errstate(invalid="ignore", divide="ignore"):
        kmh = np.where(is_typical, then.kmh, np.float32(np.nan))
        kmh = np.where(is_told, then.kmh * (estimate.kmh / now.kmh) ** keeps, kmh)
    return np.minimum(kmh, then.most_kmh) if len(then.most_kmh) else kmh

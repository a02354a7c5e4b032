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
from dataclasses import replace

import numpy as np

from location_cloud.errors import BadQuery
from location_cloud.traffic.levels import level_of
from location_cloud.traffic.model import FILLED, LIVE, NONE, TYPICAL, Estimate, Factor
from location_cloud.traffic.reference import Reference, slow_down

FURTHEST_S = 6 * 3600.0
"""Further ahead nothing of now is left; usual speeds are what there is."""

GROWS = 0.25
"""Relative standard deviation that is added when all of now has faded: of days about their usual hour. Ours."""


def predict(
    estimate: Estimate,
    reference: Reference,
    ahead_s: float,
    factors_then: Sequence[Factor] = (),
    factors_now: Sequence[Factor] = (),
) -> Estimate:
    """The traffic so many seconds after an estimate. None of it is LIVE: what fades out of measured speeds is FILLED.

    factors_then: what will be known to slow traffic (snow that is forecast, lanes that stay closed); factors_now: those
    that the estimate was made with.

    Takes 15 ms for 335,000 edges. Raises BadQuery if ahead_s lies outside 0..FURTHEST_S.
    """
    if not 0.0 <= ahead_s <= FURTHEST_S:
        raise BadQuery(f"{ahead_s:g} s ahead is outside 0..{FURTHEST_S:g}", hint="ask for typical speeds instead")
    then_s = estimate.at_s + ahead_s
    usual_then, is_typical = reference.usual_kmh(then_s)
    now = slow_down(reference.usual_kmh(estimate.at_s)[0], factors_now)
    then = slow_down(usual_then, factors_then)
    fades = np.exp(-ahead_s / reference.decay_s)[np.maximum(reference.kind, 0)]
    is_told = (estimate.source == LIVE) | (estimate.source == FILLED)
    keeps = np.where(is_typical, fades, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        kmh = np.where(is_told, then.kmh * (estimate.kmh / now.kmh) ** keeps, np.where(is_typical, then.kmh, np.nan))
        if len(then.most_kmh):
            kmh = np.minimum(kmh, then.most_kmh)
        before = np.where(is_told, estimate.variance / estimate.kmh**2, 0.0)
        spread2 = before + (1.0 - np.where(is_told, fades, 0.0)) * GROWS**2
    kmh = kmh.astype(np.float32)
    is_known = ~np.isnan(kmh)
    source = np.where(is_known, np.where(is_told, FILLED, TYPICAL), NONE).astype(np.uint8)
    return replace(
        estimate,
        at_s=then_s,
        kmh=kmh,
        source=source,
        variance=(spread2 * kmh**2).astype(np.float32),
        level=level_of(kmh, reference.free_flow_kmh, reference.kind, reference.levels),
        is_simulated=np.where(is_told, estimate.is_simulated, is_known & reference.is_simulated),
        factors=np.where(is_known, then.bits, np.uint16(0)),
        factor_names=then.names,
    )

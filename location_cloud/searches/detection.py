"""How likely a search finds somebody who is there: coverage, and the probability of detection (POD) it gives."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Floats

Detection = Literal["random", "inverse_cube", "ideal"]

SWEEP_PER_RANGE: Final = {"high": 1.8, "medium": 1.6, "low": 1.1}
"""Sweep width over detection range by visibility of the object looked for. Source: Koester et al. 2014, Wilderness &
Environmental Medicine, doi 10.1016/j.wem.2013.09.016 (fits 1.773, 1.556, 1.135)."""


def coverage(sweep_width_m: ArrayLike, speed_m_s: ArrayLike, time_s: ArrayLike, area_m2: ArrayLike) -> Floats:
    """Area swept over area searched, C = W v t / A; coverages of several resources in one area add up.

    All broadcast against each other. Raises BadQuery for an area that is not positive or anything negative.
    Source: Koopman 1946, Search and Screening.
    """
    width, speed, time, area = (np.asarray(each, np.float64) for each in (sweep_width_m, speed_m_s, time_s, area_m2))
    if not (area > 0).all():
        raise BadQuery(f"area_m2={area.min()} must be positive", hint="draw a segment with an area")
    if not all((each >= 0).all() for each in (width, speed, time)):
        raise BadQuery("sweep width, speed and time must be 0 or more", hint="leave negative numbers out")
    return np.asarray(width * speed * time / area)


def pod(covered: ArrayLike, detection: Detection = "random") -> Floats:
    """Probability of detection of a coverage, in [0, 1).

    random: 1 - exp(-C), what searchers reach in practice. inverse_cube: erf(sqrt(pi)/2 C), for even parallel sweeps.
    ideal: min(C, 1), no gap and no overlap. Raises BadQuery for a negative coverage or an unknown detection.
    Source: Koopman 1946, Search and Screening.
    """
    c = np.asarray(covered, np.float64)
    if not (c >= 0).all():
        raise BadQuery("coverage must be 0 or more", hint="coverage is area swept over area")
    if detection == "random":
        return np.asarray(-np.expm1(-c))
    if detection == "inverse_cube":
        return np.asarray(erf(np.sqrt(np.pi) / 2 * c))
    if detection == "ideal":
        return np.minimum(c, 1.0)
    raise BadQuery(f"detection {detection!r} is unknown", hint="known are random, inverse_cube, ideal")


def coverage_for(wanted_pod: ArrayLike) -> Floats:
    """The coverage at which a random search reaches a POD in [0, 1), -ln(1 - POD). Raises BadQuery outside."""
    wanted = np.asarray(wanted_pod, np.float64)
    if not ((wanted >= 0) & (wanted < 1)).all():
        raise BadQuery("POD must be in [0, 1)", hint="no search is certain; 0.95 is a coverage of 3")
    return np.asarray(-np.log1p(-wanted))


def sweep_width_m(detection_range_m: ArrayLike, visibility: str) -> Floats:
    """Effective sweep width from the mean range at which the object is just detected on the ground.

    visibility: "high", "medium" or "low", of the object. Raises BadQuery for another. Source: `SWEEP_PER_RANGE`.
    """
    if visibility not in SWEEP_PER_RANGE:
        raise BadQuery(f"visibility {visibility!r} is unknown", hint="known are high, medium, low")
    reach = np.asarray(detection_range_m, np.float64)
    if not (reach >= 0).all():
        raise BadQuery("detection_range_m must be 0 or more", hint="measure it on the ground, in metres")
    return np.asarray(SWEEP_PER_RANGE[visibility] * reach)

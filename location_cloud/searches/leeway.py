"""How wind moves what drifts in water, by kind of object: the coast guards' published field experiments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from location_cloud.searches.model import DriftObject


class Slope(NamedTuple):
    """Speed by wind: share x wind at 10 m + offset + normal(0, spread), in m/s."""

    share: float
    offset_m_s: float
    spread_m_s: float


@dataclass(frozen=True)
class Leeway:
    """How wind moves an object: downwind, and across it to the right (above 0) or to the left (below 0).

    Half of the objects go right and keep to it, the others left.
    """

    downwind: Slope
    right: Slope
    left: Slope


def _of(*percent_and_cm_s: float) -> Leeway:
    """As the tables have it: share in percent, offset and spread in cm/s, of downwind, right and left."""
    d, r, s = (
        Slope(share / 100, offset / 100, spread / 100)
        for share, offset, spread in zip(*(percent_and_cm_s[first::3] for first in range(3)), strict=True)
    )
    return Leeway(d, r, s)


LEEWAY: Final[dict[DriftObject, Leeway]] = {
    "person_in_water": _of(0.96, 0.0, 12.0, 0.54, 0.0, 9.4, -0.54, 0.0, 9.4),
    "person_vertical": _of(0.48, 0.0, 8.3, 0.15, 0.0, 6.7, -0.15, 0.0, 6.7),
    "person_sitting": _of(1.60, -3.98, 2.42, 0.13, 0.33, 2.11, -0.13, -0.33, 2.11),
    "person_survival_suit": _of(1.71, 1.12, 3.93, 1.36, -3.30, 1.71, -0.13, -2.65, 1.62),
    "person_scuba": _of(0.63, 0.0, 5.3, 0.31, 0.0, 4.5, -0.31, 0.0, 4.5),
    "person_deceased": _of(1.117, 10.2, 3.04, 0.04, 3.90, 4.05, -0.04, -3.90, 4.05),
    "life_raft_no_ballast": _of(3.70, 0.0, 12.0, 1.98, 0.0, 9.4, -1.98, 0.0, 9.4),
    "life_raft_shallow_ballast": _of(2.68, 0.0, 12.0, 1.10, 0.0, 9.4, -1.10, 0.0, 9.4),
    "life_raft_deep_ballast": _of(3.52, -2.50, 6.10, 0.62, -3.00, 3.50, -0.45, -0.20, 3.60),
    "kayak_with_person": _of(1.16, 11.12, 4.12, 0.41, 0.0, 4.39, -0.41, 0.0, 4.39),
    "surfboard_with_person": _of(1.93, 0.0, 8.3, 0.51, 0.0, 6.7, -0.51, 0.0, 6.7),
    "windsurfer": _of(2.25, 5.03, 2.50, 0.69, -1.30, 2.96, -0.69, 1.30, 2.96),
    "skiff_runabout": _of(3.15, 0.0, 2.2, 1.29, 0.0, 2.2, -1.29, 0.0, 2.2),
    "skiff_v_hull": _of(2.87, 3.98, 3.33, 0.32, -2.93, 2.53, -0.62, 1.03, 3.05),
    "skiff_swamped": _of(1.65, 0.0, 3.1, 0.39, 0.0, 2.9, -0.39, 0.0, 2.9),
    "sport_boat": _of(6.54, 0.0, 3.0, 2.19, 0.0, 2.8, -2.19, 0.0, 2.8),
    "sport_fisher": _of(5.55, 0.0, 3.3, 2.27, 0.0, 3.0, -2.27, 0.0, 3.0),
    "fishing_vessel": _of(2.47, 0.0, 12.0, 2.76, 0.0, 9.4, -2.76, 0.0, 9.4),
    "sailboat": _of(4.5, 0.0, 19.4, 4.95, 0.0, 18.42, -2.82, 0.0, 24.95),
    "sailing_dinghy": _of(1.79, 3.09, 4.04, 0.1, 3.53, 4.05, -0.1, -3.53, 4.05),
    "oil_drum": _of(0.75, 2.66, 2.83, 0.48, 2.88, 3.92, -0.45, -1.46, 4.59),
}
"""Source: Allen and Plourde 1999, Review of Leeway, US Coast Guard CG-D-08-99; Allen 2005, Leeway Divergence;
as the coast guard's list of 2010 has them (Allen to Breivik, Norwegian Meteorological Institute, 2011): PIW-1 to 6,
LIFE-RAFT-NB-1, SB-6, DB-10, PERSON-POWERED-VESSEL-1 to 3, SKIFF-1 to 3, SPORT-BOAT, SPORT-FISHER, FISHING-VESSEL-1,
SAILBOAT-1 and 8, OIL-DRUM. Measured at sea: on a small lake with little fetch they are the best there is.
"""

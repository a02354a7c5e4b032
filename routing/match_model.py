"""The numbers of the matching model: how far fixes lie from the road, how far routes from straight lines."""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from routing.errors import BadPoint

GRAIN = float(2**20)
"""Costs are whole multiples of 1 / GRAIN: sums of them are exact below 2^33, so that equal ones stay equal and the same
chain wins wherever counting begins: in a whole track, or in the window of a vehicle that drives."""


@dataclass(frozen=True)
class MatchModel:
    """A hidden Markov model of driving after Newson and Krumm 2009; costs are negative logarithms of probabilities.

    sigma_m: of a fix across the road, where the fix tells no accuracy. least_sigma_m: better is not believed: roads
    are drawn as lines, lanes lie beside them. robust: beyond so many sigma the cost grows linearly: outliers exist.
    radius_m, radius_sigma: roads within the larger of radius_m and radius_sigma x sigma are candidates, but not beyond
    most_radius_m.
    thin_sigma: fixes nearer than so many sigma to the last one decided on decide nothing by themselves; how well they
    lie on the path between counts, together as much as `between` fixes.
    still_kmh, still_m: so are fixes within still_m of it whose vehicle says that it is slower: receivers drift.
    beta_m, beta_m_s, beta_share, beta_sigma: scale of |route - straight line|: beta_m + beta_m_s x the longest seconds
    without a fix + beta_share x metres + beta_sigma x sigma.
    theta_s, theta_share: scale of the time that a route takes at free flow: theta_s + theta_share x the longest
    seconds without a fix. theta_free: so much of the seconds between the fixes costs nothing: who was slow may have
    driven the slow road of two side by side.
    hurry, hurry_share: a route that takes at free flow more than hurry x the seconds between the fixes costs 1 for each
    hurry_share of those seconds.
    turn_round: cost of turning round on the road. turn_end: of turning round where a road ends.
    back_sigma: a fix may lie so many sigma behind the one before.
    heading_deg: scale of a heading's error; from heading_kmh on it counts, at most heading_most.
    beam: candidates whose cost is so much more than the best one's are given up.
    detour: ways whose length alone costs more are looked for only where there is no other.
    gap_s, gap_m: between fixes further apart nothing is known. skips: outliers that may be left out one after the
    other. off_s: more than these, so long off the roads, and a part ends.
    """

    sigma_m: float = 5.0
    least_sigma_m: float = 2.0
    robust: float = 3.0
    radius_m: float = 50.0
    radius_sigma: float = 5.0
    most_radius_m: float = 200.0
    thin_sigma: float = 6.0
    between: float = 3.0
    still_kmh: float = 2.0
    still_m: float = 100.0
    beta_m: float = 4.0
    beta_m_s: float = 0.5
    beta_share: float = 0.1
    beta_sigma: float = 0.0
    theta_s: float = 5.0
    theta_share: float = 0.1
    theta_free: float = 0.5
    hurry: float = 1.5
    hurry_share: float = 0.15
    turn_round: float = 12.0
    turn_end: float = 0.05
    back_sigma: float = 3.0
    heading_deg: float = 30.0
    heading_kmh: float = 7.0
    heading_most: float = 4.0
    beam: float = 14.0
    detour: float = 7.0
    gap_s: float = 180.0
    gap_m: float = 5000.0
    off_s: float = 30.0
    skips: float = 2.0

    def as_column(self) -> NDArray[np.float64]:
        """The numbers in the order of the fields, as kernels read them. Raises BadPoint if one is not above 0."""
        column = np.array([getattr(self, field.name) for field in fields(self)], np.float64)
        for field, value in zip(fields(self), column.tolist()):
            if not (math.isfinite(value) and value >= 0.0):
                raise BadPoint(f"{field.name}={value} must be a number, 0 or more")
        return column


(
    SIGMA_M, LEAST_SIGMA_M, ROBUST, RADIUS_M, RADIUS_SIGMA, MOST_RADIUS_M, THIN_SIGMA, BETWEEN, STILL_KMH, STILL_M,
    BETA_M, BETA_M_S, BETA_SHARE, BETA_SIGMA, THETA_S, THETA_SHARE, THETA_FREE, HURRY, HURRY_SHARE, TURN_ROUND,
    TURN_END, BACK_SIGMA, HEADING_DEG, HEADING_KMH, HEADING_MOST, BEAM, DETOUR, GAP_S, GAP_M, OFF_S, SKIPS,
) = range(len(fields(MatchModel)))  # fmt: skip

"""Where a phone may be that a cell serves: a ring of the timing advance, cut by the antenna's beam.

Sources: timing advance of 3.69 us (GSM, 3GPP TS 45.010), 16 Ts (LTE, TS 36.213), 16 * 64 Tc / 2**mu (NR, TS 38.213),
there and back; horizontal pattern of an antenna by 3GPP TR 36.814 table A.2.1.1-2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_expit

from location_cloud.callers.mesh import Mesh, polar_mesh
from location_cloud.callers.model import Sector
from location_cloud.errors import BadQuery

Floats = npt.NDArray[np.float64]

LIGHT_M_S = 299_792_458.0

GSM_STEP_S = 48 / 13e6
"""One bit period (TS 45.010)."""
LTE_STEP_S = 16 / 30.72e6
"""16 Ts (TS 36.213, 4.2.3); NR at 15 kHz has the same."""

MOST_TA = {"gsm": 219, "lte": 1282, "nr": 3846}
"""Largest timing advance: GSM with extended range (TS 45.010), LTE (TS 36.213, 4.2.3), NR (TS 38.213, 4.2)."""
MOST_MU = 4

EDGE_S = {"gsm": GSM_STEP_S / 2, "lte": 12 / 30.72e6, "nr": 12 / 30.72e6}
"""How far off the advance may be, there and back, taken as two standard deviations: half a bit (TS 45.010, 5.6); 12 Ts
(TS 36.133, table 7.1.2-1), the widest of NR below 7 GHz as well (TS 38.133, table 7.1.2-1)."""

FRONT_TO_BACK_DB = 25.0
"""Behind the antenna it is so much weaker (TR 36.814)."""

RINGS, RAYS = 18, 96


def ring_width_m(rat: str, mu: int | None = None) -> float:
    """Width of one step of the timing advance: GSM 553.46, LTE 78.07, NR 78.07 / 2**mu metres."""
    step_s = GSM_STEP_S if rat == "gsm" else LTE_STEP_S / 2 ** (mu or 0)
    return LIGHT_M_S * step_s / 2


@dataclass(frozen=True)
class Cell:
    """A sector on the plane. near_m, far_m: edges of the ring; edge_m: standard deviation of both."""

    site_m: Floats
    azimuth: float
    beam: float
    near_m: float
    far_m: float
    edge_m: float

    def mesh(self) -> Mesh:
        """Rings and rays around the site; in front of the antenna only, if it has one."""
        outer = self.far_m + 4 * self.edge_m
        inner = max(self.near_m - 4 * self.edge_m, 0.0)
        half = np.pi if self.beam >= 360 else min(np.pi, np.radians(self.beam) * 1.45)
        angles = np.radians(self.azimuth) + np.linspace(-half, half, RAYS + 1)
        return polar_mesh(self.site_m, np.linspace(inner, outer, RINGS + 1), angles)

    def log_density(self, xy_m: Floats) -> Floats:
        """Uniform over the ground of the ring, its edges worn, times the antenna's gain."""
        off = xy_m - self.site_m
        radius = np.hypot(off[:, 0], off[:, 1])
        wear = self.edge_m * 0.5513  # a logistic edge of that standard deviation: s = sigma * sqrt(3) / pi
        ring: Floats = log_expit((self.far_m - radius) / wear)
        if self.near_m > 0:
            ring = ring + log_expit((radius - self.near_m) / wear)
        if self.beam >= 360:
            return ring
        angle = (np.degrees(np.arctan2(off[:, 0], off[:, 1])) - self.azimuth + 180) % 360 - 180
        loss_db = np.minimum(12 * (angle / self.beam) ** 2, FRONT_TO_BACK_DB)
        told: Floats = ring - loss_db * np.log(10) / 10
        return told


def place_sector(sector: Sector, site_m: Floats) -> Cell:
    """The sector on the plane. Raises BadQuery for a timing advance that its network does not have."""
    if sector.ta is None:
        if sector.range_m is None:
            raise BadQuery("sector has neither ta nor range_m", hint="give the timing advance, or how far it reaches")
        return Cell(site_m, sector.azimuth, sector.beam, 0.0, sector.range_m, sector.range_m / 10)
    if sector.rat == "nr" and sector.mu is None:
        raise BadQuery("sector: rat nr has no mu", hint="0 for subcarriers 15 kHz apart, 1 for 30, 2 for 60, 3 for 120")
    if sector.rat != "nr" and sector.mu is not None:
        raise BadQuery(f"sector: mu is NR's, rat is {sector.rat}", hint="leave mu out")
    most = MOST_TA[sector.rat] * 2 ** (sector.mu or 0) if sector.rat == "nr" else MOST_TA[sector.rat]
    if not 0 <= sector.ta <= most:
        raise BadQuery(f"sector: ta={sector.ta} of {sector.rat} must lie in 0..{most}", hint="as the network counts it")
    width = ring_width_m(sector.rat, sector.mu)
    edge_m = LIGHT_M_S * EDGE_S[sector.rat] / 4
    return Cell(site_m, sector.azimuth, sector.beam, sector.ta * width, (sector.ta + 1) * width, edge_m)

"""How long cold air or water leaves, and how urgent that makes a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Floats

INF = float("inf")


@dataclass(frozen=True)
class Immersion:
    """Expected hours in water without protective clothing, from-to; inf = no limit by cold."""

    exhausted_h: tuple[float, float]
    survives_h: tuple[float, float]


IMMERSION: Final = (
    (0.3, Immersion((0.0, 0.25), (0.25, 0.75))),
    (4.4, Immersion((0.25, 0.5), (0.5, 1.5))),
    (10.0, Immersion((0.5, 1.0), (1.0, 3.0))),
    (15.6, Immersion((1.0, 2.0), (1.0, 6.0))),
    (21.1, Immersion((2.0, 7.0), (2.0, 40.0))),
    (26.7, Immersion((3.0, 12.0), (3.0, INF))),
    (INF, Immersion((INF, INF), (INF, INF))),
)
"""Water up to this temperature -> hours. Source: United States Search and Rescue Task Force, Cold Water Survival (in
steps of 32.5, 40, 50, 60, 70 and 80 degrees Fahrenheit)."""


@dataclass(frozen=True)
class Urgency:
    """How much cold hurries.

    level: "extreme" (a limit is passed or less than an hour off), "high" (6 hours), "moderate" (a day) or "normal".
    left_h: hours to the nearest limit, inf = none. reasons: "immersion", "cold", "frostbite", "vulnerable".
    """

    level: str
    left_h: float
    reasons: tuple[str, ...]


def wind_chill_c(air_c: ArrayLike, wind_kmh: ArrayLike) -> Floats:
    """What it feels like: wind at 10 m. Above 10 degrees or below 4.8 km/h the air's own temperature.

    Source: 13.12 + .6215 T - 11.37 V^.16 + .3965 T V^.16, Osczevski and Bluestein 2005 (Environment Canada and US
    National Weather Service 2001).
    """
    t, v = np.broadcast_arrays(np.asarray(air_c, np.float64), np.asarray(wind_kmh, np.float64))
    if not (v >= 0).all():
        raise BadQuery("wind_kmh must be 0 or more", hint="tell it in km/h at 10 m height")
    power = v**0.16
    return np.where((t <= 10) & (v >= 4.8), 13.12 + 0.6215 * t - 11.37 * power + 0.3965 * t * power, t)


def frostbite_min(air_c: ArrayLike, wind_kmh: ArrayLike) -> Floats:
    """Minutes until bare skin of the most sensitive 5 % freezes; inf where the formula does not reach (over 30 min).

    Source: Environment Canada, Wind Chill Science and Equations: ((-24.5 (.667 V + 4.8)) + 2111) (-4.8 - T)^-1.668 for
    V >= 25 km/h, T <= -15, result <= 30. Wind over 80 km/h counts as 80.
    """
    t, v = np.broadcast_arrays(np.asarray(air_c, np.float64), np.asarray(wind_kmh, np.float64))
    reaches = (t <= -15) & (v >= 25)
    minutes = (2111 - 24.5 * (0.667 * np.minimum(v, 80) + 4.8)) * np.where(reaches, -4.8 - t, 1.0) ** -1.668
    return np.where(reaches & (minutes <= 30), minutes, np.inf)


def immersion(water_c: float) -> Immersion:
    """Expected time to exhaustion or unconsciousness, and of survival. Raises BadQuery outside -2..40 degrees.

    Source: `IMMERSION`. Cold shock kills sooner and life jackets let live longer: it ranks, it does not end a search.
    """
    if not -2 <= water_c <= 40:
        raise BadQuery(f"water_c={water_c} must be in [-2, 40] degrees Celsius", hint="tell it in degrees Celsius")
    return next(each for limit, each in IMMERSION if water_c <= limit)


def predicted_survival_h(water_c: ArrayLike) -> Floats:
    """Mean predicted hours of a lightly clad adult holding still in water; inf from 23 degrees on.

    Source: Hayward, Eckerson and Collis 1975, Canadian Journal of Physiology 53:21, 15 + 7.2 / (.0785 - .0034 T) min.
    """
    t = np.asarray(water_c, np.float64)
    cools = 0.0785 - 0.0034 * t  # degrees a minute
    return np.where(t < 23, (15 + 7.2 / np.where(t < 23, cools, 1.0)) / 60, np.inf)


def urgency(
    elapsed_s: float,
    air_c: float,
    wind_kmh: float,
    water_c: float | None = None,
    is_vulnerable: bool = False,
) -> Urgency:
    """How much cold hurries a search. water_c: the subject may be in water of this temperature.

    is_vulnerable: a child, old, ill, lightly dressed: limits are halved. Limits are the upper end of survival in water
    and, in air, `AIR_LIMITS_H`. A ranking aid, no reason to stop: people survive far beyond tables.
    """
    if not 0 <= elapsed_s < np.inf:
        raise BadQuery(f"elapsed_s={elapsed_s} must be 0 or more", hint="give seconds since last seen")
    limits = {"cold": _air_limit_h(float(wind_chill_c(air_c, wind_kmh)))}
    if water_c is not None:
        limits["immersion"] = immersion(water_c).survives_h[1]
    part = 0.5 if is_vulnerable else 1.0
    left = min(limits.values()) * part - elapsed_s / 3600
    reasons = [name for name, limit in limits.items() if np.isfinite(limit)]
    if np.isfinite(frostbite_min(air_c, wind_kmh)):
        reasons.append("frostbite")
    if is_vulnerable:
        reasons.append("vulnerable")
    level = "extreme" if left < 1 else "high" if left < 6 else "moderate" if left < 24 else "normal"
    return Urgency(level, max(left, 0.0), tuple(reasons))


AIR_LIMITS_H: Final = ((-40.0, 2.0), (-25.0, 6.0), (-10.0, 12.0), (0.0, 24.0), (10.0, 72.0))
"""Wind chill up to this -> hours after which a lightly equipped person without shelter is in danger of life. Values of
this project, for ranking only; to be replaced by a model where one is at hand."""


def _air_limit_h(feels_c: float) -> float:
    return next((hours for limit, hours in AIR_LIMITS_H if feels_c <= limit), INF)

"""What the rest of the house is told about the traffic: an estimate for every edge, and what lay behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NONE, LIVE, FILLED, TYPICAL = range(4)
SOURCES = ("none", "live", "filled", "typical")
"""Values of `Estimate.source` and their words: vehicles drove there just now; concluded from roads beside it; usual at
this hour."""

UNKNOWN, FREE, SLOW, CONGESTED, SEVERE = range(5)
LEVELS = ("unknown", "free", "slow", "congested", "severe")
"""Values of `Estimate.level` and their words; in Chinese 未知, 畅通, 缓行, 拥堵, 严重拥堵 (Amap's road levels)."""


@dataclass(frozen=True, eq=False)
class Factor:
    """Something known that makes traffic slower: snow, lanes lost. It changes what is expected, never what is measured.

    name: whose word it is ("weather:snow", "incident:4711"); travels with every speed that it changed.
    edges: (n,) int32. share: (n,) float32 of the usual speed, 0..1. most_kmh: (n,) float32, inf = no cap.
    since_s: unix seconds; what vehicles measured there earlier says nothing any more.
    """

    name: str
    edges: NDArray[np.int32]
    share: NDArray[np.float32]
    most_kmh: NDArray[np.float32]
    since_s: float = -np.inf


@dataclass(frozen=True)
class Weather:
    """Weather that somebody told for the whole city. condition: of `data/traffic/weather.toml`. Times: unix seconds.

    source: who told. is_simulated: of a drill.
    """

    condition: str
    since_s: float
    until_s: float
    source: str
    is_simulated: bool

    def is_on(self, at_s: float) -> bool:
        """Whether it lasts at a time."""
        return self.since_s <= at_s < self.until_s


@dataclass(frozen=True, eq=False)
class Estimate:
    """The traffic on every edge of a snapshot at a moment; columns (edges,).

    at_s: the moment, unix seconds. kmh: float32 harmonic mean over space, NaN = nothing is known.
    free_flow_kmh: float32, NaN where no car may go. source: uint8 of SOURCES; whatever is not LIVE was concluded.
    samples: uint16 vehicles that were counted. variance: float32 (km/h)^2 of the mean, NaN where kmh is.
    age_s: float32 since the last vehicle counted left the edge, NaN = none was.
    level: uint8 of LEVELS. is_simulated: whether a simulated vehicle was counted there or, where concluded, anywhere.
    factors: uint16, bit i = factor_names[i] changed this speed.
    """

    at_s: float
    kmh: NDArray[np.float32]
    free_flow_kmh: NDArray[np.float32]
    source: NDArray[np.uint8]
    samples: NDArray[np.uint16]
    variance: NDArray[np.float32]
    age_s: NDArray[np.float32]
    level: NDArray[np.uint8]
    is_simulated: NDArray[np.bool_]
    factors: NDArray[np.uint16]
    factor_names: tuple[str, ...] = ()

    def factors_of(self, edge: int) -> tuple[str, ...]:
        """The names of the factors that changed the speed of an edge."""
        bits = int(self.factors[edge])
        return tuple(name for bit, name in enumerate(self.factor_names) if bits >> bit & 1)

"""A plan of who searches where for how long, and a line to follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from location_cloud.searches.cells import Floats

ASSIGNED: Final = ("id", "period", "segment", "resource", "team", "hours", "coverage", "pod", "pos", "W_m", "v_kmh")
"""What an assignment tells; `place` and `segments_version` beside it say which segment it was, for results."""


@dataclass(frozen=True)
class Plan:
    """A finished plan. assignments: plain values, by period, by resource and then by what they bring. periods: of
    several, `number`, `begins_h` (hours from now) and `pos` of each.
    """

    version: int
    assignments: list[dict[str, Any]]
    pos_total: float
    gap: float
    detection: str
    curve: list[tuple[float, float]]
    warnings: tuple[str, ...]
    periods: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Way:
    """A line to follow. lonlat: (n, 2) degrees. duration_s: None where no speed is told."""

    lonlat: Floats
    length_m: float
    coverage: float | None
    duration_s: float | None


@dataclass(frozen=True)
class Ways:
    """Lines to follow. gathered: chance that they see, where that was looked for; bound: no such lines see more."""

    ways: list[Way]
    gathered: float | None = None
    bound: float | None = None

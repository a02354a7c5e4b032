"""What an engine answers, ours or another, in the one form in which answers are judged."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.routing.lockstep import ROOT

BENCH = ROOT / ".parts/bench/places"
"""Everything that is built for these benchmarks."""


@dataclass(frozen=True)
class Answer:
    """One place as an answer gives it."""

    lonlat: tuple[float, float]
    name: str
    level: str
    precise: int
    confidence: int
    accuracy_m: float
    ask: str

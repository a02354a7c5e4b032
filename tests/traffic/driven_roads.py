"""Drawn roads on which tests say who drove where, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import numpy as np

from location_cloud.traffic.estimate import EdgeSpeeds
from location_cloud.traffic.model import Estimate, Factor
from location_cloud.traffic.reference import Reference, plain_reference
from routing.match_result import Traversals
from tests.directions.town import Town, build_town

NOW_S = 1_763_000_000.0
MAIN = {"highway": "secondary", "name": "Main", "maxspeed": "60"}
LANE = {"highway": "residential", "name": "Lane", "maxspeed": "30"}
TEXT = """
    A---B---C---D---E---F---G---H
        |
        K---L---M
"""
WAYS = {
    **dict.fromkeys(("AB", "BC", "CD", "DE", "EF", "FG", "GH"), MAIN),
    "BK": LANE,
    "KL": {**LANE, "name": "Other"},
    "LM": {**LANE, "name": "Third"},
}


class Street:
    """The drawn roads, their estimator, and one drive after the other. Every edge of Main takes `free_s` when empty."""

    def __init__(self, folder: Path, nodes: dict[str, dict[str, str]] | None = None, **reference: object) -> None:
        self.town: Town = build_town(folder, ways=WAYS, text=TEXT, nodes=nodes)
        plain = plain_reference(self.town.roads, UTC)
        columns = {name: getattr(plain, name) for name in plain.__dataclass_fields__}
        self.reference = Reference(**{**columns, **reference})  # type: ignore[arg-type]
        self.speeds = EdgeSpeeds(self.town.roads, self.reference)
        self.free_s = self.seconds("AB")

    def edge(self, name: str) -> int:
        return self.town.edges[name]

    def seconds(self, name: str) -> float:
        """That driving an edge takes when the road is empty."""
        return 3.6 * self.town.length_m(name) / float(self.reference.free_flow_kmh[self.edge(name)])

    def drive(
        self, name: str, seconds: float, vehicle: int = 1, ago_s: float = 10.0, part: tuple[float, float] = (0, 1)
    ):
        """One drive along an edge that ended so long before NOW_S."""
        self.speeds.add(drives([(self.edge(name), vehicle, NOW_S - ago_s - seconds, seconds, *part)]), False)

    def slower(self, name: str, factors: Sequence[Factor] = ()) -> float:
        """How many times the time at free flow the estimate gives; NaN = nothing known."""
        return self.share(self.at(factors), name)

    def at(self, factors: Sequence[Factor] = (), now_s: float = NOW_S) -> Estimate:
        return self.speeds.at(now_s, factors)

    def share(self, estimate: Estimate, name: str) -> float:
        return float(self.reference.free_flow_kmh[self.edge(name)] / estimate.kmh[self.edge(name)])

    def source(self, name: str, now_s: float = NOW_S) -> int:
        return int(self.at(now_s=now_s).source[self.edge(name)])


def drives(rows: Sequence[tuple[int, int, float, float, float, float]]) -> Traversals:
    """Traversals of (edge, vehicle, enter_s, seconds, from, to)."""
    edge, vehicle, enter_s, seconds, begins, ends = np.array(rows, np.float64).reshape(-1, 6).T
    zeros = np.zeros(len(edge), np.int32)
    fractions = begins.astype(np.float32), ends.astype(np.float32)
    sure = np.ones(len(edge), np.float32)
    return Traversals(
        vehicle.astype(np.int32), edge.astype(np.int32), enter_s, enter_s + seconds, *fractions, sure, zeros, zeros
    )

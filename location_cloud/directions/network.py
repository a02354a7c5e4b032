"""What a search runs on: a family's graph and hierarchy, and one way of moving over it under given conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.cch import Cch
from routing.customize import Metric
from routing.graph import Graph

SIGN, TURN_ROUND, BARRIER = range(3)
"""Why a gate may be shut: a turn restriction, turning round on the spot, a barrier that one cannot pass."""


@dataclass(frozen=True)
class Gate:
    """A turn rule that binds only some of a family, or only at some hours.

    kind: SIGN, TURN_ROUND or BARRIER. vehicles: access bits of roads.model of whom it binds.
    condition: when it binds, as OSM writes it ("Mo-Fr 07:00-09:00"); "" = always.
    """

    kind: int
    vehicles: int
    condition: str


@dataclass(frozen=True, eq=False)
class Family:
    """Ways of moving that share one graph and one hierarchy: turn rules that bind only some of them are gates.

    graph: edges 0..roads-1 are the roads' edges (2s drives segment s forward), the rest are aliases (routing.graph).
    gates: by the numbers that graph.gate holds.
    """

    name: str
    graph: Graph
    hierarchy: Cch
    gates: tuple[Gate, ...]


@dataclass(frozen=True, eq=False)
class Network:
    """One way of moving under given conditions: everything a search needs, of one metric version.

    family: its graph and hierarchy. profile: name of the way of moving.
    metric: weights of the family's hierarchy, real milliseconds; metric.cost_ms (graph.edges,), aliases included.
    local_ms: (graph.edges,) int32, what an edge costs at the beginning and the end of a trip: more edges are open here
    than in the metric, where private and destination-only roads are routing.trip.CLOSED.
    part: (segments,) int32, the part of the network in which one gets there and back; 0 = the largest, -1 = none.
    is_connected: (segments,) uint8, 1 = in a big part, or a local road that leads to one. is_largest: (segments,)
    uint8, the same for the largest part.
    version: names the metric in answers; equal versions give equal answers. as_of: when its weights were true,
    seconds since 1970 (the snapshot's build without live weights).
    """

    family: Family
    profile: str
    metric: Metric
    local_ms: NDArray[np.int32]
    part: NDArray[np.int32]
    is_connected: NDArray[np.uint8]
    is_largest: NDArray[np.uint8]
    version: str
    as_of: float

    @property
    def graph(self) -> Graph:
        """The family's graph."""
        return self.family.graph

    @property
    def hierarchy(self) -> Cch:
        """The family's hierarchy."""
        return self.family.hierarchy

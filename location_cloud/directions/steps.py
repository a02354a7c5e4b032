"""A path cut into the instructions that a driver needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Step
from location_cloud.roads.model import ROUNDABOUT, Roads
from routing.graph import Graph
from routing.metric import lengths_along_m
from routing.shape import EdgeShapes, edge_bearings
from routing.trip import CLOSED

STRAIGHT_DEG, SLIGHT_DEG, SHARP_DEG, UTURN_DEG = 20.0, 50.0, 120.0, 165.0
"""Turn angles up to which a manoeuvre is straight, slight, plain, sharp. Ours, near those of OSRM's guidance."""

NAMELESS_TURN_DEG = 45.0
"""Within one road, and between roads without names, only turns beyond this are told."""


def list_steps(
    roads: Roads,
    shapes: EdgeShapes,
    graph: Graph,
    cost_ms: NDArray[np.int32],
    edges: NDArray[np.int32],
    duration_ms: NDArray[np.int64],
    line_e7: NDArray[np.int32],
    begins: NDArray[np.int32],
) -> tuple[Step, ...]:
    """The instructions along a path: depart, one for each turn or change of road, arrive.

    edges: (n,) the path. duration_ms: (n,) time on each edge. line_e7, begins: its line, as `routing.shape.path_shape`
    gives them. graph, cost_ms: which ways out of a roundabout are open.
    """
    leaving, arriving = (np.nan_to_num(bearings) for bearings in edge_bearings(shapes, edges))
    drive = _Drive(
        roads=roads,
        graph=graph,
        cost_ms=cost_ms,
        edges=edges,
        duration_ms=duration_ms,
        line_e7=line_e7,
        along_m=lengths_along_m(line_e7),
        begins=begins,
        is_stub=np.diff(begins) == 0,
        is_round=roads.seg_flags[edges // 2] & ROUNDABOUT != 0,
        leaving=leaving,
        arriving=arriving,
    )
    starts = _step_starts(drive)
    steps = [_step(drive, at, until) for at, until in zip(starts, [*starts[1:], len(edges)])]
    last = len(line_e7) - 1
    name, ref, bearing_deg = steps[-1].name, steps[-1].ref, float(arriving[-1])
    end = Step("arrive", "straight", name, ref, 0, 0.0, 0.0, bearing_deg, drive.lonlat(last), last, last)
    return (*steps, end)


def turn_deg(before: float, after: float) -> float:
    """How far the road turns, degrees in (-180, 180], to the right positive."""
    return -((before - after + 180.0) % 360.0 - 180.0)


def modifier(angle_deg: float) -> str:
    """A turn angle as the word for it."""
    size = abs(angle_deg)
    side = "right" if angle_deg > 0 else "left"
    if size <= STRAIGHT_DEG:
        return "straight"
    if size <= SLIGHT_DEG:
        return f"slight_{side}"
    if size <= SHARP_DEG:
        return side
    return f"sharp_{side}" if size <= UTURN_DEG else "uturn"


@dataclass(frozen=True)
class _Drive:
    """A path of n edges with all that its instructions are read from.

    is_stub: (n,) the edge is only touched (a trip that begins at its very end). is_round: (n,) on a roundabout.
    along_m: (points,) length of the line up to each point. leaving, arriving: (n,) bearings at the edges' ends.
    """

    roads: Roads
    graph: Graph
    cost_ms: NDArray[np.int32]
    edges: NDArray[np.int32]
    duration_ms: NDArray[np.int64]
    line_e7: NDArray[np.int32]
    along_m: NDArray[np.float64]
    begins: NDArray[np.int32]
    is_stub: NDArray[np.bool_]
    is_round: NDArray[np.bool_]
    leaving: NDArray[np.float64]
    arriving: NDArray[np.float64]

    def lonlat(self, point: int) -> tuple[float, float]:
        """A point of the line in degrees."""
        return float(self.line_e7[point, 0]) / 1e7, float(self.line_e7[point, 1]) / 1e7


def _step_starts(drive: _Drive) -> list[int]:
    """Positions in the path where an instruction is due. A ride through a roundabout is one, told at its entry."""
    driven = np.flatnonzero(~drive.is_stub)
    before, at = driven[:-1], driven[1:]
    segments = drive.edges // 2
    name, ref = drive.roads.seg_name[segments], drive.roads.seg_ref[segments]
    is_same = (name[at] == name[before]) & ((name[at] != 0) | (ref[at] == ref[before]))
    angle = np.abs((drive.leaving[at] - drive.arriving[before] + 180.0) % 360.0 - 180.0)
    is_due = ~drive.is_round[before] & (drive.is_round[at] | ~is_same | (angle > NAMELESS_TURN_DEG))
    return [0, *at[is_due].tolist()]


def _step(drive: _Drive, at: int, until: int) -> Step:
    outside = at + int(np.argmin(drive.is_round[at:until] | drive.is_stub[at:until]))
    is_round = at > 0 and bool(drive.is_round[at])
    angle = 0.0 if at == 0 else turn_deg(drive.arriving[at - 1], drive.leaving[outside])
    word = modifier(angle)
    kind = "depart" if at == 0 else "roundabout" if is_round else "continue" if word == "straight" else "turn"
    named = drive.edges[outside] // 2
    first, last = int(drive.begins[at]), int(drive.begins[until])
    return Step(
        kind=kind,
        modifier=word,
        name=drive.roads.names[int(drive.roads.seg_name[named])],
        ref=drive.roads.names[int(drive.roads.seg_ref[named])],
        exit=_exits(drive, at, outside if outside > at else until) if is_round else 0,
        distance_m=float(drive.along_m[last] - drive.along_m[first]),
        duration_s=int(drive.duration_ms[at:until].sum()) / 1000,
        bearing_deg=float(drive.leaving[outside if kind == "depart" else at]),
        lonlat=drive.lonlat(first),
        first_point=first,
        last_point=last,
    )


def _exits(drive: _Drive, at: int, until: int) -> int:
    """Which exit is taken: junctions of the ring where a road leads out, up to the one taken."""
    ring = drive.edges[at:until]
    heads = np.where(ring % 2 == 0, drive.roads.seg_to[ring // 2], drive.roads.seg_from[ring // 2])
    exits = 0
    for node in heads.tolist():
        out = drive.graph.arc_edge[drive.graph.arc_start[node] : drive.graph.arc_start[node + 1]]
        is_way_out = (drive.roads.seg_flags[out // 2] & ROUNDABOUT == 0) & (drive.cost_ms[out] != CLOSED)
        exits += bool(is_way_out.any())
    return max(1, exits)

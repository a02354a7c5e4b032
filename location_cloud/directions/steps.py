"""A path cut into the instructions that a driver needs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Step
from location_cloud.roads.model import ROUNDABOUT, Roads
from routing.graph import Graph
from routing.shape import EdgeShapes, edge_bearings, line_length_m
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
    leaving, arriving = edge_bearings(shapes, edges)
    is_stub = np.diff(begins) == 0
    starts = _step_starts(roads, edges, is_stub, leaving, arriving)
    steps = [
        _step(roads, graph, cost_ms, edges, duration_ms, line_e7, begins, is_stub, leaving, arriving, at, until)
        for at, until in zip(starts, [*starts[1:], len(edges)])
    ]
    last = len(line_e7) - 1
    end = (float(line_e7[last, 0]) / 1e7, float(line_e7[last, 1]) / 1e7)
    bearing = _number(arriving[-1])
    return (*steps, Step("arrive", "straight", steps[-1].name, steps[-1].ref, 0, 0.0, 0.0, bearing, end, last, last))


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


def _step_starts(
    roads: Roads,
    edges: NDArray[np.int32],
    is_stub: NDArray[np.bool_],
    leaving: NDArray[np.float64],
    arriving: NDArray[np.float64],
) -> list[int]:
    """Positions in the path where an instruction is due. A ride through a roundabout is one, told at its entry.

    is_stub: (n,) bool, the edge is only touched (a trip that begins at its very end): it never gets a word.
    """
    segments = edges // 2
    is_round = roads.seg_flags[segments] & ROUNDABOUT != 0
    name, ref = roads.seg_name[segments], roads.seg_ref[segments]
    starts = [0]
    driven = np.flatnonzero(~is_stub).tolist()
    for before, at in pairwise(driven):
        if is_round[at]:
            is_due = not is_round[before]
        elif is_round[before]:
            is_due = False
        else:
            angle = abs(turn_deg(_number(arriving[before]), _number(leaving[at])))
            is_same = name[at] == name[before] and (name[at] != 0 or ref[at] == ref[before])
            is_due = angle > NAMELESS_TURN_DEG or not is_same
        if is_due:
            starts.append(at)
    return starts


def _step(
    roads: Roads,
    graph: Graph,
    cost_ms: NDArray[np.int32],
    edges: NDArray[np.int32],
    duration_ms: NDArray[np.int64],
    line_e7: NDArray[np.int32],
    begins: NDArray[np.int32],
    is_stub: NDArray[np.bool_],
    leaving: NDArray[np.float64],
    arriving: NDArray[np.float64],
    at: int,
    until: int,
) -> Step:
    segments = edges[at:until] // 2
    is_round = roads.seg_flags[segments] & ROUNDABOUT != 0
    outside = int(np.argmin(is_round | is_stub[at:until]))
    exits = _exits(roads, graph, cost_ms, edges[at:until], outside) if is_round[0] and at > 0 else 0
    named = segments[outside]
    first, last = int(begins[at]), int(begins[until])
    angle = 0.0 if at == 0 else turn_deg(_number(arriving[at - 1]), _number(leaving[at + outside]))
    kind = "depart" if at == 0 else "roundabout" if is_round[0] else "turn"
    word = modifier(angle)
    if kind == "turn" and word == "straight":
        kind = "continue"
    return Step(
        kind=kind,
        modifier=word,
        name=roads.names[int(roads.seg_name[named])],
        ref=roads.names[int(roads.seg_ref[named])],
        exit=exits,
        distance_m=line_length_m(line_e7[first : last + 1]) if last > first else 0.0,
        duration_s=int(duration_ms[at:until].sum()) / 1000,
        bearing_deg=_number(leaving[at + outside if kind == "depart" else at]),
        lonlat=(float(line_e7[first, 0]) / 1e7, float(line_e7[first, 1]) / 1e7),
        first_point=first,
        last_point=last,
    )


def _exits(roads: Roads, graph: Graph, cost_ms: NDArray[np.int32], edges: NDArray[np.int32], outside: int) -> int:
    """Which exit is taken: junctions of the ring where a road leads out, up to the one taken."""
    ring = edges[:outside] if outside else edges
    heads = np.where(ring % 2 == 0, roads.seg_to[ring // 2], roads.seg_from[ring // 2])
    exits = 0
    for node in heads.tolist():
        out = graph.arc_edge[graph.arc_start[node] : graph.arc_start[node + 1]]
        is_way_out = (roads.seg_flags[out // 2] & ROUNDABOUT == 0) & (cost_ms[out] != CLOSED)
        exits += bool(is_way_out.any())
    return max(1, exits)


def _number(bearing_deg: float) -> float:
    """The bearing, 0 where a piece of road has no length and so no direction."""
    return 0.0 if np.isnan(bearing_deg) else float(bearing_deg)

"""The directions section of the snapshot: a routing graph and integer costs for each way of moving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from location_cloud.capability import Built, Import, Section
from location_cloud.directions.profiles import ADVISED_KMH, DESTINATION_WEIGHT, LIMIT_SHARE, PROFILES, Profile
from location_cloud.errors import BadInput
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import CLASSES, NO_LIMIT_KMH, RULE_KINDS, Roads
from routing.components import find_components
from routing.graph import Graph, build_graph
from routing.restrictions import expand_restrictions
from routing.search import find_path
from routing.shape import EdgeShapes, build_edge_shapes
from routing.snap import SegmentIndex, build_segment_index, nearest
from routing.trip import CLOSED, edge_points

SMALLEST_PART_SHARE = 0.01
"""A part of the network counts as big, and is snapped to, from this share of the largest part's edges on."""


@dataclass(frozen=True)
class RoutingNetwork:
    """One way of moving: its split graph, the cost of each edge, and the segments that one may be put on.

    cost_ms: (edges,) int32, milliseconds; routing.trip.CLOSED = may not be used. Edge 2s drives segment s forward.
    weight_ms: (edges,) int32, what ways are compared by: cost_ms, more where one should not pass through.
    part: (segments,) int32, the part of the network in which one gets there and back; 0 = the largest, -1 = none.
    is_connected: (segments,) uint8, 1 = in a big part. is_largest: (segments,) uint8, 1 = in the largest.
    """

    graph: Graph
    cost_ms: NDArray[np.int32]
    weight_ms: NDArray[np.int32]
    part: NDArray[np.int32]
    is_connected: NDArray[np.uint8]
    is_largest: NDArray[np.uint8]


Rule: TypeAlias = tuple[str, list[int]]
"""("no" | "only", edges that follow each other), as routing.restrictions reads them."""

COLUMNS = ("cost_ms", "weight_ms", "part", "is_connected", "is_largest")


@dataclass(frozen=True)
class Directions:
    """All ways of moving over one set of shapes and one index of them."""

    networks: Mapping[str, RoutingNetwork]
    shapes: EdgeShapes
    index: SegmentIndex


def build(import_: Import, folder: Path) -> Built:
    """Builds the graph and costs of every profile, and the index that points are put on roads with."""
    roads = import_.load(ROADS)
    import_.progress.step("routing graphs", len(PROFILES) + 1)
    _save(folder / "index", build_segment_index(roads.shape_start, roads.shape_e7).as_arrays())
    counts = {}
    for profile in PROFILES:
        import_.progress.advance()
        network = build_network(roads, profile)
        target = folder / profile.name
        _save(target / "graph", network.graph.as_arrays())
        _save(target, {name: getattr(network, name) for name in COLUMNS})
        counts[f"{profile.name}_edges"] = int((network.cost_ms != CLOSED).sum())
    import_.progress.advance()
    return Built(counts)


def build_network(roads: Roads, profile: Profile) -> RoutingNetwork:
    """The graph, costs and well connected segments of one way of moving."""
    cost_ms = edge_costs(roads, profile)
    tail, head = edge_ends(roads)
    rules = all_rules(roads, profile, tail, head, cost_ms)
    forbidden = expand_restrictions(tail, head, roads.node_count, rules)
    graph = build_graph(tail, head, roads.node_count, forbidden.start, forbidden.edges)
    part, is_connected = _parts(graph, cost_ms)
    return RoutingNetwork(
        graph,
        cost_ms,
        edge_weights(roads, profile, cost_ms),
        part,
        is_connected.astype(np.uint8),
        (part == 0).astype(np.uint8),
    )


def _parts(graph: Graph, cost_ms: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The part that each segment lies in (the larger one's, if its directions differ), and whether it is a big one."""
    components = find_components(graph, cost_ms)
    of_edge = np.where(components.edge < 0, CLOSED, components.edge).reshape(-1, 2).min(axis=1)
    part = np.where(of_edge == CLOSED, -1, of_edge).astype(np.int32)
    if not len(components.size):
        return part, part >= 0
    return part, (part >= 0) & (components.size[part] >= components.size[0] * SMALLEST_PART_SHARE)


def all_rules(
    roads: Roads, profile: Profile, tail: NDArray[np.int32], head: NDArray[np.int32], cost_ms: NDArray[np.int32]
) -> list[Rule]:
    """Every sequence of edges that the profile may not drive, or must: signs, barriers, turning round."""
    rules = [*turn_rules(roads, profile, cost_ms), *barrier_rules(roads, profile, tail, head, cost_ms)]
    return rules if profile.may_turn_round else rules + u_turn_rules(tail, head, cost_ms, rules)


def edge_ends(roads: Roads) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Tail and head node of every edge; edge 2s drives segment s forward, 2s + 1 backward."""
    tail = np.column_stack([roads.seg_from, roads.seg_to]).reshape(-1).astype(np.int32)
    head = np.column_stack([roads.seg_to, roads.seg_from]).reshape(-1).astype(np.int32)
    return tail, head


def edge_costs(roads: Roads, profile: Profile) -> NDArray[np.int32]:
    """Milliseconds of every edge for the profile, CLOSED where it may not go. (edges,) int32."""
    by_class = np.array([profile.kmh.get(name, profile.other_kmh) for name in CLASSES], np.float64)
    kmh = np.repeat(by_class[roads.seg_class], 2)
    if profile.obeys_limits:
        signed = np.column_stack([roads.seg_maxspeed_forward_kmh, roads.seg_maxspeed_backward_kmh]).reshape(-1)
        limits = np.where(signed == NO_LIMIT_KMH, ADVISED_KMH, signed)
        kmh = np.where(limits > 0, limits * LIMIT_SHARE, kmh)
    access = np.column_stack([roads.seg_access_forward, roads.seg_access_backward]).reshape(-1)
    is_private = np.repeat(roads.seg_flags & profile.private != 0, 2)
    is_open = (access & profile.access != 0) & ~is_private
    milliseconds = np.rint(np.repeat(roads.seg_length_m, 2) * 3600.0 / kmh)
    return np.where(is_open, np.minimum(milliseconds, CLOSED - 1), CLOSED).astype(np.int32)


def edge_weights(roads: Roads, profile: Profile, cost_ms: NDArray[np.int32]) -> NDArray[np.int32]:
    """What ways are compared by, (edges,) int32: the cost, more on roads that one should not pass through."""
    is_destination = np.repeat(roads.seg_flags & profile.destination != 0, 2) & (cost_ms != CLOSED)
    heavier = np.minimum(cost_ms.astype(np.int64) * DESTINATION_WEIGHT, CLOSED - 1)
    return np.where(is_destination, heavier, cost_ms).astype(np.int32)


def barrier_rules(
    roads: Roads, profile: Profile, tail: NDArray[np.int32], head: NDArray[np.int32], cost_ms: NDArray[np.int32]
) -> list[Rule]:
    """Passing a barrier that stops the profile, as forbidden pairs of edges; turning round before it stays possible."""
    is_blocked = roads.node_blocked & profile.access != 0
    is_open = cost_ms != CLOSED
    arriving = np.flatnonzero(is_blocked[head] & is_open)
    leaving: dict[int, list[int]] = {}
    for edge in np.flatnonzero(is_blocked[tail] & is_open).tolist():
        leaving.setdefault(int(tail[edge]), []).append(edge)
    return [
        ("no", [edge, following])
        for edge in arriving.tolist()
        for following in leaving.get(int(head[edge]), ())
        if following // 2 != edge // 2
    ]


def u_turn_rules(
    tail: NDArray[np.int32], head: NDArray[np.int32], cost_ms: NDArray[np.int32], rules: list[Rule]
) -> list[Rule]:
    """Turning round on the spot, forbidden wherever there is another way on: it is left for dead ends and barriers.

    Without this, a forbidden left turn is escaped by passing the junction, turning round behind it and coming back.
    rules: those that may leave no other way on.
    """
    is_open = cost_ms != CLOSED
    edge = np.arange(len(cost_ms))
    is_two_way = is_open & is_open[edge ^ 1]
    ways_on = np.bincount(tail[is_open], minlength=int(max(tail.max(initial=-1), head.max(initial=-1))) + 1)[head]
    forbidden = {
        (pair[0], pair[1]) for kind, pair in rules if kind == "no" and len(pair) == 2 and pair[1] != pair[0] ^ 1
    }
    ways_on -= np.bincount(np.array([first for first, _ in forbidden], np.int64), minlength=len(edge))
    return [("no", [one, one ^ 1]) for one in edge[is_two_way & (ways_on > 1)].tolist()]


def turn_rules(roads: Roads, profile: Profile, cost_ms: NDArray[np.int32]) -> list[Rule]:
    """The turn restrictions that bind the profile, as (kind, edges), without those that a closed edge makes void.

    An "only" rule towards a closed edge would shut the road for good; OSM has a few where a street became one-way.
    """
    rules = []
    for rule in np.flatnonzero(roads.rule_vehicles & profile.access):
        edges = roads.rule_edges[roads.rule_start[rule] : roads.rule_start[rule + 1]].tolist()
        if all(cost_ms[edge] != CLOSED for edge in edges):
            rules.append((RULE_KINDS[roads.rule_kind[rule]], edges))
    return rules


def check(folder: Path) -> None:
    """Raises BadInput if a graph and its costs do not fit together."""
    for name in (profile.name for profile in PROFILES):
        graph = Graph.from_arrays(_load(folder / name / "graph"))
        if len(_load(folder / name)["cost_ms"]) != graph.edges:
            raise BadInput(f"{folder / name}: graph and costs have different numbers of edges; import again")


def load(folder: Path) -> Directions:
    """Graphs, costs and index, mapped read-only; the shapes are the roads section's."""
    shapes = _load(folder.parent / "roads")
    segments = len(shapes["shape_start"]) - 1
    edge = np.arange(2 * segments)
    return Directions(
        networks={
            profile.name: RoutingNetwork(
                Graph.from_arrays(_load(folder / profile.name / "graph")), **_load(folder / profile.name)
            )
            for profile in PROFILES
        },
        shapes=build_edge_shapes(shapes["shape_start"], shapes["shape_e7"], edge // 2, edge % 2 == 1),
        index=SegmentIndex.from_arrays(_load(folder / "index"), shapes["shape_start"], shapes["shape_e7"]),
    )


def warm(directions: Directions) -> None:
    """Snaps a point and asks a route for each way of moving."""
    for network in directions.networks.values():
        first = np.flatnonzero(network.cost_ms != CLOSED)[:2]
        if not len(first):
            continue
        corner = directions.shapes.shape_e7[0] / 1e7
        nearest(directions.index, (float(corner[0]), float(corner[1])), 1, 100.0, network.is_connected)
        find_path(network.graph, network.weight_ms, edge_points(first[0]), edge_points(first[-1], 1.0))


def _save(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def _load(folder: Path) -> dict[str, NDArray[Any]]:
    return {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}


SECTION: Section[Directions] = Section("directions", build, check, load, needs=("roads",), warm=warm)

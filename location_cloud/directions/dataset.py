"""The directions section of the snapshot: a routing graph and integer costs for each way of moving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import load_arrays, save_arrays
from location_cloud.capability import Built, Import, Section
from location_cloud.directions.profiles import ADVISED_KMH, DESTINATION_WEIGHT, LIMIT_SHARE, PROFILES, Profile
from location_cloud.errors import BadInput
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import Topology, edge_access, edge_limits_kmh, rules_for, topology
from location_cloud.roads.model import CLASSES, Roads
from routing.cch import Cch, build_cch
from routing.components import find_components
from routing.customize import Metric, customize
from routing.graph import Graph, build_graph
from routing.query import find_path
from routing.restrictions import expand_restrictions
from routing.shape import EdgeShapes, build_edge_shapes, edge_bearings, line_length_m, path_shape
from routing.snap import SegmentIndex, build_segment_index, nearest
from routing.trip import CLOSED, edge_points

SMALLEST_PART_SHARE, SMALLEST_PART_NODES = 0.01, 200
"""A part of the network is snapped to from this share of the largest one's nodes on, or from so many: a town of its own
counts beside a province, a car park behind a missing gate does not."""


@dataclass(frozen=True)
class RoutingNetwork:
    """One way of moving: its split graph and hierarchy, the cost of each edge, the segments that one may be put on.

    cost_ms: (edges,) int32, milliseconds; routing.trip.CLOSED = may not be used. Edge 2s drives segment s forward.
    weight_ms: (edges,) int32, what ways are compared by: cost_ms, more where one should not pass through; metric: the
    hierarchy's for these weights.
    part: (segments,) int32, the part of the network in which one gets there and back; 0 = the largest, -1 = none.
    is_connected: (segments,) uint8, 1 = in a big part. is_largest: (segments,) uint8, 1 = in the largest.
    """

    graph: Graph
    hierarchy: Cch
    metric: Metric
    cost_ms: NDArray[np.int32]
    weight_ms: NDArray[np.int32]
    part: NDArray[np.int32]
    is_connected: NDArray[np.uint8]
    is_largest: NDArray[np.uint8]


Rule: TypeAlias = tuple[str, tuple[int, ...]]
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
    save_arrays(folder / "index", build_segment_index(roads.shape_start, roads.shape_e7).as_arrays())
    counts = {}
    for profile in PROFILES:
        import_.progress.advance()
        network = build_network(roads, profile)
        target = folder / profile.name
        save_arrays(target / "graph", network.graph.as_arrays())
        save_arrays(target / "hierarchy", network.hierarchy.as_arrays())
        save_arrays(target / "metric", network.metric.as_arrays())
        save_arrays(target, {name: getattr(network, name) for name in COLUMNS})
        counts[f"{profile.name}_edges"] = int((network.cost_ms != CLOSED).sum())
    import_.progress.advance()
    return Built(counts)


def build_network(roads: Roads, profile: Profile) -> RoutingNetwork:
    """The graph, costs and well connected segments of one way of moving."""
    cost_ms = edge_costs(roads, profile)
    ends = topology(roads, profile.access)
    forbidden = expand_restrictions(ends.tail, ends.head, ends.nodes, all_rules(roads, profile, ends, cost_ms))
    graph = build_graph(ends.tail, ends.head, ends.nodes, forbidden.start, forbidden.edges)
    weight_ms = edge_weights(roads, profile, cost_ms)
    hierarchy = build_cch(graph, roads.node_e7[ends.origin] / 1e7, is_drivable=cost_ms != CLOSED)
    part, is_connected = _parts(graph, cost_ms)
    return RoutingNetwork(
        graph,
        hierarchy,
        customize(hierarchy, weight_ms),
        cost_ms,
        weight_ms,
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
    enough = min(components.size[0] * SMALLEST_PART_SHARE, SMALLEST_PART_NODES)
    return part, (part >= 0) & (components.size[part] >= enough)


def all_rules(roads: Roads, profile: Profile, ends: Topology, cost_ms: NDArray[np.int32]) -> list[Rule]:
    """Every sequence of edges that the profile may not drive, or must: signs, and turning round.

    A rule over a closed edge is void: an "only" rule towards it would shut the road for good; OSM has a few where a
    street became one-way or private.
    """
    signed = rules_for(roads, profile.access)
    rules: list[Rule] = [(kind, edges) for kind, edges in signed if (cost_ms[list(edges)] != CLOSED).all()]
    return rules if profile.may_turn_round else rules + u_turn_rules(ends, cost_ms, rules)


def edge_costs(roads: Roads, profile: Profile) -> NDArray[np.int32]:
    """Milliseconds of every edge for the profile, CLOSED where it may not go. (edges,) int32."""
    by_class = np.array([profile.kmh.get(name, profile.other_kmh) for name in CLASSES], np.float64)
    kmh = np.repeat(by_class[roads.seg_class], 2)
    if profile.obeys_limits:
        limits = edge_limits_kmh(roads)
        kmh = np.where(np.isnan(limits), kmh, np.minimum(limits, ADVISED_KMH) * LIMIT_SHARE)
    is_private = np.repeat(roads.seg_flags & profile.private != 0, 2)
    is_open = (edge_access(roads) & profile.access != 0) & ~is_private
    milliseconds = np.rint(np.repeat(roads.seg_length_m, 2) * 3600.0 / kmh)
    return np.where(is_open, np.minimum(milliseconds, CLOSED - 1), CLOSED).astype(np.int32)


def edge_weights(roads: Roads, profile: Profile, cost_ms: NDArray[np.int32]) -> NDArray[np.int32]:
    """What ways are compared by, (edges,) int32: the cost, more on roads that one should not pass through."""
    is_destination = np.repeat(roads.seg_flags & profile.destination != 0, 2) & (cost_ms != CLOSED)
    heavier = np.minimum(cost_ms.astype(np.int64) * DESTINATION_WEIGHT, CLOSED - 1)
    return np.where(is_destination, heavier, cost_ms).astype(np.int32)


def u_turn_rules(ends: Topology, cost_ms: NDArray[np.int32], rules: list[Rule]) -> list[Rule]:
    """Turning round on the spot, forbidden wherever there is another way on: it is left for dead ends.

    Without this, a forbidden left turn is escaped by passing the junction, turning round behind it and coming back.
    rules: those that may leave no other way on.
    """
    is_open = cost_ms != CLOSED
    edge = np.arange(len(cost_ms))
    is_two_way = is_open & is_open[edge ^ 1]
    ways_on = np.bincount(ends.tail[is_open], minlength=ends.nodes)[ends.head]
    forbidden = {
        (pair[0], pair[1]) for kind, pair in rules if kind == "no" and len(pair) == 2 and pair[1] != pair[0] ^ 1
    }
    ways_on -= np.bincount(np.array([first for first, _ in forbidden], np.int64), minlength=len(edge))
    return [("no", (one, one ^ 1)) for one in edge[is_two_way & (ways_on > 1)].tolist()]


def check(folder: Path) -> None:
    """Raises BadInput if a graph and its costs do not fit together."""
    for name in (profile.name for profile in PROFILES):
        graph = Graph.from_arrays(load_arrays(folder / name / "graph"))
        if len(load_arrays(folder / name)["cost_ms"]) != graph.edges:
            raise BadInput(f"{folder / name}: graph and costs have different numbers of edges; import again")


def load(folder: Path) -> Directions:
    """Graphs, costs and index, mapped read-only; the shapes are the roads section's."""
    shapes = load_arrays(folder.parent / "roads")
    segments = len(shapes["shape_start"]) - 1
    edge = np.arange(2 * segments)
    return Directions(
        networks={profile.name: _load_network(folder / profile.name) for profile in PROFILES},
        shapes=build_edge_shapes(shapes["shape_start"], shapes["shape_e7"], edge // 2, edge % 2 == 1),
        index=SegmentIndex.from_arrays(load_arrays(folder / "index"), shapes["shape_start"], shapes["shape_e7"]),
    )


def _load_network(folder: Path) -> RoutingNetwork:
    hierarchy = Cch.from_arrays(load_arrays(folder / "hierarchy"))
    return RoutingNetwork(
        Graph.from_arrays(load_arrays(folder / "graph")),
        hierarchy,
        Metric.from_arrays(hierarchy, load_arrays(folder / "metric")),
        **load_arrays(folder),
    )


def warm(directions: Directions) -> None:
    """Snaps a point, asks a route and draws a line for each way of moving."""
    for network in directions.networks.values():
        first = np.flatnonzero(network.cost_ms != CLOSED)[:2]
        if not len(first):
            continue
        corner = directions.shapes.shape_e7[0] / 1e7
        nearest(directions.index, (float(corner[0]), float(corner[1])), 1, 100.0, network.is_connected)
        find_path(network.hierarchy, network.metric, edge_points(first[0]), edge_points(first[-1], 1.0))
        line, _ = path_shape(directions.shapes, first[:1], 0.0, 1.0)
        line_length_m(line)
        edge_bearings(directions.shapes, first[:1])


SECTION: Section[Directions] = Section("directions", build, check, load, needs=("roads",), warm=warm)

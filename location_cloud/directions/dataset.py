"""The directions section of the snapshot: families' graphs and hierarchies, and a metric for each way of moving."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import load_arrays, save_arrays
from location_cloud.capability import Built, Import, Section
from location_cloud.directions.costs import Costs, edge_costs, ever_open, shut_gates
from location_cloud.directions.families import build_family_graph
from location_cloud.directions.model import Options
from location_cloud.directions.network import Family, Gate, Network
from location_cloud.directions.profiles import FAMILIES, Profile, family_profiles, load_profiles, profile_names
from location_cloud.directions.star import Star, build_star
from location_cloud.directions.turn_delays import turn_delays_ms
from location_cloud.errors import BadInput
from location_cloud.roads.countries import get_country
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import Roads
from routing import gates
from routing.cch import Cch, build_cch
from routing.components import Components, find_components
from routing.customize import Metric, customize
from routing.graph import Graph
from routing.query import find_path
from routing.shape import EdgeShapes, build_edge_shapes, line_length_m, path_shape
from routing.snap import SegmentIndex, build_segment_index, nearest
from routing.trip import CLOSED, edge_points
from routing.unpack import with_middles

SMALLEST_PART_SHARE, SMALLEST_PART_NODES = 0.01, 200
"""A part of the network is snapped to from this share of the largest one's nodes on, or from so many: a town of its own
counts beside a province, a car park behind a missing gate does not."""

THREADS = min(os.cpu_count() or 1, 64)
"""That find the order in which a hierarchy is built; the result does not depend on them."""

OWN_PROFILES = "profiles"
"""Folder of an operator's own profiles in the home; an import keeps a copy in the snapshot."""

ZONES = {
    "AT": "Europe/Vienna",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "MC": "Europe/Monaco",
    "SI": "Europe/Ljubljana",
}
"""Clocks of the countries whose rules are shipped (data/roads). Source: IANA time zone database, zone1970.tab."""

COLUMNS = ("local_ms", "part", "is_connected", "is_largest")


@dataclass(frozen=True)
class Directions:
    """All ways of moving over one set of shapes and one index of them.

    networks: by profile, as the snapshot has them. names: whatever a profile may be called -> its name.
    driving_side: of the country, "right" or "left". zone: of its clocks, UTC where the country is not known.
    """

    profiles: Mapping[str, Profile]
    names: Mapping[str, str]
    families: Mapping[str, Family]
    networks: Mapping[str, Network]
    shapes: EdgeShapes
    index: SegmentIndex
    star: Star
    driving_side: str
    zone: tzinfo


def build(import_: Import, folder: Path) -> Built:
    """Builds graphs, hierarchies and metrics, and the index that points are put on roads with."""
    roads = import_.load(ROADS)
    profiles = load_profiles(_keep_own_profiles(import_.folder, folder))
    import_.progress.step("routing graphs", len(profiles) + len(FAMILIES) + 1)
    save_arrays(folder / "index", build_segment_index(roads.shape_start, roads.shape_e7).as_arrays())
    star = build_star(roads)
    save_arrays(folder / "star", star.as_arrays())
    import_.progress.advance()
    counts = {}
    for name in FAMILIES:
        members = family_profiles(profiles, name)
        costs = {profile.name: edge_costs(roads, profile, Options(), None, None) for profile in members}
        family = build_family(roads, name, members, costs, star)
        import_.progress.advance()
        for profile in members:
            network = build_network(family, profile, costs[profile.name], get_country(roads.country_code).driving_side)
            if profile is members[0]:  # what is usual to one of them is nearly so to all
                usual = with_middles(family.hierarchy, network.metric)
                save_family(folder / "families" / name, replace(family, hierarchy=usual))
            target = folder / "networks" / profile.name
            save_arrays(target / "metric", network.metric.as_arrays())
            save_arrays(target, {column: getattr(network, column) for column in COLUMNS})
            counts[f"{profile.name}_edges"] = int((network.local_ms != CLOSED).sum())
            import_.progress.advance()
    return Built(counts)


def build_family(
    roads: Roads, name: str, members: tuple[Profile, ...], costs: Mapping[str, Costs], star: Star | None = None
) -> Family:
    """The graph and hierarchy that the members share. costs: by profile, without options and hour. star: for the angles
    of turns; None = turning takes no time.
    """
    may_open = {profile.name: ever_open(roads, (profile,)) for profile in members}
    is_public = {profile.name: costs[profile.name].cost_ms != CLOSED for profile in members}
    graph, gate_list, ends = build_family_graph(roads, members, may_open, is_public, star)
    is_drivable = ever_open(roads, members)[graph.base_edge]
    hierarchy = build_cch(graph, roads.node_e7[ends.origin] / 1e7, is_drivable=is_drivable, threads=THREADS)
    return Family(name, graph, hierarchy, gate_list)


def build_network(family: Family, profile: Profile, costs: Costs, driving_side: str = "right") -> Network:
    """A way of moving as it is without options and at no particular hour."""
    is_shut = shut_gates(family.gates, profile, None)
    turn_ms = turn_delays_ms(profile, driving_side)
    cost_ms = gates.edge_costs(family.graph, costs.cost_ms, is_shut, turn_ms)
    local_ms = gates.edge_costs(family.graph, costs.local_ms, is_shut, turn_ms)
    cost_ms[find_islands(family.graph, cost_ms, local_ms)] = CLOSED
    part, is_connected, is_largest = find_parts(family.graph, cost_ms, local_ms)
    metric = customize(family.hierarchy, cost_ms)
    return Network(
        family, profile.name, metric, local_ms, part, is_connected.view(np.uint8), is_largest.view(np.uint8), "", 0.0
    )


def find_islands(graph: Graph, cost_ms: NDArray[np.int32], local_ms: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(edges,) public roads that one comes to and leaves only over local ones, as behind a castle's gate: they count as
    local themselves, else a trip that ends there would pass through.
    """
    public, everywhere = find_components(graph, cost_ms), find_components(graph, local_ms)
    if not len(public.size):
        return np.zeros(graph.edges, bool)
    is_big = np.append(public.size >= _least_size(public), False)  # label -1 takes the spare last place
    on_big = np.zeros(len(everywhere.size) + 1, bool)
    np.logical_or.at(on_big, everywhere.edge, is_big[public.edge])
    on_big[-1] = False
    is_small = (cost_ms[: graph.roads] != CLOSED) & ~_of_roads(graph, is_big[public.edge])
    is_island: NDArray[np.bool_] = is_small & _of_roads(graph, on_big[everywhere.edge])
    return is_island[graph.base_edge]


def _of_roads(graph: Graph, holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(roads,) what holds for a road edge or an alias of it: where one only turns round, it is driven as alias only."""
    found = holds[: graph.roads].copy()
    np.logical_or.at(found, graph.base_edge, holds)
    return found


def _least_size(components: Components) -> float:
    return min(float(components.size[0]) * SMALLEST_PART_SHARE, SMALLEST_PART_NODES)


def find_parts(
    graph: Graph, cost_ms: NDArray[np.int32], local_ms: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
    """(part of each segment, whether it is of a big part, whether of the largest).

    A local road belongs to the largest part that it leads to and from. Where the directions of a segment differ, the
    larger part counts. A road edge is driven as any of its aliases: where every turn onto it takes time, as no other.
    """
    public = find_components(graph, cost_ms)
    driven = np.where(public.edge < 0, CLOSED, public.edge)
    everywhere = find_components(graph, local_ms)
    largest_of = np.full(len(everywhere.size) + 1, CLOSED, np.int64)
    np.minimum.at(largest_of, everywhere.edge, driven)
    largest_of[-1] = CLOSED  # where -1 points to: in no part
    edge_part, local_part = np.full((2, graph.roads), CLOSED, np.int64)
    np.minimum.at(edge_part, graph.base_edge, driven)
    np.minimum.at(local_part, graph.base_edge, largest_of[everywhere.edge])
    is_local = (local_ms[: graph.roads] != CLOSED) & (cost_ms[: graph.roads] == CLOSED)
    edge_part = np.where(is_local, local_part, edge_part)
    of_segment = edge_part.reshape(-1, 2).min(axis=1)
    part = np.where(of_segment == CLOSED, -1, of_segment).astype(np.int32)
    if not len(public.size):
        return part, part >= 0, part == 0
    return part, (part >= 0) & (public.size[part] >= _least_size(public)), part == 0


def save_family(folder: Path, family: Family) -> None:
    """Writes what `load_family` reads."""
    save_arrays(folder / "graph", family.graph.as_arrays())
    save_arrays(folder / "hierarchy", family.hierarchy.as_arrays())
    lines = [f"{gate.kind}\t{gate.vehicles}\t{gate.condition}\n" for gate in family.gates]
    (folder / "gates.txt").write_text("".join(lines), "utf-8")


def load_family(folder: Path) -> Family:
    """A family, its arrays mapped read-only."""
    rows = [line.split("\t") for line in (folder / "gates.txt").read_text("utf-8").split("\n")[:-1]]
    return Family(
        folder.name,
        Graph.from_arrays(load_arrays(folder / "graph")),
        Cch.from_arrays(load_arrays(folder / "hierarchy")),
        tuple(Gate(int(kind), int(vehicles), condition) for kind, vehicles, condition in rows),
    )


def check(folder: Path) -> None:
    """Raises BadInput if graphs and costs do not fit together."""
    try:
        load(folder)
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{folder}: the routing data contradict themselves: {error}; import again") from error


def load(folder: Path) -> Directions:
    """Graphs, metrics and index, mapped read-only; the shapes are the roads section's."""
    own = folder / OWN_PROFILES
    profiles = load_profiles(own if own.is_dir() else None)
    families = {name: load_family(folder / "families" / name) for name in FAMILIES}
    roads = ROADS.load(folder.parent / "roads")
    edge = np.arange(2 * roads.segment_count)
    return Directions(
        profiles=profiles,
        names=profile_names(profiles),
        families=families,
        networks={
            name: _load_network(folder / "networks" / name, families[profile.family])
            for name, profile in profiles.items()
        },
        shapes=build_edge_shapes(roads.shape_start, roads.shape_e7, edge // 2, edge % 2 == 1, roads.seg_length_m),
        index=SegmentIndex.from_arrays(load_arrays(folder / "index"), roads.shape_start, roads.shape_e7),
        star=Star.from_arrays(load_arrays(folder / "star")),
        driving_side=get_country(roads.country_code).driving_side,
        zone=ZoneInfo(ZONES.get(roads.country_code, "UTC")),
    )


def _load_network(folder: Path, family: Family) -> Network:
    return Network(
        family=family,
        profile=folder.name,
        metric=Metric.from_arrays(family.hierarchy, load_arrays(folder / "metric")),
        **load_arrays(folder),
        version=f"{folder.name}-{folder.parents[2].name[-6:]}",
        as_of=(folder / "metric").stat().st_mtime,
    )


def _keep_own_profiles(snapshot: Path, folder: Path) -> Path | None:
    """The operator's own profiles, copied beside what is built from them; None if there are none."""
    own = snapshot.parent.parent / OWN_PROFILES
    if not own.is_dir():
        return None
    shutil.copytree(own, folder / OWN_PROFILES)
    return folder / OWN_PROFILES


def warm(directions: Directions) -> None:
    """Snaps a point, asks a route and draws a line for each way of moving."""
    for network in directions.networks.values():
        first = np.flatnonzero(network.metric.cost_ms[: network.graph.roads] != CLOSED)[:2]
        if not len(first):
            continue
        corner = directions.shapes.shape_e7[0] / 1e7
        nearest(directions.index, (float(corner[0]), float(corner[1])), 1, 100.0, network.is_connected)
        find_path(network.hierarchy, network.metric, edge_points(first[0]), edge_points(first[-1], 1.0))
        line, _ = path_shape(directions.shapes, first[:1], 0.0, 1.0)
        line_length_m(line)


SECTION: Section[Directions] = Section("directions", build, check, load, needs=("roads",), warm=warm)
"""What a route is made of."""

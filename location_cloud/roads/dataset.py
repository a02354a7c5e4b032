"""The roads' section of a snapshot: built from OSM ways and restrictions, checked, mapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.arrays import load_array, load_texts, save_arrays, save_texts
from location_cloud.capability import Built, Import, Section
from location_cloud.errors import BadInput
from location_cloud.extract import OsmExtract, OsmNodes
from location_cloud.roads.access import barrier_access
from location_cloud.roads.edges import edge_heads, edge_tails
from location_cloud.roads.model import CLASSES, PRIVATE, SERVICES, Roads
from location_cloud.roads.names import NameBook
from location_cloud.roads.network import Pieces, cut_ways
from location_cloud.roads.restrictions import Net, Rules, resolve_restrictions, restriction_via_nodes
from location_cloud.roads.ways import WayNumbers, WayReader, way_names
from location_cloud.spatial.measure import bearing_deg, distance_m

DEGREE_E7 = 10_000_000
Columns = dict[str, NDArray[Any]]
_COLUMNS = tuple(field.name for field in fields(Roads) if field.name != "names")


def build(import_: Import, folder: Path) -> Built:
    """Writes the network of the imported ways below `folder`; an import without roads gives an empty network."""
    import_.progress.step("roads")
    roads, rules = build_roads(import_.osm)
    save_arrays(folder, {name: getattr(roads, name) for name in _COLUMNS})
    save_texts(folder, "names", roads.names)
    return Built(
        {
            "segments": roads.segment_count,
            "nodes": roads.node_count,
            "km": round(float(roads.seg_length_m.sum()) / 1000),
            "restrictions": rules.relations,
            "restrictions_unresolved": rules.unresolved,
            "named": int(np.count_nonzero(roads.seg_name)),
        }
    )


def load(folder: Path) -> Roads:
    """The network, mapped read-only."""
    columns = {name: load_array(folder, name) for name in _COLUMNS}
    return Roads(**columns, names=load_texts(folder, "names"))


def check(folder: Path) -> None:
    """Raises BadInput if the files contradict each other."""
    try:
        roads = load(folder)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder}: the road network cannot be read: {error}; import again") from error
    for claim, holds in _claims(roads):
        if not holds:
            raise BadInput(f"{folder}: the road network contradicts itself: {claim}; import again")


SECTION: Section[Roads] = Section("roads", build, check, load)


# --- building ----------------------------------------------------------------------------------------------------


def build_roads(osm: OsmExtract) -> tuple[Roads, Rules]:
    """The network of an extract, and the turn rules as they were resolved (for the counts)."""
    book = NameBook()
    ways = _road_ways(osm, book)
    barriers = _barriers(osm.nodes)
    via = _places(osm.nodes, restriction_via_nodes(osm.relations))
    pieces = cut_ways(osm.ways, ways.place, np.concatenate([barriers.place, via]), len(osm.nodes.id))
    columns = _segment_columns(osm, pieces, ways)
    columns["node_blocked"] = _blocked(columns, osm.nodes, barriers)
    rules = resolve_restrictions(osm.relations, _net(columns))
    columns |= _rule_columns(rules, book)
    return Roads(**columns, names=book.as_texts()), rules


@dataclass(frozen=True)
class _RoadWays:
    """The ways that are roads. place: in OsmWays. numbers: a row of WayNumbers each. names: four numbers each."""

    place: NDArray[np.int64]
    numbers: NDArray[np.int64]
    names: NDArray[np.int32]


def _road_ways(osm: OsmExtract, book: NameBook) -> _RoadWays:
    reader = WayReader()
    place, numbers, names = [], [], []
    for at, tags in enumerate(osm.ways.tags):
        read = reader.numbers(tags)
        if read is not None:
            place.append(at)
            numbers.append(read)
            names.append(way_names(tags, book))
    return _RoadWays(
        np.array(place, np.int64),
        np.array(numbers, np.int64).reshape(-1, len(WayNumbers._fields)),
        np.array(names, np.int32).reshape(-1, 4),
    )


def _segment_columns(osm: OsmExtract, pieces: Pieces, ways: _RoadWays) -> Columns:
    start, finish = pieces.start[:-1], pieces.start[1:] - 1
    node, ends = np.unique(np.stack([pieces.ref[start], pieces.ref[finish]]), return_inverse=True)
    ends = ends.reshape(2, -1).astype(np.int32)
    shape_e7 = osm.nodes.lonlat_e7[pieces.ref]
    row = np.searchsorted(ways.place, pieces.way)
    number = dict(zip(WayNumbers._fields, ways.numbers[row].T, strict=True))
    return {
        "node_e7": osm.nodes.lonlat_e7[node],
        "node_osm_id": osm.nodes.id[node],
        "seg_way": osm.ways.id[pieces.way],
        "seg_position": pieces.position,
        "seg_from": ends[0],
        "seg_to": ends[1],
        "shape_start": pieces.start,
        "shape_e7": shape_e7,
        "seg_box_e7": _boxes(shape_e7, start),
        "seg_length_m": _lengths_m(shape_e7, pieces.start),
        "seg_class": number["kind"].astype(np.uint8),
        "seg_service": number["service"].astype(np.uint8),
        "seg_flags": number["flags"].astype(np.uint16),
        "seg_maxspeed_forward_kmh": number["speed_forward_kmh"].astype(np.uint8),
        "seg_maxspeed_backward_kmh": number["speed_backward_kmh"].astype(np.uint8),
        "seg_access_forward": number["access_forward"].astype(np.uint8),
        "seg_access_backward": number["access_backward"].astype(np.uint8),
        **dict(zip(("seg_name", "seg_name_zh", "seg_name_en", "seg_ref"), ways.names[row].T.copy(), strict=True)),
    }


def _boxes(shape_e7: NDArray[np.int32], start: NDArray[np.int64]) -> NDArray[np.int32]:
    if not len(start):
        return np.zeros((0, 4), np.int32)
    return np.hstack([np.minimum.reduceat(shape_e7, start), np.maximum.reduceat(shape_e7, start)])


def _lengths_m(shape_e7: NDArray[np.int32], start: NDArray[np.int64]) -> NDArray[np.float64]:
    if len(start) == 1:
        return np.zeros(0)
    lonlat = shape_e7 / DEGREE_E7
    step_m = np.append(distance_m(lonlat[:-1], lonlat[1:]), 0.0)
    step_m[start[1:] - 1] = 0.0  # from the end of one segment to the beginning of the next
    return np.add.reduceat(step_m, start[:-1])


# --- barriers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Barriers:
    """Nodes that stop somebody. place: in OsmNodes. stopped, leave: masks as `barrier_access` gives them."""

    place: NDArray[np.int64]
    stopped: NDArray[np.uint8]
    leave: NDArray[np.uint8]


def _barriers(nodes: OsmNodes) -> _Barriers:
    found = [
        (place, *barrier_access(tags)) for place, tags in zip(nodes.tagged.tolist(), nodes.tags) if "barrier" in tags
    ]
    rows = np.array([row for row in found if row[1] or row[2]], np.int64).reshape(-1, 3)
    return _Barriers(rows[:, 0], rows[:, 1].astype(np.uint8), rows[:, 2].astype(np.uint8))


def _blocked(columns: Columns, nodes: OsmNodes, barriers: _Barriers) -> NDArray[np.uint8]:
    """Whom each node of the network stops.

    A private gate stands open where a private road begins (a trip may end behind it, and the road's flag keeps through
    traffic out); on a public road it is shut to all who need leave.
    """
    node_osm_id = columns["node_osm_id"]
    private = np.zeros(len(node_osm_id), bool)
    is_private = (columns["seg_flags"] & PRIVATE) != 0
    for end in ("seg_from", "seg_to"):
        private[columns[end][is_private]] = True
    barrier_id = nodes.id[barriers.place]
    place = np.searchsorted(node_osm_id, barrier_id)
    known = np.isin(barrier_id, node_osm_id)
    place = place[known]
    blocked = np.zeros(len(node_osm_id), np.uint8)
    blocked[place] = barriers.stopped[known] | np.where(private[place], 0, barriers.leave[known])
    return blocked


def _places(nodes: OsmNodes, osm_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero(np.isin(nodes.id, osm_ids))


# --- turn rules --------------------------------------------------------------------------------------------------


def _net(columns: Columns) -> Net:
    lonlat = columns["shape_e7"] / DEGREE_E7
    start, finish = columns["shape_start"][:-1], columns["shape_start"][1:] - 1
    first_deg = bearing_deg(lonlat[start], lonlat[start + 1])
    last_deg = bearing_deg(lonlat[finish - 1], lonlat[finish])
    leave = np.stack([first_deg, last_deg + 180.0], axis=1).ravel()
    enter = np.stack([last_deg, first_deg + 180.0], axis=1).ravel()
    ends = np.stack([columns["seg_from"], columns["seg_to"]], axis=1)
    access = np.stack([columns["seg_access_forward"], columns["seg_access_backward"]], axis=1).ravel()
    return Net(columns["seg_way"], ends.ravel(), ends[:, ::-1].ravel(), access, columns["node_osm_id"], leave, enter)


def _rule_columns(rules: Rules, book: NameBook) -> Columns:
    """Rules that always hold, and apart from them those with a condition."""
    columns: Columns = {}
    for prefix, chosen in (
        ("rule", [i for i, text in enumerate(rules.condition) if not text]),
        ("conditional", [i for i, text in enumerate(rules.condition) if text]),
    ):
        rows = [rules.edges[i] for i in chosen]
        columns |= {
            f"{prefix}_kind": np.array([rules.kind[i] for i in chosen], np.uint8),
            f"{prefix}_vehicles": np.array([rules.vehicles[i] for i in chosen], np.uint8),
            f"{prefix}_relation": np.array([rules.relation[i] for i in chosen], np.int64),
            f"{prefix}_start": np.cumsum([0, *map(len, rows)], dtype=np.int64),
            f"{prefix}_edges": np.array(list(chain.from_iterable(rows)), np.int32),
        }
        if prefix == "conditional":
            columns["conditional_text"] = np.array([book.number(rules.condition[i]) for i in chosen], np.int32)
    return columns


# --- files -------------------------------------------------------------------------------------------------------


def _claims(roads: Roads) -> Iterator[tuple[str, bool]]:
    """What must hold of a sound network, cheap tests first: a later one may rely on the earlier ones."""
    nodes, segments, rules = roads.node_count, roads.segment_count, len(roads.rule_kind)
    for name in _COLUMNS:
        rows = {"node": nodes, "seg": segments}.get(name.partition("_")[0])
        if rows is not None:
            yield f"{name} has {rows} rows", len(getattr(roads, name)) == rows
    yield "every segment has a row of shape_start", len(roads.shape_start) == segments + 1
    yield "every rule has a row of rule_start", len(roads.rule_start) == rules + 1
    yield "shape_start ends with the shapes", int(roads.shape_start[-1]) == len(roads.shape_e7)
    yield "rule_start ends with the rules' edges", int(roads.rule_start[-1]) == len(roads.rule_edges)
    yield "every segment has two points or more", bool((np.diff(roads.shape_start) >= 2).all())
    yield "every rule has two edges or more", bool((np.diff(roads.rule_start) >= 2).all())
    for name, ceiling in (("seg_from", nodes), ("seg_to", nodes), ("rule_edges", 2 * segments)):
        column = getattr(roads, name)
        yield f"{name} is below {ceiling}", not len(column) or 0 <= column.min() <= column.max() < ceiling
    for name, ceiling in (("seg_class", len(CLASSES)), ("seg_service", len(SERVICES))):
        yield f"{name} is below {ceiling}", bool((getattr(roads, name) < ceiling).all())
    for name in ("seg_name", "seg_name_zh", "seg_name_en", "seg_ref", "conditional_text"):
        column = getattr(roads, name)
        yield f"{name} numbers a text", not len(column) or 0 <= column.min() <= column.max() < len(roads.names)
    yield "names_start ends with the texts", int(roads.names.start[-1]) == len(roads.names.data)
    yield "node ids ascend", bool((np.diff(roads.node_osm_id) > 0).all())
    yield "way ids ascend", bool((np.diff(roads.seg_way) >= 0).all())
    yield "lengths are finite", bool(np.isfinite(roads.seg_length_m).all())
    start, end = roads.shape_e7[roads.shape_start[:-1]], roads.shape_e7[roads.shape_start[1:] - 1]
    yield "segments start at their first node", bool((start == roads.node_e7[roads.seg_from]).all())
    yield "segments end at their last node", bool((end == roads.node_e7[roads.seg_to]).all())
    before, after = _following(roads)
    yield "the edges of a rule follow each other", bool((before == after).all())


def _following(roads: Roads) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each two neighbouring edges of a rule the node the one enters and the node the other leaves."""
    inside = np.ones(len(roads.rule_edges), bool)
    inside[roads.rule_start[:-1]] = False
    second = np.flatnonzero(inside)
    return edge_heads(roads)[roads.rule_edges[second - 1]], edge_tails(roads)[roads.rule_edges[second]]

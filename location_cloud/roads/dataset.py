"""The roads' section of a snapshot: built from OSM ways and restrictions, checked, mapped."""

from __future__ import annotations

from dataclasses import dataclass
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
from location_cloud.roads.claims import COLUMNS, list_claims
from location_cloud.roads.conditions import When
from location_cloud.roads.countries import Country, get_country
from location_cloud.roads.hours import parse_condition
from location_cloud.roads.lanes import NO_SIGNS, sign_texts
from location_cloud.roads.model import CAR, LINK, PRIVATE, Roads
from location_cloud.roads.names import NameBook
from location_cloud.roads.network import Pieces, cut_ways
from location_cloud.roads.node_signs import count_signs, read_node_signs
from location_cloud.roads.restrictions import Net, Rules, resolve_restrictions, restriction_via_nodes
from location_cloud.roads.surroundings import find_country, urban_and_dual
from location_cloud.roads.ways import WayNumbers, WayReader, way_names
from location_cloud.spatial.measure import bearing_deg, distance_m

DEGREE_E7 = 10_000_000
Columns = dict[str, NDArray[Any]]


def build(import_: Import, folder: Path) -> Built:
    """Writes the network of the imported ways below `folder`; an import without roads gives an empty network."""
    import_.progress.step("roads")
    roads, rules = build_roads(import_.osm)
    save_arrays(folder, {name: getattr(roads, name) for name in COLUMNS})
    save_texts(folder, "names", roads.names)
    return Built(
        {
            "segments": roads.segment_count,
            "nodes": roads.node_count,
            "km": round(float(roads.seg_length_m.sum()) / 1000),
            "restrictions": rules.relations,
            "restrictions_unresolved": rules.unresolved,
            "named": int(np.count_nonzero(roads.seg_name)),
            "conditions": len(_condition_texts(roads)),
            "conditions_unread": sum(parse_condition(text) is None for text in _condition_texts(roads)),
        }
    )


def _condition_texts(roads: Roads) -> list[str]:
    """The condition of every rule and row that has one."""
    return roads.names.take(np.concatenate([roads.conditional_text, roads.when_text[roads.when_text > 0]]).tolist())


def load(folder: Path) -> Roads:
    """The network, mapped read-only."""
    columns = {name: load_array(folder, name) for name in COLUMNS}
    return Roads(**columns, names=load_texts(folder, "names"))


def check(folder: Path) -> None:
    """Raises BadInput if the files contradict each other."""
    try:
        roads = load(folder)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder}: the road network cannot be read: {error}; import again") from error
    for claim, holds in list_claims(roads):
        if not holds:
            raise BadInput(f"{folder}: the road network contradicts itself: {claim}; import again")


SECTION: Section[Roads] = Section("roads", build, check, load)


# --- building ----------------------------------------------------------------------------------------------------


def build_roads(osm: OsmExtract) -> tuple[Roads, Rules]:
    """The network of an extract, and the turn rules as they were resolved (for the counts)."""
    book = NameBook()
    code = find_country(osm)
    ways = _road_ways(osm, book, get_country(code))
    barriers = _barriers(osm.nodes)
    via = _places(osm.nodes, restriction_via_nodes(osm.relations))
    pieces = cut_ways(osm.ways, ways.place, np.concatenate([barriers.place, via]), len(osm.nodes.id))
    columns = _segment_columns(osm, pieces, ways)
    columns |= count_signs(read_node_signs(osm.nodes), pieces.ref, columns.pop("along_m"), columns)
    columns |= _condition_columns(ways, pieces, book)
    columns["seg_junction_ref"] = _exit_numbers(columns, osm.nodes, book)
    columns["seg_flags"] |= urban_and_dual(columns, columns.pop("told_urban"))
    columns["country"] = np.array([book.number(code)], np.int32)
    columns["node_blocked"] = _blocked(columns, osm.nodes, barriers)
    rules = resolve_restrictions(osm.relations, _net(columns))
    columns |= _rule_columns(rules, book)
    return Roads(**columns, names=book.as_texts()), rules


@dataclass(frozen=True)
class _RoadWays:
    """The ways that are roads. place: in OsmWays. numbers: a row of WayNumbers each. texts: a row of _TEXTS each.

    conditions: (row, When) of what holds under a condition only, ascending.
    """

    place: NDArray[np.int64]
    numbers: NDArray[np.int64]
    texts: NDArray[np.int32]
    conditions: list[tuple[int, When]]


_TEXTS = (
    *("seg_name", "seg_name_zh", "seg_name_en", "seg_ref"),
    *("seg_turn_lanes_forward", "seg_turn_lanes_backward", "seg_destination_forward", "seg_destination_backward"),
    "seg_junction_ref",
)
_SIGNLESS = (0,) * len(NO_SIGNS)


def _road_ways(osm: OsmExtract, book: NameBook, country: Country) -> _RoadWays:
    reader = WayReader(country)
    place: list[int] = []
    numbers: list[WayNumbers] = []
    texts: list[tuple[int, ...]] = []
    conditions: list[tuple[int, When]] = []
    for at, tags in enumerate(osm.ways.tags):
        read = reader.read(tags)
        if read is not None:
            conditions.extend((len(place), when) for when in read.conditions)
            place.append(at)
            numbers.append(read.numbers)
            access = read.numbers.access_forward, read.numbers.access_backward
            signs = sign_texts(tags, bool(access[0] & CAR), bool(access[1] & CAR))
            numbered = _SIGNLESS if signs is NO_SIGNS else tuple(map(book.number, signs))
            texts.append(way_names(tags, book) + numbered)
    return _RoadWays(
        np.array(place, np.int64),
        np.array(numbers, np.int64).reshape(-1, len(WayNumbers._fields)),
        np.array(texts, np.int32).reshape(-1, len(_TEXTS)),
        conditions,
    )


def _segment_columns(osm: OsmExtract, pieces: Pieces, ways: _RoadWays) -> Columns:
    start, finish = pieces.start[:-1], pieces.start[1:] - 1
    node, ends = np.unique(np.stack([pieces.ref[start], pieces.ref[finish]]), return_inverse=True)
    ends = ends.reshape(2, -1).astype(np.int32)
    shape_e7 = osm.nodes.lonlat_e7[pieces.ref]
    row = np.searchsorted(ways.place, pieces.way)
    number = dict(zip(WayNumbers._fields, ways.numbers[row].T, strict=True))
    step_m = _steps_m(shape_e7, pieces.start)
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
        "seg_length_m": np.add.reduceat(step_m, start) if len(start) else np.zeros(0),
        "along_m": np.concatenate([[0.0], np.cumsum(step_m[:-1])]) if len(start) else np.zeros(0),
        "told_urban": number["told_urban"],
        **{name: number[field].astype(dtype) for name, (field, dtype) in _NUMBERS.items()},
        **dict(zip(_TEXTS, ways.texts[row].T.copy(), strict=True)),
    }


_NUMBERS: dict[str, tuple[str, type[np.integer[Any]]]] = {
    "seg_class": ("kind", np.uint8),
    "seg_service": ("service", np.uint8),
    "seg_flags": ("flags", np.uint32),
    "seg_maxspeed_forward_kmh": ("speed_forward_kmh", np.uint8),
    "seg_maxspeed_backward_kmh": ("speed_backward_kmh", np.uint8),
    "seg_access_forward": ("access_forward", np.uint16),
    "seg_access_backward": ("access_backward", np.uint16),
    "seg_surface": ("surface", np.uint8),
    "seg_smoothness": ("smoothness", np.uint8),
    "seg_tracktype": ("tracktype", np.uint8),
    "seg_lanes_forward": ("lanes_forward", np.uint8),
    "seg_lanes_backward": ("lanes_backward", np.uint8),
    "seg_max_height_cm": ("max_height_cm", np.uint16),
    "seg_max_width_cm": ("max_width_cm", np.uint16),
    "seg_max_length_cm": ("max_length_cm", np.uint16),
    "seg_max_weight_kg": ("max_weight_kg", np.int32),
    "seg_max_axle_kg": ("max_axle_kg", np.int32),
    "seg_incline_percent": ("incline_percent", np.int8),
    "seg_level": ("level", np.int8),
    "seg_width_cm": ("width_cm", np.uint16),
}
"""Columns that come straight from the tags of the way: field of WayNumbers, type."""


def _boxes(shape_e7: NDArray[np.int32], start: NDArray[np.int64]) -> NDArray[np.int32]:
    if not len(start):
        return np.zeros((0, 4), np.int32)
    return np.hstack([np.minimum.reduceat(shape_e7, start), np.maximum.reduceat(shape_e7, start)])


def _steps_m(shape_e7: NDArray[np.int32], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Metres from each point of the shapes to the next one of the same segment."""
    if len(start) == 1:
        return np.zeros(0)
    lonlat = shape_e7 / DEGREE_E7
    step_m = np.append(distance_m(lonlat[:-1], lonlat[1:]), 0.0)
    step_m[start[1:] - 1] = 0.0  # from the end of one segment to the beginning of the next
    return step_m


def _condition_columns(ways: _RoadWays, pieces: Pieces, book: NameBook) -> Columns:
    """The when_* columns: every condition of a way on each of its segments."""
    ids = [(*when[:-1], book.number(when.condition)) for _, when in ways.conditions]
    table = np.array(ids, np.int64).reshape(-1, 5)
    way = ways.place[np.array([row for row, _ in ways.conditions], np.int64)]
    first, last = np.searchsorted(pieces.way, way), np.searchsorted(pieces.way, way, side="right")
    count = last - first
    inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    segment = np.repeat(first, count) + inside
    by_segment = np.argsort(segment, kind="stable")
    table = np.repeat(table, count, axis=0)[by_segment]
    return {
        "when_segment": segment[by_segment].astype(np.int32),
        "when_kind": table[:, 0].astype(np.uint8),
        "when_direction": table[:, 1].astype(np.uint8),
        "when_vehicles": table[:, 2].astype(np.uint16),
        "when_value": table[:, 3].astype(np.int32),
        "when_text": table[:, 4].astype(np.int32),
    }


def _exit_numbers(columns: Columns, nodes: OsmNodes, book: NameBook) -> NDArray[np.int32]:
    """seg_junction_ref with the numbers that stand on the exits' nodes: a ramp that begins there bears it."""
    numbers: NDArray[np.int32] = columns["seg_junction_ref"].copy()
    place, text = [], []
    for at, tags in zip(nodes.tagged.tolist(), nodes.tags):
        if tags.get("highway") == "motorway_junction" and "ref" in tags:
            place.append(at)
            text.append(book.number(tags["ref"]))
    if not place:
        return numbers
    exit_id = nodes.id[np.array(place, np.int64)]
    begins_id = columns["node_osm_id"][columns["seg_from"]]
    at_exit = np.minimum(np.searchsorted(exit_id, begins_id), len(exit_id) - 1)
    bears = (exit_id[at_exit] == begins_id) & ((columns["seg_flags"] & LINK) != 0) & (numbers == 0)
    numbers[bears] = np.array(text, np.int32)[at_exit[bears]]
    return numbers


# --- barriers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Barriers:
    """Nodes that stop somebody. place: in OsmNodes. stopped, leave: masks as `barrier_access` gives them."""

    place: NDArray[np.int64]
    stopped: NDArray[np.uint16]
    leave: NDArray[np.uint16]


def _barriers(nodes: OsmNodes) -> _Barriers:
    found = [
        (place, *barrier_access(tags))
        for place, tags in zip(nodes.tagged.tolist(), nodes.tags)
        if "barrier" in tags or "kerb" in tags
    ]
    rows = np.array([row for row in found if row[1] or row[2]], np.int64).reshape(-1, 3)
    return _Barriers(rows[:, 0], rows[:, 1].astype(np.uint16), rows[:, 2].astype(np.uint16))


def _blocked(columns: Columns, nodes: OsmNodes, barriers: _Barriers) -> NDArray[np.uint16]:
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
    blocked = np.zeros(len(node_osm_id), np.uint16)
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
            f"{prefix}_vehicles": np.array([rules.vehicles[i] for i in chosen], np.uint16),
            f"{prefix}_relation": np.array([rules.relation[i] for i in chosen], np.int64),
            f"{prefix}_start": np.cumsum([0, *map(len, rows)], dtype=np.int64),
            f"{prefix}_edges": np.array(list(chain.from_iterable(rows)), np.int32),
        }
        if prefix == "conditional":
            columns["conditional_text"] = np.array([book.number(rules.condition[i]) for i in chosen], np.int32)
    return columns

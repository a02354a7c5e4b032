"""Named and numbered roads of an extract: the ways of one name that touch, or nearly, are one road."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from location_cloud.extract import OsmExtract, TagColumn
from location_cloud.places.gather_objects import collect_names, name_keys
from location_cloud.places.model import METRES_PER_DEGREE, OSM_ACCURACY_M, ROAD
from location_cloud.places.model_table import OWN, RAIL_POST, ROAD_POST, LineTable, NumberedTable, PlaceTable

ROADS = {
    "motorway": 0.5,
    "trunk": 0.5,
    "primary": 0.48,
    "secondary": 0.46,
    "tertiary": 0.44,
    "residential": 0.4,
    "unclassified": 0.4,
    "living_street": 0.4,
    "pedestrian": 0.42,
}
"""Importance by highway=*; others 0.3."""

NOT_ROADS = {
    *("bus_stop", "platform", "proposed", "construction", "crossing", "elevator", "rest_area", "services"),
    *("milestone", "emergency_access_point", "street_lamp", "traffic_signals", "raceway", "razed", "abandoned"),
}

GAP_M = 250.0
"""Pieces of a road of one name this close are one road: carriageways, squares and bridges split them."""

RAILS = ("rail", "narrow_gauge", "light_rail", "subway")

_ROAD_NUMBER = re.compile(r"(?=.*[^\W\d_])(?=.*\d).+")
"""A letter and a digit: A 5, G10. A bare number is no name to find."""

_SPLIT = re.compile(r"\s*[;；]\s*")

_APART = 1e8
"""Metres by which names are moved apart: more than the earth is round, so that only equal names are neighbours."""


def list_roads(osm: OsmExtract) -> tuple[PlaceTable, LineTable]:
    """Named or numbered roads and their lines; rows of lines are places in the table.

    Of a named road its number, such as "B 3", is another name; a road without a name goes by its number.
    """
    rows, names, others, highway = _named_ways(osm)
    vertex_node, start = _nodes_of(osm, rows)
    code = _codes(names)
    group = _joined(code, vertex_node, start, osm.nodes.lonlat_e7)
    order = np.argsort(group, kind="stable")
    count = int(group.max()) + 1 if len(group) else 0
    importance = np.array([ROADS.get(each, 0.3) for each in highway])
    main = _main_ways(group, count, importance, osm.ways.id[rows])
    vertex_node, line_start = _in_order(vertex_node, start, order)
    lonlat, reach_m = _middles(osm.nodes.lonlat_e7[vertex_node] / 1e7, line_start, group[order], count)
    mains = main.tolist()
    places = PlaceTable(
        name=[names[each] for each in mains],
        kind=np.full(count, ROAD, np.int8),
        category=[f"highway={highway[each]}" for each in mains],
        lonlat=lonlat,
        accuracy_m=(reach_m + OSM_ACCURACY_M).astype(np.float32),
        importance=importance[main].astype(np.float32),
        osm=[f"w{number}" for number in osm.ways.id[rows][main].tolist()],
        area=np.full(count, -1, np.int32),
        other=_others(group, count, names, others, mains),
        shape=np.full(count, -1, np.int32),
        set=np.full(count, OWN, np.int16),
    )
    vertex = osm.nodes.lonlat_e7[vertex_node]
    return places, LineTable(group[order].astype(np.int32), line_start, vertex, vertex_node)


def list_numbered(osm: OsmExtract) -> NumberedTable:
    """The ways that kilometre posts stand at: roads with a number, railway lines with a number or a name.

    A route relation's number counts for its ways, too.
    """
    columns = osm.ways.columns
    of_route = _route_refs(osm)
    ref, name = _values(columns["ref"]), _values(columns["name"])
    chosen: list[tuple[int, str, str, int]] = []
    for row, value in _values(columns["highway"]).items():
        if value.removesuffix("_link") in ROADS and not value.endswith("_link"):
            refs = ";".join(dict.fromkeys(part for part in (ref.get(row, ""), *of_route.get(row, ())) if part))
            if refs:
                chosen.append((row, refs, name.get(row, ""), ROAD_POST))
    for row, value in _values(columns["railway"]).items():
        if value in RAILS and (row in ref or row in name):
            chosen.append((row, ref.get(row, ""), name.get(row, ""), RAIL_POST))
    chosen = sorted(each for each in chosen if osm.ways.ref_start[each[0] + 1] - osm.ways.ref_start[each[0]] > 1)
    node, start = _nodes_of(osm, np.array([each[0] for each in chosen], np.int64))
    return NumberedTable(
        [each[1] for each in chosen],
        [each[2] for each in chosen],
        np.array([each[3] for each in chosen], np.int8),
        start,
        osm.nodes.lonlat_e7[node],
    )


def split_refs(ref: str) -> list[str]:
    """The numbers of a way with several: "B 37;B 45" are two."""
    return [part for part in _SPLIT.split(ref.strip()) if part]


def _values(column: TagColumn) -> dict[int, str]:
    return {row: column.values[code] for row, code in zip(column.rows.tolist(), column.codes.tolist(), strict=True)}


def _route_refs(osm: OsmExtract) -> dict[int, list[str]]:
    """Numbers of road routes by the row of their ways."""
    row_of = None
    found: dict[int, list[str]] = {}
    for place, tags in enumerate(osm.relations.tags):
        if tags.get("type") != "route" or tags.get("route") != "road" or not tags.get("ref"):
            continue
        if row_of is None:
            row_of = {number: row for row, number in enumerate(osm.ways.id.tolist())}
        members = slice(osm.relations.member_start[place], osm.relations.member_start[place + 1])
        for kind, number in zip(osm.relations.member_kind[members], osm.relations.member_id[members], strict=True):
            if kind == 1 and int(number) in row_of:
                found.setdefault(row_of[int(number)], []).append(tags["ref"])
    return found


def _named_ways(osm: OsmExtract) -> tuple[NDArray[np.int64], list[str], list[tuple[str, ...]], list[str]]:
    """(rows of ways, names, other names, kind of highway without _link) of the ways that are a road with a name."""
    columns, count = osm.ways.columns, len(osm.ways.id)
    highway = columns["highway"]
    good = np.array([value not in NOT_ROADS for value in highway.values], bool)
    is_road = np.zeros(count, bool)
    is_road[highway.rows[good[highway.codes]] if len(highway.values) else highway.rows] = True
    is_road &= np.diff(osm.ways.ref_start) > 1
    keys = name_keys(columns.keys)
    called = [key for key in keys if key != "brand"]
    numbered = list(_number_columns(osm))
    names, others = collect_names(count, [*_texts(columns[key] for key in called), *numbered])
    # A way without `name` goes by its number even where it has a name in some language only.
    has_name = np.zeros(count, bool)
    has_name[columns["name"].rows] = True
    for rows, _texts_of in numbered:
        has_name[rows] = True
    chosen = np.flatnonzero(is_road & has_name)
    kinds = _values(highway)
    picks = chosen.tolist()
    return (
        chosen,
        [names[row] for row in picks],
        [others[row] for row in picks],
        [kinds[row].removesuffix("_link") for row in picks],
    )


def _texts(columns: Iterator[TagColumn]) -> Iterator[tuple[NDArray[np.int64], list[str]]]:
    for column in columns:
        yield column.rows, [column.values[code] for code in column.codes.tolist()]


def _number_columns(osm: OsmExtract) -> Iterator[tuple[NDArray[np.int64], list[str]]]:
    """Numbers that a road for cars goes by, as signposted, several of one way one after the other."""
    highway, ref = _values(osm.ways.columns["highway"]), _values(osm.ways.columns["ref"])
    numbers: list[tuple[int, str]] = []
    for row, text in ref.items():
        if highway.get(row, "").removesuffix("_link") in ROADS:
            numbers += [(row, part) for part in split_refs(text) if _ROAD_NUMBER.fullmatch(part)]
    if numbers:
        yield np.array([row for row, _text in numbers], np.int64), [text for _row, text in numbers]


def _nodes_of(osm: OsmExtract, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(nodes of all rows one behind the other, where each row begins)."""
    start = osm.ways.ref_start
    count = start[rows + 1] - start[rows]
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    place = np.arange(first[-1]) - np.repeat(first[:-1], count) + np.repeat(start[rows], count)
    return osm.ways.ref[place], first


def _codes(texts: list[str]) -> NDArray[np.int64]:
    number: dict[str, int] = {}
    return np.fromiter((number.setdefault(text, len(number)) for text in texts), np.int64, len(texts))


def _joined(
    code: NDArray[np.int64], node: NDArray[np.int64], start: NDArray[np.int64], lonlat_e7: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Group of each way: same name and a shared node, or a gap of less than GAP_M. Groups count by their first way."""
    count = len(code)
    way = np.repeat(np.arange(count), np.diff(start))
    order = np.lexsort((way, node, code[way]))
    same = (node[order][1:] == node[order][:-1]) & (code[way[order]][1:] == code[way[order]][:-1])
    first, second = way[order][:-1][same], way[order][1:][same]
    touching = _components(count, first, second)
    # Only names in several pieces need to be measured.
    pieces = np.unique(np.stack([code, touching]), axis=1)[0]
    split = np.flatnonzero(np.bincount(pieces, minlength=int(code.max(initial=-1)) + 1)[code] > 1)
    if len(split):
        near_first, near_second = _near(split, code, node, start, lonlat_e7)
        first, second = np.concatenate([first, near_first]), np.concatenate([second, near_second])
    group = _components(count, first, second)
    _unique, earliest, inverse = np.unique(group, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(earliest))
    return np.asarray(rank[inverse], np.int64)


def _components(count: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    links = coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def _near(
    ways: NDArray[np.int64],
    code: NDArray[np.int64],
    node: NDArray[np.int64],
    start: NDArray[np.int64],
    lonlat_e7: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of ways of one name within GAP_M."""
    # Metres on a plane through the middle of the extract; GAP_M needs no better.
    middle = np.radians(float(np.median(lonlat_e7[:, 1])) / 1e7)
    node, first = _in_order(node, start, ways)
    owner = np.repeat(np.arange(len(ways)), np.diff(first))
    xy = lonlat_e7[node] / 1e7 * METRES_PER_DEGREE * (np.cos(middle), 1.0)
    xy[:, 0] += _APART * code[ways][owner]
    lines = shapely.linestrings(xy, indices=owner)
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=GAP_M)
    return ways[one], ways[other]


def _in_order(
    values: NDArray[np.int64], start: NDArray[np.int64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """CSR rows in another order."""
    count = np.diff(start)[order]
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    place = np.arange(first[-1]) - np.repeat(first[:-1], count) + np.repeat(start[:-1][order], count)
    return values[place], first


def _main_ways(
    group: NDArray[np.int64], count: int, importance: NDArray[np.float64], number: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The most important way of each group, of equal ones the one with the lowest id."""
    order = np.lexsort((number, -importance, group))
    return order[np.searchsorted(group[order], np.arange(count))]


def _others(
    group: NDArray[np.int64], count: int, names: list[str], others: list[tuple[str, ...]], mains: list[int]
) -> list[tuple[str, ...]]:
    found: list[dict[str, None] | None] = [None] * count
    for way, row in enumerate(group.tolist()):
        if others[way]:
            found[row] = (found[row] or {}) | dict.fromkeys(others[way])
    return [
        tuple(other for other in known if other != names[main]) if known else ()
        for known, main in zip(found, mains, strict=True)
    ]


def _middles(
    lonlat: NDArray[np.float64], line_start: NDArray[np.int64], group: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(the vertex of each road nearest to the middle of its box, metres from it to the road's furthest vertex)."""
    if not count:
        return np.zeros((0, 2)), np.zeros(0)
    owner = np.repeat(group, np.diff(line_start))
    start = np.searchsorted(owner, np.arange(count))
    low, high = np.minimum.reduceat(lonlat, start), np.maximum.reduceat(lonlat, start)
    middle = (low + high) / 2
    shrink = np.cos(np.radians(middle[:, 1]))[owner]
    offset = lonlat - middle[owner]
    apart = np.hypot(offset[:, 0] * shrink, offset[:, 1])
    nearest = np.lexsort((apart, owner))[start]
    offset = lonlat - lonlat[nearest][owner]
    reach = np.maximum.reduceat(np.hypot(offset[:, 0] * shrink, offset[:, 1]), start)
    return lonlat[nearest], reach * METRES_PER_DEGREE

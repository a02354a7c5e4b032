"""From the lists that reading gives to sorted columns, and what of them lies in a clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.extract import (
    NODE,
    RELATION,
    WAY,
    OsmAreas,
    OsmExtract,
    OsmNodes,
    OsmRelations,
    OsmWays,
    Tags,
)

Coordinates: TypeAlias = list[tuple[float, float] | None]
"""(lon, lat) of every node of a way, None where no file holds the node."""

LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)
"""OSM began in 2004; an object without timestamp reads as 1970-01-01."""

_DEGREE_E7 = 10_000_000


@dataclass
class Found:
    """What the files hold, as lists in the order of reading; `as_extract` makes columns of it."""

    tagged_id: list[int] = field(default_factory=list)
    tagged_lonlat: list[tuple[float, float]] = field(default_factory=list)
    tagged_tags: list[Tags] = field(default_factory=list)
    way_id: list[int] = field(default_factory=list)
    way_refs: list[list[int]] = field(default_factory=list)
    way_shape: list[str | Coordinates] = field(default_factory=list)
    """Coordinates of the refs: hexadecimal WKB of a complete way, one value a ref (None = absent) of another."""
    way_tags: list[Tags] = field(default_factory=list)
    relation_id: list[int] = field(default_factory=list)
    relation_members: list[list[tuple[int, int, str]]] = field(default_factory=list)
    relation_tags: list[Tags] = field(default_factory=list)
    area_id: list[int] = field(default_factory=list)
    area_kind: list[int] = field(default_factory=list)
    area_wkb: list[str] = field(default_factory=list)
    area_tags: list[Tags] = field(default_factory=list)
    broken_areas: int = 0
    newest: datetime = LONG_AGO


def as_extract(found: Found) -> OsmExtract:
    """The same as columns sorted by id; of an id that occurs twice the last one stays."""
    chosen = _last_of_each(np.array(found.way_id, np.int64))
    refs = [found.way_refs[i] for i in chosen]
    shapes = [found.way_shape[i] for i in chosen]
    lonlat_e7, present = _positions(refs, shapes)
    count = np.fromiter(map(len, refs), np.int64, len(refs))
    node_id = np.fromiter((ref for way in refs for ref in way), np.int64, int(count.sum()))
    position = np.arange(len(node_id)) - np.repeat(np.cumsum(count) - count, count)
    way = np.repeat(np.arange(len(refs)), count)[present]
    nodes, ref = _nodes(found, node_id[present], lonlat_e7[present])
    kept = np.unique(way)  # a way none of whose nodes is there has no place
    ways = OsmWays(
        id=np.array(found.way_id, np.int64)[chosen][kept],
        ref_start=np.append(np.searchsorted(way, kept), len(way)).astype(np.int64),
        ref=ref,
        position=position[present].astype(np.int32),
        tags=[found.way_tags[i] for i in chosen[kept]],
    )
    return OsmExtract(nodes, ways, _relations(found), _areas(found))


def clip_extract(extract: OsmExtract, clip: BaseGeometry) -> OsmExtract:
    """What of an extract belongs to a polygon (WGS-84).

    Ways with a node inside, whole; areas that touch it; tagged nodes inside or on a kept way; relations with a kept
    member. Gives new arrays; the extract is not changed.
    """
    nodes, ways = extract.nodes, extract.ways
    shapely.prepare(clip)
    lonlat = nodes.lonlat_e7 / _DEGREE_E7
    inside = shapely.contains_xy(clip, lonlat[:, 0], lonlat[:, 1])
    keep_way = _any_in_row(inside[ways.ref], ways.ref_start)
    length = np.diff(ways.ref_start)
    keep_ref = np.repeat(keep_way, length)
    keep_node = np.zeros(len(nodes.id), bool)
    keep_node[ways.ref[keep_ref]] = True
    keep_node[nodes.tagged] |= inside[nodes.tagged]
    new_place = np.cumsum(keep_node) - 1
    keep_tags = keep_node[nodes.tagged]
    kept_nodes = OsmNodes(
        id=nodes.id[keep_node],
        lonlat_e7=nodes.lonlat_e7[keep_node],
        tagged=new_place[nodes.tagged[keep_tags]],
        tags=_picked(nodes.tags, keep_tags),
    )
    kept_ways = OsmWays(
        id=ways.id[keep_way],
        ref_start=np.concatenate([[0], np.cumsum(length[keep_way])]).astype(np.int64),
        ref=new_place[ways.ref[keep_ref]],
        position=ways.position[keep_ref],
        tags=_picked(ways.tags, keep_way),
    )
    areas = extract.areas
    keep_area = np.asarray(shapely.intersects(clip, areas.geometry), bool).reshape(len(areas.id))
    kept_areas = OsmAreas(
        areas.id[keep_area], areas.kind[keep_area], areas.geometry[keep_area], _picked(areas.tags, keep_area)
    )
    return OsmExtract(
        kept_nodes, kept_ways, _clip_relations(extract.relations, kept_nodes, kept_ways, kept_areas), kept_areas
    )


# --- parts of as_extract -----------------------------------------------------------------------------------------


def _last_of_each(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of the distinct ids in ascending order of id, of each the last."""
    order = np.argsort(ids, kind="stable")
    last = np.ones(len(ids), bool)
    last[:-1] = ids[order[1:]] != ids[order[:-1]]
    return order[last]


def _as_e7(lonlat: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(lonlat * _DEGREE_E7).astype(np.int32)


def _positions(refs: list[list[int]], shapes: list[str | Coordinates]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Position of every ref of every way, 1e-7 degree, and whether its node is there at all."""
    count = np.fromiter(map(len, refs), np.int64, len(refs))
    whole = np.fromiter((isinstance(shape, str) for shape in shapes), bool, len(shapes))
    lonlat_e7 = np.zeros((int(count.sum()), 2), np.int32)
    present = np.ones(len(lonlat_e7), bool)
    lines = shapely.from_wkb([shape for shape in shapes if isinstance(shape, str)])
    lonlat_e7[np.repeat(whole, count)] = _as_e7(shapely.get_coordinates(lines))
    partial = [point for shape in shapes if not isinstance(shape, str) for point in shape]
    partial_present = np.fromiter((point is not None for point in partial), bool, len(partial))
    present[np.repeat(~whole, count)] = partial_present
    points = np.array([point for point in partial if point is not None], np.float64).reshape(-1, 2)
    lonlat_e7[np.flatnonzero(np.repeat(~whole, count))[partial_present]] = _as_e7(points)
    return lonlat_e7, present


def _nodes(
    found: Found, ref_id: NDArray[np.int64], ref_lonlat_e7: NDArray[np.int32]
) -> tuple[OsmNodes, NDArray[np.int64]]:
    """All nodes, and where the node of each ref is among them."""
    tagged_id = np.array(found.tagged_id, np.int64)
    tagged_lonlat = np.array(found.tagged_lonlat, np.float64).reshape(-1, 2)
    chosen = _last_of_each(tagged_id)
    ids = np.concatenate([ref_id, tagged_id[chosen]])
    lonlat_e7 = np.concatenate([ref_lonlat_e7, _as_e7(tagged_lonlat[chosen])])
    unique, first, place = np.unique(ids, return_index=True, return_inverse=True)
    nodes = OsmNodes(
        unique, lonlat_e7[first], place[len(ref_id) :].astype(np.int64), [found.tagged_tags[i] for i in chosen]
    )
    return nodes, place[: len(ref_id)].astype(np.int64)


def _relations(found: Found) -> OsmRelations:
    ids = np.array(found.relation_id, np.int64)
    chosen = _last_of_each(ids)
    rows = [found.relation_members[i] for i in chosen]
    members = [member for row in rows for member in row]
    return OsmRelations(
        id=ids[chosen],
        member_start=np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)]).astype(np.int64),
        member_kind=np.array([kind for kind, _, _ in members], np.int8),
        member_id=np.array([ref for _, ref, _ in members], np.int64),
        member_role=[role for _, _, role in members],
        tags=[found.relation_tags[i] for i in chosen],
    )


def _areas(found: Found) -> OsmAreas:
    geometry = shapely.from_wkb(np.array(found.area_wkb, object))
    single = shapely.get_num_geometries(geometry) == 1
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    valid = shapely.is_valid(geometry) & ~shapely.is_empty(geometry)
    found.broken_areas += int((~valid).sum())
    kind = np.array(found.area_kind, np.int8)
    ids = np.array(found.area_id, np.int64)
    order = np.flatnonzero(valid)
    order = order[np.lexsort((ids[order], kind[order]))]
    return OsmAreas(ids[order], kind[order], geometry[order], [found.area_tags[i] for i in order])


# --- parts of clip_extract ---------------------------------------------------------------------------------------


def _any_in_row(hit: NDArray[np.bool_], start: NDArray[np.int64]) -> NDArray[np.bool_]:
    before = np.concatenate([[0], np.cumsum(hit)])
    return np.asarray(before[start[1:]] > before[start[:-1]], bool)


def _picked(tags: list[Tags], keep: NDArray[np.bool_]) -> list[Tags]:
    return [tags[i] for i in np.flatnonzero(keep)]


def _clip_relations(relations: OsmRelations, nodes: OsmNodes, ways: OsmWays, areas: OsmAreas) -> OsmRelations:
    kind, member = relations.member_kind, relations.member_id
    hit = (kind == NODE) & np.isin(member, nodes.id)
    hit |= (kind == WAY) & (np.isin(member, ways.id) | np.isin(member, areas.id[areas.kind == WAY]))
    keep = _any_in_row(hit, relations.member_start) | np.isin(relations.id, areas.id[areas.kind == RELATION])
    # A relation of relations (a route's master) stays with its parts.
    hit = (kind == RELATION) & np.isin(member, relations.id[keep])
    keep |= _any_in_row(hit, relations.member_start)
    length = np.diff(relations.member_start)
    keep_member = np.repeat(keep, length)
    return OsmRelations(
        id=relations.id[keep],
        member_start=np.concatenate([[0], np.cumsum(length[keep])]).astype(np.int64),
        member_kind=kind[keep_member],
        member_id=member[keep_member],
        member_role=[relations.member_role[i] for i in np.flatnonzero(keep_member)],
        tags=_picked(relations.tags, keep),
    )

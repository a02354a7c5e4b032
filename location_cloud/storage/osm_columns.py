"""From what a file holds to the columns of an extract, and what of them lies in a clip."""

from __future__ import annotations

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
    TagTable,
)
from location_cloud.storage.osm_areas import build_areas
from location_cloud.storage.osm_objects import FileObjects, Things
from location_cloud.storage.pbf_kernels import NOWHERE

_DEGREE_E7 = 10_000_000


def as_extract(objects: FileObjects) -> tuple[OsmExtract, int]:
    """What has tags and a place, and how many areas are broken and left out."""
    areas, broken = build_areas(objects)
    ways = objects.ways.picked(objects.ways.tags.length > 0)
    node = objects.ref[ways.places]
    present = node >= 0
    way = np.repeat(np.arange(len(ways.id)), ways.count)[present]
    position = (np.arange(len(node)) - np.repeat(np.cumsum(ways.count) - ways.count, ways.count))[present]
    tagged = objects.tagged.picked(objects.node_xy[objects.tagged.id, 0] != NOWHERE)
    nodes, new_place = _nodes(objects, node[present], tagged)
    kept = np.unique(way)  # a way none of whose nodes is there has no place
    return (
        OsmExtract(
            nodes,
            OsmWays(
                id=ways.id[kept],
                ref_start=np.append(np.searchsorted(way, kept), len(way)).astype(np.int64),
                ref=new_place[node[present]],
                position=position.astype(np.int32),
                tags=ways.tags.picked(kept),
            ),
            _relations(objects),
            areas,
        ),
        broken,
    )


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
        tags=TagTable.of(nodes.tags).picked(keep_tags),
    )
    kept_ways = OsmWays(
        id=ways.id[keep_way],
        ref_start=np.concatenate([[0], np.cumsum(length[keep_way])]).astype(np.int64),
        ref=new_place[ways.ref[keep_ref]],
        position=ways.position[keep_ref],
        tags=TagTable.of(ways.tags).picked(keep_way),
    )
    areas = extract.areas
    keep_area = np.asarray(shapely.intersects(clip, areas.geometry), bool).reshape(len(areas.id))
    kept_areas = OsmAreas(
        areas.id[keep_area],
        areas.kind[keep_area],
        areas.geometry[keep_area],
        TagTable.of(areas.tags).picked(keep_area),
    )
    return OsmExtract(
        kept_nodes, kept_ways, _clip_relations(extract.relations, kept_nodes, kept_ways, kept_areas), kept_areas
    )


# --- parts of as_extract -----------------------------------------------------------------------------------------


def _nodes(objects: FileObjects, node: NDArray[np.int64], tagged: Things) -> tuple[OsmNodes, NDArray[np.int64]]:
    """The nodes of ways and those with tags, and of each of the file's nodes where it is among them."""
    used = np.zeros(len(objects.node_id), bool)
    used[node] = True
    used[tagged.id] = True
    new_place = np.cumsum(used) - 1
    return OsmNodes(objects.node_id[used], objects.node_xy[:-1][used], new_place[tagged.id], tagged.tags), new_place


def _relations(objects: FileObjects) -> OsmRelations:
    relations = objects.relations.picked(objects.relations.tags.length > 0)
    places = relations.places
    text = objects.text
    return OsmRelations(
        id=relations.id,
        member_start=np.append(0, np.cumsum(relations.count)),
        member_kind=objects.member[places, 1].astype(np.int8),
        member_id=objects.member_id[places],
        member_role=[text[role] for role in objects.member[places, 0].tolist()],
        tags=relations.tags,
    )


# --- parts of clip_extract ---------------------------------------------------------------------------------------


def _any_in_row(hit: NDArray[np.bool_], start: NDArray[np.int64]) -> NDArray[np.bool_]:
    before = np.concatenate([[0], np.cumsum(hit)])
    return np.asarray(before[start[1:]] > before[start[:-1]], bool)


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
        tags=TagTable.of(relations.tags).picked(keep),
    )

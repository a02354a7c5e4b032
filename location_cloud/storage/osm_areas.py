"""The areas of a file: plain closed ways become polygons all at once, osmium assembles what is harder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium.geom import WKBFactory as WkbFactory
from osmium.osm import Area

from location_cloud.extract import RELATION, WAY, OsmAreas, TagColumns, TagTable
from location_cloud.storage.area_tags import find_area_tags
from location_cloud.storage.osm_objects import FileObjects, ranges

LEAST_REFS = 4
"""Of a ring: a triangle, and its first corner again."""

_REFS_AT_ONCE = 1 << 20
"""Refs of ways that osmium is given as one text, of about 30 bytes each."""


def build_areas(objects: FileObjects) -> tuple[OsmAreas, int]:
    """Valid areas by kind and id, and how many are broken and left out.

    Areas are closed ways whose tags say so, and multipolygon and boundary relations.
    """
    closed, relations = _closed_ways(objects), _multipolygons(objects)
    polygons, is_good, is_hard = _polygons(objects, closed)
    hard = closed[is_hard]
    found = list(_assembled(objects, hard, relations))
    assembled = shapely.from_wkb(np.array([wkb for _, _, wkb in found], object))
    single = shapely.get_num_geometries(assembled) == 1
    assembled[single] = shapely.get_geometry(assembled[single], 0)
    valid = shapely.is_valid(assembled) & ~shapely.is_empty(assembled)
    kind = np.array([kind for kind, _, _ in found], np.int8)[valid]
    row = np.array([row for _, row, _ in found], np.int64)[valid]
    way = np.concatenate([closed[is_good], row[kind == WAY]])
    relation = row[kind == RELATION]
    ids = np.concatenate([objects.ways.id[way], objects.relations.id[relation]])
    kinds = np.repeat(np.array([WAY, RELATION], np.int8), [len(way), len(relation)])
    geometry = np.concatenate([polygons, assembled[valid][kind == WAY], assembled[valid][kind == RELATION]])
    tags = _joined(objects.ways.tags.picked(way), _without_type(objects.relations.tags.picked(relation)))
    order = np.lexsort((ids, kinds))
    areas = OsmAreas(ids[order], kinds[order], geometry[order], tags.picked(order))
    return areas, len(closed) + len(relations) - len(order)


def _without_type(tags: TagTable) -> TagTable:
    """The tags that say what a relation's area is, not how it is drawn."""
    code = tags.code[tags.places]
    kept = code[:, 0] != (tags.text.index("type") if "type" in tags.text else -1)
    count = np.bincount(np.repeat(np.arange(len(tags)), tags.length)[kept], minlength=len(tags))
    return TagTable(np.cumsum(count) - count, count, code[kept], tags.text)


def _joined(one: TagTable, other: TagTable) -> TagTable:
    """Tags of the same file, one table behind the other."""
    code = np.concatenate([one.code[one.places], other.code[other.places]])
    count = np.concatenate([one.length, other.length])
    return TagTable(np.cumsum(count) - count, count, code, one.text)


def _closed_ways(objects: FileObjects) -> NDArray[np.int64]:
    """Rows of the ways that are rings, and areas by their tags."""
    ways = objects.ways
    row = np.flatnonzero((ways.count >= LEAST_REFS) & (ways.tags.length > 0))
    first = objects.ref[ways.start[row]]
    last = objects.ref[ways.start[row] + ways.count[row] - 1]
    # Two nodes at one place close a way, too.
    row = row[(first == last) | ((objects.node_xy[first] == objects.node_xy[last]).all(axis=1) & (first >= 0))]
    closed: NDArray[np.int64] = row[find_area_tags(ways.tags.picked(row))]
    return closed


def _polygons(
    objects: FileObjects, closed: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.bool_], NDArray[np.bool_]]:
    """(valid polygons, whose of the ways they are, which of the ways are rings that cross or touch themselves)."""
    count = objects.ways.count[closed]
    node = objects.ref[ranges(objects.ways.start[closed], count)]
    ring = np.repeat(np.arange(len(closed)), count)
    xy = objects.node_xy[node]
    differs = np.ones(len(node), bool)
    differs[1:] = (ring[1:] != ring[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)
    is_ring = np.bincount(ring[differs], minlength=len(closed)) >= LEAST_REFS
    is_ring[ring[node < 0]] = False
    kept = differs & is_ring[ring]
    rings = shapely.linearrings(xy[kept] / 1e7, indices=(np.cumsum(is_ring) - 1)[ring[kept]])
    polygons = shapely.polygons(rings)
    is_valid = shapely.is_valid(polygons)
    is_good, is_hard = is_ring.copy(), is_ring.copy()
    is_good[is_ring] = is_valid
    is_hard[is_ring] = ~is_valid
    return polygons[is_valid], is_good, is_hard


def _multipolygons(objects: FileObjects) -> NDArray[np.int64]:
    """Rows of the relations that stand for areas and say of what."""
    tags = objects.relations.tags
    kind = TagColumns(tags)["type"]
    wanted = np.array([value in ("multipolygon", "boundary") for value in kind.values], bool)
    return kind.rows[wanted[kind.codes] & (tags.length[kind.rows] > 1)] if len(wanted) else kind.rows


# --- what osmium assembles ---------------------------------------------------------------------------------------


def _assembled(
    objects: FileObjects, rings: NDArray[np.int64], relations: NDArray[np.int64]
) -> Iterator[tuple[int, int, str]]:
    """(kind, row, WKB) of the areas that osmium makes of the given ways and relations; of broken ones nothing."""
    for part in _batches(objects.ways.count[rings]):
        yield from _areas_of("", _way_lines(objects, rings[part], "Tarea=yes "))
    start, count = objects.relations.start[relations], objects.relations.count[relations]
    way, of = _member_ways(objects, ranges(start, count), np.repeat(np.arange(len(relations)), count))
    for part in _batches(np.bincount(of, objects.ways.count[way], len(relations))):
        ways = np.unique(way[np.isin(of, part)])
        yield from _areas_of(_relation_lines(objects, relations[part]), _way_lines(objects, ways))


def _batches(refs: NDArray[np.float64] | NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Positions of things with so many refs, put together to about _REFS_AT_ONCE."""
    batch = np.cumsum(refs) // _REFS_AT_ONCE
    return np.split(np.arange(len(refs)), np.flatnonzero(np.diff(batch)) + 1) if len(refs) else []


def _areas_of(relations: str, ways: str) -> Iterator[tuple[int, int, str]]:
    """The areas of a text in osmium's OPL format, in which each id is a row and 1 more."""
    manager = osmium.area.AreaManager()
    if relations:
        memory = osmium.io.FileBuffer(relations.encode(), "opl")
        with osmium.io.Reader(memory) as reader:
            osmium.apply(reader, manager.first_pass_handler())
    areas = osmium.BufferIterator()
    second_pass = manager.second_pass_to_buffer(areas)  # not before the first pass is over: it would crash
    memory = osmium.io.FileBuffer(ways.encode(), "opl")
    with osmium.io.Reader(memory) as reader:
        osmium.apply(reader, second_pass)
    wkb = WkbFactory()
    for area in areas:
        if isinstance(area, Area):
            try:
                shape = wkb.create_multipolygon(area)
            except RuntimeError:  # it has no ring: osmium found it broken
                continue
            yield WAY if area.from_way() else RELATION, area.orig_id() - 1, shape


def _member_ways(
    objects: FileObjects, member: NDArray[np.int64], of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows of the ways among the members that are there, whose members they are)."""
    is_way = objects.member[member, 1] == WAY
    ids, of = objects.member_id[member[is_way]], of[is_way]
    if not len(objects.ways.id):
        return ids[:0], of[:0]
    row = np.minimum(np.searchsorted(objects.ways.id, ids), len(objects.ways.id) - 1)
    is_there = objects.ways.id[row] == ids
    return row[is_there], of[is_there]


def _relation_lines(objects: FileObjects, relations: NDArray[np.int64]) -> str:
    lines = []
    for relation in relations.tolist():
        start, count = int(objects.relations.start[relation]), int(objects.relations.count[relation])
        member = np.arange(start, start + count)
        way, _ = _member_ways(objects, member, member)
        if len(way) == np.count_nonzero(objects.member[member, 1] == WAY):  # else osmium would wait for the others
            members = ",".join([f"w{each + 1}@" for each in way.tolist()])
            lines.append(f"r{relation + 1} Ttype=multipolygon M{members}\n")
    return "".join(lines)


def _way_lines(objects: FileObjects, ways: NDArray[np.int64], tags: str = "") -> str:
    lines = []
    for way in ways.tolist():
        start, count = int(objects.ways.start[way]), int(objects.ways.count[way])
        node = objects.ref[start : start + count]
        lonlat = objects.node_xy[node] / 1e7
        nodes = [
            f"n{each + 1}x{lon:.7f}y{lat:.7f}" if each >= 0 else "n0"
            for each, (lon, lat) in zip(node.tolist(), lonlat.tolist())
        ]
        lines.append(f"w{way + 1} {tags}N{','.join(nodes)}\n")
    return "".join(lines)

"""Administrative boundaries of an OpenStreetMap extract as areas, joined to the tree that is already there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from location_cloud.areas.extent import radius_m
from location_cloud.areas.model import AreaRow, level_of
from location_cloud.extract import WAY, OsmAreas, Tags

OSM = "osm"
"""Source key of boundaries that an import brought."""


def read_boundaries(areas: OsmAreas) -> list[AreaRow]:
    """Named administrative areas of an extract, without parents, in the order of the extract."""
    rows = []
    for index in areas.columns["admin_level"].rows.tolist():
        tags = areas.tags[index]
        admin_level = _admin_level(tags)
        if tags.get("boundary") != "administrative" or not admin_level or not tags.get("name"):
            continue
        code = f"osm:{'w' if areas.kind[index] == WAY else 'r'}{areas.id[index]}"
        rows.append(_row(code, tags, admin_level, areas.geometry[index]))
    return rows


def join_boundaries(frame: list[AreaRow], osm: list[AreaRow]) -> list[AreaRow]:
    """One tree of the frame and the OSM areas, every OSM area below the smallest area of lower rank around it.

    An OSM area that is a unit of the frame (same rank, same name, inside the same parent) is not listed twice: the
    unit keeps its code, and takes the OSM boundary if it had none. So an extract of the province gives Daqing's
    towns the polygons that do not ship.
    """
    frame, osm = _merge_same(frame, osm)
    rows = [*frame, *osm]
    with_shape = [row for row in rows if row.geometry is not None]
    if not osm or not with_shape:
        return rows
    shapes = _shapes(with_shape)
    points = shapely.point_on_surface(_shapes(osm))
    child, around = shapely.STRtree(shapes).query(points, predicate="intersects")
    rank = np.array([row.rank for row in with_shape])
    child_rank = np.array([row.rank for row in osm])
    keep = rank[around] < child_rank[child]
    child, around = child[keep], around[keep]
    order = np.lexsort((shapely.area(shapes)[around], -rank[around], child))
    first = order[np.unique(child[order], return_index=True)[1]] if len(order) else order
    parents = {int(child[index]): with_shape[around[index]].code for index in first}
    return [*frame, *(replace(row, parent=parents.get(index, "")) for index, row in enumerate(osm))]


def _admin_level(tags: Tags) -> int:
    text = tags.get("admin_level", "")
    return int(text) if text in {str(level) for level in range(1, 12)} else 0


def _row(code: str, tags: Tags, admin_level: int, geometry: BaseGeometry) -> AreaRow:
    point = shapely.point_on_surface(geometry)
    lonlat = (float(point.x), float(point.y))
    return AreaRow(
        code=code,
        name=tags["name"],
        name_en=tags.get("name:en", ""),
        level=level_of(admin_level),
        rank=admin_level,
        admin_level=admin_level,
        source=OSM,
        geometry=geometry,
        lonlat=lonlat,
        accuracy_m=radius_m(geometry, lonlat),
        position="boundary",
        osm=code,
    )


def _shapes(rows: list[AreaRow]) -> NDArray[np.object_]:
    shapes = np.empty(len(rows), object)
    shapes[:] = [row.geometry for row in rows]
    return shapes


def _merge_same(frame: list[AreaRow], osm: list[AreaRow]) -> tuple[list[AreaRow], list[AreaRow]]:
    by_code = {row.code: index for index, row in enumerate(frame)}
    by_name: dict[tuple[str, int], list[int]] = {}
    for index, row in enumerate(frame):
        by_name.setdefault((row.name, row.rank), []).append(index)
    merged, left = list(frame), []
    for row in osm:
        same = [
            index
            for index in by_name.get((row.name, row.rank), [])
            if _lies_in(row, _nearest_shape(frame, by_code, frame[index]))
        ]
        if len(same) != 1:
            left.append(row)
            continue
        unit = merged[same[0]]
        if unit.geometry is None:
            unit = replace(
                unit,
                geometry=row.geometry,
                lonlat=row.lonlat,
                accuracy_m=row.accuracy_m,
                position="boundary",
                source=OSM,
            )
        merged[same[0]] = replace(unit, osm=row.code, admin_level=row.admin_level, name_en=unit.name_en or row.name_en)
    return [_follow(row, merged, by_code) for row in merged], left


def _follow(row: AreaRow, merged: list[AreaRow], by_code: dict[str, int]) -> AreaRow:
    """A village without position of its own stays where its town is known to be now."""
    town = merged[by_code[row.parent]] if row.parent else None
    if row.level != "village" or town is None or row.geometry is not None:
        return row
    return replace(row, lonlat=town.lonlat, accuracy_m=town.accuracy_m)


def _nearest_shape(frame: list[AreaRow], by_code: dict[str, int], row: AreaRow) -> BaseGeometry | None:
    while row.geometry is None and row.parent:
        row = frame[by_code[row.parent]]
    return row.geometry


def _lies_in(row: AreaRow, shape: BaseGeometry | None) -> bool:
    # A frame unit without any boundary around it (the province) is recognised by its name and rank alone.
    return shape is None or (row.lonlat is not None and bool(shapely.intersects_xy(shape, *row.lonlat)))

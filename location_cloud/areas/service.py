"""The questions about areas: one by its code, the chain at a point, lists by parent, level or name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import shapely

from location_cloud.areas.dataset import SECTION
from location_cloud.areas.model import LEVELS, POSITIONS, Areas
from location_cloud.errors import BadQuery, NotFound
from location_cloud.storage.world import World

MAP_REVIEW_NOTE = (
    "规划用途，非法定界线；向公众展示的中国地图须有审图号。"
    "For planning, not a legal boundary; maps of China shown to the public need a map-review number (审图号)."
)


@dataclass(frozen=True)
class AreaName:
    """An area in one line, as in a chain or a list of children."""

    code: str
    name: str
    name_en: str
    level: str


@dataclass(frozen=True)
class Area:
    """All that is known of one area.

    geometry: GeoJSON or None; geometry_note says why it is None, or where it came from. lonlat: degrees or None.
    accuracy_m: radius in metres around lonlat that holds the area. chain: from itself up to the top.
    within: areas that a unit without a boundary of its own lies in.
    """

    code: str
    name: str
    name_en: str
    level: str
    admin_level: int | None
    osm: str
    lonlat: tuple[float, float] | None
    accuracy_m: float
    position: str
    geometry: dict[str, Any] | None
    geometry_note: str
    source: dict[str, str]
    chain: tuple[AreaName, ...]
    within: tuple[AreaName, ...]
    children: dict[str, int]


@dataclass(frozen=True)
class AreaPage:
    """Some areas of a longer list. total: how many there are in all."""

    areas: tuple[Area, ...]
    total: int


def get_area(world: World, code: str, with_geometry: bool = True) -> Area:
    """The area with this code. Raises NotFound."""
    areas = world.section(SECTION)
    return _area(areas, _row(areas, code), with_geometry)


def find_areas_at(world: World, lonlat: tuple[float, float], with_geometry: bool = True) -> AreaPage:
    """The areas around a point (degrees, WGS-84), the smallest first; none where no boundary is known."""
    areas = world.section(SECTION)
    row = areas.find_deepest_at(lonlat)
    rows = [row, *areas.ancestors(row)] if row >= 0 else []
    return AreaPage(tuple(_area(areas, each, with_geometry) for each in rows), len(rows))


def list_children(world: World, code: str, limit: int = 100, offset: int = 0, with_geometry: bool = True) -> AreaPage:
    """The areas directly below one, in the order of their codes. Raises NotFound."""
    return list_areas(world, parent=code, limit=limit, offset=offset, with_geometry=with_geometry)


def list_areas(
    world: World,
    parent: str = "",
    level: str = "",
    name_prefix: str = "",
    limit: int = 100,
    offset: int = 0,
    with_geometry: bool = True,
) -> AreaPage:
    """Areas that meet every given condition, by name if a prefix is given, otherwise in the order of the tree.

    parent: code of the area directly above. level: one of LEVELS. name_prefix: of the name or the English name.
    Raises NotFound if the parent does not exist, BadQuery if the level is none.
    """
    areas = world.section(SECTION)
    rows = np.array(areas.rows_with_prefix(name_prefix), np.int64) if name_prefix else np.arange(len(areas))
    if parent:
        rows = rows[areas.parent[rows] == _row(areas, parent)]
    if level:
        if level not in LEVELS:
            raise BadQuery(f"level={level!r} is not a level", hint=f"use one of {', '.join(LEVELS)}")
        rows = rows[areas.level[rows] == LEVELS.index(level)]
    page = rows[offset : offset + limit]
    return AreaPage(tuple(_area(areas, int(row), with_geometry) for row in page), len(rows))


def chain_at(world: World, lonlat: tuple[float, float]) -> tuple[AreaName, ...]:
    """Names of the areas around a point, the smallest first; empty where no boundary is known."""
    areas = world.section(SECTION)
    return area_chain(areas, areas.find_deepest_at(lonlat))


def area_chain(areas: Areas, row: int) -> tuple[AreaName, ...]:
    """An area and those around it, the smallest first; () for row -1. Put together once: most answers lie in a few."""
    found: tuple[AreaName, ...] | None = areas.chains.get(row)
    if found is None:
        found = tuple(area_name(areas, each) for each in (row, *areas.ancestors(row))) if row >= 0 else ()
        areas.chains[row] = found
    return found


def area_name(areas: Areas, row: int) -> AreaName:
    """One row of the section in one line."""
    return AreaName(areas.code[row], areas.name[row], areas.name_en[row], LEVELS[areas.level[row]])


SIX_DIGITS = 6
"""Cities and provinces are written 230600 and 230000 in GB/T 2260 and 2306 and 23 in the statistical tree."""


def _row(areas: Areas, code: str) -> int:
    row = areas.row_of.get(code)
    if row is None and len(code) == SIX_DIGITS:
        row = areas.row_of.get(code.removesuffix("00").removesuffix("00"))
    if row is None:
        raise NotFound(
            f"no area has the code {code!r}",
            hint="codes are statistical codes such as 230602, or osm:r<id>; search by name with /v1/areas?q=",
        )
    return row


def _area(areas: Areas, row: int, with_geometry: bool) -> Area:
    source = areas.sources.get(areas.source[row], {})
    geometry = areas.geometry(row) if with_geometry else None
    lon, lat = areas.lonlat[row]
    children = areas.children(row)
    return Area(
        code=areas.code[row],
        name=areas.name[row],
        name_en=areas.name_en[row],
        level=LEVELS[areas.level[row]],
        admin_level=int(areas.admin_level[row]) or None,
        osm=areas.osm[row],
        lonlat=None if np.isnan(lon) else (float(lon), float(lat)),
        accuracy_m=round(float(areas.accuracy_m[row])),
        position=POSITIONS[areas.position[row]],
        geometry=None if geometry is None else orjson.loads(shapely.to_geojson(geometry)),
        geometry_note=_geometry_note(areas, row, with_geometry),
        source={key: source.get(key, "") for key in ("title", "attribution", "licence", "note")},
        chain=area_chain(areas, row),
        within=tuple(area_name(areas, areas.row_of[code]) for code in areas.within.get(areas.code[row], [])),
        children=_counts(areas, children),
    )


def _geometry_note(areas: Areas, row: int, with_geometry: bool) -> str:
    code = areas.code[row]
    has_boundary = areas.wkb_start[row + 1] > areas.wkb_start[row]
    if has_boundary and not with_geometry:
        return "The boundary was left out as asked; ask with geometry=full. " + MAP_REVIEW_NOTE
    if has_boundary:
        return MAP_REVIEW_NOTE
    if code in areas.within:
        inside = ", ".join(areas.name[areas.row_of[each]] for each in areas.within[code])
        return f"A statistical area without a published boundary of its own; it lies inside {inside}."
    return (
        "No open boundary of this area is known; lonlat is that of its "
        f"{POSITIONS[areas.position[row]]}, and accuracy_m says how far it may be off."
    )


def _counts(areas: Areas, rows: np.ndarray[Any, Any]) -> dict[str, int]:
    counts = np.bincount(areas.level[rows], minlength=len(LEVELS))
    return {level: int(count) for level, count in zip(LEVELS, counts) if count}

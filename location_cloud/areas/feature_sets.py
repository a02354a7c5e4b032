"""Areas as collections of features: those with a boundary, and the positions of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION
from location_cloud.areas.model import LEVELS, POSITIONS, Areas
from location_cloud.areas.service import MAP_REVIEW_NOTE
from location_cloud.errors import BadQuery
from location_cloud.feature_sets import Asked, Box, FeatureSet, Page, Property

if TYPE_CHECKING:
    from location_cloud.storage.world import World

AREAS, POINTS = "areas", "area-positions"

PROPERTIES: Mapping[str, Property] = {
    "code": Property("string", "statistical code, or osm:r<id>, osm:w<id>"),
    "name": Property("string", "name"),
    "name_en": Property("string", "English name; empty if unknown"),
    "level": Property("string", "how large it is", LEVELS),
    "parent": Property("string", "code of the area directly above"),
    "accuracy_m": Property("number", "radius around its position that holds the whole area", is_queryable=False),
    "position": Property("string", "what its position was taken from", POSITIONS),
    "osm": Property("string", "the OSM object that gives or confirms the boundary", is_queryable=False),
}


def feature_sets(world: World, tenant: str) -> Mapping[str, FeatureSet]:
    """Both collections, if the snapshot has areas."""
    if SECTION.name not in world.snapshot.manifest.sections:
        return {}
    return {
        AREAS: _offer(
            world,
            AREAS,
            {"zh-CN": "行政区划", "en": "Administrative areas"},
            f"Areas of which an open boundary is known. {MAP_REVIEW_NOTE}",
        ),
        POINTS: _offer(
            world,
            POINTS,
            {"zh-CN": "行政区位置", "en": "Positions of administrative areas"},
            "A position of every area, also of those without a known boundary; accuracy_m says how far it may be off.",
        ),
    }


def _offer(world: World, name: str, title: Mapping[str, str], text: str) -> FeatureSet:
    return FeatureSet(
        name=name,
        title=title,
        text=text,
        scope="areas:read",
        properties=lambda: PROPERTIES,
        read=partial(_read, world, name),
        find=partial(_find, world, name),
        count=partial(_count, world, name),
        bounds=partial(_bounds, world, name),
    )


def _read(world: World, name: str, asked: Asked) -> Page:
    areas = world.section(SECTION)
    rows = _chosen(areas, name, asked)
    if asked.after:
        if not asked.after.isascii() or not asked.after.isdigit():
            raise BadQuery(f"after={asked.after[:40]} begins no page", hint='follow the link with "rel": "next"')
        rows = rows[np.searchsorted(rows, min(int(asked.after), len(areas)), side="right") :]
    page = rows[: asked.limit]
    return _page(areas, name, page, str(page[-1]) if len(rows) > len(page) else "")


def _find(world: World, name: str, asked: Asked, code: str) -> Page | None:
    areas = world.section(SECTION)
    row = areas.row_of.get(code)
    if row is None or row not in _all(areas, name):
        return None
    return _page(areas, name, np.array([row]), "")


def _count(world: World, name: str, asked: Asked) -> int:
    return len(_chosen(world.section(SECTION), name, asked))


def _bounds(world: World, name: str) -> Box | None:
    areas = world.section(SECTION)
    rows = _all(areas, name)
    if not len(rows):
        return None
    boxes = areas.shape_bounds if name == AREAS else np.hstack([areas.lonlat[rows], areas.lonlat[rows]])
    (west, south), (east, north) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _all(areas: Areas, name: str) -> NDArray[np.int64]:
    """Rows of a collection, rising."""
    return areas.bounded if name == AREAS else np.flatnonzero(np.isfinite(areas.lonlat[:, 0]))


def _chosen(areas: Areas, name: str, asked: Asked) -> NDArray[np.int64]:
    rows = _all(areas, name)
    if asked.bbox is not None:
        shapes = areas.shapes if name == AREAS else shapely.points(areas.lonlat[rows])
        rows = rows[shapely.intersects(shapes, asked.bbox.as_polygon())]
    for property_, value in asked.equals.items():
        rows = rows[_equal(areas, property_, value, rows)]
    return rows


def _equal(areas: Areas, name: str, value: Any, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    if name == "level":
        return np.asarray(areas.level[rows] == (LEVELS.index(value) if value in LEVELS else -1))
    if name == "position":
        return np.asarray(areas.position[rows] == (POSITIONS.index(value) if value in POSITIONS else -1))
    if name == "parent":
        above = areas.row_of.get(value)
        return np.asarray(areas.parent[rows] == above) if above is not None else np.zeros(len(rows), bool)
    texts = getattr(areas, name)
    return np.array([texts[int(row)] == value for row in rows], bool)


def _page(areas: Areas, name: str, rows: NDArray[np.int64], following: str) -> Page:
    if name == AREAS:
        shapes = areas.shapes[np.searchsorted(areas.bounded, rows)]
    else:
        shapes = np.asarray(shapely.points(areas.lonlat[rows]), object)
    properties = [_properties(areas, row) for row in rows.tolist()]
    return Page([each["code"] for each in properties], shapes, properties, following)


def _properties(areas: Areas, row: int) -> dict[str, Any]:
    above = int(areas.parent[row])
    return {
        "code": areas.code[row],
        "name": areas.name[row],
        "name_en": areas.name_en[row],
        "level": LEVELS[areas.level[row]],
        "parent": areas.code[above] if above >= 0 else "",
        "accuracy_m": round(float(areas.accuracy_m[row])),
        "position": POSITIONS[areas.position[row]],
        "osm": areas.osm[row],
    }

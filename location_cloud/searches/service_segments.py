"""Segments of a search: drawn along what the ground shows, or given; and how much of the chance lies in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.changes import Sent, check_version
from location_cloud.errors import BadQuery, NotFound, TooLarge, Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import CLASSES
from location_cloud.searches import store
from location_cloud.searches.dataset import SECTION as LAND
from location_cloud.searches.ground import bits_of_roads
from location_cloud.searches.lattice import Lattice
from location_cloud.searches.model import (
    DRAINAGE,
    MOST_SEGMENT_POINTS,
    MOST_SEGMENTS,
    PATH,
    POWER,
    RAIL,
    RIDGE,
    ROAD,
    TRACK,
    Search,
)
from location_cloud.searches.model_segments import Segments, from_arrays
from location_cloud.searches.packing import pack, unpack
from location_cloud.searches.raster import labels_of, lines_near
from location_cloud.searches.segments import Lines, as_shapes, cut_area
from location_cloud.searches.service import check_open, sent_before, write_change
from location_cloud.searches.service_heights import find_heights
from location_cloud.searches.service_state import get_search
from location_cloud.searches.terrain_lines import terrain_lines
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry
from location_cloud.spatial.measure import area_m2
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

STRENGTH = {PATH: 1, POWER: 1, TRACK: 2, RIDGE: 2, DRAINAGE: 3, ROAD: 4, RAIL: 5}
"""How hard a boundary is to cross or overlook; segments are joined across the weakest first."""

MAJOR = frozenset(("motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link", "primary_link"))
MAJOR_STRENGTH = 6

BESIDE_WATER_M = 60.0
"""A valley so near to water on the map is that water: models of heights have cells of 30 m."""

USUAL_M2 = 250_000.0
"""Of a segment: what a team of a few people covers in some hours."""

USUAL_COUNT = 150
"""Of a large area: more segments than this are no plan that anybody reads."""


def draw_segments(
    world: World,
    tenant: str,
    search_id: int,
    version: int | None,
    area: Any | None,
    wanted_m2: float | None,
    sent: Sent,
) -> tuple[Search, Segments]:
    """The search with segments cut along roads, tracks, water, rails and ridges; where heights are imported, along the
    ridges and valleys that they show.

    area: GeoJSON polygon, None = all cells. wanted_m2: size of a segment. Raises TooLarge where too many would come
    out, Unprocessable where the area misses the cells, Conflict as every change.
    """
    search, again = _checked(world, tenant, search_id, version, sent)
    if again is not None:
        return search, again
    lattice = search.lattice
    shape = shapely.box(*lattice.bounds) if area is None else polygon_of(area, "area").intersection(_box(lattice))
    if shape.is_empty or not shape.area:
        raise Unprocessable("the area lies outside of the search's cells", hint="GET the search: grid.bbox")
    size = area_m2(shape)
    each = wanted_m2 or max(USUAL_M2, size / USUAL_COUNT)
    if size / each > MOST_SEGMENTS / 2:
        raise TooLarge(
            f"{size / 1e6:,.1f} km2 in segments of {each / 1e6:g} km2 are about {size / each:,.0f}; "
            f"the most is {MOST_SEGMENTS // 2:,}",
            hint="give a smaller area or larger segments",
        )
    parts = shapely.get_parts(shapely.transform(shape, lattice.xy_m))
    lines = _lines(world, tenant, lattice, each)
    pieces = np.concatenate([cut_area(part, lines, each) for part in parts])
    polygons = shapely.transform(pieces, lambda xy_m: lattice.lonlat(xy_m).round(7))
    away = shapely.distance(pieces, shapely.Point(0, 0))
    return _keep(world, tenant, search, polygons[np.argsort(away, kind="stable")], None, sent)


def give_segments(
    world: World,
    tenant: str,
    search_id: int,
    version: int | None,
    given: Sequence[tuple[str, Any]],
    sent: Sent,
) -> tuple[Search, Segments]:
    """The search with segments that somebody drew: (name, GeoJSON polygon) each; "" = numbered. Raises as above."""
    search, again = _checked(world, tenant, search_id, version, sent)
    if again is not None:
        return search, again
    polygons = np.array([polygon_of(shape, f"segments[{at}]") for at, (_, shape) in enumerate(given)], object)
    if (points := int(shapely.get_num_coordinates(polygons).sum())) > MOST_SEGMENT_POINTS:
        raise TooLarge(
            f"the segments have {points:,} positions; the most is {MOST_SEGMENT_POINTS:,}", hint="simplify them"
        )
    names = [name or str(at + 1) for at, (name, _) in enumerate(given)]
    if len(set(names)) < len(names):
        raise BadQuery("two segments have the same id", hint="leave ids out to have them numbered")
    return _keep(world, tenant, search, polygons, names, sent)


def find_segments(live: Live, tenant: str, search: Search, version: int | None = None) -> Segments:
    """The newest segments of a search, or those at a version. Raises NotFound before there are any."""
    with live.read() as connection:
        found = store.find_blob(connection, tenant, search.id, "segments", version)
    if found is None:
        raise NotFound(f"search {search.id} has no segments yet", hint="POST /v1/searches/{id}/segments draws them")
    return from_arrays(unpack(found[1]), found[0])


def get_segment(segments: Segments, name: str) -> int:
    """The place of a segment in the list. Raises NotFound."""
    if name not in segments.names:
        raise NotFound(f"there is no segment {name!r}", hint=f"there are {', '.join(segments.names[:10])} ...")
    return segments.names.index(name)


def polygon_of(value: Any, where: str) -> BaseGeometry:
    """The polygon of a GeoJSON geometry. Raises BadQuery for another one."""
    try:
        shape = parse_geometry(value, max_vertices=MOST_SEGMENT_POINTS)
    except SpatialError as error:
        raise BadQuery(f"{where}: {error}", hint="a GeoJSON Polygon, points lon,lat in degrees") from error
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise BadQuery(f"{where}: a {shape.geom_type} has no inside", hint="send a Polygon or MultiPolygon")
    return shape


def _checked(
    world: World, tenant: str, search_id: int, version: int | None, sent: Sent
) -> tuple[Search, Segments | None]:
    before = sent_before(world.live, tenant, sent)
    search = get_search(world.live, tenant, search_id)
    if before is not None:
        return search, find_segments(world.live, tenant, search, before.version)
    check_version(f"search {search_id}", search.version, version)
    check_open(search)
    return search, None


def _keep(
    world: World,
    tenant: str,
    search: Search,
    polygons: Any,
    names: list[str] | None,
    sent: Sent,
) -> tuple[Search, Segments]:
    labels = labels_of(search.lattice, polygons)
    if names is None:  # those too small to hold a cell's middle hold no chance either
        kept = np.unique(labels[labels >= 0])
        polygons = polygons[kept]
        labels = np.where(labels >= 0, np.searchsorted(kept, labels), -1).astype(np.int32)
    if len(polygons) > MOST_SEGMENTS:
        raise TooLarge(f"{len(polygons):,} segments; the most is {MOST_SEGMENTS:,}", hint="make them larger")
    sizes = np.array([area_m2(each) for each in polygons])
    numbered = [str(at + 1) for at in range(len(polygons))]
    segments = Segments(tuple(names or numbered), polygons, sizes, labels, is_given=names is not None)
    fields = {"segments": len(polygons), "area_m2": float(sizes.sum())}
    blob = pack(segments.as_arrays())
    stored, _ = write_change(world, tenant, search, "segmented", fields, sent, {"segments": blob})
    return stored, find_segments(world.live, tenant, stored)


def _box(lattice: Lattice) -> BaseGeometry:
    return shapely.box(*lattice.bounds)


def _lines(world: World, tenant: str, lattice: Lattice, wanted_m2: float) -> Lines:
    """Everything in the cells' box that may be a boundary, in metres."""
    land, roads = world.section(LAND), world.section(ROADS)
    of_bits = np.zeros(256, np.int64)
    of_bits[list(STRENGTH)] = list(STRENGTH.values())
    is_major = np.array([name in MAJOR for name in CLASSES])[roads.seg_class]
    road_strength = np.where(is_major, MAJOR_STRENGTH, of_bits[bits_of_roads(roads)])
    line_strength = of_bits[land.line_kind]
    road = lines_near(lattice, roads.seg_box_e7, roads.shape_start, roads.shape_e7, road_strength > 0)
    other = lines_near(lattice, land.line_box_e7, land.line_start, land.line_e7, line_strength > 0)
    lonlat = np.concatenate([road.lonlat, other.lonlat])
    start = np.concatenate([road.start, road.start[-1] + other.start[1:]])
    strength = np.concatenate([road_strength[road.line], line_strength[other.line]])
    told = Lines(lattice.xy_m(lonlat), start, strength)
    heights, _ = find_heights(world.live, tenant, world.home, lattice)
    if heights is None:
        return told
    found = terrain_lines(lattice.grid, heights, wanted_m2)
    is_water = strength == STRENGTH[DRAINAGE]
    beside = shapely.buffer(shapely.union_all(as_shapes(told)[is_water]), BESIDE_WATER_M)
    valleys = shapely.get_parts(shapely.difference(found.valleys, beside))  # a brook is on the map already
    shapes = np.concatenate([found.ridges, valleys[shapely.length(valleys) > BESIDE_WATER_M]])
    xy_m, line = shapely.get_coordinates(shapes, return_index=True)
    more = np.cumsum(np.bincount(line, minlength=len(shapes)))
    return Lines(
        np.concatenate([told.xy_m, xy_m]),
        np.concatenate([told.start, told.start[-1] + more]),
        np.concatenate([told.strength, np.full(len(shapes), STRENGTH[RIDGE])]),
    )

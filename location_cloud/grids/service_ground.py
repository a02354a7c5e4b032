"""What a design is made from: the communities of an area, and the snapshot's roads, water and buildings on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import Areas
from location_cloud.errors import NotFound, Unprocessable
from location_cloud.grids.dataset import SECTION
from location_cloud.grids.design_blocks import Ground, Shapes
from location_cloud.grids.design_features import BUILDING, DEGREE_E7, OTHER_LINE, WATER, WATER_LINE, Features
from location_cloud.grids.design_plane import Plane, plane_at
from location_cloud.grids.model_design import Community, DesignAsk
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.model import CLASSES, TUNNEL, Roads
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

INDOORS = frozenset({"corridor", "elevator", "platform", "ferry"})
"""Classes of road that no border on the ground follows."""

HOUSEHOLD_M2 = 110.0
"""Floor of a household: 41.8 m2 a person and 2.62 persons (Seventh National Population Census, 2020)."""

LEAST_REST = 0.01
"""A part of an area that none of its parts covers is a community of its own if it is so large a share."""

MARGIN_DEG = 0.002
"""About 200 m around: a road beside a border still leads on what ends there."""


@dataclass(frozen=True)
class Site:
    """Where a design is made: its plane, its ground in metres, and what is what."""

    plane: Plane
    ground: Ground
    communities: tuple[Community, ...]


def communities_of(world: World, area: str) -> tuple[Community, ...]:
    """The smallest areas with a known border that an area is made of, and what they leave of it.

    Raises NotFound if there is no such area, Unprocessable if its border is not known.
    """
    areas = world.section(AREAS)
    row = areas.row_of.get(area)
    if row is None:
        raise NotFound(f"no area has the code {area[:40]!r}", hint="search by name with /v1/areas?q=")
    geometry = areas.geometry(row)
    if geometry is None:
        raise Unprocessable(
            f"no border of {areas.name[row]} is known here", hint="send communities with their geometry instead"
        )
    return tuple(_leaves(areas, row, geometry))


def full_code(code: str) -> str:
    """A statistical code of a county or town as that of a community in it: 12 digits, zeros for "not divided"."""
    return code.ljust(12, "0") if code.isdigit() and len(code) in (6, 9) else code


def open_site(world: World, ask: DesignAsk, communities: tuple[Community, ...]) -> Site:
    """The plane and the ground of a design. Raises NotReady if the snapshot was made without this section."""
    shapes = np.array([community.geometry for community in communities], object)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    plane = plane_of(communities)
    box = (west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
    features = world.section(SECTION)
    roads = road_lines(world.section(ROADS), box)
    water = features.shapes(features.in_box(WATER_LINE, box), is_ring=False)
    banks = features.shapes(features.in_box(WATER, box), is_ring=True)
    buildings = features.in_box(BUILDING, box)
    footprints = plane.project(features.shapes(buildings, is_ring=True))
    places, households = _households(ask, plane, features, buildings, footprints)
    ground = Ground(
        plane.project(shapes),
        plane.project(np.concatenate([roads, water, shapely.get_rings(shapely.get_parts(banks))])),
        plane.project(features.shapes(features.in_box(OTHER_LINE, box), is_ring=False)),
        footprints,
        plane.project(banks),
        places,
        households,
    )
    return Site(plane, ground, communities)


def plane_of(communities: Sequence[Community]) -> Plane:
    """The plane around some communities."""
    west, south, east, north = shapely.total_bounds([community.geometry for community in communities]).tolist()
    return plane_at(((west + east) / 2, (south + north) / 2))


def road_lines(roads: Roads, box: tuple[float, float, float, float]) -> Shapes:
    """The roads and paths above ground that touch a box, degrees, as lines in degrees."""
    west, south, east, north = (round(edge * DEGREE_E7) for edge in box)
    b = roads.seg_box_e7
    hit = (b[:, 0] <= east) & (b[:, 2] >= west) & (b[:, 1] <= north) & (b[:, 3] >= south)
    hit &= (roads.seg_flags & TUNNEL == 0) & (roads.seg_level >= 0)
    hit &= ~np.isin(roads.seg_class, [CLASSES.index(name) for name in INDOORS])
    rows = np.flatnonzero(hit)
    if not len(rows):
        return np.empty(0, object)
    start = roads.shape_start
    lengths = start[rows + 1] - start[rows]
    number = np.repeat(np.arange(len(rows)), lengths)
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + start[rows][number]
    return np.asarray(shapely.linestrings(roads.shape_e7[place] / DEGREE_E7, indices=number), object)


def _leaves(areas: Areas, row: int, geometry: BaseGeometry) -> list[Community]:
    """Children's borders first come, first served: what two of them claim belongs to the one listed first."""
    found: list[Community] = []
    rest = geometry
    for child in areas.children(row).tolist():
        border = areas.geometry(child)
        if border is None:
            continue
        own = _polygons(border.intersection(rest))
        if not own.is_empty:
            found.extend(_leaves(areas, child, own))
            rest = _polygons(rest.difference(border))
    if not found or rest.area > LEAST_REST * geometry.area:
        found.append(Community(full_code(areas.code[row]), areas.name[row], rest))
    return found


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape; an intersection may have lines where borders touch."""
    parts = shapely.get_parts(shape)
    return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])


def _households(
    ask: DesignAsk, plane: Plane, features: Features, rows: NDArray[np.int64], footprints: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the households are, metres, and how many: as told, else by the floors of the buildings."""
    if ask.households:
        told = np.array(ask.households, np.float64)
        return plane.xy_m(told[:, :2]), told[:, 2]
    if not len(rows):
        return np.empty((0, 2)), np.empty(0)
    floors = np.maximum(features.levels[rows], 1)
    return shapely.get_coordinates(shapely.centroid(footprints)), shapely.area(footprints) * floors / HOUSEHOLD_M2

"""The ground of one search: land cover, lines and structures on its cells, and how fast one walks there."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.model import CLASSES, Roads
from location_cloud.searches.cells import Bools
from location_cloud.searches.landing import slope_deg
from location_cloud.searches.lattice import Lattice
from location_cloud.searches.model import (
    DRAINAGE,
    LAND_COVERS,
    PATH,
    POWER,
    RAIL,
    RIDGE,
    ROAD,
    STRUCTURE,
    TRACK,
    Season,
)
from location_cloud.searches.model_land import Land
from location_cloud.searches.raster import cells_of_lines, lines_near
from location_cloud.searches.terrain_speed import cover_factor, tobler_m_s

Bytes = NDArray[np.uint8]

NOT_WALKED = frozenset(("ferry", "corridor", "elevator", "platform", "motorway", "motorway_link", "bus_guideway"))
AS_PATH = frozenset(("path", "footway", "bridleway", "steps", "cycleway", "pedestrian"))

FEATURES: Final = (
    *("linear", "field", "structure", "road", "drainage", "water", "woodland", "rock", "scrub", "brush"),
)
"""Kinds of place where people are found, by code. Source: Koester 2008, as cited by SAREnv."""

SPEED_STEP_M_S = 0.02
"""Speeds are kept in one byte of this unit: up to 5.1 m/s."""


def bits_of_roads(roads: Roads) -> Bytes:
    """(segments,) ROAD, TRACK or PATH, by class; 0 = nobody walks there."""
    bits = [
        0 if name in NOT_WALKED else PATH if name in AS_PATH else TRACK if name == "track" else ROAD for name in CLASSES
    ]
    return np.array(bits, np.uint8)[roads.seg_class]


def cover_of(lattice: Lattice, land: Land) -> Bytes:
    """(rows, columns) land cover in the middle of each cell, places in LAND_COVERS; 0 outside of the import."""
    if land.lattice is None:
        return np.zeros(lattice.shape, np.uint8)
    wide = land.lattice
    row = np.floor((lattice.lat - wide.south) / wide.cell_lat).astype(np.int64)
    column = np.floor((lattice.lon - wide.west) / wide.cell_lon).astype(np.int64)
    cover = land.cover[np.clip(row, 0, wide.rows - 1)][:, np.clip(column, 0, wide.columns - 1)]
    return np.where(is_mapped(lattice, land), cover, np.uint8(0))


def is_mapped(lattice: Lattice, land: Land) -> Bools:
    """(rows, columns) whether the middle of each cell lies within the import."""
    if land.lattice is None:
        return np.zeros(lattice.shape, bool)
    west, south, east, north = land.lattice.bounds
    row, column = (lattice.lat >= south) & (lattice.lat < north), (lattice.lon >= west) & (lattice.lon < east)
    return np.asarray(row[:, None] & column[None, :])


def mask_of_lines(lattice: Lattice, land: Land, roads: Roads) -> Bytes:
    """(rows, columns) bits of model: roads, tracks, paths, drainage, rails, ridges, power lines, structures."""
    mask = np.zeros(lattice.size, np.uint8)
    _paint(mask, lattice, roads.seg_box_e7, roads.shape_start, roads.shape_e7, bits_of_roads(roads))
    _paint(mask, lattice, land.line_box_e7, land.line_start, land.line_e7, land.line_kind)
    buildings = lattice.cell_of(land.structure_e7 / 1e7)
    mask[buildings[buildings >= 0]] |= STRUCTURE
    return mask.reshape(lattice.shape)


def walked_cover(cover: Bytes, mask: Bytes) -> Bytes:
    """The cover with paths and roads laid over it: a track leads through a wood, a bridge over water."""
    laid = cover.copy()
    laid[mask & (PATH | TRACK) != 0] = LAND_COVERS.index("path")
    laid[mask & ROAD != 0] = LAND_COVERS.index("road")
    return laid


def features_of(cover: Bytes, mask: Bytes) -> NDArray[np.int8]:
    """(rows, columns) kind of place by FEATURES, -1 = none of them: what stands out counts before what lies around."""
    found = np.full(cover.shape, -1, np.int8)
    for name in ("field", "woodland", "scrub", "rock", "water"):
        found[cover == LAND_COVERS.index(name)] = FEATURES.index(name)
    found[cover == LAND_COVERS.index("wetland")] = FEATURES.index("water")
    found[mask & DRAINAGE != 0] = FEATURES.index("drainage")
    found[mask & (TRACK | PATH | RAIL | RIDGE | POWER) != 0] = FEATURES.index("linear")
    found[mask & ROAD != 0] = FEATURES.index("road")
    found[mask & STRUCTURE != 0] = FEATURES.index("structure")
    return found


def walking_speed(lattice: Lattice, walked: Bytes, elevation_m: NDArray[np.float32] | None, season: Season) -> Bytes:
    """(rows, columns) walking speed in all directions alike, in SPEED_STEP_M_S; 0 = not to be entered.

    elevation_m: None = level. Up and down a slope take turns, so their mean pace counts.
    """
    factor = cover_factor(walked, LAND_COVERS, season)
    if elevation_m is None:
        speed = factor * tobler_m_s(0.0)
    else:
        slope = np.tan(np.radians(np.nan_to_num(slope_deg(lattice.grid, elevation_m))))
        speed = factor * 2 / (1 / tobler_m_s(slope) + 1 / tobler_m_s(-slope))
    least = np.where(factor > 0, 1, 0)
    steps: Bytes = np.clip(np.rint(speed / SPEED_STEP_M_S), least, 255).astype(np.uint8)
    return steps


def _paint(
    mask: Bytes,
    lattice: Lattice,
    box_e7: NDArray[np.int32],
    start: NDArray[np.int64],
    line_e7: NDArray[np.int32],
    bits: Bytes,
) -> None:
    near = lines_near(lattice, box_e7, start, line_e7, bits != 0)
    cells, line = cells_of_lines(lattice, near.lonlat, near.start)
    bit = bits[near.line][line]
    for each in np.unique(bit).tolist():
        mask[cells[bit == each]] |= each

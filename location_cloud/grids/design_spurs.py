"""Dead ends led on: a road that ends inside a block becomes a border once its end is joined to the other side."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.grids.design_blocks import Shapes

LONGEST_M = 90.0
"""How far a dead end is led on; a straight cut through the block serves better from there on."""

LEAST_SPUR_M = 15.0
"""Shorter dead ends are entrances of houses."""

_TURNS = np.radians([0.0, -30.0, 30.0, -60.0, 60.0, -90.0, 90.0])
"""Directions in which an end is led on, from its own."""

_TURN_COST = 1 + np.abs(_TURNS) / np.pi
"""Straight on is best: at the side one soon meets the road that one came from."""


def lead_on(drawing: Any, buildings: Shapes) -> Shapes:
    """Lines from the dead ends of a planar drawing to what lies ahead, where that is near and no building between.

    drawing: noded lines in metres. Gives (n,) LineStrings that reach a centimetre beyond what they meet.
    """
    pieces = shapely.get_parts(drawing)
    ends, ways = _free_ends(pieces)
    if not len(ends):
        return np.empty(0, object)
    rays = _rays(ends, ways)
    reach = _free_length(rays, pieces)
    cost = (reach * np.tile(_TURN_COST, len(ends))).reshape(-1, len(_TURNS))
    cost[(reach < 1.0).reshape(cost.shape)] = np.inf
    best = np.argmin(cost, axis=1)
    rows = np.arange(len(ends)) * len(_TURNS) + best
    rows = rows[np.isfinite(cost.min(axis=1)) & np.isfinite(reach[rows])]
    start = shapely.get_coordinates(shapely.get_point(rays[rows], 0))
    far = shapely.get_coordinates(shapely.get_point(rays[rows], 1))
    stop = start + (far - start) / LONGEST_M * (reach[rows, None] + 0.01)
    lines = shapely.linestrings(np.stack([start, stop], axis=1))
    if len(buildings):
        hit = shapely.STRtree(buildings).query(lines, predicate="intersects")[0]
        lines = np.delete(lines, np.unique(hit))
    return np.asarray(lines, object)


def _free_ends(pieces: Shapes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends of pieces at which nothing goes on, and the direction in which each arrives there, radians."""
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(pieces, at)) for at in (0, -1)])
    before = np.concatenate([shapely.get_coordinates(shapely.get_point(pieces, at)) for at in (1, -2)])
    _, number, count = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    free = (count[number.ravel()] == 1) & (np.tile(shapely.length(pieces), 2) >= LEAST_SPUR_M)
    way = ends[free] - before[free]
    return ends[free], np.arctan2(way[:, 1], way[:, 0])


def _rays(ends: NDArray[np.float64], ways: NDArray[np.float64]) -> Shapes:
    angle = (ways[:, None] + _TURNS[None, :]).ravel()
    start = np.repeat(ends, len(_TURNS), axis=0)
    stop = start + LONGEST_M * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(shapely.linestrings(np.stack([start, stop], axis=1)), object)


def _free_length(rays: Shapes, lines: Shapes) -> NDArray[np.float64]:
    """Metres along each ray until it meets a line; inf if it meets none."""
    ray, line = shapely.STRtree(lines).query(rays, predicate="intersects")
    start = shapely.get_point(rays[ray], 0)
    met = shapely.intersection(rays[ray], lines[line])
    # Its own end touches the ray at 0: what is met there is the spur itself.
    ahead = shapely.difference(met, shapely.buffer(start, 0.5, quad_segs=1))
    metres = shapely.distance(start, ahead)
    metres = np.where(np.isfinite(metres), metres, np.inf)
    reach = np.full(len(rays), np.inf)
    np.minimum.at(reach, ray, metres)
    return reach

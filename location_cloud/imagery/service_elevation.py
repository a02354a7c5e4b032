"""How high the ground is: at points, and along a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery, NotFound, TooLarge
from location_cloud.imagery.heights import heights_at
from location_cloud.imagery.model import Scene
from location_cloud.imagery.model_mosaic import Order, SceneSet
from location_cloud.imagery.service import mercator
from location_cloud.imagery.service_scenes import get_set, list_sets
from location_cloud.spatial.measure import GEOD

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

Floats = NDArray[np.float64]

MAX_POINTS = 10_000
"""Of one question; also samples of a profile."""

SAMPLES_BY_DEFAULT = 200
NO_SCENES = "the operator adds heights with: location-cloud import N46E125.hgt.zip"


@dataclass(frozen=True)
class Heights:
    """lonlat: (n, 2) degrees. metres: (n,), NaN = void or outside. sources: scene of each point, None where NaN."""

    lonlat: Floats
    metres: Floats
    sources: list[Scene | None]


@dataclass(frozen=True)
class Profile:
    """Heights along a line. distance_m: (n,) from its start, over the ellipsoid. ascent_m, descent_m: both >= 0."""

    heights: Heights
    distance_m: Floats
    length_m: float
    step_m: float
    ascent_m: float
    descent_m: float


def find_heights(live: Live, tenant: str, home: Path, lonlat: Floats, name: str = "") -> Heights:
    """Heights of (n, 2) points in degrees, from the finest scene that has one there.

    name: the set to ask; "" = all sets of heights. Raises NotFound if there is none, TooLarge, NotInstalled.
    """
    if len(lonlat) > MAX_POINTS:
        raise TooLarge(f"{len(lonlat):,} points; the most is {MAX_POINTS:,}", hint="ask in several questions")
    scenes = _scenes(live, tenant, home, lonlat, name)
    metres, told_by = heights_at(home, scenes, lonlat)
    return Heights(lonlat, metres, [scenes[i] if i >= 0 else None for i in told_by.tolist()])


def find_profile(
    live: Live, tenant: str, home: Path, line: Floats, step_m: float | None = None, name: str = ""
) -> Profile:
    """Heights along a line of (n, 2) points in degrees, at its corners and every step_m between them.

    step_m: None = 200 steps in all. Raises BadQuery, NotFound, TooLarge, NotInstalled.
    """
    if len(line) < 2:
        raise BadQuery(f"a line has two points or more, this one {len(line)}", hint="lon,lat;lon,lat")
    _, _, legs = GEOD.inv(line[:-1, 0].copy(), line[:-1, 1].copy(), line[1:, 0].copy(), line[1:, 1].copy())
    length = float(legs.sum())
    if length == 0:
        raise BadQuery("the line has no length: all its points are the same", hint="give two places")
    step = step_m or max(length / SAMPLES_BY_DEFAULT, 0.1)
    counts = np.maximum(np.ceil(legs / step - 1e-9), 1).astype(np.int64)
    if counts.sum() + 1 > MAX_POINTS:
        raise TooLarge(
            f"{length:,.0f} m in steps of {step:g} m are {int(counts.sum()):,} samples; the most is {MAX_POINTS:,}",
            hint=f"step_m={length / MAX_POINTS * 1.01:.0f} or more",
        )
    points, distances = _sampled(line, legs, counts)
    heights = find_heights(live, tenant, home, points, name)
    rises = np.diff(heights.metres)
    rises = rises[np.isfinite(rises)]
    return Profile(heights, distances, length, step, float(rises[rises > 0].sum()), float(-rises[rises < 0].sum()))


def _sampled(line: Floats, legs: Floats, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Points along geodesics, each leg cut into equal parts; and their distances from the start, metres."""
    points, distances = [line[:1]], [np.zeros(1)]
    done = 0.0
    for start, end, leg, count in zip(line[:-1], line[1:], legs.tolist(), counts.tolist(), strict=True):
        if count > 1:
            points.append(np.array(GEOD.npts(start[0], start[1], end[0], end[1], count - 1)))
        points.append(end[None])
        distances.append(done + leg * np.arange(1, count + 1) / count)
        done += leg
    return np.concatenate(points), np.concatenate(distances)


def _scenes(live: Live, tenant: str, home: Path, lonlat: Floats, name: str) -> list[Scene]:
    """The scenes of heights around the points, the finest first."""
    if name:
        sets = [get_set(live, tenant, home, name)]
        if sets[0].kind != "elevation":
            raise BadQuery(f"{name} holds no heights but {sets[0].kind}", hint="leave out set=")
    else:
        sets = [each for each in list_sets(live, tenant, home).values() if each.kind == "elevation"]
    if not sets:
        raise NotFound("there are no heights here yet", hint=NO_SCENES)
    west, south = lonlat.min(axis=0)
    east, north = lonlat.max(axis=0)
    box_m = mercator((west, south, east, north))
    order: Order = "finest"
    found = [scene for each in sets for scene in _all_within(each, box_m, order)]
    return sorted(found, key=lambda scene: scene.resolution_m)


def _all_within(scenes: SceneSet, box_m: tuple[float, float, float, float], order: Order) -> list[Scene]:
    west, south, east, north = box_m
    # A point on the line between two scenes belongs to both.
    return scenes.within((west - 1, south - 1, east + 1, north + 1), order)

"""What the ground allows: what is seen from a lookout or a UAV, where a helicopter lands, where water carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.bayes import probability
from location_cloud.searches.drifting import drift_particles
from location_cloud.searches.landing import SAFETY_CIRCLE_M, landing_sites
from location_cloud.searches.level_areas import outline
from location_cloud.searches.model import LAND_COVERS, POWER, RAIL, ROAD, STRUCTURE
from location_cloud.searches.service_map import find_ground
from location_cloud.searches.service_state import get_search, get_state
from location_cloud.searches.survival import frostbite_min, immersion, predicted_survival_h, urgency, wind_chill_c
from location_cloud.searches.viewshed import seen_by, viewshed
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

OBSTACLES = ("woodland", "water", "wetland", "built", "barrier", "rock")
"""Covers that no helicopter sets down on."""


@dataclass(frozen=True)
class Seen:
    """What lookouts see together. area: degrees. poa: chance in it. seen_m2: of ground."""

    area: BaseGeometry
    seen_m2: float
    poa: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """A place to land. diameter_m: of the clear circle; slope_deg: mean inside; cover: "open" = nothing is mapped."""

    location: tuple[float, float]
    diameter_m: float
    slope_deg: float
    distance_m: float
    cover: str


@dataclass(frozen=True)
class Drifted:
    """Where something drifted to. rings: (share, polygon in degrees) of the smallest areas that hold a share."""

    mean: tuple[float, float]
    spread_m: float
    rings: list[tuple[float, BaseGeometry]]
    in_cells: float


def find_seen(world: World, tenant: str, search_id: int, lookouts: Sequence[Mapping[str, Any]]) -> Seen:
    """What one or several lookouts see of the search's cells, and how much of the chance that is.

    lookouts: each `location`, `eye_m` (above ground, or above the sea if `above_sea`), `target_m`, `reach_m`.
    Raises Unprocessable without elevation, BadQuery for a lookout outside of the cells.
    """
    state = get_state(world.live, tenant, world.home, search_id)
    lattice = state.search.lattice
    ground, warnings = find_ground(world, tenant, state.search)
    if ground.elevation_m is None:
        raise Unprocessable(
            "no elevation is imported here: nothing is known of what hides what",
            hint="the operator adds heights with: location-cloud import N46E125.hgt.zip",
        )
    masks = []
    for each in lookouts:
        x, y = lattice.xy_m(np.array([each["location"]]))[0].tolist()
        if lattice.cell_of(np.array([each["location"]]))[0] < 0:
            lon, lat = each["location"]
            west, south, east, north = lattice.bounds
            raise BadQuery(
                f"the lookout {lon:g},{lat:g} lies outside of the search's cells",
                hint=f"they reach from {west:.5f},{south:.5f} to {east:.5f},{north:.5f}: move it, or widen the map",
            )
        reach = each.get("reach_m") or np.inf
        eye, target = each["eye_m"], each.get("target_m") or 0.0
        masks.append(
            viewshed(
                lattice.grid, ground.elevation_m, (x, y), eye, target, reach, is_above_sea=each.get("above_sea", False)
            )
        )
    seen = seen_by(np.stack(masks)) > 0
    p, _ = probability(state.belief)
    size = float(seen.sum() * lattice.grid.cell_m2)
    return Seen(outline(lattice, seen), size, float(p[seen.ravel()].sum()), warnings)


def find_landing(
    world: World, tenant: str, search_id: int, near: tuple[float, float] | None, told: Mapping[str, Any]
) -> tuple[list[Site], tuple[str, ...]]:
    """Where a helicopter can land among the search's cells, nearest first if `near` is given, else largest first.

    told: `helicopter` or `diameter_m`, `most_slope_deg`, `limit`. Without elevation, slopes count as level: a warning.
    """
    search = get_search(world.live, tenant, search_id)
    lattice = search.lattice
    ground, warnings = find_ground(world, tenant, search)
    covered = [LAND_COVERS.index(name) for name in OBSTACLES]
    obstacle = np.isin(ground.bare, covered) | (ground.mask & (ROAD | RAIL | POWER | STRUCTURE) != 0)
    level = np.zeros(lattice.shape, np.float32)
    heights = level if ground.elevation_m is None else ground.elevation_m
    diameter = told.get("diameter_m") or SAFETY_CIRCLE_M[told["helicopter"]]
    at = None if near is None else lattice.xy_m(np.array([near]))[0]
    found = landing_sites(
        lattice.grid,
        heights,
        obstacle,
        diameter,
        told["most_slope_deg"],
        None if at is None else (float(at[0]), float(at[1])),
        told["limit"],
    )
    if max(lattice.grid.width_m, lattice.grid.height_m) > diameter / 2:
        warnings = (*warnings, "cells are larger than half the circle: look at each place before it is used")
    middle = np.zeros(2) if at is None else at
    lonlat = lattice.lonlat(np.array([site.xy_m for site in found]).reshape(-1, 2))
    covers = [LAND_COVERS[code] for code in ground.bare.ravel()[lattice.cell_of(lonlat)].tolist()]
    sites = [
        Site((lon, lat), site.diameter_m, site.slope_deg, float(np.hypot(*(np.array(site.xy_m) - middle))), cover)
        for (lon, lat), site, cover in zip(lonlat.tolist(), found, covers)
    ]
    return sites, warnings


def find_drift(world: World, tenant: str, search_id: int, told: Mapping[str, Any]) -> Drifted:
    """Where something in water is after a time; nothing is kept. told: of `drifting.drift_particles`."""
    lattice = get_search(world.live, tenant, search_id).lattice
    particles = drift_particles(lattice, told)
    mean = particles.mean(axis=0)
    away = particles - mean
    covariance = np.cov(away.T) + np.eye(2) * 1e-6
    rings = []
    for share in (0.5, 0.95):
        ellipse = _ellipse(mean, covariance, -2 * np.log(1 - share))
        rings.append((share, shapely.Polygon(lattice.lonlat(ellipse))))
    lon, lat = lattice.lonlat(mean[None])[0].tolist()
    inside = float((lattice.grid.cells_of(particles) >= 0).mean())
    return Drifted((lon, lat), float(np.sqrt(np.trace(covariance) / 2)), rings, inside)


def find_cold(live: Live, tenant: str, search_id: int, told: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """What cold air or water leaves, as plain values; None if nobody tells how long the subject has been out.

    told: `air_c`, `wind_kmh`, `water_c`, `elapsed_s`.
    """
    subject = get_search(live, tenant, search_id).subject
    elapsed_s = told["elapsed_s"]
    if elapsed_s is None and subject.last_seen_at is not None:
        elapsed_s = max((now - subject.last_seen_at).total_seconds(), 0.0)
    if elapsed_s is None:
        return None
    air, wind, water = told["air_c"], told["wind_kmh"], told["water_c"]
    hurry = urgency(elapsed_s, air, wind, water, subject.is_vulnerable)
    wet = None if water is None else immersion(water)
    return {
        "wind_chill_c": float(wind_chill_c(air, wind)),
        "frostbite_min": float(frostbite_min(air, wind)),
        "immersion": None
        if wet is None
        else {
            "exhausted_h": _finite(wet.exhausted_h),
            "survives_h": _finite(wet.survives_h),
            "predicted_h": _finite((float(predicted_survival_h(water)),))[0],
        },
        "urgency": hurry.level,
        "left_h": hurry.left_h,
        "reasons": list(hurry.reasons),
    }


def _finite(hours: Sequence[float]) -> list[float | None]:
    return [None if np.isinf(each) else each for each in hours]


def _ellipse(mean: Any, covariance: Any, chi2: float) -> Any:
    """(64, 2) metres round the ellipse of a normal; chi2: of two degrees of freedom, for the share that it holds."""
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    return mean + np.sqrt(chi2) * circle @ np.linalg.cholesky(covariance).T

"""Where a helicopter can land: level, clear and large enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, maximum_filter, uniform_filter

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Bools, Floats, Grid

SAFETY_CIRCLE_M: Final = {"light": 22.9, "medium": 27.4, "heavy": 33.5}
"""Diameters of 75, 90 and 110 ft for helicopters of type 3, 2 and 1. Source: NWCG Standards for Helicopter Operations,
PMS 510; NWCG, Helicopter Landing Zone Selection."""
MOST_SLOPE_DEG: Final = 5.0
"""A cautious value of this project; services name 5 to 10 degrees. To be set for the aircraft."""


@dataclass(frozen=True)
class LandingSite:
    """xy_m: middle of the clear circle. diameter_m: of the largest one about it. slope_deg: mean of its clear cells."""

    xy_m: tuple[float, float]
    diameter_m: float
    slope_deg: float


def landing_sites(
    grid: Grid,
    elevation_m: NDArray[np.float32],
    obstacle: NDArray[np.bool_],
    diameter_m: float = SAFETY_CIRCLE_M["medium"],
    most_slope_deg: float = MOST_SLOPE_DEG,
    near_m: tuple[float, float] | None = None,
    most: int = 20,
) -> list[LandingSite]:
    """The best sites, largest first, or nearest first if near_m is given; their middles are a diameter apart.

    obstacle: (rows, columns) trees, buildings, water, wires, roads in use. Cells of unknown height (nan) are none, nor
    is what lies beyond the grid. A clear circle reaches no cell that is steep or an obstacle, to half a cell.
    Raises BadQuery for shapes that do not fit or a diameter that is not positive.
    """
    if not diameter_m > 0:
        raise BadQuery(f"diameter_m={diameter_m} must be positive", hint="75, 90 and 110 ft are 22.9, 27.4 and 33.5 m")
    slope = slope_deg(grid, elevation_m)
    clear = np.pad(_suitable(slope, obstacle, most_slope_deg), 1)
    half_cell = min(grid.width_m, grid.height_m) / 2
    radius = distance_transform_edt(clear, sampling=(grid.height_m, grid.width_m))[1:-1, 1:-1] - half_cell
    window = [max(int(diameter_m / size) | 1, 3) for size in (grid.height_m, grid.width_m)]
    peak = np.flatnonzero((radius >= diameter_m / 2) & (radius == maximum_filter(radius, window)))
    middle = grid.middles_m(peak)
    size = radius.ravel()[peak]
    rank = -size if near_m is None else np.hypot(*(middle - np.asarray(near_m)).T)
    level = clear[1:-1, 1:-1]  # around a circle no larger than a cell it may be steep
    weight = uniform_filter(level.astype(np.float64), window).ravel()[peak]
    mean_slope = uniform_filter(np.where(level, slope, 0.0), window).ravel()[peak] / weight
    sites: list[LandingSite] = []
    taken = np.zeros((0, 2))
    for k in np.lexsort([peak, rank]):
        if len(sites) == most:
            break
        if not len(taken) or np.hypot(*(taken - middle[k]).T).min() >= diameter_m:
            taken = np.concatenate([taken, middle[k : k + 1]])
            at = float(middle[k, 0]), float(middle[k, 1])
            sites.append(LandingSite(at, 2 * float(size[k]), float(mean_slope[k])))
    return sites


def slope_deg(grid: Grid, elevation_m: NDArray[np.float32]) -> Floats:
    """(rows, columns) degrees of slope, nan beside unknown heights; at edges the slope goes on. Source: Horn 1981."""
    if elevation_m.shape != grid.shape:
        raise BadQuery(f"elevation_m must have the grid's shape, {grid.shape}")
    z = np.asarray(elevation_m, np.float64)
    z = np.pad(z, 1, mode="reflect", reflect_type="odd") if min(grid.shape) > 1 else np.pad(z, 1, mode="edge")
    side = z[:-2] + 2 * z[1:-1] + z[2:]
    east = (side[:, 2:] - side[:, :-2]) / (8 * grid.width_m)
    side = z[:, :-2] + 2 * z[:, 1:-1] + z[:, 2:]
    north = (side[2:] - side[:-2]) / (8 * grid.height_m)
    return np.asarray(np.degrees(np.arctan(np.hypot(east, north))))


def suitable(
    grid: Grid, elevation_m: NDArray[np.float32], obstacle: NDArray[np.bool_], most_slope_deg: float = MOST_SLOPE_DEG
) -> Bools:
    """(rows, columns) whether a cell is level enough and clear."""
    return _suitable(slope_deg(grid, elevation_m), obstacle, most_slope_deg)


def _suitable(slope: Floats, obstacle: NDArray[np.bool_], most_slope_deg: float) -> Bools:
    if obstacle.shape != slope.shape:
        raise BadQuery(f"obstacle must have the grid's shape, {slope.shape}")
    if not 0 <= most_slope_deg < 90:
        raise BadQuery(f"most_slope_deg={most_slope_deg} must be in [0, 90)", hint="5 degrees is usual")
    return np.asarray((slope <= most_slope_deg) & ~obstacle)

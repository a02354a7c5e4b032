"""What can be seen over an elevation model from a lookout, a tower or a UAV."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from location_cloud.errors import BadQuery
from location_cloud.searches.cells import Bools, Grid

EARTH_M: Final = 6_371_008.8
"""Mean radius R1 of the WGS-84 ellipsoid (IUGG)."""
REFRACTION: Final = 0.13
"""Share of the curvature that light's bending takes back. Source: Gauss; usual in surveying and GIS."""
FAR_BELOW_M: Final = -1e5
"""Height of unknown ground: it hides nothing."""
CHUNK: Final = 500_000
"""Points of rays whose heights are read at once: 12 MB of coordinates."""


def viewshed(
    grid: Grid,
    elevation_m: NDArray[np.float32],
    xy_m: tuple[float, float],
    eye_m: float,
    target_m: float = 0.0,
    reach_m: float = np.inf,
    refraction: float = REFRACTION,
    is_above_sea: bool = False,
) -> Bools:
    """(rows, columns) whether the ground (or target_m above it) of each cell is seen.

    elevation_m: (rows, columns), nan = unknown, not seen and hides nothing. eye_m: above the ground at the point, or
    above sea level if is_above_sea (a UAV). reach_m: no further. Earth's curvature and refraction lower far ground by
    d^2 (1 - refraction) / 2R.

    Rays leave to every cell of the grid's (or reach's) rim and take heights between cells half a cell apart; what
    they keep, the steepest line of sight so far, is asked for each cell a cell's width before it.
    Raises BadQuery for a point off the grid or of unknown height, shapes that do not fit, or an eye below the ground.
    Source: Franklin and Ray 1994 (R2), with each cell's own line between two rays instead of the nearest ray's.
    """
    row, column, eye, height = _placed(grid, elevation_m, xy_m, eye_m, is_above_sea)
    if not (target_m >= 0 and reach_m > 0 and 0 <= refraction < 1):
        raise BadQuery(
            "target_m must be 0 or more, reach_m positive and refraction in [0, 1)",
            hint="0 m looks at the ground, 0.13 is usual air",
        )
    east, north = grid.offsets_m(xy_m)
    distance = np.sqrt(east * east + north * north)
    bend = (1 - refraction) / (2 * EARTH_M)
    least = min(grid.width_m, grid.height_m)
    far = min(reach_m, float(distance.max()))
    step = least / 2
    steps = int(far / step) + 2
    rays = max(
        int(np.ceil(2 * np.pi * min(far, max(grid.rows * grid.height_m, grid.columns * grid.width_m)) / least)), 64
    )
    horizon = _horizons(grid, height, (row, column), eye, bend, rays, step, steps)
    ray = (np.arctan2(east, north) / (2 * np.pi) % 1.0) * rays
    # The line just before a cell: its own rise must not hide it.
    before = np.maximum(distance - least, 0.0) / step
    limit = map_coordinates(horizon, [ray, before], order=1, mode="nearest")
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (height + target_m - eye - bend * distance * distance) / distance
    seen = (own >= limit) & (distance <= reach_m) & np.isfinite(elevation_m)
    at = grid.cells_of(xy_m)[0]
    seen.flat[at] = True
    return np.asarray(seen)


def seen_by(masks: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(rows, columns) how many of the (lookouts, rows, columns) masks see each cell."""
    return np.asarray(masks.sum(axis=0, dtype=np.int32))


def _placed(
    grid: Grid, elevation_m: NDArray[np.float32], xy_m: tuple[float, float], eye_m: float, is_above_sea: bool
) -> tuple[float, float, float, NDArray[np.float32]]:
    """Row and column of the eye with fractions, its height, and heights without gaps."""
    if elevation_m.shape != grid.shape:
        raise BadQuery(f"elevation_m must have the grid's shape, {grid.shape}")
    cell = grid.cells_of(xy_m)[0]
    if cell < 0:
        raise BadQuery(f"the point {xy_m} lies outside the grid", hint="choose a point on the map")
    ground = float(elevation_m.flat[cell])
    if not np.isfinite(ground):
        raise BadQuery(f"the height of the ground at {xy_m} is unknown", hint="choose a point with elevation")
    eye = eye_m if is_above_sea else ground + eye_m
    if not eye >= ground:
        raise BadQuery(f"an eye at {eye:.1f} m is below the ground at {ground:.1f} m", hint="raise it above the ground")
    height = np.where(np.isfinite(elevation_m), elevation_m, FAR_BELOW_M).astype(np.float32)
    row = (xy_m[1] - grid.south_m) / grid.height_m - 0.5
    column = (xy_m[0] - grid.west_m) / grid.width_m - 0.5
    return row, column, eye, height


def _horizons(
    grid: Grid,
    height: NDArray[np.float32],
    at: tuple[float, float],
    eye: float,
    bend: float,
    rays: int,
    step: float,
    steps: int,
) -> NDArray[np.float32]:
    """(rays + 1, steps) the steepest line of sight (rise over run) up to each distance; the last ray is the first."""
    distance = np.arange(steps) * step
    horizon = np.empty((rays + 1, steps), np.float32)
    bearing = np.arange(rays) * (2 * np.pi / rays)
    many = max(CHUNK // steps, 1)
    for begin in range(0, rays, many):
        part = bearing[begin : begin + many, None]
        rows = at[0] + np.cos(part) * (distance / grid.height_m)
        columns = at[1] + np.sin(part) * (distance / grid.width_m)
        ground = map_coordinates(height, [rows, columns], order=1, mode="constant", cval=FAR_BELOW_M, output=np.float32)
        rise = ground - np.float32(eye) - (bend * distance * distance).astype(np.float32)
        rise[:, 1:] /= distance[1:].astype(np.float32)
        rise[:, 0] = -np.inf
        np.maximum.accumulate(rise, axis=1, out=horizon[begin : begin + len(part)])
    horizon[rays] = horizon[0]
    horizon[:, 0] = -1e6
    return horizon

"""Where a vehicle must stop: the nearest point of a road that may be driven, on a grid over the drivable roads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.grid import CELL_DEG
from location_cloud.places.nearby_kernels import (
    BEARING,
    COLUMNS,
    FIRST_REACH_M,
    HALF_CELL_DEG,
    LAT,
    LON,
    METRES,
    REACH_GROWTH,
    VALUES,
    Floats,
    Ints,
    Rows,
    east_scale,
    foot,
    outwards,
    put_foot,
    run,
    strips,
    turned,
)
from location_cloud.roads.model import BRIDGE, CAR, CLASSES, FERRY, TUNNEL, Roads
from tiles.compiled import entry_point, kernel

NO_STOPPING = ("motorway", "motorway_link", "trunk_link")
"""Classes along which nobody stops to walk off; neither from bridges or out of tunnels."""

ON_ROAD_M = 30.0
"""Only to something this close a vehicle stops there all the same: it is on that road."""

NEVER, ALWAYS, ONLY_THERE = range(3)


@dataclass(frozen=True)
class DrivableGrid:
    """Which segments of the roads a car may stop on, by cell: cell (k,) int64 ascending, item (k,) int32 segments.

    Each segment stands in every cell that it touches, to half a cell. use: (s,) uint8 NEVER, ALWAYS, ONLY_THERE.
    """

    cell: NDArray[np.int64]
    item: NDArray[np.int32]
    use: NDArray[np.uint8]


@dataclass(frozen=True)
class Stop:
    """A point of a road. segment: row of the roads. lonlat: degrees. distance_m: to what was asked for, as the crow
    flies. bearing_deg: from the stop to it.
    """

    segment: int
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float


def drivable_grid(roads: Roads) -> DrivableGrid:
    """The grid of the drivable roads; made at the first question (30 ms for 200,000 segments) and kept with them."""
    kept: dict[str, DrivableGrid] = roads.__dict__
    if "drivable_grid" not in kept:
        kept["drivable_grid"] = build_drivable_grid(roads)
    return kept["drivable_grid"]


def build_drivable_grid(roads: Roads) -> DrivableGrid:
    """Files every segment that a car may use under the cells that it touches."""
    use = np.where((roads.seg_access_forward | roads.seg_access_backward) & CAR, ALWAYS, NEVER).astype(np.uint8)
    unfit = np.isin(roads.seg_class, [CLASSES.index(name) for name in NO_STOPPING])
    unfit |= (roads.seg_flags & (BRIDGE | TUNNEL)) != 0
    use[(use == ALWAYS) & unfit] = ONLY_THERE
    use[(roads.seg_flags & FERRY) != 0] = NEVER
    start, shape = np.ascontiguousarray(roads.shape_start), np.ascontiguousarray(roads.shape_e7)
    cell = np.empty(count_cells(start, shape, use), np.int64)
    item = np.empty(len(cell), np.int32)
    fill_cells(start, shape, use, cell, item)
    order = np.argsort(cell, kind="stable")
    return DrivableGrid(cell[order], item[order], use)


def find_stop(roads: Roads, lonlat: tuple[float, float], reach_m: float) -> Stop | None:
    """Where to stop for a position, within a reach in metres; None = no drivable road there."""
    grid = drivable_grid(roads)
    at = np.zeros(VALUES)
    segment = nearest_drivable(
        grid.cell, grid.item, grid.use, roads.shape_start, roads.shape_e7, *lonlat, float(reach_m), at
    )
    if segment < 0:
        return None
    return Stop(segment, (float(at[LON]), float(at[LAT])), round(float(at[METRES]), 1), round(float(at[BEARING]), 1))


@kernel
def samples(shape: Rows, point: int) -> int:
    """How many points of a piece stand for it, half a cell apart at most."""
    step = max(abs(shape[point + 1, 0] - shape[point, 0]), abs(shape[point + 1, 1] - shape[point, 1])) * 1e-7
    count: int = max(1, math.ceil(step / HALF_CELL_DEG))
    return count


@kernel
def cell_of(shape: Rows, point: int, share: float) -> int:
    """The number of the cell that a point of a piece lies in."""
    lon = (shape[point, 0] + share * (shape[point + 1, 0] - shape[point, 0])) * 1e-7
    lat = (shape[point, 1] + share * (shape[point + 1, 1] - shape[point, 1])) * 1e-7
    number: int = math.floor((lat + 90.0) / CELL_DEG) * COLUMNS + math.floor((lon + 180.0) / CELL_DEG)
    return number


@kernel
def put_cells(start: Ints, shape: Rows, segment: int, cell: Ints, item: Rows, place: int) -> int:
    """Writes the cells of a segment, each once as long as it does not come back; gives the place behind them."""
    last = -1
    for point in range(start[segment], start[segment + 1] - 1):
        count = samples(shape, point)
        for step in range(count):
            number = cell_of(shape, point, (step + 0.5) / count)
            if number != last:
                if len(cell):
                    cell[place], item[place] = number, segment
                last = number
                place += 1
    return place


@entry_point
def count_cells(start: Ints, shape: Rows, use: NDArray[np.uint8]) -> int:
    """How many entries the grid has."""
    place = 0
    none, nothing = np.empty(0, np.int64), np.empty(0, np.int32)
    for segment in range(len(use)):
        if use[segment] != NEVER:
            place = put_cells(start, shape, segment, none, nothing, place)
    return place


@entry_point
def fill_cells(start: Ints, shape: Rows, use: NDArray[np.uint8], cell: Ints, item: Rows) -> None:
    """Writes them."""
    place = 0
    for segment in range(len(use)):
        if use[segment] != NEVER:
            place = put_cells(start, shape, segment, cell, item, place)


@entry_point
def nearest_drivable(
    cell: Ints,
    item: Rows,
    use: NDArray[np.uint8],
    start: Ints,
    shape: Rows,
    lon: float,
    lat: float,
    reach_m: float,
    at: Floats,
) -> int:
    """The nearest segment to stop on, -1 = none; its VALUES go to `at`. Equal ones by segment."""
    best, best_point, best_share = -1, -1, 0.0
    if len(cell) == 0:
        return best
    east_m = east_scale(lat)
    reached_m = min(FIRST_REACH_M, reach_m)
    while True:
        best_m = reached_m
        for turn in range(3):
            at_lon = turned(lon, lat, reached_m, turn)
            if math.isnan(at_lon):
                continue
            middle, low, high = strips(cell, lat, reached_m, HALF_CELL_DEG)
            for step in range(2 * max(middle - low, high - middle, 0) + 1):
                strip = outwards(middle, step)
                if not low <= strip <= high:
                    continue
                place, end = run(cell, strip, at_lon, lat, best_m, HALF_CELL_DEG)
                while place < len(cell) and cell[place] <= end:
                    segment = item[place]
                    place += 1
                    for point in range(start[segment], start[segment + 1] - 1):
                        share, metres = foot(shape, point, at_lon, lat, east_m)
                        if use[segment] == ONLY_THERE and metres > ON_ROAD_M:
                            continue
                        if metres < best_m or (metres == best_m and (best < 0 or segment < best)):
                            best, best_point, best_share, best_m = segment, point, share, metres
        if best >= 0 or reached_m >= reach_m:
            break
        reached_m = min(reached_m * REACH_GROWTH, reach_m)
    if best >= 0:
        put_foot(shape, best_point, best_share, lon, lat, at)
    return best

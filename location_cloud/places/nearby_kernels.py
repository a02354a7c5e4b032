"""Compiled searches over packed grids: the nearest points, the nearest piece of a line, the best-known places around.

All go outwards row by row of the grid and leave out what can hold nothing nearer, so the work grows with what is near,
not with the radius: an empty row costs one bisection.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.grid import CELL_DEG
from location_cloud.places.model import METRES_PER_DEGREE
from tiles.compiled import entry_point, kernel

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Floats = NDArray[np.float64]

COLUMNS = 1 << 20
"""As in grid: what a row is multiplied with to make a cell's number."""

LON, LAT, METRES, BEARING = range(4)
VALUES = 4
"""What is written of each thing: where it is, and how far and which way from it to the position."""

HALF_CELL_DEG = CELL_DEG / 2
"""A piece of a line is filed at its middle and no longer than a cell."""

SMALLEST_COS = 0.01
"""Of latitude: beyond 89.4 degrees columns are taken to be as wide as there."""

FIRST_REACH_M, REACH_GROWTH = 60.0, 8.0
"""How far is looked first, and how many times further if there is too little."""

NEXT_DOOR_M = 100.0
"""Distances up to about this do not count much for what is well known."""

A_M, E2 = 6_378_137.0, 0.006694379990141316
"""WGS-84: semi-major axis in metres, first eccentricity squared."""


@kernel
def measure(lon: float, lat: float, to_lon: float, to_lat: float) -> tuple[float, float]:
    """(metres, bearing at the start in degrees) from one point to another.

    Gauss's formula of the middle latitude, to its first term: within 0.1 m up to 10 km, 3 m at 100 km.
    Source: Torge, Geodesy, 3rd edition, 6.3.2.
    """
    middle = math.radians((lat + to_lat) / 2)
    sine, cosine = math.sin(middle), math.cos(middle)
    turn = to_lon - lon
    turn = turn - 360.0 if turn > 180.0 else turn + 360.0 if turn < -180.0 else turn
    shrink = 1.0 - E2 * sine * sine
    north = math.radians(to_lat - lat) * A_M * (1.0 - E2) / (shrink * math.sqrt(shrink))
    east = math.radians(turn) * cosine * A_M / math.sqrt(shrink)
    metres = math.hypot(east, north)
    if metres == 0.0:
        return 0.0, 0.0
    bearing = math.degrees(math.atan2(east, north)) - turn * sine / 2
    return metres, bearing % 360.0


@kernel
def lower_bound(cell: Ints, wanted: int) -> int:
    """The first place of an ascending array that is not below a number."""
    low, high = 0, len(cell)
    while low < high:
        middle = (low + high) >> 1
        if cell[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def east_scale(lat: float) -> float:
    """Metres per degree of longitude."""
    return METRES_PER_DEGREE * max(math.cos(math.radians(lat)), SMALLEST_COS)


@kernel
def turned(lon: float, lat: float, reach_m: float, turn: int) -> float:
    """The longitude to search from in one of three turns: its own, and behind the antimeridian; NaN = not near."""
    if turn == 0:
        return lon
    reach_deg = reach_m / east_scale(lat) + CELL_DEG
    if turn == 1:
        return lon - 360.0 if lon + reach_deg > 180.0 else math.nan
    return lon + 360.0 if lon - reach_deg < -180.0 else math.nan


@kernel
def strips(cell: Ints, lat: float, reach_m: float, slack_deg: float) -> tuple[int, int, int]:
    """(row of a latitude, the rows around it that hold anything within a reach)."""
    reach_deg = reach_m / METRES_PER_DEGREE + slack_deg
    middle = math.floor((lat + 90.0) / CELL_DEG)
    low = max(math.floor((lat - reach_deg + 90.0) / CELL_DEG), cell[0] // COLUMNS)
    high = min(math.floor((lat + reach_deg + 90.0) / CELL_DEG), cell[-1] // COLUMNS)
    return middle, low, high


@kernel
def outwards(middle: int, step: int) -> int:
    """The rows from the middle outwards: m, m + 1, m - 1, m + 2, ..."""
    away = (step + 1) >> 1
    return middle + away if step & 1 else middle - away


@kernel
def run(cell: Ints, strip: int, lon: float, lat: float, reach_m: float, slack_deg: float) -> tuple[int, int]:
    """(first place, last cell's number) of what a row of cells holds within a reach; slack as `strips`."""
    south = strip * CELL_DEG - 90.0 - slack_deg
    off_m = max(0.0, south - lat, lat - south - CELL_DEG - 2 * slack_deg) * METRES_PER_DEGREE
    if off_m > reach_m:
        return 0, -1
    reach_deg = math.sqrt(reach_m * reach_m - off_m * off_m) / east_scale(lat) + slack_deg
    west = math.floor((lon - reach_deg + 180.0) / CELL_DEG)
    east = math.floor((lon + reach_deg + 180.0) / CELL_DEG)
    base = strip * COLUMNS
    return lower_bound(cell, base + max(west, 0)), base + min(east, COLUMNS - 1)


@kernel
def keep_nearest(item: int, value: float, row: Ints, values: Floats) -> None:
    """Puts an item where it belongs among those with the smallest values, if it does; equal ones by item."""
    last = len(row) - 1
    if value > values[last] or (value == values[last] and 0 <= row[last] < item):
        return
    place = last
    while place > 0 and (values[place - 1] > value or (values[place - 1] == value and row[place - 1] > item)):
        values[place], row[place] = values[place - 1], row[place - 1]
        place -= 1
    values[place], row[place] = value, item


@kernel
def nearest_points(cell: Ints, item: Rows, points: Floats, lon: float, lat: float, reach_m: float, row: Ints) -> None:
    """Fills `row` with the nearest items within a reach, the nearest first; those that there are none of are -1."""
    last = len(row) - 1
    if last < 0 or len(cell) == 0:
        return
    east_m = east_scale(lat)
    apart_m2 = np.empty(last + 1)  # squared: most are only compared
    reached_m = min(FIRST_REACH_M, reach_m)
    while True:
        apart_m2[:], row[:] = reached_m * reached_m, -1
        for turn in range(3):
            at_lon = turned(lon, lat, reached_m, turn)
            if math.isnan(at_lon):
                continue
            middle, low, high = strips(cell, lat, reached_m, 0.0)
            for step in range(2 * max(middle - low, high - middle, 0) + 1):
                strip = outwards(middle, step)
                if not low <= strip <= high:
                    continue
                place, end = run(cell, strip, at_lon, lat, math.sqrt(apart_m2[last]), 0.0)
                while place < len(cell) and cell[place] <= end:
                    thing = item[place]
                    east, north = (points[thing, 0] - at_lon) * east_m, (points[thing, 1] - lat) * METRES_PER_DEGREE
                    metres2 = east * east + north * north
                    if metres2 <= apart_m2[last]:
                        keep_nearest(thing, metres2, row, apart_m2)
                    place += 1
        if row[last] >= 0 or reached_m >= reach_m:
            return
        reached_m = min(reached_m * REACH_GROWTH, reach_m)


@kernel
def nearest_piece(
    cell: Ints,
    item: Rows,
    vertex: Rows,
    piece_vertex: Rows,
    lon: float,
    lat: float,
    reach_m: float,
) -> tuple[int, float, float]:
    """(piece, share of it, metres) of the nearest piece of a line within a reach; piece -1 = none.

    vertex: (v, 2) 1e-7 degree. piece_vertex: first vertex of each piece, the next one ends it. Equal ones by piece.
    """
    best, best_share, best_m = -1, 0.0, reach_m
    if len(cell) == 0:
        return best, best_share, best_m
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
                    piece = item[place]
                    share, metres = foot(vertex, piece_vertex[piece], at_lon, lat, east_m)
                    if metres < best_m or (metres == best_m and (best < 0 or piece < best)):
                        best, best_share, best_m = piece, share, metres
                    place += 1
        if best >= 0 or reached_m >= reach_m:
            return best, best_share, best_m
        reached_m = min(reached_m * REACH_GROWTH, reach_m)


@kernel
def foot(vertex: Rows, start: int, lon: float, lat: float, east_m: float) -> tuple[float, float]:
    """(share, metres) of the point of a piece that is nearest to a position."""
    ax = (vertex[start, 0] * 1e-7 - lon) * east_m
    ay = (vertex[start, 1] * 1e-7 - lat) * METRES_PER_DEGREE
    bx = (vertex[start + 1, 0] * 1e-7 - lon) * east_m
    by = (vertex[start + 1, 1] * 1e-7 - lat) * METRES_PER_DEGREE
    return share_of(ax, ay, bx, by)


@kernel
def share_of(ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """(share, metres) of the point of a line from a to b that is nearest to the origin, in metres."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    share = 0.0 if length2 == 0.0 else min(max(-(ax * dx + ay * dy) / length2, 0.0), 1.0)
    x, y = ax + share * dx, ay + share * dy
    return share, math.sqrt(x * x + y * y)


@kernel
def best_known(
    cell: Ints,
    item: Rows,
    points: Floats,
    importance: NDArray[np.float32],
    lon: float,
    lat: float,
    reach_m: float,
    row: Ints,
) -> None:
    """Fills `row` with the items within a reach that tell best where one is; what there is none of stays -1.

    An item's worth falls with its distance to the power of 1.5 and grows with the square of its importance: a
    hospital (0.6) at 300 m beats a shop (0.3) at 70 m, not one next door.
    """
    last = len(row) - 1
    if last < 0 or len(cell) == 0:
        return
    east_m = east_scale(lat)
    worth = np.zeros(last + 1)  # negative worth, so that the best are the smallest
    _middle, low, high = strips(cell, lat, reach_m, 0.0)
    for strip in range(low, high + 1):
        place, end = run(cell, strip, lon, lat, reach_m, 0.0)
        while place < len(cell) and cell[place] <= end:
            thing = item[place]
            place += 1
            east, north = (points[thing, 0] - lon) * east_m, (points[thing, 1] - lat) * METRES_PER_DEGREE
            metres2 = east * east + north * north
            if metres2 <= reach_m * reach_m:
                away = math.sqrt(metres2) + NEXT_DOOR_M
                value = -importance[thing] * importance[thing] / (away * math.sqrt(away))
                if value <= worth[last]:
                    keep_nearest(thing, value, row, worth)


# --- asked from Python ------------------------------------------------------------------------------------


@kernel
def put(lon: float, lat: float, to_lon: float, to_lat: float, at: Floats) -> None:
    """Writes where a thing is, and how far and which way from it to the position."""
    at[LON], at[LAT] = lon, lat
    at[METRES], at[BEARING] = measure(lon, lat, to_lon, to_lat)


@kernel
def put_foot(vertex: Rows, start: int, share: float, lon: float, lat: float, at: Floats) -> None:
    """The same of a point on a piece of a line."""
    ends = vertex[start], vertex[start + 1]
    foot_lon = (ends[0][0] + share * (ends[1][0] - ends[0][0])) * 1e-7
    foot_lat = (ends[0][1] + share * (ends[1][1] - ends[0][1])) * 1e-7
    put(foot_lon, foot_lat, lon, lat, at)


@entry_point
def find_points(
    cell: Ints, item: Rows, points: Floats, lon: float, lat: float, reach_m: float, row: Ints, at: Floats
) -> None:
    """The nearest items of a grid: rows, and VALUES of each."""
    nearest_points(cell, item, points, lon, lat, reach_m, row)
    for place, thing in enumerate(row):
        if thing >= 0:
            put(points[thing, 0], points[thing, 1], lon, lat, at[place])


@entry_point
def find_known(
    cell: Ints,
    item: Rows,
    points: Floats,
    importance: NDArray[np.float32],
    lon: float,
    lat: float,
    reach_m: float,
    row: Ints,
    at: Floats,
) -> None:
    """The items of a grid that tell best where one is, see `best_known`; `row` comes filled with -1."""
    best_known(cell, item, points, importance, lon, lat, reach_m, row)
    for place, thing in enumerate(row):
        if thing >= 0:
            put(points[thing, 0], points[thing, 1], lon, lat, at[place])


@entry_point
def find_piece(
    cell: Ints, item: Rows, vertex: Rows, piece_vertex: Rows, lon: float, lat: float, reach_m: float, at: Floats
) -> tuple[int, float]:
    """(nearest piece of a line, share of it), -1 = none; its VALUES go to `at`."""
    piece, share, _ = nearest_piece(cell, item, vertex, piece_vertex, lon, lat, reach_m)
    if piece >= 0:
        put_foot(vertex, piece_vertex[piece], share, lon, lat, at)
    return piece, share


@entry_point
def find_things(
    house_cell: Ints,
    house_item: Rows,
    house_lonlat: Floats,
    segment_cell: Ints,
    segment_item: Rows,
    vertex: Rows,
    segment_vertex: Rows,
    poi_cell: Ints,
    poi_item: Rows,
    place_lonlat: Floats,
    lonlat: Floats,
    reach_m: float,
    row: Ints,
    at: Floats,
    shares: Floats,
) -> None:
    """House, road and points of interest nearest to each position; see `nearby.Things`."""
    for position in range(len(lonlat)):
        lon, lat = lonlat[position]
        rows, values = row[position], at[position]
        nearest_points(house_cell, house_item, house_lonlat, lon, lat, reach_m, rows[:1])
        if rows[0] >= 0:
            put(house_lonlat[rows[0], 0], house_lonlat[rows[0], 1], lon, lat, values[0])
        segment, share, _ = nearest_piece(segment_cell, segment_item, vertex, segment_vertex, lon, lat, reach_m)
        rows[1], shares[position] = segment, share
        if segment >= 0:
            put_foot(vertex, segment_vertex[segment], share, lon, lat, values[1])
        nearest_points(poi_cell, poi_item, place_lonlat, lon, lat, reach_m, rows[2:])
        for column in range(2, len(rows)):
            if rows[column] >= 0:
                put(place_lonlat[rows[column], 0], place_lonlat[rows[column], 1], lon, lat, values[column])

"""Compiled searches over the index of points of interest: the best in boxes, all in boxes, and along a line."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.places.grid import CELL_DEG
from location_cloud.places.nearby_kernels import A_M, COLUMNS, E2
from tiles.compiled import entry_point, kernel, leaf

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Rows = NDArray[np.int32]
Starts = NDArray[np.int64]
Bools = NDArray[np.bool_]

E7 = 1e-7
"""Degrees of one unit of a stored coordinate."""


class Columns(NamedTuple):
    """Those of `poi_index.PoiIndex`."""

    cell: Starts
    point: Rows
    category: NDArray[np.uint16]
    rank: NDArray[np.uint16]
    area: Rows
    row: Rows


class Names(NamedTuple):
    """What a name must hold (UTF-8, small Latin letters; nothing = any name will do), and the names of Places."""

    needle: Bytes
    text: Bytes
    start: Starts
    other_start: Starts
    other: Bytes
    other_name_start: Starts


@entry_point
def select_pois(
    columns: Columns,
    boxes: Floats,
    wanted: Bools,
    in_area: Bools,
    centre: Floats,
    radius_m: float,
    is_by_distance: bool,
    most: int,
    names: Names,
) -> tuple[int, Rows, Floats]:
    """The best points in boxes, best first.

    boxes: (b, 4) west, south, east, north, which do not overlap. wanted: by
    category. in_area: by row of the areas, of length 0 = anywhere. centre: (lon, lat), NaN = none, then no distance is
    told. radius_m: from the centre. is_by_distance: nearest first, else by rank, then by distance; ties by row.

    Gives how many there are in all, positions in the index (at most `most`) and their distances in metres.
    """
    cell, point, category, row = columns.cell, columns.point, columns.category, columns.row
    has_centre = not math.isnan(centre[0])
    scale = scales(centre[1]) if has_centre else (0.0, 0.0, 0.0)
    heap = np.empty(most, np.int32)
    first, second = np.empty(most, np.float64), np.empty(most, np.float64)
    held, total = 0, 0
    for box in range(len(boxes)):
        west, south, east, north = boxes[box]
        at, end, left, right = start_of(cell, west, south, east, north)
        while at < end:
            column = cell[at] % COLUMNS
            if column < left or column > right:
                at = next_of(cell, at, end, column, left, right)
                continue
            place = at
            at += 1
            if not wanted[category[place]]:
                continue
            lon, lat = point[place, 0] * E7, point[place, 1] * E7
            if lon < west or lon > east or lat < south or lat > north:
                continue
            if len(in_area) and (columns.area[place] < 0 or not in_area[columns.area[place]]):
                continue
            metres = metres_between(centre[0], centre[1], lon, lat, scale) if has_centre else 0.0
            if metres > radius_m:
                continue
            if len(names.needle) and not is_called(columns.row[place], names):
                continue
            total += 1
            key = metres if is_by_distance else -float(columns.rank[place])
            key_too = 0.0 if is_by_distance else metres
            if held < most:
                heap[held], first[held], second[held] = place, key, key_too
                held += 1
                rise(heap, first, second, row, held - 1)
            elif most and is_before(key, key_too, row[place], first[0], second[0], row[heap[0]]):
                heap[0], first[0], second[0] = place, key, key_too
                sink(heap, first, second, row, held)
    found, distance = np.empty(held, np.int32), np.empty(held, np.float64)
    while held > 0:
        held -= 1
        found[held] = heap[0]
        distance[held] = first[0] if is_by_distance else second[0]
        heap[0], first[0], second[0] = heap[held], first[held], second[held]
        sink(heap, first, second, row, held)
    return total, found, distance


@entry_point
def count_in_boxes(cell: Starts, boxes: Floats) -> int:
    """How many points lie in the cells that boxes touch: not fewer than in the boxes."""
    total = 0
    for box in range(len(boxes)):
        west, south, east, north = boxes[box]
        at, end, left, right = start_of(cell, west, south, east, north)
        while at < end:
            column = cell[at] % COLUMNS
            if column < left or column > right:
                at = next_of(cell, at, end, column, left, right)
                continue
            behind = bisect(cell, (cell[at] // COLUMNS) * COLUMNS + right + 1, at, end)
            total += behind - at
            at = behind
    return total


@entry_point
def first_in_boxes(
    columns: Columns,
    best: Rows,
    boxes: Floats,
    wanted: Bools,
    in_area: Bools,
    centre: Floats,
    radius_m: float,
    most: int,
    names: Names,
) -> Rows:
    """The first `most` positions of `best` that lie in the boxes and the circle; parameters as `select_pois`."""
    scale = scales(centre[1]) if radius_m < np.inf else (0.0, 0.0, 0.0)
    point, category, row = columns.point, columns.category, columns.row
    found = np.empty(most, np.int32)
    count = 0
    for place in best:
        if count == most:
            break
        if not wanted[category[place]] or (
            len(in_area) and (columns.area[place] < 0 or not in_area[columns.area[place]])
        ):
            continue
        lon, lat = point[place, 0] * E7, point[place, 1] * E7
        for box in range(len(boxes)):
            if boxes[box, 0] <= lon <= boxes[box, 2] and boxes[box, 1] <= lat <= boxes[box, 3]:
                is_near = radius_m == np.inf or metres_between(centre[0], centre[1], lon, lat, scale) <= radius_m
                if is_near and (not len(names.needle) or is_called(row[place], names)):
                    found[count] = place
                    count += 1
                break
    return found[:count]


@entry_point
def list_in_boxes(
    columns: Columns,
    boxes: Floats,
    wanted: Bools,
    names: Names,
) -> Rows:
    """Positions of all points in boxes; parameters as `select_pois`."""
    cell, point, category = columns.cell, columns.point, columns.category
    found = np.empty(1024, np.int32)
    count = 0
    for box in range(len(boxes)):
        west, south, east, north = boxes[box]
        at, end, left, right = start_of(cell, west, south, east, north)
        while at < end:
            column = cell[at] % COLUMNS
            if column < left or column > right:
                at = next_of(cell, at, end, column, left, right)
                continue
            place = at
            at += 1
            lon, lat = point[place, 0] * E7, point[place, 1] * E7
            if not wanted[category[place]] or lon < west or lon > east or lat < south or lat > north:
                continue
            if len(names.needle) and not is_called(columns.row[place], names):
                continue
            if count == len(found):
                longer = np.empty(2 * count, np.int32)
                longer[:count] = found
                found = longer
            found[count] = place
            count += 1
    return found[:count]


@entry_point
def list_along(
    columns: Columns,
    line: Floats,
    chunk: Starts,
    boxes: Floats,
    buffer_m: float,
    wanted: Bools,
    names: Names,
) -> tuple[Rows, Floats]:
    """Points within a distance of a line, each where it is nearest to it.

    line: (v, 2) degrees. chunk: (c + 1,) first vertex of each stretch; the last vertex of one is the first of the next.
    boxes: (c, 4) round the stretches with the buffer.

    Gives positions in the index and (f, 3): metres along the line, metres off it, and < 0 left of it, > 0 right.
    """
    cell, point, category = columns.cell, columns.point, columns.category
    seen = np.zeros(len(cell), np.int32)
    found, value = np.empty(256, np.int32), np.empty((256, 3), np.float64)
    count, before_m = 0, 0.0
    for part in range(len(boxes)):
        begin, stop = chunk[part], chunk[part + 1]
        west, south, east, north = boxes[part]
        at, end, left, right = start_of(cell, west, south, east, north)
        scale = scales((south + north) / 2)
        while at < end:
            column = cell[at] % COLUMNS
            if column < left or column > right:
                at = next_of(cell, at, end, column, left, right)
                continue
            place = at
            at += 1
            if not wanted[category[place]]:
                continue
            lon, lat = point[place, 0] * E7, point[place, 1] * E7
            if lon < west or lon > east or lat < south or lat > north:
                continue
            along_m, off_m, side = nearest_on(line, begin, stop, lon, lat, scale)
            if off_m > buffer_m:
                continue
            if len(names.needle) and not is_called(columns.row[place], names):
                continue
            slot = seen[place] - 1
            if slot < 0:
                if count == len(found):
                    longer, longer_value = np.empty(2 * count, np.int32), np.empty((2 * count, 3), np.float64)
                    longer[:count], longer_value[:count] = found, value
                    found, value = longer, longer_value
                slot = count
                count += 1
                seen[place] = count
                found[slot], value[slot, 1] = place, np.inf
            if off_m < value[slot, 1]:
                value[slot, 0], value[slot, 1], value[slot, 2] = before_m + along_m, off_m, side
        for vertex in range(begin, stop):
            before_m += metres_between(
                line[vertex, 0], line[vertex, 1], line[vertex + 1, 0], line[vertex + 1, 1], scales(line[vertex, 1])
            )
    return found[:count], value[:count]


@leaf
def scales(lat: float) -> tuple[float, float, float]:
    """Metres per degree of latitude, and per degree of longitude its value at the latitude and its sine part.

    Source: radii of curvature of the ellipsoid, Torge, Geodesy, 3rd edition, 4.1.3.
    """
    sine, cosine = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    shrink = 1.0 - E2 * sine * sine
    across = A_M / math.sqrt(shrink) * math.pi / 180.0
    return across * (1.0 - E2) / shrink, across * cosine, across * sine


@leaf
def metres_between(lon: float, lat: float, to_lon: float, to_lat: float, scale: tuple[float, float, float]) -> float:
    """Metres from the point that the scales are of, some metres off at 50 km (Gauss's middle latitude)."""
    half = (to_lat - lat) * math.pi / 360.0
    turn = to_lon - lon
    turn = turn - 360.0 if turn > 180.0 else turn + 360.0 if turn < -180.0 else turn
    east = turn * (scale[1] * (1.0 - half * half / 2.0) - scale[2] * half)
    return math.hypot(east, (to_lat - lat) * scale[0])


@kernel
def nearest_on(
    line: Floats, begin: int, stop: int, lon: float, lat: float, scale: tuple[float, float, float]
) -> tuple[float, float, float]:
    """(metres along from vertex `begin`, metres off, side) of the place on a stretch that is nearest to a point."""
    best2, nearest, of_it, side = np.inf, begin, 0.0, 0.0
    for vertex in range(begin, stop):
        ax, ay = (line[vertex, 0] - lon) * scale[1], (line[vertex, 1] - lat) * scale[0]
        dx = (line[vertex + 1, 0] - line[vertex, 0]) * scale[1]
        dy = (line[vertex + 1, 1] - line[vertex, 1]) * scale[0]
        length2 = dx * dx + dy * dy
        share = -(ax * dx + ay * dy) / length2 if length2 > 0.0 else 0.0
        share = min(max(share, 0.0), 1.0)
        east, north = ax + share * dx, ay + share * dy
        off2 = east * east + north * north
        if off2 < best2:
            best2, nearest, of_it = off2, vertex, share * math.sqrt(length2)
            side = dy * -ax - dx * -ay  # right of the direction of travel is positive
    along = of_it
    for vertex in range(begin, nearest):  # once, not for each place that is farther off
        dx = (line[vertex + 1, 0] - line[vertex, 0]) * scale[1]
        dy = (line[vertex + 1, 1] - line[vertex, 1]) * scale[0]
        along += math.sqrt(dx * dx + dy * dy)
    return along, math.sqrt(best2), side


@kernel
def start_of(cell: Starts, west: float, south: float, east: float, north: float) -> tuple[int, int, int, int]:
    """(first position, end, first column, last column) of what a box may hold."""
    left, right = math.floor((west + 180.0) / CELL_DEG), math.floor((east + 180.0) / CELL_DEG)
    low, high = math.floor((south + 90.0) / CELL_DEG), math.floor((north + 90.0) / CELL_DEG)
    at = bisect(cell, low * COLUMNS + left, 0, len(cell))
    return at, bisect(cell, high * COLUMNS + right + 1, at, len(cell)), left, right


@kernel
def next_of(cell: Starts, at: int, end: int, column: int, left: int, right: int) -> int:
    """The next position whose column may be inside, in this row or the next that has any."""
    row = cell[at] // COLUMNS + (1 if column > right else 0)
    return bisect(cell, row * COLUMNS + left, at + 1, end)


@kernel
def bisect(cell: Starts, wanted: int, low: int, high: int) -> int:
    """The first position from low on whose cell is not below the wanted one."""
    while low < high:
        middle = (low + high) // 2
        if cell[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@leaf
def is_called(row: int, names: Names) -> bool:
    """Whether one of the names of a place (row of Places) holds the needle."""
    if row < 0:
        return False
    if holds(names.text, names.start[row], names.start[row + 1], names.needle):
        return True
    for each in range(names.other_start[row], names.other_start[row + 1]):
        if holds(names.other, names.other_name_start[each], names.other_name_start[each + 1], names.needle):
            return True
    return False


@leaf
def holds(text: Bytes, begin: int, end: int, needle: Bytes) -> bool:
    """Whether text[begin:end] holds the needle; capital Latin letters of the text count as small ones."""
    for start in range(begin, end - len(needle) + 1):
        same = 0
        while same < len(needle):
            letter = text[start + same]
            if 65 <= letter <= 90:
                letter += 32
            if letter != needle[same]:
                break
            same += 1
        if same == len(needle):
            return True
    return False


@leaf
def is_before(key: float, key_too: float, row: int, other: float, other_too: float, other_row: int) -> bool:
    """Whether one point stands before another."""
    if key != other:
        return key < other
    if key_too != other_too:
        return key_too < other_too
    return row < other_row


@kernel
def rise(heap: Rows, first: Floats, second: Floats, row: Rows, at: int) -> None:
    """Moves a new entry up to its place; the last of all stands at the top."""
    while at > 0:
        above = (at - 1) // 2
        if not is_before(first[above], second[above], row[heap[above]], first[at], second[at], row[heap[at]]):
            return
        swap(heap, first, second, at, above)
        at = above


@kernel
def sink(heap: Rows, first: Floats, second: Floats, row: Rows, held: int) -> None:
    """Moves the top entry down to its place."""
    at = 0
    while True:
        below = 2 * at + 1
        if below >= held:
            return
        if below + 1 < held and is_before(
            first[below], second[below], row[heap[below]], first[below + 1], second[below + 1], row[heap[below + 1]]
        ):
            below += 1
        if not is_before(first[at], second[at], row[heap[at]], first[below], second[below], row[heap[below]]):
            return
        swap(heap, first, second, at, below)
        at = below


@leaf
def swap(heap: Rows, first: Floats, second: Floats, one: int, other: int) -> None:
    """Changes two entries."""
    heap[one], heap[other] = heap[other], heap[one]
    first[one], first[other] = first[other], first[one]
    second[one], second[other] = second[other], second[one]

"""Times along roads put into cells of the ground: BeiDou cells, or squares of so many metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.model import Roads
from location_cloud.spatial.cells import BEIDOU
from routing.trip import UNREACHED, EdgePoints

M_PER_DEGREE = 111_319.49
"""Of a great circle of the mean radius of WGS-84's axes; squares need no better."""


@dataclass(frozen=True)
class Grid:
    """Cells of the ground. level: of BeiDou cells; 0 = squares of size_m around `origin` (lon, lat, their corner)."""

    level: int
    size_m: float
    origin: tuple[float, float]

    def step_deg(self) -> tuple[float, float]:
        """Width and height of a square, degrees."""
        lat = self.origin[1]
        return self.size_m / (M_PER_DEGREE * float(np.cos(np.radians(lat)))), self.size_m / M_PER_DEGREE

    def index(self, lonlat: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Columns and rows of the cells that points lie in, (n, 2) degrees."""
        if self.level:
            return BEIDOU.index(lonlat, self.level)
        step = np.floor((lonlat - self.origin) / self.step_deg()).astype(np.int64)
        return step[:, 0], step[:, 1]

    def boxes(self, column: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.float64]:
        """West, south, east and north of cells, (n, 4) degrees."""
        if self.level:
            lattice = BEIDOU.lattice(self.level)
            edges = (
                lattice.column_edges(column),
                lattice.row_edges(row),
                lattice.column_edges(column + 1),
                lattice.row_edges(row + 1),
            )
            return np.stack(edges, axis=1).astype(np.float64)
        low = np.stack([column, row], axis=1) * self.step_deg() + self.origin
        return np.concatenate([low, low + self.step_deg()], axis=1)

    def codes(self, column: NDArray[np.int64], row: NDArray[np.int64]) -> list[str]:
        """What cells are called: BeiDou codes, or column,row."""
        if self.level:
            found: list[str] = BEIDOU.codes(column, row, self.level).tolist()
            return found
        return [f"{c},{r}" for c, r in zip(column.tolist(), row.tolist())]


@dataclass(frozen=True, eq=False)
class Cells:
    """n cells that have roads, by row and column.

    segment, share, cell: (k,) of points along roads: on which segment (ascending), how far along it, 0 to 1, and in
    which cell. lonlat: (n, 2) degrees, of each cell the point nearest to its middle, one of a road that may be used if
    there is any; is_usable: (n,) whether it is.
    """

    column: NDArray[np.int64]
    row: NDArray[np.int64]
    segment: NDArray[np.int32]
    share: NDArray[np.float32]
    cell: NDArray[np.int32]
    lonlat: NDArray[np.float64]
    is_usable: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.column)


def squares(roads: Roads, size_m: float) -> Grid:
    """Squares whose corner is the roads' south-western one."""
    west, south = (roads.seg_box_e7[:, :2].min(axis=0) / 1e7).tolist()
    return Grid(0, size_m, (west, south))


def spacing_m(roads: Roads, grid: Grid) -> float:
    """How far apart points on roads may stand: half a cell."""
    somewhere = len(roads.seg_box_e7) // 2
    west, south, east, north = grid.boxes(*grid.index(roads.seg_box_e7[[somewhere], :2] / 1e7))[0].tolist()
    width_m = (east - west) * M_PER_DEGREE * float(np.cos(np.radians(south)))
    return float(min(width_m, (north - south) * M_PER_DEGREE)) / 2


def count_points(roads: Roads, grid: Grid) -> int:
    """About how many points on roads that makes."""
    return len(roads.shape_e7) + int(roads.seg_length_m.sum() / spacing_m(roads, grid))


def find_cells(roads: Roads, grid: Grid, may_use: NDArray[np.bool_]) -> Cells:
    """The cells that roads run through. may_use: (segments,). Takes 0.5 us a point."""
    segment, share, lonlat = _points(roads, spacing_m(roads, grid))
    column, row = grid.index(lonlat)
    low_column, low_row = int(column.min()), int(row.min())
    columns = int(column.max()) - low_column + 1
    found, cell = np.unique((row - low_row) * columns + (column - low_column), return_inverse=True)
    column, row = found % columns + low_column, found // columns + low_row
    box = grid.boxes(column, row)
    off = ((lonlat - ((box[:, :2] + box[:, 2:]) / 2)[cell]) ** 2).sum(axis=1)
    order = np.lexsort((off, ~may_use[segment], cell))
    own = order[np.searchsorted(cell[order], np.arange(len(found)))]
    kept = segment.astype(np.int32), share.astype(np.float32), cell.astype(np.int32)
    return Cells(column, row, *kept, lonlat[own], may_use[segment[own]])


def cell_times_s(
    cells: Cells, entry_ms: NDArray[np.int64], cost_ms: NDArray[np.int32], starts: EdgePoints
) -> NDArray[np.float64]:
    """When the first point on a road of each cell is reached, (n,) seconds, inf = never.

    entry_ms: (2 * segments,) when the beginning of each edge is passed (routing.field.reach_edges); cost_ms: what it
    takes to drive. starts: where drives begin, and when (extra_ms): the search tells of the road under a start only
    when one comes back to it.
    """
    least = np.full(len(cells), np.inf)
    for side, along in ((0, cells.share), (1, 1.0 - cells.share)):
        entry = entry_ms[side::2].astype(np.float64)
        entry[entry_ms[side::2] == UNREACHED] = np.inf
        np.minimum.at(least, cells.cell, entry[cells.segment] + cost_ms[side::2][cells.segment] * along)
    low = np.searchsorted(cells.segment, starts.edge >> 1).tolist()
    high = np.searchsorted(cells.segment, starts.edge >> 1, "right").tolist()
    for first, last, edge, begin, extra_ms in zip(
        low, high, starts.edge.tolist(), starts.fraction.tolist(), starts.extra_ms.tolist()
    ):
        share = 1.0 - cells.share[first:last] if edge % 2 else cells.share[first:last]
        ahead_ms = np.where(share >= begin, extra_ms + cost_ms[edge] * (share - begin), np.inf)
        np.minimum.at(least, cells.cell[first:last], ahead_ms)
    return least / 1000.0


def _points(roads: Roads, spacing_m: float) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """(segment, share of it, lon and lat) of every point of the roads' lines, and of more between those far apart."""
    lonlat, counts = roads.shape_e7 / 1e7, np.diff(roads.shape_start)
    segment = np.repeat(np.arange(roads.segment_count), counts)
    step = np.diff(lonlat, axis=0, append=lonlat[-1:])
    length_m = np.hypot(step[:, 0] * np.cos(np.radians(lonlat[:, 1])), step[:, 1]) * M_PER_DEGREE
    length_m[roads.shape_start[1:] - 1] = 0.0  # from a segment's last point none leads on
    before_m = np.cumsum(length_m) - length_m
    before_m -= np.repeat(before_m[roads.shape_start[:-1]], counts)
    whole_m = np.repeat(np.bincount(segment, length_m, roads.segment_count), counts)
    pieces = np.maximum(np.ceil(length_m / spacing_m), 1).astype(np.int64)
    point = np.repeat(np.arange(len(segment)), pieces)
    part = (np.arange(len(point)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[point]
    along_m = before_m[point] + part * length_m[point]
    share: NDArray[np.float64] = np.divide(along_m, whole_m[point], out=np.zeros(len(point)), where=whole_m[point] > 0)
    return segment[point], np.minimum(share, 1.0), lonlat[point] + part[:, None] * step[point]

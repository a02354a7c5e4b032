"""Which cells of a lattice of rectangles a polygon takes: a scan-line over all rows at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.errors import BadGeometry
from location_cloud.spatial.lonlat import Floats, Ints

Reals = npt.NDArray[np.floating]  # what arithmetic of Ints and Python floats gives, for mypy
FillMode = Literal["centre", "intersects", "covers"]

# Guards for one call, set by memory (about 100 bytes a crossing): 400 MB.
MOST_ROWS = 2_000_000
MOST_CROSSINGS = 4_000_000
# A vertex this near a cell border is on it: a few units in the last place of 180 degrees, 2e-8 m.
SNAP_DEG = 2e-13


@dataclass(frozen=True, slots=True)
class Lattice:
    """Columns of one width and rows of any height that cover the globe or a belt of it.

    column_edges: column numbers -> longitudes of their west sides, degrees.
    row_edges: row numbers -> latitudes of their south sides, degrees, rising.
    column_at, row_at: longitudes or latitudes -> numbers of the columns or rows that hold them, up to rounding.
    first and last: the numbers that exist.
    """

    column_edges: Callable[[Ints], Reals]
    row_edges: Callable[[Ints], Reals]
    column_at: Callable[[Floats], Ints]
    row_at: Callable[[Floats], Ints]
    first_column: int
    last_column: int
    first_row: int
    last_row: int

    @property
    def columns(self) -> int:
        """How many columns go round the globe."""
        return self.last_column - self.first_column + 1

    def row_centres(self, row: Ints) -> Floats:
        """Latitudes half-way between the south and north sides of rows, degrees."""
        return (self.row_edges(row) + self.row_edges(row + 1)) / 2.0

    def column_position(self, lon: Floats) -> Floats:
        """Longitudes counted in columns: 3.25 is a quarter into column 3."""
        column = np.clip(self.column_at(lon), self.first_column, self.last_column)
        west, east = self.column_edges(column), self.column_edges(column + 1)
        near_west, near_east = np.abs(lon - west) <= SNAP_DEG, np.abs(lon - east) <= SNAP_DEG
        position: Floats = column + (lon - west) / (east - west)
        return np.where(near_west, column, np.where(near_east, column + 1, position))


def fill(lattice: Lattice, geometry: BaseGeometry, level: int, mode: FillMode = "centre") -> CellSpans:
    """The cells of a polygon or multipolygon with holes, edges straight in degrees.

    mode: "centre" takes cells whose middle lies inside (so that neighbours share no cell),
    "intersects" those that share ground with it, "covers" those that lie inside entirely.
    A border that merely touches a cell does not take it.

    Raises BadGeometry when it is another kind of shape, invalid, beyond the lattice, or takes too many rows.
    Time grows with the border (edges x rows crossed), not with the area.
    """
    if mode not in get_args(FillMode):
        raise BadGeometry(f"mode={mode} is not one of {', '.join(get_args(FillMode))}")
    starts, ends = _edges(geometry)
    if len(starts) == 0:
        return _spans_of(level, [])
    rows = rows_of(lattice, geometry, level)
    centre = _by_centre(lattice, starts, ends, rows, level)
    if mode == "centre":
        return centre
    border = _along_border(lattice, starts, ends, rows, level)
    return centre.union(border) if mode == "intersects" else centre.difference(border)


def checked_polygon(geometry: BaseGeometry) -> None:
    """Raises BadGeometry for what is no valid polygon or multipolygon."""
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadGeometry(f"cells are filled into a Polygon or MultiPolygon, not a {geometry.geom_type}")
    if not geometry.is_valid:
        raise BadGeometry(f"the polygon is not valid: {shapely.is_valid_reason(geometry)}")


def _edges(geometry: BaseGeometry) -> tuple[Floats, Floats]:
    """All edges of all rings, their southern ends first."""
    checked_polygon(geometry)
    rings = shapely.get_rings(shapely.get_parts(geometry))  # of a MultiPolygon itself it finds none
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    starts, ends = points[:-1][joined], points[1:][joined]
    falling = starts[:, 1] > ends[:, 1]
    starts[falling], ends[falling] = ends[falling].copy(), starts[falling].copy()
    return starts, ends


def rows_of(lattice: Lattice, geometry: BaseGeometry, level: int) -> Ints:
    """The rows that the shape can reach, one spare on either side."""
    west, south, east, north = geometry.bounds
    bottom, top = lattice.row_edges(np.array([lattice.first_row, lattice.last_row + 1]))
    left, right = lattice.column_edges(np.array([lattice.first_column, lattice.last_column + 1]))
    if west < left or east > right or south < bottom - SNAP_DEG or north > top + SNAP_DEG:
        raise BadGeometry(
            f"the shape spans {west:.6g},{south:.6g} to {east:.6g},{north:.6g}, "
            f"but cells exist only for longitude {left:.6g}..{right:.6g} and latitude {bottom:.6g}..{top:.6g}"
        )
    low, high = lattice.row_at(np.array([south, north]))
    first, last = max(int(low) - 1, lattice.first_row), min(int(high) + 1, lattice.last_row)
    if last - first >= MOST_ROWS:
        raise BadGeometry(
            f"level {level} needs {last - first + 1} rows for this shape, more than {MOST_ROWS}; "
            "take a coarser level or a smaller shape"
        )
    return np.arange(first, last + 1, dtype=np.int64)


def _by_centre(lattice: Lattice, starts: Floats, ends: Floats, rows: Ints, level: int) -> CellSpans:
    """Even-odd rule along the middle of every row: pairs of crossings enclose the inside."""
    middle = lattice.row_centres(rows)
    # Half-open in latitude, so a vertex on the line counts once for the two edges that meet there.
    edge, at = expanded(np.searchsorted(middle, starts[:, 1]), np.searchsorted(middle, ends[:, 1]))
    x = lattice.column_position(lon_at(starts[edge], ends[edge], middle[at]))
    order = np.lexsort([x, at])
    at, x = at[order], x[order]
    first = np.ceil(x[0::2] - 0.5).astype(np.int64)
    last = np.ceil(x[1::2] - 0.5).astype(np.int64) - 1
    return CellSpans.merged(level, rows[at[0::2]], first, np.minimum(last, lattice.last_column))


def _along_border(lattice: Lattice, starts: Floats, ends: Floats, rows: Ints, level: int) -> CellSpans:
    """The cells through whose open inside an edge runs."""
    sides = lattice.row_edges(np.append(rows, rows[-1] + 1))
    low = np.searchsorted(sides, starts[:, 1] + SNAP_DEG, side="right") - 1
    high = np.searchsorted(sides, ends[:, 1] - SNAP_DEG, side="left")
    # A level edge inside a row has low + 1 == high; one that lies on a side has low >= high, and takes nothing.
    edge, at = expanded(np.maximum(low, 0), high)
    a, b = starts[edge], ends[edge]
    x1 = lattice.column_position(lon_at(a, b, np.maximum(sides[at], a[:, 1])))
    x2 = lattice.column_position(lon_at(a, b, np.minimum(sides[at + 1], b[:, 1])))
    level_edge = a[:, 1] == b[:, 1]
    x1[level_edge] = lattice.column_position(a[level_edge, 0])
    x2[level_edge] = lattice.column_position(b[level_edge, 0])
    first = np.floor(np.minimum(x1, x2)).astype(np.int64)
    last = np.ceil(np.maximum(x1, x2)).astype(np.int64) - 1
    return CellSpans.merged(level, rows[at], first, last)


def expanded(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """For ranges low..high-1, one after another: the number of the range, and the value in it."""
    count = np.maximum(high - low, 0)
    total = int(count.sum())
    if total > MOST_CROSSINGS:
        raise BadGeometry(f"the border crosses {total} rows, more than {MOST_CROSSINGS}; take a coarser level")
    which = np.repeat(np.arange(len(count)), count)
    return which, np.arange(total) - np.repeat(np.cumsum(count) - count, count) + low[which]


def lon_at(start: Floats, end: Floats, lat: Floats) -> Floats:
    """Longitude where an edge reaches a latitude; its ends exactly, never beyond them."""
    rise = end[:, 1] - start[:, 1]
    share = np.clip((lat - start[:, 1]) / np.where(rise == 0.0, 1.0, rise), 0.0, 1.0)
    lon: Floats = start[:, 0] + share * (end[:, 0] - start[:, 0])
    return np.where(share == 1.0, end[:, 0], lon)


def _spans_of(level: int, rows: list[int]) -> CellSpans:
    empty = np.array(rows, dtype=np.int64)
    return CellSpans(level, empty, empty.copy(), empty.copy())

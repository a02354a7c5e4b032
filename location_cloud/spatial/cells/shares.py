"""How much of each cell a polygon covers: the area under every edge, summed along all rows at once."""

from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.spatial.cells.fill import Lattice, checked_polygon, expanded, lon_at, rows_of
from location_cloud.spatial.cells.lattice_system import LatticeSystem
from location_cloud.spatial.cells.spans import CellSpans
from location_cloud.spatial.cells.system import LARGEST_LISTING, CellSystem, Codes, too_many
from location_cloud.spatial.lonlat import Floats, Ints

# Shares nearer to 0 or 1 than this are rounding of the sums.
ROUNDING = 1e-9
# Cells of a system without rows are intersected one by one: about 30 us each.
MOST_INTERSECTED = 50_000


class Shares(NamedTuple):
    """Cells that a polygon covers. whole: entirely; column, row, share: those on its border, 0 < share < 1."""

    whole: CellSpans
    column: Ints
    row: Ints
    share: Floats


def cell_shares(lattice: Lattice, geometry: BaseGeometry, level: int) -> Shares:
    """The share of every cell of a lattice that lies in a polygon or multipolygon, by area in degrees.

    Raises BadGeometry as `fill`. The sum over neighbouring polygons is 1 in each cell between them.
    Source: exact area coverage as in font rasterisers (R. Levien, font-rs, 2016): an edge that rises by dy in a cell
    adds dy to all cells east of it, and to its own the part that lies east of the edge.
    """
    checked_polygon(geometry)
    nothing = np.empty(0, dtype=np.int64)
    if geometry.is_empty:
        return Shares(CellSpans(level, nothing, nothing, nothing), nothing, nothing, np.empty(0))
    column, row, rise, part = _pieces(lattice, geometry, level)
    # Pieces of one cell together, row by row from the west.
    order = np.lexsort([column, row])
    column, row, rise, part = column[order], row[order], rise[order], part[order]
    begins = np.ones(len(column), dtype=np.bool_)
    begins[1:] = (column[1:] != column[:-1]) | (row[1:] != row[:-1])
    first = np.flatnonzero(begins)
    column, row = column[first], row[first]
    rise, part = np.add.reduceat(rise, first), np.add.reduceat(part, first)
    # Rises of a row add up to nothing at its end, so one running sum serves all rows.
    after = np.cumsum(rise)
    share = np.clip(after - rise + part, 0.0, 1.0)
    full = share > 1.0 - ROUNDING
    # Cells between two that edges cross: whole, or cut by a level edge that runs through all of them.
    between = np.flatnonzero(
        np.append((row[1:] == row[:-1]) & (column[1:] > column[:-1] + 1), False) & (after > ROUNDING)
    )
    is_whole = after[between] > 1.0 - ROUNDING
    inner, cut = between[is_whole], between[~is_whole]
    whole = CellSpans.merged(
        level,
        np.concatenate([row[inner], row[full]]),
        np.concatenate([column[inner] + 1, column[full]]),
        np.concatenate([column[inner + 1] - 1, column[full]]),
    )
    which, cut_column = expanded(column[cut] + 1, column[cut + 1])
    some = (share > ROUNDING) & ~full
    return Shares(
        whole,
        np.concatenate([column[some], cut_column]),
        np.concatenate([row[some], row[cut][which]]),
        np.concatenate([share[some], after[cut][which]]),
    )


def weighted(
    system: CellSystem, geometry: BaseGeometry, level: int, limit: int = LARGEST_LISTING
) -> tuple[Codes, Floats]:
    """The cells that share ground with a polygon, and how much of each, 0 to 1, by area in degrees.

    Raises BadGeometry as `fill`, BadCode when there are more than limit cells.
    """
    if not isinstance(system, LatticeSystem):
        codes = system.filled(geometry, level, "intersects", min(limit, MOST_INTERSECTED))
        shapes = system.outlines(codes)
        share = (
            shapely.area(shapely.intersection(shapes, geometry)) / shapely.area(shapes) if len(codes) else np.empty(0)
        )
        kept = share > ROUNDING
        return codes[kept], np.minimum(share[kept], 1.0)
    found = cell_shares(system.lattice(system.checked_level(level)), geometry, level)
    if found.whole.count + len(found.row) > limit:
        raise too_many(found.whole.count + len(found.row), level, limit)
    columns, rows = found.whole.cells()
    column, row = np.concatenate([columns, found.column]), np.concatenate([rows, found.row])
    share = np.concatenate([np.ones(len(rows)), found.share])
    order = np.lexsort([column, row])
    return system.codes(column[order], row[order], level), share[order]


def _pieces(lattice: Lattice, geometry: BaseGeometry, level: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Column, row, rise and covered part of every piece of an edge that lies in one cell; rises in shares of a row.

    West sides rise by more than 0 and east sides by less, as rings run clockwise here.
    """
    shape = shapely.orient_polygons(geometry, exterior_cw=True)
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    joined = (ring[1:] == ring[:-1]) & (points[1:, 1] != points[:-1, 1])
    a, b = points[:-1][joined], points[1:][joined]
    rising = b[:, 1] > a[:, 1]
    low, high = np.where(rising[:, None], a, b), np.where(rising[:, None], b, a)
    rows = rows_of(lattice, geometry, level)
    sides = lattice.row_edges(np.append(rows, rows[-1] + 1))
    first = np.searchsorted(sides, low[:, 1], side="right") - 1
    edge, at = expanded(np.maximum(first, 0), np.searchsorted(sides, high[:, 1], side="left"))
    low, high, sign = low[edge], high[edge], np.where(rising[edge], 1.0, -1.0)
    y1, y2 = np.maximum(sides[at], low[:, 1]), np.minimum(sides[at + 1], high[:, 1])
    x1, x2 = lon_at(low, high, y1), lon_at(low, high, y2)
    rise = sign * (y2 - y1) / (sides[at + 1] - sides[at])
    # Now across columns: an edge is straight in degrees, so its rise is shared by the width of each piece.
    west, east = np.minimum(x1, x2), np.maximum(x1, x2)
    start = np.floor(lattice.column_position(west)).astype(np.int64)
    stop = np.maximum(np.ceil(lattice.column_position(east)).astype(np.int64), start + 1)
    piece, column = expanded(start, stop)
    side, far = lattice.column_edges(column), lattice.column_edges(column + 1)
    left, right = np.maximum(west[piece], side), np.minimum(east[piece], far)
    width = east[piece] - west[piece]
    is_slanted = width > 0.0
    share = np.where(is_slanted, np.maximum(right - left, 0.0) / np.where(is_slanted, width, 1.0), 1.0)
    rise = rise[piece] * share
    part = rise * (1.0 - np.clip(((left + right) / 2.0 - side) / (far - side), 0.0, 1.0))
    return column, rows[at[piece]], rise, part

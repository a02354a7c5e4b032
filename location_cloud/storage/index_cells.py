"""The cell that rows with a place are filed under: a column, its index, how old rows get theirs, how one asks by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import sqlalchemy as sa

from location_cloud.spatial.cells.index_cell import index_cell
from location_cloud.spatial.lonlat import Floats, Ints
from location_cloud.storage.tenants import ALL_TENANTS

BOX = ("west", "south", "east", "north")
POINT = ("lon", "lat")

ROWS_AT_ONCE = 5_000
"""Of old rows that a migration files: some hundred kilobytes."""

ROUND_THE_GLOBE_DEG = 359.9
"""A box this wide is that of a shape cut at the antimeridian: it is filed by its eastern side."""


def cell_column() -> sa.Column[Any]:
    """The column, which a later migration adds (`add_index_cells`); NULL = nowhere."""
    return sa.Column("cell", sa.BigInteger)


def cell_of_box(west: float, south: float, east: float, north: float) -> int:
    """The index cell of the middle of a box in degrees; west > east crosses the antimeridian."""
    return int(_cells_of_boxes(np.array([[west, south, east, north]], dtype=np.float64))[0])


def add_index_cells(op: Any, table: str, places: tuple[str, ...]) -> None:
    """Adds the column and its index to a table with rows, in a migration, and files them all.

    places: BOX or POINT, the columns that say where a row is, degrees; the table has `id` and `tenant`.
    """
    op.add_column(table, cell_column())
    op.create_index(f"{table}_cell", table, ["tenant", "cell"])
    columns = [sa.column("id", sa.Integer), sa.column("cell", sa.BigInteger), *(sa.column(each) for each in places)]
    rows = sa.table(table, *columns)
    connection, after = op.get_bind(), 0
    write = rows.update().where(rows.c.id == sa.bindparam("of")).values(cell=sa.bindparam("into"))
    while True:
        page = sa.select(rows.c.id, *(rows.c[each] for each in places)).where(rows.c.id > after)
        found = connection.execute(
            page.order_by(rows.c.id).limit(ROWS_AT_ONCE), execution_options=ALL_TENANTS
        ).all()  # fmt: skip
        if not found:
            return
        after = found[-1][0]
        there = [row for row in found if None not in row[1:]]
        if there:
            numbers = np.array([row[1:] for row in there], dtype=np.float64)
            cells = _cells_of_boxes(numbers) if places == BOX else index_cell(numbers[:, 0], numbers[:, 1])
            values = [{"of": row[0], "into": cell} for row, cell in zip(there, cells.tolist())]
            connection.execute(write, values, execution_options=ALL_TENANTS)


def filed_in(table: sa.FromClause, cells: tuple[int, int]) -> sa.ColumnElement[bool]:
    """The condition that a row is filed under one of a range of index cells (`cell_range`). Index: of tenant, cell."""
    condition: sa.ColumnElement[bool] = table.c.cell.between(*cells)
    return condition


def _cells_of_boxes(boxes: Floats) -> Ints:
    west, south, east, north = boxes.T
    lon = (west + np.where(west > east, east + 360.0, east)) / 2.0
    lon = np.where(lon > 180.0, lon - 360.0, lon)
    lon = np.where(east - west >= ROUND_THE_GLOBE_DEG, east, lon)
    return index_cell(lon, (south + north) / 2.0)

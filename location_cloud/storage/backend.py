"""What the live store asks of a database; SQLite and PostGIS both answer it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement, Connection, Engine, FromClause

from location_cloud.errors import CloudError

Box: TypeAlias = tuple[float, float, float, float]
"""west, south, east, north in WGS-84 degrees; west > east crosses the antimeridian."""


class Backend(Protocol):
    """One kind of database.

    dialect: "sqlite" or "postgresql". reader, writer: engines whose transactions see one moment, and write.
    driver_errors: what the driver raises where SQLAlchemy does not stand between.
    """

    dialect: str
    driver_errors: tuple[type[Exception], ...]
    reader: Engine
    writer: Engine

    def version(self) -> int:
        """The live version, the cheapest way there is: every request asks."""

    def tenant_tables(self) -> frozenset[str]:
        """Names of the tables that have a column `tenant`."""

    def migrating(self) -> AbstractContextManager[Connection]:
        """A transaction that only one process at a time is in; waits for its turn."""

    def prepare(self, op: Any) -> None:
        """What the database itself needs before the first table (an extension)."""

    def add_spatial_index(self, op: Any, table: str) -> None:
        """Keep an index over the boxes of a table's rows."""

    def may_overlap(self, table: FromClause, box: Box) -> ColumnElement[bool]:
        """True for all rows whose box overlaps, by the index; and for few others."""

    def count_in_box(self, connection: Connection, table: FromClause, box: Box, most: int) -> int:
        """How many rows of all tenants the index finds, counted to `most`; 0 where the planner weighs that."""

    def find_failure(self, error: BaseException, writing: bool) -> CloudError | None:
        """What a driver's error means to a user; None if it is a mistake of ours."""

    def close(self) -> None:
        """Give up all connections."""


def unrolled(box: Box) -> tuple[Box, Box]:
    """The two boxes, with west <= east, under which a search must look.

    Boxes across the antimeridian are indexed with east + 360, so that every indexed box has west <= east; what lies
    beyond 180 is found by looking one turn further (or back, if the search itself crosses).
    """
    west, south, east, north = box
    if west > east:
        return (west, south, east + 360, north), (west - 360, south, east, north)
    return (west, south, east, north), (west + 360, south, east + 360, north)

"""Pages of features out of tables of the live store: chosen by box, time and value, read as columns, never one by one.

A slice says which table, which columns and what they are called; what a caller asks becomes one statement a page.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import orjson
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray

from location_cloud.errors import BadQuery
from location_cloud.feature_sets import Asked, Box, Page
from location_cloud.spatial.bbox import Bbox

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

MOST_COUNTED = 100_000
"""Features up to which a question is told how many there are: counting them by an index takes some 10 ms."""

MOST_REFINED = 2_000
"""Features at the edge of a box whose geometry is looked at to count those that meet it."""

BOX_FEW = 4_000
"""Features in a box up to which the spatial index is asked: of more, walking in order finds a page sooner."""

MOST_BYTES = 64_000_000
"""Of geometries and properties that are read for one answer: a page of larger features ends earlier."""

LEAST_READ = 100
"""Rows of one statement: where few of those in a box meet it, the page is not filled one by one."""

READ_AT_ONCE = 500
"""Rows between two looks at their bytes."""

Condition: TypeAlias = "sa.ColumnElement[bool]"

Columns: TypeAlias = Mapping[str, Sequence[Any]]
"""Name of a column -> its values, a row each: five times faster to go through than rows that are asked by name."""


@dataclass(frozen=True)
class FeatureTable:
    """How features are read out of a table with `tenant` and the four columns of a box.

    chosen: what must be true of a row, its tenant, place and time apart: that it is of the collection, and that it has
    the values that are asked for (`are_equal`).
    order: columns in which the tenant's features are read; together they name a row, and an index begins so.
    ids: of rows. properties: of rows, as of a time in POSIX seconds.
    geometry: the column that holds WKB; None where every feature is the point lon, lat; where the column is NULL, it is
    that point, too. time: (begin, end) as expressions, the end NULL = open; None = the features have no time.
    moment: a time as they are stored. left_out: columns that are not read.
    has_columns: values that are asked for stand in columns, not in a text that is read for each row.
    """

    table: sa.Table
    chosen: Callable[[Asked], list[Condition]]
    order: tuple[str, ...]
    ids: Callable[[Columns], list[str | int]]
    properties: Callable[[Columns, float], Iterable[Mapping[str, Any] | bytes]]
    geometry: str | None = "geometry"
    time: tuple[Any, Any] | None = None
    moment: Callable[[datetime], Any] = datetime.timestamp
    left_out: tuple[str, ...] = ()
    has_columns: bool = True


def are_equal(columns: Mapping[str, Any], asked: Asked) -> list[Condition]:
    """The conditions that the columns have the values that are asked for; booleans are stored as 0 and 1."""
    asked_for = asked.equals.items()
    return [columns[name] == (int(value) if isinstance(value, bool) else value) for name, value in asked_for]


def read_page(live: Live, tenant: str, kind: FeatureTable, asked: Asked) -> Page:
    """The features that are meant, in order, at most `limit`, and fewer where they are large (MOST_BYTES).

    Raises BadQuery for an `after` of no page.
    """
    after = _unpacked(asked.after, len(kind.order)) if asked.after else None
    rows: list[Any] = []
    left, more = MOST_BYTES, True
    with live.read() as connection:
        chosen = _chosen(connection, live, tenant, kind, asked)
        while more and left > 0 and len(rows) <= asked.limit:
            wanted = max(asked.limit + 1 - len(rows), LEAST_READ)
            found, left = _fetched(connection, kind, _statement(kind, chosen, after, wanted), left)
            more = len(found) == wanted or left <= 0
            rows += found if asked.bbox is None else _meeting(kind, found, asked.bbox)
            after = [getattr(found[-1], name) for name in kind.order] if found else after
    if len(rows) > asked.limit:
        rows = rows[: asked.limit]
        after, more = [getattr(rows[-1], name) for name in kind.order], True
    return _page(kind, rows, asked, _packed(after) if more and after else "")


def find_row(live: Live, tenant: str, kind: FeatureTable, asked: Asked, *conditions: Condition) -> Page | None:
    """The feature of the collection that the conditions are true of; of several the last one in order."""
    mine: list[Condition] = [kind.table.c.tenant == tenant, *kind.chosen(asked), *conditions]
    backwards = [kind.table.c[name].desc() for name in kind.order]
    with live.read() as connection:
        rows = connection.execute(sa.select(*_read(kind)).where(*mine).order_by(*backwards).limit(1)).all()
    return _page(kind, rows, asked) if rows else None


def count_rows(live: Live, tenant: str, kind: FeatureTable, asked: Asked) -> int | None:
    """How many features are meant; None if more than MOST_COUNTED, or if telling it takes too long."""
    if asked.equals and not kind.has_columns:
        return None
    with live.read() as connection:
        chosen = _chosen(connection, live, tenant, kind, asked)
        if asked.bbox is None or kind.geometry is None:
            return _counted(connection, kind, chosen, MOST_COUNTED)
        inside = _inside(kind.table, asked.bbox)
        sure = 0 if inside is None else _counted(connection, kind, [*chosen, inside], MOST_COUNTED)
        if sure is None:
            return None
        edge = chosen if inside is None else [*chosen, sa.not_(inside)]
        statement = sa.select(*_read(kind)).where(*edge).limit(MOST_REFINED + 1)
        rows, left = _fetched(connection, kind, statement, MOST_BYTES)
    if len(rows) > MOST_REFINED or left <= 0:
        return None
    return sure + len(_meeting(kind, rows, asked.bbox))


def find_bounds(live: Live, tenant: str, kind: FeatureTable, asked: Asked) -> Box | None:
    """West, south, east, north of the features that are meant; None without."""
    c = kind.table.c
    corners: tuple[Any, ...]
    if kind.geometry is None:
        corners = sa.func.min(c.lon), sa.func.min(c.lat), sa.func.max(c.lon), sa.func.max(c.lat)
    else:
        corners = sa.func.min(c.west), sa.func.min(c.south), sa.func.max(c.east), sa.func.max(c.north)
    with live.read() as connection:
        row = connection.execute(sa.select(*corners).where(c.tenant == tenant, *kind.chosen(asked))).one()
    return None if row[0] is None else tuple(row)


def find_times(live: Live, tenant: str, kind: FeatureTable, asked: Asked) -> tuple[Any, Any]:
    """When the first feature begins, as it is stored, and when the last one ends; None = open, or no feature."""
    assert kind.time is not None, "asked only of features with a time"
    begin, end = kind.time
    is_open = sa.func.max(sa.case((end.is_(None), 1), else_=0))
    mine = kind.table.c.tenant == tenant, *kind.chosen(asked)
    with live.read() as connection:
        row = connection.execute(sa.select(sa.func.min(begin), sa.func.max(end), is_open).where(*mine)).one()
    return row[0], None if row[2] else row[1]


# --- statements ------------------------------------------------------------------------------------------------------


def _chosen(connection: Any, live: Live, tenant: str, kind: FeatureTable, asked: Asked) -> list[Condition]:
    found: list[Condition] = [kind.table.c.tenant == tenant, *kind.chosen(asked)]
    if kind.time is not None:
        begin, end = kind.time
        if asked.ends is not None:
            found.append(begin <= kind.moment(asked.ends))
        if asked.begins is not None:
            found.append(sa.or_(end.is_(None), end > kind.moment(asked.begins)))
    if asked.bbox is not None:
        is_few = live.count_in_bbox(connection, kind.table, asked.bbox, BOX_FEW) < BOX_FEW
        found.append(live.in_bbox(kind.table, asked.bbox) if is_few else _overlaps(kind.table, asked.bbox))
    return found


def _statement(kind: FeatureTable, chosen: list[Condition], after: list[Any] | None, limit: int) -> sa.Select[Any]:
    order = [kind.table.c[name] for name in kind.order]
    conditions = chosen if after is None else [*chosen, sa.tuple_(*order) > sa.tuple_(*after)]
    return sa.select(*_read(kind)).where(*conditions).order_by(*order).limit(limit)


def _fetched(connection: Any, kind: FeatureTable, statement: sa.Select[Any], most: int) -> tuple[list[Any], int]:
    """The rows, read until they have more than `most` bytes, and how many are left then (0 or less = cut short)."""
    large = [at for at, column in enumerate(_read(kind)) if isinstance(column.type, sa.LargeBinary)]
    found: list[Any] = []
    with connection.execute(statement, execution_options={"stream_results": True}) as result:
        for some in result.partitions(READ_AT_ONCE):
            found += some
            most -= sum(len(row[at] or b"") for row in some for at in large)
            if most <= 0:
                break
    return found, most


def _read(kind: FeatureTable) -> list[Any]:
    return [column for column in kind.table.c if column.name not in kind.left_out]


def _counted(connection: Any, kind: FeatureTable, conditions: list[Condition], most: int) -> int | None:
    few = sa.select(kind.table.c.id).where(*conditions).limit(most + 1).subquery()
    found = int(connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one())
    return found if found <= most else None


def _overlaps(table: sa.Table, bbox: Bbox) -> Condition:
    """The box met without the spatial index; boxes of shapes cut at the antimeridian are as wide as the globe."""
    c = table.c
    beside = (sa.or_ if bbox.crosses_antimeridian else sa.and_)(c.east >= bbox.west, c.west <= bbox.east)
    return sa.and_(beside, c.south <= bbox.north, c.north >= bbox.south)


def _inside(table: sa.Table, bbox: Bbox) -> Condition | None:
    """The condition that a row's box lies within the given one; None over the antimeridian."""
    if bbox.crosses_antimeridian:
        return None
    c = table.c
    return sa.and_(c.west >= bbox.west, c.east <= bbox.east, c.south >= bbox.south, c.north <= bbox.north)


# --- rows ------------------------------------------------------------------------------------------------------------


def _page(kind: FeatureTable, rows: Sequence[Any], asked: Asked, following: str = "") -> Page:
    columns = _columns(kind, rows)
    properties = kind.properties(columns, asked.now.timestamp())
    return Page(kind.ids(columns), _shapes(kind, columns), properties, following)


def _columns(kind: FeatureTable, rows: Sequence[Any]) -> Columns:
    names = [column.name for column in _read(kind)]
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def _shapes(kind: FeatureTable, columns: Columns) -> NDArray[np.object_]:
    if kind.geometry is None:
        return _points(columns["lon"], columns["lat"])
    parts = np.array(columns[kind.geometry], object)
    drawn: NDArray[np.object_] = np.asarray(shapely.from_wkb(parts), object)
    without = [at for at, part in enumerate(parts) if part is None]
    if without:
        drawn[without] = _points(np.array(columns["lon"])[without], np.array(columns["lat"])[without])
    return drawn


def _points(lons: Any, lats: Any) -> NDArray[np.object_]:
    return np.asarray(shapely.points(np.array(lons, float), np.array(lats, float)), object)


def _meeting(kind: FeatureTable, rows: Sequence[Any], bbox: Bbox) -> list[Any]:
    """The rows whose shapes meet a box; only those whose own box crosses its border are looked at closely."""
    if kind.geometry is None or not rows:
        return list(rows)
    columns = _columns(kind, rows)
    west, south, east, north = (np.array(columns[side], float) for side in ("west", "south", "east", "north"))
    meets = (west >= bbox.west) & (east <= bbox.east) & (south >= bbox.south) & (north <= bbox.north)
    open_rows = np.flatnonzero(~meets)
    if len(open_rows):
        few = {name: [values[at] for at in open_rows.tolist()] for name, values in columns.items()}
        meets[open_rows] = shapely.intersects(_shapes(kind, few), bbox.as_polygon())
    return [rows[at] for at in np.flatnonzero(meets).tolist()]


def _packed(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _unpacked(text: str, length: int) -> list[Any]:
    """What `_packed` packed. Raises BadQuery for anything else."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, orjson.JSONDecodeError):
        values = None
    if not isinstance(values, list) or len(values) != length or not all(type(value) in (int, str) for value in values):
        raise BadQuery(
            f"after={text[:40]} begins no page", hint='follow the link with "rel": "next" of the page before'
        )
    return values

"""The table of sums over the stage table, by month and by whom they are asked of: kept with every row of it.

Summing 500,000 rows of a month anew takes 4 to 6 s in SQLite and 2 s over an index that holds all counters (measured);
reading their 5,000 sums takes some 20 ms, and keeping them 0.4 ms a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from location_cloud.cases.model_stages import COUNTERS

METADATA = sa.MetaData()

KINDS: Mapping[str, tuple[str, str]] = {
    "grid": ("unit_grid", ""),
    "village": ("village_grid", ""),
    "area": ("area", ""),
    "department": ("department", "post"),
    "person": ("role", "who"),
    "class": ("class", "source"),
}
"""Kind of a sum -> columns of the stage table that its key and its sub-key are. A row without the key is not in it."""

EVERY = "class"
"""The kind that every row is in: the whole is its sum."""


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("period", sa.String(7), primary_key=True),
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("sub", sa.String(64), primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTERS),
    ]


SUMS = sa.Table("case_sums", METADATA, *_columns(), sqlite_with_rowid=False)
"""In the order of its key: a month of a kind lies together. It can be made anew from the stage table at any time."""


def create_sums(op: Any, _live: Any) -> None:
    """The table, in a migration; and the indexes by which the cases behind a number are found."""
    op.create_table("case_sums", *_columns(), sqlite_with_rowid=False)
    op.create_index("case_stages_ended", "case_stages", ["tenant", "ended"])
    op.create_index("case_stages_role", "case_stages", ["tenant", "period", "role", "who"])
    for name in ("department", "area", "village_grid"):
        named = sa.text(f"{name} <> ''")  # most rows name no village, and many no department yet
        op.create_index(
            f"case_stages_{name}", "case_stages", ["tenant", "period", name], sqlite_where=named, postgresql_where=named
        )


def add_sums(connection: Any, tenant: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Counts rows of the stage table, within the transaction that writes them."""
    sums: dict[tuple[str, str, str, str], list[int]] = {}
    for row in rows:
        counts = [row[name] for name in COUNTERS]
        for kind, (key, sub) in KINDS.items():
            if row[key]:
                place = (row["period"], kind, row[key], row[sub] if sub else "")
                found = sums.get(place)
                sums[place] = counts if found is None else [one + other for one, other in zip(found, counts)]
    if not sums:
        return
    names = ("period", "kind", "key", "sub")
    values = [
        # In order, so that two transactions that meet in two rows meet in the same one first.
        {"tenant": tenant, **dict(zip(names, place)), **dict(zip(COUNTERS, sums[place]))}
        for place in sorted(sums)
    ]
    connection.execute(_UPSERTS[connection.dialect.name], values)


def rebuild_sums(connection: Any, tenant: str, stages: sa.Table) -> None:
    """Sums the stage table anew, after rows were written to it without `add_sums`."""
    connection.execute(SUMS.delete().where(SUMS.c.tenant == tenant))
    for kind, (key, sub) in KINDS.items():
        c = stages.c
        by = [c.tenant, c.period, c[key], *([c[sub]] if sub else [])]
        chosen = [c.tenant, c.period, sa.literal(kind), c[key], c[sub] if sub else sa.literal("")]
        summed = (
            sa.select(*chosen, *(sa.func.sum(c[name]) for name in COUNTERS))
            .where(c.tenant == tenant, c[key] != "")
            .group_by(*by)
        )
        connection.execute(SUMS.insert().from_select([column.name for column in SUMS.c], summed))


def _upsert(insert: Any) -> Any:
    statement = insert(SUMS)
    more = {name: SUMS.c[name] + statement.excluded[name] for name in COUNTERS}
    return statement.on_conflict_do_update(index_elements=["tenant", "period", "kind", "key", "sub"], set_=more)


_UPSERTS = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}

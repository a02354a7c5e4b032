"""The table of indicators of grids: the only place that knows its SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from location_cloud.grids.model import Scheme
from location_cloud.grids.model_indicators import Kind, Period, Value
from location_cloud.storage.live import next_version

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("scheme", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("period", sa.String(10), primary_key=True),
        sa.Column("code", sa.String(24), primary_key=True),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("total", sa.String(4), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
    ]


INDICATORS = sa.Table("grid_indicators", METADATA, *_columns())
"""One row for each grid, indicator and period; told again, the value is another one."""


def _change_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("scheme", sa.String(16), primary_key=True),
        sa.Column("change", sa.BigInteger, nullable=False),
    ]


CHANGES = sa.Table("grid_indicator_changes", METADATA, *_change_columns())
"""The live version of the last change of any value of a scheme: what maps look at before they read values again."""


def create_indicators(op: Any, live: Any) -> None:
    """The tables, in a migration."""
    op.create_table("grid_indicators", *_columns())
    op.create_index("grid_indicators_code", "grid_indicators", ["tenant", "scheme", "code", "name", "period"])
    op.create_table("grid_indicator_changes", *_change_columns())


def put_values(connection: Any, tenant: str, scheme: Scheme, values: Sequence[Value]) -> None:
    """Puts values in the place of those of the same grid, indicator and period, where there are any."""
    _remove(connection, tenant, scheme, [(each.code, each.name, each.period) for each in values])
    rows = [
        {
            "tenant": tenant,
            "scheme": scheme,
            "name": each.name,
            "period": each.period,
            "code": each.code,
            "value": each.value,
            "unit": each.unit,
            "total": each.total,
            "source": each.source,
            "at": each.at,
            "who": each.who,
        }
        for each in values
    ]
    if rows:
        connection.execute(INDICATORS.insert().values(tenant=tenant), rows)
    _note(connection, tenant, scheme)


def remove_values(connection: Any, tenant: str, scheme: Scheme, keys: Sequence[tuple[str, str, str]]) -> None:
    """Removes values by grid, indicator and period."""
    _remove(connection, tenant, scheme, keys)
    _note(connection, tenant, scheme)


def _remove(connection: Any, tenant: str, scheme: Scheme, keys: Sequence[tuple[str, str, str]]) -> None:
    c = INDICATORS.c
    statement = INDICATORS.delete().where(
        c.tenant == tenant,
        c.scheme == scheme,
        c.code == sa.bindparam("of_code"),
        c.name == sa.bindparam("of_name"),
        c.period == sa.bindparam("of_period"),
    )
    named = [{"of_code": code, "of_name": name, "of_period": period} for code, name, period in keys]
    if named:
        connection.execute(statement, named)


def _note(connection: Any, tenant: str, scheme: Scheme) -> None:
    c, change = CHANGES.c, next_version(connection)
    updated = CHANGES.update().where(c.tenant == tenant, c.scheme == scheme).values(change=change)
    if connection.execute(updated).rowcount == 0:
        connection.execute(CHANGES.insert().values(tenant=tenant, scheme=scheme, change=change))


def changed_schemes(connection: Any, tenant: str, since: int) -> list[Scheme]:
    """Schemes of which a value changed after a live version."""
    c = CHANGES.c
    return list(connection.execute(sa.select(c.scheme).where(c.tenant == tenant, c.change > since)).scalars())


def find_kind(connection: Any, tenant: str, scheme: Scheme, name: str) -> Kind | None:
    """How an indicator's values are counted; None while it has none. Index: primary."""
    c = INDICATORS.c
    statement = sa.select(c.unit, c.total).where(c.tenant == tenant, c.scheme == scheme, c.name == name)
    row = connection.execute(statement.limit(1)).one_or_none()
    return None if row is None else Kind(name, row.unit, row.total)


def count_names(connection: Any, tenant: str, scheme: Scheme) -> int:
    """How many indicators a scheme has. Index: primary."""
    c = INDICATORS.c
    statement = sa.select(sa.func.count(sa.distinct(c.name))).where(c.tenant == tenant, c.scheme == scheme)
    return int(connection.execute(statement).scalar_one())


def list_values(
    connection: Any, tenant: str, scheme: Scheme, code: str, name: str, after: tuple[str, str], limit: int
) -> list[Value]:
    """Values of a grid by indicator and period; of one indicator where a name is given. Index: grid_indicators_code."""
    c = INDICATORS.c
    statement = INDICATORS.select().where(c.tenant == tenant, c.scheme == scheme, c.code == code)
    if name:
        statement = statement.where(c.name == name)
    later = sa.or_(c.name > after[0], sa.and_(c.name == after[0], c.period > after[1]))
    rows = connection.execute(statement.where(later).order_by(c.name, c.period).limit(limit))
    return [_as_value(row) for row in rows]


def values_of(connection: Any, tenant: str, scheme: Scheme, name: str, period: str) -> dict[str, float]:
    """The values of an indicator in a period by grid. Index: primary."""
    c = INDICATORS.c
    statement = sa.select(c.code, c.value).where(
        c.tenant == tenant, c.scheme == scheme, c.name == name, c.period == period
    )
    return {row.code: row.value for row in connection.execute(statement)}


def list_periods(connection: Any, tenant: str, scheme: Scheme, name: str = "") -> list[Period]:
    """Which indicators there are for which periods, by name and period. Index: primary."""
    c = INDICATORS.c
    numbers = sa.func.count(), sa.func.min(c.value), sa.func.max(c.value), sa.func.avg(c.value), sa.func.max(c.at)
    statement = sa.select(c.name, c.period, c.unit, c.total, *numbers).where(c.tenant == tenant, c.scheme == scheme)
    if name:
        statement = statement.where(c.name == name)
    statement = statement.group_by(c.name, c.period, c.unit, c.total).order_by(c.name, c.period)
    return [Period(*row) for row in connection.execute(statement)]


def list_names(connection: Any, tenant: str, scheme: Scheme) -> list[str]:
    """Names of the indicators of a scheme. Index: primary."""
    c = INDICATORS.c
    statement = sa.select(c.name).distinct().where(c.tenant == tenant, c.scheme == scheme)
    return sorted(connection.execute(statement).scalars())


def newest_values(
    connection: Any, tenant: str, scheme: Scheme, newest: Callable[[list[str]], str]
) -> dict[str, dict[str, float]]:
    """By grid, each indicator's value in the period that `newest` chooses of those that it has. Index: primary."""
    c = INDICATORS.c
    periods: dict[str, list[str]] = {}
    named = sa.select(c.name, c.period).distinct().where(c.tenant == tenant, c.scheme == scheme)
    for name, period in connection.execute(named):
        periods.setdefault(name, []).append(period)
    found: dict[str, dict[str, float]] = {}
    for name in sorted(periods):
        for code, value in values_of(connection, tenant, scheme, name, newest(periods[name])).items():
            found.setdefault(code, {})[name] = value
    return found


def _as_value(row: Any) -> Value:
    return Value(row.code, row.name, row.period, row.value, row.unit, row.total, row.source, row.at, row.who)

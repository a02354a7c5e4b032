"""Sums of the stage table: by grid, area, department, person and class, over months or any stretch of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from location_cloud.cases.model_evaluation import Group
from location_cloud.cases.model_stages import COUNTERS
from location_cloud.cases.store import CASE_STAGES
from location_cloud.cases.store_sums import KINDS, SUMS

METADATA = sa.MetaData()


def sum_months(connection: Any, tenant: str, group: Group, months: Sequence[str]) -> Any:
    """(key, sub, *counters) over whole months. Index: primary key of case_sums."""
    c = SUMS.c
    chosen = (c.tenant == tenant, c.period.in_(months), c.kind == group.kind)
    return _summed(connection, group, c, c.key, c.sub, chosen)


def sum_stretch(connection: Any, tenant: str, group: Group, begin_s: float, end_s: float) -> Any:
    """The same of what ended in [begin, end), POSIX seconds. Index: case_stages_ended."""
    c = CASE_STAGES.c
    key, sub = KINDS[group.kind]
    chosen = (c.tenant == tenant, c.ended >= begin_s, c.ended < end_s, c[key] != "")
    return _summed(connection, group, c, c[key], c[sub] if sub else sa.literal(""), chosen)


def list_cases_behind(
    connection: Any,
    tenant: str,
    group: Group,
    stretch: tuple[float, float] | None,
    months: Sequence[str],
    counts: tuple[dict[str, int], dict[str, int]],
    which: str,
    after: int,
    limit: int,
) -> list[int]:
    """Ids of cases behind a number, rising. Index: case_stages_period, _department, _area, _village_grid or _role.

    stretch: POSIX seconds, None = the whole months; months: all that it touches. counts: counters above and below the
    line. which: "over" = they count above it, "under" = below it, "rest" = below it and not above.
    """
    c = CASE_STAGES.c
    key, sub = KINDS[group.kind]
    over, under = (_signed_sum(c, parts) for parts in counts)
    having = {"over": over > 0, "under": under > 0, "rest": under > over}[which]
    case = c.case + 0  # not by the index of cases, which SQLite would take and read a year in order
    chosen = [c.tenant == tenant, c.period.in_(months), c[key] != sa.text("''")]  # as the partial indexes say it
    if stretch is not None:
        chosen += [c.ended >= stretch[0], c.ended < stretch[1]]
    statement = (
        sa.select(case)
        .where(*chosen)
        .where(*_of_group(connection, group, c[key], c[sub] if sub else sa.literal("")), case > after)
        .group_by(case)
        .having(having)
        .order_by(case)
        .limit(limit)
    )
    return [row[0] for row in connection.execute(statement)]


def _summed(connection: Any, group: Group, c: Any, key: Any, sub: Any, chosen: Iterable[Any]) -> Any:
    shown = sa.func.substr(key, 1, group.digits) if group.digits else key
    subs = sub if group.by_sub else sa.literal("")
    statement = sa.select(shown.label("shown"), subs.label("subs"), *(sa.func.sum(c[name]) for name in COUNTERS))
    statement = statement.where(*chosen, *_of_group(connection, group, key, sub))
    by = ("shown", "subs") if group.by_sub else ("shown",)
    return connection.execute(statement.group_by(*map(sa.literal_column, by))).all()


def _of_group(connection: Any, group: Group, key: Any, sub: Any) -> list[Any]:
    found: list[Any] = []
    if group.digits:
        found.append(sa.func.length(key) >= group.digits)
    if group.key:
        found.append(_begins(connection, key, group.key) if group.digits else key == group.key)
    if group.sub:
        found.append(sub == group.sub)
    if group.only:
        found.append(key.in_(group.only))
    if group.keys:
        found.append(sa.or_(*(_begins(connection, key, each) for each in group.keys)))
    return found


def _begins(connection: Any, key: Any, prefix: str) -> Any:
    """SQLite compares bytes, so that a range is found by the index; PostgreSQL may sort by a language's rules."""
    if connection.dialect.name == "sqlite":
        return sa.and_(key >= prefix, key < prefix + "\uffff")
    return sa.func.substr(key, 1, len(prefix)) == prefix


def _signed_sum(c: Any, parts: dict[str, int]) -> Any:
    total = sa.literal(0)
    for name, sign in parts.items():
        total = total + sign * c[name]
    return sa.func.sum(total)

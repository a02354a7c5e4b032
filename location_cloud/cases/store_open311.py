"""Cases as Open311 asks for them: by day of report, newest first, with what happened to them; statements only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from location_cloud.cases.model import Case
from location_cloud.cases.model_open311 import MOST_NEAR, Step, Wanted
from location_cloud.cases.store import CASES, LOG, as_case
from location_cloud.cases.store_listing import BOX_FEW
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.live import Live


def list_requests(connection: Any, live: Live, tenant: str, wanted: Wanted) -> list[Case]:
    """A page of requests, the newest first. Indexes: cases_created; cases_class; primary key for ids; see `_where`."""
    statement = _where(CASES.select(), connection, live, tenant, wanted).limit(wanted.limit).offset(wanted.offset)
    return [as_case(row) for row in connection.execute(statement)]


def list_places(connection: Any, live: Live, tenant: str, wanted: Wanted) -> list[tuple[int, float, float]]:
    """Id, lon, lat of requests, the newest first; up to one more than MOST_NEAR."""
    c = CASES.c
    statement = _where(sa.select(c.id, c.lon, c.lat), connection, live, tenant, wanted).limit(MOST_NEAR + 1)
    return [tuple(row) for row in connection.execute(statement)]


def last_changes(connection: Any, tenant: str, ids: Sequence[int]) -> dict[int, float]:
    """When something was last written about each of these cases, POSIX seconds. Index: case_log_case."""
    c = LOG.c
    statement = sa.select(c.case, sa.func.max(c.at)).where(c.tenant == tenant, c.case.in_(ids)).group_by(c.case)
    return {row[0]: row[1] for row in connection.execute(statement)}


def list_steps(connection: Any, tenant: str, ids: Sequence[int]) -> list[Step]:
    """When each of these cases went into which stage, oldest first. Index: case_log_case."""
    c = LOG.c
    statement = _steps().where(c.tenant == tenant, c.case.in_(ids), c.stage_from != c.stage_to).order_by(c.id)
    return [Step(*row) for row in connection.execute(statement)]


def list_updates(connection: Any, tenant: str, first: float, last: float, wanted: Wanted) -> list[Step]:
    """Steps of public cases from one moment on and before another, oldest first.

    The timeline has no index by time, but its live versions rise with it: the first one is found by halving.
    Index: case_log_change.
    """
    c, known = LOG.c, CASES.c
    since = _change_at(connection, tenant, first - SKEW_S)
    if since is None:
        return []
    statement = _steps().join(CASES, sa.and_(known.tenant == c.tenant, known.id == c.case))
    statement = statement.where(
        c.tenant == tenant,
        known.tenant == tenant,
        c.change >= since,
        c.at >= first,
        c.at < last,
        c.stage_from != c.stage_to,
        known["class"].not_in(wanted.hidden),
    )
    statement = statement.order_by(c.change, c.id).limit(wanted.limit).offset(wanted.offset)
    return [Step(*row) for row in connection.execute(statement)]


SKEW_S = 60.0
"""By which a line of the timeline may be older than the one before it: clocks are read before a write has its turn."""


def _change_at(connection: Any, tenant: str, at: float) -> int | None:
    """The first live version whose line in the timeline is not older than a moment."""
    c = LOG.c

    def line_from(change: int) -> tuple[int, float] | None:
        statement = sa.select(c.change, c.at).where(c.tenant == tenant, c.change >= change)
        row = connection.execute(statement.order_by(c.change).limit(1)).one_or_none()
        return None if row is None else (int(row[0]), float(row[1]))

    newest = sa.select(sa.func.max(c.change)).where(c.tenant == tenant)
    low, high = 0, connection.execute(newest).scalar_one_or_none()
    if high is None:
        return None
    while low < high:
        middle = (low + high) // 2
        found = line_from(middle)
        if found is None or found[1] >= at:
            high = middle
        else:
            low = found[0] + 1
    return int(low)


def _steps() -> Any:
    c = LOG.c
    return sa.select(c.id, c.case, c.at, c.action, c.stage_to)


def _where(statement: Any, connection: Any, live: Live, tenant: str, wanted: Wanted) -> Any:
    """The statement of the cases that are meant, the newest first.

    SQLite's planner would walk the index of days backwards for the sake of the order; where ids, a class or a small
    box leave fewer cases, the column is hidden from it. Of a wide box the spatial index would find too many.
    """
    c = CASES.c
    is_few = wanted.bbox is not None and live.count_in_bbox(connection, CASES, wanted.bbox, BOX_FEW) < BOX_FEW
    is_hidden = live.dialect == "sqlite" and (is_few or wanted.ids is not None or bool(wanted.classes))
    created: Any = sa.type_coerce(c.created + 0, c.created.type) if is_hidden else c.created
    ordered = statement.where(c.tenant == tenant).order_by(created.desc(), c.id.desc())
    if wanted.hidden:
        ordered = ordered.where(c["class"].not_in(wanted.hidden))
    if wanted.ids is not None:
        return ordered.where(c.id.in_(wanted.ids))
    found: list[Any] = [created >= wanted.first, created < wanted.last]
    if wanted.classes:
        found.append(c["class"].in_(wanted.classes))
    if wanted.is_open is not None:
        is_open = c.is_open + 0 if live.dialect == "sqlite" else c.is_open  # its index is not in this order
        found.append(is_open == int(wanted.is_open))
    if wanted.bbox is not None:
        found.append(live.in_bbox(CASES, wanted.bbox) if is_few else _inside(wanted.bbox))
    return ordered.where(*found)


def _inside(bbox: Bbox) -> Any:
    c = CASES.c
    beside = (sa.or_ if bbox.west > bbox.east else sa.and_)(c.lon >= bbox.west, c.lon <= bbox.east)
    return sa.and_(beside, c.lat >= bbox.south, c.lat <= bbox.north)

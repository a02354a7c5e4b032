"""Lists of cases: which index leaves least to look at, and the statements that go by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge, nlargest
from itertools import islice
from typing import Any

import sqlalchemy as sa

from location_cloud.cases.model import OVER, Case, Chosen
from location_cloud.cases.store import CASES, INDEXES, as_case
from location_cloud.storage.live import Live

BOX_FEW, BOX_FEW_OPEN = 4000, 1000
"""Cases in a box up to which the spatial index is asked: of more, walking by id finds a page sooner than sorting. Few
are open, and an index of these has the places, too."""


def list_cases(
    connection: Any, live: Live, tenant: str, chosen: Chosen, after: int = 0, limit: int = 100, newest: bool = False
) -> list[Case]:
    """Cases by rising id, those after an id; with `newest` by falling id, those before it.

    Index: the one of INDEXES that leaves least, see `_index_of`.
    """
    pages = [
        [as_case(row) for row in connection.execute(statement)]
        for statement in _statements(connection, live, tenant, chosen, after, limit, newest)
    ]
    if len(pages) == 1:
        return pages[0]
    if newest:
        return nlargest(limit, (case for page in pages for case in page), key=lambda case: case.id)
    return list(islice(merge(*pages, key=lambda case: case.id), limit))


def count_cases(connection: Any, live: Live, tenant: str, chosen: Chosen, most: int) -> int:
    """How many cases are meant, counted no further than `most`."""
    total = 0
    for statement in _statements(connection, live, tenant, chosen, 0, most - total, False):
        few = statement.with_only_columns(CASES.c.id).subquery()
        total += int(connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one())
        if total >= most:
            break
    return total


def _statements(
    connection: Any, live: Live, tenant: str, chosen: Chosen, after: int, limit: int, newest: bool
) -> Iterator[sa.Select[Any]]:
    """One statement for each value of what the index begins with, so that each gives its page in order."""
    most = BOX_FEW_OPEN if chosen.is_open or chosen.overdue or chosen.lamp or chosen.role else BOX_FEW
    is_few = chosen.bbox is not None and live.count_in_bbox(connection, CASES, chosen.bbox, most) < most
    index = _index_of(chosen, is_few)
    ways: Sequence[Any] = {"stage": chosen.stages, "class": chosen.classes, "department": chosen.stages}.get(index) or (
        None,
    )
    for value in ways:
        yield _statement(live, tenant, chosen, after, limit, newest, index, value, is_few)


def _index_of(chosen: Chosen, is_few: bool) -> str:
    """The index that leaves least to look at; "box" = the spatial one."""
    if chosen.number:
        return "primary"
    for name in ("source_id", "incident", "parent", "component"):
        if getattr(chosen, name) not in (None, ""):
            return name
    if is_few:
        return "box"
    if chosen.changed_since is not None:
        return "change"
    if chosen.cells is not None and chosen.cells[1] - chosen.cells[0] < 1000:
        return "cell"
    if chosen.grid:
        return "unit_grid"
    if chosen.village_grid:
        return "village_grid"
    if chosen.department and chosen.stages:
        return "department"
    if chosen.stages and not set(chosen.stages) & set(OVER):
        return "stage"
    if chosen.is_open or chosen.overdue or chosen.lamp or chosen.role:
        return "open"
    level = {6: "district", 9: "town"}.get(len(chosen.area), "area" if chosen.area else "")
    if level:
        return level
    return "stage" if chosen.stages else "class" if chosen.classes else "source" if chosen.source else "id"


def _statement(
    live: Live,
    tenant: str,
    chosen: Chosen,
    after: int,
    limit: int,
    newest: bool,
    index: str,
    value: str | None,
    is_few: bool,
) -> sa.Select[Any]:
    c = CASES.c
    columns = INDEXES.get(index, ())

    def plain(name: str) -> Any:
        """The column, hidden from SQLite's planner where another index is meant."""
        column = c[name]
        if live.dialect != "sqlite" or name in columns or (index == "primary" and name == "id"):
            return column
        return sa.type_coerce(column.op("||")("") if isinstance(column.type, sa.String) else column + 0, column.type)

    found = [c.tenant == tenant]
    if after:
        found.append(plain("id") < after if newest else plain("id") > after)
    if value is not None:
        found.append(c["class" if index == "class" else "stage"] == value)
    if chosen.stages and not (value and index in ("stage", "department")):
        found.append(plain("stage").in_(chosen.stages))
    if chosen.classes and not (value and index == "class"):
        found.append(plain("class").in_(chosen.classes))
    is_open = True if chosen.overdue or chosen.lamp or chosen.role else chosen.is_open
    if is_open is not None:
        found.append(plain("is_open") == int(is_open))
    found += _timely(chosen)
    for name, asked in (
        ("unit_grid", chosen.grid),
        ("village_grid", chosen.village_grid),
        ("department", chosen.department),
        ("role", chosen.role),
        ("source", chosen.source),
        ("source_id", chosen.source_id),
        ("component", chosen.component),
        ("incident", chosen.incident),
        ("parent", chosen.parent),
    ):
        if asked not in (None, ""):
            found.append(plain(name) == asked)
    if chosen.number:
        found.append(c.id == (int(chosen.number.rpartition("-")[2]) if chosen.number[-1:].isdigit() else 0))
        found.append(plain("number") == chosen.number)
    if chosen.area:
        found.append(_below(chosen.area, plain))
    if chosen.areas:
        found.append(sa.or_(*(_below(area, plain) for area in chosen.areas)))
    if chosen.departments:
        found.append(plain("department").in_(chosen.departments))
    if chosen.cells is not None:
        found.append(plain("cell").between(*chosen.cells))
    if chosen.created_from is not None:
        found.append(plain("created") >= chosen.created_from)
    if chosen.created_until is not None:
        found.append(plain("created") < chosen.created_until)
    if chosen.changed_since is not None:
        found.append(c.change > chosen.changed_since)
    if chosen.bbox is not None:
        found.append(live.in_bbox(CASES, chosen.bbox) if is_few else _inside(chosen.bbox))
    by = c.id if "id" in columns or index == "primary" else plain("id")
    return CASES.select().where(*found).order_by(by.desc() if newest else by).limit(limit)


def _timely(chosen: Chosen) -> list[Any]:
    """Conditions on the clock as of `now`; a suspended case's stands."""
    c, found = CASES.c, []
    at = sa.case((c.stage == "suspended", c.suspended_since), else_=chosen.now)
    if chosen.overdue is not None:
        found.append(c.due < at if chosen.overdue else sa.or_(c.due >= at, c.due.is_(None)))
    if chosen.lamp == "red":
        found.append(c.due < at)
    elif chosen.lamp == "yellow":
        found += [c.warn <= at, c.due >= at]
    elif chosen.lamp == "green":
        found.append(c.warn > at)
    return found


def _below(area: str, plain: Any) -> Any:
    """The condition that a case lies in an area or below it."""
    level = {6: "district", 9: "town"}.get(len(area))
    if level is not None and area.isdigit():
        return plain(level) == area
    return plain("area") == area if len(area) > 9 or not area.isdigit() else plain("area").startswith(area)


def _inside(bbox: Any) -> Any:
    c = CASES.c
    beside = (sa.or_ if bbox.west > bbox.east else sa.and_)(c.lon >= bbox.west, c.lon <= bbox.east)
    return sa.and_(beside, c.lat >= bbox.south, c.lat <= bbox.north)

"""Cases and components as features: which columns they are chosen by, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from location_cloud.cases.model import OVER, Actor, held_by
from location_cloud.cases.store import CASES
from location_cloud.cases.store_components import COMPONENTS
from location_cloud.feature_sets import Asked
from location_cloud.spatial.cells.index_cell import index_codes
from location_cloud.storage.feature_tables import Columns, Condition, FeatureTable, are_equal

CASE_COLUMNS = {
    "number": "number",
    "class": "class",
    "stage": "stage",
    "open": "is_open",
    "role": "role",
    "source": "source",
    "grid": "unit_grid",
    "manage_grid": "manage_grid",
    "village_grid": "village_grid",
    "area": "area",
    "district": "district",
    "town": "town",
    "department": "department",
    "component": "component",
    "incident": "incident",
    "parent": "parent",
    "citizen": "citizen",
}
"""Property -> column by which cases are chosen."""

COMPONENT_COLUMNS = {
    "code": "code",
    "class": "class",
    "state": "state",
    "owner": "owner",
    "maintainer": "maintainer",
    "supervisor": "supervisor",
    "grid": "unit_grid",
    "area": "area",
}


def case_features() -> FeatureTable:
    """Every case, open or over, that the caller may see. Index: cases_id and its fellows, or the spatial one."""
    return FeatureTable(
        table=CASES,
        chosen=_chosen_cases,
        order=("id",),
        ids=lambda told: list(told["id"]),
        properties=_case_properties,
        geometry=None,
        time=(CASES.c.created, CASES.c.closed),
        left_out=("digest", "counted"),
    )


def component_features() -> FeatureTable:
    """Components that are there. Index: components_code, or the spatial one with a box."""
    return FeatureTable(
        table=COMPONENTS,
        chosen=_chosen_components,
        order=("code",),
        ids=lambda told: list(told["code"]),
        properties=_component_properties,
        time=(COMPONENTS.c.first_seen, sa.null()),
        left_out=("request", "digest"),
    )


def case_of_id(number: int) -> Condition:
    """The condition that an id names."""
    return CASES.c.id == number


def component_of_id(code: str) -> Condition:
    """The condition that an id names."""
    return COMPONENTS.c.code == code


def _chosen_cases(asked: Asked) -> list[Condition]:
    c = CASES.c
    columns: dict[str, Any] = {name: c[column] for name, column in CASE_COLUMNS.items()}
    now = asked.now.timestamp()
    at = sa.func.coalesce(c.closed, sa.case((c.stage == "suspended", c.suspended_since), else_=now))
    columns["overdue"] = sa.case((c.due < at, 1), else_=0)
    return [*_seen_by(asked.caller, asked.now), *are_equal(columns, asked)]


def _seen_by(caller: Any, now: datetime) -> list[Condition]:
    """The conditions that a caller may see a case (`Actor.may_see`); None sees all."""
    if caller is None:
        return []
    actor, found = Actor("", now, **held_by(caller)), []
    if actor.areas:
        found.append(sa.or_(*(CASES.c.area.startswith(area, autoescape=True) for area in actor.areas)))
    if actor.is_department_only:
        found.append(CASES.c.department.in_(actor.departments))
    return found


def _chosen_components(asked: Asked) -> list[Condition]:
    columns = {name: COMPONENTS.c[column] for name, column in COMPONENT_COLUMNS.items()}
    return [COMPONENTS.c.gone == 0, *are_equal(columns, asked)]


def _case_properties(told: Columns, now: float) -> Iterator[dict[str, Any]]:
    return (_case(row, beidou, now) for row, beidou in _rows(told))


def _rows(told: Columns) -> Iterator[tuple[dict[str, Any], str]]:
    """Each row by name, with the code of its cell."""
    names, cells = tuple(told), index_codes(told["cell"])
    for beidou, *row in zip(cells, *told.values(), strict=True):
        yield dict(zip(names, row, strict=True)), beidou


def _case(row: Any, beidou: str, now: float) -> dict[str, Any]:
    suspended = row["suspended_since"] if row["stage"] == "suspended" else None
    at = row["closed"] if row["closed"] is not None else now if suspended is None else suspended
    lamp = "" if row["due"] is None else "red" if at > row["due"] else "yellow" if at >= row["warn"] else "green"
    content = orjson.loads(row["content"])
    return {
        "number": row["number"],
        "class": row["class"],
        "stage": row["stage"],
        "open": row["stage"] not in OVER,
        "role": row["role"],
        "lamp": lamp,
        "overdue": lamp == "red",
        "source": row["source"],
        "description": row["description"],
        "beidou": beidou,
        "grid": row["unit_grid"],
        "manage_grid": row["manage_grid"],
        "village_grid": row["village_grid"],
        "area": row["area"],
        "district": row["district"],
        "town": row["town"],
        "department": row["department"],
        "post": row["post"],
        "component": row["component"],
        "incident": row["incident"],
        "parent": row["parent"],
        "citizen": bool(row["citizen"]),
        "created_at": as_text(row["created"]),
        "filed_at": as_text(row["filed"]),
        "closed_at": as_text(row["closed"]),
        "deadline": as_text(row["due"]),
        "stage_since": as_text(row["stage_since"]),
        "stage_deadline": as_text(row["stage_due"]),
        "reworks": row["reworks"],
        "simulated": bool(content.get("is_simulated")),
        "version": row["version"],
    }


def _component_properties(told: Columns, now: float) -> Iterator[dict[str, Any]]:
    return (_component(row, beidou) for row, beidou in _rows(told))


def _component(row: Any, beidou: str) -> dict[str, Any]:
    return {
        "code": row["code"],
        "class": row["class"],
        "name": row["name"],
        "state": row["state"],
        "owner": row["owner"],
        "maintainer": row["maintainer"],
        "supervisor": row["supervisor"],
        "grid": row["unit_grid"],
        "area": row["area"],
        "beidou": beidou,
        "first_seen": as_text(row["first_seen"]),
        "changed_at": as_text(row["changed"]),
        "source": row["source"],
        "note": row["note"],
        "simulated": bool(orjson.loads(row["content"]).get("is_simulated")),
        "version": row["version"],
    }


def as_text(at: float | None) -> str | None:
    """A moment as RFC 3339 writes it, UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")

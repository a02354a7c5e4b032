"""Incidents as features: which columns they are chosen by, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from location_cloud.feature_sets import Asked
from location_cloud.incidents.model import OPEN
from location_cloud.incidents.store import INCIDENTS
from location_cloud.storage.feature_tables import Condition, FeatureTable, are_equal


def features() -> FeatureTable:
    """All that are kept, those that are over, too. Index: incidents_tenant, or the spatial one with a box."""
    return FeatureTable(
        table=INCIDENTS,
        chosen=_chosen,
        order=("id",),
        ids=lambda told: list(told["id"]),
        properties=lambda told, now: (_properties(*row) for row in zip(*(told[name] for name in READ), strict=True)),
        time=(INCIDENTS.c.starts, INCIDENTS.c.ends),
        left_out=("edges",),
    )


def of_id(number: int) -> Condition:
    """The condition that an id names."""
    return INCIDENTS.c.id == number


def _chosen(asked: Asked) -> list[Condition]:
    c = INCIDENTS.c
    effect = sa.case((c.effect == "", "none"), else_=c.effect)
    is_open = sa.case((c.status.in_(OPEN), 1), else_=0)
    return are_equal({"kind": c.kind, "status": c.status, "effect": effect, "open": is_open}, asked)


TOLD: Sequence[str] = ("severity", "description", "direction", "road_names", "speed_kmh", "source", "case")
READ: Sequence[str] = ("kind", "status", "effect", "content", "starts", "ends", "updated", "version")


def _properties(
    kind: str, status: str, effect: str, packed: bytes, starts: float, ends: float | None, updated: float, version: int
) -> dict[str, Any]:
    content = orjson.loads(packed)
    return {
        "kind": kind,
        "status": status,
        "open": status in OPEN,
        "effect": effect or "none",
        **{name: content[name] for name in TOLD if name in content},
        "starts_at": as_text(starts),
        "ends_at": as_text(ends),
        "updated_at": as_text(updated),
        "simulated": content["is_simulated"],
        "version": version,
    }


def as_text(at: float | None) -> str | None:
    """A moment as RFC 3339 writes it, UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")

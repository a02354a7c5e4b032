"""Who gets a case: the tenant's rules over what is known of it, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from location_cloud.cases.clocks import lamp_of
from location_cloud.cases.model import Case
from location_cloud.cases.rules import Decision, Facts, Rule, decide
from location_cloud.cases.service_settings import Terms
from location_cloud.cases.store_components import find_component
from location_cloud.storage.world import World


@dataclass(frozen=True)
class Routed:
    """Where a case goes. fields: department, post, assignee as far as rules say. rule: id of the one that named the
    department. factor: of its limits. is_automatic: without a dispatcher. decision: all of it.
    """

    decision: Decision
    facts: Facts
    fields: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    factor: float = 1.0
    is_automatic: bool = False


def choose(
    world: World,
    connection: Any,
    tenant: str,
    terms: Terms,
    case: Case,
    now: datetime,
    weather: Mapping[str, Any] | None = None,
    rules: tuple[Rule, ...] | None = None,
) -> Routed:
    """What the rules say of a case now. weather: told instead of what holds; rules: instead of the tenant's own."""
    told = weather if weather is not None else told_weather(world, connection, tenant, now)
    known = terms.classes.get(case.class_code)
    component = find_component(connection, tenant, case.component) if case.component else None
    facts = Facts(
        at_s=now.timestamp(),
        area=case.area,
        grid=case.unit_grid,
        manage_grid=case.manage_grid,
        village_grid=case.village_grid,
        class_code=case.class_code,
        group=known.group if known else "",
        kind=known.kind if known else "",
        source=case.source,
        owner=component.owner if component else "",
        weather=told.get("condition", ""),
        temperature_c=told.get("temperature_c"),
        lamp=lamp_of(case.clock, now.timestamp()),
        severity=case.severity,
    )
    decision = decide(terms.rules if rules is None else rules, facts, terms.calendar())
    action = decision.action
    fields = {
        name: value for name in ("department", "post", "assignee") if (value := getattr(action, name)) is not None
    }
    return Routed(decision, facts, fields, decision.decided_by, action.limit_factor or 1.0, bool(action.automatic))


def told_weather(world: World, connection: Any, tenant: str, now: datetime) -> Mapping[str, Any]:
    """The weather as whoever knows it tells it (`World.weather_tellers`); {} = nobody does."""
    for tell in world.weather_tellers:
        if (told := tell(connection, tenant, now)) is not None:
            return told
    return {}

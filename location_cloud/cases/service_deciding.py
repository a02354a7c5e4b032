"""What rules would say of a case, without anything being changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from location_cloud.cases.model import Actor
from location_cloud.cases.rules import Rule
from location_cloud.cases.service import get_case, place_case
from location_cloud.cases.service_routing import Routed, choose
from location_cloud.cases.service_settings import load_terms
from location_cloud.storage.world import World


def try_rules(
    world: World,
    tenant: str,
    case_id: int | None,
    said: Mapping[str, Any],
    actor: Actor,
    weather: Mapping[str, Any] | None = None,
    rules: tuple[Rule, ...] | None = None,
) -> Routed:
    """What rules say at the actor's time of a case that is there, or of one that is described as for `add_case`.

    weather, rules: instead of what is told and set. Raises NotFound, and as `service.place_case`.
    """
    if case_id is not None:
        case = get_case(world.live, tenant, case_id, actor)
    else:
        case = place_case(world, tenant, said, actor)
    with world.live.read() as connection:
        terms = load_terms(connection, tenant)
        return choose(world, connection, tenant, terms, case, actor.now, weather, rules)

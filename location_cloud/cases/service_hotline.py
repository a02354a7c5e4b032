"""The hotline 12345: its orders become cases, each once, whose time is that of their band."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from location_cloud.cases.model import Actor, Case
from location_cloud.cases.service import add_case
from location_cloud.cases.service_settings import read_terms
from location_cloud.errors import Unprocessable
from location_cloud.storage.world import World


def add_order(world: World, tenant: str, said: Mapping[str, Any], actor: Actor) -> tuple[Case, bool]:
    """The case of an order, and whether it is new; durable when this returns.

    said: as `service.add_case` takes it, with band, and the hotline's number as source_id.
    Raises Unprocessable for an unknown band, and as `service.add_case`.
    """
    terms = read_terms(world.live, tenant)
    if terms.find_band(said["band"]) is None:
        raise Unprocessable(
            f"band {said['band']!r} is unknown",
            hint=f"bands are {', '.join(terms.bands())}; PUT /v1/limits/any.NAME.hotline adds one",
        )
    return add_case(world, tenant, {**said, "source": "hotline"}, actor)

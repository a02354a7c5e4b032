"""The questions about weather on the roads: what was told, tell it, take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_cloud.errors import BadQuery, NotFound
from location_cloud.storage.wake import wake_worker
from location_cloud.traffic import store
from location_cloud.traffic.model import Weather

if TYPE_CHECKING:
    from location_cloud.storage.world import World

LASTS_S, LONGEST_S = 6 * 3600.0, 7 * 86_400.0
"""How long weather lasts unless it is said, and at most: whoever told it may forget to take it back."""


def get_weather(world: World, tenant: str, now: datetime) -> Weather:
    """The weather that holds now or will. Raises NotFound if nobody told any, or it is over."""
    with world.live.read() as connection:
        found = store.find_weather(connection, tenant)
    if found is None or found.until_s <= now.timestamp():
        raise NotFound("no weather is told", hint="PUT /v1/traffic/weather tells it")
    return found


def told_weather(connection: Any, tenant: str, now: datetime) -> Mapping[str, Any] | None:
    """{"condition"} of the weather that holds now, None if none is told; for those who do not know traffic."""
    found = store.find_weather(connection, tenant)
    return {"condition": found.condition} if found is not None and found.is_on(now.timestamp()) else None


def put_weather(
    world: World,
    tenant: str,
    condition: str,
    since: datetime | None,
    until: datetime | None,
    source: str,
    is_simulated: bool,
    now: datetime,
) -> Weather:
    """Tells the weather of the whole city; durable when this returns, and in the next picture of the traffic.

    since: None = now. until: None = LASTS_S later. Raises BadQuery for times that cannot be.
    """
    begins_s = (since or now).timestamp()
    ends_s = begins_s + LASTS_S if until is None else until.timestamp()
    if not begins_s < ends_s <= begins_s + LONGEST_S or ends_s <= now.timestamp():
        raise BadQuery(
            "until must be later than since and than now, by a week at most", hint="tell it anew as it changes"
        )
    weather = Weather(condition, begins_s, ends_s, source, is_simulated)
    with world.live.write() as connection:
        store.put_weather(connection, tenant, weather)
    wake_worker(world.home)
    return weather


def remove_weather(world: World, tenant: str) -> None:
    """Takes back what was told, if anything was."""
    with world.live.write() as connection:
        store.put_weather(connection, tenant, None)
    wake_worker(world.home)

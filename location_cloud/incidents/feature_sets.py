"""Incidents as a collection of features."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, get_args

from location_cloud.feature_sets import Asked, FeatureSet, Page, Property
from location_cloud.incidents.model import Kind, Severity, Status
from location_cloud.incidents.store_features import features, of_id
from location_cloud.storage.feature_tables import count_rows, find_bounds, find_row, find_times, read_page

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

NAME = "incidents"

MOST_ID = 2**31 - 1

ALL = Asked(None, datetime(1970, 1, 1, tzinfo=UTC))

PROPERTIES: Mapping[str, Property] = {
    "kind": Property("string", "what it is", get_args(Kind)),
    "status": Property("string", "whether it is confirmed, and whether it is over", get_args(Status)),
    "open": Property("boolean", "whether it is not over"),
    "effect": Property("string", "what it does to the roads it touches", ("shuts", "slows", "none")),
    "severity": Property("string", "as Open511 tells it", get_args(Severity), is_queryable=False),
    "description": Property("string", "in words", is_queryable=False),
    "direction": Property("string", "which way of the road", is_queryable=False),
    "road_names": Property("array", "names of some roads that it touches", is_queryable=False),
    "speed_kmh": Property("number", "at most so fast past it; null = not told", is_queryable=False),
    "source": Property("string", "who told", is_queryable=False),
    "case": Property("integer", "the case that it opened", is_queryable=False),
    "starts_at": Property("date-time", "when it begins", is_queryable=False),
    "ends_at": Property("date-time", "when it ends; null = open end", is_queryable=False),
    "updated_at": Property("date-time", "when it was changed last", is_queryable=False),
    "simulated": Property("boolean", "whether it is simulated", is_queryable=False),
    "version": Property("integer", "grows by one with each change", is_queryable=False),
}


def feature_sets(world: World, tenant: str) -> Mapping[str, FeatureSet]:
    """The one collection."""
    live, kind = world.live, features()
    offered = FeatureSet(
        name=NAME,
        title={"zh-CN": "交通事件", "en": "Incidents"},
        text="Closures, roadworks, accidents and what else changes traffic, those that are over too; datetime chooses "
        "those that last at a time.",
        scope="incidents:read",
        properties=lambda: PROPERTIES,
        read=partial(read_page, live, tenant, kind),
        find=partial(_find, live, tenant),
        count=partial(count_rows, live, tenant, kind),
        bounds=partial(find_bounds, live, tenant, kind, ALL),
        times=partial(_times, live, tenant),
    )
    return {NAME: offered}


def _find(live: Live, tenant: str, asked: Asked, text: str) -> Page | None:
    if not text.isascii() or not text.isdigit() or int(text) > MOST_ID:
        return None
    return find_row(live, tenant, features(), asked, of_id(int(text)))


def _times(live: Live, tenant: str) -> tuple[datetime | None, datetime | None]:
    first, last = (
        None if at is None else datetime.fromtimestamp(at, UTC) for at in find_times(live, tenant, features(), ALL)
    )
    return first, last

"""Cases and components as collections of features."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from location_cloud.cases.model import STAGES
from location_cloud.cases.store_features import case_features, case_of_id, component_features, component_of_id
from location_cloud.feature_sets import Asked, FeatureSet, Page, Property
from location_cloud.storage.feature_tables import FeatureTable, count_rows, find_bounds, find_row, find_times, read_page

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

CASES, COMPONENTS = "cases", "components"

MOST_ID = 2**31 - 1

ALL = Asked(None, datetime(1970, 1, 1, tzinfo=UTC))

CASE_PROPERTIES: Mapping[str, Property] = {
    "number": Property("string", "number that people are told"),
    "class": Property("string", "code of its class in the catalogue"),
    "stage": Property("string", "how far it is", STAGES),
    "open": Property("boolean", "whether something is still to be done"),
    "role": Property("string", "who must act"),
    "lamp": Property("string", "green, yellow, red: how near it is to its limit", is_queryable=False),
    "overdue": Property("boolean", "whether it is, or was, over its limit"),
    "source": Property("string", "who told"),
    "description": Property("string", "in words", is_queryable=False),
    "beidou": Property("string", "BeiDou code, level 5", is_queryable=False),
    "grid": Property("string", "unit grid, when it was reported"),
    "manage_grid": Property("string", "management grid"),
    "village_grid": Property("string", "village grid"),
    "area": Property("string", "code of the deepest area that it lies in"),
    "district": Property("string", "code of the district or county"),
    "town": Property("string", "code of the town or street"),
    "department": Property("string", "who handles it"),
    "post": Property("string", "post that handles it", is_queryable=False),
    "component": Property("string", "code of its component"),
    "incident": Property("integer", "the incident that opened it"),
    "parent": Property("integer", "the case that it was merged into"),
    "citizen": Property("boolean", "whether people of the city told it"),
    "created_at": Property("date-time", "when it was reported", is_queryable=False),
    "filed_at": Property("date-time", "when it was filed", is_queryable=False),
    "closed_at": Property("date-time", "when it was over", is_queryable=False),
    "deadline": Property("date-time", "when it should be closed", is_queryable=False),
    "stage_since": Property("date-time", "since when it is at its stage", is_queryable=False),
    "stage_deadline": Property("date-time", "when the present work should be done", is_queryable=False),
    "reworks": Property("integer", "how often it was sent back", is_queryable=False),
    "simulated": Property("boolean", "whether it is simulated", is_queryable=False),
    "version": Property("integer", "grows by one with each change", is_queryable=False),
}

COMPONENT_PROPERTIES: Mapping[str, Property] = {
    "code": Property("string", "16 digits: county, class, serial"),
    "class": Property("string", "code of its class in the catalogue"),
    "name": Property("string", "what it is called", is_queryable=False),
    "state": Property("string", "in what state it is"),
    "owner": Property("string", "who owns it"),
    "maintainer": Property("string", "who maintains it"),
    "supervisor": Property("string", "who supervises that"),
    "grid": Property("string", "unit grid"),
    "area": Property("string", "code of the deepest area that it lies in"),
    "beidou": Property("string", "BeiDou code, level 5", is_queryable=False),
    "first_seen": Property("date-time", "when it was first seen", is_queryable=False),
    "changed_at": Property("date-time", "when it was changed last", is_queryable=False),
    "source": Property("string", "who told", is_queryable=False),
    "note": Property("string", "whatever else was told", is_queryable=False),
    "simulated": Property("boolean", "whether it is simulated", is_queryable=False),
    "version": Property("integer", "grows by one with each change", is_queryable=False),
}


def feature_sets(world: World, tenant: str) -> Mapping[str, FeatureSet]:
    """Both collections."""
    live = world.live
    cases, components = case_features(), component_features()
    return {
        CASES: FeatureSet(
            name=CASES,
            title={"zh-CN": "案件", "en": "Cases"},
            text="Cases of city and village from the report to the check, those that are over, too; datetime chooses "
            "those that were open at a time.",
            scope="cases:read",
            properties=lambda: CASE_PROPERTIES,
            read=partial(read_page, live, tenant, cases),
            find=partial(_find_case, live, tenant),
            count=partial(count_rows, live, tenant, cases),
            bounds=partial(find_bounds, live, tenant, cases, ALL),
            times=partial(_times, live, tenant, cases),
        ),
        COMPONENTS: FeatureSet(
            name=COMPONENTS,
            title={"zh-CN": "部件", "en": "Components"},
            text="What a city looks after: manhole covers, lamps, benches; datetime chooses those known then.",
            scope="cases:read",
            properties=lambda: COMPONENT_PROPERTIES,
            read=partial(read_page, live, tenant, components),
            find=partial(_find_component, live, tenant),
            count=partial(count_rows, live, tenant, components),
            bounds=partial(find_bounds, live, tenant, components, ALL),
            times=partial(_times, live, tenant, components),
        ),
    }


def _find_case(live: Live, tenant: str, asked: Asked, text: str) -> Page | None:
    if not text.isascii() or not text.isdigit() or int(text) > MOST_ID:
        return None
    return find_row(live, tenant, case_features(), asked, case_of_id(int(text)))


def _find_component(live: Live, tenant: str, asked: Asked, text: str) -> Page | None:
    return find_row(live, tenant, component_features(), asked, component_of_id(text))


def _times(live: Live, tenant: str, kind: FeatureTable) -> tuple[datetime | None, datetime | None]:
    first, last = (
        None if at is None else datetime.fromtimestamp(at, UTC) for at in find_times(live, tenant, kind, ALL)
    )
    return first, last

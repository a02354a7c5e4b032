"""Grids as collections of features, one for each scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from location_cloud.feature_sets import Asked, FeatureSet, Page, Property
from location_cloud.grids.model import SCHEMES, Scheme
from location_cloud.grids.store_features import as_moment, features_of, of_id
from location_cloud.storage.feature_tables import count_rows, find_bounds, find_row, find_times, read_page

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

TITLES: Mapping[Scheme, Mapping[str, str]] = {
    "unit": {"zh-CN": "单元网格", "en": "Unit grids"},
    "manage": {"zh-CN": "管理网格", "en": "Management grids"},
    "evaluate": {"zh-CN": "评价网格", "en": "Evaluation grids"},
    "village": {"zh-CN": "乡村网格", "en": "Village grids"},
    "service": {"zh-CN": "服务网格", "en": "Service grids"},
}

PROPERTIES: Mapping[str, Property] = {
    "code": Property("string", "code of the grid"),
    "name": Property("string", "what people call it"),
    "scheme": Property("string", "unit, manage, evaluate, village or service", is_queryable=False),
    "area_code": Property("string", "code of the deepest administrative area that it lies in"),
    "parent": Property("string", "code of the community or grid above"),
    "valid_from": Property("date", "the first day on which it holds"),
    "valid_to": Property("date", "the first day on which it holds no longer; null = open", is_queryable=False),
    "area_m2": Property("number", "square metres on the ellipsoid", is_queryable=False),
    "households": Property("integer", "households in it; null = not told"),
    "land_use": Property("string", "use of the land", is_queryable=False),
    "management_class": Property("string", "class of management", is_queryable=False),
    "responsible": Property("array", "people and teams that answer for it", is_queryable=False),
    "note": Property("string", "whatever else was told", is_queryable=False),
    "beidou": Property("string", "BeiDou code, level 5, of a place inside", is_queryable=False),
    "version": Property("integer", "grows by one with each change", is_queryable=False),
}

TEXT = (
    "Grids that hold today; with datetime those of which a day falls into that time. A feature's id is the code with "
    "the first day of its span; the code alone finds the grid of today."
)


def feature_sets(world: World, tenant: str) -> Mapping[str, FeatureSet]:
    """The five collections."""
    return {each.name: each for each in (_offer(world.live, tenant, scheme) for scheme in SCHEMES)}


def _offer(live: Live, tenant: str, scheme: Scheme) -> FeatureSet:
    kind = features_of(scheme)
    return FeatureSet(
        name=f"grids-{scheme}",
        title=TITLES[scheme],
        text=TEXT,
        scope="grids:read",
        properties=lambda: PROPERTIES,
        read=partial(read_page, live, tenant, kind),
        find=partial(_find, live, tenant, scheme),
        count=partial(count_rows, live, tenant, kind),
        bounds=partial(find_bounds, live, tenant, kind, _any_day()),
        times=partial(_times, live, tenant, scheme),
    )


def _find(live: Live, tenant: str, scheme: Scheme, asked: Asked, text: str) -> Page | None:
    conditions = of_id(text, asked.now.date())
    return find_row(live, tenant, features_of(scheme), replace(asked, begins=asked.now), *conditions)


def _times(live: Live, tenant: str, scheme: Scheme) -> tuple[datetime | None, datetime | None]:
    first, last = find_times(live, tenant, features_of(scheme), _any_day())
    return as_moment(first), as_moment(last)


def _any_day() -> Asked:
    """A question about the grids of all days."""
    start = datetime(1, 1, 1, tzinfo=UTC)
    return Asked(None, start, begins=start)

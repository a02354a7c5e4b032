"""Cases and components as vector tiles: a set of each, of which every tenant sees its own, up to the last commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import shapely

from location_cloud.capability import Cache
from location_cloud.cases import store, store_components
from location_cloud.cases.clocks import lamp_of
from location_cloud.cases.model import Case, Component
from location_cloud.errors import BadQuery, TooLarge
from location_cloud.live_layers import Changes, LiveLayer, LiveLayers
from location_cloud.storage.live import Live, seen_version
from location_cloud.tile_sets import Matrix, StoredSets, Tile, TileAt, TileSet, VectorLayer
from tiles.delta import Feature

if TYPE_CHECKING:
    from location_cloud.spatial.crs import Crs
    from location_cloud.storage.world import World

CASES, COMPONENTS = "cases", "components"

MAX_ZOOM = 16

MOST = 200_000
"""Open cases, or components, that are shown as tiles: as own layers."""

VARIANTS: tuple[tuple[Crs, Matrix], ...] = (("wgs84", "w"), ("wgs84", "c"), ("gcj02", "w"), ("bd09", "w"))


@dataclass(frozen=True)
class _Set:
    """title, fields: as told. list_changed, find_bounds: of the store. as_feature: None = it is not shown any more."""

    title: Mapping[str, str]
    fields: Mapping[str, str]
    list_changed: Callable[[Any, str, int | None, int], list[Any]]
    find_bounds: Callable[[Any, str], tuple[float, float, float, float] | None]
    id_of: Callable[[Any], int]
    as_feature: Callable[[Any], Feature | None]


def _case_feature(case: Case) -> Feature | None:
    if not case.is_open:
        return None
    at = time.time() if case.suspended_since is None else case.suspended_since
    attributes: dict[str, Any] = {
        "class": case.class_code,
        "lamp": lamp_of(case.clock, at) or "green",
        "number": case.number,
        "role": case.role or "",
        "simulated": case.is_simulated,
        "source": case.source,
        "stage": case.stage,
    }
    if case.clock is not None:
        attributes |= {"due_s": int(case.clock.due), "warn_s": int(case.clock.warn)}
    if case.department:
        attributes["department"] = case.department
    return Feature(case.id, shapely.Point(*case.lonlat), attributes)


def _component_feature(component: Component) -> Feature | None:
    if component.state == store_components.REMOVED:
        return None
    shape = shapely.Point(*component.lonlat) if component.geometry is None else component.geometry
    attributes: dict[str, Any] = {
        "class": component.class_code,
        "code": component.id,
        "name": component.name,
        "owner": component.owner,
        "simulated": component.is_simulated,
        "state": component.state,
    }
    return Feature(component.number, shape, attributes)


SETS: Mapping[str, _Set] = {
    CASES: _Set(
        {"zh-CN": "案件", "en": "Cases"},
        {
            "class": "String",
            "department": "String",
            "due_s": "Number",
            "lamp": "String",
            "number": "String",
            "role": "String",
            "simulated": "Boolean",
            "source": "String",
            "stage": "String",
            "warn_s": "Number",
        },
        store.list_changed,
        store.find_bounds,
        lambda case: case.id,
        _case_feature,
    ),
    COMPONENTS: _Set(
        {"zh-CN": "部件", "en": "Components"},
        {
            "class": "String",
            "code": "String",
            "name": "String",
            "owner": "String",
            "simulated": "Boolean",
            "state": "String",
        },
        store_components.list_changed,
        store_components.find_bounds,
        lambda component: component.number,
        _component_feature,
    ),
}
"""due_s, warn_s: unix seconds, so that a style can tell the lamp of any moment; `lamp` is a minute late at most."""


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """Both sets."""
    return _Sets(world.live, world.overlay[CASES].layers, tenant)


class _Sets(StoredSets):
    """The tenant's sets; their bounds are looked up when somebody wants to show them."""

    def __init__(self, live: Live, layers: LiveLayers, tenant: str) -> None:
        self._live, self._layers, self._tenant = live, layers, tenant

    def __getitem__(self, name: str) -> TileSet:
        if name not in SETS:
            raise KeyError(name)
        with self._live.read() as connection:
            return self._offer(name, SETS[name].find_bounds(connection, self._tenant))

    def __iter__(self) -> Iterator[str]:
        return iter(SETS)

    def __len__(self) -> int:
        return len(SETS)

    def find_at_hand(self, name: str) -> TileSet | None:
        """The set without its bounds."""
        return self._offer(name, None) if name in SETS else None

    def _offer(self, name: str, bounds: tuple[float, float, float, float] | None) -> TileSet:
        return TileSet(
            name=name,
            title=SETS[name].title,
            forms=("mvt",),
            read=partial(self._read, name),
            at_hand=partial(self._at_hand, name),
            max_zoom=MAX_ZOOM,
            bounds=bounds,
            layers=(VectorLayer(name, SETS[name].fields, 0, MAX_ZOOM),),
            matrices=("w", "c"),
            systems=("wgs84", "cgcs2000", "gcj02", "bd09"),
            cache=Cache.REVALIDATE,
            scope="cases:read",
        )

    def _read(self, name: str, at: TileAt) -> Tile | None:
        variant = _variant_of(at)
        if variant not in VARIANTS:
            raise BadQuery(
                f"matrix={at.matrix} with crs={at.crs} is not made",
                hint="matrix set c is EPSG:4490, that is crs=cgcs2000; maps of AMap, Tencent and Baidu use matrix w",
            )
        fetch = partial(_fetch, self._live, self._tenant, SETS[name])
        layer = self._layers.follow(
            (self._tenant, name, variant), lambda kept: LiveLayer(name, self._live.version, fetch, *variant, kept=kept)
        )
        return layer.tile(at)

    def _at_hand(self, name: str, at: TileAt) -> Tile | None:
        layer = self._layers.find((self._tenant, name, _variant_of(at)))
        return None if layer is None else layer.find(at)


def _variant_of(at: TileAt) -> tuple[Crs, Matrix]:
    return ("wgs84" if at.crs == "cgcs2000" else at.crs), at.matrix


def _fetch(live: Live, tenant: str, kind: _Set, since: int | None) -> Changes:
    """What happened since a live version (`live_layers.Fetch`). Raises TooLarge."""
    with live.read() as connection:
        version = seen_version(connection)
        changed = kind.list_changed(connection, tenant, since, MOST + 1)
    if len(changed) > MOST:
        raise TooLarge(
            f"more than {MOST:,} are to be shown as tiles",
            hint="read them by box: GET /v1/cases?bbox=, /v1/components?bbox=",
        )
    shown = {kind.id_of(each): kind.as_feature(each) for each in changed}
    features = [feature for feature in shown.values() if feature is not None]
    gone = [number for number, feature in shown.items() if feature is None]
    return Changes(version, features, [] if since is None else gone, is_all=since is None)

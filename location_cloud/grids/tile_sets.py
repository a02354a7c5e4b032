"""Grids of today as vector tiles with their indicators: one set, of which each tenant sees its own, never stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from location_cloud.capability import Cache
from location_cloud.errors import BadQuery, TooLarge
from location_cloud.grids import store, store_indicators
from location_cloud.grids.model import SCHEMES, Grid
from location_cloud.grids.model_indicators import newest
from location_cloud.live_layers import Changes, LiveLayer, LiveLayers
from location_cloud.storage.live import Live, seen_version
from location_cloud.tile_sets import Matrix, StoredSets, Tile, TileAt, TileSet, VectorLayer
from tiles.delta import Feature

if TYPE_CHECKING:
    from location_cloud.spatial.crs import Crs
    from location_cloud.storage.world import World

NAME = "grids"

MAX_ZOOM = 16

MOST = 100_000
"""Grids of all schemes that are shown as tiles."""

FIELDS = {
    "area_code": "String",
    "area_m2": "Number",
    "code": "String",
    "households": "Number",
    "name": "String",
    "parent": "String",
    "scheme": "String",
}
"""Beside them, each indicator's value in its last period as a number under its own name."""

VARIANTS: tuple[tuple[Crs, Matrix], ...] = (("wgs84", "w"), ("wgs84", "c"), ("gcj02", "w"), ("bd09", "w"))


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """The one set."""
    return _Sets(world.live, world.overlay[NAME].layers, tenant)


class _Sets(StoredSets):
    """The tenant's set; its bounds and indicators are looked up when somebody wants to show it."""

    def __init__(self, live: Live, layers: LiveLayers, tenant: str) -> None:
        self._live, self._layers, self._tenant = live, layers, tenant

    def __getitem__(self, name: str) -> TileSet:
        if name != NAME:
            raise KeyError(name)
        with self._live.read() as connection:
            return self._offer(store.find_bounds(connection, self._tenant), self._fields(connection))

    def __iter__(self) -> Iterator[str]:
        return iter((NAME,))

    def __len__(self) -> int:
        return 1

    def find_at_hand(self, name: str) -> TileSet | None:
        """The set without its bounds."""
        return self._offer(None, FIELDS) if name == NAME else None

    def _fields(self, connection: Any) -> Mapping[str, str]:
        names = (store_indicators.list_names(connection, self._tenant, scheme) for scheme in SCHEMES)
        return FIELDS | {name: "Number" for some in names for name in some}

    def _offer(self, bounds: tuple[float, float, float, float] | None, fields: Mapping[str, str]) -> TileSet:
        return TileSet(
            name=NAME,
            title={"zh-CN": "网格", "en": "Grids"},
            forms=("mvt",),
            read=self._read,
            at_hand=self._at_hand,
            max_zoom=MAX_ZOOM,
            bounds=bounds,
            layers=(VectorLayer(NAME, fields, 0, MAX_ZOOM),),
            matrices=("w", "c"),
            systems=("wgs84", "cgcs2000", "gcj02", "bd09"),
            cache=Cache.REVALIDATE,
            scope="grids:read",
        )

    def _read(self, at: TileAt) -> Tile | None:
        variant = _variant_of(at)
        if variant not in VARIANTS:
            raise BadQuery(
                f"matrix={at.matrix} with crs={at.crs} is not made",
                hint="matrix set c is EPSG:4490, that is crs=cgcs2000; maps of AMap, Tencent and Baidu use matrix w",
            )
        day = _today()
        fetch = partial(_fetch, self._live, self._tenant, day)
        layer = self._layers.follow(
            (self._tenant, variant, day),
            lambda kept: LiveLayer(NAME, self._live.version, fetch, *variant, kept=kept),
        )
        return layer.tile(at)

    def _at_hand(self, at: TileAt) -> Tile | None:
        layer = self._layers.find((self._tenant, _variant_of(at), _today()))
        return None if layer is None else layer.find(at)


def _today() -> date:
    """Layers are followed for a day: tomorrow other grids may hold without anything being written."""
    return datetime.now(UTC).date()


def _variant_of(at: TileAt) -> tuple[Crs, Matrix]:
    return ("wgs84" if at.crs == "cgcs2000" else at.crs), at.matrix


def _fetch(live: Live, tenant: str, day: date, since: int | None) -> Changes:
    """What happened since a live version (`live_layers.Fetch`); all where an indicator changed. Raises TooLarge."""
    with live.read() as connection:
        version = seen_version(connection)
        if since is not None and store_indicators.changed_schemes(connection, tenant, since):
            since = None
        changed = store.list_changed(connection, tenant, None, since, day, MOST + 1)
        if len(changed) > MOST:
            raise TooLarge(f"more than {MOST:,} grids are to be shown as tiles", hint="GET /v1/grids/{scheme}?bbox=")
        numbers = {
            scheme: store_indicators.newest_values(connection, tenant, scheme, newest)
            for scheme in sorted({grid.scheme for grid in changed})
        }
    features = [_as_feature(grid, numbers[grid.scheme].get(grid.code, {})) for grid in changed if grid.holds_on(day)]
    removed = [] if since is None else [grid.id for grid in changed if not grid.holds_on(day)]
    return Changes(version, features, removed, is_all=since is None)


def _as_feature(grid: Grid, numbers: Mapping[str, float]) -> Feature:
    attributes: dict[str, Any] = {
        "area_code": grid.area_code,
        "area_m2": round(grid.area_m2, 1),
        "code": grid.code,
        "name": grid.name,
        "parent": grid.parent,
        "scheme": grid.scheme,
        **numbers,
    }
    if grid.households is not None:
        attributes["households"] = grid.households
    return Feature(grid.id, grid.geometry, attributes)

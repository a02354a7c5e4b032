"""Incidents as vector tiles: one set, of which every tenant sees its own, right up to the last commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from location_cloud.capability import Cache
from location_cloud.errors import BadQuery
from location_cloud.incidents import store
from location_cloud.incidents.model import Incident
from location_cloud.live_layers import Changes, LiveLayer, LiveLayers
from location_cloud.storage.live import Live, seen_version
from location_cloud.tile_sets import Matrix, StoredSets, Tile, TileAt, TileSet, VectorLayer
from tiles.delta import Feature

if TYPE_CHECKING:
    from location_cloud.spatial.crs import Crs
    from location_cloud.storage.world import World

NAME = "incidents"

MAX_ZOOM = 16
"""As own layers."""

FIELDS = {
    "kind": "String",
    "status": "String",
    "severity": "String",
    "effect": "String",
    "description": "String",
    "starts_s": "Number",
    "ends_s": "Number",
    "simulated": "Boolean",
}
"""starts_s, ends_s: unix seconds, so that a style can tell what is to come; no ends_s = open end."""

MAX_TEXT = 200
"""Characters of a description in a tile."""

VARIANTS: tuple[tuple[Crs, Matrix], ...] = (("wgs84", "w"), ("wgs84", "c"), ("gcj02", "w"), ("bd09", "w"))
"""Coordinates and grids, each indexed when it is first asked for."""


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """The one set."""
    return _Sets(world.live, world.overlay[NAME], tenant)


class _Sets(StoredSets):
    """The tenant's set; its bounds are looked up when somebody wants to show it."""

    def __init__(self, live: Live, layers: LiveLayers, tenant: str) -> None:
        self._live, self._layers, self._tenant = live, layers, tenant

    def __getitem__(self, name: str) -> TileSet:
        if name != NAME:
            raise KeyError(name)
        with self._live.read() as connection:
            return self._offer(store.find_bounds(connection, self._tenant))

    def __iter__(self) -> Iterator[str]:
        return iter((NAME,))

    def __len__(self) -> int:
        return 1

    def find_at_hand(self, name: str) -> TileSet | None:
        """The set without its bounds."""
        return self._offer(None) if name == NAME else None

    def _offer(self, bounds: tuple[float, float, float, float] | None) -> TileSet:
        return TileSet(
            name=NAME,
            title={"zh-CN": "交通事件", "en": "Incidents"},
            forms=("mvt",),
            read=self._read,
            at_hand=self._at_hand,
            max_zoom=MAX_ZOOM,
            bounds=bounds,
            layers=(VectorLayer(NAME, FIELDS, 0, MAX_ZOOM),),
            matrices=("w", "c"),
            systems=("wgs84", "cgcs2000", "gcj02", "bd09"),
            cache=Cache.REVALIDATE,
            scope="incidents:read",
        )

    def _read(self, at: TileAt) -> Tile | None:
        variant = _variant_of(at)
        if variant not in VARIANTS:
            raise BadQuery(
                f"matrix={at.matrix} with crs={at.crs} is not made",
                hint="matrix set c is EPSG:4490, that is crs=cgcs2000; maps of AMap, Tencent and Baidu use matrix w",
            )
        fetch = partial(_fetch, self._live, self._tenant)
        layer = self._layers.follow(
            (self._tenant, variant), lambda kept: LiveLayer(NAME, self._live.version, fetch, *variant, kept=kept)
        )
        return layer.tile(at)

    def _at_hand(self, at: TileAt) -> Tile | None:
        layer = self._layers.find((self._tenant, _variant_of(at)))
        return None if layer is None else layer.find(at)


def _variant_of(at: TileAt) -> tuple[Crs, Matrix]:
    return ("wgs84" if at.crs == "cgcs2000" else at.crs), at.matrix


def _fetch(live: Live, tenant: str, since: int | None) -> Changes:
    """What happened since a live version (`live_layers.Fetch`)."""
    with live.read() as connection:
        version = seen_version(connection)
        changed = store.list_changed(connection, tenant, since)
        removed = [] if since is None else store.list_removed(connection, tenant, since)
    features = [_as_feature(incident) for incident in changed if incident.is_open]
    removed += [incident.id for incident in changed if not incident.is_open]
    return Changes(version, features, removed, is_all=since is None)


def _as_feature(incident: Incident) -> Feature:
    ends = {} if incident.ends_at is None else {"ends_s": int(incident.ends_at.timestamp())}
    attributes: dict[str, Any] = {
        "description": incident.description[:MAX_TEXT],
        "effect": incident.effect or "none",
        **ends,
        "kind": incident.kind,
        "severity": incident.severity,
        "simulated": incident.is_simulated,
        "starts_s": int(incident.starts_at.timestamp()),
        "status": incident.status,
    }
    return Feature(incident.id, incident.geometry, attributes)

"""Own layers as vector tiles: a set for each layer, which only its tenant sees, right up to the last commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING

from location_cloud.capability import Cache
from location_cloud.errors import BadQuery, TooLarge
from location_cloud.layers import store
from location_cloud.layers.attributes import as_attributes, most_fields
from location_cloud.layers.model import LayerFeature
from location_cloud.live_layers import Changes, LiveLayer, LiveLayers
from location_cloud.storage.live import Live, seen_version
from location_cloud.tile_sets import Box, Matrix, Tile, TileAt, TileSet, VectorLayer
from tiles.delta import Feature

if TYPE_CHECKING:
    from location_cloud.spatial.crs import Crs
    from location_cloud.storage.world import World

PREFIX = "layers-"
HASHED = "layers--"
PLAIN = re.compile(r"[a-z0-9_][a-z0-9_-]{0,56}")
"""Names of layers that can be part of a set's name, which has 64 characters at most."""

MAX_ZOOM = 16
"""Deeper views are drawn from zoom 16, as of the base map: there a tile's unit is a step of the engine's grid."""

MAX_FEATURES, MAX_BYTES = 200_000, 200_000_000
"""Of a layer that is shown as tiles: 2 s and about 400 MB to index, in each worker that shows it."""

SYSTEMS: tuple[Crs, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")
MATRICES: tuple[Matrix, ...] = ("w", "c")
VARIANTS: tuple[tuple[Crs, Matrix], ...] = (("wgs84", "w"), ("wgs84", "c"), ("gcj02", "w"), ("bd09", "w"))
"""Coordinates and grids that a layer is indexed in, each when it is first asked for."""


UNHASHED_KEPT = 10_000

_UNHASHED: dict[str, str] = {}
"""Set names with a hash -> the layer's name, whichever tenants have one: to list a tenant's layers counts all rows."""


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """The tenant's layers as sets, by name. Finding one asks the store for nothing but what changed."""
    return OwnSets(world.live, world.overlay["layers"], tenant)


def set_name(layer: str) -> str:
    """The name of a layer's tile set: layers-wells of wells; a hash in it where the layer's has other letters."""
    if PLAIN.fullmatch(layer):
        return PREFIX + layer
    return HASHED + hashlib.blake2b(layer.encode(), digest_size=8).hexdigest()


class OwnSets(Mapping[str, TileSet]):
    """The tile sets of one tenant's layers, each looked up when it is asked for."""

    def __init__(self, live: Live, layers: LiveLayers, tenant: str) -> None:
        self._live = live
        self._layers = layers
        self._tenant = tenant

    def __getitem__(self, name: str) -> TileSet:
        if not name.startswith(PREFIX):
            raise KeyError(name)
        layer = name.removeprefix(PREFIX) if not name.startswith(HASHED) else self._unhashed(name)
        if layer is None or set_name(layer) != name:
            raise KeyError(name)
        followed = self._find(layer)
        if followed is None:
            with self._live.read() as connection:
                if not store.has_layer(connection, self._tenant, layer):
                    raise KeyError(name)
        return self._offer(name, layer, followed)

    def __iter__(self) -> Iterator[str]:
        return iter([set_name(layer) for layer in self._names()])

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> list[str]:
        with self._live.read() as connection:
            return [name for name, _ in store.list_layers(connection, self._tenant)]

    def _unhashed(self, name: str) -> str | None:
        layer = _UNHASHED.get(name) or next((each for each in self._names() if set_name(each) == name), None)
        if layer is not None:
            if len(_UNHASHED) >= UNHASHED_KEPT:
                _UNHASHED.clear()
            _UNHASHED[name] = layer
        return layer

    def _offer(self, name: str, layer: str, followed: LiveLayer | None) -> TileSet:
        return TileSet(
            name=name,
            title={"zh-CN": layer, "en": layer},
            forms=("mvt",),
            read=partial(self._read, layer),
            max_zoom=MAX_ZOOM,
            bounds=self._bounds(layer, followed),
            layers=(
                VectorLayer(layer, _Fields(lambda: self._find(layer) or self._follow(layer, VARIANTS[0])), 0, MAX_ZOOM),
            ),
            matrices=MATRICES,
            systems=SYSTEMS,
            cache=Cache.REVALIDATE,
            scope="layers:read",
        )

    def _read(self, layer: str, at: TileAt) -> Tile | None:
        variant = ("wgs84" if at.crs == "cgcs2000" else at.crs), at.matrix
        if variant not in VARIANTS:
            raise BadQuery(
                f"matrix={at.matrix} with crs={at.crs} is not made",
                hint="matrix set c is EPSG:4490, that is crs=cgcs2000; maps of AMap, Tencent and Baidu use matrix w",
            )
        return self._follow(layer, variant).tile(at)

    def _find(self, layer: str) -> LiveLayer | None:
        """The layer in whichever variant it is followed."""
        followed = (self._layers.find((self._tenant, layer, variant)) for variant in VARIANTS)
        return next((each for each in followed if each is not None), None)

    def _follow(self, layer: str, variant: tuple[Crs, Matrix]) -> LiveLayer:
        news = partial(fetch, self._live, self._tenant, layer)
        make = partial(LiveLayer, layer, self._live.version, news, *variant)
        return self._layers.follow((self._tenant, layer, variant), make)

    def _bounds(self, layer: str, followed: LiveLayer | None) -> Box | None:
        """A layer that is too large to be followed has a place all the same: it must not spoil the list of all."""
        if followed is not None:
            with suppress(TooLarge):
                return followed.bounds()
        with self._live.read() as connection:
            return store.find_bounds(connection, self._tenant, layer)


class _Fields(Mapping[str, str]):
    """The attributes of a layer, found when somebody looks: a list of all sets must not index all layers."""

    def __init__(self, layer: Callable[[], LiveLayer]) -> None:
        self._layer = layer

    def __getitem__(self, name: str) -> str:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @cached_property
    def _found(self) -> Mapping[str, str]:
        return self._layer().current().fields


def fetch(live: Live, tenant: str, layer: str, since: int | None) -> Changes:
    """What happened to a layer since a live version, or all of it. Raises TooLarge for a layer over the ceilings."""
    with live.read() as connection:
        version = seen_version(connection)
        if since is not None and version - since < store.KEPT_REMOVALS:
            changed = store.list_changed(connection, tenant, layer, since)
            if most_fields(feature.properties for feature in changed) is None:
                removed = store.list_removed(connection, tenant, layer, since)
                return Changes(version, [_as_tile_feature(feature) for feature in changed], removed)
        count, size = store.layer_size(connection, tenant, layer, MAX_FEATURES + 1)
        if count > MAX_FEATURES or size > MAX_BYTES:
            raise TooLarge(
                f"layer {layer!r} has at least {count:,} features of {size:,} bytes; tiles are made of up to "
                f"{MAX_FEATURES:,} and {MAX_BYTES:,}",
                hint="share the layer out among several, or read it by box: GET /v1/layers/{layer}/features?bbox=...",
            )
        features = store.list_changed(connection, tenant, layer, None)
    fields = most_fields(feature.properties for feature in features)
    return Changes(version, [_as_tile_feature(feature, fields) for feature in features], is_all=True)


def _as_tile_feature(feature: LayerFeature, fields: set[str] | None = None) -> Feature:
    return Feature(feature.id, feature.geometry, as_attributes(feature.properties, fields))

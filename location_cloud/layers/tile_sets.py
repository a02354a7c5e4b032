"""Own layers as vector tiles: a set for each layer, which only its tenant sees, right up to the last commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from location_cloud.capability import Cache
from location_cloud.errors import BadQuery, TooLarge
from location_cloud.layers import store
from location_cloud.layers.attributes import Names, as_attributes
from location_cloud.layers.model import LayerFeature
from location_cloud.live_layers import Changes, LiveLayer, LiveLayers
from location_cloud.storage.live import Live, seen_version
from location_cloud.tile_sets import Box, Matrix, StoredSets, Tile, TileAt, TileSet, VectorLayer
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


class OwnSets(StoredSets):
    """The tile sets of one tenant's layers, each looked up when it is asked for; to list them takes one statement."""

    def __init__(self, live: Live, layers: LiveLayers, tenant: str) -> None:
        self._live = live
        self._layers = layers
        self._tenant = tenant
        self._listed: dict[str, tuple[str, Box]] = {}

    def __getitem__(self, name: str) -> TileSet:
        if name in self._listed:
            return self._offer(name, *self._listed[name])
        layer = self._layer_of(name, self._unhashed)
        if layer is None:
            raise KeyError(name)
        followed = self._find(layer)
        with suppress(TooLarge):  # such a layer has a place all the same
            if followed is not None:
                return self._offer(name, layer, followed.bounds())
        with self._live.read() as connection:
            if not store.has_layer(connection, self._tenant, layer):
                raise KeyError(name)
            return self._offer(name, layer, store.find_bounds(connection, self._tenant, layer))

    def __iter__(self) -> Iterator[str]:
        with self._live.read() as connection:
            self._listed = {set_name(layer): (layer, box) for layer, box in store.list_bounds(connection, self._tenant)}
        return iter(self._listed)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find_at_hand(self, name: str) -> TileSet | None:
        """The set of a layer that is followed, without its bounds."""
        layer = self._layer_of(name, _UNHASHED.get)
        return None if layer is None or self._find(layer) is None else self._offer(name, layer, None)

    def _layer_of(self, name: str, unhashed: Callable[[str], str | None]) -> str | None:
        if not name.startswith(PREFIX):
            return None
        layer = unhashed(name) if name.startswith(HASHED) else name.removeprefix(PREFIX)
        return layer if layer is not None and set_name(layer) == name else None

    def _unhashed(self, name: str) -> str | None:
        if name not in _UNHASHED:
            if len(_UNHASHED) >= UNHASHED_KEPT:
                _UNHASHED.clear()
            with self._live.read() as connection:
                layers = [layer for layer, _ in store.list_layers(connection, self._tenant)]
            _UNHASHED.update((set_name(layer), layer) for layer in layers if not PLAIN.fullmatch(layer))
        return _UNHASHED.get(name)

    def _offer(self, name: str, layer: str, bounds: Box | None) -> TileSet:
        return TileSet(
            name=name,
            title={"zh-CN": layer, "en": layer},
            forms=("mvt",),
            read=partial(self._read, layer),
            at_hand=partial(self._at_hand, layer),
            max_zoom=MAX_ZOOM,
            bounds=bounds,
            layers=(
                VectorLayer(layer, _Fields(lambda: self._find(layer) or self._follow(layer, VARIANTS[0])), 0, MAX_ZOOM),
            ),
            matrices=MATRICES,
            systems=SYSTEMS,
            cache=Cache.REVALIDATE,
            scope="layers:read",
        )

    def _read(self, layer: str, at: TileAt) -> Tile | None:
        variant = _variant_of(at)
        if variant not in VARIANTS:
            raise BadQuery(
                f"matrix={at.matrix} with crs={at.crs} is not made",
                hint="matrix set c is EPSG:4490, that is crs=cgcs2000; maps of AMap, Tencent and Baidu use matrix w",
            )
        return self._follow(layer, variant).tile(at)

    def _at_hand(self, layer: str, at: TileAt) -> Tile | None:
        followed = self._layers.find((self._tenant, layer, _variant_of(at)))
        return None if followed is None else followed.find(at)

    def _find(self, layer: str) -> LiveLayer | None:
        """The layer in whichever variant it is followed."""
        followed = (self._layers.find((self._tenant, layer, variant)) for variant in VARIANTS)
        return next((each for each in followed if each is not None), None)

    def _follow(self, layer: str, variant: tuple[Crs, Matrix]) -> LiveLayer:
        return self._layers.follow(
            (self._tenant, layer, variant),
            lambda kept: LiveLayer(
                layer, self._live.version, LayerReader(self._live, self._tenant, layer), *variant, kept=kept
            ),
        )


def _variant_of(at: TileAt) -> tuple[Crs, Matrix]:
    return ("wgs84" if at.crs == "cgcs2000" else at.crs), at.matrix


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


class LayerReader:
    """What happened to one layer, for one who follows it (`live_layers.Fetch`).

    Tiles carry MAX_FIELDS names, those first by name in the whole layer. In a layer that has more, which ones they are
    is settled when it is read whole, so that no change of a feature makes the whole layer be read.
    """

    def __init__(self, live: Live, tenant: str, layer: str) -> None:
        self._live, self._tenant, self._layer = live, tenant, layer
        self._fields = Names()

    def __call__(self, since: int | None) -> Changes:
        """What changed since a live version, or all of it. Raises TooLarge for a layer over the ceilings."""
        with self._live.read() as connection:
            version = seen_version(connection)
            if since is not None and version - since < store.KEPT_REMOVALS:
                changed = store.list_changed(connection, self._tenant, self._layer, since)
                fields = self._fields.with_more(feature.properties for feature in changed)
                if self._fields.is_cut or not fields.is_cut:
                    self._fields = fields
                    removed = store.list_removed(connection, self._tenant, self._layer, since)
                    return Changes(version, [_as_tile_feature(feature, fields) for feature in changed], removed)
            self._check_size(connection)
            features = store.list_changed(connection, self._tenant, self._layer, None)
        fields = self._fields = Names().with_more(feature.properties for feature in features)
        return Changes(version, [_as_tile_feature(feature, fields) for feature in features], is_all=True)

    def _check_size(self, connection: Any) -> None:
        count, size = store.layer_size(connection, self._tenant, self._layer, MAX_FEATURES + 1)
        if count > MAX_FEATURES or size > MAX_BYTES:
            raise TooLarge(
                f"layer {self._layer!r} has at least {count:,} features of {size:,} bytes; tiles are made of up to "
                f"{MAX_FEATURES:,} and {MAX_BYTES:,}",
                hint="share the layer out among several, or read it by box: GET /v1/layers/{layer}/features?bbox=...",
            )


def _as_tile_feature(feature: LayerFeature, fields: Names) -> Feature:
    chosen = fields.names if fields.is_cut else None
    return Feature(feature.id, feature.geometry, as_attributes(feature.properties, chosen))

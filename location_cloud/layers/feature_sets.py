"""Own layers as collections of features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from location_cloud.feature_sets import Asked, FeatureSet, Page
from location_cloud.layers import store
from location_cloud.layers.store_features import features_of, list_properties, of_id
from location_cloud.storage.feature_tables import count_rows, find_row, read_page

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

PREFIX = "layers."
"""Of their names: a layer may be called like anything."""

MOST_ID = 2**31 - 1


def feature_sets(world: World, tenant: str) -> Mapping[str, FeatureSet]:
    """One collection for each layer that has features."""
    return _Sets(world.live, tenant)


class _Sets(Mapping[str, FeatureSet]):
    """Looked up in the store when they are asked for."""

    def __init__(self, live: Live, tenant: str) -> None:
        self._live, self._tenant = live, tenant

    def __getitem__(self, name: str) -> FeatureSet:
        layer = name.removeprefix(PREFIX)
        if layer == name:
            raise KeyError(name)
        with self._live.read() as connection:
            if not store.has_features(connection, self._tenant, layer):
                raise KeyError(name)
        return _offer(self._live, self._tenant, layer)

    def __iter__(self) -> Iterator[str]:
        with self._live.read() as connection:
            return iter([PREFIX + layer for layer, _ in store.list_layers(connection, self._tenant)])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _offer(live: Live, tenant: str, layer: str) -> FeatureSet:
    kind = features_of(live, layer)

    def bounds() -> tuple[float, float, float, float] | None:
        with live.read() as connection:
            return store.find_bounds(connection, tenant, layer)

    return FeatureSet(
        name=PREFIX + layer,
        title={"zh-CN": f"图层 {layer}", "en": f"Layer {layer}"},
        text="An own layer: features that were added through /v1/layers.",
        scope="layers:read",
        properties=partial(list_properties, live, tenant, layer),
        read=partial(read_page, live, tenant, kind),
        find=partial(_find, live, tenant, layer),
        count=partial(count_rows, live, tenant, kind),
        bounds=bounds,
    )


def _find(live: Live, tenant: str, layer: str, asked: Asked, text: str) -> Page | None:
    if not text.isascii() or not text.isdigit() or int(text) > MOST_ID:
        return None
    return find_row(live, tenant, features_of(live, layer), asked, of_id(int(text)))

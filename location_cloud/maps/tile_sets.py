"""The tile sets that maps itself offers: those of the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from location_cloud.maps import dataset
from location_cloud.tile_sets import Tile, TileAt, TileSet, VectorLayer
from tiles.encode import encode_tile

if TYPE_CHECKING:
    from location_cloud.storage.world import World


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """The vector sets of the snapshot, the same for every tenant."""
    maps = world.section(dataset.SECTION)
    kept: dict[str, dict[str, TileSet]] = maps.__dict__
    if "offered" not in kept:
        kept["offered"] = {name: _offer(stored) for name, stored in maps.sets.items()}
    return kept["offered"]


def _offer(stored: dataset.StoredSet) -> TileSet:
    return TileSet(
        name=stored.name,
        title={"zh-CN": "底图", "en": "Base map"},
        forms=("mvt",),
        read=partial(read_tile, stored),
        max_zoom=dataset.MAX_ZOOM,
        bounds=stored.bounds,
        core=stored.core,
        attribution=stored.attribution,
        layers=tuple(VectorLayer(each.name, each.fields, each.min_zoom, each.max_zoom) for each in stored.layers),
    )


def read_tile(stored: dataset.StoredSet, at: TileAt) -> Tile | None:
    """The MVT tile of a set of the snapshot, made now; None where the set has nothing."""
    layers = [layer.index for layer in stored.layers if layer.min_zoom <= at.z <= layer.max_zoom]
    body = encode_tile(layers, at.z, at.x, at.y)
    return Tile(body) if body else None

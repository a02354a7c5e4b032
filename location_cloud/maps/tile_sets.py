"""The tile sets that maps itself offers: those of the snapshot, and the archives that the operator imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from location_cloud.kept_tiles import KeptTiles, as_tile
from location_cloud.maps import archives, dataset
from location_cloud.maps.archive_cover import wanted_tiles
from location_cloud.maps.service_live import live_sets
from location_cloud.maps.service_pictures import picture_sets
from location_cloud.maps.variants import MATRICES, SYSTEMS, variant_of
from location_cloud.tile_sets import NOTHING, Box, Tile, TileAt, TileSet, VectorLayer, always_at_hand
from tiles.encode import encode_tile, encode_tiles
from tiles.pmtiles import Integers

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from location_cloud.storage.world import World

BYTES_KEPT = 16_000_000
"""Finished tiles of the snapshot that a worker keeps: some 300 of a city's heaviest."""


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """The vector sets of the snapshot and the archives. They are the same for every tenant, but for live values: those
    are derived from one tenant's data (the settings' tenant) and shown to it alone.

    An archive never hides a set of the same name, whoever offers it.
    """
    built = _built(world, tenant)
    if "base" in built:
        built = built | picture_sets(world, tenant, built["base"])
    imported = archives.offered(world.home)
    if not imported:
        return built
    others = [source(world, tenant) for source in world.tile_sources if source is not tile_sets]
    return {name: each for name, each in imported.items() if not any(name in other for other in others)} | built


def _built(world: World, tenant: str) -> dict[str, TileSet]:
    """The vector sets of the snapshot."""
    maps = world.section(dataset.SECTION)
    kept: dict[str, dict[str, TileSet]] = maps.__dict__
    if "plain" not in kept:
        finished = KeptTiles(BYTES_KEPT)
        kept["plain"] = {name: _offer(stored, finished) for name, stored in maps.sets.items()}
    pictures = (world.overlay or {}).get("maps")
    shows_now = pictures is None or pictures.tenant in ("", tenant)
    offered = "offered" if shows_now else "offered to others"
    if offered not in kept:
        kept[offered] = kept["plain"] | live_sets(world.snapshot.folder, kept["plain"], shows_now)
    return kept[offered]


def _offer(stored: dataset.StoredSet, finished: KeptTiles) -> TileSet:
    read = partial(read_finished, stored, finished)
    return TileSet(
        name=stored.name,
        title={"zh-CN": "底图", "en": "Base map"},
        forms=("mvt",),
        read=read,
        at_hand=always_at_hand(read),
        many=partial(read_tiles, stored),
        numbers=partial(find_numbers, stored),
        max_zoom=dataset.MAX_ZOOM,
        bounds=stored.bounds,
        core=stored.core,
        attribution=stored.attribution,
        matrices=MATRICES,
        systems=SYSTEMS,
        layers=tuple(VectorLayer(each.name, each.fields, each.min_zoom, each.max_zoom) for each in stored.layers),
    )


def read_finished(stored: dataset.StoredSet, finished: KeptTiles, at: TileAt) -> Tile | None:
    """As `read_tile`, made once. Lane, Flask, WMTS, OGC and the process that draws pictures all ask here."""
    place = (variant_of(at), at.z, at.x, at.y)
    kept = finished.find(stored.name, place)
    if kept is None:
        kept = read_tile(stored, at) or NOTHING
        finished.keep(stored.name, place, kept)
    return kept if kept.body else None


def read_tile(stored: dataset.StoredSet, at: TileAt) -> Tile | None:
    """The MVT tile of a set of the snapshot, made now; None where the set has nothing."""
    return as_tile(encode_tile(stored.stack_in(variant_of(at)), at.z, at.x, at.y))


def read_tiles(stored: dataset.StoredSet, places: Integers) -> Sequence[Tile | None]:
    """Many such tiles of one zoom in one compiled call: (n, 3) zoom, column, row."""
    body, start = encode_tiles(stored.stack_in(""), places)
    whole = body.tobytes()
    return [Tile(whole[a:b]) if b > a else None for a, b in pairwise(start.tolist())]


def find_numbers(stored: dataset.StoredSet, z: int, box: Box | None, area: BaseGeometry | None) -> Integers:
    """The PMTiles numbers of the zoom's tiles that a feature may be in, within a box (degrees) and an area (WGS-84)."""
    layers = [layer.index for layer in stored.layers if layer.min_zoom <= z <= layer.max_zoom]
    return wanted_tiles(z, box or stored.bounds, area, layers)

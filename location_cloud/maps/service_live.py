"""Sets with live attributes as tile sets: tiles as they are now, tiles that never change, and states beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from location_cloud.capability import Cache
from location_cloud.live_values import LiveTiles, list_live_sets
from location_cloud.tile_sets import Tile, TileAt, TileSet, VectorLayer, always_at_hand

if TYPE_CHECKING:
    from pathlib import Path

GEOMETRY = "-geometry"
"""What the name of the set that never changes ends with."""

Read: TypeAlias = Callable[[TileAt], Tile | None]

_TYPES = {str: "String", bool: "Boolean", int: "Number", float: "Number"}


def live_sets(snapshot: Path, sets: Mapping[str, TileSet], shows_now: bool) -> dict[str, TileSet]:
    """For each live set of a snapshot's folder: the set itself, and one more of its geometry alone.

    sets: the sets without live attributes, as the snapshot's layers give them. shows_now: False = for those who may
    not see what is published: every value is the first of its table.
    """
    found = {}
    for name in list_live_sets(snapshot):
        plain, tiles = sets[name], LiveTiles(snapshot, name, shows_now)
        layers = tuple(_described(layer, tiles) for layer in plain.layers)
        found[name] = replace(
            plain,
            title={"zh-CN": name, "en": name},
            forms=("mvt", "bin"),
            read=partial(read_now, tiles, plain.read),
            at_hand=always_at_hand(partial(read_now, tiles, plain.read)),
            many=None,
            layers=layers,
            cache=Cache.REVALIDATE,
            extra={**plain.extra, "state": _state(name, tiles)},
        )
        found[name + GEOMETRY] = replace(
            found[name],
            name=name + GEOMETRY,
            forms=("mvt",),
            read=partial(read_geometry, tiles, plain.read),
            at_hand=always_at_hand(partial(read_geometry, tiles, plain.read)),
            cache=Cache.LONG,
        )
    return found


def read_now(tiles: LiveTiles, plain: Read, at: TileAt) -> Tile | None:
    """The tile (mvt) or the states of its features (bin) as of now; None where the set has nothing."""
    if _is_finished(at):
        tile = tiles.find(at.z, at.x, at.y)
        if tile < 0:
            return None
        return tiles.now(tile) if at.form == "mvt" else tiles.state(tile)
    drawn = plain(replace(at, form="mvt"))
    if drawn is None:
        return None
    completed = tiles.completed(drawn.body)
    return tiles.filled(completed) if at.form == "mvt" else tiles.state_of(completed)


def read_geometry(tiles: LiveTiles, plain: Read, at: TileAt) -> Tile | None:
    """The tile as it will be until the next import."""
    if _is_finished(at):
        tile = tiles.find(at.z, at.x, at.y)
        return None if tile < 0 else tiles.geometry(tile)
    drawn = plain(at)
    return None if drawn is None else tiles.geometry_of(tiles.completed(drawn.body))


def _is_finished(at: TileAt) -> bool:
    return at.matrix == "w" and at.crs in ("wgs84", "cgcs2000")


def _described(layer: VectorLayer, tiles: LiveTiles) -> VectorLayer:
    for live in tiles.live.layers:
        if live.name == layer.name:
            return replace(layer, fields={**layer.fields, live.attribute: _TYPES[type(live.values[0])]})
    return layer


def _state(name: str, tiles: LiveTiles) -> dict[str, Any]:
    """What a page must know to apply state tiles: where the order of their bytes comes from, what each byte means."""
    return {
        "geometry": name + GEOMETRY,
        "form": "bin",
        "header": 8,
        "layers": {
            layer.name: {"attribute": layer.attribute, "values": list(layer.values)} for layer in tiles.live.layers
        },
    }

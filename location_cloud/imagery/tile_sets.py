"""What imagery shows through the faces of maps: each set under its name, heights also as shaded relief."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from location_cloud.capability import Cache
from location_cloud.imagery.model import TILE_PX
from location_cloud.imagery.model_look import PLAIN, Look
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.imagery.service import STORED_FORM, find_stored, get_tile
from location_cloud.imagery.service_scenes import list_sets
from location_cloud.tile_sets import Form, Tile, TileAt, TileSet

if TYPE_CHECKING:
    from location_cloud.storage.world import World

SCOPE = "imagery:read"

HILLSHADE = "-hillshade"
"""Ending of the name of a set of heights that is drawn as shaded relief."""

FORMS_BY_STORED: Mapping[str, tuple[Form, ...]] = {
    "png": ("png", "webp", "jpg"),
    "webp": ("webp", "png", "jpg"),
    "jpg": ("jpg", "png", "webp"),
}
"""What tiles can be had in: first the form that they are stored in, which costs nothing."""

_SHADED = Look(algorithm="hillshade")


_OFFERS: dict[str, tuple[dict[str, SceneSet], dict[str, TileSet]]] = {}
"""Tenant -> its sets, and what they were offered as: the same objects until the scenes change."""


def tile_sets(world: World, tenant: str) -> Mapping[str, TileSet]:
    """The sets that the tenant sees. A new scene is in them with the next question."""
    sets = list_sets(world.live, tenant, world.home)
    kept = _OFFERS.get(tenant)
    if kept is not None and kept[0] is sets:
        return kept[1]
    offered = {each.name: each for scenes in sets.values() for each in _offer(scenes)}
    _OFFERS[tenant] = (sets, offered)
    return offered


def _offer(scenes: SceneSet) -> list[TileSet]:
    if scenes.kind != "elevation":
        return [
            _tile_set(
                scenes,
                scenes.name,
                PLAIN,
                FORMS_BY_STORED[STORED_FORM.get(scenes.scenes[0].compression, "png")],
                {"kind": "imagery", "stamp": scenes.stamp},
            )
        ]
    packed = _tile_set(scenes, scenes.name, PLAIN, ("png", "webp"), {"encoding": "mapbox"})
    return [packed, _tile_set(scenes, scenes.name + HILLSHADE, _SHADED, ("png", "jpg", "webp"))]


def _tile_set(
    scenes: SceneSet, name: str, look: Look, forms: tuple[Form, ...], extra: Mapping[str, object] | None = None
) -> TileSet:
    titles = {"zh-CN": f"影像 {name}", "en": f"Imagery {name}"}
    if scenes.kind == "elevation":
        titles = {"zh-CN": f"高程 {name}", "en": f"Elevation {name}"}
    return TileSet(
        name=name,
        title=titles,
        forms=forms,
        read=partial(_read, scenes, look),
        at_hand=partial(find_stored, scenes) if look is PLAIN else None,
        min_zoom=scenes.min_zoom,
        max_zoom=scenes.max_zoom,
        bounds=scenes.bounds,
        attribution=scenes.attribution,
        matrices=("w", "c"),
        systems=("wgs84", "gcj02", "bd09"),
        tile_px=TILE_PX,
        cache=Cache.BRIEF,
        scope=SCOPE,
        extra=extra or {},
    )


def _read(scenes: SceneSet, look: Look, at: TileAt) -> Tile | None:
    return get_tile(scenes, at, look)

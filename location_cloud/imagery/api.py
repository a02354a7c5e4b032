"""Imagery over HTTP: the sets, their tiles, and what they hold."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from location_cloud.capability import Bytes, Cache, Call, Operation, PlainCall, Reply
from location_cloud.errors import BadQuery
from location_cloud.imagery import schema, service
from location_cloud.imagery.asking import asked_look, asked_set
from location_cloud.imagery.drawing import check_look
from location_cloud.imagery.model import MAX_ZOOM
from location_cloud.imagery.model_look import PLAIN
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.imagery.service_scenes import list_sets as all_sets
from location_cloud.tile_sets import MEDIA_TYPES, Form, Tile, TileAt

SCOPE = "imagery:read"

PICTURES = tuple(MEDIA_TYPES[form] for form in ("jpg", "webp"))


def list_sets(call: Call, params: schema.InSets, body: None) -> dict[str, Any]:
    """The sets that the caller sees."""
    return {"sets": [_summary(call, each) for each in all_sets(call.live, call.tenant, call.home).values()]}


def get_info(call: Call, params: schema.InSet, body: None) -> dict[str, Any]:
    """What a set holds."""
    scenes = asked_set(call, params.set)
    dates = sorted(scene.taken for scene in scenes.scenes if scene.taken)
    return {
        **_summary(call, scenes),
        "bands": [asdict(band) for band in scenes.scenes[0].bands],
        "resolution_m": min(scene.resolution_m for scene in scenes.scenes),
        "taken": [dates[0], dates[-1]] if dates else [None, None],
        "attribution": scenes.attribution,
        "licences": sorted({scene.licence for scene in scenes.scenes if scene.licence}),
        "forms": service.forms(scenes),
    }


def get_tile(call: Call, params: schema.InTile, body: None) -> Reply:
    """One tile; 204 where the set has nothing."""
    scenes = asked_set(call, params.set)
    last = (1 << params.z) - 1
    if params.x > last or params.y > last:
        raise BadQuery(
            f"x={params.x}, y={params.y}: at zoom {params.z} both go from 0 to {last}",
            hint="tiles are counted from the north-west corner of the world (XYZ, not TMS)",
        )
    look = asked_look(params)
    tile = service.get_tile(
        scenes,
        TileAt(params.z, params.x, params.y, params.form),
        PLAIN if look == PLAIN else look,
        int(params.tilesize),
    )
    return _as_reply(tile, params.form)


def plain_tile(call: PlainCall, rest: str, query: str) -> Reply | None:
    """The tile of an address without parameters."""
    found = _plain_address(call, rest, query)
    return None if found is None else _as_reply(service.get_tile(*found), found[1].form)


def quick_tile(call: PlainCall, rest: str, query: str) -> Reply | None:
    """The same where the tile is handed out as it is stored."""
    found = _plain_address(call, rest, query)
    stored = None if found is None else service.find_stored(*found)
    return None if found is None or stored is None else _as_reply(stored if stored.body else None, found[1].form)


_ADDRESS = re.compile(r"([a-z0-9_-]{1,64})/(\d{1,2})/(\d{1,8})/(\d{1,8})\.(png|jpg|webp)", re.ASCII)
"""What follows /imagery/ in the address of a tile."""


def _plain_address(call: PlainCall, rest: str, query: str) -> tuple[SceneSet, TileAt] | None:
    found = _ADDRESS.fullmatch(rest)
    if found is None or query:
        return None
    name, form = found[1], found[5]
    z, x, y = int(found[2]), int(found[3]), int(found[4])
    scenes = all_sets(call.world.live, call.tenant, call.world.home).get(name)
    if scenes is None or z > MAX_ZOOM or x >> z or y >> z:
        return None
    return scenes, TileAt(z, x, y, form)  # type: ignore[arg-type]  # the pattern knows the forms


def _as_reply(tile: Tile | None, form: Form) -> Reply:
    media_type = MEDIA_TYPES[form]
    return Reply(b"", 204, media_type) if tile is None else Reply(tile.body, 200, media_type, tile.etag)


def get_tilejson(call: Call, params: schema.InTileJson, body: None) -> dict[str, Any]:
    """The set's TileJSON; how its tiles are drawn goes into their address."""
    scenes = asked_set(call, params.set)
    look = asked_look(params)
    check_look(scenes, look)
    form = params.format or service.forms(scenes)[0]
    service.check_form(scenes, look, form)
    asked = params.model_dump(exclude={"set", "format", "crs"}, exclude_defaults=True)
    query = urlencode(asked, doseq=True)
    address = call.link(f"/imagery/{scenes.name}/{{z}}/{{x}}/{{y}}.{form}")
    west, south, east, north = scenes.bounds
    encoding = service.encoding_of(scenes, look)
    return {
        "tilejson": "3.0.0",
        "name": scenes.name,
        "tiles": [f"{address}{'&' if '?' in address else '?'}{query}" if query else address],
        "scheme": "xyz",
        "minzoom": scenes.min_zoom,
        "maxzoom": scenes.max_zoom,
        "bounds": list(scenes.bounds),
        "center": [(west + east) / 2, (south + north) / 2, scenes.min_zoom],
        "attribution": scenes.attribution,
        "tileSize": 256,
        **({"encoding": encoding} if encoding else {}),
    }


def _summary(call: Call, scenes: SceneSet) -> dict[str, Any]:
    return {
        "name": scenes.name,
        "kind": scenes.kind,
        "scenes": len(scenes.scenes),
        "bounds": list(scenes.bounds),
        "minzoom": scenes.min_zoom,
        "maxzoom": scenes.max_zoom,
        "tilejson": call.link(f"/imagery/{scenes.name}/tilejson.json"),
    }


OPERATIONS = (
    Operation(
        "imagery.sets",
        "GET",
        "/imagery",
        "The sets of imagery and heights that the caller sees.",
        list_sets,
        schema.InSets,
        schema.OutSets,
        SCOPE,
        cache=Cache.REVALIDATE,
    ),
    Operation(
        "imagery.info",
        "GET",
        "/imagery/{set}/info",
        "What a set holds: bands, bounds, zooms, dates, licences.",
        get_info,
        schema.InSet,
        schema.OutInfo,
        SCOPE,
        cache=Cache.REVALIDATE,
        errors=(404,),
    ),
    Operation(
        "imagery.tilejson",
        "GET",
        "/imagery/{set}/tilejson.json",
        "A set as TileJSON 3, drawn as asked.",
        get_tilejson,
        schema.InTileJson,
        schema.OutTileJson,
        SCOPE,
        cache=Cache.REVALIDATE,
        errors=(404,),
    ),
    Operation(
        "imagery.tile",
        "GET",
        "/imagery/{set}/{z}/{x}/{y}.{form}",
        "A tile of a mosaic: as it is, any bands, a formula, shaded relief, heights as colours.",
        get_tile,
        schema.InTile,
        Bytes(MEDIA_TYPES["png"]),
        SCOPE,
        cache=Cache.BRIEF,
        errors=(204, 404, 501),
        other_media=PICTURES,
        plain=plain_tile,
        quick=quick_tile,
    ),
)

"""The questions about styles: a style for a page, a style for a picture, and which tile sets it draws from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from location_cloud.errors import NotFound
from location_cloud.maps.render import SCHEME, Style
from location_cloud.maps.service import Link, find_view
from location_cloud.maps.style import BASE, SPRITE, STYLES, TRAFFIC, Language, compose_style
from location_cloud.tile_sets import Box, TileSet

IMAGERY = "imagery"

MADE_FROM_STYLE = "made_from_style"
"""Set in `extra` of the sets of pictures that are drawn from a style, lest a style draws itself."""


def get_style(sets: Iterable[TileSet], name: str, link: Link, language: Language) -> dict[str, Any]:
    """The style for a page, its sources and icons on this server.

    sets: those that the caller may read; layers of others are left out. Raises NotFound for an unknown style.
    """
    chosen = choose_sets(sets)
    document = compose_style(check_style(name), language, _page_sources(chosen, link), link(f"/sprites/{SPRITE}"))
    if BASE in chosen:
        lon, lat, zoom = find_view(chosen[BASE])
        document["center"], document["zoom"] = [lon, lat], zoom
    return document


def check_style(name: str) -> str:
    """The name. Raises NotFound if there is no such style."""
    if name not in STYLES:
        raise NotFound(f"there is no style {name!r}", hint=f"there are: {', '.join(STYLES)}")
    return name


def choose_sets(sets: Iterable[TileSet]) -> dict[str, TileSet]:
    """Which tile sets stand for the sources of the styles: "base", "traffic", "imagery"; those that there are.

    Imagery is the set of that name, else the first set of pictures that says `extra={"kind": "imagery"}`, of those
    that lie where the base map opens, or on it at all, if any does.
    """
    by_name = {each.name: each for each in sets}
    chosen = {name: by_name[name] for name in (BASE, TRAFFIC) if name in by_name and "mvt" in by_name[name].forms}
    pictures = [each for each in by_name.values() if "mvt" not in each.forms and MADE_FROM_STYLE not in each.extra]
    scenes = [each for each in pictures if each.name == IMAGERY or each.extra.get("kind") == IMAGERY]
    if scenes:
        base = chosen.get(BASE)
        places = () if base is None else (base.core, base.bounds)
        chosen[IMAGERY] = min(
            scenes, key=lambda each: (each.name != IMAGERY, *(not _meet(each.bounds, at) for at in places))
        )
    return chosen


def _meet(one: Box | None, other: Box | None) -> bool:
    """Whether two boxes in degrees overlap; None = the world."""
    if one is None or other is None:
        return True
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _page_sources(chosen: Mapping[str, TileSet], link: Link) -> dict[str, Any]:
    return {
        name: {"type": "vector", "url": link(f"/tiles/{each.name}.json")}
        if name != IMAGERY
        else {"type": "raster", "url": link(f"/tiles/{each.name}.json"), "tileSize": each.tile_px}
        for name, each in chosen.items()
    }


def picture_style(chosen: Mapping[str, TileSet], name: str, language: Language, crs: str) -> Style:
    """The style for a picture: its sources are asked from the process that serves, below `city://`."""
    sources = tuple((key, each.min_zoom, each.max_zoom, each.tile_px) for key, each in chosen.items())
    return _picture_style(name, language, crs, sources)


@lru_cache(maxsize=64)
def _picture_style(name: str, language: Language, crs: str, sources: tuple[tuple[str, int, int, int], ...]) -> Style:
    """Composed once: 4 ms."""
    described = {
        key: {
            "type": "raster" if key == IMAGERY else "vector",
            "tiles": [f"{SCHEME}://tiles/{key}/{crs}/{{z}}/{{x}}/{{y}}"],
            "minzoom": min_zoom,
            "maxzoom": max_zoom,
            **({"tileSize": tile_px} if key == IMAGERY else {}),
        }
        for key, min_zoom, max_zoom, tile_px in sources
    }
    document = compose_style(name, language, described, f"{SCHEME}://sprites/{SPRITE}")
    return Style(hashlib.blake2b(orjson.dumps(document), digest_size=12).hexdigest(), document)

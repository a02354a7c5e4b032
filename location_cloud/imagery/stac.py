"""Scenes as STAC documents. Source: STAC 1.0.0 (item, collection and catalog specification), STAC API 1.0.0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import orjson

from location_cloud.imagery.model import Scene
from location_cloud.imagery.model_mosaic import SceneSet

Link: TypeAlias = Callable[[str], str]
"""A path on this server -> its full address."""

VERSION = "1.0.0"
ROOT = "/imagery/stac"

CONFORMS = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)


def catalog(sets: Sequence[SceneSet], link: Link) -> dict[str, Any]:
    """The root: where collections and search are."""
    return {
        "type": "Catalog",
        "stac_version": VERSION,
        "id": "imagery",
        "title": "Imagery and elevation",
        "description": "Scenes of this location cloud",
        "conformsTo": list(CONFORMS),
        "links": [
            _link("self", link(ROOT)),
            _link("root", link(ROOT)),
            _link("conformance", link(f"{ROOT}/conformance")),
            _link("data", link(f"{ROOT}/collections")),
            {**_link("search", link(f"{ROOT}/search")), "type": "application/geo+json", "method": "GET"},
            _link("service-desc", link("/openapi.json"), "application/vnd.oai.openapi+json;version=3.1"),
            *(_link("child", link(f"{ROOT}/collections/{each.name}")) for each in sets),
        ],
    }


def collection(scenes: SceneSet, link: Link) -> dict[str, Any]:
    """A set."""
    dates = sorted(_moment(scene.taken) for scene in scenes.scenes if scene.taken)
    place = f"{ROOT}/collections/{scenes.name}"
    licences = {scene.licence for scene in scenes.scenes}
    return {
        "type": "Collection",
        "stac_version": VERSION,
        "id": scenes.name,
        "title": scenes.name,
        "description": f"{scenes.kind}, {len(scenes.scenes)} scenes",
        "license": "proprietary" if licences == {""} else licences.pop() if len(licences) == 1 else "various",
        "extent": {
            "spatial": {"bbox": [list(scenes.bounds)]},
            "temporal": {"interval": [[dates[0], dates[-1]] if dates else [None, None]]},
        },
        "links": [
            _link("self", link(place)),
            _link("root", link(ROOT)),
            _link("parent", link(ROOT)),
            {**_link("items", link(f"{place}/items")), "type": "application/geo+json"},
            _link("tilejson", link(f"/imagery/{scenes.name}/tilejson.json")),
        ],
    }


def item(scene: Scene, link: Link) -> dict[str, Any]:
    """A scene. Without a date, when it was added stands for when it was taken, as STAC demands a moment."""
    place = f"{ROOT}/collections/{scene.set}"
    grid = scene.grid
    return {
        "type": "Feature",
        "stac_version": VERSION,
        "id": scene.id,
        "collection": scene.set,
        "geometry": orjson.loads(scene.footprint),
        "bbox": list(scene.bounds),
        "properties": {
            "title": scene.title,
            "datetime": _moment(scene.taken) if scene.taken else scene.added.replace("+00:00", "Z"),
            "created": scene.added.replace("+00:00", "Z"),
            "gsd": scene.resolution_m,
            "license": scene.licence or "proprietary",
            "attribution": scene.attribution,
            "is_dated": bool(scene.taken),
            "kind": scene.kind,
            "source": scene.source,
            "minzoom": grid.min_zoom,
            "maxzoom": grid.max_zoom,
            "bands": [{"name": band.name, "data_type": band.dtype} for band in scene.bands],
        },
        "assets": {
            "tiles": {
                "href": link(f"/imagery/{scene.set}/tilejson.json"),
                "type": "application/json",
                "roles": ["tiles"],
                "title": "Tiles of the set that the scene is part of",
            },
            "thumbnail": {
                "href": link(f"/imagery/{scene.set}/preview.png"),
                "type": "image/png",
                "roles": ["thumbnail"],
                "title": "The set that the scene is part of",
            },
        },
        "links": [
            {**_link("self", link(f"{place}/items/{scene.id}")), "type": "application/geo+json"},
            _link("root", link(ROOT)),
            _link("parent", link(place)),
            _link("collection", link(place)),
        ],
    }


def page(items: list[dict[str, Any]], matched: int, address: str, following: str) -> dict[str, Any]:
    """A page of items. following: address of the next one, "" = this was the last."""
    links = [{**_link("self", address), "type": "application/geo+json"}]
    if following:
        links.append({**_link("next", following), "type": "application/geo+json"})
    return {
        "type": "FeatureCollection",
        "features": items,
        "numberMatched": matched,
        "numberReturned": len(items),
        "links": links,
    }


def _moment(taken: str) -> str:
    """RFC 3339: a day is its first moment."""
    return taken.replace("+00:00", "Z") if "T" in taken else f"{taken}T00:00:00Z"


def _link(relation: str, address: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"rel": relation, "href": address, "type": media_type}

"""The catalogue of scenes over HTTP, as STAC clients read it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from location_cloud.capability import Cache, Call, Operation
from location_cloud.imagery import schema_stac as schema
from location_cloud.imagery import stac
from location_cloud.imagery.asking import asked_set, interval
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.imagery.service_scenes import get_scene, list_sets
from location_cloud.imagery.service_stac import search

SCOPE = "imagery:read"


def get_catalog(call: Call, params: schema.Nothing, body: None) -> dict[str, Any]:
    """The root of the catalogue."""
    return stac.catalog(list(_sets(call).values()), call.link)


def get_conformance(call: Call, params: schema.Nothing, body: None) -> dict[str, Any]:
    """What the catalogue conforms to."""
    return {"conformsTo": list(stac.CONFORMS)}


def list_collections(call: Call, params: schema.Nothing, body: None) -> dict[str, Any]:
    """Every set."""
    found = [stac.collection(each, call.link) for each in _sets(call).values()]
    return {"collections": found, "links": [{"rel": "self", "href": call.link(f"{stac.ROOT}/collections")}]}


def get_collection(call: Call, params: schema.InCollection, body: None) -> dict[str, Any]:
    """One set."""
    return stac.collection(asked_set(call, params.set), call.link)


def list_items(call: Call, params: schema.InItems, body: None) -> dict[str, Any]:
    """A page of the scenes of a set."""
    place = f"{stac.ROOT}/collections/{params.set}/items"
    return _page(call, [asked_set(call, params.set)], params, frozenset(), place, {})


def get_item(call: Call, params: schema.InItem, body: None) -> dict[str, Any]:
    """One scene."""
    return stac.item(get_scene(asked_set(call, params.set), params.scene), call.link)


def search_items(call: Call, params: schema.InSearch, body: None) -> dict[str, Any]:
    """A page of the scenes that a search finds."""
    names = [name for name in params.collections.split(",") if name]
    sets = [each for each in _sets(call).values() if not names or each.name in names]
    ids = frozenset(each for each in params.ids.split(",") if each)
    asked = {"collections": params.collections, "ids": params.ids}
    return _page(call, sets, params, ids, f"{stac.ROOT}/search", asked)


def _sets(call: Call) -> dict[str, SceneSet]:
    return list_sets(call.live, call.tenant, call.home)


def _page(
    call: Call, sets: list[SceneSet], params: schema.Paged, ids: frozenset[str], place: str, asked: dict[str, str]
) -> dict[str, Any]:
    found = search(sets, params.bbox, interval(params.datetime), ids)
    end = params.offset + params.limit
    box = "" if params.bbox is None else ",".join(f"{value:.9g}" for value in params.bbox.as_tuple())
    more = {**asked, "bbox": box, "datetime": params.datetime, "limit": params.limit}

    def address(offset: int) -> str:
        query = urlencode({**{name: each for name, each in more.items() if each}, "offset": offset})
        start = call.link(place)
        return f"{start}{'&' if '?' in start else '?'}{query}"

    items = [stac.item(scene, call.link) for scene in found[params.offset : end]]
    return stac.page(items, len(found), address(params.offset), address(end) if end < len(found) else "")


OPERATIONS = tuple(
    Operation(
        f"imagery.stac_{name}",
        "GET",
        stac.ROOT + path,
        summary,
        answer,
        In,
        Out,
        SCOPE,
        cache=Cache.REVALIDATE,
        errors=(404,),
    )
    for name, path, summary, answer, In, Out in (
        ("catalog", "", "The STAC catalogue of scenes.", get_catalog, schema.Nothing, schema.OutCatalog),
        (
            "conformance",
            "/conformance",
            "What the catalogue conforms to.",
            get_conformance,
            schema.Nothing,
            schema.OutConformance,
        ),
        (
            "collections",
            "/collections",
            "Every set as a STAC collection.",
            list_collections,
            schema.Nothing,
            schema.OutCollections,
        ),
        (
            "collection",
            "/collections/{set}",
            "A set as a STAC collection.",
            get_collection,
            schema.InCollection,
            schema.OutCollection,
        ),
        (
            "items",
            "/collections/{set}/items",
            "Scenes of a set, page by page.",
            list_items,
            schema.InItems,
            schema.OutItems,
        ),
        (
            "item",
            "/collections/{set}/items/{scene}",
            "A scene as a STAC item.",
            get_item,
            schema.InItem,
            schema.OutItem,
        ),
        (
            "search",
            "/search",
            "Scenes by box, date, collection and id.",
            search_items,
            schema.InSearch,
            schema.OutItems,
        ),
    )
)

"""HTTP operations of OGC API Features, below /ogc."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel

from location_cloud.capability import Bytes, Cache, Operation, Reply
from location_cloud.errors import BadQuery
from location_cloud.feature_sets import Asked, FeatureSet
from location_cloud.features import documents, interface, pages, schema, service, writing
from location_cloud.features.model import CRS84, CRS84H
from location_cloud.features.questions import queryable, read_bbox, read_time, read_values
from location_cloud.features.systems import uri_of
from location_cloud.http.context import RequestCall
from location_cloud.http.parameters import Query

ROOT = "/ogc"

LANGUAGES = ("zh-CN", "en")

TITLES = {"zh-CN": "位置云要素", "en": "Features of the location cloud"}

MOST_IN_HTML = 500
"""Features of a page for people."""

Json = dict[str, Any]


def get_landing(call: RequestCall, params: schema.InDocument, body: None) -> Reply:
    """The landing page."""
    is_html, language = _wants_html(call, params), _language(call, params)
    told = documents.landing(TITLES[language], _address(call), call.link, is_html)
    return _document(told, TITLES[language], is_html, language)


def get_conformance(call: RequestCall, params: schema.InDocument, body: None) -> Reply:
    """What is conformed to."""
    is_html, language = _wants_html(call, params), _language(call, params)
    return _document(documents.conformance(_address(call), is_html), "Conformance", is_html, language)


def get_interface(call: RequestCall, params: schema.InApi, body: None) -> Reply:
    """The interface as OpenAPI 3.0."""
    language = _language(call, params)
    sets = service.list_sets(call.world, call.caller)
    offered = [(each, each.title[language], _queryable(each)) for each in sets]
    told = interface.openapi(offered, "1.0", f"{call.base_url}{ROOT}", schema.MOST, schema.USUAL)
    return Reply(told, media_type="application/vnd.oai.openapi+json;version=3.0")


def list_collections(call: RequestCall, params: schema.InDocument, body: None) -> Reply:
    """The collections that the caller may read and that have features; one without may be asked all the same."""
    is_html, language = _wants_html(call, params), _language(call, params)
    full = [
        (each, *service.extent_of(call.world, call.tenant, each)) for each in service.list_sets(call.world, call.caller)
    ]
    listed = [
        documents.collection(each, each.title[language], bounds, times, _address(call))
        for each, bounds, times in full
        if bounds is not None
    ]
    told = documents.collections(listed, _address(call), is_html)
    if is_html:
        return _html(pages.collections(pages.WORDS[language]["collections"], told, language))
    return Reply(told)


def get_collection(call: RequestCall, params: schema.InCollection, body: None) -> Reply:
    """One collection."""
    is_html, language = _wants_html(call, params), _language(call, params)
    offered = service.get_set(call.world, call.caller, params.collection)
    title, extent = offered.title[language], service.extent_of(call.world, call.tenant, offered)
    told = documents.collection(offered, title, *extent, _address(call), is_html)
    return _document(told, title, is_html, language)


def get_queryables(call: RequestCall, params: schema.InCollection, body: None) -> Reply:
    """What features of a collection are chosen by."""
    is_html, language = _wants_html(call, params), _language(call, params)
    offered = service.get_set(call.world, call.caller, params.collection)
    title = offered.title[language]
    told = documents.queryables(offered, title, _queryable(offered), _address(call))
    return _html(pages.document(title, told, language)) if is_html else Reply(told, media_type=documents.SCHEMA)


def list_items(call: RequestCall, params: schema.InItems, body: None) -> Reply:
    """A page of features."""
    is_html, language = _wants_html(call, params), _language(call, params)
    offered = service.get_set(call.world, call.caller, params.collection)
    asked = _asked(call, params, offered, MOST_IN_HTML if is_html else schema.MOST)
    page, matched = service.read_page(offered, asked)
    place, title = f"/collections/{offered.name}", offered.title[language]
    address, given = _address(call), _given(params)
    links = documents.both(address, f"{place}/items", documents.GEOJSON, title, is_html, **given)
    if page.next:
        media_type, form = (documents.HTML, "html") if is_html else (documents.GEOJSON, "json")
        following = address(f"{place}/items", **{**given, "f": form, "after": page.next})
        links.append(documents.link(following, "next", media_type, "next page"))
    links.append(documents.link(address(place), "collection", documents.JSON, title))
    if is_html:

        def of_id(id_: Any) -> str:
            return address(f"{place}/items/{quote(str(id_), safe='')}", f="html")

        return _html(pages.table(title, page, links, language, of_id, call.link("/")))
    text = writing.as_collection(page, params.crs, links, matched, call.now)
    return Reply(text, media_type=documents.GEOJSON, headers=_content_crs(params.crs))


def get_item(call: RequestCall, params: schema.InFeature, body: None) -> Reply:
    """One feature."""
    is_html, language = _wants_html(call, params), _language(call, params)
    offered = service.get_set(call.world, call.caller, params.collection)
    page = service.get_feature(offered, Asked(call.caller, call.now), params.feature)
    place, title = f"/collections/{offered.name}", offered.title[language]
    address = _address(call)
    own = f"{place}/items/{quote(str(page.ids[0]), safe='')}"
    given = {} if params.crs == CRS84 else {"crs": params.crs}
    links = documents.both(address, own, documents.GEOJSON, f"{title}: {page.ids[0]}", is_html, **given)
    links.append(documents.link(address(place), "collection", documents.JSON, title))
    if is_html:
        return _html(pages.feature(f"{title}: {page.ids[0]}", page, links, language, call.link("/")))
    text = writing.as_feature(page, params.crs, links)
    return Reply(text, media_type=documents.GEOJSON, headers=_content_crs(params.crs))


# --- what is asked ---------------------------------------------------------------------------------------------------


def _asked(call: RequestCall, params: schema.InItems, offered: FeatureSet, most: int) -> Asked:
    own = {name: str(value) for name, value in (params.model_extra or {}).items()}
    values = read_values(own, offered.properties(), schema.PARAMETERS) if own else {}
    if params.bbox_crs == CRS84H and params.bbox.count(",") == 3:
        raise BadQuery(f"bbox={params.bbox[:80]} has no heights, which {CRS84H} has", hint=f"use bbox-crs={CRS84}")
    system = CRS84 if params.bbox_crs == CRS84H else params.bbox_crs
    begins, ends = read_time(params.datetime) if params.datetime else (None, None)
    return Asked(
        call.caller,
        call.now,
        read_bbox(params.bbox, system) if params.bbox else None,
        begins,
        ends,
        values,
        params.after,
        min(params.limit, most),
    )


def _given(params: schema.InItems) -> dict[str, str]:
    """The parameters as they were given, by the names that the address has; the form and the language are left out."""
    told = params.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"collection", "f", "lang"})
    return {name: str(value) for name, value in told.items() if value != ""}


def _queryable(offered: FeatureSet) -> dict[str, Any]:
    return queryable(offered.properties(), schema.PARAMETERS)


def _wants_html(call: RequestCall, params: schema.InDocument) -> bool:
    """What f says; else whether Accept names HTML before JSON, as browsers do."""
    if params.f:
        return params.f == "html"
    call.varies.add("Accept")
    accept = call.header("Accept")
    html, json = accept.find("text/html"), accept.find("json")
    return html >= 0 and (json < 0 or html < json)


def _language(call: RequestCall, params: schema.InDocument | schema.InApi) -> str:
    return params.lang or call.language(LANGUAGES)


# --- what is answered ------------------------------------------------------------------------------------------------


def _document(told: Json, title: str, is_html: bool, language: str) -> Reply:
    return _html(pages.document(title, told, language)) if is_html else Reply(told)


def _html(page: bytes) -> Reply:
    return Reply(page, media_type="text/html", headers={"Content-Security-Policy": pages.POLICY})


def _content_crs(system: str) -> dict[str, str]:
    return {"Content-Crs": f"<{uri_of(system)}>"}


def _address(call: RequestCall) -> documents.Address:
    def address(path: str, **parameters: str) -> str:
        whole = call.link(ROOT + path)
        return whole + ("&" if "?" in whole else "?") + urlencode(parameters) if parameters else whole

    return address


def _operation(
    name: str,
    path: str,
    summary: str,
    answer: Callable[..., Any],
    In: type[Query],
    Out: type[BaseModel] | Bytes,
    media: tuple[str, ...] = ("text/html",),
    cache: str = Cache.REVALIDATE,
    cost: int = 1,
) -> Operation:
    return Operation(
        f"features.{name}",
        "GET",
        ROOT + path,
        summary,
        answer,
        In,
        Out,
        "features:read",
        cost=cost,
        cache=cache,
        errors=(404, 422),
        other_media=media,
    )


OPERATIONS = (
    _operation("landing", "", "Landing page of OGC API Features.", get_landing, schema.InDocument, schema.OutDocument),
    _operation(
        "landing_slash",
        "/",
        "The same, at the address that clients put paths behind.",
        get_landing,
        schema.InDocument,
        schema.OutDocument,
    ),
    _operation(
        "conformance",
        "/conformance",
        "What OGC API Features is conformed to.",
        get_conformance,
        schema.InDocument,
        schema.OutDocument,
    ),
    _operation(
        "api",
        "/api",
        "The interface of the caller's collections as OpenAPI 3.0.",
        get_interface,
        schema.InApi,
        schema.OutApi,
        media=("application/vnd.oai.openapi+json;version=3.0",),
    ),
    _operation(
        "collections",
        "/collections",
        "The collections that the caller may read.",
        list_collections,
        schema.InDocument,
        schema.OutCollections,
        cost=2,
    ),
    _operation(
        "collection",
        "/collections/{collection}",
        "One collection.",
        get_collection,
        schema.InCollection,
        schema.OutDocument,
    ),
    _operation(
        "queryables",
        "/collections/{collection}/queryables",
        "What features of a collection are chosen by, as a JSON Schema.",
        get_queryables,
        schema.InCollection,
        schema.OutQueryables,
        media=("text/html", "application/schema+json"),
    ),
    _operation(
        "items",
        "/collections/{collection}/items",
        "Features of a collection, chosen by box, time and the values of queryables, a page at a time.",
        list_items,
        schema.InItems,
        schema.OutFeatures,
        cache=Cache.NEVER,
        cost=3,
    ),
    _operation(
        "item",
        "/collections/{collection}/items/{feature}",
        "One feature.",
        get_item,
        schema.InFeature,
        schema.OutFeature,
    ),
)

"""The interface of /ogc as OpenAPI 3.0, with a path for each collection that the caller may read.

The server's own document is OpenAPI 3.1; clients of OGC API Features read 3.0 (conformance class oas30).
Source: OGC 17-069r4, 7.3 and 9; OpenAPI Specification 3.0.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from location_cloud.feature_sets import FeatureSet, Property
from location_cloud.features.documents import GEOJSON, HTML, JSON, SCHEMA, schema_of
from location_cloud.features.model import CRS84, CRS84H, REGISTERED

Json = dict[str, Any]

PROBLEM = "application/problem+json"


def openapi(
    offered: Iterable[tuple[FeatureSet, str, Mapping[str, Property]]], version: str, server: str, most: int, usual: int
) -> Json:
    """The document. offered: collections with their titles and what features are chosen by.

    server: address of /ogc. most, usual: features of a page at most, and if nothing is said.
    """
    paths: Json = {
        "/": {"get": _get("getLandingPage", "Landing page", JSON)},
        "/conformance": {"get": _get("getConformance", "What this conforms to", JSON)},
        "/collections": {"get": _get("getCollections", "The collections", JSON)},
    }
    for each, title, properties in offered:
        paths |= _collection(each, title, properties)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Location cloud: features", "version": version, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": server}],
        "security": [{}, {"key": []}, {"bearer": []}, {"query": []}],
        "paths": paths,
        "components": {
            "parameters": _parameters(most, usual),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "key"},
            },
        },
    }


def _collection(offered: FeatureSet, title: str, properties: Mapping[str, Property]) -> Json:
    place, name = f"/collections/{offered.name}", offered.name
    standard = [{"$ref": f"#/components/parameters/{each}"} for each in ITEMS]
    own = [_query(each, _plain(each, about), about.text) for each, about in properties.items()]
    id_ = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    crs = {"$ref": "#/components/parameters/crs"}
    return {
        place: {"get": _get(f"describe.{name}", title, JSON)},
        f"{place}/queryables": {"get": _get(f"queryables.{name}", f"{title}: what features are chosen by", SCHEMA)},
        f"{place}/items": {"get": _get(f"getFeatures.{name}", f"{title}: features", GEOJSON, [*standard, *own])},
        f"{place}/items/{{featureId}}": {
            "get": _get(f"getFeature.{name}", f"{title}: one feature", GEOJSON, [id_, crs])
        },
    }


ITEMS = ("limit", "bbox", "bbox-crs", "datetime", "crs", "after")


def _get(name: str, summary: str, media_type: str, parameters: list[Json] | None = None) -> Json:
    problem = {"description": "Why there is no answer", "content": {PROBLEM: {"schema": {"type": "object"}}}}
    content = {media_type: {"schema": {"type": "object"}}}
    if media_type != SCHEMA:
        content[HTML] = {"schema": {"type": "string"}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [*(parameters or []), {"$ref": "#/components/parameters/f"}],
        "responses": {
            "200": {"description": summary, "content": content},
            "400": problem,
            "404": problem,
            "default": problem,
        },
    }


def _parameters(most: int, usual: int) -> Json:
    systems = {"type": "string", "format": "uri", "enum": list(REGISTERED), "default": CRS84}
    numbers = {
        "type": "array",
        "items": {"type": "number"},
        **_of_length(4, 6),
        "oneOf": [_of_length(4), _of_length(6)],
    }
    limit = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    told = [
        _query("limit", limit, "features of a page"),
        _query("bbox", numbers, "features whose geometry meets the box"),
        _query("bbox-crs", {**systems, "enum": [*REGISTERED, CRS84H]}, "coordinate system of bbox"),
        _query("datetime", {"type": "string"}, "a moment, or two with / between; .. is an open end"),
        _query("crs", systems, "coordinate system of the answer"),
        _query("after", {"type": "string"}, "where a page begins, as the one before tells it"),
        _query("f", {"type": "string", "enum": ["json", "html"]}, "form of the answer"),
    ]
    return {each["name"]: each for each in told}


def _of_length(least: int, most: int = 0) -> Json:
    """Edition 1.0 of the standard told the least and the most, 1.0.1 tells the two lengths: a reader of either is
    content with both.
    """
    return {"minItems": least, "maxItems": most or least}


def _query(name: str, schema: Json, text: str) -> Json:
    told = {"name": name, "in": "query", "required": False, "schema": schema, "style": "form", "explode": False}
    return {**told, "description": text} if text else told


def _plain(name: str, about: Property) -> Json:
    schema = schema_of(name, about)
    return {key: value for key, value in schema.items() if key != "description"}

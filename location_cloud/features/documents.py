"""The documents of OGC API Features: landing page, conformance, collections, queryables, as plain values.

Sources: OGC 17-069r4, OGC API - Features - Part 1: Core 1.0.1; OGC 18-058r1, Part 2: Coordinate Reference Systems by
Reference; OGC 19-079r2, Part 3: Filtering (queryables).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from location_cloud.feature_sets import Box, FeatureSet, Property
from location_cloud.features.model import CRS84, REGISTERED

Json: TypeAlias = dict[str, Any]

Address: TypeAlias = Callable[..., str]
"""(path below /ogc, parameters) -> its full address."""

Times: TypeAlias = tuple[datetime | None, datetime | None]

_SPEC: Final = "http://www.opengis.net/spec/"

CONFORMS_TO: Final = (
    f"{_SPEC}ogcapi-common-1/1.0/conf/core",
    f"{_SPEC}ogcapi-common-1/1.0/conf/landing-page",
    f"{_SPEC}ogcapi-common-1/1.0/conf/json",
    f"{_SPEC}ogcapi-common-1/1.0/conf/html",
    f"{_SPEC}ogcapi-common-1/1.0/conf/oas30",
    f"{_SPEC}ogcapi-common-2/1.0/conf/collections",
    f"{_SPEC}ogcapi-features-1/1.0/conf/core",
    f"{_SPEC}ogcapi-features-1/1.0/conf/oas30",
    f"{_SPEC}ogcapi-features-1/1.0/conf/html",
    f"{_SPEC}ogcapi-features-1/1.0/conf/geojson",
    f"{_SPEC}ogcapi-features-2/1.0/conf/crs",
    f"{_SPEC}ogcapi-features-3/1.0/conf/queryables",
    f"{_SPEC}ogcapi-features-3/1.0/conf/queryables-query-parameters",
)

QUERYABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"

JSON, GEOJSON, HTML, SCHEMA = "application/json", "application/geo+json", "text/html", "application/schema+json"

API: Final = "application/vnd.oai.openapi+json;version=3.0"


def link(href: str, rel: str, media_type: str, title: str) -> Json:
    """A link as every document has them."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def both(address: Address, path: str, media_type: str, title: str, is_html: bool, **parameters: str) -> list[Json]:
    """The links of a document to itself and to its other form."""
    told = [
        link(address(path, f="json", **parameters), "alternate" if is_html else "self", media_type, title),
        link(address(path, f="html", **parameters), "self" if is_html else "alternate", HTML, title),
    ]
    return told[::-1] if is_html else told


def landing(title: str, address: Address, server: Callable[[str], str], is_html: bool) -> Json:
    """The landing page. server: a path of the whole server -> its address."""
    return {
        "title": title,
        "description": "Grids, cases, components, incidents, areas and own layers as features",
        "links": [
            *both(address, "", JSON, "This document", is_html),
            link(address("/api"), "service-desc", API, "The interface of these features as OpenAPI 3.0"),
            link(server("/docs"), "service-doc", HTML, "The whole server's interface as a page"),
            link(address("/conformance"), "conformance", JSON, "What this conforms to"),
            link(address("/collections"), "data", JSON, "The collections"),
            link(server("/ogc/tiles"), "related", JSON, "The maps of this server: OGC API Tiles"),
        ],
    }


def conformance(address: Address, is_html: bool) -> Json:
    """What is conformed to."""
    return {"conformsTo": list(CONFORMS_TO), "links": both(address, "/conformance", JSON, "Conformance", is_html)}


def collections(told: list[Json], address: Address, is_html: bool) -> Json:
    """The list of collections."""
    return {
        "links": both(address, "/collections", JSON, "The collections", is_html),
        "collections": told,
        "crs": list(REGISTERED),
    }


def collection(
    offered: FeatureSet, title: str, bounds: Box | None, times: Times | None, address: Address, is_html: bool = False
) -> Json:
    """One collection."""
    place = f"/collections/{offered.name}"
    extent: Json = {}
    if bounds is not None:
        extent["spatial"] = {"bbox": [list(bounds)], "crs": CRS84}
    if times is not None and bounds is not None:
        interval = [None if at is None else as_text(at) for at in times]
        extent["temporal"] = {"interval": [interval], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
    credit = {"attribution": offered.attribution} if offered.attribution else {}
    return {
        "id": offered.name,
        "title": title,
        "description": offered.text,
        **credit,
        "itemType": "feature",
        **({"extent": extent} if extent else {}),
        "crs": list(REGISTERED),
        "storageCrs": CRS84,
        "links": [
            *both(address, place, JSON, title, is_html),
            link(address(f"{place}/items", f="json"), "items", GEOJSON, f"{title}: features"),
            link(address(f"{place}/items", f="html"), "items", HTML, f"{title}: features as a table"),
            link(address(f"{place}/queryables"), QUERYABLES, SCHEMA, f"{title}: what features are chosen by"),
        ],
    }


def queryables(offered: FeatureSet, title: str, properties: Mapping[str, Property], address: Address) -> Json:
    """What features of a collection are chosen by, as a JSON Schema. properties: those that they are chosen by."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address(f"/collections/{offered.name}/queryables"),
        "type": "object",
        "title": title,
        "description": offered.text,
        "properties": {
            "geometry": {"title": "place", "x-ogc-role": "primary-geometry", "format": "geometry-any"},
            **{name: schema_of(name, about) for name, about in properties.items()},
        },
        "additionalProperties": False,
    }


def schema_of(name: str, about: Property) -> Json:
    """A property as a JSON Schema."""
    of_time = about.kind in ("date", "date-time")
    told: Json = {"title": name, "type": "string" if of_time else about.kind}
    if of_time:
        told["format"] = about.kind
    if about.text:
        told["description"] = about.text
    if about.values:
        told["enum"] = list(about.values)
    return told


def as_text(at: datetime) -> str:
    """A moment as RFC 3339 writes it, UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

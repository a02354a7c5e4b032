"""The areas over HTTP: one by code, its children, and lists by point, parent, level or name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.areas import service
from location_cloud.areas.schema import AreaCollection, AreaFeature, AreasQuery, ChildrenQuery, OneAreaQuery
from location_cloud.areas.service import Area, AreaPage
from location_cloud.capability import Cache, Call, Operation
from location_cloud.errors import BadQuery


def get_area(call: Call, params: OneAreaQuery, _body: None) -> dict[str, Any]:
    """One area with its boundary, its chain and the number of its children."""
    return _feature(service.get_area(call.world, params.code, params.geometry == "full"))


def list_children(call: Call, params: ChildrenQuery, _body: None) -> dict[str, Any]:
    """The areas directly below one."""
    wants_geometry = params.geometry == "full"
    page = service.list_children(call.world, params.code, params.limit, params.offset, wants_geometry)
    return _collection(page, params.limit, params.offset)


def list_areas(call: Call, params: AreasQuery, _body: None) -> dict[str, Any]:
    """Areas around a point, or those that meet the other conditions."""
    wants_geometry = params.geometry == "full"
    if params.at is not None:
        if params.parent or params.level or params.q:
            raise BadQuery("at= cannot be joined with parent=, level= or q=", hint="ask with at= alone")
        return _collection(service.find_areas_at(call.world, params.at, wants_geometry), params.limit, 0)
    page = service.list_areas(
        call.world, params.parent, params.level or "", params.q, params.limit, params.offset, wants_geometry
    )
    return _collection(page, params.limit, params.offset)


def _feature(area: Area) -> dict[str, Any]:
    properties = asdict(area)
    return {"type": "Feature", "id": area.code, "geometry": properties.pop("geometry"), "properties": properties}


def _collection(page: AreaPage, limit: int, offset: int) -> dict[str, Any]:
    features = [_feature(area) for area in page.areas]
    return {"type": "FeatureCollection", "features": features, "total": page.total, "limit": limit, "offset": offset}


OPERATIONS = (
    Operation(
        name="areas.list",
        method="GET",
        path="/v1/areas",
        summary="Administrative areas around a point, or by parent, level or name",
        answer=list_areas,
        In=AreasQuery,
        Out=AreaCollection,
        scope="areas:read",
        cache=Cache.SHORT,
        errors=(404,),
    ),
    Operation(
        name="areas.get",
        method="GET",
        path="/v1/areas/{code}",
        summary="One administrative area with its boundary and its chain",
        answer=get_area,
        In=OneAreaQuery,
        Out=AreaFeature,
        scope="areas:read",
        cache=Cache.SHORT,
        errors=(404,),
    ),
    Operation(
        name="areas.children",
        method="GET",
        path="/v1/areas/{code}/children",
        summary="The administrative areas directly below one",
        answer=list_children,
        In=ChildrenQuery,
        Out=AreaCollection,
        scope="areas:read",
        cache=Cache.SHORT,
        errors=(404,),
    ),
)

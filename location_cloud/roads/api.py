"""The roads over HTTP: one by its lasting key, those in a box."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.capability import Cache, Call, Operation
from location_cloud.roads import service
from location_cloud.roads.schema import OneRoadQuery, RoadCollection, RoadFeature, RoadsQuery
from location_cloud.roads.service import Road


def get_road(call: Call, params: OneRoadQuery, _body: None) -> dict[str, Any]:
    """One direction of a road segment."""
    return _feature(service.get_road(call.world, params.key))


def list_roads(call: Call, params: RoadsQuery, _body: None) -> dict[str, Any]:
    """The road segments of a box."""
    page = service.list_roads(call.world, params.bbox, params.limit)
    return {
        "type": "FeatureCollection",
        "features": [_feature(road) for road in page.roads],
        "total": page.total,
        "limit": params.limit,
    }


def _feature(road: Road) -> dict[str, Any]:
    properties = asdict(road)
    line = {"type": "LineString", "coordinates": properties.pop("line").tolist()}
    return {"type": "Feature", "id": properties.pop("key"), "geometry": line, "properties": properties}


OPERATIONS = (
    Operation(
        name="roads.get",
        method="GET",
        path="/v1/roads/{key}",
        summary="One direction of a road segment by its lasting key",
        answer=get_road,
        In=OneRoadQuery,
        Out=RoadFeature,
        scope="roads:read",
        cache=Cache.SHORT,
        errors=(404,),
    ),
    Operation(
        name="roads.list",
        method="GET",
        path="/v1/roads",
        summary="Road segments in a box",
        answer=list_roads,
        In=RoadsQuery,
        Out=RoadCollection,
        scope="roads:read",
        cost=5,
        cache=Cache.SHORT,
        errors=(413,),
    ),
)

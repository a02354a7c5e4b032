"""HTTP operations of own layers."""

from __future__ import annotations

from typing import Any

from shapely.geometry import mapping

from location_cloud.capability import Call, Operation
from location_cloud.layers import schema, service
from location_cloud.layers.model import LayerFeature


def list_layers(call: Call, params: schema.Nothing, body: None) -> dict[str, Any]:
    """The caller's layers."""
    found = service.list_layers(call.live, call.tenant)
    return {"layers": [{"name": name, "features": count} for name, count in found]}


def list_features(call: Call, params: schema.InList, body: None) -> dict[str, Any]:
    """A page of features."""
    found = service.list_features(
        call.live, call.tenant, params.layer, params.bbox, params.after, params.limit, params.cell
    )
    following = found[-1].id if len(found) == params.limit else None
    return {
        "type": "FeatureCollection",
        "features": [_as_geojson(feature) for feature in found],
        "next_after": following,
    }


def get_feature(call: Call, params: schema.InFeature, body: None) -> dict[str, Any]:
    """One feature."""
    return _as_geojson(service.get_feature(call.live, call.tenant, params.layer, params.id))


def add_feature(call: Call, params: schema.InLayer, body: schema.FeatureBody) -> dict[str, Any]:
    """The new feature."""
    return _as_geojson(
        service.add_feature(call.live, call.tenant, params.layer, body.geometry, body.properties or {}, call.now)
    )


def change_feature(call: Call, params: schema.InVersion, body: schema.FeatureBody) -> dict[str, Any]:
    """The changed feature."""
    changed = service.change_feature(
        call.live,
        call.tenant,
        params.layer,
        params.id,
        params.version,
        body.geometry,
        body.properties or {},
        call.now,
    )
    return _as_geojson(changed)


def remove_feature(call: Call, params: schema.InVersion, body: None) -> dict[str, Any]:
    """What was deleted."""
    service.remove_feature(call.live, call.tenant, params.layer, params.id, params.version)
    return {"deleted": params.id}


def _as_geojson(feature: LayerFeature) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": feature.id,
        "geometry": mapping(feature.geometry),
        "properties": feature.properties,
        "version": feature.version,
        "updated": feature.updated.isoformat(),
    }


_ONE = "/v1/layers/{layer}/features/{id}"
_ALL = "/v1/layers/{layer}/features"

OPERATIONS = (
    Operation(
        "layers.list",
        "GET",
        "/v1/layers",
        "The caller's own layers.",
        list_layers,
        schema.Nothing,
        schema.OutLayers,
        "layers:read",
    ),
    Operation(
        "layers.features",
        "GET",
        _ALL,
        "Features of an own layer, by box or page by page.",
        list_features,
        schema.InList,
        schema.OutFeatures,
        "layers:read",
    ),
    Operation(
        "layers.feature",
        "GET",
        _ONE,
        "One feature of an own layer.",
        get_feature,
        schema.InFeature,
        schema.OutFeature,
        "layers:read",
        errors=(404,),
    ),
    Operation(
        "layers.add",
        "POST",
        _ALL,
        "Store a new feature.",
        add_feature,
        schema.InLayer,
        schema.OutFeature,
        "layers:write",
        Body=schema.FeatureBody,
        status=201,
        errors=(507,),
        max_body_bytes=10_000_000,
    ),
    Operation(
        "layers.change",
        "PUT",
        _ONE,
        "Change a feature, made from the version named; 409 if somebody was faster.",
        change_feature,
        schema.InVersion,
        schema.OutFeature,
        "layers:write",
        Body=schema.FeatureBody,
        errors=(404, 409, 507),
        max_body_bytes=10_000_000,
    ),
    Operation(
        "layers.remove",
        "DELETE",
        _ONE,
        "Delete a feature, made from the version named; 409 if somebody was faster.",
        remove_feature,
        schema.InVersion,
        schema.OutNothing,
        "layers:write",
        errors=(404, 409, 507),
    ),
)

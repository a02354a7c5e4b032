"""The questions about own layers; every one is asked by a tenant about its own rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import BadQuery, Conflict, NotFound, TooLarge
from location_cloud.layers import store
from location_cloud.layers.model import MAX_LAYERS, MAX_PROPERTIES_BYTES, MAX_VERTICES, LayerFeature
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry

if TYPE_CHECKING:
    from location_cloud.storage.live import Live


def list_layers(live: Live, tenant: str) -> list[tuple[str, int]]:
    """The tenant's layers with their number of features."""
    with live.read() as connection:
        return store.list_layers(connection, tenant)


def list_features(
    live: Live,
    tenant: str,
    layer: str,
    bbox: Bbox | None,
    after: int,
    limit: int,
    cells: tuple[int, int] | None = None,
) -> list[LayerFeature]:
    """Features of the layer by rising id, at most `limit`, those whose box meets `bbox` if given.

    cells: range of index cells (`cell_range`) that the middles of their boxes lie in.
    """
    with live.read() as connection:
        return store.list_features(connection, live, tenant, layer, bbox, after, limit, cells)


def get_feature(live: Live, tenant: str, layer: str, feature_id: int) -> LayerFeature:
    """The feature. Raises NotFound if it is absent or another tenant's."""
    with live.read() as connection:
        found = store.find_feature(connection, tenant, layer, feature_id)
    if found is None:
        raise NotFound(
            f"layer {layer!r} has no feature {feature_id}", hint=f"list them: GET /v1/layers/{layer}/features"
        )
    return found


def add_feature(
    live: Live, tenant: str, layer: str, geometry: Any, properties: dict[str, Any], now: datetime
) -> LayerFeature:
    """The feature as stored; the first one makes the layer. Raises BadQuery for a wrong geometry, TooLarge over a
    ceiling.
    """
    checked = _checked_geometry(geometry)
    _check_properties(properties)
    with live.write() as connection:
        _check_room(connection, tenant, layer)
        return store.insert_feature(connection, tenant, layer, checked, properties, now)


def change_feature(
    live: Live,
    tenant: str,
    layer: str,
    feature_id: int,
    version: int,
    geometry: Any,
    properties: dict[str, Any],
    now: datetime,
) -> LayerFeature:
    """The feature after the change. Raises Conflict if somebody changed it since `version`, NotFound if absent."""
    checked = _checked_geometry(geometry)
    _check_properties(properties)
    get_feature(live, tenant, layer, feature_id)
    with live.write() as connection:
        store.change_feature(connection, tenant, feature_id, version, checked, properties, now)
    return LayerFeature(feature_id, layer, checked, properties, version + 1, now)


def remove_feature(live: Live, tenant: str, layer: str, feature_id: int, version: int) -> None:
    """Deletes the feature. Raises Conflict if somebody changed it since `version`, NotFound if absent."""
    found = get_feature(live, tenant, layer, feature_id)
    with live.write() as connection:
        if not store.delete_feature(connection, tenant, layer, feature_id, version):
            raise Conflict(
                f"feature {feature_id} is at version {found.version}, not {version}",
                hint="read it again and repeat the change on what is there now",
            )


def _check_room(connection: Any, tenant: str, layer: str) -> None:
    if store.has_features(connection, tenant, layer):
        return
    count = store.count_layers(connection, tenant)
    if count >= MAX_LAYERS:
        raise TooLarge(
            f"there are {count:,} layers; the most is {MAX_LAYERS:,}",
            hint="give the feature a property that tells it apart, and add it to a layer that is there: GET /v1/layers",
        )


def _checked_geometry(geometry: Any) -> BaseGeometry:
    try:
        checked = parse_geometry(geometry, max_vertices=MAX_VERTICES)
    except SpatialError as error:
        raise BadQuery(f"geometry: {error}", hint="GeoJSON, points lon,lat in degrees") from error
    if checked.is_empty:
        raise BadQuery(
            "geometry is empty", hint="a feature lies somewhere: give at least one point, lon,lat in degrees"
        )
    return checked


def _check_properties(properties: dict[str, Any]) -> None:
    size = len(orjson.dumps(properties))
    if size > MAX_PROPERTIES_BYTES:
        raise TooLarge(
            f"properties are {size:,} bytes; the most is {MAX_PROPERTIES_BYTES:,}",
            hint="keep pictures and documents elsewhere and store their address",
        )

"""The table of own layers' features: the only place that knows its SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Migration
from location_cloud.layers.model import LayerFeature
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.live import Live, update_versioned

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("layer", sa.String(64), nullable=False),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        sa.Column("west", sa.Float(53), nullable=False),
        sa.Column("south", sa.Float(53), nullable=False),
        sa.Column("east", sa.Float(53), nullable=False),
        sa.Column("north", sa.Float(53), nullable=False),
        sa.Column("properties", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated", sa.String(40), nullable=False),
    ]


FEATURES = sa.Table("layer_features", METADATA, *_columns(), sqlite_autoincrement=True)


def _create_features(op: Any, live: Any) -> None:
    op.create_table("layer_features", *_columns(), sqlite_autoincrement=True)
    op.create_index("layer_features_tenant", "layer_features", ["tenant", "layer", "id"])
    live.add_spatial_index(op, "layer_features")


MIGRATIONS = (Migration(1, "features of own layers", _create_features),)


def insert_feature(
    connection: Any, tenant: str, layer: str, geometry: BaseGeometry, properties: dict[str, Any], now: datetime
) -> LayerFeature:
    """The feature as stored, version 1."""
    values = _values(geometry, properties, now)
    statement = FEATURES.insert().values(tenant=tenant, layer=layer, version=1, **values).returning(FEATURES.c.id)
    feature_id = connection.execute(statement).scalar_one()
    return LayerFeature(feature_id, layer, geometry, properties, 1, now)


def find_feature(connection: Any, tenant: str, layer: str, feature_id: int) -> LayerFeature | None:
    """The tenant's feature with that id. Index: primary key."""
    row = connection.execute(FEATURES.select().where(*_its(tenant, layer, feature_id))).one_or_none()
    return None if row is None else _as_feature(row)


def list_features(
    connection: Any, live: Live, tenant: str, layer: str, bbox: Bbox | None, after: int, limit: int
) -> list[LayerFeature]:
    """The tenant's features by rising id. Index: layer_features_tenant, or the spatial index with a box."""
    statement = FEATURES.select().where(FEATURES.c.tenant == tenant, FEATURES.c.layer == layer, FEATURES.c.id > after)
    if bbox is not None:
        statement = statement.where(live.in_bbox(FEATURES, bbox))
    rows = connection.execute(statement.order_by(FEATURES.c.id).limit(limit))
    return [_as_feature(row) for row in rows]


def list_layers(connection: Any, tenant: str) -> list[tuple[str, int]]:
    """The tenant's layers with their number of features. Index: layer_features_tenant."""
    rows = connection.execute(
        sa.select(FEATURES.c.layer, sa.func.count())
        .where(FEATURES.c.tenant == tenant)
        .group_by(FEATURES.c.layer)
        .order_by(FEATURES.c.layer)
    )
    return [(row[0], row[1]) for row in rows]


def change_feature(
    connection: Any,
    tenant: str,
    feature_id: int,
    version: int,
    geometry: BaseGeometry,
    properties: dict[str, Any],
    now: datetime,
) -> None:
    """Writes over the version it was made from. Raises Conflict if that is not the stored one, NotFound if absent."""
    update_versioned(connection, FEATURES, tenant, feature_id, version, _values(geometry, properties, now))


def delete_feature(connection: Any, tenant: str, layer: str, feature_id: int, version: int) -> bool:
    """Whether a feature of that version was there and is gone now. Index: primary key."""
    condition = (*_its(tenant, layer, feature_id), FEATURES.c.version == version)
    return bool(connection.execute(FEATURES.delete().where(*condition)).rowcount)


def _its(tenant: str, layer: str, feature_id: int) -> tuple[Any, ...]:
    return FEATURES.c.id == feature_id, FEATURES.c.tenant == tenant, FEATURES.c.layer == layer


def _values(geometry: BaseGeometry, properties: dict[str, Any], now: datetime) -> dict[str, Any]:
    west, south, east, north = geometry.bounds
    return {
        "geometry": shapely.to_wkb(geometry),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "properties": orjson.dumps(properties),
        "updated": now.astimezone(UTC).isoformat(),
    }


def _as_feature(row: Any) -> LayerFeature:
    return LayerFeature(
        id=row.id,
        layer=row.layer,
        geometry=shapely.from_wkb(bytes(row.geometry)),
        properties=orjson.loads(bytes(row.properties)),
        version=row.version,
        updated=datetime.fromisoformat(row.updated),
    )

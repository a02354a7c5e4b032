"""The table of own layers' features: the only place that knows its SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Migration
from location_cloud.layers.model import LayerFeature
from location_cloud.spatial.bbox import Bbox
from location_cloud.storage.index_cells import BOX, add_index_cells, cell_column, cell_of_box, filed_in
from location_cloud.storage.live import Live, next_version, update_versioned

Box: TypeAlias = tuple[float, float, float, float]

METADATA = sa.MetaData()

KEPT_REMOVALS = 100_000
"""Live versions for which it stays known that a feature was removed; who follows a layer more slowly reads it anew."""


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


def _change() -> sa.Column[Any]:
    """The live version of the row's last change."""
    return sa.Column("change", sa.BigInteger, nullable=False, server_default="0")


def _removal_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("layer", sa.String(64), nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
    ]


FEATURES = sa.Table("layer_features", METADATA, *_columns(), _change(), cell_column(), sqlite_autoincrement=True)
REMOVALS = sa.Table("layer_removals", METADATA, *_removal_columns())


def _create_features(op: Any, live: Any) -> None:
    op.create_table("layer_features", *_columns(), sqlite_autoincrement=True)
    op.create_index("layer_features_tenant", "layer_features", ["tenant", "layer", "id"])
    live.add_spatial_index(op, "layer_features")


def _record_changes(op: Any, live: Any) -> None:
    op.add_column("layer_features", _change())
    op.create_index("layer_features_change", "layer_features", ["tenant", "layer", "change"])
    op.create_table("layer_removals", *_removal_columns())
    op.create_index("layer_removals_change", "layer_removals", ["tenant", "layer", "change"])


def _index_bounds(op: Any, live: Any) -> None:
    columns = ["tenant", "layer", "west", "south", "east", "north"]
    op.create_index("layer_features_bounds", "layer_features", columns)


def _file_by_cell(op: Any, live: Any) -> None:
    add_index_cells(op, "layer_features", BOX)


MIGRATIONS = (
    Migration(1, "features of own layers", _create_features),
    Migration(2, "when each feature of own layers changed", _record_changes),
    Migration(3, "where own layers lie, without reading their features", _index_bounds),
    Migration(4, "features of own layers by BeiDou cell", _file_by_cell),
)


def insert_feature(
    connection: Any, tenant: str, layer: str, geometry: BaseGeometry, properties: dict[str, Any], now: datetime
) -> LayerFeature:
    """The feature as stored, version 1."""
    values = {**_values(geometry, properties, now), "change": next_version(connection)}
    statement = FEATURES.insert().values(tenant=tenant, layer=layer, version=1, **values).returning(FEATURES.c.id)
    feature_id = connection.execute(statement).scalar_one()
    return LayerFeature(feature_id, layer, geometry, properties, 1, now)


def find_feature(connection: Any, tenant: str, layer: str, feature_id: int) -> LayerFeature | None:
    """The tenant's feature with that id. Index: primary key."""
    row = connection.execute(FEATURES.select().where(*_its(tenant, layer, feature_id))).one_or_none()
    return None if row is None else _as_feature(row)


def list_features(
    connection: Any,
    live: Live,
    tenant: str,
    layer: str,
    bbox: Bbox | None,
    after: int,
    limit: int,
    cells: tuple[int, int] | None = None,
) -> list[LayerFeature]:
    """The tenant's features by rising id. cells: range of index cells of their boxes' middles. Indexes:
    layer_features_tenant, the spatial index with a box, or layer_features_cell.
    """
    statement = FEATURES.select().where(FEATURES.c.tenant == tenant, FEATURES.c.layer == layer, FEATURES.c.id > after)
    if bbox is not None:
        statement = statement.where(live.in_bbox(FEATURES, bbox))
    if cells is not None:
        statement = statement.where(filed_in(FEATURES, cells))
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
    values = {"change": next_version(connection), **_values(geometry, properties, now)}
    update_versioned(connection, FEATURES, tenant, feature_id, version, values)


def delete_feature(connection: Any, tenant: str, layer: str, feature_id: int, version: int) -> bool:
    """Whether a feature of that version was there and is gone now. Index: primary key."""
    change = next_version(connection)
    condition = (*_its(tenant, layer, feature_id), FEATURES.c.version == version)
    if not connection.execute(FEATURES.delete().where(*condition)).rowcount:
        return False
    connection.execute(REMOVALS.insert().values(tenant=tenant, layer=layer, id=feature_id, change=change))
    forgotten = change - KEPT_REMOVALS
    connection.execute(
        REMOVALS.delete().where(REMOVALS.c.tenant == tenant, REMOVALS.c.layer == layer, REMOVALS.c.change <= forgotten)
    )
    return True


def has_layer(connection: Any, tenant: str, layer: str) -> bool:
    """Whether the tenant has, or had lately, a feature on the layer. Indexes: the two of tenant, layer."""
    return any(_has_row(connection, table, tenant, layer) for table in (FEATURES, REMOVALS))


def has_features(connection: Any, tenant: str, layer: str) -> bool:
    """Whether the tenant has a feature on the layer. Index: layer_features_tenant."""
    return _has_row(connection, FEATURES, tenant, layer)


def count_layers(connection: Any, tenant: str) -> int:
    """How many layers the tenant has; 10 ms for one of 200,000 features. Index: layer_features_tenant."""
    statement = sa.select(sa.func.count(FEATURES.c.layer.distinct())).where(FEATURES.c.tenant == tenant)
    return int(connection.execute(statement).scalar_one())


def layer_size(connection: Any, tenant: str, layer: str, most: int) -> tuple[int, int]:
    """How many features of a layer there are, and the bytes of their geometries and properties together.

    No more than `most` are counted. Index: layer_features_tenant.
    """
    size = sa.func.length(FEATURES.c.geometry) + sa.func.length(FEATURES.c.properties)
    counted = (
        sa.select(size.label("bytes")).where(FEATURES.c.tenant == tenant, FEATURES.c.layer == layer).limit(most)
    ).subquery()
    row = connection.execute(sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(counted.c.bytes), 0))).one()
    return row[0], row[1]


def find_bounds(connection: Any, tenant: str, layer: str) -> Box | None:
    """West, south, east, north of the layer, degrees; None without features. Index: layer_features_bounds."""
    row = connection.execute(sa.select(*_BOUNDS).where(FEATURES.c.tenant == tenant, FEATURES.c.layer == layer)).one()
    return None if row[0] is None else tuple(row)


def list_bounds(connection: Any, tenant: str) -> list[tuple[str, Box]]:
    """The tenant's layers by name with their bounds as in `find_bounds`. Index: layer_features_bounds."""
    rows = connection.execute(
        sa.select(FEATURES.c.layer, *_BOUNDS)
        .where(FEATURES.c.tenant == tenant)
        .group_by(FEATURES.c.layer)
        .order_by(FEATURES.c.layer)
    )
    return [(layer, tuple(box)) for layer, *box in rows]


def list_changed(connection: Any, tenant: str, layer: str, since: int | None) -> list[LayerFeature]:
    """Features that changed after a live version; all of them for None. Index: layer_features_change."""
    statement = FEATURES.select().where(FEATURES.c.tenant == tenant, FEATURES.c.layer == layer)
    if since is not None:
        statement = statement.where(FEATURES.c.change > since)
    return [_as_feature(row) for row in connection.execute(statement)]


def list_removed(connection: Any, tenant: str, layer: str, since: int) -> list[int]:
    """Ids of features that were removed after a live version, not long ago. Index: layer_removals_change."""
    rows = connection.execute(
        sa.select(REMOVALS.c.id).where(
            REMOVALS.c.tenant == tenant, REMOVALS.c.layer == layer, REMOVALS.c.change > since
        )
    )
    return [row[0] for row in rows]


_BOUNDS = (
    sa.func.min(FEATURES.c.west),
    sa.func.min(FEATURES.c.south),
    sa.func.max(FEATURES.c.east),
    sa.func.max(FEATURES.c.north),
)


def _has_row(connection: Any, table: sa.Table, tenant: str, layer: str) -> bool:
    its = sa.select(table.c.id).where(table.c.tenant == tenant, table.c.layer == layer)
    return connection.execute(its.limit(1)).first() is not None


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
        "cell": cell_of_box(west, south, east, north),
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

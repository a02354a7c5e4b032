"""Own layers as features: their properties are what their owner gave them, and a filter reads them where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from location_cloud.feature_sets import Asked, Kind, Property, Value
from location_cloud.layers.store import FEATURES
from location_cloud.storage.feature_tables import Condition, FeatureTable
from location_cloud.storage.live import Live

SAMPLE = 1_000
"""Features of a layer whose properties say which ones it has."""

KINDS: Mapping[type, Kind] = {str: "string", bool: "boolean", int: "number", float: "number"}


def features_of(live: Live, layer: str) -> FeatureTable:
    """The features of a layer. Index: layer_features_tenant, or the spatial one with a box."""
    return FeatureTable(
        table=FEATURES,
        chosen=partial(_chosen, live.dialect, layer),
        order=("id",),
        ids=lambda told: list(told["id"]),
        properties=lambda told, now: told["properties"],
        has_columns=False,
    )


def of_id(number: int) -> Condition:
    """The condition that an id names."""
    return FEATURES.c.id == number


def list_properties(live: Live, tenant: str, layer: str) -> dict[str, Property]:
    """The properties of the first features by name, of the kind that the first one with a value has.

    Index: layer_features_tenant.
    """
    c, kinds = FEATURES.c, {}
    statement = sa.select(c.properties).where(c.tenant == tenant, c.layer == layer).order_by(c.id).limit(SAMPLE)
    with live.read() as connection:
        found = connection.execute(statement).scalars().all()
    for properties in found:
        for name, value in orjson.loads(properties).items():
            if name not in kinds and value is not None:
                kinds[name] = KINDS.get(type(value))
    return {name: Property(kind or "object", "", is_queryable=kind is not None) for name, kind in kinds.items()}


def _chosen(dialect: str, layer: str, asked: Asked) -> list[Condition]:
    mine = [FEATURES.c.layer == layer]
    return [*mine, *(_has(dialect, name, value) for name, value in asked.equals.items())]


def _has(dialect: str, name: str, value: Value) -> Condition:
    """The condition that a property has a value; a text "5" is not the number 5."""
    if dialect == "postgresql":
        told = sa.cast(sa.func.convert_from(FEATURES.c.properties, "UTF8"), JSONB)
        return told.op("->")(sa.literal(name, sa.Text)) == sa.cast(sa.literal(value, JSONB), JSONB)
    path = '$."' + name.replace('"', '\\"') + '"'
    return sa.func.json_extract(sa.cast(FEATURES.c.properties, sa.Text), path) == value

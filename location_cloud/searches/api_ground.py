"""HTTP operations of what ground, water and cold allow: viewshed, landing sites, drift, survival."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from location_cloud.capability import Call, Operation
from location_cloud.errors import BadQuery
from location_cloud.searches import schema_ground as schema
from location_cloud.searches import service_ground as service
from location_cloud.searches.model import DESK
from location_cloud.searches.schema import InSearch
from location_cloud.spatial.geojson import as_feature

Json = dict[str, Any]


def find_seen(call: Call, params: InSearch, body: schema.SeenBody) -> Json:
    """What lookouts see."""
    lookouts = [each.model_dump() for each in body.lookouts]
    seen = service.find_seen(call.world, call.tenant, params.id, lookouts)
    told = {"seen_km2": seen.seen_m2 / 1e6, "poa": seen.poa, "warnings": list(seen.warnings)}
    return as_feature(None if seen.area.is_empty else seen.area, told)


def find_landing(call: Call, params: InSearch, body: schema.LandingBody) -> Json:
    """Where a helicopter can land."""
    sites, warnings = service.find_landing(call.world, call.tenant, params.id, body.near, body.model_dump())
    return {"sites": [{**asdict(site), "location": list(site.location)} for site in sites], "warnings": list(warnings)}


def find_drift(call: Call, params: InSearch, body: schema.DriftAsked) -> Json:
    """Where water carries."""
    drifted = service.find_drift(call.world, call.tenant, params.id, body.model_dump())
    return {
        "location": list(drifted.mean),
        "spread_m": drifted.spread_m,
        "in_cells": drifted.in_cells,
        "features": [as_feature(shape, {"share": share}) for share, shape in drifted.rings],
    }


def find_cold(call: Call, params: InSearch, body: schema.ColdBody) -> Json:
    """What the cold leaves."""
    told = service.find_cold(call.live, call.tenant, params.id, body.model_dump(), call.now)
    if told is None:
        raise BadQuery("how long the subject has been out is not told", hint="give elapsed_s")
    return {name: None if isinstance(each, float) and math.isinf(each) else each for name, each in told.items()}


OPERATIONS = (
    Operation(
        "searches.viewshed",
        "POST",
        "/v1/searches/{id}/viewshed",
        "What lookouts, towers or UAVs see of the cells over the imported elevation, and how much chance lies in it.",
        find_seen,
        InSearch,
        schema.OutSeen,
        DESK,
        Body=schema.SeenBody,
        cost=10,
        errors=(404, 422),
    ),
    Operation(
        "searches.landing",
        "POST",
        "/v1/searches/{id}/landing",
        "Places where a helicopter can land: slope, obstacles, size.",
        find_landing,
        InSearch,
        schema.OutLanding,
        DESK,
        Body=schema.LandingBody,
        cost=5,
        errors=(404,),
    ),
    Operation(
        "searches.drift",
        "POST",
        "/v1/searches/{id}/drift",
        "Where something in water is after a time, by leeway and current; nothing is kept (layers.drift makes a map).",
        find_drift,
        InSearch,
        schema.OutDrift,
        DESK,
        Body=schema.DriftAsked,
        cost=5,
        errors=(404, 413, 422),
    ),
    Operation(
        "searches.survival",
        "POST",
        "/v1/searches/{id}/survival",
        "What cold air or water leaves, and how it hurries the search.",
        find_cold,
        InSearch,
        schema.OutCold,
        DESK,
        Body=schema.ColdBody,
        errors=(404,),
    ),
)

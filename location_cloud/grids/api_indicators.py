"""HTTP operations of indicators of grids: told, listed, mapped in classes, added up by area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from location_cloud.capability import Call, Operation
from location_cloud.grids import schema_indicators as schema
from location_cloud.grids import service_indicators as service
from location_cloud.grids import service_summary
from location_cloud.grids.classes import NO_VALUE
from location_cloud.grids.grid_form import as_geometries
from location_cloud.grids.model import READ, WRITE
from location_cloud.grids.model_indicators import Value
from location_cloud.grids.schema import InScheme
from location_cloud.http.preconditions import who

Json = dict[str, Any]


def list_values(call: Call, params: schema.InValues, body: None) -> Json:
    """A page of indicators of a grid."""
    name, _, period = params.after.partition(":")
    found = service.list_values(
        call.live, call.tenant, params.scheme, params.code, params.indicator, (name, period), params.limit
    )
    last = f"{found[-1].name}:{found[-1].period}" if len(found) == params.limit else None
    return {"code": params.code, "values": [_renamed(asdict(each), "code") for each in found], "next_after": last}


def put_values(call: Call, params: schema.InCode, body: schema.ValuesBody) -> Json:
    """Indicators of a grid, told."""
    told = [(params.code, each.indicator, each.period, each.value, each) for each in body.values]
    return _put(call, params, told)


def put_many(call: Call, params: InScheme, body: schema.ManyBody) -> Json:
    """An indicator of many grids, told."""
    return _put(call, params, [(code, body.indicator, body.period, value, body) for code, value in body.values.items()])


def list_periods(call: Call, params: InScheme, body: None) -> Json:
    """Which indicators there are."""
    found = service.list_periods(call.live, call.tenant, params.scheme)
    return {"indicators": [_renamed(asdict(each)) for each in found]}


def choropleth(call: Call, params: schema.InChoropleth, body: None) -> Json:
    """A map of an indicator."""
    found = service.choropleth(
        call.live,
        call.tenant,
        params.scheme,
        params.indicator,
        params.period,
        params.method,
        params.classes,
        params.area,
        params.on,
        call.now.date(),
    )
    shapes = as_geometries(found.grids) if params.geometry else [None] * len(found.grids)
    features = [
        {
            "type": "Feature",
            "id": grid.code,
            "geometry": shapes[row],
            "properties": {
                "code": grid.code,
                "name": grid.name,
                "area_code": grid.area_code,
                "value": found.values[row],
                "class": found.classes[row],
                "colour": found.colour(row),
            },
        }
        for row, grid in enumerate(found.grids)
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "indicator": found.kind.name,
        "unit": found.kind.unit,
        "total": found.kind.total,
        "period": found.period,
        "on": found.day.isoformat(),
        "method": params.method,
        "legend": [{"number": number, **asdict(each)} for number, each in enumerate(found.legend)],
        "no_value": NO_VALUE,
        "without_value": sum(value is None for value in found.values),
    }


def summarise(call: Call, params: schema.InSummary, body: None) -> Json:
    """Grids added up by area."""
    day = params.on or call.now.date()
    found = service_summary.summarise(
        call.world, call.tenant, params.scheme, params.by, day, params.area, params.indicator, params.period
    )
    return {
        "by": params.by,
        "on": day.isoformat(),
        "indicator": params.indicator,
        "unit": "" if found.indicator is None else found.indicator.unit,
        "period": found.period,
        "rows": [{**asdict(row), "area_m2": round(row.area_m2, 2)} for row in found.rows],
    }


def _put(call: Call, params: InScheme, told: list[tuple[str, str, str, float | None, Any]]) -> Json:
    at, by = call.now.timestamp(), who(call)
    values = [
        Value(code, name, period, float(value), said.unit, said.total, said.source, at, by)
        for code, name, period, value, said in told
        if value is not None
    ]
    removed = [(code, name, period) for code, name, period, value, _ in told if value is None]
    put, gone = service.put_values(call.live, call.tenant, params.scheme, values, removed)
    return {"put": put, "removed": gone}


def _renamed(values: Mapping[str, Any], *without: str) -> Json:
    """What a value or period tells, its name as the addresses call it."""
    kept = {name: value for name, value in values.items() if name not in ("name", *without)}
    return {"indicator": values["name"], **kept}


_ONE, _MANY = "/v1/grids/{scheme}/{code}/indicators", "/v1/grids/{scheme}/all/values"

OPERATIONS = (
    Operation(
        "grids.indicators",
        "GET",
        _ONE,
        "Indicators of a grid by period.",
        list_values,
        schema.InValues,
        schema.OutValues,
        READ,
        errors=(404,),
    ),
    Operation(
        "grids.put_indicators",
        "PUT",
        _ONE,
        "Tell indicators of a grid; one told again replaces the one before.",
        put_values,
        schema.InCode,
        schema.OutPut,
        WRITE,
        Body=schema.ValuesBody,
        errors=(404, 409, 413, 507),
    ),
    Operation(
        "grids.indicator_periods",
        "GET",
        _MANY,
        "Which indicators there are for which periods, with their range.",
        list_periods,
        InScheme,
        schema.OutPeriods,
        READ,
    ),
    Operation(
        "grids.put_values",
        "PUT",
        _MANY,
        "Tell an indicator of many grids, all or none; those told again replace the ones before.",
        put_many,
        InScheme,
        schema.OutPut,
        WRITE,
        Body=schema.ManyBody,
        max_body_bytes=5_000_000,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "grids.choropleth",
        "GET",
        "/v1/grids/{scheme}/choropleth",
        "Grids coloured by an indicator, with the legend.",
        choropleth,
        schema.InChoropleth,
        schema.OutChoropleth,
        READ,
        errors=(404, 413),
    ),
    Operation(
        "grids.summary",
        "GET",
        "/v1/grids/{scheme}/summary",
        "Grids added up by city, county, town or village.",
        summarise,
        schema.InSummary,
        schema.OutSummary,
        READ,
        errors=(404,),
    ),
)

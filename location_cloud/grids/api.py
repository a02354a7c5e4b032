"""HTTP operations of the registry of grids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from shapely.geometry import Polygon, mapping

from location_cloud.capability import Call, Operation, Reply
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids import schema, service, service_import
from location_cloud.grids.grid_form import as_feature, as_features
from location_cloud.grids.model import READ, WRITE, Grid, Line, NewGrid
from location_cloud.grids.service_uniting import united
from location_cloud.grids.topology import Fault, Mended
from location_cloud.http.preconditions import etag, get_version, sent_by
from location_cloud.spatial.cells.index_cell import cell_range
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry

Json = dict[str, Any]


def list_grids(call: Call, params: schema.InList, body: None) -> Json:
    """A page of grids."""
    try:
        cells = cell_range(params.cell) if params.cell else None
    except SpatialError as error:
        raise BadQuery(f"cell={params.cell[:40]}: {error}", hint="a BeiDou code: /v1/cells/beidou/encode") from error
    found = service.list_grids(
        call.live,
        call.tenant,
        params.scheme,
        _day(call, params.at),
        params.bbox,
        params.area,
        params.parent,
        cells,
        params.after,
        params.limit,
        params.name,
    )
    return {
        "type": "FeatureCollection",
        "features": as_features(found),
        "next_after": found[-1].code if len(found) == params.limit else None,
    }


def get_grid(call: Call, params: schema.InGrid, body: None) -> Reply:
    """One grid with the history of its code."""
    found = service.get_grid(call.live, call.tenant, params.scheme, params.code, _day(call, params.at))
    spans = service.list_spans(call.live, call.tenant, params.scheme, params.code)
    return _reply(found, spans)


def locate(call: Call, params: schema.InLocate, body: None) -> Json:
    """The grid around a point."""
    found = service.locate(call.live, call.tenant, params.scheme, params.at, _day(call, params.on))
    if found is None:
        lon, lat = params.at
        raise Unprocessable(
            f"no {params.scheme} grid holds {lon:.6f},{lat:.6f} on {_day(call, params.on)}",
            hint=f"see which there are: GET /v1/grids/{params.scheme}?bbox=",
        )
    return as_feature(found)


def locate_many(call: Call, params: schema.InScheme, body: schema.PointsBody) -> Json:
    """The grids around many points."""
    points = np.array(body.coordinates, np.float64).reshape(-1, 2)
    wrong = np.flatnonzero((np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90))
    if len(wrong):
        at = int(wrong[0])
        raise BadQuery(
            f"coordinates[{at}]={body.coordinates[at]} is off the globe", hint="lon,lat in degrees; is it lat,lon?"
        )
    return {"codes": service.locate_many(call.live, call.tenant, params.scheme, points, _day(call, body.on))}


def add_grid(call: Call, params: schema.InScheme, body: schema.AddBody) -> Reply:
    """The new grid."""
    (grid,) = united(call.live, call.tenant, params.scheme, [_new(body)], body.valid_from)
    grid = service_import.placed(call.world, grid)
    sent = sent_by(call, f"grids/{params.scheme}", body)
    stored, is_new = service.add_grid(call.live, call.tenant, params.scheme, grid, body.valid_from, sent)
    return Reply({**as_feature(stored), "history": None}, 201, headers=etag(stored.version, is_new))


def change_grid(call: Call, params: schema.InChange, body: schema.PatchBody) -> Reply:
    """The grid, described anew."""
    version = get_version(call, params.version)
    said = body.model_dump(exclude_unset=True)
    if said.get("responsible") is not None:
        said["responsible"] = tuple(said["responsible"])
    wrong = [name for name, value in said.items() if value is None and name != "households"]
    if wrong:
        raise BadQuery(f"{wrong[0]} is null", hint="leave out what does not change; an empty text takes words away")
    sent = sent_by(call, f"grids/{params.scheme}/{params.code}", body)
    return _reply(service.change_grid(call.live, call.tenant, params.scheme, params.code, version, said, sent), None)


def retire_grid(call: Call, params: schema.InRetire, body: None) -> Reply:
    """The grid with its last day."""
    version = get_version(call, params.version)
    sent = sent_by(call, f"grids/{params.scheme}/{params.code}/retire/{params.valid_to}", None)
    found = service.retire_grid(call.live, call.tenant, params.scheme, params.code, version, params.valid_to, sent)
    return _reply(found, None)


def list_changes(call: Call, params: schema.InChanges, body: None) -> Json:
    """What happened to grids."""
    found = service.list_changes(call.live, call.tenant, params.since, params.limit)
    return {"entries": [_as_line(each) for each in found], "live_version": found[-1].change if found else params.since}


def check_grids(call: Call, params: schema.InScheme, body: schema.CheckBody) -> Json:
    """What is wrong with grids that should cover an area once."""
    grids = united(call.live, call.tenant, params.scheme, _all_new(body.grids), call.now.date())
    checked = service_import.check(call.world, params.scheme, grids, body.area, body.repair, body.tolerance_m)
    shown = [_as_new_feature(params.scheme, grid) for grid in checked.grids] if body.repair else None
    return {**_told(checked.faults, checked.mended), "grids": shown}


def import_grids(call: Call, params: schema.InScheme, body: schema.ImportBody) -> Json:
    """All grids of an area from a day on."""
    done = service_import.import_grids(
        call.world,
        call.tenant,
        params.scheme,
        body.area,
        united(call.live, call.tenant, params.scheme, _all_new(body.grids), body.valid_from),
        body.valid_from,
        body.repair,
        body.allow_faults,
        sent_by(call, f"grids/{params.scheme}/import", body),
        body.tolerance_m,
    )
    counts = {"added": done.added, "revised": done.revised, "retired": done.retired, "unchanged": done.unchanged}
    return {**counts, **_told(done.checked.faults, done.checked.mended)}


def _day(call: Call, day: date | None) -> date:
    return day or call.now.date()


def _all_new(bodies: Sequence[schema.GridBody]) -> list[NewGrid]:
    return [_new(body, f"grids[{number}].") for number, body in enumerate(bodies)]


def _new(body: schema.GridBody, where: str = "") -> NewGrid:
    if body.geometry is None and not body.units:
        raise BadQuery(f"{where}geometry is missing", hint="a polygon, or units: codes of the unit grids it is made of")
    try:
        shape = Polygon() if body.geometry is None else parse_geometry(body.geometry)
    except SpatialError as error:
        raise BadQuery(f"{where}geometry: {error}", hint="GeoJSON, points lon,lat in degrees") from error
    return NewGrid(
        body.code,
        shape,
        body.name,
        body.area_code,
        body.parent,
        body.households,
        body.land_use,
        body.management_class,
        body.note,
        tuple(each.model_dump() for each in body.responsible),
        tuple(body.units),
    )


def _as_new_feature(scheme: str, grid: NewGrid) -> Json:
    said = {"scheme": scheme, "code": grid.code, "name": grid.name, "area_code": grid.area_code}
    return {"type": "Feature", "id": grid.code, "geometry": mapping(grid.geometry), "properties": said}


def _as_span(grid: Grid) -> Json:
    return {
        "valid_from": grid.valid_from.isoformat(),
        "valid_to": None if grid.valid_to is None else grid.valid_to.isoformat(),
        "area_m2": round(grid.area_m2, 2),
        "name": grid.name,
    }


def _as_line(line: Line) -> Json:
    return {
        "number": line.number,
        "scheme": line.scheme,
        "code": line.code,
        "action": line.action,
        "at": line.at,
        "who": line.who,
        "valid_from": line.valid_from.isoformat(),
        "live_version": line.change,
    }


def _told(faults: Sequence[Fault], mended: Sequence[Mended]) -> Json:
    return {"faults": [vars(fault) for fault in faults], "mended": [vars(each) for each in mended]}


def _reply(grid: Grid, spans: Sequence[Grid] | None) -> Reply:
    history = None if spans is None else [_as_span(each) for each in spans]
    return Reply({**as_feature(grid), "history": history}, headers=etag(grid.version))


_ALL, _ONE = "/v1/grids/{scheme}", "/v1/grids/{scheme}/{code}"

OPERATIONS = (
    Operation(
        "grids.list", "GET", _ALL, "Grids of a scheme on a day.", list_grids, schema.InList, schema.OutGrids, READ
    ),
    Operation(
        "grids.locate",
        "GET",
        "/v1/grids/{scheme}/locate",
        "The grid that holds a point on a day.",
        locate,
        schema.InLocate,
        schema.OutGrid,
        READ,
        errors=(422,),
    ),
    Operation(
        "grids.locate_many",
        "POST",
        "/v1/grids/{scheme}/locate",
        "The grids that hold many points on a day.",
        locate_many,
        schema.InScheme,
        schema.OutLocated,
        READ,
        Body=schema.PointsBody,
        max_body_bytes=10_000_000,
    ),
    Operation(
        "grids.changes",
        "GET",
        "/v1/grids/feeds/changes",
        "What happened to grids, in order.",
        list_changes,
        schema.InChanges,
        schema.OutChanges,
        READ,
    ),
    Operation(
        "grids.check",
        "POST",
        "/v1/grids/{scheme}/all/validate",
        "Gaps, overlaps and codes out of order of grids, and a repair of the small ones.",
        check_grids,
        schema.InScheme,
        schema.OutCheck,
        READ,
        Body=schema.CheckBody,
        max_body_bytes=60_000_000,
        deadline_s=60.0,
        errors=(413,),
    ),
    Operation(
        "grids.import",
        "POST",
        "/v1/grids/{scheme}/all/import",
        "All grids of an area from a day on; those that they replace retire.",
        import_grids,
        schema.InScheme,
        schema.OutImport,
        WRITE,
        Body=schema.ImportBody,
        max_body_bytes=60_000_000,
        deadline_s=60.0,
        errors=(409, 413, 422, 507),
    ),
    Operation(
        "grids.get",
        "GET",
        _ONE,
        "One grid as it was on a day, with the history of its code.",
        get_grid,
        schema.InGrid,
        schema.OutGrid,
        READ,
        errors=(404,),
    ),
    Operation(
        "grids.add",
        "POST",
        _ALL,
        "A new grid from a day on.",
        add_grid,
        schema.InScheme,
        schema.OutGrid,
        WRITE,
        Body=schema.AddBody,
        status=201,
        errors=(409, 422, 507),
    ),
    Operation(
        "grids.change",
        "PATCH",
        f"{_ONE}/description",
        "Describe a grid anew; its shape changes by date, with an import.",
        change_grid,
        schema.InChange,
        schema.OutGrid,
        WRITE,
        Body=schema.PatchBody,
        errors=(404, 409, 428, 507),
    ),
    Operation(
        "grids.retire",
        "POST",
        f"{_ONE}/retire",
        "End a grid on a day; its code is never given again.",
        retire_grid,
        schema.InRetire,
        schema.OutGrid,
        WRITE,
        errors=(404, 409, 428, 507),
    ),
)

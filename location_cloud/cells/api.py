"""One cell over HTTP: of a point, of a code, and those around, above and below it."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Cache, Call, Operation
from location_cloud.cells import schema, service
from location_cloud.cells.drawn import cell_collection
from location_cloud.cells.facts import Cell
from location_cloud.errors import BadQuery
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.geojson import as_geojson

READ = "cells:read"
Json = dict[str, Any]


def list_systems(_call: Call, params: schema.InSystems, _body: None) -> Json:
    """The systems."""
    told = []
    for info in service.list_systems(params.at):
        sizes = [dict(zip(schema.LevelSize.model_fields, line)) for line in info.sizes]
        told.append(
            {
                "name": info.name,
                "title_zh": info.title_zh,
                "title": info.title,
                "detail": info.detail,
                "levels": list(info.levels),
                "usual_level": info.usual_level,
                "spans": info.has_spans,
                "installed": info.is_installed,
                "most_in_a_batch": info.most_in_a_batch,
                "sizes": sizes,
            }
        )
    return {"systems": told}


def encode(_call: Call, params: schema.InEncode, _body: None) -> Json:
    """The cell of a point."""
    cell = service.cell_at(params.system, params.at, params.level)
    told = {**_facts(cell), "bbox": cell.bbox}
    if params.height_m is not None:
        _check_beidou(params.system, "height_m")
        told["height_code"] = service.height_code(params.height_m, cell.level or 1)
    return told


def decode(_call: Call, params: schema.InDecode, _body: None) -> Json:
    """The ground of a cell."""
    cell = service.get_cell(params.system, params.code)
    facts = _facts(cell)
    if params.height is not None:
        _check_beidou(params.system, "height")
        facts["height_m_range"] = service.height_range_m(params.height)
    return {
        "type": "Feature",
        "id": cell.code,
        "bbox": cell.bbox,
        "geometry": as_geojson(cell.shape),
        "properties": facts,
    }


def list_neighbours(_call: Call, params: schema.InListed, _body: None) -> Json:
    """The cells around."""
    return _listed(params, service.list_neighbours(params.system, params.code))


def list_parents(_call: Call, params: schema.InListed, _body: None) -> Json:
    """The cells above."""
    return _listed(params, service.list_parents(params.system, params.code))


def list_children(_call: Call, params: schema.InChildren, _body: None) -> Json:
    """The cells below."""
    return _listed(params, service.list_children(params.system, params.code, params.level))


def reference(_call: Call, params: schema.InReference, _body: None) -> Json:
    """A code told from a base, or resolved."""
    if params.reference is not None:
        code = service.resolve(params.reference)
        return {"base": params.reference.partition("-")[0], "code": code, "reference": params.reference}
    base, code = params.base or "", params.code or ""  # the model has seen to both
    return {"base": base, "code": code, "reference": service.refer(base, code)}


def _facts(cell: Cell) -> Json:
    return {
        "system": cell.system,
        "code": cell.code,
        "level": cell.level,
        "lonlat": cell.middle,
        "width_m": cell.width_m,
        "height_m": cell.height_m,
        "area_m2": cell.area_m2,
        "key": cell.key,
        "index": cell.index,
    }


def _listed(params: schema.InListed, codes: Codes) -> Json:
    if params.format == "geojson":
        shapes, levels = service.shapes_of(params.system, codes), service.levels_of(params.system, codes)
        return cell_collection(params.system, codes.tolist(), shapes, levels)
    return {"system": params.system, "code": params.code, "count": len(codes), "codes": codes.tolist()}


def _check_beidou(system: str, name: str) -> None:
    if system != "beidou":
        raise BadQuery(f"{name}= belongs to the BeiDou code, not to {system}", hint=f"leave out {name}=")


_GEOJSON = ("application/geo+json",)

OPERATIONS = (
    Operation(
        "cells.systems",
        "GET",
        "/v1/cells",
        "The systems of grid cells, their levels and the sizes of their cells at a place",
        list_systems,
        schema.InSystems,
        schema.OutSystems,
        READ,
        cache=Cache.SHORT,
    ),
    Operation(
        "cells.encode",
        "GET",
        "/v1/cells/{system}/encode",
        "The cell that holds a point: its code, box, size and number",
        encode,
        schema.InEncode,
        schema.OutCell,
        READ,
        cache=Cache.SHORT,
        errors=(404, 422, 501),
    ),
    Operation(
        "cells.decode",
        "GET",
        "/v1/cells/{system}/decode/{code}",
        "The ground of a cell as a GeoJSON feature",
        decode,
        schema.InDecode,
        schema.OutDecoded,
        READ,
        cache=Cache.SHORT,
        errors=(404, 422, 501),
    ),
    Operation(
        "cells.neighbours",
        "GET",
        "/v1/cells/{system}/neighbours/{code}",
        "The cells that touch one, across zones, the equator and the 180th meridian",
        list_neighbours,
        schema.InListed,
        schema.OutCodes,
        READ,
        cache=Cache.SHORT,
        errors=(404, 422, 501),
        other_media=_GEOJSON,
    ),
    Operation(
        "cells.parents",
        "GET",
        "/v1/cells/{system}/parents/{code}",
        "The cells that hold one, finest first",
        list_parents,
        schema.InListed,
        schema.OutCodes,
        READ,
        cache=Cache.SHORT,
        errors=(404, 422, 501),
        other_media=_GEOJSON,
    ),
    Operation(
        "cells.children",
        "GET",
        "/v1/cells/{system}/children/{code}",
        "The cells that tile one, at the next or any finer level; at most 10,000",
        list_children,
        schema.InChildren,
        schema.OutCodes,
        READ,
        cache=Cache.SHORT,
        errors=(404, 413, 422, 501),
        other_media=_GEOJSON,
    ),
    Operation(
        "cells.reference",
        "GET",
        "/v1/cells/beidou/reference",
        "A BeiDou code told from a known one nearby (GB/T 39409 clause 7), or resolved",
        reference,
        schema.InReference,
        schema.OutReference,
        READ,
        cache=Cache.SHORT,
    ),
)

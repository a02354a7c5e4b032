"""Many cells over HTTP: a million points or codes at once, areas filled with cells, values rolled up."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from location_cloud.capability import Call, Chunks, Operation, Reply
from location_cloud.cells import schema_batch as schema
from location_cloud.cells import service
from location_cloud.cells.drawn import cell_collection
from location_cloud.cells.forms import (
    CSV,
    MEDIA,
    MOST_BYTES,
    NDJSON,
    NUMBERS,
    as_codes,
    as_points,
    as_values,
    read_codes,
    read_points,
    write_cells,
    write_codes,
)
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.crs import Crs, as_wgs84, from_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry
from location_cloud.spatial.lonlat import Floats

READ = "cells:read"
Json = dict[str, Any]
_PLAIN = orjson.OPT_SERIALIZE_NUMPY


def encode_many(call: Call, params: schema.InEncodeMany, body: schema.PointsBody | bytes) -> Reply:
    """The codes of points."""
    points = read_points(body, _media(call)) if isinstance(body, bytes) else as_points(body.points)
    lonlat = _as_wgs84(points, params.crs, allow_bad=params.bad == "null")
    if params.format == "keys":
        if params.bad == "null":
            raise BadQuery("format=keys has no number for points without a cell", hint="leave out bad=null")
        numbers = service.encode_keys(params.system, params.level, lonlat)
        return Reply(numbers.astype("<i8").tobytes(), media_type=NUMBERS)
    system, found = service.encode_points(params.system, params.level, lonlat, params.bad == "null")
    codes: list[str | None] = found.tolist()
    if params.bad == "null":
        codes = [code or None for code in codes]
    if params.format in ("csv", "ndjson"):
        return Reply(Chunks(write_codes(codes, params.format)), media_type=_media_of(params.format))
    level = system.usual_level if params.level is None else params.level
    return _json({"system": params.system, "level": level, "count": len(codes), "codes": codes})


def decode_many(call: Call, params: schema.InDecodeMany, body: schema.CodesBody | bytes) -> Reply:
    """Where codes lie."""
    codes = _codes_in(call, params, body)
    level, middles, boxes = service.decode_codes(params.system, codes)
    if params.crs != "wgs84":
        middles, boxes = from_wgs84(middles, params.crs), _boxes_in(boxes, params.crs)
    if params.format == "numbers":
        return Reply(np.ascontiguousarray(middles, dtype="<f8").tobytes(), media_type=NUMBERS)
    if params.format in ("csv", "ndjson"):
        pieces = write_cells(codes, level, middles, boxes, params.format)
        return Reply(Chunks(pieces), media_type=_media_of(params.format))
    told = {"system": params.system, "count": len(codes), "level": level, "points": middles, "bbox": boxes}
    return _json({**told, "crs": params.crs})


def fill_area(_call: Call, params: schema.InFill, body: schema.FillBody) -> Json | Reply:
    """The cells of an area."""
    try:
        geometry = parse_geometry(body.geometry)
    except SpatialError as error:
        raise Unprocessable(str(error), hint="send a valid Polygon or MultiPolygon") from None
    if body.format in ("spans", "compact") and params.system in ("mgrs", "h3"):
        raise Unprocessable(f"cells of {params.system} do not lie in rows", hint="take format codes, count or geojson")
    level = service.find_system(params.system).usual_level if body.level is None else body.level
    found = service.fill_area(params.system, geometry, level, body.mode, body.format)
    if body.format == "geojson" and found.codes is not None:
        columns = {} if found.share is None else {"share": found.share.tolist()}
        shapes = service.shapes_of(params.system, found.codes)
        levels = service.levels_of(params.system, found.codes)
        return cell_collection(params.system, found.codes.tolist(), shapes, levels, **columns)
    told: Json = {"system": params.system, "level": level, "mode": body.mode, "count": found.count}
    if found.spans is not None:
        told |= {"row": found.spans.row, "first": found.spans.first, "last": found.spans.last}
        size = service.cell_size_deg(params.system, level)
        told["cell_deg"] = None if size is None else dict(zip(("west", "south", "width", "height"), size))
    if found.share is not None:
        told["area_cells"] = float(found.share.sum())
    if found.codes is not None and body.format != "count":
        told["codes"] = found.codes.tolist()
        if found.share is not None:
            told["share"] = found.share
    return _json(told)


def roll_up(_call: Call, params: schema.InFill, body: schema.RollupBody) -> Reply:
    """Values by larger cell."""
    codes = None if body.codes is None else as_codes(body.codes)
    lonlat = _as_wgs84(as_points([] if body.points is None else body.points), params.crs)
    many = len(lonlat) if codes is None else len(codes)
    values = np.full(many, np.nan) if body.values is None else as_values(body.values)
    if len(values) != many:
        raise BadQuery(f"{len(values)} values for {many} codes or points", hint="give one each, null for none")
    rolled = service.roll_values(params.system, body.level, values, codes, lonlat)
    told = {
        "codes": rolled.codes.tolist(),
        "members": rolled.members,
        "count": rolled.count,
        "sum": rolled.sum,
        "mean": rolled.mean,  # orjson writes NaN as null
        "min": rolled.min,
        "max": rolled.max,
    }
    return _json({"system": params.system, "level": body.level, "cells": len(rolled.codes), **told})


def _codes_in(call: Call, params: schema.InDecodeMany, body: schema.CodesBody | bytes) -> Codes:
    if not isinstance(body, bytes):
        return as_codes(body.codes)
    if _media(call) != NUMBERS:
        return read_codes(body, _media(call))
    if params.system != "beidou" or params.level is None or len(body) % 8:
        raise BadQuery(
            "a binary body is 64-bit keys of one level of the BeiDou code", hint="give level=, and 8 bytes a key"
        )
    return service.codes_of_keys(np.frombuffer(body, "<i8").astype(np.int64), params.level)


def _as_wgs84(points: Floats, crs: Crs, allow_bad: bool = False) -> Floats:
    """Points of a body in WGS-84. allow_bad: those off the globe stay as they are."""
    if crs == "wgs84" or not len(points):
        return points
    moved = points.copy()
    good = (np.abs(points[:, 0]) <= 180.0) & (np.abs(points[:, 1]) <= 90.0)
    try:
        if not allow_bad:
            return as_wgs84(points, crs)
        moved[good] = as_wgs84(points[good], crs)
    except SpatialError as error:
        raise Unprocessable(str(error), hint="points are lon,lat in degrees") from None
    return moved


def _boxes_in(boxes: Floats, crs: Crs) -> Floats:
    """The boxes around the four corners in another coordinate system."""
    west, south, east, north = boxes.T
    corners = [np.column_stack(pair) for pair in ((west, south), (east, south), (east, north), (west, north))]
    sw, se, ne, nw = np.split(from_wgs84(np.concatenate(corners), crs), 4)
    return np.column_stack(
        [
            np.minimum(sw[:, 0], nw[:, 0]),
            np.minimum(sw[:, 1], se[:, 1]),
            np.maximum(se[:, 0], ne[:, 0]),
            np.maximum(ne[:, 1], nw[:, 1]),
        ]
    )


def _json(told: Json) -> Reply:
    return Reply(orjson.dumps(told, option=_PLAIN, default=_as_plain))


def _as_plain(value: Any) -> Any:
    """What orjson cannot write as it lies in memory: columns of a matrix."""
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _media(call: Call) -> str:
    return call.header("Content-Type").partition(";")[0].strip().lower()


def _media_of(form: str) -> str:
    return CSV if form == "csv" else NDJSON


OPERATIONS = (
    Operation(
        "cells.encode_many",
        "POST",
        "/v1/cells/{system}/encode",
        "The codes of up to a million points: JSON, CSV, lines of JSON, or numbers",
        encode_many,
        schema.InEncodeMany,
        schema.OutEncoded,
        READ,
        Body=schema.PointsBody,
        cost=10,
        deadline_s=30.0,
        errors=(404, 413, 422, 501),
        max_body_bytes=MOST_BYTES,
        raw_body=MEDIA,
        max_raw_bytes=MOST_BYTES,
        other_media=MEDIA,
    ),
    Operation(
        "cells.decode_many",
        "POST",
        "/v1/cells/{system}/decode",
        "Where up to a million codes lie: JSON, CSV, lines of JSON, or numbers",
        decode_many,
        schema.InDecodeMany,
        schema.OutDecodedMany,
        READ,
        Body=schema.CodesBody,
        cost=10,
        deadline_s=30.0,
        errors=(404, 413, 422, 501),
        max_body_bytes=MOST_BYTES,
        raw_body=MEDIA,
        max_raw_bytes=MOST_BYTES,
        other_media=MEDIA,
    ),
    Operation(
        "cells.polyfill",
        "POST",
        "/v1/cells/{system}/polyfill",
        "The cells of an area: as spans, codes, whole parents, shapes, or their number",
        fill_area,
        schema.InFill,
        schema.OutFill,
        READ,
        Body=schema.FillBody,
        cost=5,
        deadline_s=30.0,
        errors=(404, 413, 422, 501),
        max_body_bytes=10_000_000,
        other_media=("application/geo+json",),
    ),
    Operation(
        "cells.rollup",
        "POST",
        "/v1/cells/{system}/rollup",
        "Values at codes or points by the larger cell: sum, mean, least, greatest, count",
        roll_up,
        schema.InFill,
        schema.OutRollup,
        READ,
        Body=schema.RollupBody,
        cost=10,
        deadline_s=30.0,
        errors=(404, 413, 422, 501),
        max_body_bytes=MOST_BYTES,
    ),
)

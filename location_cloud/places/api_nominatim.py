"""Nominatim's HTTP API over places: what its clients send is read, and answered in its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.errors import BadQuery, CloudError
from location_cloud.places import nominatim, service_objects
from location_cloud.places.languages import read_language
from location_cloud.places.model_answer import Answer
from location_cloud.places.schema_nominatim import DetailsQuery, LookupQuery, ReverseQuery, SearchQuery, StatusQuery

READ = "places:read"
JSON, XML = "application/json", "text/xml"
POLYGONS = ("geojson", "kml", "svg", "text")

MORE = 3
"""So many times the limit is looked for where answers are left out afterwards."""

MOST_IDS = 50


def search(call: Call, params: SearchQuery, _body: None) -> Reply:
    """Nominatim's search, by one text or by the parts of an address."""
    text = params.q.strip() or nominatim.structured_text({name: getattr(params, name) for name in nominatim.STRUCTURED})
    if not text:
        raise BadQuery("Nothing to search for.", hint="send q=, or street=, city=, ...")
    told, box = _told(call, params), nominatim.read_viewbox(params.viewbox)
    if params.viewbox and box is None:
        raise BadQuery(f"viewbox={params.viewbox[:80]!r} must be lon,lat,lon,lat")
    found = service_objects.search(
        call.world,
        text,
        focus=box.centre if box and not params.bounded else None,
        bbox=box if params.bounded else None,
        limit=min(MORE * params.limit, 50),
        language=told.language,
    )
    wanted = [
        answer
        for answer in found
        if nominatim.is_wanted(answer, params.layer, params.feature_type, params.countrycodes, params.exclude_place_ids)
    ]
    return _listed(call, params, wanted[: params.limit], told, text)


def lookup(call: Call, params: LookupQuery, _body: None) -> Reply:
    """Nominatim's lookup of objects by their ids."""
    ids = tuple(part.strip().lower() for part in params.osm_ids.split(",") if part.strip())
    if len(ids) > MOST_IDS:
        raise BadQuery(f"Too many object IDs: {len(ids)}; the most is {MOST_IDS}")
    told = _told(call, params)
    return _listed(call, params, service_objects.find_objects(call.world, ids, told.language), told, params.osm_ids)


def reverse(call: Call, params: ReverseQuery, _body: None) -> Reply:
    """Nominatim's reverse: the one place that stands for a position."""
    told = _told(call, params)
    here = service_objects.beside(call.world, (params.lon, params.lat), nominatim.ROAD_M, 3, told.language)
    answer = nominatim.pick_at(here, params.zoom, params.layer)
    outline = _outlines(call, [answer], told, params.polygon_threshold)[0] if answer else None
    if params.format == "xml":
        query = f"lat={params.lat}&lon={params.lon}"
        return Reply(nominatim.xml_reverse(answer, told, outline, query), media_type=XML)
    if answer is None:
        return _json(params, nominatim.NOTHING)
    if params.format in ("json", "jsonv2"):
        version = 1 if params.format == "json" else 2
        importance = nominatim.falling([answer])[0]
        return _json(params, nominatim.as_place(answer, importance, told, outline, version))
    return _json(params, _collection(params, [answer], told, [outline], ""))


def details(call: Call, params: DetailsQuery, _body: None) -> Reply:
    """Nominatim's details of one object."""
    told = _told(call, params)
    if params.place_id:
        answer = service_objects.find_number(call.world, params.place_id, told.language)
    elif params.osmtype and params.osmid:
        id_ = f"{params.osmtype.lower()}{params.osmid}"
        answer = next(iter(service_objects.find_objects(call.world, (id_,), told.language)), None)
    else:
        raise BadQuery("Missing parameter: place_id, or osmtype and osmid")
    if answer is None:
        return Reply(_error_body(404, "No place with that OSM ID found."), 404)
    return _json(params, nominatim.as_details(answer, told, service_objects.outline(call.world, answer)))


def status(call: Call, params: StatusQuery, _body: None) -> Reply:
    """Nominatim's status."""
    created = call.world.snapshot.manifest.created
    if params.format == "text":
        return Reply(b"OK", media_type="text/plain")
    version = nominatim.SPOKEN_VERSION
    told = {"data_updated": created.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "software_version": version}
    return Reply({"status": 0, "message": "OK", **told, "database_version": f"{version}-0"})


def as_error(error: CloudError) -> Reply:
    """A failure in Nominatim's words."""
    message = f"{error.detail}; {error.hint}" if error.hint else error.detail
    return Reply(_error_body(error.status, message), error.status)


def _error_body(status_code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": status_code, "message": message}}


def _told(call: Call, params: Any) -> nominatim.Told:
    polygons = [form for form in POLYGONS if getattr(params, f"polygon_{form}")]
    if len(polygons) > 1:
        raise BadQuery("Too many polygon output options selected.")
    language = read_language(params.accept_language, call.header("Accept-Language"))
    return nominatim.Told(language, params.addressdetails, params.extratags, params.namedetails, polygons)


def _outlines(
    call: Call, answers: Sequence[Answer], told: nominatim.Told, threshold_deg: float
) -> list[BaseGeometry | None]:
    if not told.polygons:
        return [None] * len(answers)
    shapes = [service_objects.outline(call.world, answer) for answer in answers]
    return [shape.simplify(threshold_deg) if threshold_deg else shape for shape in shapes]


def _listed(call: Call, params: Any, answers: Sequence[Answer], told: nominatim.Told, query: str) -> Reply:
    outlines = _outlines(call, answers, told, params.polygon_threshold)
    if params.format == "xml":
        return Reply(nominatim.xml_search(answers, told, outlines, query), media_type=XML)
    if params.format in ("geojson", "geocodejson"):
        return _json(params, _collection(params, answers, told, outlines, query))
    version = 1 if params.format == "json" else 2
    rows = zip(answers, nominatim.falling(answers), outlines, strict=True)
    return _json(params, [nominatim.as_place(*row[:2], told, row[2], version) for row in rows])


def _collection(
    params: Any,
    answers: Sequence[Answer],
    told: nominatim.Told,
    outlines: Sequence[BaseGeometry | None],
    query: str,
) -> dict[str, Any]:
    if params.format == "geojson":
        rows = zip(answers, nominatim.falling(answers), outlines, strict=True)
        features = [nominatim.as_geojson_feature(*row[:2], told, row[2]) for row in rows]
        return {"type": "FeatureCollection", "licence": nominatim.LICENCE, "features": features}
    head = {"version": "0.1.0", "attribution": nominatim.LICENCE, "licence": "ODbL", "query": query}
    features = [
        nominatim.as_geocodejson_feature(answer, told, outline)
        for answer, outline in zip(answers, outlines, strict=True)
    ]
    return {"type": "FeatureCollection", "geocoding": head, "features": features}


def _json(params: Any, answer: Any) -> Reply:
    body = orjson.dumps(answer)
    if params.json_callback:
        return Reply(params.json_callback.encode() + b"(" + body + b")", media_type="application/javascript")
    return Reply(body, media_type=JSON)


def _operation(name: str, answer: Any, query: Any) -> Operation:
    return Operation(
        f"nominatim.{name}", "GET", f"/nominatim/{name}", f"Nominatim's {name}.", answer, query, Bytes(JSON), READ,
        other_media=("text/xml", "text/plain", "application/javascript"), as_error=as_error, errors=(404,),
    )  # fmt: skip


OPERATIONS = (
    _operation("search", search, SearchQuery),
    _operation("reverse", reverse, ReverseQuery),
    _operation("lookup", lookup, LookupQuery),
    _operation("details", details, DetailsQuery),
    _operation("status", status, StatusQuery),
)

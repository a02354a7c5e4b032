"""Photon's HTTP API over places: what its clients send is read, and answered in its words."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.errors import BadQuery, CloudError
from location_cloud.places import photon, service_objects
from location_cloud.places.languages import read_language
from location_cloud.places.schema_photon import PhotonQuery, PhotonReverseQuery, PhotonStatusQuery
from location_cloud.spatial.bbox import parse_bbox
from location_cloud.spatial.errors import SpatialError

MOST = 50


def search(call: Call, params: PhotonQuery, _body: None) -> Reply:
    """Photon's search, which is made for somebody who is still typing."""
    if not params.q.strip():
        raise BadQuery("missing search term 'q': /?q=berlin")
    language = _language(call, params)
    try:
        box = parse_bbox(params.bbox) if params.bbox else None
    except SpatialError as error:
        raise BadQuery(f"invalid bbox, expected format is: minLon,minLat,maxLon,maxLat: {error}") from None
    focus = (params.lon, params.lat) if params.lon is not None and params.lat is not None else None
    is_filtered = bool(params.osm_tag or params.layer)
    ask: dict[str, Any] = {"focus": focus, "bbox": box, "language": language}
    ask["limit"] = MOST if is_filtered else params.limit
    found = service_objects.search(call.world, params.q, **ask)
    if not found or found[0].comprehension < 100:
        found += service_objects.search(call.world, params.q, **ask, is_typing=True)
    each_once = {answer.number: answer for answer in reversed(found)}
    wanted = [
        answer
        for answer in dict.fromkeys(each_once[answer.number] for answer in found)
        if photon.is_wanted(answer, params.osm_tag, params.layer)
    ]
    return Reply(photon.as_collection(wanted[: params.limit], language))


def reverse(call: Call, params: PhotonReverseQuery, _body: None) -> Reply:
    """Photon's reverse: what is at a position, the nearest first."""
    language = _language(call, params)
    limit = MOST if params.osm_tag or params.layer else params.limit
    here = service_objects.beside(call.world, (params.lon, params.lat), 1000 * params.radius, limit, language)
    found = [each for each in photon.pick_at(here) if photon.is_wanted(each, params.osm_tag, params.layer)]
    return Reply(photon.as_collection(found[: params.limit], language))


def status(call: Call, params: PhotonStatusQuery, _body: None) -> Reply:
    """Photon's status."""
    created = call.world.snapshot.manifest.created
    return Reply({"status": "Ok", "import_date": created.strftime("%Y-%m-%dT%H:%M:%SZ")})


def as_error(error: CloudError) -> Reply:
    """A failure in Photon's words."""
    return Reply({"message": f"{error.detail}; {error.hint}" if error.hint else error.detail}, error.status)


def _language(call: Call, params: Any) -> str:
    return read_language(params.lang, call.header("Accept-Language"))


def _operation(name: str, path: str, answer: Any, query: Any) -> Operation:
    return Operation(
        f"photon.{name}", "GET", f"/photon/{path}", f"Photon's {path.strip('/')}.", answer, query,
        Bytes("application/json"), "places:read", as_error=as_error, other_media=("application/geo+json",),
    )  # fmt: skip


OPERATIONS = (
    _operation("api", "api", search, PhotonQuery),
    _operation("api_with_slash", "api/", search, PhotonQuery),
    _operation("reverse", "reverse", reverse, PhotonReverseQuery),
    _operation("status", "status", status, PhotonStatusQuery),
)

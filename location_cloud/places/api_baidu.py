"""Baidu's web service over places, in its own coordinates: what its clients send is read, and answered in its words."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.chinese_form import write
from location_cloud.errors import BadQuery, CloudError
from location_cloud.places import baidu, service_listing, service_objects
from location_cloud.places.addresses import full_line
from location_cloud.places.schema_baidu import (
    BaiduDetailQuery,
    BaiduGeoQuery,
    BaiduPlaceQuery,
    BaiduQuery,
    BaiduRegeoQuery,
)
from location_cloud.places.service_listing import Look

MOST_RADIUS_M, NEAR_HOUSE_M = 3000.0, 200.0
NEAR_POIS, SUGGESTIONS, MOST_UIDS = 10, 10, 10
GEOCODER, PLACES = "GeocoderSearchResponse", "PlaceSearchResponse"


def geocoding(call: Call, params: BaiduGeoQuery, _body: None) -> Reply:
    """地理编码: an address to a position."""
    system = baidu.read_system(params.ret_coordtype)
    text = baidu.check_address(params.address)
    code = service_objects.find_adcode(call.world, params.city) if params.city else ""
    found = service_objects.search(call.world, text, limit=1, adcode=code) if code else ()
    found = found or service_objects.search(call.world, text, limit=1)  # the city filters, but is no wall
    if not found:
        return _reply(params, GEOCODER, baidu.NOTHING)
    return _reply(params, GEOCODER, {"status": 0, "result": baidu.as_geocoded(found[0], system)})


def reverse_geocoding(call: Call, params: BaiduRegeoQuery, _body: None) -> Reply:
    """全球逆地理编码: a position to an address."""
    system = baidu.read_system(params.ret_coordtype)
    at = baidu.read_location(params.location, baidu.read_system(params.coordtype))
    radius_m = min(max(params.radius, 1.0), MOST_RADIUS_M)
    told = service_listing.describe(call.world, at, radius_m)
    here = service_objects.beside(call.world, at, radius_m, 0)
    house = here.house if here.house is not None and (here.house.distance_m or 0.0) <= NEAR_HOUSE_M else None
    line = told.address or (full_line(here.areas[0]) if here.areas else "")
    result = baidu.as_described(at, system, here.areas, house, line, params.extensions_town)
    pois: tuple[Any, ...] = ()
    if params.extensions_poi:
        look = Look(types=params.poi_types, limit=NEAR_POIS)
        pois = service_listing.list_around(call.world, look, at, radius_m).answers
    result["pois"] = [baidu.as_near_poi(answer, system) for answer in pois]
    has_road = params.extensions_road and told.road is not None and told.road.distance_m <= radius_m
    result["roads"] = [baidu.as_road(told.road)] if has_road and told.road is not None else []
    result["poiRegions"] = []
    result["sematic_description"] = baidu.semantic(told.landmarks) if params.extensions_poi else ""
    result["formatted_address_poi"] = ""
    result["cityCode"] = 0
    return _reply(params, GEOCODER, {"status": 0, "result": result})


def search(call: Call, params: BaiduPlaceQuery, _body: None) -> Reply:
    """地点检索: points of interest in a city, around a position, or in a box."""
    if not (params.query.strip() or params.tag.strip()):
        raise BadQuery("query is missing")
    system, asked_in = baidu.read_system(params.ret_coordtype), baidu.read_system(params.coord_type)
    words = params.query.replace("$", "|") or params.tag.replace(",", "|")
    look = Look(words, "", True, params.page_size, params.page_num * params.page_size)
    if params.location:
        at = baidu.read_location(params.location, asked_in)
        found = service_listing.list_around(call.world, look, at, params.radius)
    elif params.bounds:
        found = service_listing.list_in(call.world, look, baidu.read_bounds(params.bounds, asked_in).as_polygon())
    elif params.region:
        code = service_objects.find_adcode(call.world, params.region)
        found = service_listing.list_named(call.world, look, code)
        if not found.answers and code and not params.city_limit:
            found = service_listing.list_named(call.world, look, "")
    else:
        raise BadQuery("region, location or bounds is missing")
    results = [baidu.as_place(answer, system, params.scope) for answer in found.answers]
    total = len(results) if found.total is None else found.total
    head = {"status": 0, "message": "ok", "result_type": "poi_type"}
    return _reply(params, PLACES, {**head, "results": results, "total": total})


def suggestion(call: Call, params: BaiduPlaceQuery, _body: None) -> Reply:
    """地点输入提示: what somebody who is still typing may mean."""
    if not params.query.strip():
        raise BadQuery("query is missing")
    system, asked_in = baidu.read_system(params.ret_coordtype), baidu.read_system(params.coord_type)
    focus = baidu.read_location(params.location, asked_in) if params.location else None
    code = service_objects.find_adcode(call.world, params.region) if params.region else ""
    ask: dict[str, Any] = {"focus": focus, "limit": SUGGESTIONS, "is_typing": True}
    found = service_objects.search(call.world, params.query, **ask, adcode=code)
    if not found and not params.city_limit:
        found = service_objects.search(call.world, params.query, **ask)
    results = [baidu.as_suggestion(answer, system) for answer in found]
    return _reply(params, PLACES, {"status": 0, "message": "ok", "result": results})


def detail(call: Call, params: BaiduDetailQuery, _body: None) -> Reply:
    """地点详情检索: points of interest by their uids."""
    system = baidu.read_system(params.ret_coordtype)
    uids = tuple(part.strip() for part in (params.uids or params.uid).split(",") if part.strip())
    if not uids or len(uids) > MOST_UIDS:
        raise BadQuery(f"uid or uids with 1 to {MOST_UIDS} ids is needed")
    found = [baidu.as_place(answer, system, params.scope) for answer in service_listing.find_pois(call.world, uids)]
    result: Any = found if params.uids else found[0] if found else {}
    return _reply(params, PLACES, {"status": 0, "message": "ok", "result": result})


def as_error(error: CloudError) -> Reply:
    """A failure in Baidu's words: its status stands in the body."""
    return Reply(baidu.error_body(error))


def _reply(params: BaiduQuery, root: str, answer: dict[str, Any]) -> Reply:
    body, media_type = write(answer, root, params.output, params.callback)
    return Reply(body, media_type=media_type)


def _operations(name: str, path: str, answer: Any, query: Any, cost: int = 1) -> tuple[Operation, ...]:
    """The same with and without the slash at the end that some pages show."""
    return tuple(
        Operation(
            f"baidu.{name}{suffix}", "GET", f"/baidu/{path}{slash}", f"Baidu's {path}.", answer, query,
            Bytes("application/json"), "places:read", cost=cost, as_error=as_error, key_parameter="ak",
            other_media=("text/xml", "application/javascript"),
        )
        for suffix, slash in (("", ""), ("_with_slash", "/"))
    )  # fmt: skip


OPERATIONS = (
    *_operations("geocoding", "geocoding/v3", geocoding, BaiduGeoQuery),
    *_operations("reverse_geocoding", "reverse_geocoding/v3", reverse_geocoding, BaiduRegeoQuery, cost=2),
    *_operations("place_search", "place/v2/search", search, BaiduPlaceQuery),
    *_operations("place_suggestion", "place/v2/suggestion", suggestion, BaiduPlaceQuery),
    *_operations("place_detail", "place/v2/detail", detail, BaiduDetailQuery),
)

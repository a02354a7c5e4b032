"""Amap's web service over places, in its own coordinates: what its clients send is read, and answered in its words."""

from __future__ import annotations

from typing import Any

import shapely

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.chinese_form import (
    AMAP_OK,
    INVALID_PARAMS,
    MISSING_PARAMS,
    error_body,
    fault,
    missing,
    read_location,
    write,
)
from location_cloud.errors import CloudError
from location_cloud.places import amap, service_listing, service_objects
from location_cloud.places.addresses import full_line
from location_cloud.places.schema_amap import (
    AmapQuery,
    GeoQuery,
    PlaceDetailQuery,
    PlaceQuery,
    PlaceQuery2,
    RegeoQuery,
    TipsQuery,
)
from location_cloud.places.service_listing import Listed, Look

TIPS, NEAR_POIS = 10, 30


def geo(call: Call, params: GeoQuery, _body: None) -> Reply:
    """地理编码: addresses to positions."""
    texts = missing(params.address, "address").split("|") if params.batch else [params.address]
    missing(texts[0], "address")
    if len(texts) > amap.MOST_ADDRESSES:
        raise fault(INVALID_PARAMS, f"{len(texts)} addresses; the most is {amap.MOST_ADDRESSES}")
    adcode = service_objects.find_adcode(call.world, amap.city_text(params.city))
    found: list[Any] = []
    for text in texts:
        best = service_objects.search(call.world, text, limit=10, adcode=adcode)
        good = [answer for answer in best if answer.confidence >= best[0].confidence - AS_GOOD]
        if params.batch:
            found.append(amap.as_geocode(good[0]) if good else [])
        else:
            found += [amap.as_geocode(answer) for answer in good]
    return _reply(params, {"count": str(len(found)), "geocodes": found})


AS_GOOD = 5
"""Percent of confidence; answers further behind the best one are not meant."""


def regeo(call: Call, params: RegeoQuery, _body: None) -> Reply:
    """逆地理编码: positions to addresses."""
    texts = missing(params.location, "location").split("|")
    if len(texts) > amap.MOST_POSITIONS:
        raise fault(INVALID_PARAMS, f"{len(texts)} positions; the most is {amap.MOST_POSITIONS}")
    codes = [_regeocode(call, params, read_location(text)) for text in (texts if params.batch else texts[:1])]
    return _reply(params, {"regeocodes": codes} if params.batch else {"regeocode": codes[0]})


def inputtips(call: Call, params: TipsQuery, _body: None) -> Reply:
    """输入提示: what somebody who is still typing may mean."""
    text = missing(params.keywords, "keywords")
    focus = read_location(params.location) if params.location else None
    code = service_objects.find_adcode(call.world, amap.city_text(params.city)) if params.city else ""
    kinds = ("poi",) if params.datatype == "poi" else ()
    ask: dict[str, Any] = {"focus": focus, "kinds": kinds, "limit": TIPS}
    found = service_objects.search(call.world, text, **ask, adcode=code, is_typing=True) if code else ()
    if not (code and params.citylimit):
        found += service_objects.search(call.world, text, **ask, is_typing=True)
    if not found:
        found = service_objects.search(call.world, text, **ask, adcode=code if params.citylimit else "")
    tips = list({answer.number: amap.as_tip(answer) for answer in found}.values())[:TIPS]
    return _reply(params, {"count": str(len(tips)), "tips": tips})


def place_text(call: Call, params: PlaceQuery | PlaceQuery2, _body: None) -> Listed:
    """关键字搜索: by name or kind."""
    if not (params.keywords.strip() or params.types.strip()):
        raise fault(MISSING_PARAMS, "keywords or types is missing")
    city, is_only_there = params.where
    city = amap.city_text(city)
    code = service_objects.find_adcode(call.world, city) if city else ""
    found = service_listing.list_named(call.world, _look(params), code)
    if not found.answers and code and not is_only_there:
        found = service_listing.list_named(call.world, _look(params), "")
    return found


def place_around(call: Call, params: PlaceQuery | PlaceQuery2, _body: None) -> Listed:
    """周边搜索: around a position."""
    at = read_location(missing(params.location, "location"))
    return service_listing.list_around(call.world, _look(params), at, max(params.radius, 1.0))


def place_polygon(call: Call, params: PlaceQuery | PlaceQuery2, _body: None) -> Listed:
    """多边形搜索: in a polygon, or a box by two corners."""
    corners = amap.read_polygon(missing(params.polygon, "polygon"))
    return service_listing.list_in(call.world, _look(params), shapely.make_valid(shapely.Polygon(corners)))


def place_detail(call: Call, params: PlaceDetailQuery, _body: None) -> Listed:
    """ID 查询: by ids."""
    ids = tuple(part.strip() for part in missing(params.id, "id").split("|"))
    if len(ids) > amap.MOST_IDS:
        raise fault(INVALID_PARAMS, f"{len(ids)} ids; the most is {amap.MOST_IDS}")
    found = service_listing.find_pois(call.world, ids)
    return Listed(found, len(found))


def as_error(error: CloudError) -> Reply:
    """A failure in Amap's words: its status stands in the body."""
    return Reply(error_body(error))


def _regeocode(call: Call, params: RegeoQuery, at: tuple[float, float]) -> dict[str, Any]:
    radius_m = max(params.radius, 1.0)
    told = service_listing.describe(call.world, at, radius_m)
    here = service_objects.beside(call.world, at, radius_m, 0)
    road = told.road if told.road is not None and told.road.distance_m <= radius_m else None
    house = here.house if here.house is not None and (here.house.distance_m or 0.0) <= NEAR_HOUSE_M else None
    line = told.address or (full_line(here.areas[0]) if here.areas else "")
    code = amap.as_regeocode(at, here.areas, house, road, line)
    if params.extensions == "all":
        look = Look(types=params.poitype, limit=NEAR_POIS)
        pois = service_listing.list_around(call.world, look, at, radius_m)
        code["pois"] = [amap.as_near_poi(answer) for answer in pois.answers]
        code["roads"] = [amap.as_road(road)] if road is not None else []
        code["roadinters"] = [amap.as_crossing(at, road, each) for each in told.crossings] if road is not None else []
        code["aois"] = []
    return code


NEAR_HOUSE_M = 200.0
"""The street number of a house further away says nothing of a position."""


def _look(params: PlaceQuery | PlaceQuery2) -> Look:
    size, start = params.records
    return Look(params.keywords, params.types, params.sortrule == "distance", size, start)


def _v3(find: Any) -> Any:
    def answer(call: Call, params: Any, body: None) -> Reply:
        found = find(call, params, body)
        total = len(found.answers) if found.total is None else found.total
        head = {"count": str(total), "suggestion": {"keywords": [], "cities": []}}
        return _reply(params, {**head, "pois": [amap.as_poi(each) for each in found.answers]})

    return answer


def _v5(find: Any) -> Any:
    def answer(call: Call, params: Any, body: None) -> Reply:
        pois = [amap.as_poi_2(each, params.show_fields) for each in find(call, params, body).answers]
        return _reply(params, {"count": str(len(pois)), "pois": pois})

    return answer


def _reply(params: AmapQuery, answer: dict[str, Any]) -> Reply:
    body, media_type = write({**AMAP_OK, **answer}, "response", params.output, params.callback)
    return Reply(body, media_type=media_type)


def _operation(version: str, path: str, answer: Any, query: Any, cost: int = 1) -> Operation:
    name = f"amap.{version}_{path.replace('/', '_')}"
    return Operation(
        name, "GET", f"/amap/{version}/{path}", f"Amap's {version}/{path}.", answer, query, Bytes("application/json"),
        "places:read", cost=cost, as_error=as_error, other_media=("text/xml", "application/javascript"),
    )  # fmt: skip


_PLACES = {"text": place_text, "around": place_around, "polygon": place_polygon}

OPERATIONS = (
    _operation("v3", "geocode/geo", geo, GeoQuery, cost=2),
    _operation("v3", "geocode/regeo", regeo, RegeoQuery, cost=2),
    _operation("v3", "assistant/inputtips", inputtips, TipsQuery),
    *(_operation("v3", f"place/{name}", _v3(find), PlaceQuery) for name, find in _PLACES.items()),
    _operation("v3", "place/detail", _v3(place_detail), PlaceDetailQuery),
    *(_operation("v5", f"place/{name}", _v5(find), PlaceQuery2) for name, find in _PLACES.items()),
    _operation("v5", "place/detail", _v5(place_detail), PlaceDetailQuery),
)

"""Baidu's questions read, and its answers written: translation only.

Positions are BD-09 unless the caller names another system. Source: lbsyun.baidu.com, Web service API: "地理编码"
(webapi/guide/webservice-geocoding), "全球逆地理编码" (.../webservice-geocoding-abroad-base), "地点检索 V2.0"
(.../webservice-placeapi), "地点输入提示" (webapi/place-suggestion-api), "服务状态码" (webapi/appendix).
"""

from __future__ import annotations

from typing import Any

from location_cloud.errors import BadQuery, CloudError
from location_cloud.places.addresses import chinese_areas, street_line
from location_cloud.places.amap import type_text
from location_cloud.places.model_answer import Answer
from location_cloud.places.model_reverse import Landmark, RoadHere
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import Crs, as_wgs84, from_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.measure import WINDS_ZH, compass_point

Json = dict[str, Any]

SYSTEMS: dict[str, Crs] = {
    "": "bd09",
    "bd09ll": "bd09",
    "gcj02ll": "gcj02",
    "gcj02": "gcj02",
    "wgs84ll": "wgs84",
    "wgs84": "wgs84",
    "3": "bd09",
    "2": "gcj02",
    "1": "wgs84",
}
"""Names of coordinate systems; bd09mc, Baidu's own Mercator metres, is none of ours."""

MOST_ADDRESS_BYTES = 84

CONFIDENCE = (
    (20.0, 100),
    (50.0, 90),
    (100.0, 80),
    (200.0, 75),
    (300.0, 70),
    (500.0, 60),
    (1000.0, 50),
    (2000.0, 40),
    (5000.0, 30),
    (8000.0, 25),
    (10_000.0, 20),
)
"""Error of a position below so many metres -> least confidence (page "地理编码", field confidence)."""

LEVELS = {
    "市": "城市",
    "热点商圈": "商圈",
    "道路交叉路口": "交叉路口",
    "门牌号": "门址",
    "单元号": "门址",
    "兴趣点": "NoClass",
    "坐标": "UNKNOWN",
    "网格": "UNKNOWN",
    "公里桩": "道路",
}
"""Our name of a level -> Baidu's, where they differ."""

STATUS = {
    400: (2, "Parameter Invalid"),
    401: (200, "APP不存在，AK有误请检查再重试"),
    403: (240, "APP 服务被禁用"),
    404: (2, "Parameter Invalid"),
    413: (2, "Parameter Invalid"),
    429: (401, "当前并发量已经超过约定并发配额，限制访问"),
}
"""HTTP status of ours -> status and message."""

BROKEN = (1, "服务器内部错误")

NO_KEY = (101, "AK参数不存在")

NOTHING: Json = {"status": 1, "msg": "Internal Service Error:无相关结果", "results": []}
"""What geocoding says where nothing is found."""


def error_body(error: CloudError) -> Json:
    """A failure."""
    status, message = STATUS.get(error.status, BROKEN)
    if error.status == 401 and not error.detail.startswith("the given key"):
        status, message = NO_KEY
    told = f"{message}: {error.detail}" if status == 2 else message
    return {"status": status, "message": told}


def read_system(name: str) -> Crs:
    """Our name of a coordinate system. Raises BadQuery."""
    system = SYSTEMS.get(name.strip().lower())
    if system is None:
        raise BadQuery(f"coordinate system {name[:20]!r} is not known; use bd09ll, gcj02ll or wgs84ll")
    return system


def check_address(text: str) -> str:
    """The address. Raises BadQuery if it is missing or longer than 84 bytes, two for each Chinese character."""
    text = text.strip()
    if not text:
        raise BadQuery("address is missing")
    size = len(text.encode("gb18030", "replace"))
    if size > MOST_ADDRESS_BYTES:
        raise BadQuery(f"address has {size} bytes; the most is {MOST_ADDRESS_BYTES}")
    return text


def read_location(text: str, system: Crs, name: str = "location") -> tuple[float, float]:
    """lon, lat in WGS-84 of "lat,lng" in a system. Raises BadQuery."""
    try:
        lat, lng = (float(part) for part in text.split(","))
        (at,) = as_wgs84([(lng, lat)], system).tolist()
    except (ValueError, SpatialError):
        raise BadQuery(f"{name}={text[:60]!r} must be lat,lng") from None
    return at[0], at[1]


def read_bounds(text: str, system: Crs) -> Bbox:
    """The box of "lat,lng,lat,lng". Raises BadQuery."""
    numbers = text.split(",")
    if len(numbers) != 4:
        raise BadQuery(f"bounds={text[:80]!r} must be lat,lng,lat,lng")
    west, south = read_location(",".join(numbers[:2]), system, "bounds")
    east, north = read_location(",".join(numbers[2:]), system, "bounds")
    if south > north or west > east:
        raise BadQuery(f"bounds={text[:80]!r}: first the south-west corner, then the north-east one")
    return Bbox(west, south, east, north)


def location(lonlat: tuple[float, float], system: Crs) -> Json:
    """A position in the asked system."""
    ((lng, lat),) = from_wgs84([lonlat], system).tolist()
    return {"lng": round(lng, 8), "lat": round(lat, 8)}


def confidence(accuracy_m: float) -> int:
    """Baidu's confidence: a class of the error in metres."""
    return next((value for most, value in CONFIDENCE if accuracy_m < most), 15)


def as_geocoded(answer: Answer, system: Crs) -> Json:
    """The result of geocoding."""
    return {
        "location": location(answer.lonlat, system),
        "precise": int(answer.precise),
        "confidence": confidence(answer.accuracy_m),
        "comprehension": answer.comprehension,
        "level": LEVELS.get(answer.level, answer.level),
    }


def as_described(
    at: tuple[float, float], system: Crs, areas: tuple[Answer, ...], house: Answer | None, line: str, with_town: bool
) -> Json:
    """The result of reverse geocoding without its lists. areas: the smallest first. line: the address."""
    known = areas[0] if areas else house
    is_in_china = known is not None and known.is_in_china
    town = known.area_of("town") if known and with_town else None
    country = known.name_of("country") if known else ""
    adcode = known.adcode if known else ""
    return {
        "location": location(at, system),
        "formatted_address": line,
        "edz": {"name": ""},
        "business": "",
        "addressComponent": {
            "country": "中国" if is_in_china else country,
            "country_code": 0 if is_in_china else -1,
            "country_code_iso": "CHN" if is_in_china else "",
            "country_code_iso2": "CN" if is_in_china else "",
            "province": known.name_of("province") if known else "",
            "city": (known.name_of("city") or known.town) if known else "",
            "city_level": 2,
            "district": known.name_of("district") if known else "",
            "town": town.name if town else "",
            "town_code": town.code if town else "",
            "distance": f"{house.distance_m or 0:.0f}" if house else "",
            "direction": _towards(house.bearing_deg) if house else "",
            "adcode": int(adcode) if adcode else 0,
            "street": house.street if house else "",
            "street_number": _number(house) if house else "",
        },
    }


def as_near_poi(answer: Answer, system: Crs) -> Json:
    """One of pois[] of reverse geocoding."""
    x, y = location(answer.lonlat, system).values()
    return {
        "addr": street_line(answer),
        "cp": "",
        "direction": _towards(answer.bearing_deg),
        "distance": f"{answer.distance_m or 0:.0f}",
        "name": answer.name,
        "poiType": type_text(answer).partition(";")[0],
        "point": {"x": x, "y": y},
        "tag": _tag(answer),
        "tel": "",
        "uid": answer.id,
        "zip": "",
        "parent_poi": {
            "name": "",
            "tag": "",
            "addr": "",
            "point": {"x": 0.0, "y": 0.0},
            "direction": "",
            "distance": "",
            "uid": "",
        },
    }


def as_road(road: RoadHere) -> Json:
    """One of roads[]."""
    return {"name": road.name, "distance": f"{road.distance_m:.0f}", "direction": _towards(road.bearing_deg)}


def semantic(landmarks: tuple[Landmark, ...]) -> str:
    """The words to tell a position by: "书香书店西南166米"."""
    return "，".join(mark.words for mark in landmarks[:2] if mark.words)


def as_place(answer: Answer, system: Crs, scope: str) -> Json:
    """One of the results of a place search."""
    place: Json = {
        "name": answer.name,
        "location": location(answer.lonlat, system),
        "address": f"{chinese_areas(answer) if answer.is_in_china else ''}{street_line(answer)}",
        "province": answer.name_of("province"),
        "city": answer.name_of("city") or answer.town,
        "area": answer.name_of("district"),
        "town": answer.name_of("town"),
        "adcode": answer.adcode,
        "street_id": "",
        "detail": 1,
        "uid": answer.id,
    }
    if scope == "2":
        detail: Json = {"tag": _tag(answer), "type": type_text(answer).partition(";")[0]}
        if answer.distance_m is not None:
            detail["distance"] = round(answer.distance_m)
        place["detail_info"] = detail
    return place


def as_suggestion(answer: Answer, system: Crs) -> Json:
    """One of the results of suggestion."""
    return {
        "name": answer.name or street_line(answer),
        "location": location(answer.lonlat, system),
        "uid": answer.id,
        "province": answer.name_of("province"),
        "city": answer.name_of("city") or answer.town,
        "district": answer.name_of("district"),
        "business": "",
        "cityid": "",
        "tag": _tag(answer) if answer.kind == "poi" else "",
        "address": street_line(answer) if answer.kind == "poi" else "",
        "children": [],
        "adcode": answer.adcode,
    }


def _tag(answer: Answer) -> str:
    """The two deepest names of the kind: "医院;诊所"."""
    return ";".join(type_text(answer).split(";")[-2:])


def _towards(bearing: float | None) -> str:
    """The direction in which a thing lies, seen from the position asked about."""
    return "" if bearing is None else WINDS_ZH[compass_point(bearing + 180.0)]


def _number(answer: Answer) -> str:
    number = answer.housenumber
    return f"{number}号" if number and answer.is_in_china and number[-1].isascii() else number

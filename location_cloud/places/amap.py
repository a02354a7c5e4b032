"""Amap's questions read, and its answers written: translation only.

All values are texts, what is missing is an empty list, positions are GCJ-02 with six decimals.
Source: lbs.amap.com, Web service API: "地理/逆地理编码" (api/webservice/guide/api/georegeo), "输入提示"
(.../inputtips), "搜索POI" (.../search), "搜索POI 2.0" (.../newpoisearch), "错误码说明" (.../tools/info).
"""

from __future__ import annotations

from collections.abc import Sequence

from location_cloud.chinese_form import INVALID_PARAMS, Json, fault, read_location
from location_cloud.places.addresses import chinese_areas, full_line, street_line
from location_cloud.places.categories import Category, load_categories
from location_cloud.places.model_answer import Answer
from location_cloud.places.model_reverse import CrossingHere, RoadHere
from location_cloud.spatial.crs import from_wgs84
from location_cloud.spatial.measure import WINDS_ZH, bearing_deg, compass_point, distance_m

CITYCODES = {"2306": "0459"}
"""Telephone codes of cities by the beginning of their adcode; only that of Daqing is known here."""

LEVELS = frozenset(
    [
        "国家",
        "省",
        "市",
        "区县",
        "开发区",
        "乡镇",
        "村庄",
        "热点商圈",
        "兴趣点",
        "门牌号",
        "单元号",
        "道路",
        "道路交叉路口",
    ]
)
"""What `level` may be; a position, a grid cell or a kilometre post is 未知 there."""

MOST_ADDRESSES, MOST_POSITIONS, MOST_IDS, MOST_CORNERS = 10, 20, 10, 500


def read_polygon(text: str) -> list[tuple[float, float]]:
    """The corners of a polygon, closed; two are opposite corners of a box."""
    corners = [read_location(part, "polygon") for part in text.split("|")[: MOST_CORNERS + 1]]
    if len(corners) == 2:
        (west, north), (east, south) = corners
        corners = [(west, north), (east, north), (east, south), (west, south)]
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise fault(INVALID_PARAMS, f"polygon has {len(corners)} corners; 2 to {MOST_CORNERS} are read")
    return [*corners, corners[0]]


def city_text(text: str) -> str:
    """A city as named by the caller; a telephone code as the beginning of its adcode."""
    return next((code for code, phone in CITYCODES.items() if phone == text.strip()), text.strip())


def written(lonlat: tuple[float, float]) -> str:
    """A position as lon,lat in GCJ-02."""
    ((lon, lat),) = from_wgs84([lonlat], "gcj02").tolist()
    return f"{lon:.6f},{lat:.6f}"


def or_list(text: str) -> str | list[str]:
    """What is missing is an empty list."""
    return text or []


# --- geocode -------------------------------------------------------------------------------------------------------


def as_geocode(answer: Answer) -> Json:
    """One of geocodes[]."""
    return {
        "formatted_address": full_line(answer),
        **_country(answer),
        "province": or_list(answer.name_of("province")),
        "citycode": or_list(citycode(answer)),
        "city": or_list(answer.name_of("city") or answer.town),
        "district": or_list(answer.name_of("district")),
        "township": or_list(answer.name_of("town")),
        "neighborhood": {"name": [], "type": []},
        "building": {"name": [], "type": []},
        "adcode": or_list(answer.adcode),
        "street": or_list(answer.name if answer.kind == "road" else answer.street),
        "number": or_list(_number(answer)),
        "location": written(answer.lonlat),
        "level": answer.level if answer.level in LEVELS else "未知",
    }


def as_regeocode(
    at: tuple[float, float],
    areas: Sequence[Answer],
    house: Answer | None,
    road: RoadHere | None,
    line: str,
) -> Json:
    """The part of a position's answer that extensions=base has. areas: the smallest first. line: the address."""
    smallest = areas[0] if areas else house
    known = smallest if smallest is not None else None
    street: Json = {"street": [], "number": [], "location": [], "direction": [], "distance": []}
    if house is not None:
        street = {
            "street": house.street,
            "number": _number(house),
            "location": written(house.lonlat),
            "direction": wind(house.bearing_deg),
            "distance": metres(house.distance_m),
        }
    elif road is not None:
        street |= {"street": road.name, "location": written(road.lonlat), "direction": wind(road.bearing_deg)}
        street["distance"] = metres(road.distance_m)
    town = known.area_of("town") if known else None
    return {
        "formatted_address": or_list(line),
        "addressComponent": {
            **(_country(known) if known else {"country": []}),
            "province": or_list(known.name_of("province") if known else ""),
            "city": or_list((known.name_of("city") or known.town) if known else ""),
            "citycode": or_list(citycode(known) if known else ""),
            "district": or_list(known.name_of("district") if known else ""),
            "adcode": or_list(known.adcode if known else ""),
            "township": or_list(town.name if town else ""),
            "towncode": or_list(town.code.ljust(12, "0") if town and town.code.isdecimal() else ""),
            "neighborhood": {"name": [], "type": []},
            "building": {"name": [], "type": []},
            "streetNumber": street,
            "businessAreas": [[]],
        },
    }


def as_road(road: RoadHere) -> Json:
    """One of roads[]: direction and distance are those of the position, seen from the road."""
    return {
        "id": or_list(road.id),
        "name": road.name,
        "direction": wind(road.bearing_deg),
        "distance": metres(road.distance_m),
        "location": written(road.lonlat),
    }


def as_crossing(at: tuple[float, float], road: RoadHere, crossing: CrossingHere) -> Json:
    """One of roadinters[]."""
    return {
        "direction": wind(float(bearing_deg([crossing.lonlat], [at])[0])),
        "distance": metres(float(distance_m([crossing.lonlat], [at])[0])),
        "location": written(crossing.lonlat),
        "first_id": or_list(road.id),
        "first_name": road.name,
        "second_id": or_list(crossing.id),
        "second_name": crossing.name,
    }


def as_near_poi(answer: Answer) -> Json:
    """One of pois[] of a position's answer."""
    return {
        "id": answer.id,
        "name": answer.name,
        "type": type_text(answer),
        "tel": [],
        "direction": wind(answer.bearing_deg),
        "distance": metres(answer.distance_m),
        "location": written(answer.lonlat),
        "address": or_list(street_line(answer)),
        "poiweight": f"{answer.importance:.4g}",
        "businessarea": [],
    }


# --- tips and points of interest -------------------------------------------------------------------------------------


def as_tip(answer: Answer) -> Json:
    """One of tips[]; a road is a name without a position."""
    is_point = answer.kind != "road"
    return {
        "id": or_list(answer.id if answer.kind == "poi" else ""),
        "name": answer.name or street_line(answer),
        "district": or_list(chinese_areas(answer) if answer.is_in_china else ""),
        "adcode": or_list(answer.adcode),
        "location": or_list(written(answer.lonlat) if is_point else ""),
        "address": or_list(street_line(answer) if answer.kind == "poi" else ""),
        "typecode": or_list(typecode(answer)),
        "city": [],
    }


def as_poi(answer: Answer) -> Json:
    """One of pois[] of v3."""
    return {
        "id": answer.id,
        "parent": [],
        "childtype": [],
        "name": answer.name,
        "tag": [],
        "type": type_text(answer),
        "typecode": or_list(typecode(answer)),
        "biz_type": [],
        "address": or_list(street_line(answer)),
        "location": written(answer.lonlat),
        "tel": [],
        "distance": or_list(metres(answer.distance_m, 0) if answer.distance_m is not None else ""),
        "pcode": or_list(_code(answer, "province")),
        "pname": or_list(answer.name_of("province")),
        "citycode": or_list(citycode(answer)),
        "cityname": or_list(answer.name_of("city")),
        "adcode": or_list(answer.adcode),
        "adname": or_list(answer.name_of("district")),
        "biz_ext": {"rating": [], "cost": []},
        "photos": [],
    }


def as_poi_2(answer: Answer, show_fields: str) -> Json:
    """One of pois[] of v5: what is missing is an empty text there."""
    names = ("name", "id", "location", "type", "typecode", "pname", "cityname", "adname", "address", "pcode", "adcode")
    v3 = as_poi(answer)
    told: Json = {name: v3[name] or "" for name in (*names, "citycode")}
    told |= {"parent": "", "distance": v3["distance"] or ""}
    wanted = {field.strip() for field in show_fields.split(",")}
    if "children" in wanted:
        told["children"] = []
    if "business" in wanted:
        told["business"] = {"business_area": "", "tel": "", "rating": "", "cost": "", "alias": _alias(answer)}
    if "navi" in wanted:
        told["navi"] = {"navi_poiid": "", "entr_location": "", "exit_location": "", "gridcode": ""}
    if "photos" in wanted:
        told["photos"] = []
    return told


def type_text(answer: Answer) -> str:
    """The way down the tree of kinds, in Chinese: "医疗;医院;诊所"."""
    tree, names = load_categories(), []
    kind: Category | None = tree.by_id[tree.of_tag(f"{answer.key}={answer.value}")]
    while kind is not None:
        names.append(kind.name)
        kind = tree.by_id.get(kind.parent)
    return ";".join(reversed(names))


def typecode(answer: Answer) -> str:
    """Amap's code of the kind, or of the nearest kind above that has one."""
    if answer.own_area is not None:
        return {
            "province": "190102",
            "city": "190103",
            "district": "190105",
            "town": "190106",
            "village": "190107",
        }.get(answer.own_area.level, "190100")
    tree = load_categories()
    kind: Category | None = tree.by_id[tree.of_tag(f"{answer.key}={answer.value}")]
    while kind is not None and not kind.amap:
        kind = tree.by_id.get(kind.parent)
    return kind.amap if kind is not None else ""


def citycode(answer: Answer) -> str:
    """The telephone code of the city, "" = not known."""
    return CITYCODES.get(answer.adcode[:4], "")


def wind(bearing: float | None) -> str | list[str]:
    """A direction in Chinese."""
    return [] if bearing is None else WINDS_ZH[compass_point(bearing)]


def metres(distance: float | None, digits: int = 4) -> str:
    """Metres as Amap writes them."""
    return f"{distance or 0.0:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{distance or 0.0:.0f}"


def _country(answer: Answer) -> Json:
    return {"country": "中国" if answer.is_in_china else or_list(answer.name_of("country"))}


def _number(answer: Answer) -> str:
    number = answer.housenumber
    return f"{number}号" if number and answer.is_in_china and number[-1].isascii() else number


def _code(answer: Answer, level: str) -> str:
    area = answer.area_of(level)
    return area.code.ljust(6, "0") if area is not None and area.code.isdecimal() else ""


def _alias(answer: Answer) -> str:
    return "|".join(answer.other_names)

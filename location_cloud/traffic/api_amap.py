"""Amap's traffic status (交通态势): in a box, in a circle, on a road."""

from __future__ import annotations

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.chinese_form import AMAP_OK, SCRIPT, XML, error_body, missing, read_location, write
from location_cloud.errors import CloudError
from location_cloud.traffic import amap, service, service_status
from location_cloud.traffic.schema_amap import AmapQuery, CircleQuery, RectangleQuery, RoadQuery
from location_cloud.traffic.service_status import Place
from location_cloud.traffic.wording import sentence


def get_rectangle(call: Call, params: RectangleQuery, body: None) -> Reply:
    """矩形区域交通态势."""
    return _answer(call, params, Place(box=amap.read_rectangle(missing(params.rectangle, "rectangle"))))


def get_circle(call: Call, params: CircleQuery, body: None) -> Reply:
    """圆形区域交通态势."""
    centre = read_location(missing(params.location, "location"))
    return _answer(call, params, Place(centre=centre, radius_m=params.radius))


def get_road(call: Call, params: RoadQuery, body: None) -> Reply:
    """指定线路交通态势."""
    return _answer(call, params, Place(road=missing(params.name, "name")))


def as_error(error: CloudError) -> Reply:
    """A failure in Amap's words: its status stands in the body."""
    return Reply(error_body(error, amap.ERRORS))


def _answer(call: Call, params: AmapQuery, place: Place) -> Reply:
    is_all = params.extensions == "all"
    state = service_status.get_state(
        call.world, call.tenant, place, amap.MOST_ROADS, last_class=amap.LAST_CLASS[params.level]
    )
    about = service.describe(call.world, call.tenant, state.picture, call.now)
    told = sentence(state.stretches, "zh-CN", about.is_simulated)
    info = amap.as_info(told, state.status, state.km, state.stretches if is_all else None, about.is_simulated)
    answer = {**AMAP_OK, "trafficinfo": info}
    written, media_type = write(answer, "response", params.output, params.callback)
    return Reply(written, media_type=media_type)


def _operation(path: str, title: str, answer: object, query: type[AmapQuery]) -> Operation:
    return Operation(
        f"amap.v3_traffic_status_{path}",
        "GET",
        f"/amap/v3/traffic/status/{path}",
        title,
        answer,  # type: ignore[arg-type]  # each takes its own query
        query,
        Bytes("application/json"),
        "traffic:read",
        cost=2,
        as_error=as_error,
        other_media=(SCRIPT, XML),
    )


OPERATIONS = (
    _operation("rectangle", "Amap's v3/traffic/status/rectangle.", get_rectangle, RectangleQuery),
    _operation("circle", "Amap's v3/traffic/status/circle.", get_circle, CircleQuery),
    _operation("road", "Amap's v3/traffic/status/road.", get_road, RoadQuery),
)

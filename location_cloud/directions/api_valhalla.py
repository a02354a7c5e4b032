"""Valhalla's HTTP API over directions: what its clients send is read, and answered in its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import Field

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.directions import asked as wishes
from location_cloud.directions import (
    documents,
    osrm,
    service,
    service_bytes,
    service_match,
    valhalla,
    valhalla_answers,
    valhalla_match,
)
from location_cloud.directions.asked import READ, ForeignBody, ForeignQuery, Json
from location_cloud.directions.json_bytes import POLYLINE6
from location_cloud.directions.matched import MatchedTrack
from location_cloud.directions.model import Found, Place, Snap
from location_cloud.errors import CloudError, Unprocessable

JSON = Bytes("application/json")


class InJson(ForeignQuery):
    """A question in the address."""

    json_: str = Field("", alias="json", description="the request, JSON", max_length=60_000)


class InNothing(ForeignQuery):
    """The question is in the body."""


class ValhallaBody(ForeignBody):
    """Valhalla's request; what it may hold stands in Valhalla's API reference."""

    locations: Any = Field(None, description="[{lat, lon, type, heading, ...}]")
    costing: Any = Field(None, description="auto, truck, bus, taxi, motorcycle, bicycle, pedestrian")
    costing_options: Any = Field(None, description="{costing: {height, width, length, weight, use_tolls, ...}}")
    date_time: Any = Field(None, description="{type: 0 now, 1 depart, 2 arrive; value: YYYY-MM-DDTHH:MM}")


def route(call: Call, request: Json) -> Any:
    """Valhalla's route."""
    asked = valhalla.read_question(request)
    if asked.format == "osrm":
        return _as_osrm(call, asked)
    found = _find_asked(call, asked, asked.narrative != "none")
    if asked.format == "gpx":
        texts = wishes.instructions(found.routes, asked.language)
        return Reply(documents.route_gpx(found.routes, texts), media_type="application/gpx+xml")
    return valhalla_answers.with_id(asked, _trips(call, asked, found))


def optimized_route(call: Call, request: Json) -> Any:
    """Valhalla's optimized_route: the first and the last location stay where they are."""
    asked = valhalla.read_question(request)
    order, along = service.find_order(call.world, wishes.at_hour(call, asked.wish), asked.places, False, True, True)
    found = _find(call, asked, along, [f"locations[{i}]" for i in order], asked.narrative != "none")
    side = wishes.get_directions(call).driving_side
    trip = valhalla_answers.as_trip(service.get_roads(call.world), asked, found.routes[0], side, order)
    return valhalla_answers.with_id(asked, {"trip": trip})


def sources_to_targets(call: Call, request: Json) -> Any:
    """Valhalla's matrix."""
    asked, sources, targets = valhalla.read_sides(request)
    ask = wishes.at_hour(call, asked.wish)
    matrix = service.find_matrix(call.world, ask, sources, targets, with_distances=True)
    return valhalla_answers.with_id(asked, valhalla_answers.as_matrix(asked, matrix, valhalla.is_verbose(request)))


def isochrone(call: Call, request: Json) -> Any:
    """Valhalla's isochrone, of one location."""
    asked = valhalla.read_question(request, 1, most=1)
    contours = valhalla.read_contours(request)
    ask = wishes.at_hour(call, asked.wish)
    is_back, place = valhalla.is_reverse(request), asked.places[0]
    features: list[Json] = []
    for metric, limits in contours.items():
        values = [limit for limit, _ in limits]
        reached = service.find_isochrone(call.world, ask, place, metric, values, is_back, False)
        features += valhalla_answers.as_contour_features(reached, limits, *valhalla.read_drawing(request))
    valhalla_answers.paint(features)
    if wishes.as_flag(request.get("show_locations"), False):
        near = service.find_near(call.world, ask.profile, place, 1, call.tenant).snaps
        features += valhalla_answers.location_features(place, near[0])
    return valhalla_answers.with_id(asked, {"features": features, "type": "FeatureCollection"})


def locate(call: Call, request: Json) -> Any:
    """Valhalla's locate: a location far from all roads has none under it, which is no failure."""
    asked = valhalla.read_question(request, 1)
    roads, shapes = service.get_roads(call.world), wishes.get_directions(call).shapes
    is_verbose = wishes.as_flag(request.get("verbose"), False)
    local_ms = wishes.get_directions(call).networks[asked.wish.profile].local_ms
    return [
        valhalla_answers.as_located(place, _near(call, asked.wish.profile, place), local_ms, shapes, roads, is_verbose)
        for place in asked.places
    ]


def expansion(call: Call, request: Json) -> Any:
    """Valhalla's expansion of an isochrone."""
    asked = valhalla.read_question(request, 1, most=1)
    limit_s = valhalla.read_contours({"contours": request.get("contours")}).get("time", [(0.0, "")])[0][0]
    if request.get("action", "isochrone") != "isochrone" or not limit_s:
        raise valhalla.fault(107, "expansion is of action isochrone, by time")
    ask = wishes.at_hour(call, asked.wish)
    is_back = valhalla.is_reverse(request)
    found, _, _ = service.find_expansion(call.world, ask, asked.places[0], limit_s, is_back, 100_000)
    wanted = request.get("expansion_properties")
    return valhalla_answers.as_expansion(found, wanted if isinstance(wanted, list) else [])


def status(call: Call, request: Json) -> Any:
    """Valhalla's status."""
    return {
        "version": valhalla_answers.SPOKEN_VERSION,
        "tileset_last_modified": int(call.world.snapshot.manifest.created.timestamp()),
        "available_actions": list(valhalla_answers.ACTIONS),
    }


def height(call: Call, request: Json) -> Any:
    """Valhalla's height, for which there is no elevation."""
    valhalla.read_shape(request)
    raise valhalla.fault(107, "there is no elevation in this data")


def trace_route(call: Call, request: Json) -> Any:
    """Valhalla's trace_route: a leg for each stretch of the track without a break."""
    asked, found = _match(call, request)
    directions, roads = wishes.get_directions(call), service.get_roads(call.world)
    network = directions.networks[asked.wish.profile]
    profile = directions.profiles[network.profile]
    placed, route = valhalla_match.as_route(directions.star, profile, network, roads, asked, found)
    trip = valhalla_answers.as_trip(roads, placed, route, directions.driving_side)
    return valhalla_answers.with_id(asked, {"trip": trip})


def trace_attributes(call: Call, request: Json) -> Any:
    """Valhalla's trace_attributes."""
    asked, found = _match(call, request)
    roads = service.get_roads(call.world)
    return valhalla_answers.with_id(asked, valhalla_match.as_attributes(roads, asked, found))


def _match(call: Call, request: Json) -> tuple[valhalla.Question, MatchedTrack]:
    asked, track = valhalla_match.read_trace(request)
    try:
        return asked, service_match.match_track(call.world, asked.wish.profile, track)
    except Unprocessable as error:
        raise valhalla.fault(444, error.detail) from None


def as_error(error: CloudError) -> Reply:
    """A failure in Valhalla's words."""
    return Reply(*valhalla.error_reply(error))


def _near(call: Call, profile: str, place: Place) -> list[Snap]:
    try:
        return list(service.find_near(call.world, profile, place, 1, call.tenant).snaps)
    except Unprocessable:
        return []


def _find_asked(call: Call, asked: valhalla.Question, wants_steps: bool) -> Found:
    return _find(call, asked, asked.places, [f"locations[{i}]" for i in range(len(asked.places))], wants_steps)


def _find(
    call: Call, asked: valhalla.Question, places: Sequence[Place], names: Sequence[str], wants_steps: bool
) -> Found:
    ask = wishes.as_ask(call, asked.wish)
    arrive = service.local_time(call.world, asked.wish.arrive)
    return service.find_routes(call.world, ask, places, names, asked.alternates, arrive, wants_steps)


def _trips(call: Call, asked: valhalla.Question, found: Found) -> Json:
    roads, side = service.get_roads(call.world), wishes.get_directions(call).driving_side
    trips = [{"trip": valhalla_answers.as_trip(roads, asked, route, side)} for route in found.routes]
    return {**trips[0], "alternates": trips[1:]} if len(trips) > 1 else trips[0]


def _as_osrm(call: Call, asked: valhalla.Question) -> Reply:
    found = _find_asked(call, asked, False)
    question = osrm.Question(asked.places, steps=True, geometry=POLYLINE6, overview="full", has_hints=False)
    writer = service_bytes.get_osrm_writer(call.world, asked.wish.profile)
    return Reply(osrm.routes_bytes(writer, service.get_roads(call.world), question, found))


def _get(answer: Any) -> Any:
    def from_address(call: Call, params: InJson, body: None) -> Reply:
        return _reply(answer(call, valhalla.read_json(params.json_)))

    return from_address


def _post(answer: Any) -> Any:
    def from_body(call: Call, params: InNothing, body: ValhallaBody) -> Reply:
        return _reply(answer(call, body.as_dict()))

    return from_body


def _reply(answer: Any) -> Reply:
    return answer if isinstance(answer, Reply) else Reply(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY))


def _pair(path: str, answer: Any, cost: int) -> tuple[Operation, Operation]:
    name, title = path.replace("/", ""), f"Valhalla's {path}."
    route_path = f"/valhalla/{path}"
    return (
        Operation(
            f"valhalla.{name}", "POST", route_path, title, _post(answer), InNothing, JSON, READ,
            Body=ValhallaBody, cost=cost, as_error=as_error,
        ),
        Operation(
            f"valhalla.{name}_by_address", "GET", route_path, title, _get(answer), InJson, JSON, READ,
            cost=cost, as_error=as_error,
        ),
    )  # fmt: skip


def _status(call: Call, params: ForeignQuery, body: None) -> Reply:
    return _reply(status(call, {}))


def _status_of_body(call: Call, params: ForeignQuery, body: ValhallaBody) -> Reply:
    return _reply(status(call, {}))


OPERATIONS = (
    *_pair("route", route, 2),
    *_pair("optimized_route", optimized_route, 5),
    *_pair("sources_to_targets", sources_to_targets, 10),
    *_pair("isochrone", isochrone, 4),
    *_pair("locate", locate, 1),
    *_pair("expansion", expansion, 5),
    *_pair("height", height, 1),
    *_pair("trace_route", trace_route, 10),
    *_pair("trace_attributes", trace_attributes, 10),
    Operation(
        "valhalla.status", "GET", "/valhalla/status", "Valhalla's status.", _status, InNothing, JSON, READ,
        as_error=as_error,
    ),
    Operation(
        "valhalla.status_by_body", "POST", "/valhalla/status", "Valhalla's status.", _status_of_body, InNothing, JSON,
        READ, Body=ValhallaBody, as_error=as_error,
    ),
)  # fmt: skip

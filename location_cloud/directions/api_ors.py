"""openrouteservice's HTTP API v2 over directions: what its clients send is read, and answered in its words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from pydantic import Field

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.directions import asked as wishes
from location_cloud.directions import documents, ors, ors_answers, service, service_plans
from location_cloud.directions.asked import READ, ForeignBody, ForeignQuery, Json
from location_cloud.directions.model import Ask, Found, Place, Snap
from location_cloud.directions.wording import LANGUAGES
from location_cloud.errors import CloudError, Unprocessable

JSON, GEOJSON, GPX = Bytes("application/json"), Bytes("application/geo+json"), Bytes("application/gpx+xml")


class InOrs(ForeignQuery):
    """Which way of moving; other options are openrouteservice's own."""

    profile: str = Field(
        description="driving-car, driving-hgv, cycling-*, foot-*, wheelchair", pattern=r"^[a-z-]{1,40}$"
    )


class InOrsEnds(InOrs):
    """The short form of a route's question."""

    start: str = Field("", description="lon,lat")
    end: str = Field("", description="lon,lat")


class InOrsNothing(ForeignQuery):
    """No options."""


class OrsBody(ForeignBody):
    """openrouteservice's request; what it may hold stands in its API reference."""

    coordinates: Any = Field(None, description="of a route: [[lon, lat], ...]")
    locations: Any = Field(None, description="of the other services: [[lon, lat], ...]")
    range: Any = Field(None, description="of isochrones: [seconds or metres, ...]")
    options: Any = Field(None, description="{avoid_features, avoid_polygons, profile_params}")


class VroomBody(ForeignBody):
    """VROOM's request."""

    vehicles: Any = Field(None, description="VROOM's vehicles")
    jobs: Any = Field(None, description="VROOM's jobs")
    shipments: Any = Field(None, description="VROOM's shipments")


def directions_json(call: Call, params: InOrs, body: OrsBody) -> Reply:
    """A route with encoded lines."""
    asked, found = _find(call, params.profile, body.as_dict())
    answer = ors_answers.as_routes(service.get_roads(call.world), asked, found.routes)
    return _reply({**answer, "metadata": _metadata(call, "routing", params.profile, asked.raw)})


def directions_geojson(call: Call, params: InOrs, body: OrsBody) -> Reply:
    """A route as GeoJSON."""
    return _features(call, params.profile, body.as_dict())


def directions_between(call: Call, params: InOrsEnds, body: None) -> Reply:
    """A route from start= to end=, as GeoJSON."""
    return _features(call, params.profile, ors.read_ends({"start": params.start, "end": params.end}))


def directions_gpx(call: Call, params: InOrs, body: OrsBody) -> Reply:
    """A route as GPX."""
    asked, found = _find(call, params.profile, body.as_dict())
    texts = wishes.instructions(found.routes, asked.language) if asked.has_steps else [[] for _ in found.routes]
    return Reply(documents.route_gpx(found.routes, texts), media_type="application/gpx+xml")


def isochrones(call: Call, params: InOrs, body: OrsBody) -> Reply:
    """What is in reach of each location."""
    asked = ors.read_isochrones(params.profile, body.as_dict())
    ask = wishes.at_hour(call, asked.wish)
    features: list[Json] = []
    for group, place in enumerate(asked.places):
        reached = service.find_isochrone(call.world, ask, place, asked.metric, asked.ranges, asked.is_back, False)
        near = service.find_near(call.world, ask.profile, place, 1, call.tenant).snaps
        features += ors_answers.as_isochrones(asked, group, reached, near[0])
    answer = ors_answers.as_collection(features)
    return _geojson({**answer, "metadata": _metadata(call, "isochrones", params.profile, asked.raw)})


def matrix(call: Call, params: InOrs, body: OrsBody) -> Reply:
    """Times and distances."""
    asked = ors.read_table(params.profile, body.as_dict())
    ask = wishes.at_hour(call, asked.wish)
    found = service.find_matrix(call.world, ask, asked.sources, asked.targets, "distance" in asked.metrics)
    names = service.street_names(service.get_roads(call.world), (*found.sources, *found.targets))
    answer = ors_answers.as_table(asked, found, names)
    return _reply({**answer, "metadata": _metadata(call, "matrix", params.profile, asked.raw)})


def snap_json(call: Call, params: InOrs, body: OrsBody) -> Reply:
    """Places on roads; null where there is none."""
    asked = body.as_dict()
    near = _snap(call, params.profile, asked)
    found = [ors_answers.as_snapped(*pair) if pair else None for pair in near]
    return _reply({"locations": found, "metadata": _metadata(call, "snap", params.profile, asked)})


def snap_geojson(call: Call, params: InOrs, body: OrsBody) -> Reply:
    """Places on roads as GeoJSON; none where there is no road."""
    asked = body.as_dict()
    near = _snap(call, params.profile, asked)
    features = [ors_answers.snapped_feature(number, *pair) for number, pair in enumerate(near) if pair]
    answer = ors_answers.as_collection(features)
    return _geojson({**answer, "metadata": _metadata(call, "snap", params.profile, asked)})


def optimization(call: Call, params: InOrsNothing, body: VroomBody) -> Reply:
    """VROOM's question and answer."""
    ask, problem = Ask("car", tenant=call.tenant), ors.read_problem(body.as_dict())
    return _reply(
        service_plans.with_lines(call.world, ask, problem, service_plans.find_plan(call.world, ask, problem)[0])
    )


def health(call: Call, params: InOrsNothing, body: None) -> Reply:
    """Whether routes can be asked."""
    wishes.get_directions(call)
    return _reply({"status": "ready"})


def status(call: Call, params: InOrsNothing, body: None) -> Reply:
    """Languages, profiles and services."""
    known = wishes.get_directions(call).profiles
    profiles = {
        f"profile {number}": {"profiles": name, "creation_date": "", "storages": {}}
        for number, (name, ours) in enumerate(ors.PROFILES.items(), 1)
        if ours in known
    }
    engine = ors_answers.engine(call.world.snapshot.manifest.created)
    services = ["routing", "isochrones", "matrix", "snap"]
    return _reply({"languages": list(LANGUAGES), "engine": engine, "profiles": profiles, "services": services})


def as_error(error: CloudError, code_from: int) -> Reply:
    """A failure in openrouteservice's words."""
    code = ors.error_code(code_from, error)
    message = f"{error.detail}; {error.hint}" if error.status == 422 and error.hint else error.detail
    info = {"engine": {"version": ors_answers.SPOKEN_VERSION}}
    return Reply({"error": {"code": code, "message": message}, "info": info}, ors.error_status(code_from, code, error))


def as_vroom_error(error: CloudError) -> Reply:
    """A failure in VROOM's words."""
    return Reply(*ors.vroom_error(error))


def _find(call: Call, profile: str, request: Json) -> tuple[ors.Directions, Found]:
    asked = ors.read_directions(profile, request)
    ask = wishes.as_ask(call, asked.wish)
    names = [f"coordinates[{i}]" for i in range(len(asked.places))]
    arrive = service.local_time(call.world, asked.wish.arrive)
    return asked, service.find_routes(call.world, ask, asked.places, names, asked.alternatives, arrive, asked.has_steps)


def _features(call: Call, profile: str, request: Json) -> Reply:
    asked, found = _find(call, profile, request)
    answer = ors_answers.as_features(service.get_roads(call.world), asked, found.routes)
    return _geojson({**answer, "metadata": _metadata(call, "routing", profile, asked.raw)})


def _snap(call: Call, profile: str, request: Json) -> list[tuple[Snap, str] | None]:
    ours, places = ors.read_snaps(profile, request)
    return [_near(call, ours, place) for place in places]


def _near(call: Call, profile: str, place: Place) -> tuple[Snap, str] | None:
    try:
        near = service.find_near(call.world, profile, place, 1, call.tenant).snaps
    except Unprocessable:
        return None
    return near[0], service.street_names(service.get_roads(call.world), near)[0]


def _metadata(call: Call, name: str, profile: str, request: Json) -> Json:
    return ors_answers.metadata(name, profile, request, call.now, call.world.snapshot.manifest.created)


def _reply(answer: Json) -> Reply:
    return Reply(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY))


def _geojson(answer: Json) -> Reply:
    return Reply(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/geo+json")


def _post(
    name: str,
    path: str,
    answer: Callable[..., Reply],
    out: Bytes,
    cost: int,
    code_from: int,
) -> Operation:
    return Operation(
        f"ors.{name}", "POST", f"/ors{path}", f"openrouteservice's {name.replace('_', ' ')}.", answer, InOrs, out, READ,
        Body=OrsBody, cost=cost, errors=(404,), as_error=partial(as_error, code_from=code_from),
    )  # fmt: skip


def _get(name: str, path: str, answer: Callable[..., Reply], out: Bytes, In: type[ForeignQuery]) -> Operation:
    return Operation(
        f"ors.{name}", "GET", f"/ors{path}", f"openrouteservice's {name.replace('_', ' ')}.", answer, In, out, READ,
        errors=(404,), as_error=partial(as_error, code_from=ors.ROUTING),
    )  # fmt: skip


_ROUTE, _ISOCHRONES = "/v2/directions/{profile}", "/v2/isochrones/{profile}"
_MATRIX, _SNAP = "/v2/matrix/{profile}", "/v2/snap/{profile}"

OPERATIONS = (
    _get("directions_between", _ROUTE, directions_between, GEOJSON, InOrsEnds),
    _post("directions", _ROUTE, directions_json, JSON, 2, ors.ROUTING),
    _post("directions_json", f"{_ROUTE}/json", directions_json, JSON, 2, ors.ROUTING),
    _post("directions_geojson", f"{_ROUTE}/geojson", directions_geojson, GEOJSON, 2, ors.ROUTING),
    _post("directions_gpx", f"{_ROUTE}/gpx", directions_gpx, GPX, 2, ors.ROUTING),
    _post("isochrones", _ISOCHRONES, isochrones, GEOJSON, 10, ors.ISOCHRONES),
    _post("isochrones_geojson", f"{_ISOCHRONES}/geojson", isochrones, GEOJSON, 10, ors.ISOCHRONES),
    _post("matrix", _MATRIX, matrix, JSON, 10, ors.MATRIX),
    _post("matrix_json", f"{_MATRIX}/json", matrix, JSON, 10, ors.MATRIX),
    _post("snap", _SNAP, snap_json, JSON, 2, ors.SNAPPING),
    _post("snap_json", f"{_SNAP}/json", snap_json, JSON, 2, ors.SNAPPING),
    _post("snap_geojson", f"{_SNAP}/geojson", snap_geojson, GEOJSON, 2, ors.SNAPPING),
    Operation(
        "ors.optimization", "POST", "/ors/optimization", "VROOM's question and answer.", optimization, InOrsNothing,
        JSON, READ, Body=VroomBody, cost=50, deadline_s=30.0, as_error=as_vroom_error,
    ),
    _get("health", "/v2/health", health, JSON, InOrsNothing),
    _get("status", "/v2/status", status, JSON, InOrsNothing),
)  # fmt: skip

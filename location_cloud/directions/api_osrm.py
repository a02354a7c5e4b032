"""OSRM's HTTP API v1 over directions: what its clients send is read, and answered in its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, Field

from location_cloud.capability import Bytes, Call, Operation, PlainCall, Reply
from location_cloud.directions import osrm, osrm_match, service, service_bytes, service_match
from location_cloud.directions.asked import between, get_directions
from location_cloud.directions.model import Ask, Options
from location_cloud.directions.osrm_writer import OVERVIEWS
from location_cloud.directions.table_bytes import osrm_table_bytes, read_plain_table
from location_cloud.errors import CloudError, Unprocessable
from location_cloud.http.parameters import Query

READ = "directions:read"
JSON = Bytes("application/json")


class InOsrm(Query):
    """An OSRM address; all options are OSRM's own."""

    model_config = ConfigDict(extra="allow")

    crs: Literal["wgs84"] = Field("wgs84", description="OSRM knows no other coordinate system")
    profile: str = Field(description="driving, car, truck, emergency, bike, foot, ...", pattern=r"^[a-z0-9_-]{1,32}$")
    coordinates: str = Field(description="lon,lat;lon,lat or polyline(...)", min_length=1, max_length=30_000)

    @property
    def options(self) -> dict[str, str]:
        """The query parameters as they came."""
        return {name: str(value) for name, value in (self.model_extra or {}).items()}


def route(call: Call, params: InOsrm, body: None) -> Reply:
    """OSRM's route service."""
    return _json(route_bytes(call, params.profile, params.coordinates, params.options))


def route_bytes(call: PlainCall, profile: str, coordinates: str, options: Mapping[str, str]) -> bytes:
    """The answer of the route service. Raises CloudError."""
    asked = osrm.read_question("route", coordinates, options)
    ask = _ask(call, profile, asked)
    found = service.find_routes(call.world, ask, asked.places, (), asked.alternatives, None, with_steps=False)
    writer = service_bytes.get_osrm_writer(call.world, profile)
    return osrm.routes_bytes(writer, service.get_roads(call.world), asked, found)


def quick_route(call: PlainCall, path: str, query: str) -> bytes | None:
    """The same for two plain places under the usual weights, in one compiled call."""
    return None if "exclude" in query else _route_between(call, path, query)


def _route_between(call: PlainCall, path: str, query: str) -> bytes | None:
    profile, _, coordinates = path.partition("/")
    asked, ends = osrm.read_plain(query), osrm.read_two(coordinates)
    if asked is None or ends is None:
        return None
    return service_bytes.write_osrm_route(
        call.world,
        _ask(call, profile, asked),
        ends,
        asked.geometry,
        OVERVIEWS[asked.overview],
        asked.steps,
        asked.has_waypoints,
        asked.has_hints,
        asked.alternatives,
    )


def plain_route(call: PlainCall, path: str, query: str) -> bytes | None:
    """The same for the lane in front of the framework."""
    answer = _route_between(call, path, query)
    if answer is not None:
        return answer
    profile, _, coordinates = path.partition("/")
    options = osrm.read_query(query)
    if not coordinates or "key" in options or "crs" in options:
        return None
    return route_bytes(call, profile, coordinates, options)


def table(call: Call, params: InOsrm, body: None) -> Reply:
    """OSRM's table service."""
    return _json(table_bytes(call, params.profile, params.coordinates, params.options))


def table_bytes(call: PlainCall, profile: str, coordinates: str, options: Mapping[str, str]) -> bytes:
    """The answer of the table service. Raises CloudError."""
    asked = osrm.read_question("table", coordinates, options)
    sources = [asked.places[i] for i in asked.sources or ()]
    targets = [asked.places[i] for i in asked.targets or ()]
    matrix = service.find_matrix(call.world, _ask(call, profile, asked), sources, targets, "distance" in asked.parts)
    return osrm_table_bytes(service.get_roads(call.world), asked, matrix)


def plain_table(call: PlainCall, path: str, query: str) -> bytes | None:
    """The same for the lane in front of the framework."""
    profile, _, coordinates = path.partition("/")
    plain = read_plain_table(coordinates, query)
    if plain is not None:
        asked, lonlat = plain
        parts = "distance" in asked.parts
        matrix = service.find_plain_matrix(call.world, _ask(call, profile, asked), lonlat, osrm.FARTHEST_M, parts)
        if matrix is not None:
            return osrm_table_bytes(service.get_roads(call.world), asked, matrix)
    options = osrm.read_query(query)
    if not coordinates or "key" in options or "crs" in options:
        return None
    return table_bytes(call, profile, coordinates, options)


def nearest(call: Call, params: InOsrm, body: None) -> Reply:
    """OSRM's nearest service."""
    asked = osrm.read_question("nearest", params.coordinates, params.options)
    near = service.find_near(call.world, params.profile, asked.places[0], asked.number, call.tenant).snaps
    roads = service.get_roads(call.world)
    names = service.street_names(roads, near)
    waypoints = [osrm.near_waypoint(asked, roads, snap, name) for snap, name in zip(near, names)]
    return Reply({"code": "Ok", "waypoints": waypoints})


def trip(call: Call, params: InOsrm, body: None) -> Reply:
    """OSRM's trip service."""
    asked = osrm.read_question("trip", params.coordinates, params.options)
    ask = _ask(call, params.profile, asked)
    order, along = service.find_order(call.world, ask, asked.places, asked.roundtrip, asked.first, asked.last)
    found = service.find_routes(call.world, ask, along, with_steps=False)
    writer = service_bytes.get_osrm_writer(call.world, params.profile)
    return _json(osrm.trip_bytes(writer, service.get_roads(call.world), asked, found, order, along))


def match(call: Call, params: InOsrm, body: None) -> Reply:
    """OSRM's match service."""
    asked, track, splits_gaps = osrm_match.read_match(params.coordinates, params.options)
    try:
        found = service_match.match_track(call.world, params.profile, track, splits_gaps)
    except Unprocessable as error:
        raise osrm_match.no_match(error.detail) from None
    directions = get_directions(call)
    network = directions.networks[service.get_profile(directions, params.profile).name]
    writer = service_bytes.get_osrm_writer(call.world, params.profile)
    roads = service.get_roads(call.world)
    return _json(osrm_match.matchings_bytes(writer, roads, network, directions.shapes, asked, found))


def as_error(error: CloudError) -> Reply:
    """A failure in OSRM's words. OSRM answers 400 to whatever the caller can change."""
    status = 400 if error.status in (400, 404, 413, 422) else error.status
    message = f"{error.detail}; {error.hint}" if error.hint else error.detail
    return Reply({"code": osrm.error_code(error), "message": message}, status)


def _ask(call: PlainCall, profile: str, asked: osrm.Question) -> Ask:
    return Ask(profile, Options(exclude=asked.exclude), None, call.tenant)


def _json(content: bytes) -> Reply:
    return Reply(content)


def _operation(
    name: str, answer: Any, cost: int, plain: Any = None, quick: Any = None, typical: Sequence[str] = ()
) -> Operation:
    return Operation(
        f"osrm.{name}",
        "GET",
        f"/osrm/{name}/v1/{{profile}}/{{coordinates}}",
        f"OSRM's {name} service.",
        answer,
        InOsrm,
        JSON,
        READ,
        cost=cost,
        as_error=as_error,
        plain=plain,
        quick=quick,
        typical=between(*typical),
    )


_BOTH = "/{here};{there}"
_FULL = "overview=full&steps=true&geometries"
OPERATIONS = (
    _operation(
        "route",
        route,
        1,
        plain_route,
        quick_route,
        (
            f"/osrm/route/v1/car{_BOTH}?overview=false",
            f"/osrm/route/v1/car{_BOTH}?{_FULL}=polyline",
            f"/osrm/route/v1/car{_BOTH}?{_FULL}=geojson&alternatives=3",
            f"/osrm/route/v1/car/{{yard}};{{there}}?{_FULL}=geojson&alternatives=3",
            f"/osrm/route/v1/car/{{here}};{{yard}}?{_FULL}=geojson",
        ),
    ),
    _operation(
        "table",
        table,
        10,
        plain_table,
        typical=(f"/osrm/table/v1/car{_BOTH}", f"/osrm/table/v1/car{_BOTH};{{yard}}"),
    ),
    _operation("nearest", nearest, 1),
    _operation("trip", trip, 5),
    _operation("match", match, 10),
)

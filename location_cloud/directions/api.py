"""HTTP operations of directions."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from location_cloud.capability import Cache, Call, Operation, PlainCall, Reply
from location_cloud.directions import answers, schema, schema_asks, service, service_bytes, service_plans
from location_cloud.directions.asked import between, get_directions
from location_cloud.directions.asking import ask_of_address, ask_of_body
from location_cloud.directions.model import Ask, Found, Place
from location_cloud.directions.osrm import read_query
from location_cloud.directions.route_writer import LINES
from location_cloud.directions.wording import LANGUAGES
from location_cloud.http.parameters import Query

PLAIN = frozenset(
    ("crs", "from_", "to", "radius_m", "profile", "exclude", "season", "geometry", "steps", "lang", "alternatives")
)
"""Parameters of a route that the lane understands."""

Q = TypeVar("Q", bound=Query)


def find_route(call: Call, params: schema.InRoute, body: None) -> Any:
    """The quickest way between two points."""
    lonlats = [params.from_, *params.via, params.to]
    names = ["from", *(f"via[{i}]" for i in range(len(params.via))), "to"]
    places = [Place(lonlat, params.radius_m) for lonlat in lonlats]
    places[0] = Place(params.from_, params.radius_m, params.heading_deg)
    places[-1] = Place(params.to, params.radius_m, approach=params.approach)
    ask = ask_of_address(call, params)
    arrive = service.local_time(call.world, params.arrive_by)
    found = service.find_routes(call.world, ask, places, names, params.alternatives, arrive, params.steps, True)
    return _as_route(call, ask, found, params)


def quick_route(call: PlainCall, path: str, query: str) -> bytes | None:
    """`plain_route` under the usual weights."""
    return None if "exclude" in query or "season" in query else plain_route(call, path, query)


def plain_route(call: PlainCall, path: str, query: str) -> bytes | None:
    """The same for the lane in front of the framework, for two places."""
    params = _read(schema.InRoute, query)
    if params is None or not params.model_fields_set <= PLAIN:
        return None
    ends, ask = (Place(params.from_, params.radius_m), Place(params.to, params.radius_m)), ask_of_address(call, params)
    language = params.lang or call.language(LANGUAGES)
    found = service_bytes.write_route(
        call.world, ask, ends, LINES[params.geometry], params.steps, language, params.alternatives
    )
    if found is None:
        return None
    answer, version, as_of = found
    made = {**_made(call, ask.profile), **answers.as_version(version, as_of), "crs": params.crs}
    return b"%b,%b" % (answer, orjson.dumps(made, option=orjson.OPT_UTC_Z)[1:])


def find_route_through(call: Call, params: schema.RouteShapeQuery, body: schema.RouteBody) -> Any:
    """The quickest way through places, with everything that may be said of it."""
    places = [_place(place, body.radius_m) for place in body.places]
    ask = ask_of_body(call, body)
    arrive = service.local_time(call.world, body.arrive_by)
    found = service.find_routes(call.world, ask, places, (), body.alternatives, arrive, params.steps, True)
    return _as_route(call, ask, found, params)


def find_matrix(call: Call, params: schema.InMatrix, body: schema.MatrixBody) -> Any:
    """Times and distances from each of these to each of those."""
    ask = ask_of_body(call, body)
    sources = [Place(at, body.radius_m) for at in body.sources]
    targets = sources if body.targets == body.sources else [Place(at, body.radius_m) for at in body.targets]
    found = service.find_matrix(call.world, ask, sources, targets, body.distances)
    if params.format == "ndjson":
        return answers.as_matrix_lines(found, _made(call, ask.profile))
    return answers.as_matrix(found, _made(call, ask.profile), service.get_roads(call.world))


def find_isochrone(call: PlainCall, params: schema.InIsochrone, body: None) -> dict[str, Any]:
    """How far one gets from a point, or who gets to it."""
    ask = ask_of_address(call, params)
    return _isochrone(call, ask, Place(params.at, params.radius_m), params, params.crs)


def plain_isochrone(call: PlainCall, path: str, query: str) -> bytes | None:
    """The same for the lane in front of the framework."""
    params = _read(schema.InIsochrone, query)
    if params is None:
        return None
    answer = find_isochrone(call, params, None)
    return orjson.dumps({**answer, "crs": params.crs}, option=orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY)


def find_isochrone_avoiding(call: Call, params: schema_asks.Nothing, body: schema.IsochroneBody) -> Any:
    """The same with areas to avoid and sizes."""
    return _isochrone(call, ask_of_body(call, body), Place(body.location, body.radius_m), body, params.crs)


def find_nearest(call: Call, params: schema.InNearest, body: None) -> dict[str, Any]:
    """The roads near a point."""
    place = Place(params.at, params.radius_m, params.heading_deg, params.tolerance_deg, params.approach, params.level)
    near = service.find_near(call.world, params.profile, place, params.count, call.tenant)
    return answers.as_nearest(
        near, get_directions(call).shapes, service.get_roads(call.world), _made(call, params.profile)
    )


def find_expansion(call: Call, params: schema.InExpansion, body: None) -> dict[str, Any]:
    """The search itself, edge by edge, in the order in which they were reached."""
    ask = ask_of_address(call, params)
    place = Place(params.at, params.radius_m)
    found = service.find_expansion(call.world, ask, place, params.minutes * 60, params.direction == "to", params.limit)
    return answers.as_expansion(*found, service.get_roads(call.world), _made(call, ask.profile))


def find_trip(call: Call, params: schema.RouteShapeQuery, body: schema.TripBody) -> Any:
    """The way through all places in the best order."""
    places = [_place(place, body.radius_m) for place in body.places]
    ask = ask_of_body(call, body)
    ends = body.source == "first", body.destination == "last"
    order, found = service.find_trip(call.world, ask, places, body.roundtrip, *ends, params.steps)
    reply = _as_route(call, ask, found, params)
    return reply if isinstance(reply, Reply) else {**reply, "order": order}


def optimise(call: Call, params: schema.InOptimise, body: schema.OptimiseBody) -> dict[str, Any]:
    """Who goes where in which order: VROOM's question and answer."""
    ask = ask_of_address(call, params)
    plan, version, as_of = service_plans.find_plan(call.world, ask, body.model_dump(exclude_none=True))
    return {**plan, **_made(call, ask.profile), **answers.as_version(version, as_of)}


def list_profiles(call: Call, params: schema_asks.Nothing, body: None) -> dict[str, Any]:
    """Every way of moving."""
    return {
        "profiles": [
            {"name": profile.name, "title": dict(profile.title), "family": profile.family}
            for profile in service.list_profiles(call.world)
        ]
    }


def _as_route(call: Call, ask: Ask, found: Found, params: schema.RouteShapeQuery) -> Any:
    roads, language = service.get_roads(call.world), params.lang or call.language(LANGUAGES)
    if params.format != "json":
        return answers.as_file(found, params.format, language)
    free_ms = service.free_costs(call.world, ask) if params.annotations else None
    return answers.as_route(found, roads, _made(call, ask.profile), params.geometry, free_ms, language)


def _isochrone(
    call: PlainCall, ask: Ask, place: Place, asked: schema.InIsochrone | schema.IsochroneBody, crs: str
) -> dict[str, Any]:
    unit, limits = ("distance", asked.metres) if asked.metres else ("time", [60 * one for one in asked.minutes or []])
    is_back, as_edges = asked.direction == "to", asked.output == "edges"
    reached = service.find_isochrone(call.world, ask, place, unit, limits, is_back, as_edges)
    return answers.as_isochrone(reached, service.get_roads(call.world), _made(call, ask.profile), crs == "wgs84")


def _read(model: type[Q], query: str) -> Q | None:
    """A query string as the framework reads it; None = what it says is wrong, or in another coordinate system."""
    try:
        params = model.model_validate(read_query(query))
    except ValidationError:
        return None
    return params if params.crs == "wgs84" else None


def _place(place: schema.PlaceBody, radius_m: float) -> Place:
    return Place(
        place.lonlat,
        place.radius_m or radius_m,
        place.heading_deg,
        place.tolerance_deg,
        place.approach,
        place.level,
        place.stay_s,
    )


def _made(call: PlainCall, profile: str) -> dict[str, Any]:
    return {"profile": profile, "snapshot": call.world.snapshot.id}


READ = "directions:read"
FILES = ("application/geo+json", "application/gpx+xml", "application/vnd.google-earth.kml+xml")

OPERATIONS = (
    Operation(
        "directions.route",
        "GET",
        "/v1/route",
        "The quickest way between two points.",
        find_route,
        schema.InRoute,
        schema.OutRoute,
        READ,
        other_media=FILES,
        errors=(404, 422),
        plain=plain_route,
        quick=quick_route,
        # The second one is no plain one: the kernels of the long way took 17 s to compile when a road was first closed.
        # The last one has no answer: to find that out for the first time took 50 ms.
        typical=between(
            "/v1/route?from={here}&to={there}&steps=true",
            "/v1/route?from={here}&via={there}&to={here}&steps=true",
            "/v1/route?from={here}&to={there}&alternatives=2&geometry=none",
            "/v1/route?from=0,0&to={there}",
        ),
    ),
    Operation(
        "directions.route_through",
        "POST",
        "/v1/route",
        "The quickest way through places, with vehicle, areas to avoid and times.",
        find_route_through,
        schema.RouteShapeQuery,
        schema.OutRoute,
        READ,
        other_media=FILES,
        Body=schema.RouteBody,
        cost=2,
        errors=(404, 422),
    ),
    Operation(
        "directions.matrix",
        "POST",
        "/v1/matrix",
        "Times and distances from each of these to each of those.",
        find_matrix,
        schema.InMatrix,
        schema.OutMatrix,
        READ,
        Body=schema.MatrixBody,
        cost=10,
        errors=(404, 422),
        other_media=("application/x-ndjson",),
    ),
    Operation(
        "directions.isochrone",
        "GET",
        "/v1/isochrone",
        "How far one gets from a point, or who gets to it.",
        find_isochrone,
        schema.InIsochrone,
        schema.OutIsochrone,
        READ,
        cost=3,
        errors=(404, 422),
        plain=plain_isochrone,
        typical=between(*(f"/v1/isochrone?at={{{at}}}&minutes=15&profile=car" for at in ("here", "yard"))),
    ),
    Operation(
        "directions.isochrone_avoiding",
        "POST",
        "/v1/isochrone",
        "How far one gets, with areas to avoid and sizes.",
        find_isochrone_avoiding,
        schema_asks.Nothing,
        schema.OutIsochrone,
        READ,
        Body=schema.IsochroneBody,
        cost=4,
        errors=(404, 422),
    ),
    Operation(
        "directions.nearest",
        "GET",
        "/v1/nearest",
        "The roads near a point.",
        find_nearest,
        schema.InNearest,
        schema.OutNearest,
        READ,
        cache=Cache.REVALIDATE,
        errors=(404, 422),
    ),
    Operation(
        "directions.expansion",
        "GET",
        "/v1/expansion",
        "The edges reached from a point, in the order in which they were reached.",
        find_expansion,
        schema.InExpansion,
        schema.OutExpansion,
        READ,
        cost=5,
        errors=(404, 422),
    ),
    Operation(
        "directions.trip",
        "POST",
        "/v1/trip",
        "The way through all places in the best order.",
        find_trip,
        schema.RouteShapeQuery,
        schema.OutTrip,
        READ,
        other_media=FILES,
        Body=schema.TripBody,
        cost=5,
        errors=(404, 422),
    ),
    Operation(
        "directions.optimise",
        "POST",
        "/v1/optimise",
        "Who goes where in which order: VROOM's question and answer.",
        optimise,
        schema.InOptimise,
        schema.OutOptimise,
        READ,
        Body=schema.OptimiseBody,
        cost=50,
        deadline_s=30.0,
        errors=(404, 422),
    ),
    Operation(
        "directions.profiles",
        "GET",
        "/v1/profiles",
        "Every way of moving.",
        list_profiles,
        schema_asks.Nothing,
        schema.OutProfiles,
        READ,
        cache=Cache.SHORT,
    ),
)

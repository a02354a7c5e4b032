"""HTTP operations of directions."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Cache, Call, Operation
from location_cloud.directions import schema, service
from location_cloud.directions.model import Route, Step, Waypoint
from location_cloud.directions.wording import LANGUAGES, instruction


def find_route(call: Call, params: schema.InRoute, body: None) -> dict[str, Any]:
    """The quickest way between two points."""
    route = service.find_route(call.world, params.from_, params.to, params.profile, params.radius_m)
    language = params.lang or call.language(LANGUAGES)
    steps = [_as_step(step, language) for step in route.steps] if params.steps else []
    length = {"distance_m": round(route.distance_m, 1), "duration_s": route.duration_ms / 1000}
    return {
        "routes": [{**length, "geometry": _as_line(route), "legs": [{**length, "steps": steps}]}],
        "waypoints": [_as_waypoint(route.start), _as_waypoint(route.end)],
        "profile": params.profile,
    }


def _as_line(route: Route) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": route.line.tolist()}


def _as_waypoint(waypoint: Waypoint) -> dict[str, Any]:
    location = [round(degree, 7) for degree in waypoint.lonlat]
    return {"location": location, "name": waypoint.name, "distance_m": round(waypoint.distance_m, 1)}


def _as_step(step: Step, language: str) -> dict[str, Any]:
    return {
        "type": step.kind,
        "modifier": step.modifier,
        "instruction": instruction(step, language),
        "name": step.name,
        "ref": step.ref,
        "exit": step.exit,
        "distance_m": round(step.distance_m, 1),
        "duration_s": round(step.duration_s, 3),
        "bearing_deg": round(step.bearing_deg, 1),
        "location": list(step.lonlat),
        "points": [step.first_point, step.last_point],
    }


OPERATIONS = (
    Operation(
        "directions.route",
        "GET",
        "/v1/route",
        "The quickest way between two points.",
        find_route,
        schema.InRoute,
        schema.OutRoute,
        "directions:read",
        cache=Cache.REVALIDATE,
        errors=(422,),
    ),
)

"""Plans of who goes where, and the lines that vehicles drive where VROOM's question asks for them (options.g)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from location_cloud.directions import optimise, service
from location_cloud.directions.formats import route_line
from location_cloud.directions.model import Ask, Place
from location_cloud.spatial.polyline import encode_polyline

if TYPE_CHECKING:
    from location_cloud.storage.world import World

Json = dict[str, Any]


def find_plan(world: World, ask: Ask, problem: Json) -> tuple[Json, str, float]:
    """VROOM's answer to VROOM's question, over our matrices, with the version and time of the first profile's weights;
    vehicles that name no profile move as asked.

    Raises BadQuery, TooLarge and Unprocessable as `optimise.solve` and `service.find_matrix`.
    """
    profiles = {str(vehicle.get("profile", ask.profile)) for vehicle in problem["vehicles"]}
    points = optimise.list_locations(problem)
    places = [Place(point) for point in points]
    matrices = {
        name: service.find_matrix(world, replace(ask, profile=name), places, places, True) for name in sorted(profiles)
    }
    made = matrices[min(profiles)]
    return optimise.solve(problem, matrices, ask.profile), made.version, made.as_of


def with_lines(world: World, ask: Ask, problem: Json, plan: Json) -> Json:
    """The plan, with an encoded polyline as `geometry` of each route if the problem's options say g.

    ask: of vehicles that name no profile. Raises as `service.find_routes`.
    """
    options = problem.get("options")
    if not (isinstance(options, dict) and options.get("g") is True):
        return plan
    profiles = {vehicle.get("id"): str(vehicle.get("profile", ask.profile)) for vehicle in problem["vehicles"]}
    routes = [_with_line(world, replace(ask, profile=profiles[route["vehicle"]]), route) for route in plan["routes"]]
    return {**plan, "routes": routes}


def _with_line(world: World, ask: Ask, route: Json) -> Json:
    stops = [tuple(step["location"]) for step in route["steps"] if "location" in step]
    places = [Place(stops[0]), *(Place(stop) for before, stop in pairwise(stops) if stop != before)]
    if len(places) < 2:
        return route
    found = service.find_routes(world, ask, places, with_steps=False)
    return {**route, "geometry": encode_polyline(route_line(found.routes[0]))}

"""GraphHopper's HTTP API over directions: what its clients send is read, and answered in its words."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import Field

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.directions import asked as wishes
from location_cloud.directions import documents, graphhopper, graphhopper_answers, service
from location_cloud.directions.asked import READ, ForeignBody, ForeignQuery, Json
from location_cloud.errors import CloudError, Unprocessable

JSON, TEXT = Bytes("application/json"), Bytes("text/plain")

Points = list[Annotated[str, Field(max_length=60)]]


class InGraphhopper(ForeignQuery):
    """A question in the address; all options are GraphHopper's own."""

    repeatable: ClassVar[frozenset[str]] = frozenset(
        {
            "point",
            "from_point",
            "to_point",
            "heading",
            "curbside",
            "details",
            "out_array",
            "snap_prevention",
            "point_hint",
        }
    )

    point: Points = Field(default_factory=list, description="lat,lon; may stand several times", max_length=1000)

    @property
    def asked(self) -> Json:
        """The question in the form of a body."""
        return graphhopper.read_address({**self.options, **({"point": self.point} if self.point else {})})


class InGraphhopperNothing(ForeignQuery):
    """The question is in the body."""


class GraphhopperBody(ForeignBody):
    """GraphHopper's request; what it may hold stands in its web API documentation."""

    points: Any = Field(None, description="[[lon, lat], ...]")
    profile: Any = Field(None, description="car, truck, bike, foot, ...")
    details: Any = Field(None, description="path details")
    custom_model: Any = Field(None, description="priority statements with multiply_by 0, and areas")


def route(call: Call, request: Json) -> Any:
    """GraphHopper's route."""
    asked = graphhopper.read_route(request)
    ask = wishes.as_ask(call, asked.wish)
    if asked.prevented:
        is_prevented = partial(graphhopper_answers.is_prevented, service.get_roads(call.world), kinds=asked.prevented)
        places = [wishes.beside(call, ask.profile, place, is_prevented) for place in asked.places]
        asked = replace(asked, places=tuple(places))
    order: list[int] = []
    if asked.is_optimised and len(asked.places) > 3:
        order, found = service.find_trip(call.world, ask, asked.places, False, True, True, asked.has_instructions)
    else:
        names = [f"point {i}" for i in range(len(asked.places))]
        found = service.find_routes(
            call.world, ask, asked.places, names, asked.alternatives, None, asked.has_instructions
        )
    if asked.format == "gpx":
        texts = (
            wishes.instructions(found.routes, asked.language) if asked.has_instructions else [[]] * len(found.routes)
        )
        return Reply(documents.route_gpx(found.routes, texts), media_type="application/gpx+xml")
    side = wishes.get_directions(call).driving_side
    answer = graphhopper_answers.as_paths(service.get_roads(call.world), asked, found.routes, found.snaps, side)
    for path in answer["paths"] if order else ():
        path["points_order"] = order
    return {**answer, "info": _info(call)}


def isochrone(call: Call, request: Json) -> Json:
    """GraphHopper's isochrone."""
    asked = graphhopper.read_reach(request)
    ask = wishes.at_hour(call, asked.wish)
    reached = service.find_isochrone(call.world, ask, asked.place, asked.metric, asked.limits, asked.is_back, False)
    polygons = graphhopper_answers.as_polygons(reached)
    if asked.is_geojson:
        return {"type": "FeatureCollection", "features": polygons, "info": _info(call)}
    return {"polygons": polygons, "info": _info(call)}


def matrix(call: Call, request: Json) -> Json:
    """GraphHopper's matrix, answered at once."""
    asked = graphhopper.read_table(request)
    ask = wishes.at_hour(call, asked.wish)
    found = service.find_matrix(call.world, ask, asked.sources, asked.targets, "distances" in asked.parts)
    answer = graphhopper_answers.as_table(asked, found)
    if asked.fails_fast and "hints" in answer:
        raise Unprocessable("no way leads between some of the points", hint="fail_fast=false answers the others")
    return {**answer, "info": _info(call)}


def nearest(call: Call, request: Json) -> Json:
    """GraphHopper's nearest."""
    place, wish = graphhopper.read_point(request), graphhopper.read_wish(request)
    near = service.find_near(call.world, wish.profile, place, 1, call.tenant).snaps
    return graphhopper_answers.as_nearest(near[0])


def info(call: Call, params: InGraphhopperNothing, body: None) -> Reply:
    """GraphHopper's info: what there is."""
    manifest, known = call.world.snapshot.manifest, wishes.get_directions(call).profiles
    stamp = manifest.created.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _reply(
        {
            "bbox": list(manifest.bounds or ()),
            "profiles": [{"name": name} for name, ours in graphhopper.PROFILES.items() if ours in known],
            "version": graphhopper_answers.SPOKEN_VERSION,
            "elevation": False,
            "encoded_values": {},
            "import_date": stamp,
            "data_date": stamp,
        }
    )


def health(call: Call, params: InGraphhopperNothing, body: None) -> Reply:
    """GraphHopper's health."""
    wishes.get_directions(call)
    return Reply(b"OK", media_type="text/plain")


def as_error(error: CloudError) -> Reply:
    """A failure in GraphHopper's words."""
    return Reply(*graphhopper.error_reply(error))


def _info(call: Call) -> Json:
    return graphhopper_answers.info(call.world.snapshot.manifest.created)


def _reply(answer: Any) -> Reply:
    return answer if isinstance(answer, Reply) else Reply(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY))


def _get(answer: Any) -> Any:
    def from_address(call: Call, params: InGraphhopper, body: None) -> Reply:
        return _reply(answer(call, params.asked))

    return from_address


def _post(answer: Any) -> Any:
    def from_body(call: Call, params: InGraphhopperNothing, body: GraphhopperBody) -> Reply:
        return _reply(answer(call, body.as_dict()))

    return from_body


def _pair(name: str, answer: Any, cost: int) -> tuple[Operation, Operation]:
    path, title = f"/graphhopper/{name}", f"GraphHopper's {name}."
    return (
        Operation(
            f"graphhopper.{name}", "GET", path, title, _get(answer), InGraphhopper, JSON, READ, cost=cost,
            as_error=as_error,
        ),
        Operation(
            f"graphhopper.{name}_by_body", "POST", path, title, _post(answer), InGraphhopperNothing, JSON, READ,
            Body=GraphhopperBody, cost=cost, as_error=as_error,
        ),
    )  # fmt: skip


OPERATIONS = (
    *_pair("route", route, 2),
    *_pair("isochrone", isochrone, 4),
    *_pair("matrix", matrix, 10),
    Operation(
        "graphhopper.nearest", "GET", "/graphhopper/nearest", "GraphHopper's nearest.", _get(nearest), InGraphhopper,
        JSON, READ, as_error=as_error,
    ),
    Operation(
        "graphhopper.info", "GET", "/graphhopper/info", "GraphHopper's info.", info, InGraphhopperNothing, JSON, READ,
        as_error=as_error,
    ),
    Operation(
        "graphhopper.health", "GET", "/graphhopper/health", "GraphHopper's health.", health, InGraphhopperNothing,
        TEXT, READ, as_error=as_error,
    ),
)  # fmt: skip

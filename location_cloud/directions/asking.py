"""What a question says of how one moves, as the services take it."""

from __future__ import annotations

from location_cloud.capability import PlainCall
from location_cloud.directions import schema_asks, service
from location_cloud.directions.model import Ask, Options, Vehicle


def ask_of_address(call: PlainCall, params: schema_asks.Ask) -> Ask:
    """The options of an address."""
    options = Options(exclude=frozenset(params.exclude), season=params.season)
    return Ask(params.profile, options, service.local_time(call.world, params.depart_at), call.tenant)


def ask_of_body(call: PlainCall, body: schema_asks.AskBody) -> Ask:
    """The options of a body. Raises BadQuery and NotFound naming the area, closure or road that is none."""
    options = service.find_options(
        call.world,
        call.tenant,
        Vehicle(**body.vehicle.model_dump()),
        frozenset(body.exclude),
        body.season,
        body.avoid.areas,
        body.avoid.closures,
        body.avoid.roads,
        body.profile,
        [(each.share, each.roads) for each in body.slow],
    )
    return Ask(body.profile, options, service.local_time(call.world, body.depart_at), call.tenant)

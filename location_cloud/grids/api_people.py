"""HTTP operations of who answers for grids."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.access.service import check_scope
from location_cloud.capability import Call, Operation, Reply
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.grids import schema_people as schema
from location_cloud.grids import service_people as service
from location_cloud.grids.grid_form import as_feature
from location_cloud.grids.model import READ, WRITE
from location_cloud.grids.model_people import PRIVATE, NewPerson, People
from location_cloud.http.preconditions import etag, get_version, sent_by

Json = dict[str, Any]


def get_people(call: Call, params: schema.InPeople, body: None) -> Reply:
    """Who answers for a grid, masked; in clear for who may, and then it is written down."""
    if params.history and params.on is not None:
        raise BadQuery("history= tells all days, on= means one", hint="leave one of them out")
    day = None if params.history else params.on or call.now.date()
    if not params.clear:
        return _reply(service.get_people(call.world, call.tenant, params.scheme, params.code, day))
    check_scope(call.caller, PRIVATE)
    sent = sent_by(call, f"grids/{params.scheme}/{params.code}/people", None)
    found = service.get_in_clear(call.world, call.tenant, params.scheme, params.code, day, sent)
    return _reply(found, is_clear=True)


def set_people(call: Call, params: schema.InSetPeople, body: schema.PeopleBody) -> Reply:
    """Who answers from a day on."""
    version = get_version(call, params.version)
    told = [NewPerson(each.role, each.name, each.team, each.phone) for each in body.people]
    sent = sent_by(call, f"grids/{params.scheme}/{params.code}/people", body)
    found, is_new = service.set_people(
        call.world, call.tenant, params.scheme, params.code, version, told, body.valid_from, sent
    )
    return _reply(found, is_new=is_new)


def who_answers(call: Call, params: schema.InAnswering, body: None) -> Json:
    """Who answers for a point."""
    day = params.on or call.now.date()
    found = service.who_answers(call.world, call.tenant, params.scheme, params.at, day)
    if found is None:
        lon, lat = params.at
        raise Unprocessable(
            f"no {params.scheme} grid holds {lon:.6f},{lat:.6f} on {day}",
            hint=f"see which there are: GET /v1/grids/{params.scheme}?bbox=",
        )
    grid, people = found
    return {"grid": as_feature(grid), "people": [asdict(each) for each in people.people]}


def list_reads(call: Call, params: schema.InReads, body: None) -> Json:
    """Who read phones in clear."""
    found = service.list_reads(call.live, call.tenant, params.scheme, params.code, params.after, params.limit)
    reads = [{"number": each.number, "at": each.at, "who": each.who} for each in found]
    return {"reads": reads, "next_after": found[-1].number if len(found) == params.limit else None}


def _reply(found: People, is_clear: bool = False, is_new: bool = True) -> Reply:
    return Reply({**asdict(found), "is_clear": is_clear}, headers=etag(found.version, is_new))


_ONE = "/v1/grids/{scheme}/{code}"

OPERATIONS = (
    Operation(
        "grids.people",
        "GET",
        f"{_ONE}/people",
        "Who answers for a grid on a day, or ever did; phones masked.",
        get_people,
        schema.InPeople,
        schema.OutPeople,
        READ,
        errors=(404, 503),
    ),
    Operation(
        "grids.set_people",
        "PUT",
        f"{_ONE}/people",
        "Say who answers for a grid from a day on; the days before stay as they were.",
        set_people,
        schema.InSetPeople,
        schema.OutPeople,
        WRITE,
        Body=schema.PeopleBody,
        errors=(404, 409, 413, 422, 428, 503, 507),
    ),
    Operation(
        "grids.people_reads",
        "GET",
        f"{_ONE}/reads",
        "Who read phones of a grid in clear, and when.",
        list_reads,
        schema.InReads,
        schema.OutReads,
        PRIVATE,
        errors=(404,),
    ),
    Operation(
        "grids.answering",
        "GET",
        "/v1/grids/{scheme}/all/answering",
        "Who answers for a point on a day; phones masked.",
        who_answers,
        schema.InAnswering,
        schema.OutAnswering,
        READ,
        errors=(422, 503),
    ),
)

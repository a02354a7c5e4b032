"""HTTP operations of cases: report, act, correct, look up, list, what happened, who reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from location_cloud.capability import Call, Operation, Reply
from location_cloud.cases import schema, service, service_persons
from location_cloud.cases.asked import PRIVATE, READ, WRITE, actor_of, check_source
from location_cloud.cases.fields import as_case, as_cases, as_entry, as_text
from location_cloud.cases.flow import GUARDS, STEPS, legal_actions
from location_cloud.cases.model import STAGE_TITLES, STAGES, Case, Chosen, Reporter, Similar
from location_cloud.http.preconditions import etag, get_version, who
from location_cloud.spatial.cells.index_cell import cell_range

Json = dict[str, Any]

MOST_COUNTED = 100_000


def add_case(call: Call, params: schema.Nothing, body: schema.CaseBody) -> Reply:
    """The new case, and which open ones may be the same."""
    actor = actor_of(call, "cases", body)
    check_source(body.source, actor)
    said = {**body.said(), "source": body.source, "source_id": body.source_id, "simulated": body.simulated}
    if body.reported_at is not None:
        said["created"] = body.reported_at.timestamp()
    if body.reporter is not None:
        said["reporter"] = Reporter(**body.reporter.model_dump())
    found, is_new = service.add_case(call.world, call.tenant, said, actor)
    told = service.read_case(call.live, call.tenant, found.id, replace(actor, departments=()))
    told["similar"] = _similar(service.find_similar(call.live, call.tenant, found, actor))
    return Reply(told, 201, headers=etag(told["version"], is_new))


def act(call: Call, params: schema.InAction, body: schema.ActionBody) -> Reply:
    """The case after the action."""
    actor = actor_of(call, f"cases/{params.id}/{params.action}", body)
    version = get_version(call, params.version)
    found, is_new = service.act(call.world, call.tenant, params.id, params.action, body.said(), actor, version)
    return _reply(call, found, is_new)


def change_case(call: Call, params: schema.InCaseVersion, body: schema.CorrectionBody) -> Reply:
    """The corrected case."""
    actor, version = actor_of(call), get_version(call, params.version)
    return _reply(call, service.change_case(call.world, call.tenant, params.id, body.said(), actor, version))


def get_case(call: Call, params: schema.InCaseThen, body: None) -> Reply:
    """One case as it is, or was."""
    as_of = None if params.as_of is None else params.as_of.timestamp()
    told = service.read_case(call.live, call.tenant, params.id, actor_of(call), as_of)
    return Reply(told, headers=etag(told["version"]))


def list_cases(call: Call, params: schema.InCases, body: None) -> Json:
    """A page of cases."""
    chosen, newest = _chosen(call, params), params.order == "newest"
    found = service.list_cases(call.live, call.tenant, chosen, params.after, params.limit, newest, actor_of(call))
    following = found[-1].id if len(found) == params.limit else None
    return {"cases": as_cases(found, chosen.now), "next_after": following}


def count_cases(call: Call, params: schema.InCount, body: None) -> Json:
    """How many there are."""
    count = service.count_cases(call.live, call.tenant, _chosen(call, params), MOST_COUNTED, actor_of(call))
    return {"count": count, "is_exact": count < MOST_COUNTED}


def list_log(call: Call, params: schema.InLog, body: None) -> Json:
    """What happened to a case."""
    found = service.list_log(call.live, call.tenant, params.id, actor_of(call), params.after, params.limit)
    following = found[-1].number if len(found) == params.limit else None
    return {"entries": [as_entry(entry) for entry in found], "next_after": following}


def list_changes(call: Call, params: schema.InEvents, body: None) -> Json:
    """What happened to all cases."""
    found = service.list_events(call.live, call.tenant, params.since, params.limit, actor_of(call))
    entries = [as_entry(entry) for entry in found.entries]
    return {"entries": entries, "live_version": found.live_version}


def find_similar(call: Call, params: schema.InCase, body: None) -> Json:
    """Which open cases may be the same as one."""
    actor = actor_of(call)
    case = service.get_case(call.live, call.tenant, params.id, actor)
    return {"similar": _similar(service.find_similar(call.live, call.tenant, case, actor))}


def find_similar_at(call: Call, params: schema.InSimilar, body: None) -> Json:
    """Which open cases may be the same as one that is about to be reported."""
    case = Case(params.class_code, params.at, component=params.component or None, created=call.now.timestamp())
    return {"similar": _similar(service.find_similar(call.live, call.tenant, case, actor_of(call)))}


def read_reporter(call: Call, params: schema.InCase, body: None) -> Json:
    """Who reported it, in clear."""
    service.get_case(call.live, call.tenant, params.id, actor_of(call))
    found = service_persons.read_reporter(call.world, call.tenant, params.id, who(call), call.now)
    return {"case": params.id, **vars(found)}


def list_reads(call: Call, params: schema.InLog, body: None) -> Json:
    """Who read that."""
    found = service_persons.list_reads(call.live, call.tenant, params.id, params.after, params.limit)
    following = found[-1].number if len(found) == params.limit else None
    reads = [{"number": each.number, "at": as_text(each.at), "who": each.who} for each in found]
    return {"reads": reads, "next_after": following}


def get_flow(call: Call, params: schema.Nothing, body: None) -> Json:
    """The table of legal steps."""
    steps = [
        {
            "stage": step.stage,
            "action": step.action,
            "to": step.to,
            "roles": [role for role in step.roles if role != "system"],
            "by_product": "system" in step.roles,
            "acts": step.acts,
            "needs": GUARDS[step.needs][1],
        }
        for step in STEPS
    ]
    return {"stages": [{"stage": stage, "title": STAGE_TITLES[stage]} for stage in STAGES], "steps": steps}


def _chosen(call: Call, params: schema.InCases) -> Chosen:
    return Chosen(
        now=call.now.timestamp(),
        bbox=params.bbox,
        stages=tuple(dict.fromkeys(params.stage)),
        is_open=params.open,
        overdue=params.overdue,
        lamp=params.lamp,
        grid=params.grid,
        village_grid=params.village_grid,
        area=params.area,
        cells=cell_range(params.cell) if params.cell else None,
        classes=tuple(dict.fromkeys(params.class_code)),
        department=params.department,
        role=params.role,
        source=params.source,
        source_id=params.source_id,
        number=params.number,
        component=params.component,
        incident=params.incident,
        parent=params.parent,
        created_from=None if params.created_from is None else params.created_from.timestamp(),
        created_until=None if params.created_until is None else params.created_until.timestamp(),
        changed_since=params.since,
    )


def _similar(found: list[Similar]) -> list[Json]:
    return [
        {
            "id": each.case.id,
            "number": each.case.number,
            "class": each.case.class_code,
            "stage": each.case.stage,
            "lonlat": list(each.case.lonlat),
            "distance_m": round(each.distance_m, 1),
            "same_component": each.is_same_component,
            "votes": each.case.votes,
            "created_at": as_text(each.case.created),
        }
        for each in found
    ]


def _reply(call: Call, found: Case, is_new: bool = True) -> Reply:
    told = as_case(found, call.now.timestamp())
    told["actions"] = legal_actions(found, actor_of(call).roles)
    return Reply(told, headers=etag(found.version, is_new))


_ALL, _ONE = "/v1/cases", "/v1/cases/{id}"

OPERATIONS = (
    Operation(
        "cases.list",
        "GET",
        _ALL,
        "Cases by box, stage, grid, area, lamp and more, page by page.",
        list_cases,
        schema.InCases,
        schema.OutCases,
        READ,
    ),
    Operation(
        "cases.add",
        "POST",
        _ALL,
        "Report a case. Header Idempotency-Key, or the source's own number: sent twice, added once.",
        add_case,
        schema.Nothing,
        schema.OutCase,
        WRITE,
        Body=schema.CaseBody,
        status=201,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "cases.count",
        "GET",
        f"{_ALL}/all/count",
        "How many cases are meant, counted up to 100,000.",
        count_cases,
        schema.InCount,
        schema.OutCount,
        READ,
    ),
    Operation(
        "cases.similar_at",
        "GET",
        f"{_ALL}/all/similar",
        "Open cases that may be the same as one that is about to be reported.",
        find_similar_at,
        schema.InSimilar,
        schema.OutSimilar,
        READ,
    ),
    Operation(
        "cases.flow",
        "GET",
        f"{_ALL}/all/flow",
        "Every legal step: from which stage, by which action, to which stage, by whom.",
        get_flow,
        schema.Nothing,
        schema.OutStages,
        READ,
    ),
    Operation(
        "cases.changes",
        "GET",
        f"{_ALL}/feeds/changes",
        "What happened to all cases after a live version.",
        list_changes,
        schema.InEvents,
        schema.OutEvents,
        READ,
    ),
    Operation(
        "cases.get",
        "GET",
        _ONE,
        "One case with what the key may do now; with as_of, as its timeline tells that it was.",
        get_case,
        schema.InCaseThen,
        schema.OutCase,
        READ,
        errors=(404,),
    ),
    Operation(
        "cases.change",
        "PATCH",
        _ONE,
        "Correct what was reported, until it is filed, of the version that If-Match names.",
        change_case,
        schema.InCaseVersion,
        schema.OutCase,
        WRITE,
        Body=schema.CorrectionBody,
        errors=(403, 404, 409, 422, 428, 507),
    ),
    Operation(
        "cases.act",
        "POST",
        f"{_ONE}/actions/{{action}}",
        "Take a step with the version that If-Match names; 409 tells what is possible if that step is not.",
        act,
        schema.InAction,
        schema.OutCase,
        WRITE,
        Body=schema.ActionBody,
        errors=(403, 404, 409, 422, 428, 507),
    ),
    Operation(
        "cases.timeline",
        "GET",
        f"{_ONE}/timeline",
        "Everything that happened to a case: who, when, in which role, what.",
        list_log,
        schema.InLog,
        schema.OutLog,
        READ,
        errors=(404,),
    ),
    Operation(
        "cases.similar",
        "GET",
        f"{_ONE}/similar",
        "Open cases that may be the same: of the same component, or class and near.",
        find_similar,
        schema.InCase,
        schema.OutSimilar,
        READ,
        errors=(404,),
    ),
    Operation(
        "cases.reporter",
        "GET",
        f"{_ONE}/reporter",
        "Who reported a case, in clear; that it was read is written down first.",
        read_reporter,
        schema.InCase,
        schema.OutReporter,
        PRIVATE,
        errors=(404, 507),
    ),
    Operation(
        "cases.reads",
        "GET",
        f"{_ONE}/reads",
        "Who read in clear who reported a case.",
        list_reads,
        schema.InLog,
        schema.OutReads,
        PRIVATE,
        errors=(404,),
    ),
)

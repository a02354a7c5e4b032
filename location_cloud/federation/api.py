"""HTTP operations of what came from a peer: its cases, what is asked of their owner, indicators."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.federation import schema, service_asking, service_copies, service_files
from location_cloud.federation.model import ChosenCopies, Copy, Request
from location_cloud.federation.moments import as_moment, lamp_of_copy
from location_cloud.federation.service import kept_of
from location_cloud.http.preconditions import etag, find_version, sent_by

Json = dict[str, Any]

READ, WRITE = "cases:read", "cases:write"


def list_copies(call: Call, params: schema.InCopies, body: None) -> Json:
    """A page of the peer's cases."""
    chosen = ChosenCopies(
        stages=tuple(dict.fromkeys(params.stage)),
        is_open=params.open,
        class_code=params.class_code,
        area=params.area,
        bbox=params.bbox,
        since=params.since,
    )
    kept, actor = kept_of(call.world), _actor(call)
    found = service_copies.list_copies(
        call.live, call.tenant, params.peer, kept, chosen, params.after, params.limit, actor
    )
    following = found[-1].id if len(found) == params.limit else None
    return {"copies": [_as_copy(call, each) for each in found], "next_after": following}


def get_copy(call: Call, params: schema.InCopy, body: None) -> Reply:
    """One of the peer's cases."""
    found = _copy(call, params)
    return Reply(_as_copy(call, found), headers=etag(int(found.content["case"]["version"])))


def list_timeline(call: Call, params: schema.InTimeline, body: None) -> Json:
    """What happened to it at its owner."""
    entries = service_copies.list_entries(call.live, call.tenant, _copy(call, params), params.after, params.limit)
    following = int(entries[-1]["number"]) if len(entries) == params.limit else None
    return {"entries": entries, "next_after": following}


def read_file(call: Call, params: schema.InCopyFile, body: None) -> Reply:
    """The bytes of a file, to be saved."""
    file, content = service_files.read_copy(call.home, call.tenant, _copy(call, params), params.sha256)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(str(file['name']), safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Reply(content, media_type="application/octet-stream", etag=params.sha256[:32], headers=headers)


def ask(call: Call, params: schema.InAsk, body: schema.AskBody) -> Reply:
    """The request as it waits for the owner's answer."""
    actor = _actor(call, f"federation/{params.peer}/cases/{params.id}/{params.action}", body)
    _copy(call, params)  # only what the caller may see
    version = find_version(call, params.version)
    found, is_new = service_asking.ask(
        call.world,
        call.tenant,
        params.peer,
        params.id,
        params.action,
        body.said(),
        actor,
        kept_of(call.world),
        version,
    )
    return Reply(_as_request(found), 202, headers={} if is_new else {"Idempotent-Replayed": "true"})


def list_requests(call: Call, params: schema.InRequests, body: None) -> Json:
    """What was asked."""
    found = service_asking.list_requests(
        call.live, call.tenant, params.peer, params.way, params.case, params.state, params.after, params.limit
    )
    following = found[-1].id if len(found) == params.limit else None
    return {"requests": [_as_request(each) for each in found], "next_after": following}


def list_tables(call: Call, params: schema.InIndicators, body: None) -> Json:
    """Indicators that the peer told."""
    found = service_copies.list_tables(
        call.live,
        call.tenant,
        params.peer,
        kept_of(call.world),
        params.scheme,
        params.period,
        params.after,
        params.limit,
    )
    names = ("scheme", "period", "rows")
    tables = [{"peer": params.peer, **{name: each.content[name] for name in names}} for each in found]
    return {"tables": tables, "next_after": found[-1].id if len(found) == params.limit else None}


def _actor(call: Call, path: str = "", body: Any = None) -> Any:
    return service_asking.as_actor(call.caller, sent_by(call, path, body))


def _copy(call: Call, params: schema.InCopy) -> Copy:
    kept = kept_of(call.world)
    return service_copies.get_copy(call.live, call.tenant, params.peer, kept, params.id, _actor(call))


def _as_copy(call: Call, copy: Copy) -> Json:
    case = copy.content["case"]
    lamp = lamp_of_copy(case, call.now.timestamp())
    href = f"/v1/federation/{copy.peer}/cases/{copy.object}/files"
    names = ("sha256", "name", "media_type", "size")
    return {
        "peer": copy.peer,
        "origin": copy.origin,
        "live_version": copy.change,
        "case": case,
        "lamp": lamp,
        "overdue": lamp == "red",
        "files": [
            {**{name: each[name] for name in names}, "href": f"{href}/{each['sha256']}"}
            for each in copy.content["files"]
        ],
        "missing_files": copy.missing,
    }


def _as_request(request: Request) -> Json:
    return {
        "id": request.id,
        "peer": request.peer,
        "way": request.way,
        "case": request.case,
        "turn": request.turn,
        "action": request.action,
        "said": dict(request.said.get("said", {})),
        "who": request.who,
        "asked_at": as_moment(request.at),
        "state": request.state,
        "answer": dict(request.answer),
        "answered_at": as_moment(request.answered),
    }


_ALL = "/v1/federation/{peer}/cases"
_ONE = f"{_ALL}/{{id}}"

OPERATIONS = (
    Operation(
        "federation.cases",
        "GET",
        _ALL,
        "Cases of a peer as they were last told, by box, stage, class, area, page by page.",
        list_copies,
        schema.InCopies,
        schema.OutCopies,
        READ,
        errors=(404,),
    ),
    Operation(
        "federation.case",
        "GET",
        _ONE,
        "One case of a peer, marked with its origin.",
        get_copy,
        schema.InCopy,
        schema.OutCopy,
        READ,
        errors=(404,),
    ),
    Operation(
        "federation.timeline",
        "GET",
        f"{_ONE}/timeline",
        "What happened to a case of a peer, oldest first.",
        list_timeline,
        schema.InTimeline,
        schema.OutTimeline,
        READ,
        errors=(404,),
    ),
    Operation(
        "federation.file",
        "GET",
        f"{_ONE}/files/{{sha256}}",
        "The bytes of a photo or paper of a peer's case, to be saved; 503 until they have come.",
        read_file,
        schema.InCopyFile,
        Bytes("application/octet-stream"),
        READ,
        errors=(404,),
    ),
    Operation(
        "federation.ask",
        "POST",
        f"{_ONE}/actions/{{action}}",
        "Ask a case's owner for an action; its rules decide, and the answer comes back. Header Idempotency-Key.",
        ask,
        schema.InAsk,
        schema.OutRequest,
        WRITE,
        Body=schema.AskBody,
        status=202,
        errors=(404, 409, 413, 422, 507),
    ),
    Operation(
        "federation.requests",
        "GET",
        "/v1/federation/{peer}/requests",
        "Actions that were asked for, ours or the peer's, and what became of them.",
        list_requests,
        schema.InRequests,
        schema.OutRequests,
        READ,
    ),
    Operation(
        "federation.indicators",
        "GET",
        "/v1/federation/{peer}/indicators",
        "How the peer's grids and areas did, month by month, as it told.",
        list_tables,
        schema.InIndicators,
        schema.OutTables,
        READ,
        errors=(404,),
    ),
)

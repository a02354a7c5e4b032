"""HTTP: calls for help, taken, listed masked, read in clear by those who may, and who did."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.access.service import check_scope
from location_cloud.callers import schema, schema_calls, service_calls
from location_cloud.callers.aml_form import MOST_CHARS, signature_of, spelled_alike
from location_cloud.callers.model import DESK, PHONE, PRIVATE, Said, Told
from location_cloud.callers.model import Call as Stored
from location_cloud.capability import Call, Operation, Reply
from location_cloud.changes import Sent
from location_cloud.errors import BadQuery
from location_cloud.http.preconditions import sent_by, who

Json = dict[str, Any]

FORM = "application/x-www-form-urlencoded"


def add_call(call: Call, params: schema.Nothing, body: schema_calls.CallBody) -> Reply:
    """The new call."""
    stored, is_new = service_calls.add_call(call.world, call.tenant, body.told(), sent_by(call, "calls", body))
    return Reply(_as_json(stored), 201, headers={} if is_new else {"Idempotent-Replayed": "true"})


def take_aml(call: Call, params: schema.Nothing, body: bytes) -> Reply:
    """The id of the call that a phone's message became; sent twice, it is taken once."""
    if not body.isascii():
        raise BadQuery("the AML form has bytes that are not ASCII", hint="send it url-encoded, as the phone posted it")
    text = spelled_alike(body.decode("ascii"))
    told = Told(said=Said(aml_form=text), source="aml_https")
    sent = Sent(who(call), call.now, f"aml:{signature_of(text)}")
    stored, is_new = service_calls.take_form(call.world, call.tenant, told, sent)
    return Reply({"id": stored.id}, 201, headers={} if is_new else {"Idempotent-Replayed": "true"})


def list_calls(call: Call, params: schema_calls.InCalls, body: None) -> Json:
    """A page of calls, masked."""
    found = service_calls.list_calls(call.world, call.tenant, params.since, params.until, params.after, params.limit)
    following = found[-1].id if len(found) == params.limit else None
    return {"calls": [_as_line(each) for each in found], "next_after": following}


def get_call(call: Call, params: schema_calls.InOneCall, body: None) -> Json:
    """One call, masked; in clear for who may, and then it is written down."""
    if not params.clear:
        return _as_json(service_calls.get_call(call.world, call.tenant, params.id))
    check_scope(call.caller, PRIVATE)
    found = service_calls.read_in_clear(call.world, call.tenant, params.id, who(call), call.now)
    return _as_json(found, is_clear=True)


def list_reads(call: Call, params: schema_calls.InReads, body: None) -> Json:
    """Who read a call in clear."""
    found = service_calls.list_reads(call.live, call.tenant, params.id, params.after, params.limit)
    following = found[-1].number if len(found) == params.limit else None
    reads = [{"number": each.number, "at": each.at, "who": each.who} for each in found]
    return {"reads": reads, "next_after": following}


def _as_json(call: Stored, is_clear: bool = False) -> Json:
    private = call.private
    return {
        "id": call.id,
        "received_at": call.received_at,
        "number": private.number,
        "said": private.words,
        "located": None if call.located is None else {**call.located, "sms": private.sms},
        "phone": asdict(private.phone),
        "messages": private.messages,
        "warnings": call.warnings,
        "source": call.source,
        "simulated": call.is_simulated,
        "same_number": call.same_number,
        "is_clear": is_clear,
    }


def _as_line(call: Stored) -> Json:
    located = call.located or {}
    return {
        "id": call.id,
        "received_at": call.received_at,
        "number": call.private.number,
        "said": call.private.words,
        "position": located.get("position"),
        "ellipse": located.get("ellipse"),
        "method": located.get("method", ""),
        "words": (located.get("address") or {}).get("words", ""),
        "warnings": [*call.warnings, *located.get("warnings", ())],
        "source": call.source,
        "simulated": call.is_simulated,
    }


_ALL, _ONE = "/v1/calls", "/v1/calls/{id}"

OPERATIONS = (
    Operation(
        "callers.calls",
        "GET",
        _ALL,
        f"Calls for help by time, page by page, masked. {schema_calls.PERSONAL}",
        list_calls,
        schema_calls.InCalls,
        schema_calls.OutCalls,
        DESK,
    ),
    Operation(
        "callers.call",
        "GET",
        _ONE,
        f"One call, masked; with clear=true in clear, which is written down. {schema_calls.PERSONAL}",
        get_call,
        schema_calls.InOneCall,
        schema_calls.OutCall,
        DESK,
        errors=(404,),
    ),
    Operation(
        "callers.reads",
        "GET",
        "/v1/calls/{id}/reads",
        "Who read a call in clear, and when; also after the call was forgotten.",
        list_reads,
        schema_calls.InReads,
        schema_calls.OutReads,
        DESK,
    ),
    Operation(
        "callers.add",
        "POST",
        _ALL,
        "Take a call; kept even if nobody can tell where it is. Header Idempotency-Key: sent twice, taken once.",
        add_call,
        schema.Nothing,
        schema_calls.OutCall,
        DESK,
        Body=schema_calls.CallBody,
        status=201,
        errors=(403, 409, 413, 422, 507),
        max_body_bytes=60_000,
    ),
    Operation(
        "callers.aml",
        "POST",
        "/v1/aml",
        "AML over HTTPS as phones post it (ETSI TS 103 625), proven by its HMAC; becomes a call.",
        take_aml,
        schema.Nothing,
        schema_calls.OutTaken,
        PHONE,
        raw_body=FORM,
        max_raw_bytes=MOST_CHARS,
        status=201,
        errors=(403, 409, 413, 422, 507),
    ),
)

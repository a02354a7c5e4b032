"""Open311 GeoReport v2 as cities speak it: services, requests, tokens, updates; each as XML and as JSON.

Reading takes no key where the operator has made a jurisdiction public. Source: wiki.open311.org/GeoReport_v2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import Any, Literal

from location_cloud.access.model import Caller
from location_cloud.access.service import Keyring, check_scope
from location_cloud.capability import Bytes, Call, Operation, Reply
from location_cloud.cases import open311_answers as answers
from location_cloud.cases import schema_open311 as schema
from location_cloud.cases import service_open311 as service
from location_cloud.cases.asked import READ, WRITE
from location_cloud.cases.jurisdictions import KEY_HINT
from location_cloud.cases.model import Actor, Case, held_by
from location_cloud.cases.model_open311 import MOST_REQUESTS, MOST_SKIPPED, Wanted
from location_cloud.cases.open311 import FORMS, MEDIA, Form, as_error, reply
from location_cloud.cases.open311_form import MOST_BYTES, Reported, Updated, read_form, read_update
from location_cloud.cases.open311_window import window
from location_cloud.cases.service_tokens import get_token
from location_cloud.errors import BadQuery, CloudError, Denied, KeyNeeded, TooLarge
from location_cloud.http.preconditions import request_key

FORM = "application/x-www-form-urlencoded"


def get_discovery(call: Call, params: schema.InOpen311, body: None, form: Form) -> Reply:
    """Where what is."""
    known = service.jurisdictions(call.world)
    try:
        state = service.services_state(call.live, known.tenant_to_read(params.jurisdiction_id, call.tenant)[0])
    except CloudError:  # who is not let in still learns where to ask
        state = service.services_state(call.live, "")
    url, language = call.link("/open311/v2").partition("?")[0], call.language(answers.LANGUAGES)
    return reply(form, "discovery", answers.discovery(url, state, known.contact, known.kind, language))


def list_services(call: Call, params: schema.InOpen311, body: None, form: Form) -> Reply:
    """What may be reported."""
    tenant, language = _tenant_to_read(call, params), call.language(answers.LANGUAGES)
    found = service.list_services(call.live, tenant)
    return reply(form, "services", [answers.as_service(each, language) for each in found])


def get_service(call: Call, params: schema.InService, body: None, form: Form) -> Reply:
    """What a service asks."""
    tenant, language = _tenant_to_read(call, params), call.language(answers.LANGUAGES)
    found = service.get_service(call.live, tenant, params.service_code)
    return reply(form, "service_definition", answers.as_definition(found, language))


def add_request(call: Call, params: schema.InOpen311, body: bytes, form: Form) -> Reply:
    """The id of the new request, or a token where its place is still to be found."""
    told = read_form(body)
    caller = _caller(call, told)
    check_scope(caller, WRITE)
    asked = told.jurisdiction or params.jurisdiction_id
    service.jurisdictions(call.world).check_to_write(asked, caller.tenant)
    found, about, is_new = service.report(call.world, caller.tenant, told, _actor(call, caller, body))
    language = call.language(answers.LANGUAGES)
    if isinstance(found, Case):
        notice = answers.service_notice(found, language)
        made = {"service_request_id": str(found.id), "service_notice": notice, "account_id": None}
    else:
        made = {"token": found, "service_notice": answers.word("waiting", language), "account_id": None}
    if not about.is_public:
        made = {"service_notice": answers.word("private", language), "account_id": None}
    headers = {} if is_new else {"Idempotent-Replayed": "true"}
    return reply(form, "service_requests", [made], 201, headers)


def read_token(call: Call, params: schema.InToken, body: None, form: Form) -> Reply:
    """The request of a token; its id is null as long as its place is not found."""
    case_id = get_token(call.live, _tenant_to_read(call, params), params.token)
    told = {"service_request_id": None if case_id is None else str(case_id), "token": params.token}
    return reply(form, "service_requests", [told])


def list_requests(call: Call, params: schema.InRequests, body: None, form: Form) -> Reply:
    """A page of requests, the newest first."""
    tenant = _tenant_to_read(call, params)
    found, changed = service.list_requests(call.live, tenant, _wanted(call, params))
    return reply(form, "service_requests", _told(call, tenant, found, changed, params.extensions == "true"))


def get_request(call: Call, params: schema.InRequest, body: None, form: Form) -> Reply:
    """One request."""
    tenant = _tenant_to_read(call, params)
    case, changed = service.get_request(call.live, tenant, params.service_request_id, call.now)
    return reply(form, "service_requests", _told(call, tenant, [case], changed, params.extensions == "true"))


def list_updates(call: Call, params: schema.InUpdates, body: None, form: Form) -> Reply:
    """What happened to requests in a time."""
    tenant, language = _tenant_to_read(call, params), call.language(answers.LANGUAGES)
    first, last = window(params.start_date, params.end_date, call.now)
    wanted = Wanted(first, last, limit=params.page_size, offset=_offset(params))
    found = service.list_updates(call.live, tenant, wanted)
    return reply(form, "service_request_updates", [answers.as_update(each, language) for each in found])


def add_update(call: Call, params: schema.InOpen311, body: bytes, form: Form) -> Reply:
    """The id of what somebody adds to a request."""
    told = read_update(body)
    caller = _caller(call, told)
    check_scope(caller, WRITE)
    service.jurisdictions(call.world).check_to_write(told.jurisdiction or params.jurisdiction_id, caller.tenant)
    number = service.update(call.world, caller.tenant, told, _actor(call, caller, body))
    return reply(form, "service_request_updates", [{"update_id": str(number)}], 201)


# --- who asks for what -------------------------------------------------------------------------------------------


def _tenant_to_read(call: Call, params: schema.InOpen311) -> str:
    """Whose requests may be read. Raises NotFound, BadQuery, KeyNeeded, Denied."""
    known = service.jurisdictions(call.world)
    tenant, is_public = known.tenant_to_read(params.jurisdiction_id, call.tenant)
    if not is_public:
        check_scope(call.caller, READ)
        held = held_by(call.caller)
        if held["areas"] or held["departments"]:
            raise Denied("this key is held to areas or departments", hint="Open311 tells of all: ask /v1/cases")
    return tenant


def _caller(call: Call, told: Reported | Updated) -> Caller:
    """Who reports: the key in the form, in the address or in a header. Raises KeyNeeded.

    A browser posts forms of any page without asking, so a page needs a key also on this machine.
    """
    if told.api_key:
        return Keyring(call.live).caller(told.api_key, call.now)
    caller: Caller = call.caller
    if not caller.tenant or (not caller.key_id and call.header("Origin")):
        raise KeyNeeded("api_key is missing", hint=KEY_HINT)
    return caller


def _actor(call: Call, caller: Caller, body: bytes) -> Actor:
    digest = blake2b(body, digest_size=16).hexdigest()
    return Actor(caller.key_id or "local", call.now, request_key(call), digest, areas=held_by(caller)["areas"])


def _wanted(call: Call, params: schema.InRequests) -> Wanted:
    first, last = window(params.start_date, params.end_date, call.now)
    statuses = set(filter(None, params.status.split(",")))
    ids = _ids(params.service_request_id)
    near = None
    if params.lat is not None and params.long is not None and params.radius is not None:
        near = ((params.long, params.lat), params.radius)
    return Wanted(
        first,
        last,
        ids=ids,
        classes=() if ids else tuple(dict.fromkeys(filter(None, params.service_code.split(",")))),
        is_open=statuses == {"open"} if len(statuses) == 1 else None,
        bbox=params.bbox,
        near=near,
        limit=params.page_size,
        offset=_offset(params),
    )


def _ids(text: str) -> tuple[int, ...] | None:
    """Ids of requests; those that cannot be any count as not found. Raises TooLarge."""
    parts = [part for part in text.split(",") if part]
    if len(parts) > MOST_REQUESTS:
        raise TooLarge(f"{len(parts):,} ids are asked for", hint=f"up to {MOST_REQUESTS:,} at once")
    ids = [int(part) if part.isdigit() and len(part) < 10 else 0 for part in parts]
    return tuple(dict.fromkeys(ids)) if parts else None


def _offset(params: schema.InPage) -> int:
    offset = (params.page - 1) * params.page_size
    if offset > MOST_SKIPPED:
        raise BadQuery(f"page={params.page} is too far", hint=f"up to {MOST_SKIPPED:,} before it; ask for fewer days")
    return offset


def _told(call: Call, tenant: str, found: list[Case], changed: Any, is_extended: bool) -> list[Any]:
    language = call.language(answers.LANGUAGES)
    told = answers.as_requests(found, service.classes_of(call.live, tenant), changed, language)
    if not is_extended:
        return told
    steps = service.list_steps(call.live, tenant, found)
    return answers.with_extensions(told, found, steps, call.now.timestamp(), language)


# --- declared ----------------------------------------------------------------------------------------------------


def _both(
    name: str,
    path: str,
    summary: str,
    answer: Callable[..., Reply],
    In: type[schema.InOpen311],
    method: Literal["GET", "POST"] = "GET",
) -> tuple[Operation, ...]:
    """The operation of each form."""
    is_post = method == "POST"
    return tuple(
        Operation(
            f"open311.{name}_{form}",
            method,
            f"/open311/v2/{path}.{form}",
            f"{summary} ({form.upper()})",
            partial(answer, form=form),
            In,
            Bytes(MEDIA[form]),
            "",
            status=201 if is_post else 200,
            raw_body=FORM if is_post else "",
            max_raw_bytes=MOST_BYTES,
            errors=(403, 404, 503, 507) if is_post else (403, 404, 503),
            as_error=partial(as_error, form=form),
            error_media=MEDIA[form],
            key_parameter="api_key",
        )
        for form in FORMS
    )


OPERATIONS = (
    *_both("discovery", "discovery", "Open311: where the endpoint is, who runs it.", get_discovery, schema.InOpen311),
    *_both("services", "services", "Open311: what may be reported.", list_services, schema.InOpen311),
    *_both("service", "services/{service_code}", "Open311: what a service asks.", get_service, schema.InService),
    *_both(
        "add",
        "requests",
        "Open311: report a request as a form, with api_key; the answer has its id or a token.",
        add_request,
        schema.InOpen311,
        "POST",
    ),
    *_both(
        "requests",
        "requests",
        "Open311: public requests of up to 90 days, the newest first.",
        list_requests,
        schema.InRequests,
    ),
    *_both("request", "requests/{service_request_id}", "Open311: one public request.", get_request, schema.InRequest),
    *_both("token", "tokens/{token}", "Open311: the request that a token became.", read_token, schema.InToken),
    *_both(
        "updates",
        "servicerequestupdates",
        "Open311: steps of public requests in up to 90 days, oldest first (extension).",
        list_updates,
        schema.InUpdates,
    ),
    *_both(
        "add_update",
        "servicerequestupdates",
        "Open311: add something to a request, as FixMyStreet does; staff reads it (extension).",
        add_update,
        schema.InOpen311,
        "POST",
    ),
)

"""Actions on a case of the other side: asked here, decided by the owner's rules there, and the answer comes back.

Requests for one case are done in the order in which they were asked, each once, whatever the line does to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_cloud.access.model import Caller
from location_cloud.cases import service as cases
from location_cloud.cases.model import PEOPLE, Actor
from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.errors import BadQuery, CloudError, Conflict, Denied, Full, NotFound, NotReady, TooLarge
from location_cloud.federation import store_copies, store_queue, store_requests
from location_cloud.federation.contents import ASKABLE, URGE, AnswerContent, RequestContent, read_content
from location_cloud.federation.model import MOST_WAITING_REQUESTS, Kept, Message, Peer, Request
from location_cloud.federation.service import get_in
from location_cloud.storage.wake import wake_worker
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live


DEPARTMENT, AREA = "cases:department=", "cases:area="
"""As scopes of keys say what their callers are held to."""


def as_actor(caller: Caller, sent: Sent) -> Actor:
    """Who asks: the caller with the roles of its key, as of cases."""
    held = {
        prefix: tuple(sorted(scope.removeprefix(prefix) for scope in caller.scopes if scope.startswith(prefix)))
        for prefix in (DEPARTMENT, AREA)
    }
    roles = {role for role in PEOPLE if caller.may("cases:admin") or caller.may(f"cases:{role}")}
    roles |= {"department"} if held[DEPARTMENT] else set()
    return Actor(sent.who, sent.now, sent.request, sent.digest, frozenset(roles), held[DEPARTMENT], held[AREA])


# --- asked -------------------------------------------------------------------------------------------------------


def ask(
    world: World,
    tenant: str,
    name: str,
    case: int,
    action: str,
    said: Mapping[str, Any],
    actor: Actor,
    kept: Kept,
    version: int | None = None,
) -> tuple[Request, bool]:
    """The request as it waits for the peer's answer, and whether it is new; durable when this returns.

    version: of the case that it was made from; the owner refuses it if the case changed since. None = whichever.

    Raises NotFound for a case that is no copy, Denied without a role, TooLarge where too many wait, Unprocessable for a
    used request key.
    """
    if action not in ASKABLE:
        raise BadQuery(f"action {action} cannot be asked for", hint=f"those that can: {', '.join(ASKABLE)}")
    if not actor.roles:
        raise Denied("actions are asked for by who has a role", hint="keys carry cases:leader, cases:inspector, ...")
    with cases.writing(world.live) as connection:
        if actor.request and (found := store_requests.find_key(connection, tenant, actor.request)) is not None:
            check_repeated(f"request {found.id}", found.digest, actor)
            return found, False
        peer = get_in(connection, tenant, name, kept)
        copy = store_copies.find_copy(connection, tenant, peer.origin, "case", str(case)) if peer.origin else None
        if copy is None:
            raise NotFound(f"there is no copy of case {case} of {name}", hint=f"GET /v1/federation/{name}/cases")
        if version is not None:
            check_version(f"case {case}", int(copy.content["case"]["version"]), version)
        if store_requests.count_waiting(connection, tenant, name) >= MOST_WAITING_REQUESTS:
            raise TooLarge(f"{MOST_WAITING_REQUESTS:,} requests wait for {name}", hint="see why it does not answer")
        turn = store_requests.last_turn(connection, tenant, name, "out", case) + 1
        told = {"said": dict(said), "roles": sorted(actor.roles), "version": version}
        at = actor.now.timestamp()
        request = Request(name, "out", case, turn, action, told, actor.who, at, key=actor.request, digest=actor.digest)
        stored = store_requests.insert_request(connection, tenant, request)
        store_queue.mark(connection, tenant, name, "request", {f"{case}/{turn}": ""}, at)
    wake_worker(world.home)
    return stored, True


def list_requests(
    live: Live, tenant: str, name: str, way: str, case: int | None, state: str, after: int, limit: int
) -> list[Request]:
    """What was asked, ours ("out") or the peer's ("in"), by rising id."""
    with live.read() as connection:
        return store_requests.list_requests(connection, tenant, name, way, case, state, after, limit)


# --- decided -----------------------------------------------------------------------------------------------------


def take_request(world: World, tenant: str, peer: Peer, message: Message, now: datetime) -> tuple[str, str]:
    """Does what the peer asks, or refuses it, once and in turn; the answer is queued in the same transaction."""
    told = read_content(RequestContent, message.content)
    if f"{told.case}/{told.turn}" != message.object:
        raise BadQuery(f"it asks {told.case}/{told.turn}, not {message.object}")
    try:
        with cases.writing(world.live) as connection:
            if (early := _is_early(connection, tenant, peer, told)) is not None:
                return early
            answer = _do(world, connection, tenant, peer, told, now)
            _answer(connection, tenant, peer, told, "done", answer, now)
    except (NotReady, Full):
        raise
    except CloudError as error:  # what the step had written is undone; the refusal is written by itself
        refusal: dict[str, Any] = {"reason": error.detail, "hint": error.hint}
        refusal |= {name: error.extra[name] for name in ("stage", "version", "actions") if name in error.extra}
        with cases.writing(world.live) as connection:
            if (early := _is_early(connection, tenant, peer, told)) is not None:
                return early
            _answer(connection, tenant, peer, told, "refused", refusal, now)
    wake_worker(world.home)
    return "taken", ""


def _is_early(connection: Any, tenant: str, peer: Peer, told: RequestContent) -> tuple[str, str] | None:
    """What becomes of a request whose turn it is not; None = it is its turn."""
    last = store_requests.last_turn(connection, tenant, peer.name, "in", told.case)
    if told.turn <= last:
        return "taken", ""
    return ("later", f"request {last + 1} for case {told.case} goes before") if told.turn > last + 1 else None


def _do(world: World, connection: Any, tenant: str, peer: Peer, told: RequestContent, now: datetime) -> dict[str, Any]:
    if store_queue.find_waiting(connection, tenant, peer.name, "case", str(told.case)) is None:
        raise NotFound(f"there is no case {told.case} that {peer.name} was told of")
    if told.action not in ASKABLE:
        raise BadQuery(f"action {told.action[:20]!r} cannot be asked for")
    roles = frozenset(told.roles) & frozenset(peer.agreement.roles)
    if not roles:
        agreed = ", ".join(peer.agreement.roles) or "none"
        raise Denied(f"{peer.name} may not act as {', '.join(told.roles)[:100]}", hint=f"agreed roles: {agreed}")
    actor = Actor(f"{peer.name}:{told.who}"[:64], now, roles=roles, departments=peer.agreement.departments)
    before = cases.get_in(connection, tenant, told.case)
    if told.version is not None:
        check_version(f"case {told.case}", before.version, told.version)
    said = told.said.model_dump(exclude_none=True)
    action = told.action
    if action == URGE:
        action, said = "note", {**said, "text": f"urged: {said.get('text', '')}".rstrip(": ")}
    after = cases.take_step(world, connection, tenant, before, action, said, actor)
    return {"version": after.version, "stage": after.stage}


def _answer(
    connection: Any,
    tenant: str,
    peer: Peer,
    told: RequestContent,
    state: str,
    answer: Mapping[str, Any],
    now: datetime,
) -> None:
    at = now.timestamp()
    said = {"said": told.said.model_dump(exclude_none=True), "roles": list(told.roles), "version": told.version}
    who, action = told.who, told.action[:16]
    request = Request(peer.name, "in", told.case, told.turn, action, said, who, at, state, answer, at)
    store_requests.insert_request(connection, tenant, request)
    store_queue.mark(connection, tenant, peer.name, "answer", {f"{told.case}/{told.turn}": ""}, at)


def take_answer(world: World, tenant: str, peer: Peer, message: Message, now: datetime) -> tuple[str, str]:
    """Writes down what became of a request of ours, once."""
    told = read_content(AnswerContent, message.content)
    with cases.writing(world.live) as connection:
        request = store_requests.find_request(connection, tenant, peer.name, "out", told.case, told.turn)
        if request is None or f"{told.case}/{told.turn}" != message.object:
            raise Conflict(f"request {message.object} was not asked here")
        if request.state == "waiting":
            at = told.at if told.at is not None else now.timestamp()
            store_requests.answer_request(connection, tenant, request, told.state, told.answer, at)
    return "taken", ""

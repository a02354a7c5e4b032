"""The questions about cases: report one, act on it, correct it, look it up as it is or was, list them, find the same.

Every change is one transaction: the case, a line of its timeline, and a row for the work that ended with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_cloud.cases import store, store_listing
from location_cloud.cases.catalogue import COMPONENT
from location_cloud.cases.clocks import start_clock
from location_cloud.cases.fields import as_case, as_fields, changed_fields, replayed
from location_cloud.cases.flow import find_step, legal_actions, refused
from location_cloud.cases.model import MOST_OPEN, PEOPLE, Actor, Case, Chosen, Entry, Reporter, Similar
from location_cloud.cases.service_persons import keep_reporter
from location_cloud.cases.service_placing import local_day, place_at
from location_cloud.cases.service_routing import choose
from location_cloud.cases.service_settings import Terms, load_terms
from location_cloud.cases.service_stepping import case_limit, clocked, sent_to, stage_clock, stepped
from location_cloud.cases.stage_table import rows_of_step
from location_cloud.cases.store_components import find_component
from location_cloud.changes import check_repeated, check_version
from location_cloud.errors import BadQuery, Conflict, Denied, NotFound, TooLarge, Unprocessable
from location_cloud.spatial.bbox import around
from location_cloud.spatial.measure import distance_m
from location_cloud.storage.live import Live, next_version
from location_cloud.storage.wake import wake_worker
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SIMILAR = 20

CORRECTED = ("reported", "to_verify", "accepted")
"""Stages in which what was reported may be corrected."""


# --- reported ----------------------------------------------------------------------------------------------------


def add_case(world: World, tenant: str, said: Mapping[str, Any], actor: Actor) -> tuple[Case, bool]:
    """The case as stored, and whether it is new; durable when this returns.

    said: class, lonlat (WGS-84), source; perhaps description, address, source_id, component, severity, created (POSIX
    seconds), simulated, reporter (model.Reporter), incident. Sent again under the same Idempotency-Key, or by the same
    source under the same source_id, it gives the case that it made.

    Raises Unprocessable for a class, component or key that does not fit, Conflict for a source_id that said something
    else, Denied for a place outside the caller's areas, TooLarge over the ceiling.
    """
    with world.live.read() as connection:  # before it is placed: grids may be others than when it was sent first
        if (found := _sent_before(connection, tenant, actor, said)) is not None:
            return found, False
    case = place_case(world, tenant, said, actor)
    with writing(world.live) as connection:
        if (found := _sent_before(connection, tenant, actor, said)) is not None:
            return found, False
        stored = join_case(world, connection, tenant, case, actor, said.get("reporter"))
    wake_worker(world.home)
    return stored, True


def place_case(world: World, tenant: str, said: Mapping[str, Any], actor: Actor) -> Case:
    """The case that is said, checked and put into its grids, not stored. Raises as `add_case`."""
    with world.live.read() as connection:
        terms = load_terms(connection, tenant)
        component = _component(connection, tenant, said.get("component"))
    found = terms.get_class(said["class"])
    if not found.is_active:
        raise Unprocessable(f"class {found.code} is not reported any more", hint="GET /v1/classes lists them")
    if component is not None and (found.kind != COMPONENT or component.class_code != found.code):
        raise Unprocessable(
            f"component {component.id} is of class {component.class_code}, the case of {found.code}",
            hint="name a component of that class, or none",
        )
    now = actor.now.timestamp()
    created = said.get("created") or now
    if created > now + 300:
        raise BadQuery("it was reported in the future", hint="leave the time out: it is now")
    place = place_at(world, tenant, said["lonlat"], local_day(terms, created))
    case = Case(
        class_code=found.code,
        lonlat=(float(said["lonlat"][0]), float(said["lonlat"][1])),
        source=said.get("source", "inspector"),
        source_id=said.get("source_id", ""),
        description=said.get("description", ""),
        address=said.get("address", ""),
        severity=said.get("severity"),
        component=None if component is None else component.id,
        incident=said.get("incident"),
        created=created,
        stage_since=now,
        reporter=actor.who,
        is_simulated=said.get("simulated", False),
        attributes=said.get("attributes", {}),
        media_url=said.get("media_url", ""),
        band=said.get("band", ""),
        **vars(place),
    )
    if not actor.may_see(case) and not actor.is_department_only:
        raise Denied("that lies outside the areas of this key", hint=f"they are {', '.join(actor.areas)}")
    limit = case_limit(terms, case)
    case = replace(case, clock=start_clock(terms.calendar(limit[1]), created, *limit))
    return replace(case, stage_clock=stage_clock(terms, case, now))


def join_case(
    world: World, connection: Any, tenant: str, case: Case, actor: Actor, reporter: Reporter | None = None
) -> Case:
    """Stores a placed case within somebody's transaction (`writing`), who wakes the worker after it.

    Raises TooLarge over the ceiling.
    """
    if not store.has_room(connection, tenant, MOST_OPEN):
        raise TooLarge(f"{MOST_OPEN:,} cases are open; that is the most", hint="close those that are over")
    day = f"{local_day(load_terms(connection, tenant), case.created):%Y%m%d}"
    stored = store.insert_case(connection, tenant, case, day, actor.digest)
    role = "inspector" if case.source in ("inspector", "patrol") else case.source
    entry = _entry(stored, actor, role, "report", "", as_fields(stored))
    store.append_log(connection, tenant, entry, actor.request, actor.digest)
    if reporter is not None and reporter != Reporter():
        keep_reporter(world, connection, tenant, stored.id, reporter, actor.now.timestamp())
    return stored


# --- acted on ----------------------------------------------------------------------------------------------------


def act(
    world: World,
    tenant: str,
    case_id: int,
    action: str,
    said: Mapping[str, Any],
    actor: Actor,
    version: int | None = None,
) -> tuple[Case, bool]:
    """The case after the action, and whether it was done now; durable when this returns.

    said: perhaps text, role, department, post, assignee, into (case it is merged into), until (POSIX seconds), limit
    ("2 work_day"), passed, component. version: that it was made from, None = whichever is there.

    Raises Conflict, with what is legal now, for a step that is not, and if somebody was faster; Denied for another
    role's or department's; NotFound; Unprocessable for a used request key.
    """
    with writing(world.live) as connection:
        sent = store.find_request(connection, tenant, actor.request) if actor.request else None
        if sent is not None:
            check_repeated(f"case {sent[0].case}", sent[1], actor)
            return get_in(connection, tenant, sent[0].case, actor), False
        before = get_in(connection, tenant, case_id, actor)
        check_version(f"case {case_id}", before.version, version)
        stored = take_step(world, connection, tenant, before, action, said, actor)
    wake_worker(world.home)
    return stored, True


def take_step(
    world: World, connection: Any, tenant: str, before: Case, action: str, said: Mapping[str, Any], actor: Actor
) -> Case:
    """The case after an action within somebody's transaction (`writing`). Raises as `act`.

    Where a rule sends a case without a dispatcher, filing it dispatches it, too.
    """
    terms = load_terms(connection, tenant)
    now = actor.now.timestamp()
    case = _with_component(connection, tenant, terms, before, said)
    decided = choose(world, connection, tenant, terms, case, actor.now) if action in ("file", "dispatch") else None
    if decided is not None:
        case = replace(case, factor=decided.factor)
        case = sent_to(case, decided, said) if action == "dispatch" else case
    step, role = find_step(case, action, _roles(actor, said))
    if role == "department" and actor.departments and before.department not in actor.departments:
        raise Denied(
            f"case {before.id} is with department {before.department or 'none'}",
            hint=f"this key is of {', '.join(actor.departments)}",
        )
    after = stepped(case, step, role, said, actor)
    after = clocked(terms, case, after, step, said, now)
    told_more = _joined_by(connection, tenant, before, after, action, said, actor)
    stored = store.change_case(connection, tenant, replace(after, **told_more))
    fields = changed_fields(as_fields(before), as_fields(stored))
    fields |= {name: said[name] for name in ("text", "passed", "limit") if said.get(name) is not None}
    entry = _entry(stored, actor, role, action, before.stage, fields)
    store.append_log(connection, tenant, entry, actor.request, actor.digest)
    rows = rows_of_step(step, role, actor.who, before, stored, now)
    store.append_stages(connection, tenant, rows, terms.calendar().zone)
    if action == "file" and decided is not None and decided.is_automatic:
        clerk = replace(actor, who="rule", request="", digest="", roles=frozenset({"system"}), departments=(), areas=())
        return take_step(world, connection, tenant, stored, "dispatch", {}, clerk)
    return stored


def change_case(
    world: World, tenant: str, case_id: int, said: Mapping[str, Any], actor: Actor, version: int | None
) -> Case:
    """The case with what was reported corrected: class, lonlat, description, address, component, severity.

    Raises Conflict once it is filed or if somebody was faster, Denied for who is neither acceptor nor leader; else as
    `add_case`.
    """
    if actor.roles.isdisjoint(("acceptor", "leader")):
        raise Denied(
            "acceptors and leaders correct what was reported", hint="keys carry cases:acceptor or cases:leader"
        )
    told = {
        name: said[name]
        for name in ("class", "lonlat", "description", "address", "component", "severity")
        if name in said
    }
    first = get_case(world.live, tenant, case_id, actor)
    known = {"class": first.class_code, "lonlat": first.lonlat, "component": first.component, "created": first.created}
    placed = place_case(world, tenant, {**known, **told}, actor)
    with writing(world.live) as connection:
        before = get_in(connection, tenant, case_id, actor)
        check_version(f"case {case_id}", before.version, version if version is not None else first.version)
        if before.stage not in CORRECTED:
            raise refused(
                before, "change", f"what was reported is not corrected once it is {before.stage}", actor.roles
            )
        moved = ("cell", "unit_grid", "manage_grid", "village_grid", "area", "area_class", "lonlat", "clock")
        after = replace(
            before,
            class_code=placed.class_code,
            component=placed.component,
            **{name: getattr(placed, name) for name in moved},
            **{name: told[name] for name in ("description", "address", "severity") if name in told},
        )
        if after == before:
            return before
        stored = store.change_case(connection, tenant, after)
        fields = changed_fields(as_fields(before), as_fields(stored))
        role = next(role for role in ("acceptor", "leader") if role in actor.roles)
        store.append_log(connection, tenant, _entry(stored, actor, role, "change", before.stage, fields))
    wake_worker(world.home)
    return stored


# --- read --------------------------------------------------------------------------------------------------------


def get_case(live: Live, tenant: str, case_id: int, actor: Actor | None = None) -> Case:
    """The case. Raises NotFound if the tenant has none of that id, or the caller may not see it."""
    with live.read() as connection:
        return get_in(connection, tenant, case_id, actor)


def get_in(connection: Any, tenant: str, case_id: int, actor: Actor | None = None) -> Case:
    """The same in a transaction."""
    found = store.find_case(connection, tenant, case_id)
    if found is None or (actor is not None and not actor.may_see(found)):
        raise NotFound(f"there is no case {case_id}", hint="GET /v1/cases lists them")
    return found


def find_by_source(live: Live, tenant: str, source: str, source_id: str) -> Case | None:
    """The case that its source calls so."""
    with live.read() as connection:
        found = store.find_source(connection, tenant, source, source_id)
    return None if found is None else found[0]


def read_case(live: Live, tenant: str, case_id: int, actor: Actor, as_of: float | None = None) -> dict[str, Any]:
    """The case for answers, with what the caller may do now; as_of: as its timeline alone tells that it was then.

    Raises NotFound if there is none, or was none then.
    """
    with live.read() as connection:
        case = get_in(connection, tenant, case_id, actor)
        if as_of is None:
            return {**as_case(case, actor.now.timestamp()), "actions": legal_actions(case, actor.roles)}
        entries = store.list_log(connection, tenant, case_id, until=as_of)
    if not entries:
        raise NotFound(f"there was no case {case_id} then", hint="its timeline tells when it was reported")
    return {**replayed(entries, as_of), "actions": []}


def list_cases(
    live: Live,
    tenant: str,
    chosen: Chosen,
    after: int = 0,
    limit: int = 100,
    newest: bool = False,
    actor: Actor | None = None,
) -> list[Case]:
    """Cases by rising id, those after an id; with `newest` by falling id, those before it; those the actor may see."""
    with live.read() as connection:
        return store_listing.list_cases(connection, live, tenant, seen_by(chosen, actor), after, limit, newest)


def count_cases(live: Live, tenant: str, chosen: Chosen, most: int, actor: Actor | None = None) -> int:
    """How many cases are meant, counted no further than `most`."""
    with live.read() as connection:
        return store_listing.count_cases(connection, live, tenant, seen_by(chosen, actor), most)


def seen_by(chosen: Chosen, actor: Actor | None) -> Chosen:
    """What is meant, less what the caller may not see."""
    if actor is None:
        return chosen
    departments = actor.departments if actor.is_department_only else ()
    return replace(chosen, areas=actor.areas, departments=departments)


def list_log(live: Live, tenant: str, case_id: int, actor: Actor, after: int, limit: int) -> list[Entry]:
    """What happened to a case, oldest first. Raises NotFound if there is none."""
    with live.read() as connection:
        get_in(connection, tenant, case_id, actor)
        return store.list_log(connection, tenant, case_id, after, limit)


@dataclass(frozen=True)
class Events:
    """A page of what happened. live_version: up to which all of it is told."""

    entries: list[Entry]
    live_version: int


def list_events(live: Live, tenant: str, since: int, limit: int, actor: Actor | None = None) -> Events:
    """What happened to all cases that the actor may see after a live version, oldest first."""
    with live.read() as connection:
        entries = store.list_events(connection, tenant, since, limit)
        last = entries[-1].change if entries else since
        if actor is not None and (actor.areas or actor.is_department_only):
            cases = {each.id: each for each in store.list_by_id(connection, tenant, {each.case for each in entries})}
            entries = [each for each in entries if each.case in cases and actor.may_see(cases[each.case])]
    return Events(entries, last)


def find_similar(live: Live, tenant: str, case: Case, actor: Actor | None = None) -> list[Similar]:
    """Open cases that may be the same, the likeliest first: of the same component, or class and near.

    How near is the radius of the class.
    """
    with live.read() as connection:
        terms = load_terms(connection, tenant)
        known = terms.classes.get(case.class_code)
        radius_m = known.merge_radius_m if known is not None else 0.0
        near = Chosen(case.created, bbox=around(case.lonlat, radius_m), classes=(case.class_code,), is_open=True)
        found = store_listing.list_cases(connection, live, tenant, seen_by(near, actor), limit=500, newest=True)
        if case.component:
            same = Chosen(case.created, component=case.component, is_open=True)
            found += store_listing.list_cases(connection, live, tenant, seen_by(same, actor), limit=500, newest=True)
    return _ranked(case, found, radius_m)


# --- parts -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def writing(live: Live) -> Iterator[Any]:
    """A transaction that reads what all before it have written: on PostgreSQL, too, one change waits for the other."""
    with live.write() as connection:
        next_version(connection)
        yield connection


def system_actor(now: datetime, who: str = "clock") -> Actor:
    """The product itself as who acts."""
    return Actor(who, now, roles=frozenset({"system"}))


def _sent_before(connection: Any, tenant: str, actor: Actor, said: Mapping[str, Any]) -> Case | None:
    """The case that this request, or this source's number, made before. Raises Unprocessable, Conflict."""
    if actor.request and (sent := store.find_request(connection, tenant, actor.request)) is not None:
        check_repeated(f"case {sent[0].case}", sent[1], actor)
        return get_in(connection, tenant, sent[0].case)
    if not said.get("source_id"):
        return None
    found = store.find_source(connection, tenant, said["source"], said["source_id"])
    if found is None:
        return None
    case, digest = found
    if digest and actor.digest and digest != actor.digest:
        raise Conflict(
            f"{case.source} {case.source_id} is case {case.id}, which said something else",
            hint=f"GET /v1/cases/{case.id}, and act on it",
            case=case.id,
        )
    return case


def _component(connection: Any, tenant: str, code: str | None) -> Any:
    if not code:
        return None
    found = find_component(connection, tenant, code)
    if found is None or found.state == "removed":
        raise Unprocessable(f"there is no component {code}", hint="GET /v1/components?bbox= lists them")
    return found


def _with_component(connection: Any, tenant: str, terms: Terms, case: Case, said: Mapping[str, Any]) -> Case:
    """The case with the component that somebody names while acting on it."""
    component = _component(connection, tenant, said.get("component"))
    if component is None:
        return case
    if component.class_code != case.class_code:
        raise Unprocessable(
            f"component {component.id} is of class {component.class_code}, not {case.class_code}",
            hint="correct the class of the case first: PATCH /v1/cases/{id}",
        )
    return replace(case, component=component.id)


def _roles(actor: Actor, said: Mapping[str, Any]) -> frozenset[str]:
    """The roles that the action may be taken in. Raises Denied for one that the key does not carry."""
    role = said.get("role")
    if role is None:
        return actor.roles
    if role not in actor.roles:
        raise Denied(
            f"this key does not carry the role {role}", hint=f"it carries {', '.join(sorted(actor.roles)) or 'none'}"
        )
    return frozenset({role})


def _joined_by(
    connection: Any,
    tenant: str,
    before: Case,
    after: Case,
    action: str,
    said: Mapping[str, Any],
    actor: Actor,
) -> Mapping[str, Any]:
    """What merging, or taking it back, makes of the case; the other case is written, too."""
    if action == "merge":
        if said.get("into") is None:
            raise BadQuery(
                "into is missing: the case that it is merged into", hint=f"GET /v1/cases/{before.id}/similar"
            )
        other = get_in(connection, tenant, said["into"], actor)
        if other.id == before.id or not other.is_open:
            raise Conflict(
                f"case {other.id} is {'the same' if other.id == before.id else other.stage}",
                hint="merge into another one that is open",
            )
        _vote(connection, tenant, other, before.votes, {"merged": before.id}, actor)
        return {"parent": other.id}
    if action == "reopen" and before.stage == "merged" and before.parent is not None:
        other = get_in(connection, tenant, before.parent)
        _vote(connection, tenant, other, -before.votes, {"unmerged": before.id}, actor)
    return {}


def _vote(connection: Any, tenant: str, other: Case, votes: int, told: Mapping[str, Any], actor: Actor) -> None:
    """Counts reports of a merged case to the other one, and writes that into its timeline."""
    stored = store.change_case(connection, tenant, replace(other, votes=max(other.votes + votes, 1)))
    role = next((role for role in ("acceptor", "leader") if role in actor.roles), "system")
    fields = {"votes": stored.votes, **told}
    store.append_log(
        connection, tenant, _entry(stored, replace(actor, request=""), role, "merged", other.stage, fields)
    )


def _entry(case: Case, actor: Actor, role: str, action: str, stage_from: str, fields: Mapping[str, Any]) -> Entry:
    at = actor.now.timestamp()
    return Entry(0, case.id, case.version, case.change, at, actor.who, role, action, stage_from, case.stage, fields)


def _ranked(case: Case, found: Sequence[Case], radius_m: float) -> list[Similar]:
    others = {each.id: each for each in found if each.id != case.id}
    if not others:
        return []
    away = distance_m([case.lonlat] * len(others), [each.lonlat for each in others.values()])
    similar = [
        Similar(each, float(metres), bool(case.component) and each.component == case.component, radius_m)
        for each, metres in zip(others.values(), away, strict=True)
    ]
    near = (each for each in similar if each.is_same_component or each.distance_m <= radius_m)
    return sorted(near, key=lambda each: (not each.is_same_component, each.distance_m, each.case.id))[:MOST_SIMILAR]


ALL_ROLES = frozenset(PEOPLE)
"""What who may do everything carries."""

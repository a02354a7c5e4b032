"""What is sent to a peer: changes are found by the live version, queued once a thing, and told in their newest state.

The timeline of a case is written in the transaction of each change, and so is the log of a grid: they are the outbox.
What follows from them here may be done any number of times, and after any interruption.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeGuard
from zoneinfo import ZoneInfo

import orjson

from location_cloud.cases import service as cases
from location_cloud.cases import service_evaluation as evaluation
from location_cloud.cases import service_files, service_settings
from location_cloud.cases.evaluation_periods import parse_span
from location_cloud.cases.fields import as_entry, as_fields, as_file
from location_cloud.cases.model import Case
from location_cloud.errors import CloudError, NotFound
from location_cloud.federation import store, store_copies, store_queue, store_requests
from location_cloud.federation.model import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    MOST_BATCH_BYTES,
    MOST_ENTRIES,
    MOST_MESSAGE_BYTES,
    MOST_MESSAGES,
    Kept,
    Message,
    Peer,
    Result,
    Waiting,
)
from location_cloud.federation.service import get_in
from location_cloud.grids import service as grids
from location_cloud.grids.model import SCHEMES, Grid, Scheme
from location_cloud.spatial.geojson import as_geojson

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

AT_ONCE = 2000
"""Changes that are looked at in one go."""

INDICATORS_LATER_S = 60.0
"""Indicators of a month change with each case: they wait, so that one message tells of many."""

EVALUATED = ("village", "grid", "area")
MOST_ROWS = 5000
"""Of an evaluation in one message."""


# --- found and queued --------------------------------------------------------------------------------------------


def collect(live: Live, tenant: str, peer: Peer, kept: Kept, now: datetime) -> None:
    """Queues everything shared that changed since the last time; durable when this returns."""
    at = now.timestamp()
    is_more = True
    while is_more:  # what was seen stands in the store: the caller may have read the peer before its last exchange
        peer = _again(live, tenant, peer, kept)
        is_more = _collect_cases(live, tenant, peer, at) | _collect_grids(live, tenant, peer, at)
    if "classes" in peer.agreement.sends:
        _collect_classes(live, tenant, peer, at)


def _again(live: Live, tenant: str, peer: Peer, kept: Kept) -> Peer:
    with live.read() as connection:
        return get_in(connection, tenant, peer.name, kept)


def _collect_cases(live: Live, tenant: str, peer: Peer, at: float) -> bool:
    """Whether there may be more."""
    found = cases.list_events(live, tenant, peer.cases_seen, AT_ONCE)
    is_full = len(found.entries) >= AT_ONCE
    if is_full and found.entries[0].change == found.live_version:  # one change wrote more than that
        found = cases.list_events(live, tenant, peer.cases_seen, 10**9)
        is_full = False
    if not found.entries:
        return False
    # What one change wrote may be torn apart by the limit: its lines are read again with the next ones.
    seen = found.live_version - is_full
    ids = sorted({entry.case for entry in found.entries})
    with cases.writing(live) as connection:
        marks: dict[str, str] = {}
        if "cases" in peer.agreement.sends:
            known = store_queue.known_objects(connection, tenant, peer.name, "case", map(str, ids))
            for case_id in ids:
                if str(case_id) in known or is_shared(peer, cases.get_in(connection, tenant, case_id)):
                    marks[str(case_id)] = ""
        store_queue.mark(connection, tenant, peer.name, "case", marks, at)
        if "indicators" in peer.agreement.sends:
            zone = ZoneInfo(service_settings.load_terms(connection, tenant).calendar().zone)
            months = {f"{datetime.fromtimestamp(entry.at, UTC).astimezone(zone):%Y-%m}" for entry in found.entries}
            objects = {f"{scheme}/{month}": "" for scheme in EVALUATED for month in sorted(months)}
            store_queue.mark(connection, tenant, peer.name, "indicators", objects, at, at + INDICATORS_LATER_S)
        store.keep_seen(connection, tenant, peer.name, seen, _seen(connection, tenant, peer)[1])
    return is_full


def _collect_grids(live: Live, tenant: str, peer: Peer, at: float) -> bool:
    lines = grids.list_changes(live, tenant, peer.grids_seen, AT_ONCE)
    if not lines:
        return False
    wanted = {f"{line.scheme}/{line.code}" for line in lines if f"grids.{line.scheme}" in peer.agreement.sends}
    shared = {name for name in wanted if _is_shared_grid(live, tenant, peer, name)}
    with cases.writing(live) as connection:
        known = store_queue.known_objects(connection, tenant, peer.name, "grid", sorted(wanted))
        foreign = store_copies.copied_objects(connection, tenant, "grid", sorted(wanted))
        marks = dict.fromkeys(sorted((shared | known) - foreign), "")
        store_queue.mark(connection, tenant, peer.name, "grid", marks, at)
        store.keep_seen(
            connection, tenant, peer.name, _seen(connection, tenant, peer)[0], max(line.change for line in lines)
        )
    return len(lines) >= AT_ONCE


def _collect_classes(live: Live, tenant: str, peer: Peer, at: float) -> None:
    """Classes have no log: what each said when it was queued last is kept as a digest."""
    own = {each.name: each.content for each in service_settings.list_settings(live, tenant, service_settings.CLASS)}
    digests = {name: _digest(content) for name, content in own.items()}
    with live.read() as connection:
        queued = {each.object: each.digest for each in store_queue.list_objects(connection, tenant, peer.name, "class")}
        foreign = store_copies.copied_objects(connection, tenant, "class", own)
    changed = {name: digest for name, digest in digests.items() if queued.get(name) != digest and name not in foreign}
    changed |= {name: "" for name, digest in queued.items() if digest and name not in own}
    if changed:
        with cases.writing(live) as connection:
            store_queue.mark(connection, tenant, peer.name, "class", changed, at)


def _seen(connection: Any, tenant: str, peer: Peer) -> tuple[int, int]:
    return store.find_seen(connection, tenant, peer.name)


def is_shared(peer: Peer, case: Case) -> bool:
    """Whether a case lies where it is agreed that the peer sees cases, or is with one of its departments."""
    agreed = peer.agreement
    if case.department and case.department in agreed.departments:
        return True
    if agreed.departments and not agreed.areas:
        return False
    return not agreed.areas or any(case.area.startswith(area) for area in agreed.areas)


def _is_shared_grid(live: Live, tenant: str, peer: Peer, name: str) -> bool:
    scheme, _, code = name.partition("/")
    spans = grids.list_spans(live, tenant, scheme, code) if is_scheme(scheme) else []
    areas = peer.agreement.areas
    return bool(spans) and (not areas or any(spans[-1].area_code.startswith(area) for area in areas))


def is_scheme(name: str) -> TypeGuard[Scheme]:
    """Whether a word names a scheme of grids."""
    return name in SCHEMES


# --- told --------------------------------------------------------------------------------------------------------


def offer(
    live: Live,
    tenant: str,
    peer: Peer,
    now: datetime,
    most: int = MOST_MESSAGES,
    most_bytes: int = MOST_BATCH_BYTES,
) -> list[Message]:
    """The next messages for a peer, the oldest first: as many as fit, one at least.

    What cannot be told any more, or is larger than a message may be, becomes a dead letter.
    """
    with live.read() as connection:
        due = store_queue.list_due(connection, tenant, peer.name, now.timestamp(), 0, most)
    found: list[Message] = []
    size = 0
    for row in due:
        try:
            message = as_message(live, tenant, peer, row, now)
        except CloudError as error:
            _bury(live, tenant, row, error.detail)
            continue
        cost = len(orjson.dumps(message.as_plain()))
        if cost > MOST_MESSAGE_BYTES:
            _bury(live, tenant, row, f"it takes {cost:,} bytes; a message has up to {MOST_MESSAGE_BYTES:,}")
            continue
        if found and size + cost > most_bytes:
            break
        found.append(message)
        size += cost
    return found


def as_message(
    live: Live, tenant: str, peer: Peer, row: Waiting, now: datetime, most_entries: int = MOST_ENTRIES
) -> Message:
    """The newest state of a thing in the queue. Raises NotFound if it is gone."""
    if row.kind == "case":
        return _case_message(live, tenant, row, now, most_entries)
    if row.kind == "grid":
        return Message(row.kind, row.object, row.number, _grid_content(live, tenant, row.object))
    if row.kind == "class":
        own = service_settings.find_setting(live, tenant, service_settings.CLASS, row.object)
        return Message(row.kind, row.object, row.number, {"class": None if own is None else dict(own.content)})
    if row.kind == "indicators":
        return Message(row.kind, row.object, row.number, _indicators(live, tenant, peer, row.object, now))
    return Message(row.kind, row.object, row.number, _asked(live, tenant, row))


def _case_message(live: Live, tenant: str, row: Waiting, now: datetime, most_entries: int) -> Message:
    """The case with the lines of its timeline that the peer has not got."""
    nobody = cases.system_actor(now)
    entries = cases.list_log(live, tenant, int(row.object), nobody, row.known, most_entries + 1)
    case = cases.get_case(live, tenant, int(row.object))  # read after its timeline: it has happened, all that is told
    more, entries = len(entries) > most_entries, entries[:most_entries]
    content = {
        "case": case_content(case),
        "files": [file_content(as_file(each)) for each in service_files.list_files(live, tenant, case.id, nobody)],
        "entries": [entry_content(as_entry(entry)) for entry in entries],
    }
    through = entries[-1].number if entries else row.known
    return Message("case", row.object, row.number, content, through, more)


def case_content(case: Case) -> dict[str, Any]:
    """What a peer is told of a case: all but who reported it."""
    return {"id": case.id, "version": case.version, **as_fields(case)}


def entry_content(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a peer is told of a line of a timeline."""
    return {name: value for name, value in told.items() if name not in ("case", "live_version")}


def file_content(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a peer is told of a photo or paper; its bytes go by their digest."""
    names = ("id", "name", "media_type", "size", "sha256", "uploaded_at", "who", "stage", "lonlat", "taken_at")
    return {name: told[name] for name in names}


def _grid_content(live: Live, tenant: str, name: str) -> dict[str, Any]:
    scheme, _, code = name.partition("/")
    spans = grids.list_spans(live, tenant, scheme, code) if is_scheme(scheme) else []
    if not spans:
        raise NotFound(f"grid {name} is gone")
    return {"scheme": scheme, "code": code, "spans": [span_content(each) for each in spans]}


def span_content(grid: Grid) -> dict[str, Any]:
    """What a peer is told of a grid in a span of days."""
    return {
        "valid_from": grid.valid_from.isoformat(),
        "valid_to": None if grid.valid_to is None else grid.valid_to.isoformat(),
        "name": grid.name,
        "area_code": grid.area_code,
        "parent": grid.parent,
        "households": grid.households,
        "land_use": grid.land_use,
        "management_class": grid.management_class,
        "responsible": [dict(each) for each in grid.responsible],
        "note": grid.note,
        "geometry": as_geojson(grid.geometry),
    }


def _indicators(live: Live, tenant: str, peer: Peer, name: str, now: datetime) -> dict[str, Any]:
    scheme, _, period = name.partition("/")
    span = parse_span(period, None, None, now.date())
    asked = evaluation.Asked(scheme, span, level="village" if scheme == "area" else "", areas=peer.agreement.areas)
    found = evaluation.evaluate(live, tenant, asked, 0, MOST_ROWS)
    rows = [
        {
            "key": row.key,
            "name": row.name,
            "cases": row.cases,
            "score": _rounded(row.score),
            "rank": row.rank,
            "values": {each: _rounded(value) for each, value in row.values.items()},
            "counts": {each: int(count) for each, count in row.counts.items() if count},
        }
        for row in found.rows
    ]
    return {"scheme": scheme, "period": period, "rows": rows, "groups": found.groups}


def _asked(live: Live, tenant: str, row: Waiting) -> dict[str, Any]:
    """What is asked of the peer, or what became of what it asked."""
    case, _, turn = row.object.partition("/")
    way = "out" if row.kind == "request" else "in"
    with live.read() as connection:
        found = store_requests.find_request(connection, tenant, row.peer, way, int(case), int(turn))
    if found is None:
        raise NotFound(f"{row.kind} {row.object} is gone")
    told: dict[str, Any] = {"case": found.case, "turn": found.turn}
    if way == "out":
        return {**told, "action": found.action, **found.said, "who": found.who, "at": found.at}
    return {**told, "state": found.state, "answer": dict(found.answer), "at": found.answered}


# --- settled -----------------------------------------------------------------------------------------------------


def settle(live: Live, tenant: str, peer: Peer, results: Iterable[Result], now: datetime, chance: float) -> int:
    """Takes down what the peer says became of messages; how many it took. chance: 0 to 1, by which waits differ."""
    taken, results = 0, list(results)
    if not results:
        return 0
    with cases.writing(live) as connection:
        for result in results:
            row = store_queue.find_waiting(connection, tenant, peer.name, result.kind, result.object)
            if row is None or row.state != "waiting" or result.number > row.number:
                continue
            if result.fate == "taken":
                taken += 1
                is_all = result.number == row.number and not result.more
                state = {"state": "done"} if is_all else {}
                known = max(row.known, result.through)
                store_queue.settle(connection, tenant, row, known=known, attempts=0, next_at=0.0, reason="", **state)
            elif result.number < row.number:
                continue  # of an older state: the newer one is yet to be judged
            elif result.fate == "later":
                wait = waiting_s(row.attempts, chance)
                told = {"attempts": row.attempts + 1, "next_at": now.timestamp() + wait, "reason": result.reason[:500]}
                store_queue.settle(connection, tenant, row, **told)
            else:
                store_queue.settle(connection, tenant, row, state="dead", reason=result.reason[:500])
    return taken


def waiting_s(failures: int, chance: float) -> float:
    """Seconds until the next attempt: twice as long after each failure, between half of that and all of it.

    chance: 0 to 1. Source: "equal jitter", M. Brooker, Exponential Backoff And Jitter, 2015.
    """
    longest = min(FIRST_WAIT_S * 2.0 ** min(failures, 20), LONGEST_WAIT_S)
    return longest * (0.5 + 0.5 * chance)


def _bury(live: Live, tenant: str, row: Waiting, reason: str) -> None:
    with cases.writing(live) as connection:
        now = store_queue.find_waiting(connection, tenant, row.peer, row.kind, row.object)
        if now is not None and now.number == row.number:
            store_queue.settle(connection, tenant, row, state="dead", reason=reason[:500])


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)

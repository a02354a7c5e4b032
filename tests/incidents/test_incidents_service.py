"""Incidents from the report to the end, the same on SQLite and PostGIS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import pytest

from location_cloud.changes import Sent
from location_cloud.errors import Conflict
from location_cloud.incidents import service
from location_cloud.incidents.model import Chosen
from tests.directions.live_home import ABC, key

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def world(city, live):
    """The drawn city with each kind of store."""
    return replace(city.world, live=live)


@pytest.fixture
def closure(city):
    return {"kind": "closure", "roads": (key(city, ABC),), "ends_at": NOON + timedelta(hours=1)}


def add(world, said, request=""):
    digest = blake2b(repr(said).encode(), digest_size=16).hexdigest()
    return service.add_incident(world, "a", said, Sent("me", NOON, request, digest))


def shutting(world):
    with world.live.read() as connection:
        return [(each.id, each.version) for each in service.shutting(connection, "a")]


def test_an_incident_is_added_changed_and_removed(world, closure):
    incident, is_new = add(world, closure)
    assert is_new
    assert shutting(world) == [(incident.id, 1)]
    changed = service.change_incident(world, "a", "you", incident.id, 1, {"severity": "major"}, NOON)
    assert shutting(world) == [(incident.id, 2)]
    service.remove_incident(world, "a", "you", incident.id, changed.version, NOON)
    assert shutting(world) == []
    log = service.list_log(world.live, "a", incident.id, 0, 10)
    assert [(entry.action, entry.who, entry.version) for entry in log] == [
        ("added", "me", 1),
        ("changed", "you", 2),
        ("deleted", "you", 2),
    ]
    assert [entry.change for entry in log] == sorted({entry.change for entry in log})


def test_the_fields_of_the_log_fold_into_the_incident_as_it_is(world, closure):
    incident, _ = add(world, closure)
    for number, said in enumerate([{"severity": "major"}, {"lanes_total": 3, "lanes_closed": 1}, {"ends_at": None}], 1):
        service.change_incident(world, "a", "me", incident.id, number, said, NOON)
    folded = {}
    for entry in service.list_log(world.live, "a", incident.id, 0, 10):
        folded |= entry.fields
    assert folded == service.as_fields(service.get_incident(world.live, "a", incident.id))


def test_of_two_who_change_the_same_version_one_is_told(world, closure):
    incident, _ = add(world, closure)

    def change(severity):
        try:
            return service.change_incident(world, "a", severity, incident.id, 1, {"severity": severity}, NOON).severity
        except Conflict as error:
            return error.status

    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(change, ["minor", "major"]))
    stored = service.get_incident(world.live, "a", incident.id)
    assert found == {409, stored.severity}
    assert stored.version == 2


def test_a_report_sent_by_many_at_once_under_one_key_is_added_once(world, closure):
    def send(_):
        try:
            return add(world, closure, "call-1")[0].id
        except Conflict:
            return None

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(send, range(8))) - {None}
    assert len(ids) == 1
    assert len(service.list_incidents(world.live, "a", Chosen())) == 1


def test_what_is_over_is_cleared_for_every_tenant(world, closure):
    for tenant in ("a", "b"):
        service.add_incident(world, tenant, closure, Sent("me", NOON))
    assert service.expire(world, NOON) == 0
    assert service.expire(world, NOON + timedelta(hours=1)) == 2
    assert service.expire(world, NOON + timedelta(hours=1)) == 0
    assert shutting(world) == []
    (entry,) = service.list_log(world.live, "b", 2, 1, 10)[-1:]
    assert (entry.action, entry.fields) == ("expired", {"status": "cleared", "effect": "none"})


def test_a_repetition_is_known_though_it_could_not_be_placed_any_more(world, closure, monkeypatch):
    first, _ = add(world, closure, "key")
    monkeypatch.setattr(service, "MOST_EDGES", 0)
    again, is_new = add(world, closure, "key")
    assert (again.id, is_new) == (first.id, False)

"""Incidents that were over long ago are forgotten, the same on SQLite and PostGIS."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from location_cloud.changes import Sent
from location_cloud.errors import NotFound
from location_cloud.incidents import service
from location_cloud.incidents.model import Chosen
from location_cloud.incidents.service_keeping import forget
from tests.directions.live_home import ABC, key

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=31)


@pytest.fixture
def world(city, live):
    return replace(city.world, live=live)


@pytest.fixture
def add(world, city):
    def add(tenant="a", **said):
        closure = {"kind": "closure", "roads": (key(city, ABC),), **said}
        return service.add_incident(world, tenant, closure, Sent("me", NOON))[0].id

    return add


def is_known(world, incident, tenant="a"):
    try:
        return bool(service.list_log(world.live, tenant, incident, 0, 9))
    except NotFound:
        return False


def test_what_is_over_is_forgotten_with_its_log(world, add):
    first, other = add(status="cleared"), add(tenant="b", status="cancelled")
    assert forget(world.live, 30, LATER) == 2
    assert service.list_incidents(world.live, "a", Chosen()) == []
    assert not is_known(world, first)
    assert not is_known(world, other, "b")


def test_what_is_not_over_stays_however_old(world, add):
    incident = add(ends_at=LATER + timedelta(days=300))
    assert forget(world.live, 30, LATER) == 0
    assert is_known(world, incident)


def test_what_was_over_lately_stays(world, add):
    incident = add()
    service.change_incident(world, "a", "me", incident, 1, {"status": "cleared"}, LATER - timedelta(days=1))
    assert forget(world.live, 30, LATER) == 0
    assert is_known(world, incident)


def test_the_log_of_what_was_deleted_is_forgotten_as_well(world, add):
    incident = add()
    service.remove_incident(world, "a", "me", incident, 1, NOON)
    assert forget(world.live, 30, NOON + timedelta(days=29)) == 0
    assert forget(world.live, 30, LATER) == 1
    assert not is_known(world, incident)


def test_many_are_forgotten_in_several_steps(world, add, monkeypatch):
    monkeypatch.setattr("location_cloud.incidents.service_keeping.AT_ONCE", 2)
    for _ in range(5):
        add(status="cleared")
    assert forget(world.live, 30, LATER) == 5

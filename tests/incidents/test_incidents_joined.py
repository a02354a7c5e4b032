"""Other slices in the transaction of an incident: all of it is stored, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from location_cloud.changes import Sent
from location_cloud.errors import Conflict, NotFound
from location_cloud.incidents import service
from location_cloud.incidents.model import Chosen
from tests.directions.live_home import ABC, City, key

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Desk:
    """Adds incidents to a city whose other slices join in."""

    def __init__(self, city: City, *hooks) -> None:
        self.city, self.world = city, replace(city.world, on_incident=hooks)

    def add(self, **said):
        told = {"kind": "closure", "roads": (key(self.city, ABC),), **said}
        return service.add_incident(self.world, "default", told, Sent("me", NOON))[0]

    def list_all(self):
        return service.list_incidents(self.city.live, "default", Chosen())


def test_a_slice_that_joins_sees_each_change_before_it_is_committed(city):
    seen = []
    desk = Desk(city, lambda world, connection, tenant, change: seen.append((tenant, change)))
    incident = desk.add()
    changed = service.change_incident(desk.world, "default", "me", incident.id, 1, {"severity": "major"}, NOON)
    service.remove_incident(desk.world, "default", "me", incident.id, 2, NOON)
    assert [change.action for _, change in seen] == ["added", "changed", "deleted"]
    assert seen[1][1].before == incident
    assert seen[1][1].after == changed
    assert {tenant for tenant, _ in seen} == {"default"}


def test_what_a_slice_raises_undoes_the_incident(city):
    def refuse(world, connection, tenant, change):
        raise Conflict("no grid cell there")

    desk = Desk(city, refuse)
    with pytest.raises(Conflict):
        desk.add()
    assert desk.list_all() == []
    with pytest.raises(NotFound):
        service.list_log(city.live, "default", 1, 0, 10)


def test_what_a_slice_writes_is_undone_with_the_incident(city):
    written = []

    def write(world, connection, tenant, change):
        other = replace(change.incident, description="a case of another slice")
        written.append(service.store.insert_incident(connection, tenant, other, NOON))

    def refuse(world, connection, tenant, change):
        raise Conflict("no")

    with pytest.raises(Conflict):
        Desk(city, write, refuse).add()
    assert written
    assert Desk(city).list_all() == []
    Desk(city, write).add()
    assert len(Desk(city).list_all()) == 2


def test_an_incident_that_ends_by_the_clock_is_told_too(city):
    seen = []
    desk = Desk(city, lambda world, connection, tenant, change: seen.append(change.action))
    desk.add(ends_at=NOON.replace(hour=13))
    service.expire(desk.world, NOON.replace(hour=14))
    assert seen == ["added", "expired"]


def test_one_incident_that_a_slice_holds_open_does_not_hold_the_others(city):
    def refuse(world, connection, tenant, change):
        if change.action == "expired" and change.incident.id == 1:
            raise Conflict("its case is open")

    desk = Desk(city, refuse)
    for _ in range(2):
        desk.add(ends_at=NOON.replace(hour=13))
    service.expire(desk.world, NOON.replace(hour=14))
    assert [incident.status for incident in desk.list_all()] == ["confirmed", "cleared"]

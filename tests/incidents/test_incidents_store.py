"""Incidents and their log in the live store, the same on SQLite and PostGIS."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from sqlalchemy import event

from location_cloud.errors import Conflict, NotFound
from location_cloud.incidents import store
from location_cloud.incidents.model import OPEN, SHUTS, SLOWS, Change, Chosen, Incident
from location_cloud.spatial.bbox import Bbox

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = shapely.Point(125.1, 46.6)
CLOSURE = Incident("closure", HERE, NOON, edges=("1:0:f", "1:0:b"), edge_count=2, road_names=("世纪大道",))


def add(live, incident=CLOSURE, tenant="a", now=NOON):
    with live.write() as connection:
        return store.insert_incident(connection, tenant, incident, now)


def change(live, incident, tenant="a", **fields):
    with live.write() as connection:
        return store.change_incident(connection, tenant, replace(incident, **fields), NOON)


def state(live, effect=SHUTS, tenant="a"):
    with live.read() as connection:
        return store.effective_state(connection, tenant, effect)


def listed(live, tenant="a", **chosen):
    with live.read() as connection:
        return [each.id for each in store.list_incidents(connection, live, tenant, Chosen(**chosen))]


def test_a_stored_incident_comes_back_as_it_was(live):
    told = replace(
        CLOSURE,
        ends_at=NOON + timedelta(microseconds=1),
        lanes_total=2,
        lanes_closed=1,
        profiles=("car",),
        heading_deg=90.5,
        is_simulated=True,
        description="爆管",
    )
    stored = add(live, told)
    with live.read() as connection:
        assert store.find_incident(connection, "a", stored.id) == stored
    marks = {"id": stored.id, "change": stored.change, "created_at": NOON, "updated_at": NOON}
    assert stored == replace(told, **marks)


def test_a_change_made_from_an_old_version_is_a_conflict(live):
    first = add(live)
    assert change(live, first, severity="major").version == 2
    with pytest.raises(Conflict):
        change(live, first, severity="minor")
    with live.write() as connection, pytest.raises(Conflict):
        store.delete_incident(connection, "a", first.id, 1)
    with pytest.raises(NotFound):
        change(live, first, tenant="b")


def test_what_shuts_and_what_slows_are_told_apart(live):
    shut, slow = add(live), add(live, replace(CLOSURE, kind="hazard"))
    add(live, replace(CLOSURE, status="reported"))
    with live.read() as connection:
        found = [[each.id for each in store.list_effective(connection, "a", effect)] for effect in (SHUTS, SLOWS)]
    assert found == [[shut.id], [slow.id]]


def test_every_change_of_what_shuts_gives_another_state(live):
    seen = [state(live)]
    one, other = add(live), add(live)
    seen.append(state(live))
    one = change(live, one, status="cleared")
    seen.append(state(live))
    one = change(live, one, status="confirmed")
    seen.append(state(live))
    change(live, other, status="cleared")
    seen.append(state(live))
    with live.write() as connection:
        store.delete_incident(connection, "a", one.id, one.version)
    seen.append(state(live))
    assert len(set(seen[:-1])) == len(seen) - 1
    assert seen[-1] == seen[0]


def test_what_shuts_nothing_leaves_the_state_alone(live):
    before = state(live)
    add(live, replace(CLOSURE, kind="hazard"))
    add(live, tenant="b")
    assert state(live) == before


def test_incidents_are_found_by_box_kind_status_and_window(live):
    west = add(live).id
    east = add(live, replace(CLOSURE, kind="hazard", geometry=shapely.Point(126, 46.6), ends_at=NOON + timedelta(1))).id
    assert listed(live) == [west, east]
    assert listed(live, bbox=Bbox(125, 46, 125.5, 47)) == [west]
    assert listed(live, kinds=("hazard", "event")) == [east]
    assert listed(live, statuses=("cleared",)) == []
    assert listed(live, ends_after=NOON + timedelta(2)) == [west]
    assert listed(live, begins_before=NOON) == []
    assert listed(live, tenant="b") == []


def test_incidents_over_are_found_for_all_tenants_the_longest_over_first(live):
    for tenant, hours in (("a", 2), ("b", 1), ("c", 3)):
        add(live, replace(CLOSURE, ends_at=NOON + timedelta(hours=hours)), tenant)
    add(live, replace(CLOSURE, ends_at=NOON, status="cleared"))
    with live.read() as connection:
        found = store.list_over(connection, NOON + timedelta(hours=2), 10)
    assert [tenant for tenant, _ in found] == ["b", "a"]


def test_who_follows_sees_what_changed_and_what_was_removed(live):
    kept, gone = add(live), add(live)
    since = gone.change
    change(live, kept, severity="major")
    with live.write() as connection:
        at = store.delete_incident(connection, "a", gone.id, 1)
        store.append_log(connection, "a", Change("deleted", gone, None, "me", NOON), at, {})
    with live.read() as connection:
        assert [each.id for each in store.list_changed(connection, "a", since)] == [kept.id]
        assert store.list_removed(connection, "a", since) == [gone.id]
        assert store.list_removed(connection, "b", since) == []


def test_the_log_is_read_in_order_by_its_tenant_alone(live):
    incident = add(live)
    with live.write() as connection:
        for number in range(3):
            done = Change("changed", incident, incident, "me", NOON)
            store.append_log(connection, "a", done, incident.change, {"severity": number})
    with live.read() as connection:
        first = store.list_log(connection, "a", incident.id, 0, 2)
        rest = store.list_log(connection, "a", incident.id, first[-1].number, 2)
        assert [each.fields["severity"] for each in first + rest] == [0, 1, 2]
        assert store.list_log(connection, "b", incident.id, 0, 9) == []
        assert store.list_events(connection, "b", 0, 9) == []


def test_a_senders_key_is_its_tenants(live):
    incident = add(live)
    with live.write() as connection:
        store.append_log(connection, "a", Change("added", None, incident, "me", NOON), 1, {}, "key", "digest")
    with live.read() as connection:
        assert store.find_request(connection, "a", "key") == (incident.id, "digest")
        assert store.find_request(connection, "b", "key") is None


def test_what_is_open_is_found_without_reading_what_is_over(live, tmp_path):
    if live.dialect != "sqlite":
        pytest.skip("PostgreSQL plans by what is in the table")
    asked = []
    with live.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        store.list_incidents(connection, live, "a", Chosen(statuses=OPEN))
        store.measure_open(connection, "a")
    with sqlite3.connect(tmp_path / "live.sqlite") as connection:
        plans = [connection.execute(f"EXPLAIN QUERY PLAN {text}", values).fetchall() for text, values in asked[-2:]]
    assert all("incidents_status" in str(plan) for plan in plans), plans

"""The tables of dispatch, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from location_cloud.dispatch import store
from location_cloud.dispatch import store_emergencies as rows
from location_cloud.dispatch.model import Assignment, Emergency, Entry, Hospital, Shift, Unit
from location_cloud.errors import Conflict, NotFound
from location_cloud.spatial.bbox import Bbox

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNIT = Unit("a", skills=("als",), shifts=(Shift((1,), 0, 60),), told_lonlat=(1.0, 2.0), told_at=NOON)
EMERGENCY = Emergency("120", (125.1, 46.6), NOON, needs=("als",))


def test_a_unit_comes_back_as_it_was_stored(live):
    with live.write() as connection:
        stored = store.insert_unit(connection, "a", UNIT, NOON)
    with live.read() as connection:
        assert store.find_unit(connection, "a", "a") == stored
        assert store.find_unit(connection, "b", "a") is None


def test_a_unit_is_written_over_its_version_only(live):
    with live.write() as connection:
        stored = store.insert_unit(connection, "a", UNIT, NOON)
        changed = store.change_unit(connection, "a", replace(stored, status="on_scene"), NOON)
    assert changed.version == 2
    with pytest.raises(Conflict), live.write() as connection:
        store.change_unit(connection, "a", stored, NOON)
    with pytest.raises(NotFound), live.write() as connection:
        store.change_unit(connection, "b", changed, NOON)


def test_two_units_of_one_name_are_refused_but_not_of_two_tenants(live):
    with live.write() as connection:
        store.insert_unit(connection, "a", UNIT, NOON)
        store.insert_unit(connection, "b", UNIT, NOON)
    with pytest.raises(Conflict), live.write() as connection:
        store.insert_unit(connection, "a", UNIT, NOON)


def test_a_hospital_comes_back_as_it_was_stored(live):
    with live.write() as connection:
        stored = store.insert_hospital(connection, "a", Hospital("h", (1.0, 2.0), free=3), NOON)
    with live.read() as connection:
        assert store.list_hospitals(connection, "a") == [stored]


def test_an_emergency_comes_back_as_it_was_stored(live):
    with live.write() as connection:
        stored = rows.insert_emergency(connection, "a", EMERGENCY, NOON)
    with live.read() as connection:
        assert rows.find_emergency(connection, "a", stored.id) == stored
        assert rows.find_emergency(connection, "b", stored.id) is None


def test_emergencies_are_found_by_place_and_time(live):
    with live.write() as connection:
        for lon, minutes in ((125.1, 0), (125.2, 0), (125.1, 90)):
            opened_at = NOON + timedelta(minutes=minutes)
            rows.insert_emergency(connection, "a", replace(EMERGENCY, lonlat=(lon, 46.6), opened_at=opened_at), NOON)
    box, hour = Bbox(125.05, 46.5, 125.15, 46.7), timedelta(hours=1)
    with live.read() as connection:
        assert [each.id for each in rows.list_near(connection, "a", box, NOON - hour, NOON + hour, 10)] == [1]
        assert rows.list_near(connection, "b", box, NOON - hour, NOON + hour, 10) == []


def test_an_assignments_drive_is_known_when_it_ended(live):
    times = {"en_route": NOON, "on_scene": NOON + timedelta(seconds=90)}
    with live.write() as connection:
        going = rows.insert_assignment(connection, "a", Assignment(1, "u", "on_scene", times, predicted_s=60.0))
        assert rows.list_driven(connection, "a", 10) == []
        over = rows.change_assignment(connection, "a", replace(going, status="released"))
        assert rows.list_driven(connection, "a", 10) == [(60.0, 90.0)]
        assert rows.list_assignments(connection, "a", 1) == [over]


def test_patients_on_the_way_are_counted_by_hospital(live):
    with live.write() as connection:
        for hospital, status in (("h", "transporting"), ("h", "released"), ("", "transporting")):
            rows.insert_assignment(connection, "a", Assignment(1, "u", status, {}, hospital))
        assert rows.count_inbound(connection, "a") == {"h": 1}


def test_a_request_is_written_once(live):
    entry = Entry(0, 1, 1, NOON, "me", "dispatcher", "note", {"text": "x"})
    with live.write() as connection:
        number = rows.append_log(connection, "a", entry, "k", "d")
        assert rows.find_request(connection, "a", "k") == (replace(entry, number=number), "d")
        assert rows.find_request(connection, "b", "k") is None
    with pytest.raises(Conflict), live.write() as connection:
        rows.append_log(connection, "a", entry, "k", "d")

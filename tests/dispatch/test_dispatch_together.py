"""Many desks and crews at once: every unit goes to one emergency, every step counts, on each database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace

from location_cloud.callers.model import Kept
from location_cloud.dispatch import service_emergencies as service
from location_cloud.dispatch import store
from location_cloud.dispatch import store_emergencies as rows
from location_cloud.dispatch.model import Unit
from location_cloud.dispatch.service_emergencies import Writer
from location_cloud.errors import Conflict
from location_cloud.secrecy import Secrecy

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DESK = Writer("desk", NOON)


def open_one(live):
    said = {"category": "119", "lonlat": (125.1, 46.6)}
    world = SimpleNamespace(live=live, home=None, overlay={"callers": Kept(Secrecy((bytes(32),)))})
    return service.open_emergency(world, "a", said, None, DESK)[0].id


def add_units(live, count):
    with live.write() as connection:
        for number in range(count):
            store.insert_unit(connection, "a", Unit(f"u{number}"), NOON)


def at_once(ask, questions):
    def answer(question):
        try:
            return ask(question)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(answer, questions))


def test_a_unit_that_several_desks_send_at_once_goes_to_one_emergency(live):
    add_units(live, 1)
    ids = [open_one(live) for _ in range(8)]
    sent = at_once(lambda each: service.assign_unit(live, "a", each, "u0", None, DESK), ids)
    assert sum(not isinstance(each, Conflict) for each in sent) == 1
    with live.read() as connection:
        assert sum(len(rows.list_assignments(connection, "a", each)) for each in ids) == 1


def test_steps_of_several_units_at_once_are_all_in_the_log(live):
    add_units(live, 8)
    emergency = open_one(live)
    names = [f"u{number}" for number in range(8)]
    at_once(lambda name: service.assign_unit(live, "a", emergency, name, None, DESK), names)
    found = at_once(lambda name: service.step_assignment(live, "a", emergency, name, "en_route", 1, DESK), names)
    assert not any(isinstance(each, Conflict) for each in found)
    with live.read() as connection:
        log = rows.list_log(connection, "a", emergency)
    assert [entry.version for entry in log] == list(range(1, 18))


def test_one_request_sent_many_times_at_once_is_done_once(live):
    add_units(live, 1)
    emergency, writer = open_one(live), Writer("desk", NOON, "k-1")
    sent = at_once(lambda _: service.assign_unit(live, "a", emergency, "u0", None, writer), range(8))
    assert sorted(is_new for _, is_new in sent) == [False] * 7 + [True]
    assert len({assignment.id for assignment, _ in sent}) == 1

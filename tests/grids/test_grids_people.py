from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
import shapely

from location_cloud.changes import Sent
from location_cloud.errors import Conflict, NotFound, NotReady, Unprocessable
from location_cloud.grids import service, store_people
from location_cloud.grids import service_people as people
from location_cloud.grids.model import NewGrid
from location_cloud.grids.model_people import NewPerson
from location_cloud.grids.overlay import Kept
from location_cloud.secrecy import Secrecy

NEW_YEAR, MAY, JUNE = date(2026, 1, 1), date(2026, 5, 1), date(2026, 6, 1)
SENT = Sent("desk", datetime(2026, 11, 1, tzinfo=UTC), digest="d")
CODE = "230602001001001"
CHIEF = NewPerson("网格长", "张三", "第一网格队", "138 0000 1234")
HAND = NewPerson("网格员", "李四", phone="13900005678")


@pytest.fixture
def world(live):
    service.add_grid(live, "ours", "unit", NewGrid(CODE, shapely.box(125.1, 46.6, 125.101, 46.601)), NEW_YEAR, SENT)
    return SimpleNamespace(live=live, overlay={"grids": Kept(Secrecy((b"k" * 32,)), None)})


def put(world, told, version=None, day=NEW_YEAR, sent=SENT, tenant="ours"):
    return people.set_people(world, tenant, "unit", CODE, version, told, day, sent)[0]


def names(found):
    return [each.name for each in found.people]


def test_who_answers_is_told_by_date(world):
    put(world, [CHIEF], 0)
    put(world, [HAND], 1, MAY)
    assert names(people.get_people(world, "ours", "unit", CODE, date(2026, 4, 30))) == ["张三"]
    assert names(people.get_people(world, "ours", "unit", CODE, MAY)) == ["李四"]
    history = people.get_people(world, "ours", "unit", CODE, None).people
    assert [(each.valid_from, each.valid_to) for each in history] == [(NEW_YEAR, MAY), (MAY, None)]


def test_who_stays_keeps_their_first_day(world):
    put(world, [CHIEF, HAND])
    found = put(world, [CHIEF], 1, MAY)
    assert [(each.name, each.valid_from) for each in found.people] == [("张三", NEW_YEAR)]


def test_a_slip_of_the_same_day_leaves_no_trace_in_the_history(world):
    put(world, [CHIEF])
    put(world, [HAND], 1)
    assert names(people.get_people(world, "ours", "unit", CODE, None)) == ["李四"]


def test_days_that_were_are_not_told_anew(world):
    put(world, [CHIEF], day=MAY)
    with pytest.raises(Conflict, match="2026-05-01 already"):
        put(world, [HAND], 1, NEW_YEAR)


def test_a_change_from_an_old_version_is_refused(world):
    put(world, [CHIEF], 0)
    with pytest.raises(Conflict) as refused:
        put(world, [HAND], 0, MAY)
    assert refused.value.extra["version"] == 1
    assert put(world, [], 1, MAY).version == 2


def test_phones_are_masked_and_nothing_personal_lies_in_the_store(world):
    shown = put(world, [CHIEF]).people[0]
    assert shown.phone == "138****1234"
    with world.live.read() as connection:
        (row,) = store_people.list_people(connection, "ours", "unit", CODE)
    kept = row.name + (row.phone or b"")
    assert "张三".encode() not in kept
    assert b"1234" not in kept


def test_reading_in_clear_is_written_down(world):
    put(world, [CHIEF])
    assert people.get_in_clear(world, "ours", "unit", CODE, MAY, SENT).people[0].phone == "138 0000 1234"
    (read,) = people.list_reads(world.live, "ours", "unit", CODE, 0, 10)
    assert (read.who, read.at) == ("desk", SENT.now.timestamp())


def test_phones_of_who_left_are_forgotten_and_names_stay(world):
    put(world, [CHIEF, HAND])
    put(world, [HAND], 1, MAY)
    assert people.forget_phones(world.live, date(2026, 4, 30)) == 0
    assert people.forget_phones(world.live, MAY) == 1
    found = people.get_in_clear(world, "ours", "unit", CODE, None, SENT).people
    assert [(each.name, each.phone) for each in found] == [("张三", ""), ("李四", "13900005678")]


def test_what_is_sent_twice_is_done_once(world):
    sent = replace(SENT, request="k1")
    assert put(world, [CHIEF], 0, sent=sent) == put(world, [CHIEF], 0, sent=sent)
    with pytest.raises(Unprocessable):
        put(world, [HAND], 1, MAY, sent=replace(sent, digest="other"))


def test_who_answers_for_a_point_is_found_with_its_grid(world):
    put(world, [CHIEF])
    grid, found = people.who_answers(world, "ours", "unit", (125.1005, 46.6005), MAY)
    assert (grid.code, names(found)) == (CODE, ["张三"])
    assert people.who_answers(world, "ours", "unit", (125.2, 46.6005), MAY) is None


def test_another_tenant_has_no_part_in_it(world):
    put(world, [CHIEF])
    with pytest.raises(NotFound):
        people.get_people(world, "theirs", "unit", CODE, MAY)
    with pytest.raises(NotFound):
        put(world, [HAND], tenant="theirs")


def test_a_row_that_was_moved_to_another_grid_does_not_open(world):
    other = "230602001001002"
    service.add_grid(
        world.live, "ours", "unit", NewGrid(other, shapely.box(125.2, 46.6, 125.201, 46.601)), NEW_YEAR, SENT
    )
    put(world, [CHIEF])
    with world.live.write() as connection:
        c = store_people.PEOPLE.c
        connection.execute(store_people.PEOPLE.update().where(c.tenant == "ours").values(code=other))
    with pytest.raises(NotReady, match="changed or moved"):
        people.get_people(world, "ours", "unit", other, MAY)

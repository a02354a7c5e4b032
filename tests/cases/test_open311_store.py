"""The store of Open311 on each database: every question finds what looking at all cases does."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from location_cloud.cases import store, store_open311, store_tokens
from location_cloud.cases.model import OVER, Case, Entry
from location_cloud.cases.model_open311 import MOST_REQUESTS, Wanted
from location_cloud.cases.store_tokens import Row
from location_cloud.spatial.bbox import Bbox

T, NOW = "t1", 1_790_000_000.0
CLASSES = ("E0101", "E0112", "V0107")


@pytest.fixture
def many(live):
    rng = random.Random(3)
    with live.write() as connection:
        found = []
        for number in range(200):
            stage = rng.choice(("reported", "handling", "closed"))
            at = NOW - rng.randrange(200) * 86_400.0
            place = (round(rng.uniform(125, 125.2), 5), round(rng.uniform(46.5, 46.7), 5))
            case = Case(rng.choice(CLASSES), place, stage=stage, created=at, stage_since=at)
            found.append(store.insert_case(connection, T, case, "20260101"))
            store.insert_case(connection, "t2", case, "20260101")
            entry = Entry(0, found[-1].id, 1, number + 1, NOW + number, "k", "citizen", "report", "", stage, {})
            store.append_log(connection, T, entry)
            store.append_log(connection, T, replace(entry, action="note", stage_from=stage))
        return found


def ask(live, tenant=T, **more):
    with live.read() as connection:
        wanted = Wanted(**{"first": 0.0, "last": NOW + 1, **more})
        return [case.id for case in store_open311.list_requests(connection, live, tenant, wanted)]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({}, lambda _: True),
        ({"first": NOW - 40 * 86_400}, lambda case: case.created >= NOW - 40 * 86_400),
        ({"last": NOW - 40 * 86_400}, lambda case: case.created < NOW - 40 * 86_400),
        ({"hidden": ("V0107",)}, lambda case: case.class_code != "V0107"),
        ({"classes": ("E0101",)}, lambda case: case.class_code == "E0101"),
        ({"is_open": True}, lambda case: case.stage not in OVER),
        ({"is_open": False, "classes": ("E0112",)}, lambda case: (case.stage, case.class_code) == ("closed", "E0112")),
        (
            {"bbox": Bbox(125.05, 46.5, 125.1, 46.6)},
            lambda case: 125.05 <= case.lonlat[0] <= 125.1 and case.lonlat[1] <= 46.6,
        ),
    ],
)
def test_every_question_finds_what_looking_at_all_does_newest_first(live, many, more, rule):
    newest = sorted(many, key=lambda case: (-case.created, -case.id))
    expected = [case.id for case in newest if rule(case)]
    assert expected
    assert ask(live, **more) == expected
    pages = [ask(live, **more, limit=30, offset=offset) for offset in range(0, MOST_REQUESTS, 30)]
    assert [each for page in pages for each in page] == expected


def test_ids_count_alone_and_those_of_others_are_not_there(live, many):
    assert ask(live, ids=(many[0].id, many[1].id, 10**6), first=NOW, classes=("X",)) == [
        case.id for case in sorted(many[:2], key=lambda case: (-case.created, -case.id))
    ]
    assert not set(ask(live, "t2")) & {case.id for case in many}


def test_updates_of_a_time_are_those_of_all_times_that_lie_in_it(live, many):
    def updates(first, last, **more):
        with live.read() as connection:
            wanted = Wanted(first, last, **more)
            return [step.case for step in store_open311.list_updates(connection, T, first, last, wanted)]

    assert updates(NOW, NOW + 1000) == [case.id for case in many]
    for first, last in ((NOW + 50, NOW + 60), (NOW - 5, NOW + 1), (NOW + 199, NOW + 500), (NOW + 300, NOW + 400)):
        assert updates(first, last) == [case.id for number, case in enumerate(many) if first <= NOW + number < last]
    shown = [case.id for case in many if case.class_code != "V0107"]
    assert updates(NOW, NOW + 1000, hidden=("V0107",), limit=10, offset=5) == shown[5:15]


def test_the_last_line_about_a_case_tells_when_it_changed(live, many):
    with live.read() as connection:
        assert store_open311.last_changes(connection, T, [many[7].id]) == {many[7].id: NOW + 7}
        assert store_open311.last_changes(connection, T, []) == {}
        steps = store_open311.list_steps(connection, T, [many[7].id])
    assert [(step.action, step.at) for step in steps] == [("report", NOW + 7)]


def test_tokens_wait_until_they_have_a_case(live):
    with live.write() as connection:
        rows = [Row(0, f"{number:032x}", NOW, "k", "E0112", None, None, b"sealed") for number in range(3)]
        ids = [store_tokens.insert_token(connection, T, row, f"r{row.token[-1]}") for row in rows]
        store_tokens.set_case(connection, T, ids[1], 5)
    with live.read() as connection:
        assert [row.id for row in store_tokens.list_waiting(connection, T, 0, 10)] == [ids[0], ids[2]]
        assert store_tokens.list_waiting(connection, T, ids[2], 10) == []
        assert store_tokens.count_waiting(connection, T) == 2
        found = store_tokens.find_token(connection, T, rows[1].token)
        assert (found.case, found.private) == (5, b"")
        assert store_tokens.find_token(connection, "t2", rows[1].token) is None
        assert store_tokens.find_token_of_request(connection, T, "r2").id == ids[2]


def test_reports_are_counted_for_a_key_and_a_day(live):
    with live.write() as connection:
        counts = [
            store_tokens.count_one(connection, T, who, day) for who, day in (("a", 1), ("a", 1), ("b", 1), ("a", 2))
        ]
        assert counts == [1, 2, 1, 1]
        assert store_tokens.delete_tokens_before(connection, 2 * 86_400.0, 100) == 2
        assert store_tokens.count_one(connection, T, "a", 2) == 2

"""The store of cases on each database: every way to ask finds what looking at all does; nobody's work is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from location_cloud.app import utc_now
from location_cloud.cases import service, service_clock, store, store_listing
from location_cloud.cases.flow import STEPS, legal_actions
from location_cloud.cases.limits import Limit
from location_cloud.cases.model import OVER, PEOPLE, STAGES, Actor, Case, Chosen, Clock
from location_cloud.errors import Conflict, NotFound, NotReady
from location_cloud.grids.store import MIGRATIONS as GRIDS
from location_cloud.spatial.bbox import Bbox

T, NOW = "t1", 1_790_000_000.0
EVERYBODY = frozenset(PEOPLE)


class Bare:
    """A world of nothing but a live store: no areas are known."""

    def __init__(self, live, home):
        self.live, self.home, self.overlay = live, home, None
        self.weather_tellers = ()

    def section(self, _):
        raise NotReady("none")


@pytest.fixture
def world(live, tmp_path):
    live.migrate({"grids": GRIDS, "cases": store.MIGRATIONS})
    return Bare(live, tmp_path)


def a_case(chance, number):
    stage = STAGES[chance.integers(len(STAGES))]
    due = NOW + float(chance.integers(-100, 100)) * 3600
    return Case(
        class_code=("E0101", "E0112", "0118")[chance.integers(3)],
        lonlat=(float(125.0 + chance.random() * 0.2), float(46.5 + chance.random() * 0.2)),
        stage=stage,
        role=None if stage in OVER else "leader",
        source=("inspector", "citizen")[chance.integers(2)],
        unit_grid=f"23060200100{chance.integers(3)}001",
        area=("230602", "230602001", "230602001002", "osm:r5")[chance.integers(4)],
        department=("roads", "parks", "")[chance.integers(3)],
        created=NOW - 1e6 + number,
        stage_since=NOW,
        suspended_since=NOW - 7200 if stage == "suspended" else None,
        clock=Clock(Limit(10, "hour"), NOW, due, due - 7200),
    )


@pytest.fixture
def many(live):
    chance = np.random.default_rng(8)
    with live.write() as connection:
        return [store.insert_case(connection, T, a_case(chance, number), "20260101") for number in range(300)]


def is_late(case):
    at = case.suspended_since if case.stage == "suspended" else NOW
    return case.due < at


ASKED = {
    "all": (Chosen(NOW), lambda case: True),
    "stage": (Chosen(NOW, stages=("handling",)), lambda case: case.stage == "handling"),
    "stages": (Chosen(NOW, stages=("handling", "closed")), lambda case: case.stage in ("handling", "closed")),
    "open stages": (Chosen(NOW, stages=("filed", "to_check")), lambda case: case.stage in ("filed", "to_check")),
    "open": (Chosen(NOW, is_open=True), lambda case: case.is_open),
    "over": (Chosen(NOW, is_open=False), lambda case: not case.is_open),
    "overdue": (Chosen(NOW, overdue=True), lambda case: case.is_open and is_late(case)),
    "lamp": (
        Chosen(NOW, lamp="red", area="230602"),
        lambda case: case.is_open and is_late(case) and case.area[:6] == "230602",
    ),
    "grid": (Chosen(NOW, grid="230602001001001"), lambda case: case.unit_grid == "230602001001001"),
    "district": (Chosen(NOW, area="230602"), lambda case: case.area.startswith("230602")),
    "town": (Chosen(NOW, area="230602001"), lambda case: case.area.startswith("230602001")),
    "village": (Chosen(NOW, area="230602001002"), lambda case: case.area == "230602001002"),
    "city": (Chosen(NOW, area="2306", is_open=True), lambda case: case.is_open and case.area.startswith("2306")),
    "area": (Chosen(NOW, area="osm:r5"), lambda case: case.area == "osm:r5"),
    "class": (Chosen(NOW, classes=("E0101", "0118")), lambda case: case.class_code in ("E0101", "0118")),
    "department": (
        Chosen(NOW, department="roads", stages=("dispatched", "handling")),
        lambda case: case.department == "roads" and case.stage in ("dispatched", "handling"),
    ),
    "held to": (
        Chosen(NOW, areas=("230602001",), departments=("roads", "parks")),
        lambda case: case.area.startswith("230602001") and case.department in ("roads", "parks"),
    ),
    "role": (Chosen(NOW, role="leader"), lambda case: case.is_open),
    "source": (Chosen(NOW, source="citizen"), lambda case: case.source == "citizen"),
    "time": (
        Chosen(NOW, created_from=NOW - 1e6 + 50, created_until=NOW - 1e6 + 90),
        lambda case: 50 <= case.created - NOW + 1e6 < 90,
    ),
    "box": (
        Chosen(NOW, bbox=Bbox(125.0, 46.5, 125.1, 46.6)),
        lambda case: case.lonlat[0] <= 125.1 and case.lonlat[1] <= 46.6,
    ),
}


@pytest.mark.parametrize("few", [4000, 1], ids=["by the spatial index", "by walking"])
def test_a_list_is_what_looking_at_all_of_them_finds(live, many, few, monkeypatch):
    monkeypatch.setattr(store_listing, "BOX_FEW", few)
    for name, (chosen, is_meant) in ASKED.items():
        expected = [case.id for case in many if is_meant(case)]
        assert expected, name
        with live.read() as connection:
            assert [
                case.id for case in store_listing.list_cases(connection, live, T, chosen, limit=1000)
            ] == expected, name
            assert store_listing.count_cases(connection, live, T, chosen, 1000) == len(expected), name
            pages, after = [], 0
            while page := store_listing.list_cases(connection, live, T, chosen, after, limit=17):
                pages += [case.id for case in page]
                after = pages[-1]
            assert pages == expected, name
            newest = store_listing.list_cases(connection, live, T, chosen, limit=5, newest=True)
            assert [case.id for case in newest] == expected[::-1][:5], name
            assert store_listing.list_cases(connection, live, "other", chosen) == []


def test_a_case_comes_back_as_it_was_stored(live, many):
    with live.read() as connection:
        found = store.find_case(connection, T, many[0].id)
    assert replace(found, change=0) == replace(many[0], change=0)


def an_actor(who="x", now=None):
    return Actor(who, now or utc_now(), roles=EVERYBODY)


SAID = {"class": "E0112", "lonlat": (125.1, 46.6), "source": "inspector"}


def test_of_many_who_act_at_once_one_wins_each_step_and_no_history_is_impossible(world):
    cases = [service.add_case(world, T, SAID, an_actor())[0].id for _ in range(2)]
    legal = {(step.stage, step.action, step.to) for step in STEPS}
    told = {"department": "roads", "into": cases[0], "limit": "1 hour"}
    done, broken = [], []

    def work(seed):
        chance = np.random.default_rng(seed)
        for _ in range(25):
            case = cases[chance.integers(2)]
            try:
                before = service.get_case(world.live, T, case)
                actions = sorted(set(legal_actions(before, EVERYBODY)) - {"merge", "void", "reject"})
                action = actions[chance.integers(len(actions))]
                done.append(service.act(world, T, case, action, told, an_actor(f"w{seed}"), before.version)[0])
            except (Conflict, NotReady):  # somebody was faster, or is still at it: nothing was done
                pass
            except Exception as error:  # told below: a thread's error is lost otherwise
                broken.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    with world.live.read() as connection:
        for case in cases:
            entries = store.list_log(connection, T, case)
            assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
            assert len(entries) - 1 == sum(1 for each in done if each.id == case)
            for before, entry in pairwise(entries):
                assert entry.stage_from == before.stage_to
                assert (entry.stage_from, entry.action, entry.stage_to) in legal
            assert store.find_case(connection, T, case).stage == entries[-1].stage_to


def test_work_done_is_written_once_with_what_it_counts_as(world):
    case = service.add_case(world, T, {**SAID, "source": "citizen"}, an_actor("portal"))[0].id
    for action in (
        "accept",
        "file",
        "dispatch",
        "return",
        "dispatch",
        "accept",
        "finish",
        "request_check",
        "check",
        "close",
    ):
        service.act(world, T, case, action, {"department": "roads"}, an_actor(action))
    with world.live.read() as connection:
        rows = store.list_stages(connection, T, case)
    sums = {name: sum(row[name] for row in rows) for name in store.COUNTERS}
    assert {name: count for name, count in sums.items() if count} == {
        "reported": 1,
        "valid_report": 1,
        "to_file": 1,
        "filed": 1,
        "filed_on_time": 1,
        "to_dispatch": 2,
        "dispatched_on_time": 2,
        "dispatched_rightly": 1,
        "returned": 1,
        "to_handle": 1,
        "handled": 1,
        "handled_on_time": 1,
        "to_check": 1,
        "checked_on_time": 1,
        "should_close": 1,
        "closed": 1,
        "closed_on_time": 1,
        "citizen": 1,
    }
    assert {row["who"] for row in rows if row["reported"]} == {"portal"}
    assert {row["department"] for row in rows if row["handled"] or row["returned"] or row["to_dispatch"]} == {"roads"}


@pytest.mark.parametrize("looks", [0, 2])
def test_what_should_be_closed_and_is_not_is_counted_once_by_its_month(world, looks):
    long_ago = utc_now().replace(year=2025)
    case = service.add_case(world, T, SAID, an_actor(now=long_ago))[0].id
    for action in ("accept", "file"):
        service.act(world, T, case, action, {}, an_actor(now=long_ago))
    for _ in range(looks):
        service_clock.count_overdue(world.live, utc_now())
    for action in ("dispatch", "accept", "finish", "request_check", "check", "close"):
        service.act(world, T, case, action, {"department": "roads"}, an_actor())
    with world.live.read() as connection:
        rows = store.list_stages(connection, T, case)
    year = "2025" if looks else str(utc_now().year)  # of its deadline; of its end where nobody looked before
    assert [row["period"][:4] for row in rows if row["should_close"]] == [year]
    assert sum(row["overdue"] for row in rows) == sum(row["closed"] for row in rows) == 1
    assert sum(row["closed_on_time"] for row in rows) == 0


def test_a_suspension_ends_by_itself(world):
    case = service.add_case(world, T, SAID, an_actor())[0].id
    until = utc_now().timestamp() + 100
    for action in ("accept", "file", "dispatch", "accept", "suspend"):
        found, _ = service.act(world, T, case, action, {"department": "roads", "until": until}, an_actor())
    assert found.stage == "suspended"
    later = utc_now().fromtimestamp(until + 1, utc_now().tzinfo)
    assert service_clock.resume_due(world, utc_now()) == 0
    assert service_clock.resume_due(world, later) == 1
    assert service.get_case(world.live, T, case).stage == "handling"


def test_lamps_that_turn_are_shown_to_followers(live, many):
    late = [case for case in many if case.is_open and case.stage != "suspended" and NOW <= case.due < NOW + 7200]
    version = live.version()
    service_clock.turn_lamps(live, *(utc_now().fromtimestamp(at, utc_now().tzinfo) for at in (NOW, NOW + 7200)))
    with live.read() as connection:
        changed = {case.id for case in store.list_changed(connection, T, version, 1000)}
    assert {case.id for case in late} <= changed


def test_nobody_acts_on_another_tenants_case(world):
    case = service.add_case(world, T, SAID, an_actor())[0].id
    with pytest.raises(NotFound):
        service.act(world, "other", case, "accept", {}, an_actor())


def test_a_home_without_the_key_takes_cases_all_the_same(world, tmp_path: Path):
    assert service.add_case(world, T, SAID, an_actor())[1]

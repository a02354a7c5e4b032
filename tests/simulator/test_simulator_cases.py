"""Simulated cases: marked, in office hours, worked on by the rules of the case engine, and the same ones for a seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely

from location_cloud.app import create_app
from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.cases import service, store
from location_cloud.cases.catalogue import load_classes
from location_cloud.cases.flow import STEPS
from location_cloud.cases.model import Chosen
from location_cloud.cases.service_settings import read_terms
from location_cloud.errors import BadInput
from location_cloud.grids import service as grids
from location_cloud.settings import Settings
from location_cloud.simulator.case_demand import SOURCES, draw_arrivals
from location_cloud.simulator.case_grounds import find_towns, lay_squares, unite_towns
from location_cloud.simulator.service_cases import CaseWish, simulate_cases
from tests.conftest import copy_home

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY, NOW = date(2026, 3, 2), datetime(2026, 4, 1, tzinfo=UTC).timestamp()
WISH = CaseWish(days=9, a_day=14.0, seed=3, first=MONDAY, area="230602", side_m=600.0)
EVENTS = [each for each in load_classes().values() if each.kind == "event"]


def arrivals(first=MONDAY, days=28, a_day=300.0, seed=1):
    households, is_rural = np.array([100.0, 100.0, 10.0]), np.array([False, True, False])
    return draw_arrivals(EVENTS, households, is_rural, first, days, a_day, ZONE, seed)


@pytest.fixture(scope="module")
def world(demo_home, tmp_path_factory):
    app = create_app(Settings(home=copy_home(demo_home, tmp_path_factory.mktemp("simulated")), log="off"))
    yield app.extensions["location_cloud"].worlds.current()
    app.extensions["location_cloud"].close()


@pytest.fixture(scope="module")
def made(world):
    return simulate_cases(world, WISH, NOW, lambda _: None)


@pytest.fixture(scope="module")
def found(world, made):
    return service.list_cases(world.live, WISH.tenant, Chosen(NOW), limit=10_000)


def test_equal_seeds_give_equal_cases_and_others_do_not():
    one, same, other = arrivals(), arrivals(), arrivals(seed=2)
    assert one.code == same.code
    assert np.array_equal(one.time_s, same.time_s)
    assert not np.array_equal(one.time_s[:1000], other.time_s[:1000])


def test_inspectors_report_by_day_and_less_at_weekends():
    came = arrivals()
    mine = np.array(came.source) == "inspector"
    at = [datetime.fromtimestamp(each, ZONE) for each in came.time_s[mine]]
    assert all(7 <= each.hour < 19 for each in at)
    by_day = Counter(each.weekday() for each in at)
    assert by_day[5] + by_day[6] < 0.5 * (by_day[0] + by_day[1])


def test_most_come_where_most_live_and_of_the_classes_of_that_place():
    came = arrivals()
    count = np.bincount(came.grid, minlength=3)
    assert count[2] < 0.6 * count[:2].max()
    setting = {each.code: each.setting for each in EVENTS}
    assert {setting[code] for code, grid in zip(came.code, came.grid) if grid == 1} <= {"rural", "both"}
    assert {setting[code] for code, grid in zip(came.code, came.grid) if grid != 1} <= {"urban", "both"}


def test_snow_lies_on_roads_in_winter_alone():
    slippery = ("E0111", "V0304")
    assert any(code in slippery for code in arrivals(date(2026, 1, 1)).code)
    assert not any(code in slippery for code in arrivals(date(2026, 7, 1)).code)


def test_weekdays_have_about_as_many_cases_as_wished():
    came = arrivals(days=5, a_day=400.0)
    assert 0.9 * 2000 < len(came) < 1.1 * 2000
    assert set(came.source) == set(SOURCES)


def test_squares_lie_in_their_district_and_none_upon_another(world):
    towns = find_towns(world.section(AREAS), "230622", 1)
    squares = lay_squares(towns, 400.0, 1)
    shapes = np.array([each.geometry for each in squares], object)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), rel=1e-9)
    assert shapely.covered_by(shapes, towns[0].district.buffer(1e-9)).all()
    assert len({each.code for each in squares}) == len(squares)
    assert all(each.code.startswith(each.parent) for each in squares)
    assert all(each.note == "simulated" for each in [*squares, *unite_towns(squares)])


def test_an_area_without_towns_is_refused(world):
    with pytest.raises(BadInput, match="no towns"):
        find_towns(world.section(AREAS), "999999", 1)


def test_every_case_says_that_it_is_simulated_and_lies_in_a_grid(made, found):
    assert made.cases == len(found) > 60
    assert all(case.is_simulated and case.description.startswith("[simulated") for case in found)
    assert all(case.unit_grid and case.area == "230602" for case in found)


def test_every_step_is_one_of_the_flow_and_later_than_the_last(world, found):
    legal = {(step.stage, step.action) for step in STEPS}
    with world.live.read() as connection:
        logs = [store.list_log(connection, WISH.tenant, case.id) for case in found[:40]]
    for entries in logs:
        assert all((entry.stage_from, entry.action) in legal for entry in entries if entry.action != "report")
        times = [entry.at for entry in entries]
        assert times == sorted(times)


def test_some_are_late_some_done_again_and_most_closed(made, found):
    closed = [case for case in found if case.stage == "closed"]
    handled = [case for case in closed if case.filed is not None]
    assert len(closed) > 0.4 * len(found)
    assert 0.03 < np.mean([case.closed > case.due for case in handled]) < 0.6
    assert {"rework", "self_handle", "reject", "request_verify"} <= set(made.actions)


def test_nothing_happens_after_the_last_day(found):
    end = datetime(2026, 3, 11, tzinfo=ZONE).timestamp()
    assert max(case.stage_since for case in found) < end
    assert min(case.created for case in found) >= datetime(2026, 3, 2, tzinfo=ZONE).timestamp()


def test_departments_work_in_office_hours(world, found):
    calendar = read_terms(world.live, WISH.tenant).calendar()
    with world.live.read() as connection:
        logs = [entry for case in found[:40] for entry in store.list_log(connection, WISH.tenant, case.id)]
    days = [case for case in found if case.clock is not None and case.clock.limit.unit != "hour"]
    ids = {case.id for case in days}
    files = [entry.at for entry in logs if entry.action == "file" and entry.case in ids]
    assert files
    openings = calendar.openings(min(files), max(files) + 1)
    assert (np.diff(openings.total_s(np.sort(np.array(files)))) > 0).all()


def test_the_same_again_is_refused(world, made):
    with pytest.raises(BadInput, match="already"):
        simulate_cases(world, WISH, NOW, lambda _: None)


def test_a_tenant_with_real_cases_is_refused(world):
    said = {"class": "E0112", "lonlat": (125.1, 46.59), "source": "inspector"}
    service.add_case(world, "real", said, service.system_actor(datetime.fromtimestamp(NOW, UTC)))
    with pytest.raises(BadInput, match="real cases"):
        simulate_cases(world, replace(WISH, tenant="real"), NOW, lambda _: None)


@pytest.mark.parametrize("more", [{"days": 0}, {"a_day": 0.0}, {"side_m": 5.0}, {"first": date(2026, 3, 30)}])
def test_a_wish_out_of_range_is_refused(world, more):
    with pytest.raises(BadInput):
        simulate_cases(world, replace(WISH, tenant="other", **more), NOW, lambda _: None)


def test_equal_seeds_give_equal_histories(world, found):
    again = replace(WISH, tenant="again", days=1)
    once = replace(WISH, tenant="once", days=1)
    for wish in (again, once):
        simulate_cases(world, wish, NOW, lambda _: None)
    histories = [
        [(case.class_code, case.lonlat, case.stage, case.stage_since) for case in list_of(world, wish.tenant)]
        for wish in (again, once)
    ]
    assert histories[0] == histories[1]


def list_of(world, tenant):
    return service.list_cases(world.live, tenant, Chosen(NOW), limit=10_000)


def test_grids_that_are_there_are_used(world, made):
    before = grids.list_grids(world.live, WISH.tenant, "unit", MONDAY)
    more = simulate_cases(world, replace(WISH, seed=4, days=1), NOW, lambda _: None)
    assert more.grids == 0
    assert len(grids.list_grids(world.live, WISH.tenant, "unit", MONDAY)) == len(before) == made.grids

"""Grids, classes, indicators and files go the agreed way; what cannot be taken is shown, and can be tried again."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import date

import pytest
from shapely.geometry import box

from location_cloud.cases import service_files, service_settings
from location_cloud.errors import NotReady
from location_cloud.federation import service, service_copies
from location_cloud.federation import service_files as copied
from location_cloud.federation.model import LineError
from location_cloud.federation.service_exchanging import attempt
from location_cloud.grids import service as grids
from location_cloud.grids.model import NewGrid
from tests.federation.conftest import AGREED, T, Wire

FIELD = box(125.0, 46.5, 125.1, 46.6)
DAY = date(2026, 9, 20)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def grid(code="V-1", shape=FIELD, **more):
    return NewGrid(code, shape, area_code="230602001001", **more)


def set_class(side, **more):
    shipped = service_settings.read_terms(side.live, T).classes["E0112"]
    told = {"code": "E0112", "names": dict(shipped.names), "kind": "event", **more}
    service_settings.put_setting(side.live, T, service_settings.CLASS, "E0112", told, None, True)
    return told


def test_a_village_grid_stands_in_the_registry_of_the_city_and_ends_there_too(pair):
    sent = pair.village.actor()
    grids.add_grid(pair.village.live, T, "village", grid(name="first"), DAY, sent)
    pair.exchange()
    assert grids.get_grid(pair.city.live, T, "village", "V-1", DAY).name == "first"
    grids.change_grid(pair.village.live, T, "village", "V-1", None, {"name": "second"}, sent)
    grids.retire_grid(pair.village.live, T, "village", "V-1", None, date(2027, 1, 1), sent)
    pair.settle()
    (span,) = grids.list_spans(pair.city.live, T, "village", "V-1")
    assert (span.name, span.valid_to) == ("second", date(2027, 1, 1))
    assert pair.village.own() == pair.city.copies()


def test_a_grid_that_the_other_side_drew_itself_is_refused_until_it_gives_way(pair):
    grids.add_grid(pair.city.live, T, "village", grid(name="of the city"), DAY, pair.city.actor())
    grids.add_grid(pair.village.live, T, "village", grid(name="of the village"), DAY, pair.village.actor())
    pair.exchange()
    (letter,) = service.list_dead(pair.village.live, T, "city", 0, 10)
    assert "is of this side's own" in letter.reason
    assert grids.get_grid(pair.city.live, T, "village", "V-1", DAY).name == "of the city"
    grids.change_grid(pair.city.live, T, "village", "V-1", None, {"name": "of the village"}, pair.city.actor())
    service.try_again(pair.village.live, T, "city", pair.village.kept, letter.number, pair.village.now())
    pair.settle()
    assert service.list_dead(pair.village.live, T, "city", 0, 10) == []


def test_classes_of_the_city_count_in_the_village_and_go_with_it(pair):
    set_class(pair.city, merge_radius_m=77)
    pair.exchange()
    assert service_settings.read_terms(pair.village.live, T).classes["E0112"].merge_radius_m == 77
    service_settings.remove_setting(pair.city.live, T, service_settings.CLASS, "E0112", None)
    pair.exchange()
    assert service_settings.find_setting(pair.village.live, T, service_settings.CLASS, "E0112") is None


def test_a_class_that_the_village_set_itself_stays(pair):
    set_class(pair.village, merge_radius_m=11)
    set_class(pair.city, merge_radius_m=77)
    pair.exchange()
    assert service_settings.read_terms(pair.village.live, T).classes["E0112"].merge_radius_m == 11
    (letter,) = service.list_dead(pair.city.live, T, "village", 0, 10)
    assert "set here by this side" in letter.reason


def test_indicators_of_a_month_come_once_it_is_quiet(pair):
    pair.village.report()
    pair.exchange()
    assert service_copies.list_tables(pair.city.live, T, "village", pair.city.kept, "", "", 0, 10) == []
    pair.pass_time(61)
    pair.exchange()
    found = service_copies.list_tables(pair.city.live, T, "village", pair.city.kept, "grid", "", 0, 10)
    assert [each.content["period"] for each in found] == [f"{pair.village.now():%Y-%m}"]


def test_photos_follow_their_case_by_digest(pair):
    case = pair.village.report()
    village, city = pair.village, pair.city
    service_files.add_file(village.live, village.world.home, T, case.id, PIXEL, "a.png", village.actor())
    pair.exchange()
    copy = service_copies.get_copy(city.live, T, "village", city.kept, case.id, city.actor())
    assert copy.missing == 0
    digest = hashlib.sha256(PIXEL).hexdigest()
    assert copied.read_copy(city.world.home, T, copy, digest)[1] == PIXEL
    copied.path_of(city.world.home, T, digest).unlink()
    with pytest.raises(NotReady, match="not come yet"):
        copied.read_copy(city.world.home, T, copy, digest)


def test_only_cases_of_the_agreed_areas_and_departments_go(pair):
    village = pair.village
    service.put_peer(
        village.live,
        T,
        "city",
        replace(AGREED, areas=("230602",), departments=("roads",)),
        village.kept,
        village.now(),
        None,
        True,
    )
    case = village.report()  # of no area: areas are not known here
    pair.exchange()
    assert pair.city.copies() == b""
    for action in ("accept", "file"):
        village.act(case.id, action)
    village.act(case.id, "dispatch", department="roads")
    pair.exchange()
    copy = service_copies.get_copy(pair.city.live, T, "village", pair.city.kept, case.id, pair.city.actor())
    assert copy.content["case"]["department"] == "roads"
    entries = service_copies.list_entries(pair.city.live, T, copy, 0, 10)
    assert [each["action"] for each in entries] == ["report", "accept", "file", "dispatch"]


def test_days_without_a_line_cost_one_message_a_case(pair):
    class Cut:
        def exchange(self, batch):
            raise LineError("no line")

    case = pair.village.report()
    for _ in range(30):
        pair.village.act(case.id, "note", text="still waiting")
        pair.pass_time(7200)
        wrong = service_attempt(pair, Cut())
        assert wrong == "no line"
    state = pair.village.state()
    assert state["failures"] == 30
    assert state["waiting"] <= 1 + 3 * 2  # the case, and three tables of two months at most
    assert state["lag_s"] >= 29 * 7200
    assert service_attempt(pair, None) == ""
    assert pair.village.state()["failures"] == 0
    copy = service_copies.get_copy(pair.city.live, T, "village", pair.city.kept, case.id, pair.city.actor())
    assert len(service_copies.list_entries(pair.city.live, T, copy, 0, 1000)) == 31


def test_a_long_timeline_goes_in_parts(pair):
    case = pair.village.report()
    for _ in range(230):
        pair.village.act(case.id, "note", text="word")
    pair.settle()
    assert pair.village.own() == pair.city.copies()


def test_a_store_that_was_lost_is_told_everything_again(pair):
    pair.village.report()
    pair.settle()
    service.remove_peer(pair.city.live, T, "village", None, pair.city.kept)
    back = replace(AGREED, address="", remote="", direction="passive", takes=AGREED.sends, sends=AGREED.takes)
    service.put_peer(pair.city.live, T, "village", back, pair.city.kept, pair.city.now())
    assert pair.city.copies() == b""
    assert service.send_again(pair.village.live, T, "city", pair.village.kept) >= 1
    pair.settle()
    assert pair.village.own() == pair.city.copies() != b""


def service_attempt(pair, line):
    village = pair.village
    return attempt(
        village.world,
        T,
        "city",
        village.kept,
        lambda _: line or Wire(village, pair.city),
        village.now,
        lambda: 0.5,
        5.0,
    )

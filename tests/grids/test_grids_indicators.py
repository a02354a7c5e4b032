from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import shapely

from location_cloud.changes import Sent
from location_cloud.errors import BadQuery, Conflict, NotFound, Unprocessable
from location_cloud.grids import service
from location_cloud.grids import service_indicators as indicators
from location_cloud.grids.classes import NO_VALUE
from location_cloud.grids.model import NewGrid
from location_cloud.grids.model_indicators import Value, last_day, newest

NEW_YEAR, TODAY = date(2026, 1, 1), date(2026, 11, 24)
SENT = Sent("desk", datetime(2026, 11, 1, tzinfo=UTC))


def code(number):
    return f"230602001001{number:03d}"


def value(number, count, name="cases", period="2026-11", unit="", total="sum"):
    return Value(code(number), name, period, float(count), unit, total, "hand", 1.0, "desk")


@pytest.fixture
def filled(live):
    grids = [
        NewGrid(
            code(number), shapely.box(125 + number * 0.001, 46.6, 125.001 + number * 0.001, 46.601), households=number
        )
        for number in range(1, 7)
    ]
    service.replace(live, "ours", "unit", "", grids, NEW_YEAR, SENT)
    return live


def put(live, *values, removed=()):
    return indicators.put_values(live, "ours", "unit", values, removed)


def told(live, number=1, name=""):
    found = indicators.list_values(live, "ours", "unit", code(number), name, ("", ""), 100)
    return [(each.name, each.period, each.value) for each in found]


def drawn(live, name="cases", period="", method="quantile", classes=5, area="", day=None):
    return indicators.choropleth(live, "ours", "unit", name, period, method, classes, area, day, TODAY)


def test_a_value_told_again_replaces_the_one_before(filled):
    put(filled, value(1, 3))
    put(filled, value(1, 5), value(1, 2, period="2026-10"))
    assert told(filled) == [("cases", "2026-10", 2.0), ("cases", "2026-11", 5.0)]


def test_a_value_is_removed_by_null(filled):
    put(filled, value(1, 3), value(2, 3))
    assert put(filled, removed=[(code(1), "cases", "2026-11")]) == (0, 1)
    assert told(filled) == []
    assert told(filled, 2) == [("cases", "2026-11", 3.0)]


def test_an_indicator_has_one_unit(filled):
    put(filled, value(1, 3, unit="t"))
    with pytest.raises(Conflict, match="kept in 't'"):
        put(filled, value(2, 3, unit="kg"))
    with pytest.raises(BadQuery, match="two units"):
        put(filled, value(1, 3, name="dust", unit="t"), value(2, 3, name="dust", unit="kg"))


def test_values_of_a_grid_that_never_was_are_refused_as_a_whole(filled):
    with pytest.raises(Unprocessable, match="230602001001099"):
        put(filled, value(1, 3), value(99, 3))
    assert told(filled) == []


@pytest.mark.parametrize("name", ["area_m2", "households", "code"])
def test_what_grids_have_by_themselves_is_not_told(filled, name):
    with pytest.raises(BadQuery, match="no name"):
        put(filled, value(1, 3, name=name))


def test_what_there_is_is_listed_with_its_range(filled):
    put(filled, value(1, 3), value(2, 6), value(1, 1, period="2026-10"))
    found = indicators.list_periods(filled, "ours", "unit")
    assert [(each.period, each.grids, each.low, each.mean, each.high) for each in found] == [
        ("2026-10", 1, 1.0, 1.0, 1.0),
        ("2026-11", 2, 3.0, 4.5, 6.0),
    ]


def test_a_map_has_a_class_for_every_grid_with_a_value(filled):
    put(filled, *(value(number, number * 10) for number in range(1, 6)))
    found = drawn(filled, classes=2)
    assert (found.period, found.day, [each.grids for each in found.legend]) == ("2026-11", TODAY, [3, 2])
    assert found.classes == [0, 0, 0, 1, 1, None]
    assert [(each.low, each.high) for each in found.legend] == [(10.0, 30.0), (40.0, 50.0)]
    assert found.colour(5) == NO_VALUE


def test_classes_of_the_same_width_that_hold_nothing_are_left_out(filled):
    put(filled, value(1, 0), value(2, 1), value(3, 100))
    assert [each.grids for each in drawn(filled, method="equal").legend] == [2, 1]


def test_a_map_of_what_grids_have_needs_nothing_told(filled):
    assert drawn(filled, "households").values == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_a_map_of_a_past_period_shows_the_grids_of_its_last_day(filled):
    put(filled, value(1, 3, period="2026-03"))
    service.replace(
        filled, "ours", "unit", "", [NewGrid(code(9), shapely.box(125, 46, 126, 47))], date(2026, 5, 1), SENT
    )
    found = drawn(filled)
    assert (found.day, len(found.grids), found.values[0]) == (date(2026, 3, 31), 6, 3.0)


def test_a_map_of_what_is_not_there_says_what_is(filled):
    put(filled, value(1, 3))
    with pytest.raises(NotFound) as wrong:
        drawn(filled, "noise")
    assert "cases" in wrong.value.hint
    with pytest.raises(NotFound) as wrong:
        drawn(filled, period="2025-01")
    assert "2026-11" in wrong.value.hint


def test_another_tenant_sees_no_values(filled):
    put(filled, value(1, 3))
    assert indicators.list_periods(filled, "theirs", "unit") == []


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2024", date(2024, 12, 31)),
        ("2024-Q1", date(2024, 3, 31)),
        ("2024-Q4", date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 29)),
        ("2026-W01", date(2026, 1, 4)),
        ("2026-11-24", TODAY),
    ],
)
def test_a_period_ends_on_a_day(period, day):
    assert last_day(period) == day


@pytest.mark.parametrize("wrong", ["2026-13", "2026-W54", "2026-Q5", "2026-02-30", "0000-12", "now"])
def test_a_period_that_is_none_is_refused(wrong):
    with pytest.raises(BadQuery, match="is none"):
        last_day(wrong)


def test_the_newest_period_is_the_one_that_ends_last():
    assert newest(["2025", "2026-Q3", "2026-09", "2026-08"]) == "2026-Q3"

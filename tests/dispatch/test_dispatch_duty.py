"""Whether a unit may be sent, and why not."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from location_cloud.dispatch.duty import choose_position, is_on_shift, why_not
from location_cloud.dispatch.model import Position, Shift, Unit

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HERE = Position((125.1, 46.6), "told", MONDAY)


@pytest.mark.parametrize(
    ("days", "begin", "end", "hour", "weekday", "runs"),
    [
        ((1,), 8, 20, 10, 0, True),
        ((1,), 8, 20, 20, 0, False),
        ((1,), 8, 20, 7, 0, False),
        ((2,), 8, 20, 10, 0, False),
        ((1,), 20, 8, 23, 0, True),
        ((1,), 20, 8, 7, 1, True),
        ((1,), 20, 8, 8, 1, False),
        ((1,), 20, 8, 7, 0, False),
        ((7,), 20, 8, 7, 0, True),
        ((1,), 0, 0, 12, 0, True),
    ],
)
def test_a_shift_runs_from_its_begin_to_its_end_over_midnight_too(days, begin, end, hour, weekday, runs):
    at = MONDAY.replace(hour=hour) + timedelta(days=weekday)
    assert is_on_shift([Shift(days, begin * 60, end * 60)], at) is runs


def test_without_shifts_one_is_always_on_duty():
    assert is_on_shift([], MONDAY)


@pytest.mark.parametrize(
    ("unit", "position", "reason"),
    [
        (Unit("a"), HERE, None),
        (Unit("a", status="returning"), HERE, None),
        (Unit("a", status="out_of_service"), HERE, "out_of_service"),
        (Unit("a", status="on_scene"), HERE, "busy"),
        (Unit("a", emergency=7), HERE, "busy"),
        (Unit("a", shifts=(Shift((2,), 0, 60),)), HERE, "off_shift"),
        (Unit("a", skills=("boat",)), HERE, None),
        (Unit("a"), None, "no_position"),
        (Unit("a"), Position((1, 2), "device", MONDAY - timedelta(hours=1)), "position_old"),
        (Unit("a"), Position((1, 2), "station"), None),
    ],
)
def test_the_first_reason_against_a_unit_is_told(unit, position, reason):
    assert why_not(unit, position, (), MONDAY, 900) == reason


def test_equipment_counts_as_a_skill_that_is_needed():
    unit = Unit("a", skills=("als",), equipment=("ladder",))
    assert why_not(unit, HERE, ("als", "ladder"), MONDAY, 900) is None
    assert why_not(unit, HERE, ("boat",), MONDAY, 900) == "missing_skill"


def test_the_newer_of_fix_and_word_tells_where_a_unit_is():
    unit = Unit("a", device="d", told_lonlat=(1.0, 2.0), told_at=MONDAY, station_lonlat=(3.0, 4.0))
    older, newer = (Position((5.0, 6.0), "device", MONDAY + timedelta(seconds=each)) for each in (-9, 9))
    assert choose_position(unit, older).source == "told"
    assert choose_position(unit, newer) == newer


def test_a_station_stands_for_a_unit_without_device_only():
    assert choose_position(Unit("a", station_lonlat=(3.0, 4.0)), None).source == "station"
    assert choose_position(Unit("a", station_lonlat=(3.0, 4.0), device="d"), None) is None

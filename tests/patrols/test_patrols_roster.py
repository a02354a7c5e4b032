"""Shifts of rosters and the states of those who came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from location_cloud.patrols.model import Patrol, Pattern, Roster
from location_cloud.patrols.roster import find_shift, list_shifts, state_of, unattended

DAY = ((510, 690), (810, 1020))
OFFICE = Pattern("Asia/Shanghai", (*((DAY,) * 5), (), ()), {date(2026, 10, 1): (), date(2026, 10, 10): ((600, 660),)})


def roster(pattern=OFFICE, valid_from=date(2026, 1, 1), valid_to=None, code="R-1"):
    return Roster(1, code, 1, "p1", "B-1", "", pattern, valid_from, valid_to)


def at(text):
    return datetime.fromisoformat(text).timestamp()


def patrol(begun, ended=None, planned=("2026-11-23T08:30+08:00", "2026-11-23T11:30+08:00")):
    begin, end = (None, None) if planned is None else map(at, planned)
    until = None if ended is None else at(ended)
    return Patrol(1, 1, "p1", "B-1", "R-1", "", "foot", at(begun), until, begin, end, 5.0, 5.0, (125.0, 46.0))


def test_a_week_with_a_holiday_and_a_day_made_up_for():
    shifts = list_shifts([roster()], date(2026, 9, 28), date(2026, 10, 11))
    days = [shift.day for shift in shifts]
    assert date(2026, 10, 1) not in days
    assert days.count(date(2026, 10, 10)) == 1
    assert len(shifts) == 9 * 2 + 1
    assert datetime.fromtimestamp(shifts[0].begin_s, UTC).isoformat() == "2026-09-28T00:30:00+00:00"


def test_a_roster_holds_from_its_first_day_up_to_its_last_and_not_on_it():
    shifts = list_shifts(
        [roster(valid_from=date(2026, 11, 24), valid_to=date(2026, 11, 26))], *[date(2026, 11, 23)] * 2
    )
    assert shifts == []
    shifts = list_shifts(
        [roster(valid_from=date(2026, 11, 24), valid_to=date(2026, 11, 26))], date(2026, 11, 1), date(2026, 11, 30)
    )
    assert {shift.day.day for shift in shifts} == {24, 25}


def test_a_night_shift_belongs_to_the_day_on_which_it_begins():
    night = Pattern("Asia/Shanghai", (((1320, 1800),),) * 7)
    shift = find_shift([roster(night)], at("2026-11-24T02:00+08:00"))
    assert shift.day == date(2026, 11, 23)
    assert shift.end_s - shift.begin_s == 8 * 3600


def test_a_shift_lasts_as_the_clock_on_the_wall_tells():
    night = Pattern("Europe/Helsinki", (((120, 300),),) * 7)  # 02:00 to 05:00, summer time begins at 03:00
    (shift,) = list_shifts([roster(night)], date(2026, 3, 29), date(2026, 3, 29))
    assert shift.end_s - shift.begin_s == 2 * 3600


@pytest.mark.parametrize(
    ("when", "begins"),
    [("06:29", None), ("06:31", "08:30"), ("08:30", "08:30"), ("11:29", "08:30"), ("11:40", "13:30"), ("17:01", None)],
)
def test_who_comes_up_to_two_hours_before_comes_for_that_shift(when, begins):
    shift = find_shift([roster()], at(f"2026-11-23T{when}+08:00"))
    assert (shift and datetime.fromtimestamp(shift.begin_s, UTC) + timedelta(hours=8)) == (
        begins and datetime.fromisoformat(f"2026-11-23T{begins}+00:00")
    )


@pytest.mark.parametrize(
    ("begun", "ended", "state"),
    [
        ("08:20", "11:30", "normal"),
        ("08:35", "11:25", "normal"),
        ("08:36", "11:30", "late"),
        ("08:30", "11:24", "early"),
        ("08:40", "10:00", "late"),
        ("08:30", None, "normal"),
    ],
)
def test_minutes_of_grace_decide_the_state(begun, ended, state):
    until = None if ended is None else f"2026-11-23T{ended}+08:00"
    assert state_of(patrol(f"2026-11-23T{begun}+08:00", until)) == state


def test_who_works_without_a_shift_works_on_a_non_workday():
    assert state_of(patrol("2026-11-22T10:00+08:00", planned=None)) == "non-workday"


def test_a_shift_nobody_came_for_is_absent_once_it_is_over():
    shifts = list_shifts([roster()], date(2026, 11, 23), date(2026, 11, 23))
    states = [state for _, state in unattended(shifts, [], at("2026-11-23T12:00+08:00"))]
    assert states == ["absent", "expected"]
    came = [patrol("2026-11-23T08:30+08:00")]
    assert [shift.begin_s for shift, _ in unattended(shifts, came, 0.0)] == [shifts[1].begin_s]

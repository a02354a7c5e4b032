"""Deadlines and worked time against a clock that is watched minute by minute."""

from __future__ import annotations

import random
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from location_cloud.cases.calendar import (
    HOLIDAY,
    OFFICE,
    WORK,
    Calendar,
    deadline,
    deadlines,
    spent,
    worked,
    worked_s,
)
from location_cloud.cases.calendar_form import parse_calendar
from location_cloud.cases.holidays import chinese_calendar, last_published, unpublished_years, with_holidays
from location_cloud.errors import BadQuery
from tests.cases.watched_clock import Watched

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_AND_NIGHT = (((0, 360), (1320, 1440)),) * 7


def at(text: str, zone: str = "Asia/Shanghai") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def told(moment: float, zone: str = "Asia/Shanghai") -> str:
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def test_the_vector_of_the_reference_holds() -> None:
    due = deadline(Calendar(), at("2026-11-20T16:30"), 4, "work_hour")
    assert told(due) == "2026-11-23 14:00"


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2026-11-20T16:00", 1, "work_hour", "2026-11-20 17:00"),  # the end of an opening, not the next one
        ("2026-11-21T10:00", 4, "work_hour", "2026-11-23 14:30"),  # Saturday
        ("2026-11-20T16:30", 1, "work_day", "2026-11-23 16:30"),
        ("2026-11-19T11:30", 1, "work_day", "2026-11-20 11:30"),
        ("2026-11-19T12:30", 2, "work_day", "2026-11-23 11:30"),
        ("2026-11-21T10:00", 1, "work_day", "2026-11-23 17:00"),
        ("2026-11-20T23:00", 2, "hour", "2026-11-21 01:00"),
        ("2026-11-20T16:30", 0, "work_hour", "2026-11-20 16:30"),
        ("2026-11-21T10:00", 0, "work_day", "2026-11-21 10:00"),
        ("2026-11-19T10:00", 0.5, "work_day", "2026-11-19 15:15"),
    ],
)
def test_limits_end_when_a_clerk_would_say(start: str, amount: float, unit: str, due: str) -> None:
    assert told(deadline(Calendar(), at(start), amount, unit)) == due


def test_a_holiday_is_not_worked_and_the_sunday_before_is() -> None:
    calendar = chinese_calendar()
    assert told(deadline(calendar, at("2026-09-30T16:00"), 2, "work_hour")) == "2026-10-08 09:30"
    assert told(deadline(calendar, at("2026-09-19T09:00"), 1, "work_hour")) == "2026-09-20 09:30"


def test_an_uneven_day_counts_as_one() -> None:
    half = Calendar(days=((date(2026, 11, 23), ((510, 690),)),))
    assert (
        told(deadline(half, at("2026-11-20T15:15"), 1, "work_day")) == "2026-11-23 10:41"
    )  # 4.75 of 6.5 h of the Friday, 2.19 of 3 h
    assert spent(half, at("2026-11-20T17:00"), at("2026-11-23T12:00"), "work_day") == pytest.approx(1.0)


def test_hours_that_summer_time_skips_and_repeats_count_as_the_wall_clock_shows() -> None:
    night = Calendar("Europe/Berlin", DAY_AND_NIGHT)
    assert worked_s(night, at("2026-03-29T00:00", night.zone), at("2026-03-29T08:00", night.zone)) == 5 * 3600
    assert worked_s(night, at("2026-10-25T00:00", night.zone), at("2026-10-25T08:00", night.zone)) == 7 * 3600


CASES = {
    "office and holidays": (chinese_calendar(), "2023-11-01", 1096, 24),
    "summer time, nights": (Calendar("America/New_York", DAY_AND_NIGHT), "2026-02-20", 300, 24),
    "midnight is skipped": (Calendar("America/Santiago", DAY_AND_NIGHT), "2026-03-20", 200, 24),
    "half an hour of summer time": (
        Calendar("Australia/Lord_Howe", (((100, 200), (500, 777)),) * 4 + (((0, 1440),),) * 3),
        "2026-03-20",
        250,
        24,
    ),
    "uneven days": (
        Calendar(
            "Asia/Kathmandu",
            (((540, 1020),), ((540, 600), (720, 1020)), (), ((1, 2),), ((540, 900),), ((600, 660),), ()),
            ((date(2026, 5, 4), HOLIDAY), (date(2026, 5, 6), WORK), (date(2026, 5, 7), ((0, 17),))),
        ),
        "2026-04-01",
        200,
        24,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_deadlines_are_those_of_a_watched_clock(name: str) -> None:
    calendar, first, days, count = CASES[name]
    watched = Watched(calendar, first, days)
    dice = random.Random(f"watched {name}")
    starts = [dice.randrange((days - 60) * 1440) for _ in range(count)]
    hours = [dice.choice([0, 1, 2, 4, 8, 40]) for _ in starts]
    found = deadlines(calendar, watched.start_s + 60.0 * np.array(starts), np.array(hours, float), "work_hour")
    expected = [watched.start_s + 60 * watched.hours_end(start, each) for start, each in zip(starts, hours)]
    assert found.tolist() == expected
    whole = [dice.choice([1, 2, 5, 10]) for _ in starts]
    found = deadlines(calendar, watched.start_s + 60.0 * np.array(starts), np.array(whole, float), "work_day")
    expected = [watched.start_s + 60 * watched.days_end(start, each) for start, each in zip(starts, whole)]
    # A share of an uneven day ends within a minute; the watched clock looks at whole ones.
    assert (np.ceil(np.round(found / 60, 6)) * 60).tolist() == expected
    ends = [dice.randrange(days * 1440) for _ in starts]
    found = worked(calendar, watched.start_s + 60.0 * np.array(starts), watched.start_s + 60.0 * np.array(ends))
    expected = [
        60 * (watched.worked_min(start, end) if end >= start else -watched.worked_min(end, start))
        for start, end in zip(starts, ends)
    ]
    assert found.tolist() == expected


def test_what_is_spent_at_the_deadline_is_the_limit() -> None:
    calendar, dice = chinese_calendar(), random.Random(8)
    for unit in ("hour", "work_hour", "work_day"):
        for _ in range(30):
            start = at("2024-01-01T00:00") + dice.random() * 900 * 86_400
            amount = dice.choice([0.5, 1, 2.25, 7, 15])
            due = deadline(calendar, start, amount, unit)
            assert spent(calendar, start, due, unit) == pytest.approx(amount, abs=1e-9)


def test_a_year_without_published_holidays_says_so() -> None:
    calendar = chinese_calendar()
    year = last_published().year
    assert unpublished_years(calendar, date(year, 1, 1), date(year + 1, 2, 1)) == [year + 1]
    assert unpublished_years(Calendar(), date(year, 1, 1), date(year + 1, 2, 1)) == []
    own = with_holidays(Calendar(days=((date(year + 1, 1, 1), HOLIDAY),)))
    assert unpublished_years(own, date(year, 1, 1), date(year + 1, 2, 1)) == []
    assert calendar.intervals(date(year + 1, 1, 1)) == OFFICE[4]


def test_a_calendar_is_read_as_written() -> None:
    calendar = parse_calendar(
        {
            "zone": "Asia/Shanghai",
            "week": {"mon": ["13:30-17:00", "08:30-11:30"]},
            "days": {"2026-10-01": "holiday", "2026-10-10": "work", "2026-10-12": ["09:00-10:00"]},
        }
    )
    assert calendar.week[0] == OFFICE[0]
    assert calendar.week[1] == ()
    assert calendar.intervals(date(2026, 10, 10)) == OFFICE[0]
    assert calendar.intervals(date(2026, 10, 12)) == ((540, 600),)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"zone": "Mars/Olympus"}, "calendar.zone"),
        ({"zone": "../../etc/passwd"}, "calendar.zone"),
        ({"zone": 5}, "calendar.zone"),
        ({"week": {"mon": ["17:00-08:30"]}}, "ends before"),
        ({"week": {"mon": ["08:30-11:30", "11:00-12:00"]}}, "overlap"),
        ({"week": {"mon": ["8:30-11:30"]}}, "calendar.week.mon"),
        ({"week": {"mon": ["08:30-24:30"]}}, "calendar.week.mon"),
        ({"week": {"mon": "08:30-11:30"}}, "calendar.week.mon"),
        ({"week": {}}, "no working time"),
        ({"week": {"funday": []}}, "calendar.week"),
        ({"days": {"2026-02-30": "holiday"}}, "2026-02-30"),
        ({"days": {"2026-02-03": "feast"}}, "feast"),
        ({"hours": 1}, "hours"),
    ],
)
def test_a_wrong_calendar_is_refused_by_name(wrong: dict[str, object], where: str) -> None:
    with pytest.raises(BadQuery, match=where):
        parse_calendar({"week": {"mon": ["08:30-11:30"]}, **wrong})


@pytest.mark.parametrize(("amount", "unit"), [(-1, "hour"), (1e5, "work_day"), (float("nan"), "hour"), (1, "moon")])
def test_a_limit_that_cannot_be_is_refused(amount: float, unit: str) -> None:
    with pytest.raises(BadQuery):
        deadline(Calendar(), 0.0, amount, unit)


def test_a_calendar_that_is_never_open_is_refused() -> None:
    with pytest.raises(BadQuery, match="rarely"):
        deadline(Calendar(week=((),) * 7), 0.0, 1, "work_hour")

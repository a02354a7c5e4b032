"""Conditions by time: which hours a text means, what it asks besides, what is not read."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.roads.hours import Condition, Limit, is_active, parse_condition

# 2026: 1 January is a Thursday, 5 January a Monday.


def holds(text: str, moment: str, **holidays: list[date]) -> bool:
    condition = parse_condition(text)
    assert condition is not None, text
    return is_active(condition, datetime.fromisoformat(moment), **holidays)


MON, TUE, WED, FRI, SAT, SUN = (f"2026-01-{day:02}" for day in (5, 6, 7, 9, 10, 11))


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("", f"{MON} 00:00", True),
        ("24/7", f"{SUN} 03:00", True),
        ("Mo-Fr 07:00-09:00", f"{MON} 06:59", False),
        ("Mo-Fr 07:00-09:00", f"{MON} 07:00", True),
        ("Mo-Fr 07:00-09:00", f"{MON} 08:59", True),
        ("Mo-Fr 07:00-09:00", f"{MON} 09:00", False),
        ("Mo-Fr 07:00-09:00", f"{SAT} 08:00", False),
        ("(Mo-Fr 07:00-09:00)", f"{FRI} 08:00", True),
        ("Mo-Fr 07:00-09:00,16:00-18:00; Sa 10:00-12:00", f"{WED} 17:00", True),
        ("Mo-Fr 07:00-09:00,16:00-18:00; Sa 10:00-12:00", f"{WED} 11:00", False),
        ("Mo-Fr 07:00-09:00,16:00-18:00; Sa 10:00-12:00", f"{SAT} 11:00", True),
        ("Mo-Fr 07:00-09:00, Sa 10:00-12:00", f"{SAT} 11:00", True),
        ("Mo-Fr", f"{FRI} 23:59", True),
        ("Mo-Fr", f"{SAT} 00:00", False),
        ("Sa-Mo", f"{SUN} 12:00", True),
        ("Sa-Mo", f"{TUE} 12:00", False),
        ("Mo,We", f"{WED} 12:00", True),
        ("Mo,We", f"{TUE} 12:00", False),
        ("mo-fr 7:00-9:00", f"{MON} 08:00", True),
        ("22:00-06:00", f"{MON} 23:00", True),
        ("22:00-06:00", f"{MON} 05:59", True),
        ("22:00-06:00", f"{MON} 06:00", False),
        ("Fr 22:00-06:00", f"{SAT} 05:00", True),
        ("Fr 22:00-06:00", f"{FRI} 05:00", False),
        ("Sa 20:00-26:00", f"{SUN} 01:59", True),
        ("22:00-24:00, 0:00-06:00", f"{MON} 23:59", True),
        ("20:00+", f"{MON} 23:59", True),
        ("20:00+", f"{MON} 01:00", False),
        ("sunrise-sunset", f"{MON} 06:00", True),
        ("sunrise-sunset", f"{MON} 18:00", False),
        ("(sunset-00:30)-(sunrise+01:00)", f"{MON} 17:30", True),
        ("Nov-Mar", f"{MON} 12:00", True),
        ("Nov-Mar", "2026-06-01 12:00", False),
        ("Nov-Mar", "2026-03-31 23:59", True),
        ("Nov-Mar: 20:00-06:00", "2026-12-01 21:00", True),
        ("Nov-Mar Mo-Fr 20:00-06:00", f"{SAT} 21:00", False),
        ("Apr,Oct", "2026-10-31 12:00", True),
        ("Nov 15-Mar 15", "2026-03-16 00:00", False),
        ("Nov 15-Mar 15", "2026-11-15 00:00", True),
        ("Dec 24", "2026-12-24 12:00", True),
        ("Apr 10-20", "2026-04-20 12:00", True),
        ("Apr 10-20", "2026-04-21 12:00", False),
        ("2016 Apr 25 - 2016 Sep 26", "2016-05-01 12:00", True),
        ("2016 Apr 25 - 2016 Sep 26", "2026-05-01 12:00", False),
        ("week 2-10 Mo", f"{MON} 12:00", True),
        ("week 10-20", f"{MON} 12:00", False),
        ("Mo[1]", f"{MON} 12:00", True),
        ("Mo[2]", f"{MON} 12:00", False),
        ("Mo[-1]", "2026-01-26 12:00", True),
        ("Mo[1,-1]", "2026-01-19 12:00", False),
        ("Mo-Su 08:00-20:00; We 12:00-14:00", f"{WED} 09:00", False),
        ("Mo-Su 08:00-20:00; We off", f"{WED} 09:00", False),
        ("Mo-Su 08:00-20:00; We off", f"{TUE} 09:00", True),
        ("08:00-20:00; 12:00-13:00 off", f"{MON} 12:30", False),
        ("08:00-20:00; 12:00-13:00 off", f"{MON} 13:00", True),
        ("PH off", f"{MON} 12:00", True),
        ("Mo-Fr 07:00-09:00 AND weight>7.5", f"{MON} 08:00", True),
        ("(Mo-Fr 07:00-09:00) AND (Nov-Mar)", "2026-06-01 08:00", False),
        ("wet", f"{MON} 12:00", True),
        ('07:00-17:00 "on school days"', f"{MON} 12:00", True),
    ],
)
def test_condition_holds_at(text: str, moment: str, expected: bool) -> None:
    assert holds(text, moment) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Mo-Fr 07:00-09:00; PH off", False), ("PH 07:00-09:00", True), ("Mo,PH 07:00-09:00", True), ("SH", False)],
)
def test_public_holidays_count_where_they_are_given(text: str, expected: bool) -> None:
    assert holds(text, f"{MON} 08:00", holidays=[date(2026, 1, 5)]) is expected


def test_holidays_never_come_unless_given() -> None:
    assert not holds("PH 07:00-09:00", f"{MON} 08:00")
    assert holds("Mo-Fr 07:00-09:00; PH,SH off", f"{MON} 08:00")
    assert not holds("Mo-Fr 07:00-09:00; PH,SH off", f"{MON} 08:00", school_holidays=[date(2026, 1, 5)])


def test_night_belongs_to_the_holiday_it_began_on() -> None:
    assert holds("PH 22:00-06:00", f"{TUE} 05:00", holidays=[date(2026, 1, 5)])
    assert not holds("PH 22:00-06:00", f"{MON} 05:00", holidays=[date(2026, 1, 5)])


@pytest.mark.parametrize(
    ("text", "limits", "words"),
    [
        ("weight>7.5", (Limit("weight", ">", 7.5),), ()),
        ("weight > 7.5 t", (Limit("weight", ">", 7.5),), ()),
        ("weight >= 3500 kg", (Limit("weight", ">=", 3.5),), ()),
        ("maxweightrating>3,5", (Limit("weight", ">", 3.5),), ()),
        ("length>12 AND width>2.5", (Limit("length", ">", 12.0), Limit("width", ">", 2.5)), ()),
        ("axles=<2", (Limit("axles", "<=", 2.0),), ()),
        ("hgv AND weight>12", (Limit("weight", ">", 12.0),), ("hgv",)),
        ("wet", (), ("wet",)),
        ("(Mo-Fr 07:00-09:00) AND trailer", (), ("trailer",)),
        ("destination", (), ("destination",)),
    ],
)
def test_what_is_asked_besides_the_time(text: str, limits: tuple[Limit, ...], words: tuple[str, ...]) -> None:
    condition = parse_condition(text)
    assert condition is not None
    assert (condition.limits, condition.words) == (limits, frozenset(words))


@pytest.mark.parametrize(("comparison", "meant"), [(">", "3"), (">=", "23"), ("<", "1"), ("<=", "12"), ("=", "2")])
def test_limit_means_vehicles(comparison: str, meant: str) -> None:
    limit = Limit("weight", comparison, 2.0)
    assert "".join(str(number) for number in (1, 2, 3) if limit.holds(number)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "sometimes",
        "Mo-Fr 7-18",
        "Mo-Fr 25:00-73:00",
        "07:60-09:00",
        "Mo[7]",
        "easter -2 days",
        "Jan 40",
        "Mo-Xx 07:00-09:00",
        "Mo-Fr 07:00-09:00 maybe",
        "weight>heavy",
        "Mo-Fr 07:00-09:00; whenever",
        "2026 Apr 01 - 2025 Apr 01",
        "()((",
        "AND",
        '"by arrangement"',
    ],
)
def test_what_is_not_understood_is_none(text: str) -> None:
    assert parse_condition(text) is None


def test_only_conditions_with_hours_depend_on_the_time() -> None:
    assert parse_condition("Mo").has_hours
    assert not parse_condition("wet").has_hours
    assert parse_condition("") == Condition()


@given(st.text(alphabet="MoTuFrSaPHNov0123456789:-,;+ ()[]<>andweight@", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    condition = parse_condition(text)
    if condition is not None:
        is_active(condition, datetime(2026, 1, 5, 12))

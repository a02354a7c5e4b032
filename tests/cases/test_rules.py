"""Routing rules: what fits, what decides, what is told of it, and what is refused."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from location_cloud.cases.calendar import Calendar
from location_cloud.cases.holidays import chinese_calendar
from location_cloud.cases.rules import Facts, decide
from location_cloud.cases.rules_form import parse_rule, parse_rules
from location_cloud.errors import BadQuery

CALENDAR = chinese_calendar()


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()


MONDAY = at("2026-11-23T10:00")


def rule(when: dict[str, Any], department: str = "d", **more: Any) -> dict[str, Any]:
    return {"id": department, "when": when, "then": {"department": department}, **more}


def fits(when: dict[str, Any], **facts: Any) -> bool:
    facts = {"at_s": MONDAY, **facts}
    return bool(decide(parse_rules([rule(when)]), Facts(**facts), CALENDAR).fits)


def test_the_first_rule_that_fits_decides_and_later_ones_are_shown() -> None:
    rules = parse_rules([rule({"class": ["E0111"]}, "snow"), rule({"group": ["E01"]}, "city"), rule({}, "rest")])
    found = decide(rules, Facts(MONDAY, class_code="E0111", group="E01"), CALENDAR)
    assert found.action.department == found.decided_by == "snow"
    assert [(fit.rule, fit.is_reached) for fit in found.fits] == [("snow", True), ("city", False), ("rest", False)]


def test_rules_that_do_not_stop_fill_what_is_not_yet_said() -> None:
    rules = parse_rules(
        [
            {"id": "frost", "when": {"temperature_c": {"to": -20}}, "then": {"limit_factor": 0.5}, "stops": False},
            {"id": "far", "when": {}, "then": {"limit_factor": 2, "post": "night"}, "stops": False},
            rule({}, "heating"),
        ]
    )
    found = decide(rules, Facts(MONDAY, temperature_c=-25.0), CALENDAR)
    assert (found.action.limit_factor, found.action.post, found.action.department) == (0.5, "night", "heating")
    assert found.decided_by == "heating"
    assert [fit.said for fit in found.fits] == [("limit_factor",), ("post",), ("department",)]


def test_automatic_belongs_to_whoever_names_the_department() -> None:
    rules = parse_rules(
        [
            rule({}, "asked", stops=False),
            {"id": "late", "when": {}, "then": {"department": "other", "automatic": True}},
        ]
    )
    found = decide(rules, Facts(MONDAY), CALENDAR)
    assert (found.action.department, found.action.automatic) == ("asked", None)


def test_an_unknown_fact_fits_neither_a_condition_nor_its_opposite() -> None:
    for when in ({"weather": ["snow"]}, {"not": {"weather": ["snow"]}}):
        found = decide(parse_rules([rule(when)]), Facts(MONDAY), CALENDAR)
        assert not found.fits
        assert found.unsure == (("d", ("weather",)),)
    assert fits({"any": [{"weather": ["snow"]}, {"source": ["citizen"]}]}, source="citizen")
    assert not fits({"weather": ["snow"], "source": ["citizen"]}, source="sensor")


@pytest.mark.parametrize(
    ("when", "facts"),
    [
        ({"area": ["230602"]}, {"area": "230602001005"}),
        ({"grid": ["230602001"]}, {"grid": "230602001005001"}),
        ({"class": ["E0102", "E0103"]}, {"class_code": "E0103"}),
        ({"temperature_c": {"from": -20, "to": 0}}, {"temperature_c": -20.0}),
        ({"severity": {"from": 4, "to": 6}}, {"severity": 5.0}),
        ({"lamp": ["red"]}, {"lamp": "red"}),
        ({"not": {"owner": ["water"]}}, {"owner": "gas"}),
        ({"time": {"from": "09:00", "to": "10:01"}}, {}),
        ({"time": {"days": ["mon"]}}, {}),
        ({"open": True}, {}),
        ({}, {}),
    ],
)
def test_conditions_hold(when: dict[str, Any], facts: dict[str, Any]) -> None:
    assert fits(when, **facts)
    assert not fits({"not": when}, **facts)


@pytest.mark.parametrize(
    ("time", "moment", "holds"),
    [
        ({"from": "22:00", "to": "06:00"}, "2026-11-23T05:59", True),
        ({"from": "22:00", "to": "06:00"}, "2026-11-23T06:00", False),
        ({"from": "22:00", "to": "06:00", "days": ["fri"]}, "2026-11-21T05:00", True),
        ({"from": "22:00", "to": "06:00", "days": ["fri"]}, "2026-11-20T05:00", False),
        ({"days": ["day_off"]}, "2026-10-01T10:00", True),
        ({"days": ["workday"]}, "2026-10-10T10:00", True),  # a Saturday that is worked
        ({"days": ["workday"]}, "2026-11-21T10:00", False),
    ],
)
def test_hours_and_days_are_the_calendars(time: dict[str, Any], moment: str, holds: bool) -> None:
    assert fits({"time": time}, at_s=at(moment)) is holds


def test_the_office_is_closed_at_noon() -> None:
    assert fits({"open": False}, at_s=at("2026-11-23T12:00"))


def test_a_rule_that_is_off_is_not_read() -> None:
    assert not decide(parse_rules([rule({}, is_active=False)]), Facts(MONDAY), CALENDAR).fits


def _plain(when: dict[str, Any], facts: dict[str, str]) -> bool:
    """The slow obvious way, of conditions over known texts."""
    return all(
        {
            "all": lambda value: all(_plain(each, facts) for each in value),
            "any": lambda value: any(_plain(each, facts) for each in value),
            "not": lambda value: not _plain(value, facts),
        }.get(key, lambda value, key=key: facts[key] in value)(value)
        for key, value in when.items()
    )


def test_conditions_within_conditions_are_read_as_logic() -> None:
    dice = random.Random(12)

    def drawn(depth: int) -> dict[str, Any]:
        key = dice.choice(["source", "owner", "weather"] + ["all", "any", "not"] * (depth > 0))
        if key == "not":
            return {key: drawn(depth - 1)}
        if key in ("all", "any"):
            return {key: [drawn(depth - 1) for _ in range(dice.randint(1, 3))], "source": ["a", "b"]}
        return {key: dice.sample(["a", "b", "c"], 2)}

    for _ in range(200):
        when = drawn(4)
        facts = {name: dice.choice("abc") for name in ("source", "owner", "weather")}
        assert fits(when, **facts) is _plain(when, facts), (when, facts)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (rule({"colour": ["red"]}), r"rules\[0\].when: 'colour'"),
        (rule({"class": "E0102"}), r"rules\[0\].when.class"),
        (rule({"class": []}), r"rules\[0\].when.class"),
        (rule({"area": ["2306*"]}), "2306"),
        (rule({"lamp": ["blue"]}), "blue"),
        (rule({"temperature_c": {"from": 5, "to": -5}}), "not below"),
        (rule({"temperature_c": {"to": float("nan")}}), "temperature_c.to"),
        (rule({"temperature_c": {}}), "temperature_c"),
        (rule({"time": {"from": "25:00"}}), "25:00"),
        (rule({"time": {"from": "10:00", "to": "10:00"}}), "no time at all"),
        (rule({"time": {"days": ["funday"]}}), "funday"),
        (rule({"open": "yes"}), "when.open"),
        (rule({"any": []}), "when.any"),
        (rule({"any": [{"class": ["E0102"]}, {"sky": 1}]}), r"when.any\[1\]"),
        (rule({"not": [1]}), "when.not"),
        ({"id": "a", "when": {}, "then": {}}, "says nothing"),
        ({"id": "a", "when": {}, "then": {"limit_factor": 100}}, "limit_factor"),
        ({"id": "a", "when": {}, "then": {"automatic": True}}, "automatic"),
        ({"id": "a b", "when": {}, "then": {"post": "x"}}, "id"),
        ({"when": {}, "then": {"post": "x"}}, "id is missing"),
        (rule({}, stops=1), "stops"),
    ],
)
def test_a_wrong_rule_is_refused_where_it_is_wrong(wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(BadQuery, match=where):
        parse_rules([wrong])


def test_too_deep_too_many_and_twice_are_refused() -> None:
    deep: dict[str, Any] = {"class": ["E0102"]}
    for _ in range(10):
        deep = {"not": deep}
    for wrong in ([rule(deep)], [rule({"all": [{"class": ["E0102"]}] * 300})], [rule({}), rule({})], [rule({})] * 3000):
        with pytest.raises(BadQuery):
            parse_rules(wrong)


def test_a_rule_reads_alone() -> None:
    assert parse_rule(rule({"class": ["E0102"]}), "body").id == "d"
    assert Calendar().intervals(datetime(2026, 11, 23).date())

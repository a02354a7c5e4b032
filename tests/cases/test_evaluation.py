"""Indices, scores and ranks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from location_cloud.cases.evaluation import (
    cases_of,
    definitions,
    order_of,
    ranks,
    scores_of,
    values_of,
)
from location_cloud.cases.evaluation_periods import Span, parse_span, trend_of
from location_cloud.cases.model_stages import COUNTERS
from location_cloud.errors import BadQuery

TODAY = date(2026, 11, 23)


def row(**counts: int) -> list[int]:
    return [counts.get(name, 0) for name in COUNTERS]


def table(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.int64)


def value(name: str, **counts: int) -> float:
    return float(values_of(definitions().indices[name], table(row(**counts)))[0])


def test_the_bulletins_are_found_again() -> None:
    month = {"should_close": 972, "closed": 911, "closed_on_time": 737}
    assert f"{value('closing', **month):.2%}" == "93.72%"
    assert f"{value('timely_closing', **month):.2%}" == "75.82%"


@pytest.mark.parametrize(
    ("name", "counts", "expected"),
    [
        ("timely_filing", {"to_file": 8, "filed": 8, "filed_on_time": 6}, 0.75),
        ("accurate_filing", {"filed": 8, "voided": 2}, 0.75),
        ("rework", {"handled": 10, "reworked": 3}, 0.3),
        ("late_handling", {"to_handle": 10, "handled": 10, "handled_on_time": 9}, 0.1),
        ("miss", {"filed": 20, "missed": 5}, 0.25),
        ("valid_report", {"reported": 4, "valid_report": 3}, 0.75),
    ],
)
def test_an_index_is_a_share_of_sums(name: str, counts: dict[str, int], expected: float) -> None:
    assert value(name, **counts) == pytest.approx(expected)
    assert np.isnan(value(name))


def test_every_index_and_score_is_of_known_counters() -> None:
    known = definitions()
    for index in known.indices.values():
        assert {*index.over, *index.under} <= set(COUNTERS)
        assert index.titles.keys() == {"zh", "en"}
    for score in known.scores.values():
        assert sum(score.weights.values()) == 100
        assert set(score.weights) <= set(known.indices)
        assert score.source


def test_the_shift_leader_is_weighed_25_40_35() -> None:
    sums = table(row(to_file=10, filed=10, filed_on_time=8, voided=1, should_close=10, closed_on_time=5))
    score = scores_of(definitions().scores["leader"], sums)
    assert score[0] == pytest.approx(25 * 0.8 + 40 * 0.9 + 35 * 0.5)


def test_a_dispatchers_volume_is_of_the_busiest_one() -> None:
    sums = table(
        row(to_dispatch=50, dispatched_on_time=50, dispatched_rightly=40),
        row(to_dispatch=100, dispatched_on_time=90, dispatched_rightly=100),
    )
    scores = scores_of(definitions().scores["dispatcher"], sums)
    assert scores == pytest.approx([20 * 0.5 + 40 + 40 * 0.8, 20 + 40 * 0.9 + 40])


def test_a_score_without_one_of_its_indices_is_not_told() -> None:
    assert np.isnan(scores_of(definitions().scores["leader"], table(row(should_close=3, closed_on_time=3)))[0])


def test_a_rank_is_shared_and_the_next_one_stays_empty() -> None:
    values = np.array([0.9, 1 / 3, 2 / 6, 1.0, np.nan, 1.0])
    counts = np.array([10, 10, 10, 10, 0, 2])
    assert ranks(values, counts, 5).tolist() == [2, 3, 3, 1, 0, 0]
    assert ranks(values, counts, 5, is_low_good=True).tolist() == [3, 1, 1, 4, 0, 0]


def test_who_has_no_rank_comes_last() -> None:
    values = np.array([np.nan, 0.2, 1.0, 0.8])
    places = ranks(values, np.array([9, 9, 1, 9]), 5)
    assert order_of(values, places).tolist() == [3, 1, 2, 0]


def test_what_an_index_is_of_stands_below_its_line() -> None:
    known = definitions().indices
    sums = table(row(should_close=7, to_dispatch=4))
    assert cases_of(known["closing"], sums).tolist() == [7]
    assert cases_of(known["dispatch_volume"], sums).tolist() == [4]


@pytest.mark.parametrize(
    ("period", "begin", "end", "before", "months"),
    [
        ("2026-11", "2026-11-01", "2026-12-01", "2026-10", 1),
        ("2026-01", "2026-01-01", "2026-02-01", "2025-12", 1),
        ("2026-Q1", "2026-01-01", "2026-04-01", "2025-Q4", 3),
        ("2026-Q4", "2026-10-01", "2027-01-01", "2026-Q3", 3),
        ("2026", "2026-01-01", "2027-01-01", "2025", 12),
    ],
)
def test_a_period_has_one_before_it(period: str, begin: str, end: str, before: str, months: int) -> None:
    span = parse_span(period, None, None, TODAY)
    assert (span.begin, span.end, span.name) == (date.fromisoformat(begin), date.fromisoformat(end), period)
    assert span.before().name == before
    assert span.before().end == span.begin
    assert len(span.months()) == months
    assert span.edges() == []


@pytest.mark.parametrize(
    ("first", "last", "months", "edges", "touched"),
    [
        ("2026-09-15", "2026-11-10", ["2026-10"], [("2026-09-15", "2026-10-01"), ("2026-11-01", "2026-11-11")], 3),
        ("2026-11-03", "2026-11-09", [], [("2026-11-03", "2026-11-10")], 1),
        ("2026-11-01", "2026-11-30", ["2026-11"], [], 1),
        ("2026-10-31", "2026-11-30", ["2026-11"], [("2026-10-31", "2026-11-01")], 2),
        ("2026-10-20", "2026-11-10", [], [("2026-10-20", "2026-11-11")], 2),
    ],
)
def test_days_are_whole_months_and_edges(first: str, last: str, months: list[str], edges: list, touched: int) -> None:
    span = parse_span(None, date.fromisoformat(first), date.fromisoformat(last), TODAY)
    assert span.months() == months
    assert [(f"{begin}", f"{end}") for begin, end in span.edges()] == edges
    assert len(span.touched()) == touched
    assert span.before().end == span.begin
    assert span.before().end - span.before().begin == span.end - span.begin


def test_the_month_of_today_counts_when_none_is_told() -> None:
    assert parse_span(None, None, None, TODAY).name == "2026-11"
    assert [each.name for each in trend_of(parse_span("2026-02", None, None, TODAY), 3)] == [
        "2025-12",
        "2026-01",
        "2026-02",
    ]


@pytest.mark.parametrize(
    "told",
    [
        ("2026-13", None, None),
        ("2026-Q5", None, None),
        ("November", None, None),
        ("1999", None, None),
        ("2026-11", TODAY, TODAY),
        (None, TODAY, None),
        (None, TODAY, date(2026, 11, 1)),
        (None, date(2001, 1, 1), date(2026, 1, 1)),
        (None, date(1, 1, 1), date(1, 1, 2)),
    ],
)
def test_a_period_that_is_none_is_refused(told: tuple[str | None, date | None, date | None]) -> None:
    with pytest.raises(BadQuery):
        parse_span(*told, TODAY)


def test_days_before_days_are_as_many() -> None:
    assert Span(date(2026, 3, 1), date(2026, 3, 11)).before() == Span(date(2026, 2, 19), date(2026, 3, 1))

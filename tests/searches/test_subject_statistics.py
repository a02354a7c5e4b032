"""Tables of where people are found."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.subject_statistics import (
    fit_local,
    parse_distances,
    parse_features,
    percentiles,
    shipped_distances,
    shipped_features,
)

HEAD = "category,ground,percent,distance_km,cases,source\n"
FEATURES = "category,ground,feature,share,cases,source\n"


def test_every_shipped_row_names_its_source():
    assert all(len(row.source) > 8 for row in (*shipped_distances(), *shipped_features()))


def test_hikers_on_temperate_flat_ground_are_found_as_published():
    percent, metres, source = percentiles(shipped_distances(), "hiker", "temperate flat")
    assert percent.tolist() == [25, 50, 75, 95]
    assert metres.tolist() == [600, 1800, 3200, 9900]
    assert "Koester" in source


def test_shares_of_features_are_those_of_hikers():
    shares = {row.feature: row.share for row in shipped_features()}
    assert (shares["linear"], shares["drainage"], sum(shares.values())) == (0.25, 0.12, pytest.approx(1.01))


def test_an_agencys_own_table_is_read_with_its_byte_order_mark_and_chinese_names():
    rows = parse_distances("\ufeff" + HEAD + "老人,平原,50,1.2,31,大庆 2020-2025\n老人,平原,90,4,31,大庆 2020-2025\n")
    assert (rows[0].category, rows[0].percent, rows[1].distance_km, rows[1].cases) == ("老人", 50, 4, 31)


def test_columns_may_stand_in_any_order():
    rows = parse_features("source,share,feature,cases,ground,category\nown,0.4,road,,any,child\n")
    assert (rows[0].feature, rows[0].share, rows[0].cases) == ("road", 0.4, None)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (HEAD + "a,b,50,1,,s\n", "one percentile"),
        (HEAD + "a,b,50,1,,s\na,b,75,0.5,,s\n", "does not rise"),
        (HEAD + "a,b,50,far,,s\n", "line 2: distance_km='far'"),
        (HEAD + "a,b,50,nan,,s\n", "line 2: distance_km"),
        (HEAD + "a,b,100,1,,s\n", "line 2: percent"),
        (HEAD + "a,b,50,1,,\n", "line 2: source"),
        (HEAD + "a,b,50,1,-3,s\n", "line 2: cases"),
        (HEAD + "a,b,50,1,,s,more\n", "line 2: there are more values"),
        (HEAD + 'a,b,50,1,,"s\n', "no CSV"),
        ("category,ground\n", "column percent is missing"),
        ("", "column category is missing"),
        (HEAD + "a,b,50,1,,s\n" * 10_001, "over 10000 rows"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_by_its_line(table, told):
    with pytest.raises(BadQuery, match=told):
        parse_distances(table)


def test_shares_in_percent_are_refused():
    with pytest.raises(BadQuery, match="add up to"):
        parse_features(FEATURES + "a,b,road,0.6,,s\na,b,field,0.6,,s\n")


def test_a_category_nobody_has_figures_for_is_told_with_those_there_are():
    with pytest.raises(Unprocessable) as told:
        percentiles(shipped_distances(), "hiker", "moon")
    assert "hiker, temperate flat" in told.value.hint


def test_local_percentiles_cover_the_true_ones_as_often_as_they_say():
    random = np.random.default_rng(5)
    true = np.exp(0.6744897501960817)
    inside = [
        low <= true <= high for _, _, low, high in (fit_local(random.lognormal(size=40), [75.0])[0] for _ in range(300))
    ]
    assert np.mean(inside) > 0.88


def test_few_cases_tell_a_median_only_and_very_few_nothing():
    assert [row[0] for row in fit_local(range(1, 9))] == [50]
    assert [row[0] for row in fit_local(range(1, 61))] == [25, 50, 75, 95]
    with pytest.raises(Unprocessable):
        fit_local([1.0] * 7)


@pytest.mark.parametrize(("metres", "percents"), [([-1.0] * 20, [50]), ([np.nan] * 20, [50]), ([1.0] * 20, [0])])
def test_finds_out_of_range_are_refused(metres, percents):
    with pytest.raises(BadQuery):
        fit_local(metres, percents)

"""Cold."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery
from location_cloud.searches.survival import (
    frostbite_min,
    immersion,
    predicted_survival_h,
    urgency,
    wind_chill_c,
)


def test_minus_30_in_30_kmh_feels_like_minus_45():
    assert wind_chill_c(-30, 30) == pytest.approx(-45.6, abs=0.05)


def test_without_wind_or_above_10_degrees_it_feels_as_it_is():
    assert wind_chill_c([-30, 15], [4, 30]).tolist() == [-30, 15]


def test_skin_freezes_the_sooner_the_colder_and_not_at_all_in_mild_air():
    minutes = frostbite_min([-10, -25, -35, -45], 40)
    assert np.isinf(minutes[0])
    assert minutes[1] > minutes[2] > minutes[3] > 1


def test_water_between_steps_of_the_table_takes_the_warmer_one():
    assert immersion(5).survives_h == (1.0, 3.0)
    assert immersion(10).exhausted_h == (0.5, 1.0)
    assert immersion(0).survives_h == (0.25, 0.75)
    assert immersion(30).survives_h[1] == np.inf


def test_predicted_survival_grows_with_the_waters_warmth():
    hours = predicted_survival_h([0, 5, 10, 15, 23])
    assert hours[1] == pytest.approx((15 + 7.2 / 0.0615) / 60)
    assert (np.diff(hours) > 0).all()


def test_who_may_lie_in_cold_water_is_urgent():
    found = urgency(600, 5, 10, water_c=4)
    assert (found.level, found.reasons) == ("high", ("cold", "immersion"))
    assert found.left_h == pytest.approx(1.5 - 1 / 6)


def test_time_that_has_passed_is_told_as_none_left():
    assert urgency(7200, 5, 10, water_c=4).left_h == 0
    assert urgency(7200, 5, 10, water_c=4).level == "extreme"


def test_a_vulnerable_person_has_half_the_time():
    assert urgency(0, -15, 0, is_vulnerable=True).left_h == urgency(0, -15, 0).left_h / 2
    assert "vulnerable" in urgency(0, -15, 0, is_vulnerable=True).reasons


def test_a_winter_night_hurries_and_a_summer_day_does_not():
    assert urgency(3600, -28, 35).level in ("extreme", "high")
    assert "frostbite" in urgency(3600, -28, 35).reasons
    assert urgency(3600, 22, 5) == urgency(0, 30, 0)


@pytest.mark.parametrize(
    "question",
    [lambda: wind_chill_c(0, -1), lambda: immersion(60), lambda: urgency(-1, 0, 0), lambda: urgency(0, 0, 0, 99)],
)
def test_weather_out_of_range_is_refused(question):
    with pytest.raises(BadQuery):
        question()

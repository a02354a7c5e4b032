"""Lamps: green, yellow, red."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.cases.calendar import Calendar, deadline, spent
from location_cloud.cases.lamp import LAMPS, lamp, lamps


@pytest.mark.parametrize(
    ("used", "limit", "shown"),
    [
        (0, 4, "green"),
        (3.19, 4, "green"),
        (3.2, 4, "yellow"),
        (4, 4, "yellow"),
        (4.01, 4, "red"),
        (0, 0, "green"),
        (0.1, 0, "red"),
        (9e9, float("nan"), "green"),
        (9e9, float("inf"), "green"),
    ],
)
def test_the_lamp_shows_how_much_of_the_limit_is_used(used: float, limit: float, shown: str) -> None:
    assert lamp(used, limit) == shown


def test_many_lamps_are_each_ones_own() -> None:
    used = np.linspace(0, 2, 41)
    assert [LAMPS[each] for each in lamps(used, np.ones(41))] == [lamp(each, 1.0) for each in used]


def test_who_is_done_at_the_last_second_is_not_late() -> None:
    calendar = Calendar()
    for start in np.linspace(1.79e9, 1.80e9, 50):
        for unit in ("hour", "work_hour", "work_day"):
            due = deadline(calendar, start, 3, unit)
            assert lamp(spent(calendar, start, due, unit), 3) == "yellow"

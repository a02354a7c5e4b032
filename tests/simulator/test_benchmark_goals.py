"""What the benchmark of grids reads out of its parts' texts: a goal is met by a figure, never by its absence."""

from __future__ import annotations

import pytest

from benchmarks.grids.__main__ import GOALS, verdict

LINE = (
    "  open land x10: 1191 grids, in range 100.00%, spread 0.22, on roads or water 87.4%, buildings cut 0.00%, "
    "cover -7e-12, overlap 0e+00 m2, in pieces 0, CPU s 7.4, 8.5, 7.7, s 7.4, 8.1, 7.7, all equal\n"
)


def told(what, text):
    (goal,) = [each for each in GOALS if each.what.startswith(what)]
    return verdict(goal, text)[2:]


def test_the_slowest_run_counts():
    assert told("processor", LINE) == ("8.5", False)


def test_the_worst_of_several_lines_counts():
    assert told("border on roads", LINE + LINE.replace("87.4", "79.0")) == ("79", False)
    assert told("border on roads", LINE) == ("87.4", True)


def test_a_cover_below_one_counts_by_its_size():
    assert told("cover", LINE) == ("7e-12", True)
    assert told("cover", LINE.replace("-7e-12", "-7e-06")) == ("7e-06", False)


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.what)
def test_a_figure_that_is_not_told_is_not_reached(goal):
    assert verdict(goal, "nothing of it") == (goal.what, goal.wanted, "not told", False)

from __future__ import annotations

import itertools

import numpy as np
import pytest

from location_cloud.grids.classes import COLOURS, class_of, colours_of, find_breaks


def spread(values, bounds):
    numbers = class_of(values, bounds)
    return sum(((values[numbers == each] - values[numbers == each].mean()) ** 2).sum() for each in set(numbers))


def slow_natural(values, classes):
    """The least spread over all ways to cut the sorted different values."""
    points = np.unique(values)
    classes = min(classes, len(points))
    ways = itertools.combinations(range(1, len(points)), classes - 1)
    bounds = [np.array([*(points[cut - 1] for cut in way), points[-1]]) for way in ways]
    return min(spread(values, each) for each in bounds)


@pytest.mark.parametrize("seed", range(40))
def test_natural_breaks_leave_the_least_spread(seed):
    random = np.random.default_rng(seed)
    values = np.round(random.gamma(1.0, 20.0, int(random.integers(1, 14))), int(random.integers(0, 3)))
    classes = int(random.integers(1, 6))
    found = spread(values, find_breaks(values, classes, "natural"))
    assert found == pytest.approx(slow_natural(values, classes), abs=1e-8), (seed, values, classes)


@pytest.mark.parametrize("method", ["quantile", "natural", "equal"])
def test_every_value_lies_in_a_class_and_the_greatest_in_the_last(method):
    values = np.random.default_rng(3).normal(0, 1e6, 500)
    bounds = find_breaks(values, 7, method)
    numbers = class_of(values, bounds)
    assert (values <= bounds[numbers]).all()
    assert (values[numbers > 0] > bounds[numbers[numbers > 0] - 1]).all()
    assert (bounds[-1], len(bounds)) == (values.max(), 7)


def test_quantiles_hold_as_many_each():
    counts = np.bincount(class_of(np.arange(100.0), find_breaks(np.arange(100.0), 5, "quantile")))
    assert counts.tolist() == [20] * 5


def test_one_value_is_one_class():
    assert find_breaks(np.full(9, 3.0), 5, "natural").tolist() == [3.0]


def test_colours_grow_darker():
    light = [
        sum(int(colour[at : at + 2], 16) * part for at, part in ((1, 0.21), (3, 0.72), (5, 0.07))) for colour in COLOURS
    ]
    assert light == sorted(light, reverse=True)
    assert colours_of(2) == [COLOURS[0], COLOURS[-1]]

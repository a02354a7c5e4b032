"""Random numbers that depend on what they are for."""

import numpy as np

from location_cloud.simulator.chance import normal, seeds, uniform


def test_a_number_depends_on_what_it_is_for_and_not_on_its_neighbours():
    among = uniform(1, np.arange(100), 7)
    assert among[42] == uniform(1, 42, 7)[0]
    assert len(np.unique(among)) == 100


def test_every_part_of_what_it_is_for_counts():
    told = [seeds(1, 2, 3), seeds(1, 3, 2), seeds(2, 1, 3), seeds(1, 2), seeds(1, 2, -3)]
    assert len({int(each[0]) for each in told}) == 5


def test_uniform_numbers_fill_the_unit_evenly():
    counts, _ = np.histogram(uniform(1, np.arange(100_000)), 10, (0.0, 1.0))
    assert counts.sum() == 100_000
    assert counts.min() > 9_600


def test_normal_numbers_are_normal():
    drawn = normal(1, np.arange(100_000))
    assert abs(drawn.mean()) < 0.02
    assert abs(drawn.std() - 1.0) < 0.02
    assert abs((np.abs(drawn) > 1.96).mean() - 0.05) < 0.005

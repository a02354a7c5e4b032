"""The map that layers make together."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.poa import Layer, combine, mix

FLAT = np.ones((2, 2))
LEFT = np.array([[3.0, 1.0], [3.0, 1.0]])
TOP = np.array([[2.0, 2.0], [1.0, 1.0]])


def test_a_map_is_the_normalised_product_of_its_layers():
    found = combine([Layer("a", LEFT), Layer("b", TOP)])
    assert found.p == pytest.approx(0.95 * LEFT * TOP / 12)
    assert found.p.sum() + found.rest_of_world == pytest.approx(1, abs=1e-15)


def test_the_unit_of_a_layer_does_not_matter():
    assert combine([Layer("a", LEFT * 1e-30), Layer("b", TOP * 1e30)]).p == pytest.approx(
        combine([Layer("a", LEFT), Layer("b", TOP)]).p
    )


def test_a_layer_switched_off_changes_nothing_and_has_no_share():
    found = combine([Layer("a", LEFT), Layer("b", TOP, weight=0)])
    assert found.p == pytest.approx(combine([Layer("a", LEFT)]).p)
    assert found.shares == {"a": pytest.approx(0.25), "b": 0}


def test_half_a_weight_is_the_root():
    found = combine([Layer("a", LEFT, weight=0.5)]).p
    assert found[0, 0] / found[0, 1] == pytest.approx(np.sqrt(3))


def test_a_share_is_the_mass_that_would_lie_elsewhere_without_the_layer():
    layers = [Layer("a", LEFT), Layer("b", TOP), Layer("flat", FLAT)]
    found = combine(layers)
    for each in layers:
        without = combine([other for other in layers if other is not each])
        moved = np.abs(found.p - without.p).sum() / 2 / (1 - found.rest_of_world)
        assert found.shares[each.name] == pytest.approx(moved)
    assert found.shares["flat"] == pytest.approx(0, abs=1e-15)


def test_all_layers_off_leave_an_even_map():
    assert combine([Layer("a", LEFT, weight=0)]).p == pytest.approx(FLAT * 0.95 / 4)


def test_what_layers_put_outside_is_kept_for_the_rest_of_the_world():
    assert combine([Layer("a", LEFT, outside=0.3), Layer("b", TOP, outside=0.1)]).rest_of_world == 0.3
    assert combine([Layer("a", LEFT, outside=0.01)]).rest_of_world == 0.05


def test_stories_are_added_up_by_their_weights():
    one, other = combine([Layer("a", LEFT)]), combine([Layer("b", TOP, outside=0.25)])
    found = mix([("walked", 3, one), ("driven", 1, other)])
    assert found.p == pytest.approx(0.75 * one.p + 0.25 * other.p)
    assert found.p.sum() + found.rest_of_world == pytest.approx(1, abs=1e-15)
    assert found.shares == {"walked": 0.75, "driven": 0.25}


def test_layers_that_exclude_each_other_are_told():
    with pytest.raises(Unprocessable, match="a, b exclude each other"):
        combine([Layer("a", np.array([[1.0, 0.0]])), Layer("b", np.array([[0.0, 1.0]]))])


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda: combine([]), BadQuery),
        (lambda: combine([Layer("a", LEFT), Layer("a", TOP)]), BadQuery),
        (lambda: combine([Layer("a", LEFT), Layer("b", np.ones((3, 3)))]), BadQuery),
        (lambda: combine([Layer("a", -LEFT)]), BadQuery),
        (lambda: combine([Layer("a", LEFT * np.nan)]), BadQuery),
        (lambda: combine([Layer("a", LEFT, weight=-1)]), BadQuery),
        (lambda: combine([Layer("a", LEFT)], least_rest=0), BadQuery),
        (lambda: combine([Layer("a", LEFT * 0)]), Unprocessable),
        (lambda: combine([Layer("a", LEFT, outside=1.0)]), Unprocessable),
        (lambda: mix([]), BadQuery),
        (lambda: mix([("a", -1, combine([Layer("a", LEFT)])), ("b", 2, combine([Layer("a", LEFT)]))]), BadQuery),
        (lambda: mix([("a", 1, combine([Layer("a", LEFT)])), ("b", 2, combine([Layer("a", LEFT[:1])]))]), BadQuery),
    ],
)
def test_what_makes_no_map_is_refused(question, error):
    with pytest.raises(error):
        question()
